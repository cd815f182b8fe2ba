// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-journal.c - the journal survives what happens to files and tools
 *
 * Torn lines, unknown fields, lines of nobody; and: a machine that is rebuilt
 * from the journal is the machine that wrote it, after any history.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "deploy/replay.h"

static char dir[64];
static char path[96];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/xos-journal-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/journal.jsonl", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	rmdir(dir);
	return 0;
}

static void append(const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static struct xos_record last;

static void count(const struct xos_record *r, void *arg)
{
	last = *r;
	(*(int *)arg)++;
}

static int read_all(size_t *damaged)
{
	struct xos_error err;
	int n = 0;

	assert_int_equal(xos_journal_read(dir, NULL, damaged, count, &n, &err), 0);
	return n;
}

static void write_one(const char *node, const char *cause)
{
	struct xos_error err = { 0 };
	struct xos_journal *j = xos_journal_open(dir, "run-1", &err);
	struct xos_record r = { .uptime_ms = 12, .cpu_ms = -1 };

	assert_non_null(j);
	snprintf(r.node, sizeof(r.node), "%s", node);
	snprintf(r.step.cause, sizeof(r.step.cause), "%s", cause);
	r.step.from = XOS_STATE_ROOT;
	r.step.to = XOS_STATE_POWERING;
	r.step.next = XOS_ACTION_KEXEC;
	r.step.failed = true;
	assert_int_equal(xos_journal_write(j, &r, true, &err), 0);
	xos_journal_close(j);
}

static void test_round_trip(void **unused)
{
	struct stat st;
	size_t damaged;

	(void)unused;
	assert_int_equal(read_all(&damaged), 0);	/* no journal yet: fine */
	write_one("n1", "quote \" backslash \\ newline \n end");
	assert_int_equal(read_all(&damaged), 1);
	assert_int_equal(damaged, 0);
	assert_string_equal(last.node, "n1");
	assert_string_equal(last.run, "run-1");
	assert_string_equal(last.step.cause, "quote \" backslash \\ newline \n end");
	assert_int_equal(last.step.next, XOS_ACTION_KEXEC);
	assert_int_equal(last.uptime_ms, 12);
	assert_int_equal(last.cpu_ms, -1);
	assert_true(last.step.failed && !last.step.restarted && last.time_ms > 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_not_utf8(void **unused)
{
	(void)unused;
	write_one("n1", "bytes \xff\xfe here");
	assert_int_equal(read_all(NULL), 1);
	assert_string_equal(last.step.cause, "bytes ?? here");
}

static void test_torn_last_line(void **unused)
{
	size_t damaged;

	(void)unused;
	write_one("n1", "whole");
	append("{\"t\":5,\"node\":\"n2\",\"fro");
	assert_int_equal(read_all(&damaged), 1);
	assert_int_equal(damaged, 0);
	write_one("n3", "after");		/* not glued to the torn one */
	assert_int_equal(read_all(&damaged), 2);
	assert_int_equal(damaged, 1);
	assert_string_equal(last.node, "n3");
}

static void test_strange_lines(void **unused)
{
	size_t damaged;

	(void)unused;
	append("\n[]\n42\nnonsense\n{}\n"
	       "{\"node\":\"n1\",\"from\":\"root\",\"to\":\"moon\"}\n"
	       "{\"node\":\"n1\",\"step\":\"begin\",\"from\":\"off\",\"to\":\"off\"}\n"
	       "{\"t\":\"text\",\"seq\":{},\"node\":\"n1\",\"from\":\"off\",\"to\":\"off\","
	       "\"x\":[1]}\n"
	       "{\"step\":\"begin\",\"future\":true}\n");
	assert_int_equal(read_all(&damaged), 2);
	assert_int_equal(damaged, 6);
}

static void test_follow(void **unused)
{
	struct xos_error err;
	int64_t offset = 0;
	int n = 0;

	(void)unused;
	write_one("n1", "a");
	xos_journal_read(dir, &offset, NULL, count, &n, &err);
	append("{\"step\":\"be");			/* being written */
	xos_journal_read(dir, &offset, NULL, count, &n, &err);
	assert_int_equal(n, 1);
	append("gin\"}\n");
	xos_journal_read(dir, &offset, NULL, count, &n, &err);
	assert_int_equal(n, 2);
	assert_string_equal(last.name, "begin");
}

static void test_replay_steps(void **unused)
{
	struct xos_node node = { .name = "n1", .id = 1 };
	struct xos_image images[] = { { .name = "head" }, { .name = "node" } };
	struct xos_inventory inv = { .nodes = &node, .n_nodes = 1, .images = images,
				     .n_images = 2 };
	struct xos_replay r;
	struct xos_error err;

	(void)unused;
	append("{\"t\":1,\"run\":\"r1\",\"step\":\"begin\"}\n"
	       "{\"t\":1,\"step\":\"image\",\"detail\":\"node 0123456789abcdef built\"}\n"
	       "{\"t\":1,\"step\":\"image\",\"detail\":\"head ../../etc built\"}\n"
	       "{\"t\":2,\"step\":\"head\"}\n"
	       "{\"t\":3,\"node\":\"n1\",\"from\":\"off\",\"to\":\"powering\","
	       "\"do\":\"power-on\"}\n"
	       "{\"t\":4,\"node\":\"n1\",\"from\":\"powering\",\"to\":\"firmware\"}\n"
	       "{\"t\":5,\"node\":\"n1\",\"from\":\"firmware\",\"to\":\"loading\","
	       "\"epoch\":\"e1\",\"seq\":9}\n"
	       "{\"t\":6,\"node\":\"gone\",\"from\":\"off\",\"to\":\"ko\"}\n");
	assert_int_equal(xos_replay_init(&r, &inv, &err), 0);
	assert_int_equal(xos_replay_read(&r, dir, &err), 0);
	assert_int_equal(r.machines[0].state, XOS_STATE_LOADING);
	assert_int_equal(r.machines[0].asked, XOS_ACTION_ON);
	assert_string_equal(r.run, "r1");
	assert_string_equal(r.images[1], "0123456789abcdef");
	assert_string_equal(r.images[0], "");
	assert_string_equal(r.epoch, "e1");
	assert_int_equal(r.seq, 9);
	assert_true(r.head_started && r.begun_ms == 1 && !r.ended_ms);
	append("{\"t\":7,\"step\":\"end\",\"detail\":\"exit 0\"}\n");
	assert_int_equal(xos_replay_read(&r, dir, &err), 0);
	assert_int_equal(r.ended_ms, 7);
	append("{\"t\":8,\"step\":\"down\"}\n");
	assert_int_equal(xos_replay_read(&r, dir, &err), 0);
	assert_true(!r.head_started && !r.begun_ms && !*r.epoch && !*r.images[1]);
	assert_int_equal(r.machines[0].state, XOS_STATE_OFF);
	xos_replay_free(&r);
}

static void assert_same(const struct xos_machine *a, const struct xos_machine *b)
{
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->pending, b->pending);
	assert_int_equal(a->rung, b->rung);
	assert_int_equal(a->restarts, b->restarts);
	assert_memory_equal(a->tries, b->tries, sizeof(a->tries));
	assert_string_equal(a->boot, b->boot);
	assert_string_equal(a->stale, b->stale);
	if (a->state == XOS_STATE_KO)
		assert_string_equal(a->reason, b->reason);
}

static void test_replay_is_exact(void **unused)
{
	struct xos_limits limits;
	struct xos_record record;
	int seed, i;

	(void)unused;
	xos_limits_init(&limits, NULL, 3, NULL);
	for (seed = 1; seed <= 300; seed++) {
		struct xos_machine a, b;
		int64_t now = 1000;

		srand(seed);
		xos_machine_init(&a, 1, now);
		xos_machine_init(&b, 1, now);
		for (i = 0; i < 60; i++) {
			struct xos_record r = { .time_ms = ++now, .node = "n1" };
			char boot[16];
			char *line;

			snprintf(boot, sizeof(boot), "boot-%d", rand() % 4);
			if (rand() % 50)
				xos_machine_step(&a, &limits, rand() % XOS_INPUT_EXCLUDE,
						 rand() % 3 ? boot : "", "why", now, &r.step);
			else
				xos_machine_reset(&a, false, now, &r.step);
			if (!r.step.noted)
				continue;
			snprintf(r.boot, sizeof(r.boot), "%s", a.boot);
			line = xos_record_format(&r);
			assert_int_equal(xos_record_parse(line, strlen(line), &record), 0);
			free(line);
			xos_machine_restore(&b, &record.step, record.boot, record.time_ms);
			assert_same(&a, &b);
		}
	}
}

static void test_no_place_to_write(void **unused)
{
	struct xos_error err = { 0 };

	(void)unused;
	assert_null(xos_journal_open("/nowhere/at/all", "r", &err));
	assert_non_null(strstr(err.text, "/nowhere/at/all/journal.jsonl"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_utf8, setup, teardown),
		cmocka_unit_test_setup_teardown(test_torn_last_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strange_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_follow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replay_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replay_is_exact, setup, teardown),
		cmocka_unit_test(test_no_place_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
