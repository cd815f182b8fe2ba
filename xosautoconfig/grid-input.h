/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * grid-input.h - what the admin wrote in /etc/xos/xosautoconfig, read and checked
 *
 * xos_grid_load() reads all four files and says every problem, not only the
 * first.  Whoever reads the result needs no further default and no further check.
 */
#ifndef _XOS_GRID_INPUT_H
#define _XOS_GRID_INPUT_H

#include "../libxos/arena.h"
#include "../libxos/error.h"
#include "../libxos/inventory.h"
#include "grid-keys.h"

#define XOS_GRID_DIR "/etc/xos/xosautoconfig"

enum xos_grid_role {
	XOS_GRID_CORE,			/* has the CA and the grid's services */
	XOS_GRID_RESOURCE,		/* runs jobs */
	XOS_GRID_CLIENT,		/* submits them */
	XOS_GRID_ROLES,
};

/** struct xos_grid_node - a word of nodeTypes; @address "" where etc/hosts has none */
struct xos_grid_node {
	const char *name;
	enum xos_grid_role role;
	const char *address;
	int line;
};

/** struct xos_grid_host - a line of etc/hosts */
struct xos_grid_host {
	const char *address;
	struct xos_strings names;
};

/**
 * struct xos_grid - all of it; everything is the arena's
 * @value: of each key, defaults filled in, never NULL after xos_grid_load()
 * @line: where the key stands in its file; 0: it has its default
 * @node: in the order of nodeTypes, @n_nodes of them
 * @host: in the order of etc/hosts, @n_hosts of them
 * @self, @core: this node and the core node, never NULL after xos_grid_load()
 * @problems: what is wrong, a line each: FILE:LINE: KEY: reason; example
 * @warnings: what is odd
 */
struct xos_grid {
	struct xos_arena *arena;
	const char *value[XOS_GRID_KEYS];
	int line[XOS_GRID_KEYS];
	struct xos_grid_node *node;
	size_t n_nodes;
	struct xos_grid_host *host;
	size_t n_hosts;
	const struct xos_grid_node *self;
	const struct xos_grid_node *core;
	struct xos_strings problems;
	struct xos_strings warnings;
};

/** xos_grid_role_name() - "core", "resource" or "client" */
const char *xos_grid_role_name(enum xos_grid_role role);

/** xos_grid_create() - one without a value; NULL: no memory */
struct xos_grid *xos_grid_create(void);
/** xos_grid_destroy() - NULL allowed */
void xos_grid_destroy(struct xos_grid *grid);

/**
 * xos_grid_parse() - take in the text of one file
 * @text: the file, changed by this; with a NUL behind its @len bytes
 * What is wrong is added to @grid->problems, what is unknown to its warnings.
 */
void xos_grid_parse(struct xos_grid *grid, enum xos_grid_input input, char *text,
		    size_t len);

/**
 * xos_grid_read() - take in the files of a directory
 * @dir: etc/hosts and localDefs may be missing in it
 * Return: 0; negative errno with @err when a file cannot be read.
 */
int xos_grid_read(struct xos_grid *grid, const char *dir, struct xos_error *err);

/**
 * xos_grid_resolve() - fill in defaults and check what concerns several keys
 * @hostname: name of this machine, for a missing MYHOSTNAME
 */
void xos_grid_resolve(struct xos_grid *grid, const char *hostname);

/**
 * xos_grid_load() - create, read and resolve
 * @strict: what is odd is a problem, too
 * Return: it, also when it has problems (look at them); NULL with @err.
 */
struct xos_grid *xos_grid_load(const char *dir, const char *hostname, bool strict,
			       struct xos_error *err);

/** xos_grid_is() - does a key have this value? */
bool xos_grid_is(const struct xos_grid *grid, enum xos_grid_key key,
		 const char *value);

/** xos_grid_address() - the address of a name in etc/hosts, itself if it is one; "" */
const char *xos_grid_address(const struct xos_grid *grid, const char *name);

/** xos_grid_problem() - note one; @line 0: of no line */
void xos_grid_problem(struct xos_grid *grid, enum xos_grid_input input, int line,
		      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif /* _XOS_GRID_INPUT_H */
