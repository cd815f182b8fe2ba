/* SPDX-License-Identifier: GPL-2.0-only */
/* key-delivery.h - give the cluster's keys to nodes, many at once (see key-delivery.c) */
#ifndef _XOS_DEPLOY_KEY_DELIVERY_H
#define _XOS_DEPLOY_KEY_DELIVERY_H

#include "backend.h"
#include "cluster-key.h"

/**
 * struct xos_delivery - one node's
 * @backend: that owns @node
 * @done: the node has the keys, and its module, if loaded, uses them
 * @busy: it has not, for an earlier change of keys is not at its end there
 * @why: that it has not, in words
 */
struct xos_delivery {
	struct xos_backend *backend;
	const struct xos_node *node;
	bool done;
	bool busy;
	char why[256];
};

/**
 * xos_keys_deliver() - give keys to nodes whose secure shell answers
 * @list: @n nodes, none twice; the rest of each is filled in
 * @keys: what they get, by standard input: on no command line, in no file but
 *	the node's own, which is in memory and root's alone
 *
 * Blocks until each has it, or some 20 s.
 *
 * Return: 0; negative errno when none could be asked.
 */
int xos_keys_deliver(struct xos_delivery *list, size_t n,
		     const struct xos_cluster_keys *keys, struct xos_error *err);

#endif /* _XOS_DEPLOY_KEY_DELIVERY_H */
