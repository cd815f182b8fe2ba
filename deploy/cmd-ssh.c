// SPDX-License-Identifier: GPL-2.0-only
/* cmd-ssh.c - ssh, console: this process becomes the connection */
#include <errno.h>
#include <string.h>

#include "cmd.h"

static int connect_to(struct cmd *c, bool console)
{
	struct xos_backends backends;
	const struct xos_node *node = NULL;
	struct xos_backend *b;
	struct xos_error err = { 0 };
	int rc;

	if (!c->argc || (console && c->argc > 1))
		return cmd_usage(c, "%s", c->argc ? "more than one node" : "no node");
	if (cmd_open(c, &err) < 0)
		return cmd_fail(&err);
	if (strcmp(c->argv[0], c->inv->head.name)) {
		node = cmd_node(c, c->argv[0], &err);
		if (!node)
			return cmd_fail(&err);
	}
	if (xos_backends_open(&backends, c->inv, &c->paths, &err) < 0)
		return cmd_fail(&err);
	fflush(stdout);
	b = xos_backends_of(&backends, node);
	rc = b->ops->exec_on(b, node, c->argc > 1 ? (const char *const *)c->argv + 1 : NULL,
			     console, &err);
	xos_backends_close(&backends);
	return rc < 0 ? cmd_fail(&err) : 0;
}

int cmd_ssh(struct cmd *c)
{
	return connect_to(c, false);
}

int cmd_console(struct cmd *c)
{
	return connect_to(c, true);
}
