// SPDX-License-Identifier: GPL-2.0-only
/* test-timeline.c - phases of a boot from its records, and their drawing */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "deploy/timeline.h"

static void feed(struct xos_timeline *t, int64_t ms, enum xos_state from, enum xos_state to,
		 enum xos_action action, int64_t uptime_ms)
{
	struct xos_record r = { .time_ms = ms, .node = "n1", .uptime_ms = uptime_ms,
				.cpu_ms = ms / 2 };

	r.step.from = from;
	r.step.to = to;
	r.step.action = action;
	xos_timeline_record(t, &r);
}

/* 1 s firmware, 2 s loading, 3 s kernel, 4 initramfs, 5 root, 6 services, 7 cluster */
static void feed_boot(struct xos_timeline *t, int64_t at)
{
	static const struct {
		int64_t ms;
		enum xos_state to;
	} path[] = {
		{ 100, XOS_STATE_FIRMWARE }, { 1000, XOS_STATE_LOADING },
		{ 6000, XOS_STATE_INITRAMFS }, { 10000, XOS_STATE_ROOT },
		{ 15000, XOS_STATE_SERVICES }, { 16000, XOS_STATE_MODULES },
		{ 20000, XOS_STATE_CONFIG }, { 21000, XOS_STATE_PRESENT },
		{ 28000, XOS_STATE_ONLINE },
	};
	enum xos_state from = XOS_STATE_POWERING;
	size_t i;

	feed(t, at, XOS_STATE_OFF, XOS_STATE_POWERING, XOS_ACTION_ON, -1);
	for (i = 0; i < sizeof(path) / sizeof(*path); i++) {
		feed(t, at + path[i].ms, from, path[i].to, XOS_ACTION_NONE,
		     path[i].to == XOS_STATE_INITRAMFS ? 3000 : -1);
		from = path[i].to;
	}
}

static void check_phases(const struct xos_timeline *t)
{
	int i;

	assert_true(t->complete);
	for (i = 0; i < XOS_PHASES; i++)
		assert_int_equal(xos_timeline_ms(t, i), (i + 1) * 1000);
	assert_int_equal(xos_timeline_total_ms(t), 28000);
}

static void test_phases(void **unused)
{
	struct xos_timeline t = { 0 };

	(void)unused;
	feed_boot(&t, 5000);
	check_phases(&t);
	assert_int_equal(t.cpu_ms, 33000 / 2);
}

static void test_second_boot_counts(void **unused)
{
	struct xos_timeline t = { 0 };

	(void)unused;
	feed_boot(&t, 5000);
	feed(&t, 90000, XOS_STATE_ONLINE, XOS_STATE_POWERING, XOS_ACTION_NONE, -1);
	assert_false(t.complete);
	feed_boot(&t, 100000);
	check_phases(&t);
}

static void test_skipped_states(void **unused)
{
	struct xos_timeline t = { 0 };

	(void)unused;
	feed(&t, 1000, XOS_STATE_OFF, XOS_STATE_POWERING, XOS_ACTION_ON, -1);
	feed(&t, 1001, XOS_STATE_POWERING, XOS_STATE_FIRMWARE, XOS_ACTION_NONE, -1);
	feed(&t, 9000, XOS_STATE_FIRMWARE, XOS_STATE_PRESENT, XOS_ACTION_NONE, -1);
	feed(&t, 9500, XOS_STATE_PRESENT, XOS_STATE_ONLINE, XOS_ACTION_NONE, -1);
	assert_int_equal(xos_timeline_ms(&t, XOS_PHASE_FIRMWARE), 8000);
	assert_int_equal(xos_timeline_ms(&t, XOS_PHASE_ROOT), 0);
	assert_int_equal(xos_timeline_ms(&t, XOS_PHASE_CLUSTER), 500);
	assert_int_equal(xos_timeline_total_ms(&t), 8500);
}

static void test_svg(void **unused)
{
	const char *const names[] = { "a<b", "lost", "c" };
	struct xos_timeline t[3] = { 0 };
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)unused;
	feed_boot(&t[0], 1000);
	feed_boot(&t[2], 3000);
	xos_timeline_svg(f, "R&D", names, t, 3);
	fclose(f);
	assert_non_null(strstr(text, "a&#60;b"));
	assert_non_null(strstr(text, "R&#38;D"));
	assert_non_null(strstr(text, "28.0 s"));
	assert_null(strstr(text, "lost"));
	assert_null(strstr(text, "nan"));
	free(text);
}

static void test_svg_of_nothing(void **unused)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)unused;
	xos_timeline_svg(f, "empty", NULL, NULL, 0);
	fclose(f);
	assert_non_null(strstr(text, "</svg>"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_second_boot_counts),
		cmocka_unit_test(test_skipped_states),
		cmocka_unit_test(test_svg),
		cmocka_unit_test(test_svg_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
