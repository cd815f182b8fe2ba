// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine.c - one run of a deployment, step by step
 *
 *	1 image    build what is missing (image.c)
 *	2 head     publish: network, boot server, per-node files and boot lines
 *	3 nodes    power on in windows; each node boots, switches its services,
 *		   loads its modules, mounts its configuration and reports
 *	4 cluster  krgadm nodes add, then krgadm must show every node online
 *	5 hook     hand the cluster to the grid
 *	6 end      ok and ko files, summary
 *
 * Steps 3 and 4 are one event loop (engine-nodes.c), as nodes may be lost and
 * come back at any time.  Every step can be repeated: "run" and "resume" both
 * begin with what the journal says.  They differ where a run was killed: "resume"
 * goes on with it, and a node that was given up stays so, while "run" begins
 * anew with fresh tries.  Neither touches a node that is up.
 */
#include "engine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../libxos/cleanup.h"
#include "../libxos/clock.h"
#include "engine-impl.h"
#include "head-input.h"
#include "image.h"
#include "output.h"

#define HEAD_TIMEOUT_MS	300000

int64_t xos_now_ms(void)
{
	static int64_t offset_ms;

	if (!offset_ms)
		offset_ms = xos_clock_ms(CLOCK_REALTIME) -
			    xos_clock_ms(CLOCK_MONOTONIC);
	return xos_clock_ms(CLOCK_MONOTONIC) + offset_ms;
}

bool engine_stopped(const struct xos_engine *e)
{
	return e->fatal.code || (e->options->stop && *e->options->stop);
}

void engine_say(struct xos_engine *e, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e->watch->progress(text, e->watch->arg);
}

void engine_step(struct xos_engine *e, const char *name, const char *detail, bool sync)
{
	struct xos_record r = { .time_ms = xos_now_ms(), .uptime_ms = -1, .cpu_ms = -1 };

	snprintf(r.name, sizeof(r.name), "%s", name);
	snprintf(r.detail, sizeof(r.detail), "%s", detail);
	if (!e->fatal.code)
		xos_journal_write(e->journal, &r, sync, &e->fatal);
	e->watch->record(&r, e->watch->arg);
}

static void head_progress(const char *text, void *arg)
{
	engine_say(arg, "head: %s", text);
}

static int write_names(struct xos_engine *e, const char *file, bool want_online,
		       struct xos_error *err)
{
	cleanup_free char *text = NULL;
	size_t i, len = 0;
	FILE *f;
	int rc;

	if (!file)
		return 0;
	f = open_memstream(&text, &len);
	if (!f)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "%s: no memory", file);
	for (i = 0; i < e->inv->n_nodes && e->nodes; i++)
		if ((e->nodes[i].state == XOS_STATE_ONLINE) == want_online &&
		    e->nodes[i].state != XOS_STATE_EXCLUDED)
			fprintf(f, "%s\n", e->inv->nodes[i].name);
	fclose(f);
	rc = xos_output_write(file, text, len, err);
	return rc;
}

/* An old list must not be taken for this run's, should this run be killed. */
static int truncate_lists(const struct xos_options *o, struct xos_error *err)
{
	if (o->ok_file && xos_output_write(o->ok_file, "", 0, err) < 0)
		return err->code;
	if (o->ko_file && xos_output_write(o->ko_file, "", 0, err) < 0)
		return err->code;
	return 0;
}

static void set_backend_images(struct xos_engine *e)
{
	size_t i;

	for (i = 0; i < e->backends.n; i++)
		e->backends.list[i].images = e->images;
}

/*
 * A resumed run boots what the run before it booted: its nodes are half way up,
 * or run, from that image, whatever the sources say by now.
 */
static int get_image(struct xos_engine *e, size_t i, const struct xos_replay *replay,
		     const char **how, struct xos_error *err)
{
	bool built = false;
	int rc;

	*how = "kept";
	if (e->options->resume && *replay->images[i] &&
	    xos_image_find(e->paths, replay->images[i], &e->images[i]))
		return 0;
	rc = xos_image_ensure(e->inv, i, e->paths, &e->images[i], &built,
			      e->watch->progress, e->watch->arg, err);
	*how = built ? "built" : "cached";
	return rc;
}

static int make_images(struct xos_engine *e, const struct xos_replay *replay,
		       struct xos_error *err)
{
	size_t i;

	if (e->backends.list[0].ops->no_images)
		return 0;
	e->images = calloc(e->inv->n_images, sizeof(*e->images));
	if (!e->images)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "images: no memory");
	for (i = 0; i < e->inv->n_images; i++) {
		const char *how;
		char text[128];
		int rc = get_image(e, i, replay, &how, err);

		if (rc < 0)
			return rc;
		snprintf(text, sizeof(text), "%s %s %s", e->inv->images[i].name,
			 e->images[i].id, how);
		engine_step(e, "image", text, false);
	}
	set_backend_images(e);
	return 0;
}

/* What the head was given, so that "plan" can show the difference; true: there is one. */
static bool keep_head_files(struct xos_engine *e)
{
	struct xos_head_changes changes = { 0 };
	struct xos_head_source source;
	struct xos_error err = { 0 };
	cleanup_free char *copy = NULL;

	if (e->backends.list[0].ops->no_images ||
	    asprintf(&copy, "%s/head", e->paths->state) < 0)
		return false;
	if (xos_head_source_init(&source, e->inv, e->paths, e->images, &err) < 0) {
		engine_say(e, "head: no copy of its files for plan: %s", err.text);
		return false;
	}
	if (xos_head_apply(copy, &source.input, &changes, &err) < 0)
		engine_say(e, "head: no copy of its files for plan: %s", err.text);
	xos_head_source_free(&source);
	return changes.written + changes.removed;
}

/* @running: it was started by an earlier run, and serves what that one knew */
static int start_head(struct xos_engine *e, bool running, struct xos_error *err)
{
	struct xos_backend *head = &e->backends.list[0];
	int rc = head->ops->head_start(head, HEAD_TIMEOUT_MS, head_progress, e, err);

	if (rc < 0)
		return rc;
	engine_step(e, "head", "serves", true);
	if (keep_head_files(e) && running) {
		engine_say(e, "head: the inventory has changed, updating");
		rc = head->ops->head_update(head, err);
	}
	return rc;
}

static int check_backends(struct xos_engine *e, struct xos_error *err)
{
	size_t i;
	int rc;

	for (i = 0; i < e->backends.n; i++) {
		rc = e->backends.list[i].ops->check(&e->backends.list[i], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static bool is_off(struct xos_engine *e, size_t i)
{
	struct xos_backend *b = xos_backends_of(&e->backends, &e->inv->nodes[i]);

	return b->ops->power_status(b, &e->inv->nodes[i]) == XOS_POWER_OFF;
}

static void reset_node(struct xos_engine *e, size_t i)
{
	struct xos_step step;

	xos_machine_reset(&e->nodes[i], is_off(e, i), xos_now_ms(), &step);
	engine_record(e, i, &step, NULL);
}

/*
 * Where do we stand?  After a run that ended, or with "run", everybody gets
 * fresh tries; who was online must be seen so again.
 */
static void take_over(struct xos_engine *e, bool fresh)
{
	size_t i;

	for (i = 0; i < e->inv->n_nodes; i++) {
		struct xos_machine *m = &e->nodes[i];
		struct xos_backend *b = xos_backends_of(&e->backends, &e->inv->nodes[i]);
		bool excluded = e->options->excluded && e->options->excluded[i];
		enum xos_action asked = XOS_ACTION_NONE;

		if (m->state == XOS_STATE_POWERING && m->pending == XOS_ACTION_NONE)
			asked = m->asked;
		xos_machine_resume(m, &e->limits, xos_now_ms());
		if (fresh && m->state != XOS_STATE_OFF && !(excluded &&
		    m->state == XOS_STATE_EXCLUDED))
			reset_node(e, i);
		if (excluded)
			engine_input(e, i, XOS_INPUT_EXCLUDE, NULL, NULL);
		if (m->state >= XOS_STATE_FIRMWARE && m->state <= XOS_STATE_ONLINE &&
		    is_off(e, i))
			engine_input(e, i, XOS_INPUT_GONE, NULL, NULL);
		/*
		 * Killed between writing "power" down and doing it, or after.  On
		 * can be repeated.  A cycle cannot: if it was not done the node is
		 * as silent as before and will run into its deadline.
		 */
		if (asked == XOS_ACTION_ON)
			b->ops->power(b, &e->inv->nodes[i], true, NULL);
		if (asked != XOS_ACTION_NONE)
			engine_input(e, i, XOS_INPUT_POWER_OK, NULL, NULL);
		e->verify |= m->state == XOS_STATE_ONLINE;
	}
}

static size_t min_nodes(const struct xos_engine *e, size_t n)
{
	const struct xos_policy *p = &e->inv->policy;

	if (e->options->min_nodes)
		return e->options->min_nodes;
	if (p->min_nodes)
		return p->min_nodes;
	if (p->min_percent)
		return (n * p->min_percent + 99) / 100;
	return n;
}

static void sum_up(struct xos_engine *e, int64_t begun_ms, struct xos_summary *s)
{
	size_t i, n;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < e->inv->n_nodes; i++) {
		s->online += e->nodes[i].state == XOS_STATE_ONLINE;
		s->excluded += e->nodes[i].state == XOS_STATE_EXCLUDED;
	}
	n = e->inv->n_nodes - s->excluded;
	s->ko = n - s->online;
	s->min_nodes = min_nodes(e, n);
	s->elapsed_ms = xos_now_ms() - begun_ms;
	s->exit = !s->ko ? XOS_EXIT_OK : s->online >= s->min_nodes ?
		  XOS_EXIT_PARTIAL : XOS_EXIT_TOO_FEW;
	snprintf(s->text, sizeof(s->text), "%zu of %zu nodes online in %.1f s%s",
		 s->online, n, s->elapsed_ms / 1000.0,
		 s->exit == XOS_EXIT_PARTIAL ? ", enough" :
		 s->exit == XOS_EXIT_TOO_FEW ? ", too few" : "");
}

static int interrupted(struct xos_engine *e, struct xos_error *err)
{
	if (e->fatal.code) {
		*err = e->fatal;
		return err->code;
	}
	engine_step(e, "interrupted", "machines are left as they are", true);
	return xos_error_set(err, -EINTR, XOS_EXIT_FAILED,
		"interrupted; the machines go on by themselves, 'xos-ssi-deploy resume' continues");
}

static int sequence(struct xos_engine *e, const struct xos_replay *replay,
		    struct xos_summary *summary, struct xos_error *err)
{
	int64_t begun_ms = xos_now_ms();
	bool fresh = !e->options->resume || replay->ended_ms;
	char text[64];
	int rc;

	engine_step(e, "begin", e->options->resume ? "resume" : "run", true);
	rc = make_images(e, replay, err);
	if (!rc && !engine_stopped(e))
		rc = start_head(e, replay->head_started, err);
	if (!rc && !engine_stopped(e))	/* a refused run leaves no key behind */
		rc = engine_keys_init(e, err);
	if (engine_stopped(e))		/* whatever else it broke */
		return interrupted(e, err);
	if (rc < 0) {
		engine_step(e, "failed", err->text, true);
		return rc;
	}
	/* First: what happened between the runs is about the states of then. */
	engine_catch_up(e);
	take_over(e, fresh);
	engine_may_have_missed(e);
	engine_loop(e);
	if (write_names(e, e->options->ok_file, true, err) < 0 ||
	    write_names(e, e->options->ko_file, false, err) < 0)
		return err->code;
	if (engine_stopped(e))
		return interrupted(e, err);

	sum_up(e, begun_ms, summary);
	snprintf(text, sizeof(text), "%zu online", summary->online);
	engine_step(e, "cluster", text, false);
	if (summary->exit != XOS_EXIT_TOO_FEW)
		engine_hook(e);
	if (engine_stopped(e))
		return interrupted(e, err);
	snprintf(text, sizeof(text), "exit %d: %zu online, %zu lost", summary->exit,
		 summary->online, summary->ko);
	engine_step(e, "end", text, true);
	if (e->fatal.code)
		*err = e->fatal;
	return e->fatal.code;
}

static void free_images(struct xos_engine *e)
{
	size_t i;

	for (i = 0; e->images && i < e->inv->n_images; i++)
		free(e->images[i].dir);
	free(e->images);
}

static void name_run(char *run, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;
	size_t len = strftime(run, size, "%Y%m%dT%H%M%S", localtime_r(&now, &tm));

	snprintf(run + len, size - len, "-%d", getpid());
}

int xos_engine_run(const struct xos_inventory *inv, const struct xos_paths *paths,
		   const struct xos_options *options, const struct xos_watch *watch,
		   struct xos_summary *summary, struct xos_error *err)
{
	struct xos_engine e = {
		.inv = inv, .paths = paths, .options = options, .watch = watch,
		.window = options->window ? options->window : inv->policy.window,
	};
	struct xos_replay replay = { 0 };
	char run[XOS_RUN_MAX];
	int rc;

	rc = xos_limits_init(&e.limits, &inv->policy, inv->n_nodes, err);
	if (rc < 0)
		return rc;
	rc = xos_replay_init(&replay, inv, err);
	if (!rc)
		rc = xos_replay_read(&replay, paths->state, err);
	if (!rc && options->resume && !replay.begun_ms)
		rc = xos_error_set(err, -ENOENT, XOS_EXIT_FAILED,
				   "nothing to resume: no run is known; start one with: xos-ssi-deploy run");
	if (!rc)
		rc = xos_backends_open(&e.backends, inv, paths, err);
	if (rc < 0)
		goto out;

	for (size_t i = 0; i < e.backends.n; i++)
		e.backends.list[i].stop = options->stop;
	rc = check_backends(&e, err);
	if (!rc)
		rc = truncate_lists(options, err);
	if (rc < 0)
		goto out;
	e.nodes = replay.machines;
	e.unheard = calloc(inv->n_nodes + 1, sizeof(*e.unheard));
	if (!e.unheard) {
		rc = xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
		goto out;
	}
	snprintf(e.epoch, sizeof(e.epoch), "%s", replay.epoch);
	e.seq = replay.seq;
	name_run(run, sizeof(run));
	e.journal = xos_journal_open(paths->state, run, err);
	rc = e.journal ? sequence(&e, &replay, summary, err) : err->code;

	xos_journal_close(e.journal);
	free_images(&e);
	engine_keys_free(&e);
out:
	free(e.unheard);
	xos_backends_close(&e.backends);
	xos_replay_free(&replay);
	return rc;
}
