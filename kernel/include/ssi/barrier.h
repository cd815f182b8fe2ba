/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * barrier.h: public header of cluster/'s barriers: all members come to the same
 * point before one goes on.
 */
#ifndef _SSI_BARRIER_H
#define _SSI_BARRIER_H

#include <linux/types.h>

struct ssi_cluster;
struct ssi_wish;

/**
 * struct ssi_barrier - this node's place at a barrier
 * @name: of the barrier, the same on all nodes; set by its owner, who leaves the
 *	rest 0; mutexes have names of their own
 * @round: the last one that was passed; who joins the cluster hears from the
 *	others, by the layer's own means, which one is next
 * @wish: this layer's
 */
struct ssi_barrier {
	u64 name;
	u64 round;
	struct ssi_wish *wish;
};

int ssi_barrier_wait(struct ssi_cluster *cluster, struct ssi_barrier *barrier,
		     u64 round);
void ssi_barrier_leave(struct ssi_cluster *cluster,
		       struct ssi_barrier *barrier);

#endif /* _SSI_BARRIER_H */
