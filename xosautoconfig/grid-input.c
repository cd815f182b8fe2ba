// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * grid-input.c - reads globalDefs, localDefs, nodeTypes and etc/hosts
 *
 * Keys: lines KEY=VALUE as a shell has them, '#' comments, an empty value is
 * none.  nodeTypes: "type: host host ...", also ranges.  The parsers take any
 * bytes; what the keys mean together is looked at in grid-resolve.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "../libxos/nodefile.h"
#include "../libxos/range.h"
#include "grid-input.h"

#define FILE_MAX_BYTES (1u << 20)
#define PROBLEMS_MAX 50		/* a wrong file would bury the first one */
#define HOSTS_MAX 65536

const char *xos_grid_role_name(enum xos_grid_role role)
{
	static const char *const names[XOS_GRID_ROLES] = {
		"core", "resource", "client",
	};

	return names[role];
}

struct xos_grid *xos_grid_create(void)
{
	struct xos_arena *arena = xos_arena_create();
	struct xos_grid *grid;

	if (!arena)
		return NULL;
	grid = xos_arena_alloc(arena, sizeof(*grid));
	if (!grid)
		xos_arena_destroy(arena);
	else
		grid->arena = arena;
	return grid;
}

void xos_grid_destroy(struct xos_grid *grid)
{
	if (grid)
		xos_arena_destroy(grid->arena);
}

static void note(struct xos_grid *grid, struct xos_strings *list,
		 enum xos_grid_input input, int line, const char *fmt, va_list ap)
{
	char text[900], where[64] = "";
	const char *s;

	if (list->n >= PROBLEMS_MAX)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	if (line)
		snprintf(where, sizeof(where), ":%d", line);
	s = xos_arena_printf(grid->arena, "%s%s: %s", xos_grid_input_name(input),
			     where, text);
	xos_strings_add(grid->arena, list, s ? s : "no memory");
}

void xos_grid_problem(struct xos_grid *grid, enum xos_grid_input input, int line,
		      const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(grid, &grid->problems, input, line, fmt, ap);
	va_end(ap);
}

static void __attribute__((format(printf, 4, 5)))
warn(struct xos_grid *grid, enum xos_grid_input input, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(grid, &grid->warnings, input, line, fmt, ap);
	va_end(ap);
}

static char *trim(char *s)
{
	char *end;

	s += strspn(s, " \t\r");
	end = s + strlen(s);
	while (end > s && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return s;
}

/* Takes the quotes off "a value" or 'a value'. */
static char *unquote(char *s)
{
	size_t len = strlen(s);

	if (len >= 2 && (*s == '"' || *s == '\'') && s[len - 1] == *s) {
		s[len - 1] = '\0';
		s++;
	}
	return s;
}

static void unknown_key(struct xos_grid *grid, enum xos_grid_input input, int line,
			const char *name)
{
	const char *like = xos_grid_key_like(name);

	warn(grid, input, line, "%.40s: unknown key%s%s%s", name,
	     like ? "; did you mean " : "", like ? like : "",
	     like ? "?" : "; see xosautoconfig(5)");
}

static void parse_key(struct xos_grid *grid, enum xos_grid_input input, int line,
		      char *text)
{
	char *equals = strchr(text, '=');
	const struct xos_grid_key_info *info;
	enum xos_grid_key key;
	char *value, why[160];

	if (!equals) {
		xos_grid_problem(grid, input, line, "'%.40s' is not KEY=VALUE; e.g. %s",
				 text, input == XOS_GRID_GLOBAL ? "GRIDNAME=testgrid" :
				 "MYHOSTNAME=node-1");
		return;
	}
	*equals = '\0';
	text = trim(text);
	value = unquote(trim(equals + 1));
	key = xos_grid_key_find(text);
	if (key == XOS_GRID_KEYS) {
		unknown_key(grid, input, line, text);
		return;
	}
	info = xos_grid_key_info(key);
	if (info->input != input)
		xos_grid_problem(grid, input, line, "%s: belongs into %s", text,
				 xos_grid_input_name(info->input));
	else if (grid->line[key])
		xos_grid_problem(grid, input, line, "%s: is in line %d already; keep one",
				 text, grid->line[key]);
	else if (!xos_grid_value_check(key, value, why, sizeof(why)))
		xos_grid_problem(grid, input, line, "%s: '%.80s' %s; e.g. %s=%s", text,
				 value, why, text, info->example);
	grid->line[key] = line;
	grid->value[key] = xos_arena_strdup(grid->arena, value);
}

static const struct {
	const char *word;
	enum xos_grid_role role;
} types[] = {
	{ "core-node", XOS_GRID_CORE },
	{ "head-node", XOS_GRID_CORE },		/* the historic word */
	{ "resource-node", XOS_GRID_RESOURCE },
	{ "client-node", XOS_GRID_CLIENT },
};

static void add_node(struct xos_grid *grid, int line, const char *name,
		     enum xos_grid_role role)
{
	struct xos_grid_node *node;

	if (!xos_name_is_valid(name)) {
		xos_grid_problem(grid, XOS_GRID_TYPES, line,
				 "'%.64s' is not a host name; e.g. node-1.example.org", name);
		return;
	}
	for (size_t i = 0; i < grid->n_nodes; i++) {
		node = &grid->node[i];
		if (strcmp(node->name, name))
			continue;
		xos_grid_problem(grid, XOS_GRID_TYPES, line,
				 "'%s' is in line %d already (%s); a host has one role",
				 name, node->line, xos_grid_role_name(node->role));
		return;
	}
	node = xos_arena_grow(grid->arena, grid->node, grid->n_nodes, sizeof(*node));
	if (!node)
		return;
	grid->node = node;
	node += grid->n_nodes++;
	node->name = name;
	node->role = role;
	node->line = line;
}

static void parse_type(struct xos_grid *grid, int line, char *text)
{
	char *colon = strchr(text, ':'), *word, *rest;
	struct xos_strings names = { 0 };
	struct xos_error err;
	size_t i;

	if (!colon) {
		xos_grid_problem(grid, XOS_GRID_TYPES, line,
				 "'%.40s' is not TYPE: HOST...; e.g. resource-node: node-[1-3]",
				 text);
		return;
	}
	*colon = '\0';
	text = trim(text);
	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(types[i].word, text))
			break;
	if (i == sizeof(types) / sizeof(*types)) {
		xos_grid_problem(grid, XOS_GRID_TYPES, line,
				 "%.40s: unknown type; core-node, resource-node or client-node",
				 text);
		return;
	}
	for (word = strtok_r(colon + 1, " \t\r", &rest); word;
	     word = strtok_r(NULL, " \t\r", &rest))
		if (xos_range_expand(grid->arena, word, &names, &err))
			xos_grid_problem(grid, XOS_GRID_TYPES, line, "%.200s", err.text);
	if (names.n > XOS_SSI_NODE_ID_MAX) {
		xos_grid_problem(grid, XOS_GRID_TYPES, line, "%zu hosts; %d are the most",
				 names.n, XOS_SSI_NODE_ID_MAX);
		return;
	}
	for (size_t n = 0; n < names.n; n++)
		add_node(grid, line, names.s[n], types[i].role);
}

static void parse_host(struct xos_grid *grid, int line, char *text)
{
	unsigned char binary[sizeof(struct in6_addr)];
	struct xos_grid_host *host;
	char *word, *rest;

	word = strtok_r(text, " \t\r", &rest);
	if (inet_pton(AF_INET, word, binary) != 1 &&
	    inet_pton(AF_INET6, word, binary) != 1) {
		xos_grid_problem(grid, XOS_GRID_HOSTS, line,
				 "'%.40s' is not an address; e.g. 10.0.0.17 node-1", word);
		return;
	}
	if (grid->n_hosts >= HOSTS_MAX)
		return;
	host = xos_arena_grow(grid->arena, grid->host, grid->n_hosts, sizeof(*host));
	if (!host)
		return;
	grid->host = host;
	host += grid->n_hosts++;
	host->address = xos_arena_strdup(grid->arena, word);
	while ((word = strtok_r(NULL, " \t\r", &rest))) {
		if (xos_name_is_valid(word))
			xos_strings_add(grid->arena, &host->names, word);
		else
			xos_grid_problem(grid, XOS_GRID_HOSTS, line,
					 "'%.64s' is not a host name", word);
	}
	if (!host->names.n)
		xos_grid_problem(grid, XOS_GRID_HOSTS, line,
				 "%s has no name; e.g. %s node-1", host->address,
				 host->address);
}

void xos_grid_parse(struct xos_grid *grid, enum xos_grid_input input, char *text,
		    size_t len)
{
	char *next;
	int line = 0;

	if (memchr(text, '\0', len)) {
		xos_grid_problem(grid, input, 0, "has a NUL byte: not a text");
		return;
	}
	for (char *p = text; p; p = next) {
		next = strchr(p, '\n');
		if (next)
			*next++ = '\0';
		line++;
		/* a '#' inside a value is its own, as in a shell */
		p = trim(p);
		if (input == XOS_GRID_TYPES || input == XOS_GRID_HOSTS) {
			p[strcspn(p, "#")] = '\0';
			p = trim(p);
		}
		if (!*p || *p == '#')
			continue;
		if (input == XOS_GRID_TYPES)
			parse_type(grid, line, p);
		else if (input == XOS_GRID_HOSTS)
			parse_host(grid, line, p);
		else
			parse_key(grid, input, line, p);
	}
}

int xos_grid_read(struct xos_grid *grid, const char *dir, struct xos_error *err)
{
	for (enum xos_grid_input input = 0; input < XOS_GRID_INPUTS; input++) {
		bool optional = input == XOS_GRID_LOCAL || input == XOS_GRID_HOSTS;
		cleanup_free char *text = NULL;
		struct xos_error why = { 0 };
		const char *path;
		size_t len;

		path = xos_arena_printf(grid->arena, "%s/%s", dir,
					xos_grid_input_name(input));
		if (!path)
			return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
		text = xos_file_read(path, FILE_MAX_BYTES, &len, &why);
		if (text)
			xos_grid_parse(grid, input, text, len);
		else if (why.code != -ENOENT || !optional)
			return xos_error_set(err, why.code, XOS_EXIT_USAGE,
					     "%.800s%s", why.text,
					     why.code == -ENOENT ?
					     "; xosautoconfig --init writes samples" : "");
	}
	return 0;
}

struct xos_grid *xos_grid_load(const char *dir, const char *hostname, bool strict,
			       struct xos_error *err)
{
	struct xos_grid *grid = xos_grid_create();

	if (!grid) {
		xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
		return NULL;
	}
	if (xos_grid_read(grid, dir, err)) {
		xos_grid_destroy(grid);
		return NULL;
	}
	xos_grid_resolve(grid, hostname);
	if (strict) {
		for (size_t i = 0; i < grid->warnings.n; i++)
			xos_strings_add(grid->arena, &grid->problems, grid->warnings.s[i]);
		grid->warnings.n = 0;
	}
	return grid;
}
