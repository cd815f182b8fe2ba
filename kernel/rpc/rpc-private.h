/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rpc-private.h: what the files of rpc/ share.
 *
 * Locks: rpc->lock protects connections and their peers, and is held when the
 * layer above is called.  rpc->link_lock protects what others look up while
 * they hold locks of their own; it is innermost and may be taken in softirq
 * context.  Links change only with both held; views and calls with the latter.
 */
#ifndef _SSI_RPC_PRIVATE_H
#define _SSI_RPC_PRIVATE_H

#include "auth.h"
#include "conn.h"
#include "guard.h"

#include <ssi/core.h>
#include <ssi/rpc.h>

#include <linux/hashtable.h>
#include <linux/if_ether.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct dentry;
struct ssi_discovery;
struct ssi_lanes;
struct ssi_peer;

#define SSI_RPC_TICK_MS		500

/**
 * struct ssi_rpc - this node's links to the others
 * @params: what the module was told; never changes
 * @wq: ordered; everything that a socket or the clock causes runs here
 * @conn: context of all connections
 * @tick: runs on @wq each SSI_RPC_TICK_MS
 * @reset: takes a new life, on @wq
 * @machine: address of the interface
 * @guard: drops TIPC frames in clear, if params.secure
 * @counters: see there
 * @counters_dir: their folder
 * @ops: the layer above, from ssi_rpc_start() to ssi_rpc_stop()
 * @context: first argument of each of @ops
 * @key_lock: held while keys are loaded; taken before @lock
 * @lock: protects what follows
 * @stopping: links end and none begins
 * @fenced: another machine has this node id; this one left the session
 * @discovery: where other nodes are found; NULL when @fenced
 * @peers: list of &struct ssi_peer
 * @refused_incarnation: the last machine turned away, to say so once
 * @unproven_address: the last machine turned away for its key, to say so once
 * @keys: this node's, if params.secure; change with @key_lock held, too
 * @frame_buf: to write a refusal or a proof into
 * @link_lock: protects what follows, see above
 * @incarnation: number of this life of the node
 * @links: nodes that are linked
 * @linked: [n] = the peer that is node n, NULL when there is none
 * @link_incarnation: [n] = life of node n, while it is linked
 * @lanes: [n] = where calls to node n go, while it is linked
 * @online: is this node, in this life, member of the view?
 * @view: the view
 * @members: of @view
 * @member_incarnation: [n] = life of member n that is in @view
 * @ended: no call begins
 * @calls: of &struct ssi_call, under way
 * @call_id: of the last call
 * @call_bytes: [n] = bytes under way to and from node n
 * @request_bytes: [n] = bytes of requests of node n, not answered
 * @held: of &struct ssi_request, of a newer view than this node's
 * @services: [n] = the service of that number, or NULL
 * @handler_wq: where handlers run
 * @lane_wq: where lanes are read, and handlers run that end soon
 * @bulk_wq: where large frames are sent
 * @handling_runners: workers of @lane_wq that run a handler
 * @held_work: looks at @held again
 * @wait: woken for room, another view, the end of a handler
 */
struct ssi_rpc {
	struct ssi_params params;
	struct workqueue_struct *wq;
	struct ssi_conn_context conn;
	struct delayed_work tick;
	struct work_struct reset;
	u8 machine[ETH_ALEN];
	struct ssi_guard guard;
	struct ssi_counters counters;
	struct dentry *counters_dir;
	const struct ssi_link_ops *ops;
	void *context;

	struct mutex key_lock;
	struct mutex lock;
	bool stopping;
	bool fenced;
	struct ssi_discovery *discovery;
	struct list_head peers;
	u64 refused_incarnation;
	u32 unproven_address;
	struct ssi_keys keys;
	u8 frame_buf[64];

	spinlock_t link_lock;
	u64 incarnation;
	struct ssi_nodeset links;
	struct ssi_peer *linked[SSI_MAX_NODES];
	u64 link_incarnation[SSI_MAX_NODES];
	struct ssi_lanes *lanes[SSI_MAX_NODES];
	bool online;
	struct ssi_view_id view;
	struct ssi_nodeset members;
	u64 member_incarnation[SSI_MAX_NODES];
	bool ended;
	DECLARE_HASHTABLE(calls, 8);
	u64 call_id;
	u32 call_bytes[SSI_MAX_NODES];
	u32 request_bytes[SSI_MAX_NODES];
	struct list_head held;
	struct ssi_service *services[SSI_SERVICE_MAX];
	struct workqueue_struct *handler_wq;
	struct workqueue_struct *lane_wq;
	struct workqueue_struct *bulk_wq;
	atomic_t handling_runners;
	struct work_struct held_work;
	wait_queue_head_t wait;
};

/* Bytes to and from one node. */
#define SSI_CALL_BYTES_MAX	(4 * 1024 * 1024)
/* What a call costs beside its data. */
#define SSI_CALL_COST		512

/* rpc.c */
void ssi_rpc_fence(struct ssi_rpc *rpc, u32 address);

#endif /* _SSI_RPC_PRIVATE_H */
