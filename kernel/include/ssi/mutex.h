/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mutex.h: public header of cluster/'s mutexes: one holder in the cluster, and
 * when it dies the next one.
 *
 * A mutex is a number; nothing has to be created.  Its users agree on the
 * numbers, the upper 16 bits being a layer's own.
 */
#ifndef _SSI_MUTEX_H
#define _SSI_MUTEX_H

#include <linux/types.h>

struct ssi_cluster;
struct ssi_wish;

/**
 * struct ssi_mutex - a mutex that is held
 * @name: of the mutex
 * @fence: greater than that of every holder before, as long as the cluster
 *	lives; what is protected may refuse who comes with an older one
 * @owner_died: the holder before has died, or was out of the cluster, and left
 *	what is protected as it was; now and then also said of one that had just
 *	released it; not said when the two lowest members died at once with it
 * @wish: this layer's
 */
struct ssi_mutex {
	u64 name;
	u64 fence;
	bool owner_died;
	struct ssi_wish *wish;
};

int ssi_mutex_lock(struct ssi_cluster *cluster, u64 name,
		   struct ssi_mutex *mutex);
int ssi_mutex_unlock(struct ssi_cluster *cluster, struct ssi_mutex *mutex);

#endif /* _SSI_MUTEX_H */
