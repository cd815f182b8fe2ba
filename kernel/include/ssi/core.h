/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core.h: public header of core/, the lowest layer: node ids and sets,
 * parameters, counters and their debugfs folder.
 */
#ifndef _SSI_CORE_H
#define _SSI_CORE_H

#include <ssi/nodeset.h>

#include <linux/atomic.h>
#include <linux/if.h>

struct dentry;

#define SSI_KEY_FILE_MAX	256	/* bytes of its name, with the final 0 */

#define SSI_SESSION_MIN		1
#define SSI_SESSION_MAX		9999
#define SSI_SUBSESSION		0	/* one cluster in a session */
#define SSI_MAX_SUBCLUSTERS	1

/**
 * enum ssi_quorum - which members decide about the cluster
 * @SSI_QUORUM_MAJORITY: more than half
 * @SSI_QUORUM_HEAD: or half, with the head node among them
 * @SSI_QUORUM_ANY: whoever is left
 */
enum ssi_quorum {
	SSI_QUORUM_MAJORITY = 1,
	SSI_QUORUM_HEAD = 2,
	SSI_QUORUM_ANY = 3,
};

/**
 * struct ssi_params - what the module was told, valid
 * @session: session id, SSI_SESSION_MIN..SSI_SESSION_MAX
 * @node: this node's id
 * @netdev: name of the network interface between the nodes
 * @tolerance_ms: silence after which a node counts as dead
 * @quorum: of a cluster that this node creates
 * @quorum_head: the head node for SSI_QUORUM_HEAD
 * @secure: encrypt, and let nobody in without the key
 * @key_file: absolute name of the file with the key, if @secure
 */
struct ssi_params {
	u32 session;
	u16 node;
	char netdev[IFNAMSIZ];
	u32 tolerance_ms;
	enum ssi_quorum quorum;
	u16 quorum_head;
	bool secure;
	char key_file[SSI_KEY_FILE_MAX];
};

/**
 * struct ssi_counters - how often something worth counting happened
 * @sent: records sent to other nodes
 * @received: records received from other nodes
 * @malformed: records that were none, or broke the protocol
 * @refused: nodes turned away
 * @lost: links that ended
 * @unproven: of @refused, those that had no key to prove
 * @clear: TIPC frames in clear that were dropped
 */
struct ssi_counters {
	atomic_t sent;
	atomic_t received;
	atomic_t malformed;
	atomic_t refused;
	atomic_t lost;
	atomic_t unproven;
	atomic_t clear;
};

int ssi_params_get(struct ssi_params *params);
struct dentry *ssi_counters_show(struct ssi_counters *counters);
void ssi_counters_hide(struct dentry *dir);

#endif /* _SSI_CORE_H */
