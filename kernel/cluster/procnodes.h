/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * procnodes.h: /proc/nodes (see procnodes.c).
 */
#ifndef _SSI_PROCNODES_H
#define _SSI_PROCNODES_H

struct ssi_cluster;
struct ssi_procnodes;

struct ssi_procnodes *ssi_procnodes_create(struct ssi_cluster *cluster);
void ssi_procnodes_destroy(struct ssi_procnodes *procnodes);
void ssi_procnodes_update(struct ssi_procnodes *procnodes);

#endif /* _SSI_PROCNODES_H */
