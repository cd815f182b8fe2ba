// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpc.c: puts the parts of the layer together.
 *
 * Owns struct ssi_rpc, its start and stop, its clock, and what the layer above
 * may ask for.  Does not own who is member of a cluster: it is told.
 *
 *	socket -> conn.c -> peer.c -> ops of the layer above
 *	socket -> lane.c -> call.c, service.c
 *	layer above -> ssi_rpc_control() -> conn.c queues -> socket
 */
#include "rpc-private.h"

#include "bearer.h"
#include "call.h"
#include "discovery.h"
#include "frame.h"
#include "keyring.h"
#include "peer.h"

#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

/* A life's number: its start, and chance where the clock is wrong. */
static u64 new_incarnation(void)
{
	return (u64)ktime_get_real_seconds() << 32 | (get_random_u32() | 1);
}

/**
 * ssi_rpc_fence() - another machine has this node's id: leave the session
 * @rpc: this node's
 * @address: TIPC address of that machine
 *
 * The next tick closes all connections; until then nothing is received.  Only
 * loading the module again ends it.
 *
 * Context: rpc->lock held.
 */
void ssi_rpc_fence(struct ssi_rpc *rpc, u32 address)
{
	lockdep_assert_held(&rpc->lock);
	if (rpc->fenced)
		return;
	pr_err("node id %u is already another machine's (TIPC address %x): leaving the session\n",
	       rpc->params.node, address);
	rpc->fenced = true;
	rpc->ops->fenced(rpc->context);
}

static void close_connections(struct ssi_rpc *rpc)
{
	lockdep_assert_held(&rpc->lock);
	if (!rpc->discovery)
		return;
	ssi_discovery_destroy(rpc->discovery);
	rpc->discovery = NULL;
	ssi_peer_destroy_all(rpc);
}

static void rpc_tick(struct work_struct *work)
{
	struct ssi_rpc *rpc = container_of(to_delayed_work(work),
					   struct ssi_rpc, tick);

	mutex_lock(&rpc->lock);
	if (rpc->fenced)
		close_connections(rpc);
	ssi_peer_tick(rpc);
	if (!rpc->stopping)
		queue_delayed_work(rpc->wq, &rpc->tick,
				   msecs_to_jiffies(SSI_RPC_TICK_MS));
	mutex_unlock(&rpc->lock);
}

static void reset_work(struct work_struct *work)
{
	struct ssi_rpc *rpc = container_of(work, struct ssi_rpc, reset);
	u64 incarnation = new_incarnation();

	mutex_lock(&rpc->lock);
	if (!rpc->stopping && !rpc->fenced) {
		ssi_peer_reset_all(rpc);
		spin_lock_bh(&rpc->link_lock);
		rpc->incarnation = incarnation;
		rpc->online = false;
		spin_unlock_bh(&rpc->link_lock);
		rpc->ops->reset(rpc->context, incarnation);
	}
	mutex_unlock(&rpc->lock);
}

/**
 * ssi_rpc_reset() - end every link and begin another life
 * @rpc: this node's
 *
 * Happens a little later and ends with ops->reset(); other nodes see this one
 * end, and later a new one.
 *
 * Context: any but hard interrupts.
 */
void ssi_rpc_reset(struct ssi_rpc *rpc)
{
	queue_work(rpc->wq, &rpc->reset);
}

/**
 * ssi_rpc_incarnation() - number of this life of this node
 * @rpc: this node's
 * Return: the number, never 0.
 */
u64 ssi_rpc_incarnation(const struct ssi_rpc *rpc)
{
	return READ_ONCE(rpc->incarnation);
}

/**
 * ssi_rpc_control() - send a control record
 * @rpc: this node's
 * @node: SSI_NODE_ALL for all linked nodes; one that is not linked is ignored
 * @buf: the record, copied
 * @len: length of @buf, 1..SSI_CONTROL_MAX_LEN
 *
 * Records to one node arrive in order, each once, or the link ends: also when
 * there is no memory.
 *
 * Context: process context; does not wait for a node.
 */
void ssi_rpc_control(struct ssi_rpc *rpc, u16 node, const void *buf, size_t len)
{
	struct ssi_nodeset links;
	int each;

	spin_lock_bh(&rpc->link_lock);
	links = rpc->links;
	spin_unlock_bh(&rpc->link_lock);
	if (node != SSI_NODE_ALL) {
		if (ssi_nodeset_contains(&links, node))
			ssi_peer_control(rpc, node, buf, len);
		return;
	}
	ssi_nodeset_for_each(each, &links)
		ssi_peer_control(rpc, each, buf, len);
}

/**
 * ssi_rpc_set_view() - the cluster has another view
 * @rpc: this node's
 * @id: which
 * @members: the nodes in it
 * @incarnation: [n] = the life of member n that is in it
 * Context: any but hard interrupts.
 */
void ssi_rpc_set_view(struct ssi_rpc *rpc, const struct ssi_view_id *id,
		      const struct ssi_nodeset *members, const u64 *incarnation)
{
	u16 self = rpc->params.node;

	spin_lock_bh(&rpc->link_lock);
	rpc->online = ssi_nodeset_contains(members, self) &&
		      incarnation[self] == rpc->incarnation;
	rpc->view = *id;
	rpc->members = *members;
	memcpy(rpc->member_incarnation, incarnation,
	       sizeof(rpc->member_incarnation));
	ssi_call_new_view(rpc);
	spin_unlock_bh(&rpc->link_lock);
	queue_work(rpc->handler_wq, &rpc->held_work);
}

static void free_rpc(struct ssi_rpc *rpc)
{
	if (rpc->wq)
		destroy_workqueue(rpc->wq);
	kvfree(rpc->conn.buf);
	kvfree_sensitive(rpc, sizeof(*rpc));
}

static struct ssi_rpc *alloc_rpc(const struct ssi_params *params)
{
	struct ssi_rpc *rpc = kvzalloc(sizeof(*rpc), GFP_KERNEL);

	if (!rpc)
		return NULL;
	rpc->params = *params;
	rpc->incarnation = new_incarnation();
	INIT_DELAYED_WORK(&rpc->tick, rpc_tick);
	INIT_WORK(&rpc->reset, reset_work);
	INIT_LIST_HEAD(&rpc->peers);
	mutex_init(&rpc->key_lock);
	mutex_init(&rpc->lock);
	spin_lock_init(&rpc->link_lock);
	init_waitqueue_head(&rpc->wait);
	hash_init(rpc->calls);
	rpc->wq = alloc_ordered_workqueue("ssi_rpc", 0);
	rpc->conn.buf = kvmalloc(SSI_FRAME_MAX_LEN, GFP_KERNEL);
	rpc->conn.wq = rpc->wq;
	rpc->conn.lock = &rpc->lock;
	if (rpc->wq && rpc->conn.buf)
		return rpc;
	free_rpc(rpc);
	return NULL;
}

static void log_keys(const struct ssi_keys *keys)
{
	const struct ssi_key *send = &keys->key[0], *accept = &keys->key[1];

	if (accept->generation)
		pr_info("key %u (%*phN) in use, key %u (%*phN) accepted\n",
			send->generation, SSI_KEY_ID_LEN, send->id,
			accept->generation, SSI_KEY_ID_LEN, accept->id);
	else
		pr_info("key %u (%*phN) in use\n", send->generation,
			SSI_KEY_ID_LEN, send->id);
}

/* The guard stands before there is anything to send. */
static int start_secure(struct ssi_rpc *rpc)
{
	int err = ssi_keyring_read(&rpc->params, &rpc->keys);

	if (err)
		return err;
	err = ssi_guard_start(&rpc->guard, rpc->params.netdev,
			      &rpc->counters.clear);
	if (err) {
		pr_err("parameter netdev: interface %s can not be guarded (%d)\n",
		       rpc->params.netdev, err);
		return err;
	}
	err = ssi_bearer_start(&rpc->params, &rpc->keys.key[0]);
	if (err)
		ssi_guard_stop(&rpc->guard);
	else
		log_keys(&rpc->keys);
	return err;
}

static int start_open(struct ssi_rpc *rpc)
{
	pr_warn("SECURITY IS OFF: what nodes say to each other is in clear, and any machine may come in\n");
	return ssi_bearer_start(&rpc->params, NULL);
}

/* Known by it to others; gone again already, it is no more than unknown. */
static void find_machine(struct ssi_rpc *rpc)
{
	struct net_device *dev = dev_get_by_name(&init_net,
						 rpc->params.netdev);

	if (!dev)
		return;
	memcpy(rpc->machine, dev->dev_addr, ETH_ALEN);
	dev_put(dev);
}

/* The file says @next; may it follow what is in use, and does TIPC take it? */
static int take_keys(struct ssi_rpc *rpc, const struct ssi_keys *next)
{
	const struct ssi_key *old = &rpc->keys.key[0], *new = &next->key[0];
	int err;

	lockdep_assert_held(&rpc->key_lock);
	if (!memcmp(old->id, new->id, SSI_KEY_ID_LEN))
		return 0;
	/* TIPC would begin to count its nonces again, under the same key. */
	if (new->generation <= old->generation) {
		pr_err("key %u (%*phN) is not newer than key %u (%*phN), which stays\n",
		       new->generation, SSI_KEY_ID_LEN, new->id,
		       old->generation, SSI_KEY_ID_LEN, old->id);
		return -EKEYREJECTED;
	}
	err = ssi_bearer_set_key(new);
	if (err == -EBUSY)
		pr_warn("TIPC is still changing over to key %u; try again in 15 s\n",
			old->generation);
	else if (err)
		pr_err("TIPC does not take key %u (%d)\n", new->generation,
		       err);
	return err;
}

/**
 * ssi_rpc_load_keys() - read the key file again
 * @rpc: this node's
 *
 * Links stay as they are; the next ones use what is new.
 *
 * Context: process context with CAP_NET_ADMIN; sleeps.
 * Return: 0; -EOPNOTSUPP where security is off, -EKEYREJECTED when the key is
 *	older than the one in use, -EBUSY while TIPC has not finished with an
 *	earlier change, -EINTR, ssi_keyring_read()'s errors; nothing has changed
 *	then and the cause has been logged.
 */
int ssi_rpc_load_keys(struct ssi_rpc *rpc)
{
	struct ssi_keys next;
	int err;

	if (!rpc->params.secure)
		return -EOPNOTSUPP;
	err = mutex_lock_killable(&rpc->key_lock);
	if (err)
		return err;
	err = ssi_keyring_read(&rpc->params, &next);
	if (!err)
		err = take_keys(rpc, &next);
	if (!err) {
		mutex_lock(&rpc->lock);
		rpc->keys = next;
		mutex_unlock(&rpc->lock);
		log_keys(&next);
	}
	memzero_explicit(&next, sizeof(next));
	mutex_unlock(&rpc->key_lock);
	return err;
}

/**
 * ssi_rpc_show_keys() - which keys are in use, in words
 * @rpc: this node's
 * @buf: filled in: "off", or "send GENERATION ID" and "accept ..." lines
 * @size: bytes at @buf
 * Context: process context; sleeps.
 * Return: length of the text, -EINTR.
 */
int ssi_rpc_show_keys(struct ssi_rpc *rpc, char *buf, size_t size)
{
	const struct ssi_key *send = &rpc->keys.key[0];
	const struct ssi_key *accept = &rpc->keys.key[1];
	int len;

	if (!rpc->params.secure)
		return scnprintf(buf, size, "off\n");
	len = mutex_lock_killable(&rpc->key_lock);
	if (len)
		return len;
	len = scnprintf(buf, size, "send %u %*phN\n", send->generation,
			SSI_KEY_ID_LEN, send->id);
	if (accept->generation)
		len += scnprintf(buf + len, size - len, "accept %u %*phN\n",
				 accept->generation, SSI_KEY_ID_LEN,
				 accept->id);
	mutex_unlock(&rpc->key_lock);
	return len;
}

/**
 * ssi_rpc_create() - bring the network up
 * @params: session, node, interface; copied
 *
 * Nothing is sent to other nodes, and none is seen, before ssi_rpc_start(); and
 * nothing ever leaves in clear, unless that was asked for.
 *
 * Context: process context with CAP_NET_ADMIN; sleeps, some seconds.
 * Return: to be undone with ssi_rpc_destroy(); ERR_PTR() of -ENOMEM or of
 *	ssi_keyring_read()'s and ssi_bearer_start()'s errors, which have been
 *	logged.
 */
struct ssi_rpc *ssi_rpc_create(const struct ssi_params *params)
{
	struct ssi_rpc *rpc = alloc_rpc(params);
	int err;

	if (!rpc)
		return ERR_PTR(-ENOMEM);
	err = params->secure ? start_secure(rpc) : start_open(rpc);
	if (err)
		goto err_free;
	find_machine(rpc);
	rpc->counters_dir = ssi_counters_show(&rpc->counters);
	err = ssi_service_init(rpc);
	if (!err)
		return rpc;
	ssi_counters_hide(rpc->counters_dir);
	ssi_bearer_stop(params);
	if (params->secure)
		ssi_guard_stop(&rpc->guard);

err_free:
	free_rpc(rpc);
	return ERR_PTR(err);
}

/**
 * ssi_rpc_destroy() - take the network down
 * @rpc: what ssi_rpc_create() returned; stopped, if it was started
 * Context: process context; sleeps.
 */
void ssi_rpc_destroy(struct ssi_rpc *rpc)
{
	ssi_counters_hide(rpc->counters_dir);
	ssi_service_exit(rpc);
	ssi_bearer_stop(&rpc->params);
	if (rpc->params.secure)
		ssi_guard_stop(&rpc->guard);
	free_rpc(rpc);
}

/**
 * ssi_rpc_start() - be found by other nodes, and find them
 * @rpc: this node's
 * @ops: of the layer above; called from now on
 * @context: first argument of each of @ops
 * Context: process context; sleeps.
 * Return: 0, to be undone with ssi_rpc_stop(); -ENOMEM or TIPC's error, logged.
 */
int ssi_rpc_start(struct ssi_rpc *rpc, const struct ssi_link_ops *ops,
		  void *context)
{
	struct ssi_discovery *discovery;

	mutex_lock(&rpc->lock);
	rpc->ops = ops;
	rpc->context = context;
	discovery = ssi_discovery_create(rpc);
	if (!IS_ERR(discovery)) {
		rpc->discovery = discovery;
		queue_delayed_work(rpc->wq, &rpc->tick, 0);
	}
	mutex_unlock(&rpc->lock);
	if (IS_ERR(discovery))
		pr_err("no connection to TIPC (%ld)\n", PTR_ERR(discovery));
	return PTR_ERR_OR_ZERO(discovery);
}

/**
 * ssi_rpc_stop() - end every link
 * @rpc: what was started
 *
 * The other nodes see this one leave; ops->link_down() is called for each, and
 * nothing of ops after the return.
 *
 * Context: process context; sleeps.
 */
void ssi_rpc_stop(struct ssi_rpc *rpc)
{
	mutex_lock(&rpc->lock);
	rpc->stopping = true;
	mutex_unlock(&rpc->lock);
	ssi_call_fail(rpc, SSI_NODE_ALL, -ESHUTDOWN);
	cancel_delayed_work_sync(&rpc->tick);
	cancel_work_sync(&rpc->reset);
	mutex_lock(&rpc->lock);
	close_connections(rpc);
	mutex_unlock(&rpc->lock);
	/* Nothing can queue more: a closed socket has no callback. */
	flush_workqueue(rpc->wq);
}
