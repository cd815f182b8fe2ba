/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * head-index.h - a head's note of what it was last made from
 *
 * One text file per cluster.  It tells which files exist, and for each node a
 * digest of its input, so that an update can leave alone what has not changed.
 */
#ifndef _XOS_HEAD_INDEX_H
#define _XOS_HEAD_INDEX_H

#include "head-private.h"

/**
 * struct head_index_node - a node as it was
 * @name, @mac, @address: name its files
 * @digest: of everything in the inventory that is this node's own
 */
struct head_index_node {
	char name[XOS_NAME_MAX + 1];
	uint8_t mac[6];
	struct in_addr address;
	uint64_t digest;
};

/**
 * struct head_index - the note
 * @common: digest of what all nodes' files are made from; 0: there is no note
 * @nodes, @n_nodes: in the inventory's order
 * @paths, @n_paths: files that are not a node's
 */
struct head_index {
	uint64_t common;
	struct head_index_node *nodes;
	size_t n_nodes;
	char **paths;
	size_t n_paths;
};

/** head_index_make() - the note that belongs to an input and its files */
int head_index_make(const struct head_context *c,
		    const struct xos_head_files *cluster_files,
		    struct head_index *index, struct xos_error *err);
/** head_index_read() - empty where there is none or it cannot be understood */
int head_index_read(const char *root, const char *cluster,
		    struct head_index *index, struct xos_error *err);
int head_index_write(const char *root, const char *cluster,
		     const struct head_index *index, struct xos_error *err);
void head_index_free(struct head_index *index);

/**
 * head_index_find() - a node by name
 * @guess: where it is likely to be
 * Return: the node, NULL.
 */
const struct head_index_node *head_index_find(const struct head_index *index,
					      const char *name, size_t guess);

/** head_index_has_path() - is it among @paths? */
bool head_index_has_path(const struct head_index *index, const char *path);

#endif /* _XOS_HEAD_INDEX_H */
