// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-engine.c - a run that is killed after any record of its journal
 *
 * A child runs the engine and dies, without a word, right after its k-th record:
 * for a destructive step that is between writing it down and doing it.  Then the
 * run is resumed.  For every k: the same nodes are online, the same is lost, and
 * none that was well was powered a second time.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "deploy/engine.h"
#include "libxos/spawn.h"

static struct xos_inventory *inv;
static char root[64], state[80], run[80];
static const struct xos_paths paths = { state, run, root };

static int load(void **unused)
{
	const char *data = getenv("TEST_DATA");
	struct xos_error err = { 0 };
	char file[512];

	(void)unused;
	snprintf(file, sizeof(file), "%s/deploy/crash.xml", data ? data : "data");
	inv = xos_inventory_load(file, NULL, &err);
	if (!inv)
		print_error("%s\n", err.text);
	return inv ? 0 : -1;
}

static int unload(void **unused)
{
	(void)unused;
	xos_inventory_free(inv);
	return 0;
}

static void make_place(void)
{
	strcpy(root, "/tmp/xos-engine-XXXXXX");
	assert_non_null(mkdtemp(root));
	snprintf(state, sizeof(state), "%s/state", root);
	snprintf(run, sizeof(run), "%s/run", root);
	mkdir(state, 0700);
	mkdir(run, 0700);
}

static void remove_place(void)
{
	const char *const argv[] = { "rm", "-rf", root, NULL };
	struct xos_spawn spawn = { .argv = argv };

	xos_spawn_run(&spawn, NULL);
}

struct observer {
	int records;
	int die_after;			/* 0: never */
	int stop_after;
	volatile sig_atomic_t stop;
	int at_once, most_at_once;	/* machines powered, not heard of yet */
};

static void on_record(const struct xos_record *r, void *arg)
{
	struct observer *o = arg;

	o->records++;
	if (r->step.action != XOS_ACTION_NONE && *r->node)
		o->at_once++;
	if (o->at_once > o->most_at_once)
		o->most_at_once = o->at_once;
	if (*r->node && (r->step.to == XOS_STATE_INITRAMFS || r->step.failed))
		o->at_once--;
	if (o->records == o->die_after)
		_exit(0);
	if (o->records == o->stop_after)
		o->stop = 1;
}

static void on_progress(const char *text, void *arg)
{
	(void)text;
	(void)arg;
}

static void on_tick(const struct xos_machine *nodes, void *arg)
{
	(void)nodes;
	(void)arg;
}

static int engine(struct observer *o, bool resume, unsigned int window,
		  struct xos_summary *summary, struct xos_error *err)
{
	struct xos_options options = { .resume = resume, .window = window, .stop = &o->stop };
	struct xos_watch watch = { on_record, on_progress, on_tick, o };

	memset(err, 0, sizeof(*err));
	return xos_engine_run(inv, &paths, &options, &watch, summary, err);
}

/* From the fake's own log: what was done to a machine. */
static int powers(const char *node)
{
	char line[256], name[64], word[64], path[128];
	int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/fake.log", run);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "P %*s %63s %63s", name, word) == 2 && !strcmp(name, node) &&
		    strcmp(word, "restart"))
			n++;
	fclose(f);
	return n;
}

static void check_outcome(const struct xos_summary *s, int k)
{
	if (s->online != 3 || s->ko != 1 || s->exit != XOS_EXIT_PARTIAL)
		fail_msg("k=%d: %zu online, %zu lost, exit %d", k, s->online, s->ko, s->exit);
	if (powers("good1") != 1 || powers("good2") != 1)
		fail_msg("k=%d: a good node was powered again", k);
	if (powers("slow") > 3)
		fail_msg("k=%d: the slow node was powered %d times", k, powers("slow"));
}

static int count_records(void)
{
	struct observer o = { 0 };
	struct xos_summary s;
	struct xos_error err;

	make_place();
	assert_int_equal(engine(&o, false, 0, &s, &err), 0);
	check_outcome(&s, 0);
	remove_place();
	return o.records;
}

static void test_killed_anywhere(void **unused)
{
	int n = count_records(), k;

	(void)unused;
	assert_true(n > 30);
	for (k = 1; k < n; k++) {
		struct observer o = { .die_after = k }, whole = { 0 };
		struct xos_summary s;
		struct xos_error err;
		pid_t pid;
		int rc;

		make_place();
		pid = fork();
		if (!pid) {
			engine(&o, false, 0, &s, &err);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		rc = engine(&whole, true, 0, &s, &err);
		if (rc < 0)
			fail_msg("k=%d: %s", k, err.text);
		check_outcome(&s, k);
		remove_place();
	}
}

static void test_stopped_anywhere(void **unused)
{
	int n = count_records(), k;

	(void)unused;
	for (k = 1; k < n - 3; k += 5) {
		struct observer o = { .stop_after = k }, whole = { 0 };
		struct xos_summary s;
		struct xos_error err;

		make_place();
		assert_int_equal(engine(&o, false, 0, &s, &err), -EINTR);
		assert_non_null(strstr(err.text, "resume"));
		assert_int_equal(engine(&whole, true, 0, &s, &err), 0);
		check_outcome(&s, k);
		remove_place();
	}
}

static void test_window(void **unused)
{
	struct observer o = { 0 };
	struct xos_summary s;
	struct xos_error err;

	(void)unused;
	inv->policy.pause_s = 0;
	make_place();
	assert_int_equal(engine(&o, false, 1, &s, &err), 0);
	assert_int_equal(o.most_at_once, 1);
	check_outcome(&s, 0);
	remove_place();
}

static void test_nothing_to_resume(void **unused)
{
	struct observer o = { 0 };
	struct xos_summary s;
	struct xos_error err;

	(void)unused;
	make_place();
	assert_true(engine(&o, true, 0, &s, &err) < 0);
	assert_non_null(strstr(err.text, "nothing to resume"));
	assert_int_equal(o.records, 0);
	remove_place();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_anywhere),
		cmocka_unit_test(test_stopped_anywhere),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_nothing_to_resume),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
