// SPDX-License-Identifier: GPL-2.0-only
/* cmd-check.c - check: every problem of the inventory, nothing done */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "cmd.h"

static void print_problem(const struct xos_error *problem, void *arg)
{
	unsigned int *n = arg;

	fprintf(stderr, "xos-ssi-deploy: %s\n", problem->text);
	(*n)++;
}

static void print_nodes(const struct xos_inventory *inv)
{
	char address[INET_ADDRSTRLEN], mac[18];
	size_t i;

	for (i = 0; i < inv->n_nodes; i++) {
		const struct xos_node *n = &inv->nodes[i];

		printf("%-16s id %-4u %s %-15s %s %u MiB, %u processors, image %s\n", n->name,
		       n->id, xos_mac_format(n->mac, ':', mac),
		       inet_ntop(AF_INET, &n->address, address, sizeof(address)), n->backend,
		       n->memory_mib, n->processors, n->image->name);
	}
}

int cmd_check(struct cmd *c)
{
	struct xos_limits limits;
	struct xos_error err = { 0 };
	unsigned int problems = 0;
	size_t i;

	if (c->argc)
		return cmd_usage(c, "unexpected '%s'", c->argv[0]);
	if (cmd_open(c, &err) < 0) {
		const char *file = c->inventory;

		if (!file)
			return cmd_fail(&err);
		c->inv = xos_inventory_check(file, c->nodefile, print_problem, &problems, &err);
		return problems ? XOS_EXIT_USAGE : cmd_fail(&err);
	}
	if (xos_limits_init(&limits, &c->inv->policy, c->inv->n_nodes, &err) < 0)
		return cmd_fail(&err);
	if (strcmp(c->inv->head.backend, "local") &&	/* "head install" makes it */
	    !xos_backend_find(c->inv->head.backend, &err))
		return cmd_fail(&err);
	for (i = 0; i < c->inv->n_nodes; i++)
		if (!xos_backend_find(c->inv->nodes[i].backend, &err)) {
			xos_error_prefix(&err, "%s:%d: ", c->inv->nodes[i].where.file,
					 c->inv->nodes[i].where.line);
			return cmd_fail(&err);
		}
	if (c->verbose)
		print_nodes(c->inv);
	if (!c->inv->secure)
		fprintf(stderr, "xos-ssi-deploy: %s: SECURITY IS OFF: nodes talk in clear and let anybody in\n",
			c->inv->file);
	printf("%s: cluster %s, session %u, %zu nodes: no problem found\n", c->inv->file,
	       c->inv->name, c->inv->session, c->inv->n_nodes);
	return 0;
}
