// SPDX-License-Identifier: GPL-2.0-only
/*
 * nodeset.c: sets of node ids (pure C, no kernel header, no allocation).
 *
 * Owns the representation of a set.  Knows nothing of what the nodes in it
 * are; ids out of range are ignored on the way in and absent on the way out.
 */
#include <ssi/nodeset.h>

/**
 * ssi_nodeset_clear() - make a set empty
 * @set: the set, any content
 */
void ssi_nodeset_clear(struct ssi_nodeset *set)
{
	memset(set, 0, sizeof(*set));
}

/**
 * ssi_nodeset_add() - put a node in a set
 * @set: the set
 * @node: node id; out of range is ignored
 */
void ssi_nodeset_add(struct ssi_nodeset *set, unsigned int node)
{
	if (node < SSI_MAX_NODES)
		set->words[node / 64] |= 1ULL << (node % 64);
}

/**
 * ssi_nodeset_remove() - take a node out of a set
 * @set: the set
 * @node: node id; out of range is ignored
 */
void ssi_nodeset_remove(struct ssi_nodeset *set, unsigned int node)
{
	if (node < SSI_MAX_NODES)
		set->words[node / 64] &= ~(1ULL << (node % 64));
}

/**
 * ssi_nodeset_contains() - is a node in a set?
 * @set: the set
 * @node: node id, any value
 * Return: true when it is.
 */
bool ssi_nodeset_contains(const struct ssi_nodeset *set, unsigned int node)
{
	return node < SSI_MAX_NODES &&
	       (set->words[node / 64] >> (node % 64) & 1);
}

/**
 * ssi_nodeset_is_empty() - has a set no node?
 * @set: the set
 * Return: true when it has none.
 */
bool ssi_nodeset_is_empty(const struct ssi_nodeset *set)
{
	unsigned int i;

	for (i = 0; i < SSI_MAX_NODES / 64; i++)
		if (set->words[i])
			return false;
	return true;
}

/**
 * ssi_nodeset_weight() - how many nodes are in a set
 * @set: the set
 * Return: 0..SSI_MAX_NODES.
 */
unsigned int ssi_nodeset_weight(const struct ssi_nodeset *set)
{
	unsigned int i, weight = 0;
	u64 word;

	for (i = 0; i < SSI_MAX_NODES / 64; i++)
		for (word = set->words[i]; word; word &= word - 1)
			weight++;
	return weight;
}

/**
 * ssi_nodeset_next() - the next node of a set
 * @set: the set
 * @after: the node to start behind, -1 to begin
 * Return: the lowest id above @after in @set, -1 when there is none.
 */
int ssi_nodeset_next(const struct ssi_nodeset *set, int after)
{
	unsigned int node = after + 1;
	u64 word;

	while (node < SSI_MAX_NODES) {
		word = set->words[node / 64] >> (node % 64);
		if (word)
			return node + __builtin_ctzll(word);
		node = (node / 64 + 1) * 64;
	}
	return -1;
}

/**
 * ssi_nodeset_next_range() - the next run of consecutive nodes
 * @set: the set
 * @after: the node to start behind, -1 to begin; then the last range's @last
 * @range: filled in on success
 * Return: false when there is no node above @after.
 */
bool ssi_nodeset_next_range(const struct ssi_nodeset *set, int after,
			    struct ssi_node_range *range)
{
	int node = ssi_nodeset_next(set, after);

	if (node < 0)
		return false;
	range->first = node;
	while (ssi_nodeset_contains(set, node + 1))
		node++;
	range->last = node;
	return true;
}

/**
 * ssi_nodeset_add_range() - put a run of nodes in a set
 * @set: the set
 * @range: from anywhere, also from another node
 * Return: 0; -EBADMSG when @range is upside down or out of range, and then
 *	@set is as before.
 */
int ssi_nodeset_add_range(struct ssi_nodeset *set,
			  const struct ssi_node_range *range)
{
	unsigned int node;

	if (range->first > range->last || range->last >= SSI_MAX_NODES)
		return -EBADMSG;
	for (node = range->first; node <= range->last; node++)
		ssi_nodeset_add(set, node);
	return 0;
}

/**
 * ssi_nodeset_unite() - add the nodes of another set
 * @set: the set
 * @other: what is added
 */
void ssi_nodeset_unite(struct ssi_nodeset *set, const struct ssi_nodeset *other)
{
	unsigned int i;

	for (i = 0; i < SSI_MAX_NODES / 64; i++)
		set->words[i] |= other->words[i];
}

/**
 * ssi_nodeset_subtract() - remove the nodes of another set
 * @set: the set
 * @other: what is removed
 */
void ssi_nodeset_subtract(struct ssi_nodeset *set,
			  const struct ssi_nodeset *other)
{
	unsigned int i;

	for (i = 0; i < SSI_MAX_NODES / 64; i++)
		set->words[i] &= ~other->words[i];
}

/**
 * ssi_nodeset_intersect() - keep only the nodes that are in another set too
 * @set: the set
 * @other: what is kept
 */
void ssi_nodeset_intersect(struct ssi_nodeset *set,
			   const struct ssi_nodeset *other)
{
	unsigned int i;

	for (i = 0; i < SSI_MAX_NODES / 64; i++)
		set->words[i] &= other->words[i];
}

/**
 * ssi_nodeset_covers() - has a set every node of another?
 * @set: the set
 * @other: what is looked for; the empty set is always covered
 * Return: true when it has.
 */
bool ssi_nodeset_covers(const struct ssi_nodeset *set,
			const struct ssi_nodeset *other)
{
	unsigned int i;

	for (i = 0; i < SSI_MAX_NODES / 64; i++)
		if (other->words[i] & ~set->words[i])
			return false;
	return true;
}
