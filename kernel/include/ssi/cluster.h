/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cluster.h: public header of cluster/: which nodes there are, which of them
 * form the cluster, and the control interface.
 *
 * A layer above that keeps something on several nodes registers a &struct
 * ssi_layer.  After each view every layer takes note of it, the lowest rank
 * first, and none begins before the one below has finished on every member.
 */
#ifndef _SSI_CLUSTER_H
#define _SSI_CLUSTER_H

#include <ssi/nodeset.h>
#include <ssi/viewid.h>

struct ssi_cluster;
struct ssi_params;
struct ssi_rpc;

/**
 * struct ssi_transition - what a layer is told
 * @view: the view that came
 * @joined: members that were none in the last view that this layer has seen,
 *	this node included when it is new
 * @left: members of that view that are none, or not in the same life
 * @leaving: members that are about to leave; then the others are empty
 */
struct ssi_transition {
	struct ssi_view_id view;
	struct ssi_nodeset joined;
	struct ssi_nodeset left;
	struct ssi_nodeset leaving;
};

/**
 * struct ssi_layer - a layer above, as the cluster sees it
 * @name: for the log
 * @rank: place among the layers, lowest first; each has its own
 * @change: nodes joined and left: hand over, recover
 * @leave: nodes are about to leave: take from them what they have; called from
 *	the highest rank down
 * @reset: this node is out of the cluster: forget what was shared
 * @serve: false: this node may be in a minority, so that nothing may be decided
 *	until true; not repeated
 *
 * Called in process context, one at a time, no lock held; may sleep.  A new
 * view that came meanwhile is told when the call returns.
 */
struct ssi_layer {
	const char *name;
	unsigned int rank;
	void (*change)(void *context, const struct ssi_transition *transition);
	void (*leave)(void *context, const struct ssi_transition *transition);
	void (*reset)(void *context);
	void (*serve)(void *context, bool serve);
};

struct module;

/**
 * struct ssi_services_ops - services of a module above, in the same file
 * @owner: held while a call is under way
 * @ioctl: does what /proc/kerrighed/services was asked for and this module has
 *	no answer to; -ENOTTY when it has none either.  Process context.
 */
struct ssi_services_ops {
	struct module *owner;
	long (*ioctl)(unsigned int cmd, unsigned long arg);
};

int ssi_services_register(struct ssi_cluster *cluster,
			  const struct ssi_services_ops *ops);
void ssi_services_unregister(struct ssi_cluster *cluster);

struct ssi_cluster *ssi_cluster_create(const struct ssi_params *params,
				       struct ssi_rpc *rpc);
void ssi_cluster_destroy(struct ssi_cluster *cluster);
struct ssi_cluster *ssi_cluster_get(void);
int ssi_cluster_register_layer(struct ssi_cluster *cluster,
			       const struct ssi_layer *layer, void *context);
void ssi_cluster_unregister_layer(struct ssi_cluster *cluster,
				  const struct ssi_layer *layer);

#endif /* _SSI_CLUSTER_H */
