/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uid.h: public header of cluster/'s unique numbers.
 */
#ifndef _SSI_UID_H
#define _SSI_UID_H

#include <linux/types.h>

struct ssi_cluster;

int ssi_uid_next(struct ssi_cluster *cluster, u64 *id);

#endif /* _SSI_UID_H */
