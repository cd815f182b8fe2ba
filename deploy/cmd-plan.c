// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-plan.c - plan: what run would do and write; nothing is done
 *
 * In the order of the run: images, the head's files as a diff, the back-end's
 * commands, each node's boot line and power, the cluster, the hook.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../libxos/cleanup.h"
#include "cmd.h"
#include "head-input.h"
#include "image.h"

#define UNBUILT_ID	"0000000000000000"

static void plan_images(const struct cmd *c, struct xos_built *images, bool none)
{
	size_t i;

	for (i = 0; i < c->inv->n_images; i++) {
		const char *name = c->inv->images[i].name;
		struct xos_error err = { 0 };
		int rc;

		if (none) {
			printf("image %s: not needed\n", name);
			continue;
		}
		rc = xos_image_name(c->inv, i, &c->paths, &images[i], &err);
		if (rc < 0)
			printf("image %s: cannot be built: %s\n", name, err.text);
		else
			printf("image %s: %s %s\n", name, rc ? "use" : "build", images[i].id);
	}
}

/* Against what the last run gave the head; the state directory keeps a copy. */
static int plan_head_files(const struct cmd *c, struct xos_error *err)
{
	struct xos_head_source source;
	cleanup_free char *copy = NULL;
	size_t i;
	int rc;

	if (asprintf(&copy, "%s/head", c->paths.state) < 0)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	rc = xos_head_source_init(&source, c->inv, &c->paths, NULL, err);
	if (rc < 0)
		return rc;
	for (i = 0; i < c->inv->n_images; i++)
		if (!source.ids[i] && &c->inv->images[i] != c->inv->head.image)
			break;
	if (i < c->inv->n_images)
		printf("head %s: its files name the image %s, which is built first\n",
		       c->inv->head.name, c->inv->images[i].name);
	else
		rc = xos_head_diff(stdout, copy, &source.input, err);
	xos_head_source_free(&source);
	return rc < 0 ? rc : 0;
}

static const char *image_id(const struct cmd *c, const struct xos_built *images,
			    const struct xos_node *node)
{
	const char *id = images[node->image - c->inv->images].id;

	return *id ? id : UNBUILT_ID;
}

static int plan_nodes(const struct cmd *c, const struct xos_replay *replay,
		      const struct xos_built *images, struct xos_error *err)
{
	char line[XOS_BOOTLINE_MAX + 1];
	size_t i;

	for (i = 0; i < c->inv->n_nodes; i++) {
		const struct xos_node *node = &c->inv->nodes[i];
		enum xos_state state = replay->machines[i].state;
		int rc = xos_inventory_bootline(c->inv, node, image_id(c, images, node), line,
						err);

		if (rc < 0)
			return rc;
		printf("node %s: boot line: %s\n", node->name, line);
		printf("node %s: %s (%s)\n", node->name,
		       state == XOS_STATE_OFF || state == XOS_STATE_EXCLUDED ? "power on" :
		       state == XOS_STATE_KO ? "power cycle" :
		       state == XOS_STATE_ONLINE ? "verify" : "wait for its reports",
		       xos_state_name(state));
	}
	return 0;
}

static void plan_key(const struct cmd *c)
{
	size_t i;

	if (!c->inv->secure)
		puts("SECURITY IS OFF: nodes talk in clear and let anybody in");
	if (!xos_inventory_needs_key(c->inv))
		return;
	for (i = 0; i < c->inv->n_nodes; i++)
		printf("node %s: the cluster's key, by ssh's standard input, to " XOS_NODE_KEY_FILE
		       " (0400, in memory)\n", c->inv->nodes[i].name);
}

static void plan_cluster(const struct cmd *c)
{
	size_t i;

	printf("node %s: krgadm nodes add -n ", c->inv->nodes[0].name);
	for (i = 0; i < c->inv->n_nodes; i++)
		printf("%s%u", i ? "," : "", c->inv->nodes[i].id);
	printf("\nnode %s: krgadm nodes status, until all are online\n", c->inv->nodes[0].name);
	if (c->inv->grid_hook && *c->inv->grid_hook)
		printf("head %s: %s, where installed\n", c->inv->head.name, c->inv->grid_hook);
}

static int plan(struct cmd *c, struct xos_backends *backends, struct xos_built *images,
		struct xos_error *err)
{
	struct xos_replay replay = { 0 };
	struct xos_backend *head = &backends->list[0];
	int rc = xos_replay_init(&replay, c->inv, err);

	if (!rc)
		rc = xos_replay_read(&replay, c->paths.state, err);
	if (!rc) {
		plan_images(c, images, head->ops->no_images);
		head->images = head->ops->no_images ? NULL : images;
		rc = head->ops->no_images ? 0 : plan_head_files(c, err);
	}
	if (!rc)
		rc = head->ops->plan(head, stdout, err);
	if (!rc)
		rc = plan_nodes(c, &replay, images, err);
	if (!rc)
		plan_key(c);
	if (!rc && c->inv->n_nodes)
		plan_cluster(c);
	xos_replay_free(&replay);
	return rc;
}

int cmd_plan(struct cmd *c)
{
	struct xos_backends backends;
	struct xos_built *images;
	struct xos_error err = { 0 };
	size_t i;
	int rc;

	if (c->argc)
		return cmd_usage(c, "unexpected '%s'", c->argv[0]);
	if (cmd_open(c, &err) < 0)
		return cmd_fail(&err);
	if (xos_backends_open(&backends, c->inv, &c->paths, &err) < 0)
		return cmd_fail(&err);
	images = calloc(c->inv->n_images + 1, sizeof(*images));
	rc = images ? plan(c, &backends, images, &err) :
	     xos_error_set(&err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	for (i = 0; images && i < c->inv->n_images; i++)
		free(images[i].dir);
	free(images);
	xos_backends_close(&backends);
	return rc < 0 ? cmd_fail(&err) : 0;
}
