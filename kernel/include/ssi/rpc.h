/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rpc.h: public header of rpc/: which nodes this one is linked to, and what
 * they say to each other.
 *
 * The layer above registers &struct ssi_link_ops and is told of links; it
 * never sees a connection.  A link is a node's life (its incarnation) that
 * said hello and was found good; a node that comes back is another link.
 */
#ifndef _SSI_RPC_H
#define _SSI_RPC_H

#include <ssi/nodeset.h>
#include <ssi/viewid.h>

#include <linux/atomic.h>
#include <linux/completion.h>

struct ssi_params;
struct ssi_rpc;
struct task_struct;

/* Bytes of one control record. */
#define SSI_CONTROL_MAX_LEN	(64 * 1024)

/**
 * struct ssi_link_ops - what the layer above wants to hear
 * @link_up: @node is linked, in its life @incarnation, never 0
 * @link_down: the link to @node ended; @err is -ESHUTDOWN when the node, or
 *	this one, ended it in good order, another negative errno when it died
 *	or broke the protocol
 * @received: @node sent a control record, @len bytes at @buf, valid during the
 *	call; returns 0, or what is wrong with it, which ends the link
 * @fenced: another machine has this node's id: this one leaves the session for
 *	as long as the module is loaded; each link ends soon
 * @reset: ssi_rpc_reset() was done: no link is left, and this node's life is
 *	now @incarnation
 *
 * Called in process context, one at a time, in the order of events.  They may
 * send, and may not wait for other nodes.
 */
struct ssi_link_ops {
	void (*link_up)(void *context, u16 node, u64 incarnation);
	void (*link_down)(void *context, u16 node, int err);
	int (*received)(void *context, u16 node, const void *buf, size_t len);
	void (*fenced)(void *context);
	void (*reset)(void *context, u64 incarnation);
};

struct ssi_rpc *ssi_rpc_create(const struct ssi_params *params);
void ssi_rpc_destroy(struct ssi_rpc *rpc);
int ssi_rpc_start(struct ssi_rpc *rpc, const struct ssi_link_ops *ops,
		  void *context);
void ssi_rpc_stop(struct ssi_rpc *rpc);

u64 ssi_rpc_incarnation(const struct ssi_rpc *rpc);
void ssi_rpc_control(struct ssi_rpc *rpc, u16 node, const void *buf,
		     size_t len);
void ssi_rpc_set_view(struct ssi_rpc *rpc, const struct ssi_view_id *id,
		      const struct ssi_nodeset *members,
		      const u64 *incarnation);
void ssi_rpc_reset(struct ssi_rpc *rpc);

int ssi_rpc_load_keys(struct ssi_rpc *rpc);
int ssi_rpc_show_keys(struct ssi_rpc *rpc, char *buf, size_t size);

/*
 * Calls.  A service is a number and a handler; every member of the view may
 * call it.  What a call ends with, beside what the handler returns:
 *
 *	-EHOSTDOWN	the node is no member of this view, or left or died
 *	-EINTR		a fatal signal; the handler may still run
 *	-ETIMEDOUT	no reply in time; the handler may still run
 *	-ESHUTDOWN	this node's module goes
 *	-EOPNOTSUPP	the node has no such service, or no longer
 *	-EMSGSIZE	data too long for the service or for its reply
 *	-EAGAIN		ssi_call_start(): too much is under way to that node
 *	-ENOMEM		no memory, here or there
 *
 * A call of an older view is refused there and called again, here, as soon as
 * this node has a newer one; a call of a newer view waits there until that
 * node has it.
 */
#define SSI_SERVICE_MAX		256	/* numbers are below */
#define SSI_CALL_MAX_LEN	(1024 * 1024)
#define SSI_LATENCY_SLOTS	24

struct ssi_request;

/**
 * struct ssi_service - what a node can be asked to do
 * @name: for statistics
 * @number: 0..SSI_SERVICE_MAX-1, the same on all nodes
 * @in_min: least bytes of a call; fewer, or more than @in_max, are
 *	answered with -EMSGSIZE
 * @in_max: most bytes of a call, up to SSI_CALL_MAX_LEN
 * @handler: runs in process context, many at once, may sleep and call; returns
 *	0 or negative errno for the caller
 * @context: first argument of @handler
 * @active: handlers that run
 * @calls: handlers that ended
 * @errors: those of them that returned an error
 * @bytes: of calls and replies
 * @latency: [n] = handlers that took less than 2^n microseconds, not 2^(n-1)
 *
 * Belongs to who registers it; what follows @context is this layer's.
 */
struct ssi_service {
	const char *name;
	u16 number;
	u32 in_min;
	u32 in_max;
	int (*handler)(void *context, struct ssi_request *request);
	void *context;
	atomic_t active;
	atomic64_t calls;
	atomic64_t errors;
	atomic64_t bytes;
	atomic_t latency[SSI_LATENCY_SLOTS];
};

/**
 * struct ssi_call - a call to one node
 * @node: whom; this node itself is allowed
 * @service: number of the service
 * @in: @in_len bytes, not NULL unless that is 0; stays until the call ended
 * @in_len: 0..SSI_CALL_MAX_LEN
 * @out: for the reply, @out_size bytes; NULL when that is 0
 * @out_size: 0..SSI_CALL_MAX_LEN
 * @out_len: filled in: length of the reply
 * @err: filled in when the call ended
 * @rpc: this node's
 * @hash: in rpc->calls while under way
 * @id: number
 * @view: under which it was sent
 * @done: completed when the call ended
 * @reader: waits, and may be reading replies
 * @pins: a reply is being written to @out
 * @ended: it ended while that was so
 * @stale: refused for its view
 * @posted: nobody waits; freed by who ends it
 *
 * What follows @err is this layer's, protected by rpc->link_lock.
 */
struct ssi_call {
	u16 node;
	u16 service;
	const void *in;
	u32 in_len;
	void *out;
	u32 out_size;
	u32 out_len;
	int err;
	struct ssi_rpc *rpc;
	struct hlist_node hash;
	u64 id;
	struct ssi_view_id view;
	struct completion done;
	struct task_struct *reader;
	unsigned int pins;
	bool ended;
	bool stale;
	bool posted;
};

int ssi_service_register(struct ssi_rpc *rpc, struct ssi_service *service);
void ssi_service_unregister(struct ssi_rpc *rpc, struct ssi_service *service);
u16 ssi_request_node(const struct ssi_request *request);
const void *ssi_request_data(const struct ssi_request *request, u32 *len);
int ssi_request_reply(struct ssi_request *request, const void *buf, u32 len);

int ssi_call_start(struct ssi_rpc *rpc, struct ssi_call *call, gfp_t gfp);
int ssi_call_wait(struct ssi_call *call, u32 timeout_ms);
void ssi_call_cancel(struct ssi_call *call);
int ssi_call_sync(struct ssi_rpc *rpc, struct ssi_call *call, u32 timeout_ms);
int ssi_call_post(struct ssi_rpc *rpc, u16 node, u16 service, const void *in,
		  u32 len, gfp_t gfp);
struct ssi_rpc *ssi_kddm_rpc(void);

#endif /* _SSI_RPC_H */
