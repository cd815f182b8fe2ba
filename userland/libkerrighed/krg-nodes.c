// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * krg-nodes.c: states of nodes.
 */
#include "kerrighed.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <ssi/ksys.h>

const char *krg_status_str(int status)
{
	static const char * const names[] = {
		[KRG_STATUS_INVALID] = "invalid",
		[KRG_STATUS_POSSIBLE] = "possible",
		[KRG_STATUS_PRESENT] = "present",
		[KRG_STATUS_ONLINE] = "online",
	};

	if (status < KRG_STATUS_INVALID || status > KRG_STATUS_ONLINE)
		return NULL;
	return names[status];
}

struct krg_nodes *krg_nodes_create(void)
{
	struct krg_nodes *nodes = calloc(1, sizeof(*nodes));

	if (!nodes)
		return NULL;
	nodes->nodes = calloc(kerrighed_max_nodes, 1);
	if (!nodes->nodes) {
		free(nodes);
		return NULL;
	}
	return nodes;
}

void krg_nodes_destroy(struct krg_nodes *nodes)
{
	if (!nodes)
		return;
	free(nodes->nodes);
	free(nodes);
}

struct krg_nodes *krg_nodes_status(void)
{
	struct krg_nodes *nodes = krg_nodes_create();
	struct ksys_states states = { .size = sizeof(states) };
	int err;

	if (!nodes)
		return NULL;
	states.count = kerrighed_max_nodes;
	states.states = (uintptr_t)nodes->nodes;
	if (!call_kerrighed_services(KSYS_HOTPLUG_NODES, &states))
		return nodes;
	err = errno;
	krg_nodes_destroy(nodes);
	errno = err;
	return NULL;
}

int krg_nodes_getnode(const struct krg_nodes *nodes, int node)
{
	if (node < 0 || node >= kerrighed_max_nodes)
		return KRG_STATUS_INVALID;
	return nodes->nodes[node];
}

int krg_nodes_nextnode(const struct krg_nodes *nodes, int node)
{
	for (node++; node < kerrighed_max_nodes; node++)
		if (nodes->nodes[node] != KRG_STATUS_INVALID)
			return node;
	return -1;
}

int krg_nodes_is(const struct krg_nodes *nodes, int node,
		 enum krg_status status)
{
	return krg_nodes_getnode(nodes, node) == (int)status;
}

int krg_nodes_num(const struct krg_nodes *nodes, enum krg_status status)
{
	int node, count = 0;

	for (node = 0; node < kerrighed_max_nodes; node++)
		count += krg_nodes_is(nodes, node, status);
	return count;
}

int krg_nodes_next(const struct krg_nodes *nodes, int node,
		   enum krg_status status)
{
	for (node++; node < kerrighed_max_nodes; node++)
		if (krg_nodes_is(nodes, node, status))
			return node;
	return -1;
}

struct krg_node_set *krg_nodes_get(const struct krg_nodes *nodes,
				   enum krg_status status)
{
	struct krg_node_set *set = krg_node_set_create();
	int node;

	if (!set)
		return NULL;
	for (node = 0; node < kerrighed_max_nodes; node++)
		if (krg_nodes_is(nodes, node, status))
			krg_node_set_add(set, node);
	return set;
}

/* The same four questions for each state that has a name. */
#define FOR_STATE(name, status)						\
int krg_nodes_num_##name(const struct krg_nodes *nodes)			\
{									\
	return krg_nodes_num(nodes, status);				\
}									\
									\
int krg_nodes_is_##name(const struct krg_nodes *nodes, int node)	\
{									\
	return krg_nodes_is(nodes, node, status);			\
}									\
									\
int krg_nodes_next_##name(const struct krg_nodes *nodes, int node)	\
{									\
	return krg_nodes_next(nodes, node, status);			\
}									\
									\
struct krg_node_set *krg_nodes_get_##name(const struct krg_nodes *nodes) \
{									\
	return krg_nodes_get(nodes, status);				\
}

FOR_STATE(possible, KRG_STATUS_POSSIBLE)
FOR_STATE(present, KRG_STATUS_PRESENT)
FOR_STATE(online, KRG_STATUS_ONLINE)
