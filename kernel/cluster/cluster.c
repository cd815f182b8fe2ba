// SPDX-License-Identifier: GPL-2.0-only
/*
 * cluster.c: puts the parts of a node together.
 *
 * Owns struct ssi_cluster, its start and stop, also with the machine's, the
 * clock, the wait for a request, and what each action of membership.c means in
 * this kernel.  Knows the parts; the parts know only this.
 *
 *	rpc/ -> link_ops, control.c -> ssi_cluster_event() -> membership.c
 *	membership.c -> carry_out() -> message.c -> ssi_rpc_control()
 *	membership.c -> carry_out() -> layers.c -> the layers above
 *	ioctl -> services.c -> ssi_cluster_change() -> membership.c
 */
#include "cluster-private.h"

#include "mutexes.h"
#include "nodeinfo.h"
#include "power.h"
#include "procnodes.h"
#include "services.h"
#include "sysattr.h"

#include <ssi/trace.h>

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/reboot.h>
#include <linux/slab.h>

#define CHANGE_TIMEOUT_MS	30000	/* every node has to answer */
#define LEAVE_TIMEOUT_MS	5000	/* and when this one goes */

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

static void send_message(struct ssi_cluster *cluster,
			 const struct ssi_action *action)
{
	size_t len = ssi_message_put(cluster->send_buf, action->message);
	int node;

	ssi_nodeset_for_each(node, action->set)
		ssi_rpc_control(cluster->rpc, node, cluster->send_buf, len);
}

static void log_view(struct ssi_cluster *cluster)
{
	const struct ssi_view *view = &cluster->membership.view;

	if (cluster->stopping || !view->id.lineage ||
	    !ssi_membership_is_member(&cluster->membership))
		return;
	pr_info("view %llu: nodes %*pbl\n", view->id.number, SSI_MAX_NODES,
		view->members.words);
}

static void serve(struct ssi_cluster *cluster, bool serve)
{
	/* A node that leaves, or is reset, says so elsewhere. */
	if (!cluster->stopping && !serve &&
	    ssi_membership_is_member(&cluster->membership))
		pr_warn("no quorum of the cluster is reached: suspended\n");
	else if (!cluster->stopping && serve && cluster->was_suspended)
		pr_info("a quorum of the cluster is reached: resumed\n");
	cluster->was_suspended = !serve;
	ssi_mutexes_serve(cluster, serve);
	ssi_layers_serve(cluster, serve);
}

static void reset(struct ssi_cluster *cluster)
{
	pr_warn("the cluster went on without this node: starting anew%s\n",
		cluster->membership.wants_in ? ", to come back" : "");
	ssi_layers_reset(cluster);
}

static void complete_request(struct ssi_cluster *cluster,
			     const struct ssi_action *action)
{
	if (!cluster->request || cluster->request->id != action->id)
		return;
	cluster->request->err = action->error;
	complete(&cluster->request->done);
}

static void carry_out(void *context, const struct ssi_action *action)
{
	struct ssi_cluster *cluster = context;

	switch (action->type) {
	case SSI_ACTION_SEND:
		send_message(cluster, action);
		break;
	case SSI_ACTION_COMPLETE:
		complete_request(cluster, action);
		break;
	case SSI_ACTION_STATE:
		trace_ssi_state(action->node, action->old_state,
				action->new_state);
		if (!cluster->stopping)
			log_state(cluster, action);
		ssi_procnodes_update(cluster->procnodes);
		break;
	case SSI_ACTION_VIEW:
		log_view(cluster);
		break;
	case SSI_ACTION_STAGE:
		ssi_layers_stage(cluster, action);
		break;
	case SSI_ACTION_STABLE:
		break;
	case SSI_ACTION_SUSPEND:
		serve(cluster, false);
		break;
	case SSI_ACTION_RESUME:
		serve(cluster, true);
		break;
	case SSI_ACTION_RESET:
		reset(cluster);
		break;
	case SSI_ACTION_CONFLICT:
		pr_warn("node %u is in another cluster, which is not merged: restart the nodes of one\n",
			action->node);
		break;
	}
}

/* rpc/ has to know who is in the cluster before anybody acts on it. */
static int handle(struct ssi_cluster *cluster, struct ssi_event *event)
{
	const struct ssi_view *view = &cluster->membership.view;
	int err;

	event->now_us = ktime_to_us(ktime_get_boottime());
	err = ssi_membership_handle(&cluster->membership, event);
	if (ssi_view_same(&cluster->view_id, &view->id))
		return err;
	cluster->view_id = view->id;
	ssi_rpc_set_view(cluster->rpc, &view->id, &view->members,
			 view->incarnation);
	ssi_mutexes_view(cluster);
	ssi_uid_view(cluster);
	return err;
}

/**
 * ssi_cluster_event() - give an event to the membership protocol
 * @cluster: this node's cluster
 * @event: neither SSI_EVENT_REQUEST nor SSI_EVENT_LEAVE; its time is filled in
 * Context: cluster->lock held.
 */
void ssi_cluster_event(struct ssi_cluster *cluster, struct ssi_event *event)
{
	lockdep_assert_held(&cluster->lock);
	handle(cluster, event);
}

static int wait_for_request(struct ssi_cluster *cluster,
			    struct ssi_request *request, unsigned int limit_ms)
{
	struct ssi_event cancel = {
		.type = SSI_EVENT_CANCEL,
		.id = request->id,
	};
	long left;
	int err;

	left = wait_for_completion_killable_timeout(&request->done,
			msecs_to_jiffies(limit_ms));
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
 * ssi_cluster_change() - make nodes online, present again, or declare them dead
 * @cluster: this node's cluster
 * @op: which
 * @set: the nodes
 *
 * Context: process context, sleeps until every member has taken note.
 * Return: 0; -ENONET when a node to add is not present or one to declare dead
 *	is not in the cluster, -EPERM when one is already in the state asked
 *	for, or is this node or the last, to go, -EEXIST when one is in another
 *	cluster, -EPROTO when one has other layers, -EHOSTUNREACH when one does
 *	not reach all others, -EHOSTDOWN when there is no quorum, -EINTR on a
 *	fatal signal, -ETIMEDOUT when it takes too long (it may still happen),
 *	-ESHUTDOWN when the module goes.
 */
int ssi_cluster_change(struct ssi_cluster *cluster, enum ssi_op op,
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
	if (cluster->leaving || cluster->fenced)
		err = -ESHUTDOWN;
	else
		err = handle(cluster, &event);
	if (err)
		cluster->request = NULL;
	mutex_unlock(&cluster->lock);
	if (!err)
		err = wait_for_request(cluster, &request, CHANGE_TIMEOUT_MS);

out_unlock:
	mutex_unlock(&cluster->request_lock);
	return err;
}

static void link_up(void *context, u16 node, u64 incarnation)
{
	struct ssi_cluster *cluster = context;
	struct ssi_event event = {
		.type = SSI_EVENT_LINK_UP,
		.node = node,
		.incarnation = incarnation,
	};

	mutex_lock(&cluster->lock);
	ssi_cluster_event(cluster, &event);
	mutex_unlock(&cluster->lock);
}

static void link_down(void *context, u16 node, int err)
{
	struct ssi_cluster *cluster = context;
	struct ssi_event event = { .type = SSI_EVENT_LINK_DOWN, .node = node };

	mutex_lock(&cluster->lock);
	cluster->lost_err = err;
	ssi_cluster_event(cluster, &event);
	ssi_nodeinfo_fail(cluster, node);
	mutex_unlock(&cluster->lock);
}

static int link_received(void *context, u16 node, const void *buf, size_t len)
{
	struct ssi_cluster *cluster = context;
	int err;

	mutex_lock(&cluster->lock);
	err = ssi_control_receive(cluster, node, buf, len);
	mutex_unlock(&cluster->lock);
	return err;
}

static void link_fenced(void *context)
{
	struct ssi_cluster *cluster = context;

	mutex_lock(&cluster->lock);
	cluster->fenced = true;
	mutex_unlock(&cluster->lock);
}

static void link_reset(void *context, u64 incarnation)
{
	struct ssi_cluster *cluster = context;
	struct ssi_event event = {
		.type = SSI_EVENT_RESET_DONE,
		.incarnation = incarnation,
	};

	mutex_lock(&cluster->lock);
	ssi_cluster_event(cluster, &event);
	mutex_unlock(&cluster->lock);
}

static const struct ssi_link_ops link_ops = {
	.link_up = link_up,
	.link_down = link_down,
	.received = link_received,
	.fenced = link_fenced,
	.reset = link_reset,
};

static void cluster_tick(struct work_struct *work)
{
	struct ssi_cluster *cluster = container_of(to_delayed_work(work),
						   struct ssi_cluster, tick);
	struct ssi_event event = { .type = SSI_EVENT_TICK };

	mutex_lock(&cluster->lock);
	ssi_cluster_event(cluster, &event);
	if (!cluster->stopping)
		queue_delayed_work(cluster->slow_wq, &cluster->tick,
				   msecs_to_jiffies(SSI_TICK_MS));
	mutex_unlock(&cluster->lock);
}

static void free_cluster(struct ssi_cluster *cluster)
{
	ssi_layers_exit(cluster);
	ssi_mutexes_destroy(cluster->mutexes);
	if (cluster->slow_wq)
		destroy_workqueue(cluster->slow_wq);
	kvfree(cluster->send_buf);
	kvfree(cluster);
}

static struct ssi_cluster *alloc_cluster(const struct ssi_params *params,
					 struct ssi_rpc *rpc)
{
	struct ssi_cluster *cluster = kvzalloc(sizeof(*cluster), GFP_KERNEL);
	struct ssi_membership_params membership = {
		.self = params->node,
		.incarnation = ssi_rpc_incarnation(rpc),
		.rule = (enum ssi_rule)params->quorum,
		.head = params->quorum_head,
	};

	static_assert(SSI_QUORUM_MAJORITY == (int)SSI_RULE_MAJORITY);
	static_assert(SSI_QUORUM_HEAD == (int)SSI_RULE_HEAD);
	static_assert(SSI_QUORUM_ANY == (int)SSI_RULE_ANY);
	if (!cluster)
		return NULL;
	cluster->params = *params;
	cluster->rpc = rpc;
	INIT_DELAYED_WORK(&cluster->tick, cluster_tick);
	INIT_LIST_HEAD(&cluster->fetches);
	mutex_init(&cluster->request_lock);
	mutex_init(&cluster->lock);
	ssi_power_init(cluster);
	ssi_uid_init(&cluster->uid);
	ssi_membership_init(&cluster->membership, &membership, carry_out,
			    cluster);
	cluster->slow_wq = alloc_workqueue("ssi_slow", WQ_UNBOUND, 4);
	cluster->send_buf = kvmalloc(SSI_WIRE_MAX_LEN, GFP_KERNEL);
	cluster->mutexes = ssi_mutexes_create(cluster);
	if (cluster->slow_wq && cluster->send_buf && cluster->mutexes &&
	    !ssi_layers_init(cluster))
		return cluster;
	free_cluster(cluster);
	return NULL;
}

static int open_files(struct ssi_cluster *cluster)
{
	cluster->procnodes = ssi_procnodes_create(cluster);
	if (IS_ERR(cluster->procnodes))
		return -ENOMEM;
	cluster->sysattr = ssi_sysattr_create(cluster);
	if (IS_ERR(cluster->sysattr))
		goto err_remove_procnodes;
	cluster->services = ssi_services_create(cluster);
	if (!IS_ERR(cluster->services))
		return 0;
	ssi_sysattr_destroy(cluster->sysattr);

err_remove_procnodes:
	ssi_procnodes_destroy(cluster->procnodes);
	return -ENOMEM;
}

static void close_files(struct ssi_cluster *cluster)
{
	ssi_services_destroy(cluster->services);
	ssi_sysattr_destroy(cluster->sysattr);
	ssi_procnodes_destroy(cluster->procnodes);
}

/* Hand over what this node has, so that the others need not count it dead. */
static void leave(struct ssi_cluster *cluster)
{
	struct ssi_request request = { };
	struct ssi_event event = { .type = SSI_EVENT_LEAVE };
	int err;

	init_completion(&request.done);
	mutex_lock(&cluster->lock);
	cluster->leaving = true;
	if (cluster->request) {
		cluster->request->err = -ESHUTDOWN;
		complete(&cluster->request->done);
	}
	mutex_unlock(&cluster->lock);

	mutex_lock(&cluster->request_lock);
	mutex_lock(&cluster->lock);
	request.id = event.id = ++cluster->next_id;
	cluster->request = &request;
	err = handle(cluster, &event);
	if (err)
		cluster->request = NULL;
	mutex_unlock(&cluster->lock);
	if (!err)
		err = wait_for_request(cluster, &request, LEAVE_TIMEOUT_MS);
	if (err && err != -ENONET && err != -EPERM)
		pr_warn("not left in good order (%d)\n", err);
	mutex_unlock(&cluster->request_lock);
}

/* Leave, and say nothing more: the other nodes see this one go. */
static void depart(struct ssi_cluster *cluster)
{
	leave(cluster);
	mutex_lock(&cluster->lock);
	cluster->stopping = true;
	ssi_nodeinfo_fail(cluster, SSI_NODE_ALL);
	mutex_unlock(&cluster->lock);
	cancel_delayed_work_sync(&cluster->tick);
	ssi_rpc_stop(cluster->rpc);
}

/*
 * Power off, restart or kexec, while the network still works.  power.c's worker
 * may be who calls, so that it can not be waited for.
 */
static int machine_stops(struct notifier_block *notifier, unsigned long event,
			 void *unused)
{
	struct ssi_cluster *cluster = container_of(notifier, struct ssi_cluster,
						   reboot);

	depart(cluster);
	return NOTIFY_DONE;
}

/**
 * ssi_cluster_create() - make this machine a node
 * @params: session, node, interface; copied
 * @rpc: links to the other nodes, not started; stays the caller's
 *
 * Context: process context; sleeps.
 * Return: to be undone with ssi_cluster_destroy(); ERR_PTR() of -ENOMEM or of
 *	ssi_rpc_start()'s errors, which have been logged.
 */
struct ssi_cluster *ssi_cluster_create(const struct ssi_params *params,
				       struct ssi_rpc *rpc)
{
	struct ssi_cluster *cluster;
	int err;

	cluster = alloc_cluster(params, rpc);
	if (!cluster)
		return ERR_PTR(-ENOMEM);
	err = open_files(cluster);
	if (err)
		goto err_free;
	err = ssi_rpc_start(rpc, &link_ops, cluster);
	if (err)
		goto err_close_files;
	queue_delayed_work(cluster->slow_wq, &cluster->tick, 0);
	cluster->reboot.notifier_call = machine_stops;
	register_reboot_notifier(&cluster->reboot);
	pr_info("version %s: node %u of session %u on %s\n", SSI_BUILD,
		params->node, params->session, params->netdev);
	return cluster;

err_close_files:
	close_files(cluster);
err_free:
	free_cluster(cluster);
	return ERR_PTR(err);
}

/**
 * ssi_cluster_destroy() - make this machine no node any more
 * @cluster: what ssi_cluster_create() returned; its rpc is stopped
 *
 * Who waits for a request gets -ESHUTDOWN; the other nodes see this one leave,
 * in good order when there is a quorum.
 *
 * Context: process context; sleeps, LEAVE_TIMEOUT_MS and some.
 */
void ssi_cluster_destroy(struct ssi_cluster *cluster)
{
	unregister_reboot_notifier(&cluster->reboot);
	if (!cluster->stopping)
		depart(cluster);
	ssi_power_stop(cluster);
	ssi_layers_exit(cluster);
	close_files(cluster);
	free_cluster(cluster);
}
