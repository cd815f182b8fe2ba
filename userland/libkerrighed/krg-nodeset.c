// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * krg-nodeset.c: sets of nodes.
 */
#include "kerrighed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int check(int node)
{
	if (node >= 0 && node < kerrighed_max_nodes)
		return 0;
	errno = ERANGE;
	return -1;
}

struct krg_node_set *krg_node_set_create(void)
{
	struct krg_node_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->v = calloc(kerrighed_max_nodes, 1);
	if (!set->v) {
		free(set);
		return NULL;
	}
	return set;
}

void krg_node_set_destroy(struct krg_node_set *set)
{
	if (!set)
		return;
	free(set->v);
	free(set);
}

void krg_node_set_clear(struct krg_node_set *set)
{
	memset(set->v, 0, kerrighed_max_nodes);
}

int krg_node_set_add(struct krg_node_set *set, int node)
{
	if (check(node))
		return -1;
	set->v[node] = 1;
	return 0;
}

int krg_node_set_remove(struct krg_node_set *set, int node)
{
	if (check(node))
		return -1;
	set->v[node] = 0;
	return 0;
}

int krg_node_set_contains(const struct krg_node_set *set, int node)
{
	if (check(node))
		return 0;
	return set->v[node] != 0;
}

int krg_node_set_weight(const struct krg_node_set *set)
{
	int node, weight = 0;

	for (node = 0; node < kerrighed_max_nodes; node++)
		weight += set->v[node] != 0;
	return weight;
}

int krg_node_set_next(const struct krg_node_set *set, int node)
{
	for (node++; node < kerrighed_max_nodes; node++)
		if (set->v[node])
			return node;
	return -1;
}
