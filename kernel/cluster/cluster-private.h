/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cluster-private.h: what the files of cluster/ share.
 *
 * Locks: cluster->lock protects all that changes; what else is needed is said
 * at the member.  request_lock is taken before lock.  Nobody waits for a
 * node, for user space or for an entry of /proc to go with lock held.
 */
#ifndef _SSI_CLUSTER_PRIVATE_H
#define _SSI_CLUSTER_PRIVATE_H

#include "conn.h"
#include "wire.h"

#include <ssi/cluster.h>
#include <ssi/core.h>

#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

struct ssi_discovery;
struct ssi_peer;
struct ssi_procnodes;
struct ssi_services;
struct ssi_sysattr;

#define SSI_TICK_MS		500	/* of SSI_EVENT_TICK */

/**
 * struct ssi_request - a local request that somebody waits for
 * @done: completed with @lock of the cluster held
 * @id: number
 * @err: result
 */
struct ssi_request {
	struct completion done;
	u32 id;
	int err;
};

/**
 * struct ssi_cluster - this node's part of the cluster
 * @params: what the module was told; never changes
 * @incarnation: number of this life of the node; never changes
 * @wq: ordered; everything that a socket or the clock causes runs here
 * @slow_wq: what may wait: files of /proc
 * @conn: context of all connections
 * @tick: runs on @wq each SSI_TICK_MS
 * @power: switches this node off
 * @power_op: what @power does
 * @power_forced: the orderly way has been tried
 * @counters: see there
 * @counters_dir: their folder
 * @procnodes: /proc/nodes; set before the first event, like the next two
 * @services: /proc/kerrighed
 * @sysattr: /sys/kerrighed
 * @request_lock: held by who has a local request under way
 * @lock: protects what follows
 * @stopping: the module is on its way out
 * @fenced: another machine has this node id; this one left the session
 * @members: who is present, who is online
 * @request: the local request, NULL when there is none
 * @next_id: number of the next request
 * @discovery: where other nodes are found; NULL when @fenced
 * @peers: list of &struct ssi_peer
 * @linked: [n] = the peer that is node n, NULL when there is none
 * @lost_err: why the last link ended
 * @refused_incarnation: the last machine turned away, to say so once
 * @fetches: list of &struct ssi_fetch
 * @send_buf: SSI_WIRE_MAX_LEN bytes to write records into
 * @view_buf: to read a VIEW into
 */
struct ssi_cluster {
	struct ssi_params params;
	u64 incarnation;
	struct workqueue_struct *wq;
	struct workqueue_struct *slow_wq;
	struct ssi_conn_context conn;
	struct delayed_work tick;
	struct delayed_work power;
	enum ssi_power_op power_op;
	bool power_forced;
	struct ssi_counters counters;
	struct dentry *counters_dir;
	struct ssi_procnodes *procnodes;
	struct ssi_services *services;
	struct ssi_sysattr *sysattr;
	struct mutex request_lock;

	struct mutex lock;
	bool stopping;
	bool fenced;
	struct ssi_members members;
	struct ssi_request *request;
	u32 next_id;
	struct ssi_discovery *discovery;
	struct list_head peers;
	struct ssi_peer *linked[SSI_MAX_NODES];
	int lost_err;
	u64 refused_incarnation;
	struct list_head fetches;
	void *send_buf;
	struct ssi_view view_buf;
};

/* cluster.c */
int ssi_cluster_change(struct ssi_cluster *cluster, enum ssi_change_op op,
		       const struct ssi_nodeset *set);
void ssi_cluster_event(struct ssi_cluster *cluster,
		       const struct ssi_event *event);
void ssi_cluster_fence(struct ssi_cluster *cluster, u32 address);

#endif /* _SSI_CLUSTER_PRIVATE_H */
