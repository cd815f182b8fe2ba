// SPDX-License-Identifier: LGPL-2.1-or-later
/* grid-resolve.c - defaults, and what only several keys together can get wrong */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "grid-input.h"

bool xos_grid_is(const struct xos_grid *grid, enum xos_grid_key key, const char *value)
{
	return !strcmp(grid->value[key], value);
}

static bool is_address(const char *name)
{
	unsigned char binary[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, binary) == 1 ||
		inet_pton(AF_INET6, name, binary) == 1;
}

const char *xos_grid_address(const struct xos_grid *grid, const char *name)
{
	if (is_address(name))
		return name;
	for (size_t i = 0; i < grid->n_hosts; i++)
		for (size_t n = 0; n < grid->host[i].names.n; n++)
			if (!strcmp(grid->host[i].names.s[n], name))
				return grid->host[i].address;
	return "";
}

static bool has(const struct xos_grid *grid, enum xos_grid_key key)
{
	return grid->value[key] && *grid->value[key];
}

/* The same host by its full name or its first label. */
static bool is_name(const char *a, const char *b)
{
	size_t first_a = strcspn(a, "."), first_b = strcspn(b, ".");

	if (a[first_a] && b[first_b])
		return !strcmp(a, b);
	return first_a == first_b && !strncmp(a, b, first_a);
}

static void find_core(struct xos_grid *grid)
{
	for (size_t i = 0; i < grid->n_nodes; i++) {
		struct xos_grid_node *node = &grid->node[i];

		node->address = xos_grid_address(grid, node->name);
		if (node->role != XOS_GRID_CORE)
			continue;
		if (grid->core)
			xos_grid_problem(grid, XOS_GRID_TYPES, node->line,
					 "'%s' is a second core node; '%s' in line %d is the one",
					 node->name, grid->core->name, grid->core->line);
		else
			grid->core = node;
	}
	if (!grid->core)
		xos_grid_problem(grid, XOS_GRID_TYPES, 0,
				 "names no core node; e.g. core-node: head.example.org");
}

static void find_self(struct xos_grid *grid)
{
	const char *me = grid->value[XOS_GRID_MYHOSTNAME];
	const char *type = grid->value[XOS_GRID_MYNODETYPE];
	struct xos_grid_node *self = NULL;

	for (size_t i = 0; i < grid->n_nodes && !self; i++)
		if (is_name(grid->node[i].name, me))
			self = &grid->node[i];
	grid->self = self;
	if (!self) {
		xos_grid_problem(grid, XOS_GRID_TYPES, 0,
				 "'%s', this node (MYHOSTNAME), has no role; e.g. resource-node: %s",
				 me, me);
		return;
	}
	if (type && *type && strcmp(type, xos_grid_role_name(self->role)))
		xos_grid_problem(grid, XOS_GRID_LOCAL, grid->line[XOS_GRID_MYNODETYPE],
				 "MYNODETYPE: '%s', but nodeTypes:%d says %s", type,
				 self->line, xos_grid_role_name(self->role));
	if (has(grid, XOS_GRID_MYIP))
		self->address = grid->value[XOS_GRID_MYIP];
	if (!*self->address)
		xos_grid_problem(grid, XOS_GRID_LOCAL, grid->line[XOS_GRID_MYIP],
				 "MYIP: '%s' has no address in etc/hosts; e.g. MYIP=10.0.0.17",
				 me);
	else if (!is_address(self->address))
		xos_grid_problem(grid, XOS_GRID_LOCAL, grid->line[XOS_GRID_MYIP],
				 "MYIP: '%.80s' is a name, not an address; e.g. MYIP=10.0.0.17",
				 self->address);
}

static const char *fallback(const struct xos_grid *grid, const char *word)
{
	if (!strcmp(word, "@core"))
		return *grid->core->address ? grid->core->address : grid->core->name;
	if (!strcmp(word, "@corename"))
		return grid->core->name;
	if (!strcmp(word, "@me"))
		return grid->self->address;
	return word;
}

/* Its place among the resource nodes, from 1; 0: it is none of them. */
static unsigned int node_id(const struct xos_grid *grid)
{
	unsigned int id = 0;

	for (size_t i = 0; i < grid->n_nodes; i++) {
		if (grid->node[i].role == XOS_GRID_RESOURCE)
			id++;
		if (&grid->node[i] == grid->self)
			return grid->self->role == XOS_GRID_RESOURCE ? id : 0;
	}
	return 0;
}

static void fill(struct xos_grid *grid)
{
	for (enum xos_grid_key key = 0; key < XOS_GRID_KEYS; key++)
		if (!has(grid, key))
			grid->value[key] = fallback(grid, xos_grid_key_info(key)->fallback);
	grid->value[XOS_GRID_MYIP] = grid->self->address;
	grid->value[XOS_GRID_MYNODETYPE] = xos_grid_role_name(grid->self->role);
	if (!has(grid, XOS_GRID_MYNODEID) && node_id(grid))
		grid->value[XOS_GRID_MYNODEID] =
			xos_arena_printf(grid->arena, "%u", node_id(grid));
}

static void check_together(struct xos_grid *grid)
{
	if (xos_grid_is(grid, XOS_GRID_XTREEMFSAUTH, "x509") &&
	    xos_grid_is(grid, XOS_GRID_USESSL, "false"))
		xos_grid_problem(grid, XOS_GRID_GLOBAL, grid->line[XOS_GRID_XTREEMFSAUTH],
				 "XTREEMFSAUTH: x509 needs certificates; set USESSL=true");
	if (xos_grid_is(grid, XOS_GRID_GRIDSSL, "true") &&
	    xos_grid_is(grid, XOS_GRID_USESSL, "false"))
		xos_grid_problem(grid, XOS_GRID_GLOBAL, grid->line[XOS_GRID_GRIDSSL],
				 "GRIDSSL: needs certificates; set USESSL=true");
	if (xos_grid_is(grid, XOS_GRID_CHECKPOINTER, "ssi") &&
	    xos_grid_is(grid, XOS_GRID_SSIFLAVOUR, "none"))
		xos_grid_problem(grid, XOS_GRID_GLOBAL, grid->line[XOS_GRID_CHECKPOINTER],
				 "CHECKPOINTER: ssi needs a cluster; set SSIFLAVOUR=kerrighed");
	if (xos_grid_is(grid, XOS_GRID_XTREEMFSMOUNT, "/"))
		xos_grid_problem(grid, XOS_GRID_GLOBAL, grid->line[XOS_GRID_XTREEMFSMOUNT],
				 "XTREEMFSMOUNT: is the root of this machine; e.g. XTREEMFSMOUNT=/xtreemfs");
}

void xos_grid_resolve(struct xos_grid *grid, const char *hostname)
{
	if (!has(grid, XOS_GRID_MYHOSTNAME))
		grid->value[XOS_GRID_MYHOSTNAME] = xos_arena_strdup(grid->arena, hostname);
	find_core(grid);
	find_self(grid);
	if (!grid->core || !grid->self)
		return;
	fill(grid);
	if (!grid->problems.n)
		check_together(grid);
}
