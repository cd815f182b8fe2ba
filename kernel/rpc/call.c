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
#include "lane.h"
#include "rpc-private.h"

#include <linux/err.h>
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

static void finish(struct ssi_call *call)
{
	/* Once it is completed only its reader is sure to be there. */
	struct task_struct *reader = call->reader;

	complete(&call->done);
	if (reader)
		wake_up_process(reader);
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
	else if (call->pins)
		call->ended = true;
	else
		finish(call);
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
 * ssi_call_pin() - where do the data of a reply go?
 * @rpc: this node's
 * @node: who replies; it can only answer calls to itself
 * @reply: the reply
 *
 * A call that ends meanwhile does so after ssi_call_unpin(), which has to
 * follow soon.
 *
 * Context: any but hard interrupts.
 * Return: the call, whose @out takes all data; NULL when nobody wants them.
 */
struct ssi_call *ssi_call_pin(struct ssi_rpc *rpc, u16 node,
			      const struct ssi_reply_info *reply)
{
	struct ssi_call *call;

	spin_lock_bh(&rpc->link_lock);
	call = find_call(rpc, node, reply->id);
	if (call && reply->len > call->out_size)
		call = NULL;
	if (call)
		call->pins++;
	spin_unlock_bh(&rpc->link_lock);
	return call;
}

/**
 * ssi_call_unpin() - nothing more is written now
 * @call: what ssi_call_pin() returned
 * Context: any but hard interrupts.
 */
void ssi_call_unpin(struct ssi_call *call)
{
	struct ssi_rpc *rpc = call->rpc;

	spin_lock_bh(&rpc->link_lock);
	if (!--call->pins && call->ended)
		finish(call);
	spin_unlock_bh(&rpc->link_lock);
}

/**
 * ssi_call_receive_reply() - what became of a call
 * @rpc: this node's
 * @node: who says so; it can only answer calls to itself
 * @reply: the reply, whose data are there already; one to a call that ended is
 *	ignored
 * Context: any but hard interrupts.
 */
void ssi_call_receive_reply(struct ssi_rpc *rpc, u16 node,
			    const struct ssi_reply_info *reply)
{
	int err = reply->error;
	struct ssi_call *call;

	spin_lock_bh(&rpc->link_lock);
	call = find_call(rpc, node, reply->id);
	if (call) {
		if (reply->len > call->out_size)
			err = -EMSGSIZE;
		call->out_len = err ? 0 : reply->len;
		call->stale = reply->stale;
		end_call(rpc, call, err);
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
	call->ended = false;
	call->pins = 0;
	call->reader = NULL;
	call->out_len = 0;
	rpc->call_bytes[call->node] += cost(call);
	hash_add(rpc->calls, &call->hash, call->id);
	return 0;
}

static void send_local(struct ssi_rpc *rpc, const struct ssi_call_info *info,
		       const void *in, u32 len, gfp_t gfp)
{
	struct ssi_reply_info reply = { .id = info->id };
	u16 self = rpc->params.node;
	struct ssi_request *request;

	request = ssi_service_prepare(rpc, self, ssi_rpc_incarnation(rpc),
				      info, len, gfp);
	if (IS_ERR(request)) {
		reply.error = PTR_ERR(request);
		ssi_call_receive_reply(rpc, self, &reply);
		return;
	}
	if (len)
		memcpy(ssi_service_data(request), in, len);
	ssi_service_submit(request);
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
	struct ssi_lanes *lanes = NULL;
	enum ssi_lane which;
	bool local = call->node == rpc->params.node;
	const void *in = call->in;
	u32 len = call->in_len;
	int err = check_call(call);

	if (err)
		return err;
	if (!local) {
		message = ssi_message_create(SSI_FRAME_HEAD_LEN + len, gfp);
		if (!message)
			return -ENOMEM;
		if (len)
			memcpy(message->data + SSI_FRAME_HEAD_LEN, in, len);
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
		lanes = ssi_lanes_get(rpc->lanes[call->node]);
		ssi_frame_put_call(message->data, &info, len);
	}
	spin_unlock_bh(&rpc->link_lock);
	if (lanes) {
		which = ssi_lanes_queue(lanes, message);
		ssi_lanes_flush(lanes, which, gfp);
		ssi_lanes_put(lanes);
	} else {
		kvfree(message);
	}
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
 * Context: process context; sleeps no longer than it takes to copy a piece of
 *	a reply.
 */
void ssi_call_cancel(struct ssi_call *call)
{
	struct ssi_rpc *rpc = call->rpc;

	bool pinned;

	spin_lock_bh(&rpc->link_lock);
	if (!completion_done(&call->done) && !call->ended)
		end_call(rpc, call, -ECANCELED);
	pinned = call->ended;
	spin_unlock_bh(&rpc->link_lock);
	if (pinned)
		wait_for_completion(&call->done);
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

/* Where to read replies; from now on the end of the call wakes the caller. */
static struct ssi_lanes *begin_waiting(struct ssi_call *call)
{
	struct ssi_rpc *rpc = call->rpc;
	struct ssi_lanes *lanes;

	spin_lock_bh(&rpc->link_lock);
	lanes = rpc->lanes[call->node];
	if (lanes) {
		ssi_lanes_get(lanes);
		call->reader = current;
	}
	spin_unlock_bh(&rpc->link_lock);
	return lanes;
}

static void end_waiting(struct ssi_call *call)
{
	spin_lock_bh(&call->rpc->link_lock);
	call->reader = NULL;
	spin_unlock_bh(&call->rpc->link_lock);
}

/* Return: > 0, jiffies left; 0 in time no more; negative when killed. */
static long wait_once(struct ssi_call *call, long left)
{
	struct ssi_lanes *lanes = begin_waiting(call);

	if (lanes) {
		left = ssi_lanes_read(lanes, call, left);
		ssi_lanes_put(lanes);
		end_waiting(call);
	}
	if (left > 0)
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
