/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * ksys.h: what user space and ssi_kddm share.
 *
 * SSI_SERVICES_FILE is opened read-only and takes the ioctls below.  Numbers
 * and meanings are those of Kerrighed.  Where its arguments stopped at 256
 * nodes, a structure with a size and a pointer has taken their place; the size
 * is part of the ioctl number, so the old ones are refused with EINVAL and
 * never misread.  SSI_ABI changes when any of this changes incompatibly.
 */
#ifndef _UAPI_SSI_KSYS_H
#define _UAPI_SSI_KSYS_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SSI_ABI			"1"	/* content of SSI_ABI_FILE */
#define SSI_ABI_FILE		"/sys/kerrighed/abi"
#define SSI_SERVICES_FILE	"/proc/kerrighed/services"
#define SSI_SELF_FOLDER		"/proc/nodes/self"

/* Node states, one byte each; see KSYS_HOTPLUG_NODES. */
#define KSYS_NODE_INVALID	0
#define KSYS_NODE_POSSIBLE	1
#define KSYS_NODE_PRESENT	2
#define KSYS_NODE_ONLINE	3

/**
 * struct ksys_node_set - some nodes
 * @size: sizeof(struct ksys_node_set) of the caller
 * @subcluster: 0
 * @nr_nodes: number of bits at @bits, at most KSYS_NB_MAX_NODES's answer
 * @reserved: 0
 * @bits: address of (nr_nodes + 7) / 8 bytes; bit n % 8 of byte n / 8 is set
 *	when node n is in the set
 */
struct ksys_node_set {
	__u32 size;
	__s32 subcluster;
	__u32 nr_nodes;
	__u32 reserved;
	__u64 bits;
};

/**
 * struct ksys_states - states of nodes or subclusters
 * @size: sizeof(struct ksys_states) of the caller
 * @count: in: bytes at @states; out: bytes filled in
 * @states: address of one byte each, number n is byte n
 */
struct ksys_states {
	__u32 size;
	__u32 count;
	__u64 states;
};

/* Why a view came; see &struct ksys_view. */
#define KSYS_CAUSE_CREATE	1	/* the first of a cluster */
#define KSYS_CAUSE_ADD		2	/* nodes were added */
#define KSYS_CAUSE_LEAVE	3	/* nodes were told to leave */
#define KSYS_CAUSE_REMOVE	4	/* they have left */
#define KSYS_CAUSE_DEAD		5	/* nodes died, or were not reached by all */
#define KSYS_CAUSE_FAIL		6	/* nodes were declared dead */
#define KSYS_CAUSE_SYNC		7	/* what was before is not known here */

/**
 * struct ksys_view - a view of the cluster, as this node saw it come
 * @lineage: changes when a view did not need the quorum of the one before
 * @number: grows by one from view to view
 * @ago_us: since this node took it
 * @install_us: from the first sign of it to then
 * @stable_us: from the first sign until every member had taken note; 0: not yet
 * @cause: KSYS_CAUSE_...
 * @nr_members: number of members
 * @joined: bit n % 8 of byte n / 8: node n is in it and not in the one before
 * @left: the other way round
 */
struct ksys_view {
	__u64 lineage;
	__u64 number;
	__u64 ago_us;
	__u64 install_us;
	__u64 stable_us;
	__u32 cause;
	__u32 nr_members;
	__u8 joined[128];
	__u8 left[128];
};

/**
 * struct ksys_log - the last views
 * @size: sizeof(struct ksys_log) of the caller
 * @view_size: sizeof(struct ksys_view) of the caller
 * @count: in: room at @views; out: entries filled in, the oldest first
 * @flags: out: KSYS_LOG_...
 * @views: address of @count struct ksys_view
 */
struct ksys_log {
	__u32 size;
	__u32 view_size;
	__u32 count;
	__u32 flags;
	__u64 views;
};

#define KSYS_LOG_MEMBER		0x1	/* this node is in the cluster */
#define KSYS_LOG_SERVING	0x2	/* and reaches a quorum of it */

#define KSYS_MAGIC		0xD1

/* int: number of possible nodes, of possible subclusters */
#define KSYS_NB_MAX_NODES	_IOR(KSYS_MAGIC, 6, int)
#define KSYS_NB_MAX_CLUSTERS	_IOR(KSYS_MAGIC, 7, int)

/* int: id of this node, number of online nodes */
#define KSYS_GET_NODE_ID	_IOR(KSYS_MAGIC, 32, int)
#define KSYS_GET_NODES_COUNT	_IOR(KSYS_MAGIC, 33, int)

/* Restart, power off all online nodes.  CAP_SYS_BOOT; ENONET: none online. */
#define KSYS_HOTPLUG_RESTART	_IOW(KSYS_MAGIC, 36, int)
#define KSYS_HOTPLUG_SHUTDOWN	_IOW(KSYS_MAGIC, 37, int)

/* A byte for each subcluster, not 0 when it is up */
#define KSYS_HOTPLUG_STATUS	_IOWR(KSYS_MAGIC, 39, struct ksys_states)

/*
 * Make nodes online, present again, or declare them dead: they are out, whether
 * they answer or not, and do not count for the quorum.  Ends when every member
 * has taken note.  CAP_SYS_ADMIN.  ENONET: not present, or not in the cluster.
 * EPERM: already in that state, or this node, or the last, to go.  EEXIST: in
 * another cluster.  EHOSTUNREACH: does not reach every member.  EHOSTDOWN: the
 * cluster has no quorum.  EINVAL: not a node.  ETIMEDOUT: some node is silent.
 */
#define KSYS_HOTPLUG_ADD	_IOW(KSYS_MAGIC, 40, struct ksys_node_set)
#define KSYS_HOTPLUG_REMOVE	_IOW(KSYS_MAGIC, 41, struct ksys_node_set)
#define KSYS_HOTPLUG_FAIL	_IOW(KSYS_MAGIC, 42, struct ksys_node_set)

/* A state for each node */
#define KSYS_HOTPLUG_NODES	_IOWR(KSYS_MAGIC, 43, struct ksys_states)

/* The last views */
#define KSYS_CLUSTER_LOG	_IOWR(KSYS_MAGIC, 48, struct ksys_log)

#endif /* _UAPI_SSI_KSYS_H */
