// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-run.c - run, resume: deploy
 *
 * Holds the deployment's lock, keeps copies of inventory and node file beside
 * the journal, runs the engine under the user interface, prints the summary.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "cmd.h"
#include "paths.h"
#include "ui.h"

#define COPY_MAX	(64 << 20)

static int keep_copy(const char *from, const char *dir, const char *name,
		     struct xos_error *err)
{
	cleanup_free char *path = NULL, *text = NULL;
	size_t len;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	if (!from) {
		unlink(path);
		return 0;
	}
	text = xos_file_read(from, COPY_MAX, &len, err);
	return text ? xos_file_write(path, text, len, 0600, false, err) : err->code;
}

static int keep_inputs(struct cmd *c, struct xos_error *err)
{
	cleanup_free char *kept = NULL;
	int rc = keep_copy(c->inv->file, c->paths.state, "inventory.xml", err);

	if (rc < 0 || asprintf(&kept, "%s/nodefile", c->paths.state) < 0)
		return rc < 0 ? rc : -ENOMEM;
	if (c->entry->run == cmd_resume && !c->nodefile)
		return 0;
	return keep_copy(c->nodefile, c->paths.state, "nodefile", err);
}

static void print_lost(const struct cmd *c, const struct xos_replay *replay)
{
	size_t i;

	for (i = 0; i < c->inv->n_nodes; i++)
		if (replay->machines[i].state == XOS_STATE_KO)
			printf("  %s: %s\n", c->inv->nodes[i].name, replay->machines[i].reason);
}

static void print_json(const struct xos_summary *s)
{
	json_t *o = json_pack("{s:{s:i,s:i,s:i,s:i,s:i,s:I}}", "summary", "exit",
			      (int)s->exit, "online", (int)s->online, "ko", (int)s->ko,
			      "excluded", (int)s->excluded, "min_nodes", (int)s->min_nodes,
			      "elapsed_ms", (json_int_t)s->elapsed_ms);

	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static void print_summary(const struct cmd *c, const struct xos_summary *s, struct xos_ui *ui)
{
	struct xos_replay replay;
	struct xos_error err;

	if (!xos_replay_init(&replay, c->inv, &err)) {
		if (!xos_replay_read(&replay, c->paths.state, &err))
			xos_ui_final(ui, replay.machines);
		printf("%s: %s\n", c->inv->name, s->text);
		print_lost(c, &replay);
		xos_replay_free(&replay);
	}
	if (s->ko)
		puts("why: xos-ssi-deploy why NODE; again: xos-ssi-deploy resume");
}

static int deploy(struct cmd *c, bool resume)
{
	struct xos_watch watch = { xos_ui_record, xos_ui_progress, xos_ui_tick, NULL };
	struct xos_options options = { .resume = resume, .window = c->window,
		.ok_file = c->ok_file, .ko_file = c->ko_file };
	struct xos_summary summary;
	struct xos_error err = { 0 };
	char *exclude = (char *)c->exclude;
	cleanup_free bool *excluded = NULL;
	cleanup_close int lock = -1;
	int rc;

	options.stop = cmd_catch_signals();
	options.min_nodes = c->min_percent ?
		(c->min_nodes * c->inv->n_nodes + 99) / 100 : c->min_nodes;
	if (exclude) {
		excluded = cmd_pick(c, &exclude, 1, &err);
		if (!excluded)
			return cmd_fail(&err);
		options.excluded = excluded;
	}
	if (xos_paths_make(&c->paths, &err) < 0)
		return cmd_fail(&err);
	lock = xos_paths_lock(&c->paths, &err);
	if (lock < 0 || keep_inputs(c, &err) < 0)
		return cmd_fail(&err);
	watch.arg = xos_ui_create(stdout, c->inv, c->json ? XOS_UI_JSON : XOS_UI_AUTO,
				  c->verbose);
	if (!watch.arg)
		return XOS_EXIT_FAILED;
	rc = xos_engine_run(c->inv, &c->paths, &options, &watch, &summary, &err);
	if (!rc && c->json)
		print_json(&summary);
	else if (!rc)
		print_summary(c, &summary, watch.arg);
	xos_ui_destroy(watch.arg);
	return rc < 0 ? cmd_fail(&err) : (int)summary.exit;
}

static int open_and_deploy(struct cmd *c, bool resume)
{
	struct xos_error err = { 0 };

	if (c->argc)
		return cmd_usage(c, "unexpected '%s'", c->argv[0]);
	if (cmd_open(c, &err) < 0)
		return cmd_fail(&err);
	return deploy(c, resume);
}

int cmd_run(struct cmd *c)
{
	return open_and_deploy(c, false);
}

int cmd_resume(struct cmd *c)
{
	return open_and_deploy(c, true);
}
