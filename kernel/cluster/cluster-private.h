/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cluster-private.h: what the files of cluster/ share.
 *
 * Locks: cluster->lock protects all that changes; what else is needed is said
 * at the member.  request_lock is taken before lock, and rpc/ calls with locks
 * of its own held, which are taken before lock.  Nobody waits for a node, for
 * user space or for an entry of /proc to go with lock held.
 */
#ifndef _SSI_CLUSTER_PRIVATE_H
#define _SSI_CLUSTER_PRIVATE_H

#include "layers.h"
#include "membership.h"
#include "uids.h"
#include "wire.h"

#include <ssi/cluster.h>
#include <ssi/core.h>
#include <ssi/rpc.h>

#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/workqueue.h>

struct ssi_mutexes;
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
 * @rpc: links to the other nodes
 * @slow_wq: what may wait: files of /proc, and the clock
 * @tick: runs on @slow_wq each SSI_TICK_MS
 * @reboot: called before the machine stops
 * @power: switches this node off
 * @power_op: what @power does
 * @power_forced: the orderly way has been tried
 * @procnodes: /proc/nodes; set before the first event, like the next two
 * @services: /proc/kerrighed
 * @sysattr: /sys/kerrighed
 * @mutexes: cluster-wide mutexes
 * @uid: unique numbers
 * @request_lock: held by who has a local request under way
 * @lock: protects what follows
 * @leaving: the module is on its way out: no more requests
 * @stopping: this node has left, and says nothing more
 * @fenced: another machine has this node id; this one left the session
 * @was_suspended: this node does not serve
 * @membership: who is present, who is online
 * @layers: the layers above
 * @request: the local request, NULL when there is none
 * @next_id: number of the next request
 * @view_id: of the view that @rpc was told
 * @lost_err: why the last link ended
 * @fetches: list of &struct ssi_fetch
 * @send_buf: SSI_WIRE_MAX_LEN bytes to write records into
 * @change: to read a message into
 */
struct ssi_cluster {
	struct ssi_params params;
	struct ssi_rpc *rpc;
	struct workqueue_struct *slow_wq;
	struct delayed_work tick;
	struct notifier_block reboot;
	struct delayed_work power;
	enum ssi_power_op power_op;
	bool power_forced;
	struct ssi_procnodes *procnodes;
	struct ssi_services *services;
	struct ssi_sysattr *sysattr;
	struct ssi_mutexes *mutexes;
	struct ssi_uid uid;
	struct mutex request_lock;

	struct mutex lock;
	bool leaving;
	bool stopping;
	bool fenced;
	bool was_suspended;
	struct ssi_membership membership;
	struct ssi_layers layers;
	struct ssi_request *request;
	u32 next_id;
	struct ssi_view_id view_id;
	int lost_err;
	struct list_head fetches;
	void *send_buf;
	struct ssi_change change;
};

/* cluster.c */
int ssi_cluster_change(struct ssi_cluster *cluster, enum ssi_op op,
		       const struct ssi_nodeset *set);
void ssi_cluster_event(struct ssi_cluster *cluster, struct ssi_event *event);

/* control.c */
int ssi_control_receive(struct ssi_cluster *cluster, u16 node, const void *buf,
			size_t len);

#endif /* _SSI_CLUSTER_PRIVATE_H */
