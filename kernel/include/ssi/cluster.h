/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cluster.h: public header of cluster/: which nodes there are, which of them
 * form the cluster, and the control interface.
 */
#ifndef _SSI_CLUSTER_H
#define _SSI_CLUSTER_H

struct ssi_cluster;
struct ssi_params;
struct ssi_rpc;

struct ssi_cluster *ssi_cluster_create(const struct ssi_params *params,
				       struct ssi_rpc *rpc);
void ssi_cluster_destroy(struct ssi_cluster *cluster);

#endif /* _SSI_CLUSTER_H */
