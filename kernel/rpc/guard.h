/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard.h: no TIPC frame in clear (see guard.c).
 */
#ifndef _SSI_GUARD_H
#define _SSI_GUARD_H

#include <linux/netfilter.h>
#include <linux/notifier.h>
#include <linux/types.h>

/**
 * struct ssi_guard - the guard of one interface
 * @dev: the interface; NULL when there is no guard, or it has gone. Protected
 *	by RTNL.
 * @hooks: where frames come in and go out
 * @notifier: hears of the interface's end
 * @dropped: counts frames
 * @told: has been logged
 */
struct ssi_guard {
	struct net_device *dev;
	struct nf_hook_ops hooks[2];
	struct notifier_block notifier;
	atomic_t *dropped;
	unsigned long told;
};

int ssi_guard_start(struct ssi_guard *guard, const char *netdev,
		    atomic_t *dropped);
void ssi_guard_stop(struct ssi_guard *guard);

#endif /* _SSI_GUARD_H */
