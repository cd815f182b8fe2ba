// SPDX-License-Identifier: GPL-2.0-only
/*
 * service.c: calls that other nodes make to this one.
 *
 *	received	view is this node's	the handler runs, REPLY
 *			view is over		REPLY, stale
 *			view is to come		held until this node has it
 *	held		another view came	received again
 *			its node's link ended	dropped
 *
 * Owns the services and the requests under way.  Handlers run on a pool that
 * grows when they sleep, or on who received the request, when another one is
 * there to receive (see lane.c).  What a node may have under
 * way here is what its own call.c allows; more breaks the protocol.
 */
#include "call.h"

#include "frame.h"
#include "lane.h"
#include "rpc-private.h"

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#define WORKERS_MAX	512

/**
 * struct ssi_request - a call of a node, this one included
 * @work: runs the handler
 * @held: in rpc->held while there
 * @rpc: this node's
 * @service: what runs; counted in its @active
 * @node: who calls
 * @incarnation: and in which life, for the reply
 * @info: the call
 * @reply: REPLY on its way; NULL when there is nothing in it
 * @reply_len: bytes of data in @reply
 * @len: length of @data
 * @data: what the handler gets
 */
struct ssi_request {
	struct work_struct work;
	struct list_head held;
	struct ssi_rpc *rpc;
	struct ssi_service *service;
	u16 node;
	u64 incarnation;
	struct ssi_call_info info;
	struct ssi_message *reply;
	u32 reply_len;
	u32 len;
	u8 data[] __aligned(8);
};

/**
 * enum view_order - another's view, seen from this node's
 * @VIEW_SAME: the same
 * @VIEW_OLDER: over here, or of a cluster that this node is not in
 * @VIEW_NEWER: to come here
 */
enum view_order {
	VIEW_SAME,
	VIEW_OLDER,
	VIEW_NEWER,
};

static u32 cost(const struct ssi_request *request)
{
	return SSI_CALL_COST + request->len + request->info.out_size;
}

static enum view_order compare_views(const struct ssi_rpc *rpc,
				     const struct ssi_request *request)
{
	const struct ssi_view_id *theirs = &request->info.view;

	lockdep_assert_held(&rpc->link_lock);
	if (request->node == rpc->params.node)
		return VIEW_SAME;
	if (theirs->number > rpc->view.number)
		return VIEW_NEWER;
	if (theirs->number < rpc->view.number ||
	    theirs->lineage != rpc->view.lineage ||
	    rpc->member_incarnation[request->node] != request->incarnation)
		return VIEW_OLDER;
	return VIEW_SAME;
}

/* Is the caller, in the life in which it called, still there? */
static bool is_linked(const struct ssi_rpc *rpc,
		      const struct ssi_request *request)
{
	lockdep_assert_held(&rpc->link_lock);
	return rpc->linked[request->node] &&
	       rpc->link_incarnation[request->node] == request->incarnation;
}

static void free_request(struct ssi_request *request)
{
	struct ssi_rpc *rpc = request->rpc;

	spin_lock_bh(&rpc->link_lock);
	rpc->request_bytes[request->node] -= cost(request);
	if (request->service)
		atomic_dec(&request->service->active);
	wake_up_all(&rpc->wait);
	spin_unlock_bh(&rpc->link_lock);
	kvfree(request->reply);
	kvfree(request);
}

static void reply_here(struct ssi_request *request,
		       const struct ssi_reply_info *info)
{
	struct ssi_rpc *rpc = request->rpc;
	struct ssi_call *call;

	call = info->len ? ssi_call_pin(rpc, request->node, info) : NULL;
	if (call) {
		memcpy(call->out, request->reply->data + SSI_FRAME_HEAD_LEN,
		       info->len);
		ssi_call_unpin(call);
	}
	ssi_call_receive_reply(rpc, request->node, info);
}

static void send_reply(struct ssi_request *request, int err, bool stale)
{
	struct ssi_rpc *rpc = request->rpc;
	struct ssi_reply_info info = {
		.id = request->info.id, .error = err, .stale = stale,
		.len = err ? 0 : request->reply_len,
	};
	struct ssi_message *message = request->reply;
	struct ssi_lanes *lanes = NULL;

	if (request->node == rpc->params.node) {
		reply_here(request, &info);
		return;
	}
	if (!info.len) {
		kvfree(message);
		message = ssi_message_create(SSI_FRAME_HEAD_LEN, GFP_KERNEL);
	}
	request->reply = NULL;
	/* Without memory the link ends, and with it the call. */
	if (message)
		ssi_frame_put_reply(message->data, &info);
	spin_lock_bh(&rpc->link_lock);
	if (is_linked(rpc, request))
		lanes = ssi_lanes_get(rpc->lanes[request->node]);
	spin_unlock_bh(&rpc->link_lock);
	if (!lanes) {
		kvfree(message);
		return;
	}
	ssi_lanes_flush(lanes, ssi_lanes_queue(lanes, message), GFP_KERNEL);
	ssi_lanes_put(lanes);
}

static void count(struct ssi_request *request, int err, s64 took_us)
{
	struct ssi_service *service = request->service;
	unsigned int slot = took_us > 0 ? ilog2(took_us) + 1 : 0;

	atomic64_inc(&service->calls);
	if (err)
		atomic64_inc(&service->errors);
	atomic64_add(request->len + request->reply_len, &service->bytes);
	atomic_inc(&service->latency[min(slot, SSI_LATENCY_SLOTS - 1U)]);
}

/**
 * ssi_service_run() - run the handler of a request, and reply
 * @request: consumed; its data are there
 * Context: process context; sleeps as the handler does.
 */
void ssi_service_run(struct ssi_request *request)
{
	struct ssi_rpc *rpc = request->rpc;
	enum view_order order;
	int err = -EOPNOTSUPP;
	ktime_t start;

	spin_lock_bh(&rpc->link_lock);
	order = compare_views(rpc, request);
	/* Once its link has ended nobody would look for it among the held. */
	if (order == VIEW_NEWER && is_linked(rpc, request)) {
		list_add_tail(&request->held, &rpc->held);
		spin_unlock_bh(&rpc->link_lock);
		return;
	}
	request->service = rpc->services[request->info.service];
	if (request->service)
		atomic_inc(&request->service->active);
	spin_unlock_bh(&rpc->link_lock);

	if (order != VIEW_SAME) {
		send_reply(request, -ESTALE, true);
	} else {
		if (request->service) {
			start = ktime_get();
			if (request->len < request->service->in_min ||
			    request->len > request->service->in_max)
				err = -EMSGSIZE;
			else
				err = request->service->handler(
					request->service->context, request);
			if (err < -MAX_ERRNO || err > 0)
				err = -EIO;
			count(request, err,
			      ktime_us_delta(ktime_get(), start));
		}
		send_reply(request, err, false);
	}
	free_request(request);
}

static void request_work(struct work_struct *work)
{
	ssi_service_run(container_of(work, struct ssi_request, work));
}

/**
 * ssi_service_prepare() - a node calls
 * @rpc: this node's
 * @node: who
 * @incarnation: its life
 * @info: the call
 * @len: bytes of data, to be written to ssi_service_data()
 * @gfp: how to get memory
 * Context: any but hard interrupts, as @gfp says.
 * Return: for ssi_service_submit(), ssi_service_run() or ssi_service_discard();
 *	ERR_PTR() of -ENOMEM, -EPROTO when it calls more than it may.
 */
struct ssi_request *ssi_service_prepare(struct ssi_rpc *rpc, u16 node,
					u64 incarnation,
					const struct ssi_call_info *info,
					size_t len, gfp_t gfp)
{
	struct ssi_request *request;
	bool fits;

	if (info->service >= SSI_SERVICE_MAX)
		return ERR_PTR(-EPROTO);
	request = kvmalloc(struct_size(request, data, len), gfp);
	if (!request)
		return ERR_PTR(-ENOMEM);
	INIT_WORK(&request->work, request_work);
	request->rpc = rpc;
	request->service = NULL;
	request->node = node;
	request->incarnation = incarnation;
	request->info = *info;
	request->reply = NULL;
	request->reply_len = 0;
	request->len = len;
	spin_lock_bh(&rpc->link_lock);
	/* The caller forgets what it no longer waits for: twice its share. */
	fits = rpc->request_bytes[node] + cost(request) <=
	       2 * SSI_CALL_BYTES_MAX;
	if (fits)
		rpc->request_bytes[node] += cost(request);
	spin_unlock_bh(&rpc->link_lock);
	if (fits)
		return request;
	kvfree(request);
	return ERR_PTR(-EPROTO);
}

/**
 * ssi_service_data() - what the caller sends goes there
 * @request: what ssi_service_prepare() returned
 * Return: as many bytes as were asked for.
 */
void *ssi_service_data(struct ssi_request *request)
{
	return request->data;
}

/**
 * ssi_service_discard() - the rest of a request will not come
 * @request: consumed
 * Context: process context.
 */
void ssi_service_discard(struct ssi_request *request)
{
	free_request(request);
}

/**
 * ssi_service_submit() - have a worker run the handler of a request
 * @request: consumed; its data are there
 * Context: any.
 */
void ssi_service_submit(struct ssi_request *request)
{
	queue_work(request->rpc->handler_wq, &request->work);
}

static void look_again(struct work_struct *work)
{
	struct ssi_rpc *rpc = container_of(work, struct ssi_rpc, held_work);
	struct ssi_request *request, *next;
	LIST_HEAD(held);

	spin_lock_bh(&rpc->link_lock);
	list_splice_init(&rpc->held, &held);
	spin_unlock_bh(&rpc->link_lock);
	list_for_each_entry_safe(request, next, &held, held)
		queue_work(rpc->handler_wq, &request->work);
}

/**
 * ssi_service_forget() - a node will not hear of its held requests
 * @rpc: this node's
 * @node: the node, SSI_NODE_ALL when this one stops
 * Context: process context.
 */
void ssi_service_forget(struct ssi_rpc *rpc, u16 node)
{
	struct ssi_request *request, *next;
	LIST_HEAD(gone);

	spin_lock_bh(&rpc->link_lock);
	list_for_each_entry_safe(request, next, &rpc->held, held)
		if (node == SSI_NODE_ALL || node == request->node)
			list_move(&request->held, &gone);
	spin_unlock_bh(&rpc->link_lock);
	list_for_each_entry_safe(request, next, &gone, held)
		free_request(request);
}

/**
 * ssi_service_register() - be called
 * @rpc: this node's
 * @service: the service; the caller's until ssi_service_unregister()
 * Return: 0; -EINVAL, -EBUSY when the number is taken.
 */
int ssi_service_register(struct ssi_rpc *rpc, struct ssi_service *service)
{
	int err = 0;

	if (service->number >= SSI_SERVICE_MAX || !service->handler ||
	    service->in_min > service->in_max)
		return -EINVAL;
	spin_lock_bh(&rpc->link_lock);
	if (rpc->services[service->number])
		err = -EBUSY;
	else
		rpc->services[service->number] = service;
	spin_unlock_bh(&rpc->link_lock);
	return err;
}
EXPORT_SYMBOL_GPL(ssi_service_register);

/**
 * ssi_service_unregister() - be called no more
 * @rpc: this node's
 * @service: what was registered; its handlers have returned when this does
 * Context: process context, sleeps as long as a handler runs.
 */
void ssi_service_unregister(struct ssi_rpc *rpc, struct ssi_service *service)
{
	spin_lock_bh(&rpc->link_lock);
	rpc->services[service->number] = NULL;
	spin_unlock_bh(&rpc->link_lock);
	wait_event(rpc->wait, !atomic_read(&service->active));
	/* Who counted down last still holds the lock to wake. */
	spin_lock_bh(&rpc->link_lock);
	spin_unlock_bh(&rpc->link_lock);
}
EXPORT_SYMBOL_GPL(ssi_service_unregister);

/**
 * ssi_request_node() - who calls
 * @request: what the handler got
 * Return: the node.
 */
u16 ssi_request_node(const struct ssi_request *request)
{
	return request->node;
}
EXPORT_SYMBOL_GPL(ssi_request_node);

/**
 * ssi_request_data() - what the caller sent
 * @request: what the handler got
 * @len: filled in: as many bytes, service->in_min..in_max
 * Return: the bytes, valid until the handler returns, aligned to 8 bytes.
 */
const void *ssi_request_data(const struct ssi_request *request, u32 *len)
{
	*len = request->len;
	return request->data;
}
EXPORT_SYMBOL_GPL(ssi_request_data);

/**
 * ssi_request_reply() - what the caller gets, when the handler returns 0
 * @request: what the handler got
 * @buf: @len bytes, copied
 * @len: length of @buf
 * Context: process context, in the handler, once.
 * Return: 0; -EMSGSIZE when the caller takes no more, -EEXIST the second time,
 *	-ENOMEM.
 */
int ssi_request_reply(struct ssi_request *request, const void *buf, u32 len)
{
	size_t head = SSI_FRAME_HEAD_LEN;

	if (len > request->info.out_size)
		return -EMSGSIZE;
	if (request->reply)
		return -EEXIST;
	if (!len)
		return 0;
	request->reply = ssi_message_create(head + len, GFP_KERNEL);
	if (!request->reply)
		return -ENOMEM;
	memcpy(request->reply->data + head, buf, len);
	request->reply_len = len;
	return 0;
}
EXPORT_SYMBOL_GPL(ssi_request_reply);

static int services_show(struct seq_file *seq, void *v)
{
	struct ssi_rpc *rpc = seq->private;
	struct ssi_service *service;
	unsigned int i, slot;

	seq_puts(seq, "service calls errors bytes; us<1 <2 <4 ...\n");
	spin_lock_bh(&rpc->link_lock);
	for (i = 0; i < SSI_SERVICE_MAX; i++) {
		service = rpc->services[i];
		if (!service)
			continue;
		seq_printf(seq, "%s %lld %lld %lld;", service->name,
			   atomic64_read(&service->calls),
			   atomic64_read(&service->errors),
			   atomic64_read(&service->bytes));
		for (slot = 0; slot < SSI_LATENCY_SLOTS; slot++)
			seq_printf(seq, " %d",
				   atomic_read(&service->latency[slot]));
		seq_putc(seq, '\n');
	}
	spin_unlock_bh(&rpc->link_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(services);

/* The last of lanes is closed on lane_wq, when all others have let go. */
static void destroy_queues(struct ssi_rpc *rpc)
{
	if (rpc->handler_wq)
		destroy_workqueue(rpc->handler_wq);
	if (rpc->bulk_wq)
		destroy_workqueue(rpc->bulk_wq);
	if (rpc->lane_wq)
		destroy_workqueue(rpc->lane_wq);
}

/**
 * ssi_service_init() - begin to serve
 * @rpc: this node's, with its folder in debugfs
 * Return: 0, to be undone with ssi_service_exit(); -ENOMEM.
 */
int ssi_service_init(struct ssi_rpc *rpc)
{
	rpc->handler_wq = alloc_workqueue("ssi_handler", WQ_UNBOUND,
					  WORKERS_MAX);
	/*
	 * A handler that computes keeps nobody from receiving.  Not WQ_HIGHPRI:
	 * TIPC's timers would wait for us in ksoftirqd, until links are lost.
	 */
	rpc->lane_wq = alloc_workqueue("ssi_lane", WQ_CPU_INTENSIVE, 0);
	rpc->bulk_wq = alloc_workqueue("ssi_bulk", WQ_UNBOUND, 0);
	if (!rpc->handler_wq || !rpc->lane_wq || !rpc->bulk_wq) {
		destroy_queues(rpc);
		return -ENOMEM;
	}
	INIT_LIST_HEAD(&rpc->held);
	INIT_WORK(&rpc->held_work, look_again);
	debugfs_create_file("services", 0444, rpc->counters_dir, rpc,
			    &services_fops);
	return 0;
}

/**
 * ssi_service_exit() - serve nobody any more
 * @rpc: this node's, stopped; no service is registered
 * Context: process context; waits for what runs.
 */
void ssi_service_exit(struct ssi_rpc *rpc)
{
	/* Lanes give work to handlers, handlers let go of lanes. */
	flush_workqueue(rpc->lane_wq);
	cancel_work_sync(&rpc->held_work);
	/* What is held may be queued again, what runs may be held. */
	flush_workqueue(rpc->handler_wq);
	ssi_service_forget(rpc, SSI_NODE_ALL);
	destroy_queues(rpc);
}
