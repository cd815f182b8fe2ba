/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layers.h: the layers above, told of each view (see layers.c).
 */
#ifndef _SSI_LAYERS_H
#define _SSI_LAYERS_H

#include "membership.h"

#include <ssi/cluster.h>

#include <linux/workqueue.h>

/**
 * struct ssi_layers - the layers above, and what they have yet to be told
 * @wq: ordered; each call into a layer is made here
 * @work: makes the calls that are due
 * @slots: the layers by rank; a layer that went away leaves its place empty
 * @nr: number of @slots
 * @stage: a transition is due, for layer @layer
 * @layer: index of @slots
 * @transition: what it is told
 * @reset: all are to be reset, then rpc/
 * @serve: what they are to be told
 * @served: what they were told
 * @current_transition: of the call that is made, @work's alone
 *
 * Protected by the cluster's lock, but for the first two.
 */
struct ssi_layers {
	struct workqueue_struct *wq;
	struct work_struct work;
	struct {
		const struct ssi_layer *layer;
		void *context;
	} slots[SSI_MAX_LAYERS];
	unsigned int nr;
	bool stage;
	u8 layer;
	struct ssi_transition transition;
	bool reset;
	bool serve;
	bool served;
	struct ssi_transition current_transition;
};

int ssi_layers_init(struct ssi_cluster *cluster);
void ssi_layers_exit(struct ssi_cluster *cluster);
void ssi_layers_stage(struct ssi_cluster *cluster,
		      const struct ssi_action *action);
void ssi_layers_reset(struct ssi_cluster *cluster);
void ssi_layers_serve(struct ssi_cluster *cluster, bool serve);

#endif /* _SSI_LAYERS_H */
