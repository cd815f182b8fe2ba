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
 * Make nodes online, or present again; ends when every node knows.
 * CAP_SYS_ADMIN.  ENONET: not present.  EPERM: already in that state, or this
 * node to be removed.  EINVAL: not a node.  ETIMEDOUT: some node is silent.
 */
#define KSYS_HOTPLUG_ADD	_IOW(KSYS_MAGIC, 40, struct ksys_node_set)
#define KSYS_HOTPLUG_REMOVE	_IOW(KSYS_MAGIC, 41, struct ksys_node_set)

/* A state for each node */
#define KSYS_HOTPLUG_NODES	_IOWR(KSYS_MAGIC, 43, struct ksys_states)

#endif /* _UAPI_SSI_KSYS_H */
