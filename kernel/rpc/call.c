// SPDX-License-Identifier: GPL-2.0-only
/*
 * call.c: calls that this node makes.
 *
 *	ssi_call_start()			the other node
 *	CALL --------------------------------->	service.c runs the handler
 *	ssi_call_receive_reply() <------------- REPLY
 *
 * Owns the calls under way and how each ends.  A call to this node itself goes
 * the same way without a connection.
 *
 *	under way	REPLY			ended, the handler's error
 *			REPLY, stale view	ended, called again by its waiter
 *			link lost, view without	ended, -EHOSTDOWN
 *			waiter killed, timeout	ended, -EINTR, -ETIMEDOUT
 *			this module stops	ended, -ESHUTDOWN
 */
#include "call.h"

#include "frame.h"
#include "peer.h"
#include "rpc-private.h"

#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

static u32 cost(const struct ssi_call *call)
{
	return SSI_CALL_COST + call->in_len + call->out_size;
}

static bool is_member(const struct ssi_rpc *rpc, u16 node)
{
	lockdep_assert_held(&rpc->link_lock);
	if (node == rpc->params.node)
		return true;
	return rpc->online && ssi_nodeset_contains(&rpc->members, node) &&
	       rpc->linked[node] &&
	       rpc->link_incarnation[node] == rpc->member_incarnation[node];
}

static void end_call(struct ssi_rpc *rpc, struct ssi_call *call, int err)
{
	lockdep_assert_held(&rpc->link_lock);
	hash_del(&call->hash);
	rpc->call_bytes[call->node] -= cost(call);
	call->err = err;
	wake_up_all(&rpc->wait);
	if (call->posted)
		kfree(call);
	else
		complete(&call->done);
}

static struct ssi_call *find_call(struct ssi_rpc *rpc, u16 node, u64 id)
{
	struct ssi_call *call;

	hash_for_each_possible(rpc->calls, call, hash, id)
		if (call->id == id && call->node == node)
			return call;
	return NULL;
}

/**
 * ssi_call_receive_reply() - what became of a call
 * @rpc: this node's
 * @node: who says so; it can only answer calls to itself
 * @id: number of the call; one that ended already is ignored
 * @error: 0 or negative errno
 * @stale: was the call of a view that is over there?
 * @data: the reply, @len bytes
 * @len: length of @data
 * Context: any but hard interrupts.
 */
void ssi_call_receive_reply(struct ssi_rpc *rpc, u16 node, u64 id, int error,
			    bool stale, const void *data, size_t len)
{
	struct ssi_call *call;

	spin_lock_bh(&rpc->link_lock);
	call = find_call(rpc, node, id);
	if (call) {
		if (len > call->out_size)
			error = -EMSGSIZE;
		else if (len)
			memcpy(call->out, data, len);
		call->out_len = error ? 0 : len;
		call->stale = stale;
		end_call(rpc, call, error);
	}
	spin_unlock_bh(&rpc->link_lock);
}

/**
 * ssi_call_fail() - no reply will come from a node
 * @rpc: this node's
 * @node: the node, SSI_NODE_ALL when this one stops
 * @err: what its calls end with
 * Context: any but hard interrupts.
 */
void ssi_call_fail(struct ssi_rpc *rpc, u16 node, int err)
{
	struct hlist_node *next;
	struct ssi_call *call;
	int bucket;

	spin_lock_bh(&rpc->link_lock);
	if (node == SSI_NODE_ALL)
		rpc->ended = true;
	hash_for_each_safe(rpc->calls, bucket, next, call, hash)
		if (node == SSI_NODE_ALL || node == call->node)
			end_call(rpc, call, err);
	spin_unlock_bh(&rpc->link_lock);
}

/**
 * ssi_call_new_view() - end the calls to who is not in the view
 * @rpc: this node's, whose view just came
 * Context: rpc->link_lock held.
 */
void ssi_call_new_view(struct ssi_rpc *rpc)
{
	struct hlist_node *next;
	struct ssi_call *call;
	int bucket;

	lockdep_assert_held(&rpc->link_lock);
	hash_for_each_safe(rpc->calls, bucket, next, call, hash)
		if (!is_member(rpc, call->node))
			end_call(rpc, call, -EHOSTDOWN);
	wake_up_all(&rpc->wait);
}

static int enter(struct ssi_rpc *rpc, struct ssi_call *call)
{
	lockdep_assert_held(&rpc->link_lock);
	if (rpc->ended)
		return -ESHUTDOWN;
	if (!is_member(rpc, call->node))
		return -EHOSTDOWN;
	if (rpc->call_bytes[call->node] + cost(call) > SSI_CALL_BYTES_MAX)
		return -EAGAIN;
	call->rpc = rpc;
	call->id = ++rpc->call_id;
	call->view = rpc->view;
	call->stale = false;
	call->out_len = 0;
	rpc->call_bytes[call->node] += cost(call);
	hash_add(rpc->calls, &call->hash, call->id);
	return 0;
}

static void send_local(struct ssi_rpc *rpc, const struct ssi_call_info *info,
		       const void *in, u32 len, gfp_t gfp)
{
	u16 self = rpc->params.node;
	int err;

	err = ssi_service_receive(rpc, self, ssi_rpc_incarnation(rpc), info,
				  in, len, gfp);
	if (err)
		ssi_call_receive_reply(rpc, self, info->id, err, false, NULL,
				       0);
}

static int check_call(const struct ssi_call *call)
{
	if (call->node >= SSI_MAX_NODES || call->service >= SSI_SERVICE_MAX)
		return -EINVAL;
	if (call->in_len > SSI_CALL_MAX_LEN ||
	    call->out_size > SSI_CALL_MAX_LEN)
		return -EMSGSIZE;
	return 0;
}

/**
 * ssi_call_start() - call a node and do not wait
 * @rpc: this node's
 * @call: filled in by the caller, who keeps it until ssi_call_wait() or
 *	ssi_call_cancel() has returned
 * @gfp: how to get memory; GFP_ATOMIC where the caller must not sleep
 * Context: any but hard interrupts, as @gfp says.
 * Return: 0, and then one of the two has to follow; -EINVAL, -EMSGSIZE,
 *	-EHOSTDOWN, -ESHUTDOWN, -EAGAIN, -ENOMEM: see the table of errors.
 */
int ssi_call_start(struct ssi_rpc *rpc, struct ssi_call *call, gfp_t gfp)
{
	struct ssi_call_info info = { .service = call->service };
	struct ssi_message *message = NULL;
	bool local = call->node == rpc->params.node;
	const void *in = call->in;
	u32 len = call->in_len;
	int err = check_call(call);

	if (err)
		return err;
	if (!local) {
		message = ssi_message_create(sizeof(struct ssi_frame_call) +
					     len, gfp);
		if (!message)
			return -ENOMEM;
	}
	init_completion(&call->done);
	spin_lock_bh(&rpc->link_lock);
	err = enter(rpc, call);
	if (!err) {
		info.id = call->id;
		info.view = call->view;
		info.out_size = call->out_size;
	}
	if (!err && !local) {
		ssi_frame_put_call(message->data, &info, in, len);
		ssi_peer_queue(rpc, call->node, message);
		message = NULL;
	}
	spin_unlock_bh(&rpc->link_lock);
	kfree(message);
	/* A posted call may have ended by now. */
	if (!err && local)
		send_local(rpc, &info, in, len, gfp);
	return err;
}
EXPORT_SYMBOL_GPL(ssi_call_start);

/**
 * ssi_call_cancel() - do not wait for a call any longer
 * @call: a call that was started; ended in any case on return
 *
 * The handler may still run; its reply is ignored.
 *
 * Context: any but hard interrupts.
 */
void ssi_call_cancel(struct ssi_call *call)
{
	struct ssi_rpc *rpc = call->rpc;

	spin_lock_bh(&rpc->link_lock);
	if (!completion_done(&call->done))
		end_call(rpc, call, -ECANCELED);
	spin_unlock_bh(&rpc->link_lock);
}
EXPORT_SYMBOL_GPL(ssi_call_cancel);

static bool view_changed(struct ssi_rpc *rpc, const struct ssi_view_id *from)
{
	bool changed;

	spin_lock_bh(&rpc->link_lock);
	changed = rpc->ended || rpc->view.number != from->number ||
		  rpc->view.lineage != from->lineage ||
		  !rpc->online;
	spin_unlock_bh(&rpc->link_lock);
	return changed;
}

static bool has_room(struct ssi_rpc *rpc, const struct ssi_call *call)
{
	bool room;

	spin_lock_bh(&rpc->link_lock);
	room = rpc->ended || !is_member(rpc, call->node) ||
	       rpc->call_bytes[call->node] + cost(call) <= SSI_CALL_BYTES_MAX;
	spin_unlock_bh(&rpc->link_lock);
	return room;
}

/* Start, and wait for room where that is what lacks. */
static int start_patiently(struct ssi_rpc *rpc, struct ssi_call *call,
			   long *left)
{
	int err;

	while ((err = ssi_call_start(rpc, call, GFP_KERNEL)) == -EAGAIN) {
		*left = wait_event_killable_timeout(rpc->wait,
						    has_room(rpc, call), *left);
		if (*left <= 0)
			return *left ? -EINTR : -ETIMEDOUT;
	}
	return err;
}

/* Return: > 0, jiffies left; 0 in time no more; negative when killed. */
static long wait_once(struct ssi_call *call, long left)
{
	left = wait_for_completion_killable_timeout(&call->done, left);
	if (left <= 0)
		ssi_call_cancel(call);
	/* It may have ended just after the wait did. */
	if (left <= 0 && call->err != -ECANCELED)
		return 1;
	return left;
}

static long limit(u32 timeout_ms)
{
	return timeout_ms ? msecs_to_jiffies(timeout_ms) : MAX_SCHEDULE_TIMEOUT;
}

/* Calls again when the view was over at the other node. */
static int wait_for_end(struct ssi_call *call, long left)
{
	struct ssi_rpc *rpc = call->rpc;
	int err;

	for (;;) {
		left = wait_once(call, left);
		if (left <= 0)
			return left ? -EINTR : -ETIMEDOUT;
		if (!call->stale)
			return call->err;
		left = wait_event_killable_timeout(rpc->wait,
				view_changed(rpc, &call->view), left);
		if (left <= 0)
			return left ? -EINTR : -ETIMEDOUT;
		err = start_patiently(rpc, call, &left);
		if (err)
			return err;
	}
}

/**
 * ssi_call_wait() - wait for a call to end
 * @call: a call that was started
 * @timeout_ms: 0 for no limit
 * Context: process context, sleeps; killable.
 * Return: how the call ended, see the table of errors.
 */
int ssi_call_wait(struct ssi_call *call, u32 timeout_ms)
{
	return wait_for_end(call, limit(timeout_ms));
}
EXPORT_SYMBOL_GPL(ssi_call_wait);

/**
 * ssi_call_sync() - call a node and wait for its reply
 * @rpc: this node's
 * @call: filled in by the caller
 * @timeout_ms: of all together, 0 for no limit
 * Context: process context, sleeps; killable.
 * Return: how the call ended, see the table of errors.
 */
int ssi_call_sync(struct ssi_rpc *rpc, struct ssi_call *call, u32 timeout_ms)
{
	long left = limit(timeout_ms);
	int err = start_patiently(rpc, call, &left);

	return err ?: wait_for_end(call, left);
}
EXPORT_SYMBOL_GPL(ssi_call_sync);

/**
 * ssi_call_post() - call a node, one way
 * @rpc: this node's
 * @node: whom
 * @service: number of the service
 * @in: @len bytes, copied
 * @len: 0..SSI_CALL_MAX_LEN
 * @gfp: how to get memory
 *
 * What becomes of it is not told; a call of a view that is over there is
 * dropped.
 *
 * Context: any but hard interrupts, as @gfp says.
 * Return: as ssi_call_start(); 0 when it is on its way.
 */
int ssi_call_post(struct ssi_rpc *rpc, u16 node, u16 service, const void *in,
		  u32 len, gfp_t gfp)
{
	struct ssi_call *call = kzalloc(sizeof(*call), gfp);
	int err;

	if (!call)
		return -ENOMEM;
	call->node = node;
	call->service = service;
	call->in = in;
	call->in_len = len;
	call->posted = true;
	/* From here on it may end, and be gone, at any time. */
	err = ssi_call_start(rpc, call, gfp);
	if (err)
		kfree(call);
	return err;
}
EXPORT_SYMBOL_GPL(ssi_call_post);
