// SPDX-License-Identifier: GPL-2.0-only
/*
 * copyset.c: which nodes have a copy of an object (pure C).
 *
 * Owns the nodes: four in place, more of them in an ascending array that is
 * allocated, so that a set costs what it holds and no bit for every node.
 */
#include "kddm-private.h"

static const u16 *nodes_of(const struct ssi_copyset *copies)
{
	return copies->room ? copies->many : copies->few;
}

/* Index of the node, or where it belongs. */
static unsigned int place_of(const struct ssi_copyset *copies, u16 node)
{
	const u16 *nodes = nodes_of(copies);
	unsigned int low = 0, high = copies->nr, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (nodes[middle] < node)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Other room for the same nodes: @room 0 is in place. */
static int move(struct ssi_kddm *kddm, struct ssi_copyset *copies, u16 room)
{
	struct ssi_copyset old = *copies;
	u16 *to = copies->few;

	if (room) {
		to = ssi_kddm_alloc(kddm, room * sizeof(*to));
		if (!to)
			return -ENOMEM;
		copies->many = to;
	}
	memcpy(to, nodes_of(&old), old.nr * sizeof(*to));
	copies->room = room;
	if (old.room)
		ssi_kddm_free(kddm, old.many, old.room * sizeof(*to));
	return 0;
}

/**
 * ssi_copyset_contains() - has the node a copy?
 * @copies: the set
 * @node: node id
 * Return: true when it is in the set.
 */
bool ssi_copyset_contains(const struct ssi_copyset *copies, u16 node)
{
	unsigned int place = place_of(copies, node);

	return place < copies->nr && nodes_of(copies)[place] == node;
}

/**
 * ssi_copyset_add() - the node has a copy
 * @kddm: whose memory is used
 * @copies: the set
 * @node: node id; if it is in, nothing changes
 * Return: 0; -ENOMEM, then the set is as before.
 */
int ssi_copyset_add(struct ssi_kddm *kddm, struct ssi_copyset *copies, u16 node)
{
	unsigned int place = place_of(copies, node);
	unsigned int room = copies->room ? copies->room : SSI_COPYSET_INLINE;
	u16 *nodes;

	if (ssi_copyset_contains(copies, node))
		return 0;
	if (copies->nr == room && move(kddm, copies, 2 * room))
		return -ENOMEM;
	nodes = copies->room ? copies->many : copies->few;
	memmove(nodes + place + 1, nodes + place,
		(copies->nr - place) * sizeof(*nodes));
	nodes[place] = node;
	copies->nr++;
	return 0;
}

/**
 * ssi_copyset_remove() - the node has no copy any more
 * @kddm: whose memory was used
 * @copies: the set
 * @node: node id; need not be in it
 */
void ssi_copyset_remove(struct ssi_kddm *kddm, struct ssi_copyset *copies,
			u16 node)
{
	unsigned int place = place_of(copies, node);
	u16 *nodes = copies->room ? copies->many : copies->few;

	if (!ssi_copyset_contains(copies, node))
		return;
	copies->nr--;
	memmove(nodes + place, nodes + place + 1,
		(copies->nr - place) * sizeof(*nodes));
	if (copies->room && copies->nr <= SSI_COPYSET_INLINE)
		move(kddm, copies, 0);
}

/**
 * ssi_copyset_get() - one node of the set
 * @copies: the set
 * @index: less than copies->nr; the lowest node has 0
 * Return: node id.
 */
u16 ssi_copyset_get(const struct ssi_copyset *copies, unsigned int index)
{
	return nodes_of(copies)[index];
}

/**
 * ssi_copyset_clear() - nobody has a copy
 * @kddm: whose memory was used
 * @copies: the set
 */
void ssi_copyset_clear(struct ssi_kddm *kddm, struct ssi_copyset *copies)
{
	if (copies->room)
		ssi_kddm_free(kddm, copies->many,
			      copies->room * sizeof(u16));
	memset(copies, 0, sizeof(*copies));
}
