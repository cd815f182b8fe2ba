/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nodeset.h: sets of node ids (pure C).
 *
 * In memory a set is a bitmap.  On the wire and in text it is a list of
 * ranges, so that no record carries a bit for every possible node.
 */
#ifndef _SSI_NODESET_H
#define _SSI_NODESET_H

#include <ssi/portable.h>

/* Node ids are 0..SSI_MAX_NODES-1. */
#define SSI_MAX_NODES		1024

/* Where a node id is expected: no node; every linked node. */
#define SSI_NODE_NONE	0xffff
#define SSI_NODE_ALL	0xfffe

/**
 * struct ssi_nodeset - a set of node ids
 * @words: SSI_MAX_NODES bits, bit n % 64 of word n / 64 = node n
 */
struct ssi_nodeset {
	u64 words[SSI_MAX_NODES / 64];
};

/**
 * struct ssi_node_range - consecutive node ids
 * @first: lowest id of the range
 * @last: highest id of the range, @first or more
 */
struct ssi_node_range {
	u16 first;
	u16 last;
};

void ssi_nodeset_clear(struct ssi_nodeset *set);
void ssi_nodeset_add(struct ssi_nodeset *set, unsigned int node);
void ssi_nodeset_remove(struct ssi_nodeset *set, unsigned int node);
bool ssi_nodeset_contains(const struct ssi_nodeset *set, unsigned int node);
bool ssi_nodeset_is_empty(const struct ssi_nodeset *set);
unsigned int ssi_nodeset_weight(const struct ssi_nodeset *set);
int ssi_nodeset_next(const struct ssi_nodeset *set, int after);
bool ssi_nodeset_next_range(const struct ssi_nodeset *set, int after,
			    struct ssi_node_range *range);
int ssi_nodeset_add_range(struct ssi_nodeset *set,
			  const struct ssi_node_range *range);
void ssi_nodeset_unite(struct ssi_nodeset *set, const struct ssi_nodeset *other);
void ssi_nodeset_subtract(struct ssi_nodeset *set,
			  const struct ssi_nodeset *other);
void ssi_nodeset_intersect(struct ssi_nodeset *set,
			   const struct ssi_nodeset *other);
bool ssi_nodeset_covers(const struct ssi_nodeset *set,
			const struct ssi_nodeset *other);

/**
 * ssi_nodeset_for_each() - walk a set in ascending order
 * @node: int, the loop's variable
 * @set: pointer to the set; removing the current node in the body is allowed
 */
#define ssi_nodeset_for_each(node, set)					\
	for ((node) = ssi_nodeset_next((set), -1); (node) >= 0;		\
	     (node) = ssi_nodeset_next((set), (node)))

#endif /* _SSI_NODESET_H */
