/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uids.h: unique numbers, as the rest of cluster/ sees them (see uids.c).
 */
#ifndef _SSI_UIDS_H
#define _SSI_UIDS_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct ssi_cluster;

/**
 * struct ssi_uid - the next number
 * @lock: protects the others
 * @view: number of the first view of this node in this life, 0: in none
 * @next: what is given next
 * @left: how many more
 */
struct ssi_uid {
	spinlock_t lock;
	u64 view;
	u64 next;
	u32 left;
};

void ssi_uid_init(struct ssi_uid *uid);
void ssi_uid_view(struct ssi_cluster *cluster);

#endif /* _SSI_UIDS_H */
