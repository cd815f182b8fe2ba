// SPDX-License-Identifier: GPL-2.0-only
/*
 * guard.c: no TIPC frame in clear.
 *
 * TIPC encrypts what it sends while it has a key, but takes what comes in clear
 * all the same: a machine without the key could end links and speak to ports.
 * And it has a key only until somebody tells it to forget it.  So frames of TIPC
 * that are not encrypted are dropped here, in both directions, on the one
 * interface between the nodes.  Owns nothing else; decrypts nothing.
 */
#include "guard.h"

#include <linux/bitops.h>
#include <linux/etherdevice.h>
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <net/net_namespace.h>

#define VERSION_SHIFT		5	/* of a TIPC frame's first byte */
#define VERSION_ENCRYPTED	7	/* net/tipc/crypto.h has the format */
#define TOLD_BIT		0

static void tell_once(struct ssi_guard *guard, const struct sk_buff *skb,
		      bool outgoing)
{
	if (test_and_set_bit(TOLD_BIT, &guard->told))
		return;
	if (outgoing)
		pr_err("TIPC has lost its key, nothing is sent: unload this module, modprobe -r tipc, load it again\n");
	else
		pr_warn("a machine without the key (%pM) is on this network, its TIPC frames are dropped\n",
			eth_hdr(skb)->h_source);
}

static unsigned int look_at(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	struct ssi_guard *guard = priv;
	u8 buf;
	const u8 *first;

	if (skb->protocol != htons(ETH_P_TIPC))
		return NF_ACCEPT;
	first = skb_header_pointer(skb, skb_network_offset(skb), 1, &buf);
	if (first && *first >> VERSION_SHIFT == VERSION_ENCRYPTED)
		return NF_ACCEPT;
	atomic_inc(guard->dropped);
	tell_once(guard, skb, state->hook == NF_NETDEV_EGRESS);
	return NF_DROP;
}

static void remove_hooks(struct ssi_guard *guard)
{
	ASSERT_RTNL();
	if (!guard->dev)
		return;
	nf_unregister_net_hooks(&init_net, guard->hooks,
				ARRAY_SIZE(guard->hooks));
	guard->dev = NULL;
}

/* A hook must not outlive its interface. */
static int notified(struct notifier_block *notifier, unsigned long event,
		    void *info)
{
	struct ssi_guard *guard = container_of(notifier, struct ssi_guard,
					       notifier);

	if (event == NETDEV_UNREGISTER &&
	    netdev_notifier_info_to_dev(info) == guard->dev)
		remove_hooks(guard);
	return NOTIFY_DONE;
}

static int install_hooks(struct ssi_guard *guard, const char *netdev)
{
	static const unsigned int numbers[] = {
		NF_NETDEV_INGRESS, NF_NETDEV_EGRESS
	};
	struct net_device *dev;
	unsigned int i;
	int err;

	ASSERT_RTNL();
	dev = __dev_get_by_name(&init_net, netdev);
	if (!dev)
		return -ENODEV;
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		guard->hooks[i] = (struct nf_hook_ops) {
			.hook = look_at,
			.dev = dev,
			.priv = guard,
			.pf = NFPROTO_NETDEV,
			.hooknum = numbers[i],
			.priority = INT_MIN,
		};
	}
	err = nf_register_net_hooks(&init_net, guard->hooks,
				    ARRAY_SIZE(guard->hooks));
	if (!err)
		guard->dev = dev;
	return err;
}

/**
 * ssi_guard_start() - let no TIPC frame in clear pass
 * @guard: zeroed; lives until ssi_guard_stop()
 * @netdev: name of the interface
 * @dropped: counts the frames, lives as long
 * Context: process context; sleeps, takes RTNL.
 * Return: 0; -ENODEV when there is no such interface, -ENOMEM, or the
 *	notifier's error; there is no guard then.
 */
int ssi_guard_start(struct ssi_guard *guard, const char *netdev,
		    atomic_t *dropped)
{
	int err;

	guard->dropped = dropped;
	guard->notifier.notifier_call = notified;
	err = register_netdevice_notifier(&guard->notifier);
	if (err)
		return err;
	rtnl_lock();
	err = install_hooks(guard, netdev);
	rtnl_unlock();
	if (err)
		unregister_netdevice_notifier(&guard->notifier);
	return err;
}

/**
 * ssi_guard_stop() - let pass what comes
 * @guard: what ssi_guard_start() started
 * Context: process context; sleeps, takes RTNL.
 */
void ssi_guard_stop(struct ssi_guard *guard)
{
	/* Calls back with NETDEV_UNREGISTER for each interface there is. */
	unregister_netdevice_notifier(&guard->notifier);
	rtnl_lock();
	remove_hooks(guard);
	rtnl_unlock();
}
