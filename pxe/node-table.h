/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * node-table.h - what was last seen of each node, for the server's /status
 *
 * Bounded by the number of nodes that have files here.  Not locked.
 */
#ifndef _XOS_NODE_TABLE_H
#define _XOS_NODE_TABLE_H

#include "event.h"

struct xos_node_table;

struct xos_node_table *xos_node_table_create(void);
void xos_node_table_destroy(struct xos_node_table *table);

/** xos_node_table_see() - remember @event as its node's last */
void xos_node_table_see(struct xos_node_table *table,
			const struct xos_event *event);

/** xos_node_table_get() - the @i'th node's last event, by first sight; NULL */
const struct xos_event *xos_node_table_get(const struct xos_node_table *table,
					   size_t i);

#endif /* _XOS_NODE_TABLE_H */
