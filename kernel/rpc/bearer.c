// SPDX-License-Identifier: GPL-2.0-only
/*
 * bearer.c: brings TIPC up on the interface between the nodes, and down.
 *
 * Owns TIPC's configuration: network id = session id, so that two sessions on
 * one wire do not meet; node identity, see below; the encryption key, set before
 * there is a bearer so that nothing leaves in clear; one Ethernet bearer with
 * the link tolerance asked for.  Owns no socket and no link.
 *
 * The identity, 16 bytes: chance, node id, interface address, and the id of the
 * first key (0 without one).  Two machines with one node id are two to TIPC.
 * The chance has a reason: TIPC counts its nonces from 0 each time that it gets
 * a key, and what keeps them apart is the sender's address, which it makes of
 * the identity (the exclusive or of its four words), and, in what it broadcasts
 * to find others, the identity's first word.  A machine that restarts with the
 * same key must therefore be another sender to TIPC, or AES-GCM is broken.
 *
 * Identity and network id can not be changed while the tipc module is loaded,
 * nor taken back: they stay after ssi_bearer_stop(), and so does the key, for
 * the same reason.  ssi_bearer_start() accepts its own, and refuses when the
 * identity says that TIPC began with another key.
 */
#include "bearer.h"

#include "auth.h"
#include "genl.h"

#include <ssi/core.h>

#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/if_arp.h>
#include <linux/kmod.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/tipc.h>
#include <linux/tipc_netlink.h>
#include <net/netlink.h>
#include <net/net_namespace.h>

#define ADDRESS_WAIT_MS		5000	/* TIPC takes 1 s to try an address */
#define ADDRESS_POLL_MS		20
#define ADMIN_HINT		"unload it first: modprobe -r tipc"
#define CIPHER			"gcm(aes)"	/* the only one that TIPC takes */
/* A new key would be sent to others under the old one, which may be known. */
#define EXCHANGE_FILE	"/proc/sys/net/tipc/key_exchange_enabled"

/**
 * struct identity - node identity
 * @chance: makes TIPC's address another each time
 * @node: node id
 * @mac: address of the interface
 * @key: start of the id of the first key
 */
struct identity {
	__be32 chance;
	__be16 node;
	u8 mac[ETH_ALEN];
	u8 key[4];
};
static_assert(sizeof(struct identity) == 16);

/**
 * struct tipc_config - how TIPC is configured
 * @session: network id
 * @identity: node identity, all 0 when there is none yet
 * @words: the same, as netlink carries it
 */
struct tipc_config {
	u32 session;
	union {
		struct identity identity;
		u64 words[2];
	};
};

/* The identity from the interface, which must be up. */
static int make_config(const struct ssi_params *params,
		       const struct ssi_key *key, struct tipc_config *config)
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
	config->identity.chance = cpu_to_be32(get_random_u32());
	config->identity.node = cpu_to_be16(params->node);
	memcpy(config->identity.mac, dev->dev_addr, ETH_ALEN);
	if (key)
		memcpy(config->identity.key, key->id,
		       sizeof(config->identity.key));
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

/* All but the chance, which is found as it was. */
static bool same_config(const struct tipc_config *a,
			const struct tipc_config *b)
{
	return a->session == b->session &&
	       !memcmp(&a->identity.node, &b->identity.node,
		       sizeof(a->identity) -
		       offsetof(struct identity, node));
}

static int refuse_config(const struct tipc_config *found,
			 const struct tipc_config *wanted)
{
	struct tipc_config other_key = *wanted;

	memcpy(other_key.identity.key, found->identity.key,
	       sizeof(other_key.identity.key));
	if (same_config(found, &other_key))
		pr_err("TIPC is already in use with another key, or without one; "
		       ADMIN_HINT "\n");
	else
		pr_err("TIPC is already in use as node %u (%*phN) of network %u, wanted %u of %u; "
		       ADMIN_HINT "\n", be16_to_cpu(found->identity.node),
		       (int)sizeof(found->identity), &found->identity,
		       found->session, be16_to_cpu(wanted->identity.node),
		       wanted->session);
	return -EADDRINUSE;
}

static int set_key(struct ssi_genl *genl, const struct ssi_key *key)
{
	struct sk_buff *skb = ssi_genl_create(genl, TIPC_NL_KEY_SET, NLM_F_ACK);
	struct tipc_aead_key *aead;
	struct nlattr *node, *attr;

	if (!skb)
		return -ENOMEM;
	node = nla_nest_start(skb, TIPC_NLA_NODE);
	attr = node ? nla_reserve(skb, TIPC_NLA_NODE_KEY,
				  sizeof(*aead) + SSI_AEAD_LEN) : NULL;
	/* Never rekey by itself: the new key would have to be exchanged. */
	if (!attr || nla_put_u32(skb, TIPC_NLA_NODE_REKEYING, 0)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	aead = nla_data(attr);
	strscpy_pad(aead->alg_name, CIPHER, sizeof(aead->alg_name));
	aead->keylen = SSI_AEAD_LEN;
	memcpy(aead->key, key->aead, SSI_AEAD_LEN);
	nla_nest_end(skb, node);
	return ssi_genl_call_secret(genl, skb);
}

static int forbid_exchange(void)
{
	struct file *file = filp_open(EXCHANGE_FILE, O_WRONLY, 0);
	loff_t at = 0;
	ssize_t ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = kernel_write(file, "0", 1, &at);
	filp_close(file, NULL);
	return ret < 0 ? ret : 0;
}

/* TIPC has just got its identity: also give it the key. */
static int make_secure(struct ssi_genl *genl, const struct ssi_key *key)
{
	int err = forbid_exchange();

	if (err) {
		pr_err(EXCHANGE_FILE " can not be set to 0 (%d)\n", err);
		return err;
	}
	err = set_key(genl, key);
	if (err)
		pr_err("TIPC does not take the key (%d); are the modules gcm, ctr and ghash_generic there?\n",
		       err);
	return err;
}

/* Give TIPC its identity and key, or find that it has them already. */
static int configure(struct ssi_genl *genl, const struct tipc_config *wanted,
		     const struct ssi_key *key)
{
	struct tipc_config found;
	bool fresh;
	int err = read_config(genl, &found);

	fresh = !err && !found.words[0] && !found.words[1];
	if (fresh) {
		err = write_config(genl, wanted);
		if (!err)
			err = read_config(genl, &found);
	}
	if (err) {
		pr_err("TIPC can not be configured (%d)\n", err);
		return err;
	}
	if (!same_config(&found, wanted))
		return refuse_config(&found, wanted);
	return fresh && key ? make_secure(genl, key) : 0;
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
 * @key: to encrypt with; NULL to send in clear
 *
 * A tipc module that was loaded before keeps the key that it has.
 *
 * Context: process context with CAP_NET_ADMIN, sleeps, up to some seconds.
 * Return: 0; otherwise TIPC has no bearer of ours and the cause is logged:
 *	-ENODEV, -ENETDOWN or -EINVAL for the interface, -EADDRINUSE when TIPC
 *	is in use as another node, -EPROTONOSUPPORT without TIPC, -EINTR,
 *	-ETIMEDOUT when it got no address, or TIPC's own error.
 */
int ssi_bearer_start(const struct ssi_params *params,
		     const struct ssi_key *key)
{
	struct tipc_config config;
	struct ssi_genl genl;
	int err;

	err = make_config(params, key, &config);
	if (err)
		return err;
	request_module("tipc");
	err = ssi_genl_open(&genl, TIPC_GENL_V2_NAME);
	if (err) {
		pr_err("the tipc module is not there (%d)\n", err);
		return -EPROTONOSUPPORT;
	}
	err = configure(&genl, &config, key);
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

/**
 * ssi_bearer_set_key() - let TIPC change over to another key
 * @key: the new one
 *
 * From now on both are good to receive with.  TIPC goes over to the new one for
 * each peer when that peer has it too, and drops the old one when all peers
 * have, which takes some 10 s.
 *
 * Context: process context with CAP_NET_ADMIN, sleeps.
 * Return: 0; -EBUSY while an earlier change is not at its end; -ENOMEM or
 *	TIPC's own error.  Not logged.
 */
int ssi_bearer_set_key(const struct ssi_key *key)
{
	struct ssi_genl genl;
	int err = ssi_genl_open(&genl, TIPC_GENL_V2_NAME);

	if (err)
		return err;
	err = set_key(&genl, key);
	ssi_genl_close(&genl);
	return err;
}
