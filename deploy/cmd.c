// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd.c - what the commands share
 *
 * Which nodes a deployment has may come from a node file that is gone when the
 * grid's job has ended, so "run" keeps a copy beside the journal and the other
 * commands read that, unless they are given another.
 */
#include "cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../libxos/arena.h"
#include "../libxos/cleanup.h"
#include "../libxos/range.h"
#include "paths.h"

int cmd_fail(const struct xos_error *err)
{
	fflush(stdout);
	fprintf(stderr, "xos-ssi-deploy: %s\n", err->text);
	return err->exit ? err->exit : XOS_EXIT_FAILED;
}

int cmd_usage(const struct cmd *c, const char *fmt, ...)
{
	va_list ap;

	fputs("xos-ssi-deploy: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (c->entry)
		fprintf(stderr, "; usage: xos-ssi-deploy %s %s\n", c->entry->name,
			c->entry->args);
	else
		fputs("; see: xos-ssi-deploy --help\n", stderr);
	return XOS_EXIT_USAGE;
}

static const char *find_inventory(const struct cmd *c)
{
	static const char *const usual[] = { "/etc/xos-ssi/inventory.xml", "inventory.xml" };
	const char *variable = getenv("XOS_INVENTORY");
	size_t i;

	if (c->inventory)
		return c->inventory;
	if (variable && *variable)
		return variable;
	for (i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (!access(usual[i], F_OK))
			return usual[i];
	return NULL;
}

static int load(struct cmd *c, const char *file, const char *nodefile,
		struct xos_error *err)
{
	cmd_close(c);
	c->inv = xos_inventory_load(file, nodefile, err);
	return c->inv ? xos_paths_init(&c->paths, c->inv->name, err) : err->code;
}

int cmd_open(struct cmd *c, struct xos_error *err)
{
	const char *file = find_inventory(c);
	cleanup_free char *kept = NULL;
	int rc;

	if (!file)
		return xos_error_set(err, -ENOENT, XOS_EXIT_USAGE,
			"no inventory: give one with -i, or in $XOS_INVENTORY, /etc/xos-ssi/inventory.xml or ./inventory.xml");
	c->inventory = file;
	if (!c->nodefile)
		c->nodefile = xos_inventory_nodefile();
	rc = load(c, file, c->nodefile, err);
	if (rc < 0 || c->nodefile || c->entry->run == cmd_run || c->entry->run == cmd_check)
		return rc;
	if (asprintf(&kept, "%s/nodefile", c->paths.state) < 0)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	return access(kept, R_OK) ? 0 : load(c, file, kept, err);
}

void cmd_close(struct cmd *c)
{
	if (c->inv)
		xos_inventory_free(c->inv);
	c->inv = NULL;
	xos_paths_free(&c->paths);
}

const struct xos_node *cmd_node(const struct cmd *c, const char *word,
				struct xos_error *err)
{
	const struct xos_node *node = xos_inventory_node(c->inv, word);

	if (!node)
		xos_error_set(err, -ENOENT, XOS_EXIT_USAGE,
			      "%s has no node '%s'; its nodes: xos-ssi-deploy check -v",
			      c->inv->file, word);
	return node;
}

bool *cmd_pick(const struct cmd *c, char **words, int n, struct xos_error *err)
{
	struct xos_arena *arena = xos_arena_create();
	struct xos_strings names = { 0 };
	bool *picked = calloc(c->inv->n_nodes + 1, sizeof(*picked));
	const struct xos_node *node;
	size_t i;
	int word, rc = 0;

	if (!arena || !picked)
		rc = xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	for (word = 0; word < n && !rc; word++)
		rc = xos_range_expand(arena, words[word], &names, err);
	for (i = 0; i < names.n && !rc; i++) {
		node = cmd_node(c, names.s[i], err);
		if (node)
			picked[node - c->inv->nodes] = true;
		else
			rc = err->code;
	}
	xos_arena_destroy(arena);
	if (!rc)
		return picked;
	free(picked);
	if (err->exit == XOS_EXIT_OK)
		err->exit = XOS_EXIT_USAGE;
	return NULL;
}

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

const volatile sig_atomic_t *cmd_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };	/* no SA_RESTART */

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	return &stopped;
}
