// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-status.c - status: where each node stands, from the journal alone
 *
 * -w follows the journal that another process writes, until its run ends.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "paths.h"
#include "ui.h"

#define FOLLOW_MS	250

static const char *run_word(const struct cmd *c, const struct xos_replay *r)
{
	if (!r->begun_ms)
		return "no run yet";
	if (r->ended_ms)
		return "ended";
	return xos_paths_holder(&c->paths) ? "running" : "stopped; xos-ssi-deploy resume continues";
}

static int print_json(const struct cmd *c, const struct xos_replay *r)
{
	json_t *nodes = json_array(), *o;
	size_t i;

	for (i = 0; i < c->inv->n_nodes; i++) {
		const struct xos_machine *m = &r->machines[i];

		json_array_append_new(nodes, json_pack("{s:s,s:i,s:s,s:I,s:s}",
			"name", c->inv->nodes[i].name, "id", (int)c->inv->nodes[i].id,
			"state", xos_state_name(m->state), "since_ms", (json_int_t)m->since_ms,
			"reason", m->reason));
	}
	o = json_pack("{s:s,s:i,s:s,s:s,s:s,s:I,s:I,s:s,s:i,s:o}", "cluster", c->inv->name,
		      "session", (int)c->inv->session,
		      "security", c->inv->secure ? "on" : "off", "run", r->run,
		      "status", r->ended_ms ? "ended" : !r->begun_ms ? "none" :
		      xos_paths_holder(&c->paths) ? "running" : "stopped",
		      "begun_ms", (json_int_t)r->begun_ms, "ended_ms", (json_int_t)r->ended_ms,
		      "verdict", r->verdict, "damaged_lines", (int)r->damaged, "nodes", nodes);
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
	return 0;
}

static void print_heading(const struct cmd *c, const struct xos_replay *r)
{
	time_t begun = r->begun_ms / 1000;
	char when[64] = "";
	struct tm tm;

	if (r->begun_ms)
		strftime(when, sizeof(when), ", began %F %T", localtime_r(&begun, &tm));
	printf("cluster %s, session %u: %s%s%s%s\n", c->inv->name, c->inv->session,
	       run_word(c, r), when, *r->verdict ? ", " : "", r->verdict);
	if (!c->inv->secure)
		puts("SECURITY IS OFF: nodes talk in clear and let anybody in");
	if (r->damaged)
		printf("%zu lines of the journal could not be read\n", r->damaged);
}

struct follow {
	struct xos_replay *replay;
	struct xos_ui *ui;
};

static void follow_record(const struct xos_record *record, void *arg)
{
	struct follow *f = arg;

	xos_replay_record(f->replay, record);
	xos_ui_record(record, f->ui);
}

static int follow(const struct cmd *c, struct xos_replay *r, struct xos_ui *ui,
		  struct xos_error *err)
{
	const volatile sig_atomic_t *stop = cmd_catch_signals();
	struct follow f = { r, ui };
	int rc = 0;

	while (!*stop && rc >= 0) {
		bool running = xos_paths_holder(&c->paths);

		rc = xos_journal_read(c->paths.state, &r->offset, NULL, follow_record, &f, err);
		xos_ui_tick(r->machines, ui);
		if (!running)
			break;
		usleep(FOLLOW_MS * 1000);
	}
	return rc;
}

int cmd_status(struct cmd *c)
{
	struct xos_replay replay = { 0 };
	struct xos_error err = { 0 };
	struct xos_ui *ui;
	int rc;

	if (c->argc)
		return cmd_usage(c, "unexpected '%s'", c->argv[0]);
	if (cmd_open(c, &err) < 0)
		return cmd_fail(&err);
	rc = xos_replay_init(&replay, c->inv, &err);
	if (!rc)
		rc = xos_replay_read(&replay, c->paths.state, &err);
	if (rc < 0)
		return cmd_fail(&err);
	if (c->json && !c->watch) {
		rc = print_json(c, &replay);
		xos_replay_free(&replay);
		return rc;
	}
	ui = xos_ui_create(stdout, c->inv, c->json ? XOS_UI_JSON : XOS_UI_AUTO, c->verbose);
	if (!c->json)
		print_heading(c, &replay);
	if (c->watch)
		rc = follow(c, &replay, ui, &err);
	xos_ui_final(ui, replay.machines);
	xos_ui_list(ui, replay.machines);
	xos_ui_destroy(ui);
	xos_replay_free(&replay);
	return rc < 0 ? cmd_fail(&err) : 0;
}
