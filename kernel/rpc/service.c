// SPDX-License-Identifier: GPL-2.0-only
/*
 * service.c: calls that other nodes make to this one.
 *
 *	received	view is this node's	a worker runs the handler, REPLY
 *			view is over		REPLY, stale
 *			view is to come		held until this node has it
 *	held		another view came	received again
 *			its node's link ended	dropped
 *
 * Owns the services and the requests under way.  Handlers run on a pool that
 * grows when they sleep, never on who receives.  What a node may have under
 * way here is what its own call.c allows; more breaks the protocol.
 */
#include "call.h"

#include "frame.h"
#include "peer.h"
#include "rpc-private.h"

#include <linux/debugfs.h>
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
	u8 data[];
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
	kfree(request->reply);
	kfree(request);
}

static void send_reply(struct ssi_request *request, int err, bool stale)
{
	struct ssi_rpc *rpc = request->rpc;
	struct ssi_message *message = request->reply;
	u32 len = err ? 0 : request->reply_len;

	if (request->node == rpc->params.node) {
		ssi_call_receive_reply(rpc, request->node, request->info.id,
				       err, stale, !len ? NULL : message->data +
				       sizeof(struct ssi_frame_reply), len);
		return;
	}
	if (!len) {
		kfree(message);
		message = ssi_message_create(sizeof(struct ssi_frame_reply),
					     GFP_KERNEL);
	}
	/* Without memory the link ends, and with it the call. */
	if (message)
		ssi_frame_put_reply(message->data, request->info.id, err,
				    stale, NULL, len);
	spin_lock_bh(&rpc->link_lock);
	if (is_linked(rpc, request)) {
		ssi_peer_queue(rpc, request->node, message);
		message = NULL;
	}
	spin_unlock_bh(&rpc->link_lock);
	request->reply = message;
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

static void run_request(struct work_struct *work)
{
	struct ssi_request *request = container_of(work, struct ssi_request,
						   work);
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

/**
 * ssi_service_receive() - a node calls
 * @rpc: this node's
 * @node: who
 * @incarnation: its life
 * @info: the call
 * @data: for the handler, @len bytes, copied
 * @len: length of @data
 * @gfp: how to get memory
 * Context: any but hard interrupts, as @gfp says.
 * Return: 0; -ENOMEM; -EPROTO when it calls more than it may.
 */
int ssi_service_receive(struct ssi_rpc *rpc, u16 node, u64 incarnation,
			const struct ssi_call_info *info, const void *data,
			size_t len, gfp_t gfp)
{
	struct ssi_request *request;
	int err = 0;

	if (info->service >= SSI_SERVICE_MAX)
		return -EPROTO;
	request = kmalloc(struct_size(request, data, len), gfp);
	if (!request)
		return -ENOMEM;
	INIT_WORK(&request->work, run_request);
	request->rpc = rpc;
	request->service = NULL;
	request->node = node;
	request->incarnation = incarnation;
	request->info = *info;
	request->reply = NULL;
	request->reply_len = 0;
	request->len = len;
	if (len)
		memcpy(request->data, data, len);
	spin_lock_bh(&rpc->link_lock);
	/* The caller forgets what it no longer waits for: twice its share. */
	if (rpc->request_bytes[node] + cost(request) > 2 * SSI_CALL_BYTES_MAX)
		err = -EPROTO;
	else
		rpc->request_bytes[node] += cost(request);
	spin_unlock_bh(&rpc->link_lock);
	if (err)
		kfree(request);
	else
		queue_work(rpc->handler_wq, &request->work);
	return err;
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
	size_t head = sizeof(struct ssi_frame_reply);

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

/**
 * ssi_service_init() - begin to serve
 * @rpc: this node's, with its folder in debugfs
 * Return: 0, to be undone with ssi_service_exit(); -ENOMEM.
 */
int ssi_service_init(struct ssi_rpc *rpc)
{
	rpc->handler_wq = alloc_workqueue("ssi_handler", WQ_UNBOUND,
					  WORKERS_MAX);
	if (!rpc->handler_wq)
		return -ENOMEM;
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
	cancel_work_sync(&rpc->held_work);
	/* What is held may be queued again, what runs may be held. */
	flush_workqueue(rpc->handler_wq);
	ssi_service_forget(rpc, SSI_NODE_ALL);
	destroy_workqueue(rpc->handler_wq);
}
