// SPDX-License-Identifier: LGPL-2.1-or-later
/* node-table.c - last event per node, found by name */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "node-table.h"

struct xos_node_table {
	void *by_name;			/* tsearch(3) tree of struct xos_event */
	struct xos_event **nodes;
	size_t n, room;
};

static int compare(const void *a, const void *b)
{
	const struct xos_event *x = a, *y = b;

	return strcmp(x->node, y->node);
}

struct xos_node_table *xos_node_table_create(void)
{
	return calloc(1, sizeof(struct xos_node_table));
}

void xos_node_table_destroy(struct xos_node_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->n; i++) {
		tdelete(table->nodes[i], &table->by_name, compare);
		free(table->nodes[i]);
	}
	free(table->nodes);
	free(table);
}

static struct xos_event *add(struct xos_node_table *table,
			     const struct xos_event *event)
{
	struct xos_event *copy;

	if (table->n == table->room) {
		size_t room = table->room ? 2 * table->room : 64;
		void *nodes = reallocarray(table->nodes, room, sizeof(copy));

		if (!nodes)
			return NULL;
		table->nodes = nodes;
		table->room = room;
	}
	copy = malloc(sizeof(*copy));
	if (!copy)
		return NULL;
	*copy = *event;
	if (!tsearch(copy, &table->by_name, compare)) {
		free(copy);
		return NULL;
	}
	table->nodes[table->n++] = copy;
	return copy;
}

void xos_node_table_see(struct xos_node_table *table,
			const struct xos_event *event)
{
	struct xos_event **found = tfind(event, &table->by_name, compare);

	/* without memory the node is missing from /status, nothing else */
	if (found)
		**found = *event;
	else
		add(table, event);
}

const struct xos_event *xos_node_table_get(const struct xos_node_table *table,
					   size_t i)
{
	return i < table->n ? table->nodes[i] : NULL;
}
