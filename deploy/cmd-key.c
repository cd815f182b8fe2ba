// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-key.c - key: show the cluster's key by its name, or replace it
 *
 * A rotation, each step only when every machine that is on has done the one
 * before:
 *
 *	1 distribute	all nodes get the new key beside the old one
 *	2 switch	all nodes use the new key, and still accept the old one
 *	3 drop		all nodes forget the old key
 *
 * Where it stands is in the deployment's own key file, so a rotation that was
 * killed, or waits for a node, goes on with the same command.  Every node may be
 * told the same thing twice.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../libxos/cleanup.h"
#include "cmd.h"
#include "key-delivery.h"
#include "paths.h"

#define BUSY_PAUSE_S	3
#define BUSY_MAX_S	90	/* TIPC changes over in 15 s when all are there */

static const char *const done_words[] = {
	[XOS_ROTATION_NONE] = "have only the new key",
	[XOS_ROTATION_DISTRIBUTE] = "have the new key",
	[XOS_ROTATION_SWITCH] = "use the new key",
};

static struct xos_delivery *list_running(struct cmd *c, struct xos_backends *backends,
					 size_t *n)
{
	struct xos_delivery *list = calloc(c->inv->n_nodes + 1, sizeof(*list));
	size_t i;

	*n = 0;
	for (i = 0; list && i < c->inv->n_nodes; i++) {
		const struct xos_node *node = &c->inv->nodes[i];
		struct xos_backend *b = xos_backends_of(backends, node);

		/* One that is off gets the keys of the day when it boots. */
		if (b->ops->power_status(b, node) != XOS_POWER_OFF)
			list[(*n)++] = (struct xos_delivery){ .backend = b, .node = node };
	}
	return list;
}

/* To the front those that have not got it; their number. */
static size_t keep_missing(struct xos_delivery *list, size_t n, bool *busy)
{
	size_t missing = 0, i;

	*busy = false;
	for (i = 0; i < n; i++) {
		if (list[i].done)
			continue;
		*busy |= list[i].busy;
		list[missing++] = list[i];
	}
	return missing;
}

static int name_missing(const struct xos_delivery *list, size_t n, bool force)
{
	size_t i;

	for (i = 0; i < n; i++)
		fprintf(stderr, "xos-ssi-deploy: %s has not got it: %s\n", list[i].node->name,
			list[i].why);
	if (!force)
		fputs("xos-ssi-deploy: the old key stays good until all have the new one; when they answer again: xos-ssi-deploy key rotate; to go on without them: xos-ssi-deploy key rotate --force\n",
		      stderr);
	return force ? 0 : -EAGAIN;
}

/* One step: @keys to all.  0: everybody has them, or is left behind by force. */
static int give_to_all(struct cmd *c, struct xos_backends *backends,
		       const struct xos_cluster_keys *keys, struct xos_error *err)
{
	size_t n, missing;
	cleanup_free struct xos_delivery *list = list_running(c, backends, &n);
	unsigned int waited_s;
	bool busy = true;
	int rc;

	if (!list)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	/* One that does not answer is not worth a wait, one that is busy is. */
	missing = n;
	for (waited_s = 0; missing && busy && waited_s <= BUSY_MAX_S;
	     waited_s += BUSY_PAUSE_S) {
		if (waited_s)
			sleep(BUSY_PAUSE_S);
		rc = xos_keys_deliver(list, missing, keys, err);
		if (rc < 0)
			return rc;
		missing = keep_missing(list, missing, &busy);
	}
	printf("%zu of %zu nodes %s\n", n - missing, n,
	       done_words[xos_cluster_keys_rotation(keys)]);
	fflush(stdout);
	rc = missing ? name_missing(list, missing, c->force) : 0;
	if (rc < 0)
		xos_error_set(err, rc, XOS_EXIT_FAILED, "the key is not replaced yet");
	return rc;
}

static int rotate(struct cmd *c, struct xos_backends *backends, struct xos_cluster_keys *keys,
		  struct xos_error *err)
{
	const char *state = c->paths.state;
	struct xos_cluster_keys last;
	int rc = 0;

	if (xos_cluster_keys_rotation(keys) == XOS_ROTATION_NONE) {
		rc = xos_cluster_keys_advance(keys, err);
		if (!rc)
			rc = xos_cluster_keys_store(state, keys, err);
	}
	if (!rc && xos_cluster_keys_rotation(keys) == XOS_ROTATION_DISTRIBUTE) {
		rc = give_to_all(c, backends, keys, err);
		if (!rc)
			rc = xos_cluster_keys_advance(keys, err);
		if (!rc)
			rc = xos_cluster_keys_store(state, keys, err);
	}
	if (!rc)
		rc = give_to_all(c, backends, keys, err);
	if (rc < 0)
		return rc;
	/* At rest only when all have dropped it: else a rerun would start anew. */
	last = *keys;
	rc = xos_cluster_keys_advance(&last, err);
	if (!rc)
		rc = give_to_all(c, backends, &last, err);
	if (!rc)
		rc = xos_cluster_keys_store(state, &last, err);
	if (!rc)
		*keys = last;
	xos_cluster_keys_wipe(&last);
	return rc;
}

static int show(const struct xos_cluster_keys *keys, struct xos_error *err)
{
	static const char *const words[] = {
		[XOS_ROTATION_NONE] = "",
		[XOS_ROTATION_DISTRIBUTE] = "being replaced, nodes get the new key; xos-ssi-deploy key rotate goes on\n",
		[XOS_ROTATION_SWITCH] = "being replaced, nodes go over to the new key; xos-ssi-deploy key rotate goes on\n",
	};
	char text[XOS_KEY_TEXT_MAX];
	int rc = xos_cluster_keys_expected(keys, text, err);

	if (!rc)
		printf("%s%s", text, words[xos_cluster_keys_rotation(keys)]);
	return rc;
}

static int with_keys(struct cmd *c, bool rotating, struct xos_error *err)
{
	struct xos_cluster_keys keys;
	struct xos_backends backends;
	int rc = xos_cluster_keys_load(c->paths.state, c->inv->session, &keys, err);

	if (!rc && rotating)
		rc = xos_backends_open(&backends, c->inv, &c->paths, err);
	if (!rc && rotating) {
		rc = rotate(c, &backends, &keys, err);
		xos_backends_close(&backends);
	}
	if (!rc)
		rc = show(&keys, err);
	xos_cluster_keys_wipe(&keys);
	return rc;
}

int cmd_key(struct cmd *c)
{
	bool rotating = c->argc == 1 && !strcmp(c->argv[0], "rotate");
	struct xos_error err = { 0 };
	cleanup_close int lock = -1;

	if (c->argc != 1 || (!rotating && strcmp(c->argv[0], "show")))
		return cmd_usage(c, "not one of the words show, rotate");
	if (cmd_open(c, &err) < 0)
		return cmd_fail(&err);
	if (!xos_inventory_needs_key(c->inv)) {
		xos_error_set(&err, -EINVAL, XOS_EXIT_USAGE, c->inv->secure ?
			      "%s: its nodes do not load ssi_kddm, they have no key" :
			      "%s: security=\"off\", there is no key", c->inv->file);
		return cmd_fail(&err);
	}
	if (xos_paths_make(&c->paths, &err) < 0)
		return cmd_fail(&err);
	lock = xos_paths_lock(&c->paths, &err);
	if (lock < 0 || with_keys(c, rotating, &err) < 0)
		return cmd_fail(&err);
	return 0;
}
