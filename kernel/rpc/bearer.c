// SPDX-License-Identifier: GPL-2.0-only
/*
 * bearer.c: brings TIPC up on the interface between the nodes, and down.
 *
 * Owns TIPC's configuration: network id = session id, so that two sessions on
 * one wire do not meet; node identity = node id and interface address, for
 * example "0003525400aabbcc", so that a machine is known as the same after a
 * restart and two machines with one node id are known as two; one Ethernet
 * bearer with the link tolerance asked for.  Owns no socket and no link.
 *
 * Identity and network id can not be changed while the tipc module is loaded,
 * nor taken back: they stay after ssi_bearer_stop(), and ssi_bearer_start()
 * accepts its own.
 */
#include "bearer.h"

#include "genl.h"

#include <ssi/core.h>

#include <linux/delay.h>
#include <linux/if_arp.h>
#include <linux/kmod.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/sched/signal.h>
#include <linux/tipc.h>
#include <linux/tipc_netlink.h>
#include <net/netlink.h>
#include <net/net_namespace.h>

#define IDENTITY_LEN		16	/* bytes, all used, no final 0 */
#define ADDRESS_WAIT_MS		5000	/* TIPC takes 1 s to try an address */
#define ADDRESS_POLL_MS		20
#define ADMIN_HINT		"unload it first: modprobe -r tipc"

/**
 * struct tipc_config - how TIPC is configured
 * @session: network id
 * @identity: node identity, all 0 when there is none yet
 * @words: the same, as netlink carries it
 */
struct tipc_config {
	u32 session;
	union {
		char identity[IDENTITY_LEN + 1];
		u64 words[2];
	};
};

/* The identity from the interface, which must be up. */
static int make_config(const struct ssi_params *params,
		       struct tipc_config *config)
{
	struct net_device *dev = dev_get_by_name(&init_net, params->netdev);
	int err = 0;

	if (!dev) {
		pr_err("parameter netdev: there is no interface %s\n",
		       params->netdev);
		return -ENODEV;
	}
	if (dev->type != ARPHRD_ETHER) {
		pr_err("parameter netdev: interface %s is not Ethernet\n",
		       params->netdev);
		err = -EINVAL;
	} else if (!(dev->flags & IFF_UP)) {
		pr_err("parameter netdev: interface %s is down: ip link set %s up\n",
		       params->netdev, params->netdev);
		err = -ENETDOWN;
	}
	memset(config, 0, sizeof(*config));
	config->session = params->session;
	snprintf(config->identity, sizeof(config->identity), "%04u%*phN",
		 params->node, ETH_ALEN, dev->dev_addr);
	dev_put(dev);
	return err;
}

static int take_config(const struct nlattr *attrs, int len, void *arg)
{
	const struct nlattr *net = nla_find(attrs, len, TIPC_NLA_NET);
	const struct nlattr *session, *word0, *word1;
	struct tipc_config *config = arg;

	if (!net)
		return -EBADMSG;
	session = nla_find_nested(net, TIPC_NLA_NET_ID);
	word0 = nla_find_nested(net, TIPC_NLA_NET_NODEID);
	word1 = nla_find_nested(net, TIPC_NLA_NET_NODEID_W1);
	if (!session || !word0 || !word1)
		return -EBADMSG;
	config->session = nla_get_u32(session);
	config->words[0] = nla_get_u64(word0);
	config->words[1] = nla_get_u64(word1);
	return 0;
}

static int read_config(struct ssi_genl *genl, struct tipc_config *config)
{
	struct sk_buff *skb = ssi_genl_create(genl, TIPC_NL_NET_GET, NLM_F_DUMP);

	memset(config, 0, sizeof(*config));
	return skb ? ssi_genl_call(genl, skb, take_config, config) : -ENOMEM;
}

static int write_config(struct ssi_genl *genl, const struct tipc_config *config)
{
	struct sk_buff *skb = ssi_genl_create(genl, TIPC_NL_NET_SET, NLM_F_ACK);
	struct nlattr *net;

	if (!skb)
		return -ENOMEM;
	net = nla_nest_start(skb, TIPC_NLA_NET);
	if (!net || nla_put_u32(skb, TIPC_NLA_NET_ID, config->session) ||
	    nla_put_u64_64bit(skb, TIPC_NLA_NET_NODEID, config->words[0], 0) ||
	    nla_put_u64_64bit(skb, TIPC_NLA_NET_NODEID_W1, config->words[1], 0)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, net);
	return ssi_genl_call(genl, skb, NULL, NULL);
}

static bool same_config(const struct tipc_config *a,
			const struct tipc_config *b)
{
	return a->session == b->session && a->words[0] == b->words[0] &&
	       a->words[1] == b->words[1];
}

/* Give TIPC its identity, or find that it has it already. */
static int configure(struct ssi_genl *genl, const struct tipc_config *wanted)
{
	struct tipc_config found;
	int err = read_config(genl, &found);

	if (!err && !found.words[0] && !found.words[1]) {
		err = write_config(genl, wanted);
		if (!err)
			err = read_config(genl, &found);
	}
	if (err) {
		pr_err("TIPC can not be configured (%d)\n", err);
		return err;
	}
	if (same_config(&found, wanted))
		return 0;
	pr_err("TIPC is already in use as node %*pE of network %u, wanted %s of %u; "
	       ADMIN_HINT "\n", IDENTITY_LEN, found.identity, found.session,
	       wanted->identity, wanted->session);
	return -EADDRINUSE;
}

/* @tolerance_ms: 0 to leave it out */
static int call_bearer(struct ssi_genl *genl, u8 cmd, const char *netdev,
		       u32 tolerance_ms)
{
	struct sk_buff *skb = ssi_genl_create(genl, cmd, NLM_F_ACK);
	struct nlattr *bearer, *prop;
	char name[TIPC_MAX_BEARER_NAME];

	if (!skb)
		return -ENOMEM;
	snprintf(name, sizeof(name), "eth:%s", netdev);
	bearer = nla_nest_start(skb, TIPC_NLA_BEARER);
	if (!bearer || nla_put_string(skb, TIPC_NLA_BEARER_NAME, name))
		goto err_free;
	if (tolerance_ms) {
		prop = nla_nest_start(skb, TIPC_NLA_BEARER_PROP);
		if (!prop || nla_put_u32(skb, TIPC_NLA_PROP_TOL, tolerance_ms))
			goto err_free;
		nla_nest_end(skb, prop);
	}
	nla_nest_end(skb, bearer);
	return ssi_genl_call(genl, skb, NULL, NULL);

err_free:
	nlmsg_free(skb);
	return -EMSGSIZE;
}

/* TIPC derives its address from the identity and asks the wire about it. */
static int wait_for_address(void)
{
	unsigned int waited_ms;
	struct sockaddr_tipc addr;
	struct socket *sock;
	int err;

	err = sock_create_kern(&init_net, AF_TIPC, SOCK_RDM, 0, &sock);
	if (err)
		return err;
	err = -ETIMEDOUT;
	for (waited_ms = 0; waited_ms < ADDRESS_WAIT_MS;
	     waited_ms += ADDRESS_POLL_MS) {
		if (kernel_getsockname(sock, (struct sockaddr *)&addr) >= 0 &&
		    addr.addr.id.node) {
			err = 0;
			break;
		}
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
		msleep(ADDRESS_POLL_MS);
	}
	sock_release(sock);
	return err;
}

/**
 * ssi_bearer_start() - bring TIPC up
 * @params: session, node, interface, tolerance
 *
 * Context: process context with CAP_NET_ADMIN, sleeps, up to some seconds.
 * Return: 0; otherwise TIPC has no bearer of ours and the cause is logged:
 *	-ENODEV, -ENETDOWN or -EINVAL for the interface, -EADDRINUSE when TIPC
 *	is in use as another node, -EPROTONOSUPPORT without TIPC, -EINTR,
 *	-ETIMEDOUT when it got no address, or TIPC's own error.
 */
int ssi_bearer_start(const struct ssi_params *params)
{
	struct tipc_config config;
	struct ssi_genl genl;
	int err;

	err = make_config(params, &config);
	if (err)
		return err;
	request_module("tipc");
	err = ssi_genl_open(&genl, TIPC_GENL_V2_NAME);
	if (err) {
		pr_err("the tipc module is not there (%d)\n", err);
		return -EPROTONOSUPPORT;
	}
	err = configure(&genl, &config);
	if (err)
		goto out_close;
	err = call_bearer(&genl, TIPC_NL_BEARER_ENABLE, params->netdev, 0);
	if (err) {
		pr_err("TIPC bearer eth:%s can not be enabled (%d)\n",
		       params->netdev, err);
		goto out_close;
	}
	err = call_bearer(&genl, TIPC_NL_BEARER_SET, params->netdev,
			  params->tolerance_ms);
	if (!err)
		err = wait_for_address();
	if (err) {
		pr_err("TIPC bearer eth:%s does not work (%d)\n",
		       params->netdev, err);
		call_bearer(&genl, TIPC_NL_BEARER_DISABLE, params->netdev, 0);
	}

out_close:
	ssi_genl_close(&genl);
	return err;
}

/**
 * ssi_bearer_stop() - take TIPC down
 * @params: what ssi_bearer_start() got
 *
 * Nothing is said when the bearer has gone with its interface.
 */
void ssi_bearer_stop(const struct ssi_params *params)
{
	struct ssi_genl genl;

	if (ssi_genl_open(&genl, TIPC_GENL_V2_NAME))
		return;
	call_bearer(&genl, TIPC_NL_BEARER_DISABLE, params->netdev, 0);
	ssi_genl_close(&genl);
}
