// SPDX-License-Identifier: GPL-2.0-only
/*
 * discovery.c: find the other nodes of the session and be found by them.
 *
 * Owns the listening socket, bound to the TIPC service {SERVICE_TYPE, node
 * id}, and the subscription to everybody's, at TIPC's topology service.  Who
 * publishes node n is called by the nodes below n; of two machines with one
 * node id the one with the lower TIPC address calls.  Owns no connection
 * between nodes: peer.c does.
 */
#include "discovery.h"

#include "peer.h"
#include "rpc-private.h"

#include <linux/net.h>
#include <linux/slab.h>
#include <linux/tipc.h>
#include <net/net_namespace.h>

#define SERVICE_TYPE	0x53534931	/* "SSI1" */
#define BACKLOG		64		/* TIPC ignores it */

/**
 * struct ssi_discovery - how nodes find each other
 * @rpc: this node's
 * @listener: where others call
 * @topology: subscription
 * @port: TIPC port of @listener
 * @address: this machine's TIPC address
 */
struct ssi_discovery {
	struct ssi_rpc *rpc;
	struct ssi_conn *listener;
	struct ssi_conn *topology;
	u32 port;
	u32 address;
};

static void listener_accepted(struct ssi_conn *conn, struct socket *sock)
{
	struct ssi_discovery *discovery = conn->owner;

	ssi_peer_accept(discovery->rpc, sock);
}

static const struct ssi_conn_ops listener_ops = {
	.accepted = listener_accepted,
};

static void take_published(struct ssi_discovery *discovery,
			   const struct tipc_event *event)
{
	struct ssi_rpc *rpc = discovery->rpc;
	u32 node = event->found_lower;

	/* What this machine publishes is its own, or a local user's joke. */
	if (event->port.node == discovery->address ||
	    event->found_upper != node || node >= SSI_MAX_NODES)
		return;
	if (node > rpc->params.node ||
	    (node == rpc->params.node &&
	     event->port.node > discovery->address))
		ssi_peer_connect(rpc, node, event->port.ref,
				 event->port.node);
}

static void topology_received(struct ssi_conn *conn, const void *buf,
			      size_t len)
{
	struct ssi_discovery *discovery = conn->owner;
	const struct tipc_event *event = buf;

	if (len != sizeof(*event) || discovery->rpc->fenced)
		return;
	if (event->event == TIPC_PUBLISHED)
		take_published(discovery, event);
	else if (event->event == TIPC_WITHDRAWN)
		ssi_peer_withdraw(discovery->rpc, event->port.ref,
				  event->port.node);
}

static void topology_ended(struct ssi_conn *conn, int err)
{
	pr_err("TIPC's topology service ended (%d), new nodes are not seen\n",
	       err);
}

static const struct ssi_conn_ops topology_ops = {
	.received = topology_received,
	.ended = topology_ended,
};

static int open_listener(struct ssi_discovery *discovery)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SERVICE_ADDR,
		.scope = TIPC_CLUSTER_SCOPE,
		.addr.name.name.type = SERVICE_TYPE,
		.addr.name.name.instance = discovery->rpc->params.node,
	};
	struct sockaddr_tipc own;
	struct socket *sock;
	int err;

	err = sock_create_kern(&init_net, AF_TIPC, SOCK_SEQPACKET, 0, &sock);
	if (err)
		return err;
	err = kernel_getsockname(sock, (struct sockaddr *)&own);
	if (err < 0)
		goto err_release;
	discovery->port = own.addr.id.ref;
	discovery->address = own.addr.id.node;

	err = kernel_listen(sock, BACKLOG);
	if (err)
		goto err_release;
	err = -ENOMEM;
	discovery->listener = ssi_conn_create(&discovery->rpc->conn, sock,
					      true, &listener_ops, discovery);
	if (!discovery->listener)
		goto err_release;
	err = kernel_bind(sock, (struct sockaddr *)&addr, sizeof(addr));
	if (!err)
		return 0;
	ssi_conn_destroy(discovery->listener);
	return err;

err_release:
	sock_release(sock);
	return err;
}

static int open_topology(struct ssi_discovery *discovery)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SERVICE_ADDR,
		.addr.name.name.type = TIPC_TOP_SRV,
		.addr.name.name.instance = TIPC_TOP_SRV,
	};
	struct tipc_subscr subscription = {
		.seq.type = SERVICE_TYPE,
		.seq.lower = 0,
		.seq.upper = SSI_MAX_NODES - 1,
		.timeout = TIPC_WAIT_FOREVER,
		.filter = TIPC_SUB_PORTS,
	};
	struct socket *sock;
	int err;

	err = sock_create_kern(&init_net, AF_TIPC, SOCK_SEQPACKET, 0, &sock);
	if (err)
		return err;
	/* On this machine: TIPC answers at once, or after 8 s never. */
	err = kernel_connect(sock, (struct sockaddr *)&addr, sizeof(addr), 0);
	if (err)
		goto err_release;
	err = -ENOMEM;
	discovery->topology = ssi_conn_create(&discovery->rpc->conn, sock,
					      false, &topology_ops, discovery);
	if (!discovery->topology)
		goto err_release;
	ssi_conn_send(discovery->topology, &subscription, sizeof(subscription));
	return 0;

err_release:
	sock_release(sock);
	return err;
}

/**
 * ssi_discovery_create() - be found, and find
 * @rpc: this node's; peers appear in it from now on
 *
 * Context: rpc->lock held, TIPC up.
 * Return: to be undone with ssi_discovery_destroy(); ERR_PTR() of -ENOMEM or
 *	TIPC's error.
 */
struct ssi_discovery *ssi_discovery_create(struct ssi_rpc *rpc)
{
	struct ssi_discovery *discovery;
	int err;

	lockdep_assert_held(&rpc->lock);
	discovery = kzalloc(sizeof(*discovery), GFP_KERNEL);
	if (!discovery)
		return ERR_PTR(-ENOMEM);
	discovery->rpc = rpc;
	err = open_listener(discovery);
	if (err)
		goto err_free;
	err = open_topology(discovery);
	if (err)
		goto err_close_listener;
	return discovery;

err_close_listener:
	ssi_conn_destroy(discovery->listener);
err_free:
	kfree(discovery);
	return ERR_PTR(err);
}

/**
 * ssi_discovery_destroy() - be gone
 * @discovery: what ssi_discovery_create() returned; peers stay
 * Context: rpc->lock held.
 */
void ssi_discovery_destroy(struct ssi_discovery *discovery)
{
	ssi_conn_destroy(discovery->topology);
	ssi_conn_destroy(discovery->listener);
	kfree(discovery);
}

/**
 * ssi_discovery_address() - this machine's TIPC address
 * @discovery: what ssi_discovery_create() returned
 * Return: the address.
 */
u32 ssi_discovery_address(const struct ssi_discovery *discovery)
{
	return discovery->address;
}
