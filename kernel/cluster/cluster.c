// SPDX-License-Identifier: GPL-2.0-only
/*
 * cluster.c: puts the parts of a node together.
 *
 * Owns struct ssi_cluster, its start and stop, the clock, the wait for a
 * request, and what each action of members.c means in this kernel.  Knows the
 * parts; the parts know only this.
 *
 *	socket -> conn.c -> peer.c -> ssi_cluster_event() -> members.c
 *	members.c -> carry_out() -> wire.c -> peer.c -> conn.c -> socket
 *	ioctl -> services.c -> ssi_cluster_change() -> members.c
 */
#include "cluster-private.h"

#include "bearer.h"
#include "discovery.h"
#include "nodeinfo.h"
#include "peer.h"
#include "power.h"
#include "procnodes.h"
#include "services.h"
#include "sysattr.h"

#include <ssi/trace.h>

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/slab.h>

#define CHANGE_TIMEOUT_MS	30000	/* every node has to answer */

static void log_gone(struct ssi_cluster *cluster,
		     const struct ssi_action *action)
{
	const char *then = action->old_state == SSI_NODE_ONLINE ?
			   ": dropped from the cluster" : "";

	if (cluster->lost_err == -ESHUTDOWN)
		pr_info("node %u left%s\n", action->node, then);
	else
		pr_info("node %u is dead (%d)%s\n", action->node,
			cluster->lost_err, then);
}

static void log_state(struct ssi_cluster *cluster,
		      const struct ssi_action *action)
{
	const char *text = "is present";

	if (action->new_state == SSI_NODE_POSSIBLE) {
		log_gone(cluster, action);
		return;
	}
	if (action->new_state == SSI_NODE_ONLINE)
		text = "is online";
	else if (action->old_state == SSI_NODE_ONLINE)
		text = "is no longer online";
	pr_info("node %u %s%s\n", action->node, text,
		action->node == cluster->params.node ? " (this node)" : "");
}

static void carry_out(void *context, const struct ssi_action *action)
{
	struct ssi_cluster *cluster = context;
	void *buf = cluster->send_buf;
	size_t len = 0;

	switch (action->type) {
	case SSI_ACTION_SEND_VIEW:
		len = ssi_wire_put_view(buf, &cluster->members.view);
		break;
	case SSI_ACTION_SEND_ACK:
		len = ssi_wire_put_ack(buf, action->epoch);
		break;
	case SSI_ACTION_SEND_CHANGE:
		len = ssi_wire_put_change(buf, action->id, action->op,
					  action->set);
		break;
	case SSI_ACTION_SEND_RESULT:
		len = ssi_wire_put_value(buf, SSI_WIRE_RESULT, action->id,
					 -action->error);
		break;
	case SSI_ACTION_COMPLETE:
		if (cluster->request && cluster->request->id == action->id) {
			cluster->request->err = action->error;
			complete(&cluster->request->done);
		}
		return;
	case SSI_ACTION_STATE:
		trace_ssi_state(action->node, action->old_state,
				action->new_state);
		if (!cluster->stopping)
			log_state(cluster, action);
		ssi_procnodes_update(cluster->procnodes);
		return;
	}
	ssi_peer_send(cluster, action->node, buf, len);
}

/**
 * ssi_cluster_event() - give an event to the membership protocol
 * @cluster: this node's cluster
 * @event: not SSI_EVENT_REQUEST
 * Context: cluster->lock held.
 */
void ssi_cluster_event(struct ssi_cluster *cluster,
		       const struct ssi_event *event)
{
	lockdep_assert_held(&cluster->lock);
	ssi_members_handle(&cluster->members, event);
}

static int wait_for_request(struct ssi_cluster *cluster,
			    struct ssi_request *request)
{
	struct ssi_event cancel = {
		.type = SSI_EVENT_CANCEL,
		.id = request->id,
	};
	long left;
	int err;

	left = wait_for_completion_killable_timeout(&request->done,
			msecs_to_jiffies(CHANGE_TIMEOUT_MS));
	mutex_lock(&cluster->lock);
	/* It may have ended just after the wait did. */
	if (completion_done(&request->done) || left > 0) {
		err = request->err;
	} else {
		err = left ? -EINTR : -ETIMEDOUT;
		ssi_cluster_event(cluster, &cancel);
	}
	cluster->request = NULL;
	mutex_unlock(&cluster->lock);
	return err;
}

/**
 * ssi_cluster_change() - make nodes online, or present again
 * @cluster: this node's cluster
 * @op: which
 * @set: the nodes
 *
 * Context: process context, sleeps until every linked node knows.
 * Return: 0; -ENONET when a node to add is not present, -EPERM when one is
 *	already in the state asked for or is this node, to be removed, -EINTR
 *	on a fatal signal, -ETIMEDOUT when not all have answered (the change may
 *	still happen), -ESHUTDOWN when the module goes.
 */
int ssi_cluster_change(struct ssi_cluster *cluster, enum ssi_change_op op,
		       const struct ssi_nodeset *set)
{
	struct ssi_request request = { };
	struct ssi_event event = {
		.type = SSI_EVENT_REQUEST,
		.op = op,
		.set = set,
	};
	int err;

	init_completion(&request.done);
	err = mutex_lock_killable(&cluster->request_lock);
	if (err)
		return err;
	err = mutex_lock_killable(&cluster->lock);
	if (err)
		goto out_unlock;
	request.id = event.id = ++cluster->next_id;
	cluster->request = &request;
	if (cluster->stopping || cluster->fenced)
		err = -ESHUTDOWN;
	else
		err = ssi_members_handle(&cluster->members, &event);
	if (err)
		cluster->request = NULL;
	mutex_unlock(&cluster->lock);
	if (!err)
		err = wait_for_request(cluster, &request);

out_unlock:
	mutex_unlock(&cluster->request_lock);
	return err;
}

/**
 * ssi_cluster_fence() - another machine has this node's id: leave the session
 * @cluster: this node's cluster
 * @address: TIPC address of that machine
 *
 * The next tick closes all connections; until then nothing is received.  Only
 * loading the module again ends it.
 *
 * Context: cluster->lock held.
 */
void ssi_cluster_fence(struct ssi_cluster *cluster, u32 address)
{
	lockdep_assert_held(&cluster->lock);
	if (cluster->fenced)
		return;
	pr_err("node id %u is already another machine's (TIPC address %x): leaving the session\n",
	       cluster->params.node, address);
	cluster->fenced = true;
}

static void close_connections(struct ssi_cluster *cluster)
{
	lockdep_assert_held(&cluster->lock);
	if (!cluster->discovery)
		return;
	ssi_discovery_destroy(cluster->discovery);
	cluster->discovery = NULL;
	ssi_peer_destroy_all(cluster);
}

static void cluster_tick(struct work_struct *work)
{
	struct ssi_cluster *cluster = container_of(to_delayed_work(work),
						   struct ssi_cluster, tick);
	struct ssi_event event = { .type = SSI_EVENT_TICK };

	mutex_lock(&cluster->lock);
	if (cluster->fenced)
		close_connections(cluster);
	ssi_peer_tick(cluster);
	ssi_cluster_event(cluster, &event);
	if (!cluster->stopping)
		queue_delayed_work(cluster->wq, &cluster->tick,
				   msecs_to_jiffies(SSI_TICK_MS));
	mutex_unlock(&cluster->lock);
}

static void free_cluster(struct ssi_cluster *cluster)
{
	if (cluster->slow_wq)
		destroy_workqueue(cluster->slow_wq);
	if (cluster->wq)
		destroy_workqueue(cluster->wq);
	kvfree(cluster->conn.buf);
	kvfree(cluster->send_buf);
	kvfree(cluster);
}

static struct ssi_cluster *alloc_cluster(const struct ssi_params *params)
{
	struct ssi_cluster *cluster = kvzalloc(sizeof(*cluster), GFP_KERNEL);

	if (!cluster)
		return NULL;
	cluster->params = *params;
	/* A life's number: its start, and chance where the clock is wrong. */
	cluster->incarnation = (u64)ktime_get_real_seconds() << 32 |
			       (get_random_u32() | 1);
	INIT_DELAYED_WORK(&cluster->tick, cluster_tick);
	INIT_LIST_HEAD(&cluster->peers);
	INIT_LIST_HEAD(&cluster->fetches);
	mutex_init(&cluster->request_lock);
	mutex_init(&cluster->lock);
	ssi_power_init(cluster);
	ssi_members_init(&cluster->members, params->node, cluster->incarnation,
			 carry_out, cluster);
	cluster->wq = alloc_ordered_workqueue("ssi_cluster", 0);
	cluster->slow_wq = alloc_workqueue("ssi_slow", WQ_UNBOUND, 4);
	cluster->conn.buf = kvmalloc(SSI_WIRE_MAX_LEN, GFP_KERNEL);
	cluster->send_buf = kvmalloc(SSI_WIRE_MAX_LEN, GFP_KERNEL);
	cluster->conn.wq = cluster->wq;
	cluster->conn.lock = &cluster->lock;
	if (cluster->wq && cluster->slow_wq && cluster->conn.buf &&
	    cluster->send_buf)
		return cluster;
	free_cluster(cluster);
	return NULL;
}

static int open_connections(struct ssi_cluster *cluster)
{
	struct ssi_discovery *discovery;

	mutex_lock(&cluster->lock);
	discovery = ssi_discovery_create(cluster);
	if (!IS_ERR(discovery)) {
		cluster->discovery = discovery;
		queue_delayed_work(cluster->wq, &cluster->tick, 0);
	}
	mutex_unlock(&cluster->lock);
	return PTR_ERR_OR_ZERO(discovery);
}

static int open_files(struct ssi_cluster *cluster)
{
	cluster->counters_dir = ssi_counters_show(&cluster->counters);
	cluster->procnodes = ssi_procnodes_create(cluster);
	if (IS_ERR(cluster->procnodes))
		goto err_hide_counters;
	cluster->sysattr = ssi_sysattr_create(cluster);
	if (IS_ERR(cluster->sysattr))
		goto err_remove_procnodes;
	cluster->services = ssi_services_create(cluster);
	if (!IS_ERR(cluster->services))
		return 0;
	ssi_sysattr_destroy(cluster->sysattr);

err_remove_procnodes:
	ssi_procnodes_destroy(cluster->procnodes);
err_hide_counters:
	ssi_counters_hide(cluster->counters_dir);
	return -ENOMEM;
}

static void close_files(struct ssi_cluster *cluster)
{
	ssi_services_destroy(cluster->services);
	ssi_sysattr_destroy(cluster->sysattr);
	ssi_procnodes_destroy(cluster->procnodes);
	ssi_counters_hide(cluster->counters_dir);
}

/**
 * ssi_cluster_create() - make this machine a node
 * @params: session, node, interface; copied
 *
 * Context: process context with CAP_NET_ADMIN; sleeps, some seconds.
 * Return: to be undone with ssi_cluster_destroy(); ERR_PTR() of -ENOMEM or of
 *	ssi_bearer_start()'s and TIPC's errors, which have been logged.
 */
struct ssi_cluster *ssi_cluster_create(const struct ssi_params *params)
{
	struct ssi_cluster *cluster;
	int err;

	cluster = alloc_cluster(params);
	if (!cluster)
		return ERR_PTR(-ENOMEM);
	err = ssi_bearer_start(params);
	if (err)
		goto err_free;
	err = open_files(cluster);
	if (err)
		goto err_stop_bearer;
	err = open_connections(cluster);
	if (err) {
		pr_err("no connection to TIPC (%d)\n", err);
		goto err_close_files;
	}
	pr_info("version %s: node %u of session %u on %s\n", SSI_BUILD,
		params->node, params->session, params->netdev);
	return cluster;

err_close_files:
	close_files(cluster);
err_stop_bearer:
	ssi_bearer_stop(params);
err_free:
	free_cluster(cluster);
	return ERR_PTR(err);
}

/**
 * ssi_cluster_destroy() - make this machine no node any more
 * @cluster: what ssi_cluster_create() returned
 *
 * Who waits for a request gets -ESHUTDOWN; the other nodes see this one leave.
 *
 * Context: process context; sleeps.
 */
void ssi_cluster_destroy(struct ssi_cluster *cluster)
{
	mutex_lock(&cluster->lock);
	cluster->stopping = true;
	if (cluster->request) {
		cluster->request->err = -ESHUTDOWN;
		complete(&cluster->request->done);
	}
	ssi_nodeinfo_fail(cluster, SSI_NODE_ALL);
	mutex_unlock(&cluster->lock);

	ssi_power_stop(cluster);
	cancel_delayed_work_sync(&cluster->tick);
	mutex_lock(&cluster->lock);
	close_connections(cluster);
	mutex_unlock(&cluster->lock);
	/* Nothing can queue more: a closed socket has no callback. */
	flush_workqueue(cluster->wq);
	close_files(cluster);
	ssi_bearer_stop(&cluster->params);
	free_cluster(cluster);
}
