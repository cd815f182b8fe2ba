/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * power.h: power off or restart the cluster (see power.c).
 */
#ifndef _SSI_POWER_H
#define _SSI_POWER_H

#include "wire.h"

struct ssi_cluster;

void ssi_power_init(struct ssi_cluster *cluster);
void ssi_power_stop(struct ssi_cluster *cluster);
int ssi_power_cluster(struct ssi_cluster *cluster, enum ssi_power_op op);
int ssi_power_receive(struct ssi_cluster *cluster, u16 node, u32 op);

#endif /* _SSI_POWER_H */
