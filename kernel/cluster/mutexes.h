/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mutexes.h: cluster-wide mutexes, as the rest of cluster/ sees them (see
 * mutexes.c).
 */
#ifndef _SSI_MUTEXES_H
#define _SSI_MUTEXES_H

#include <linux/types.h>

struct ssi_cluster;
struct ssi_mutexes;

struct ssi_mutexes *ssi_mutexes_create(struct ssi_cluster *cluster);
void ssi_mutexes_destroy(struct ssi_mutexes *mutexes);
void ssi_mutexes_view(struct ssi_cluster *cluster);
void ssi_mutexes_serve(struct ssi_cluster *cluster, bool serve);

#endif /* _SSI_MUTEXES_H */
