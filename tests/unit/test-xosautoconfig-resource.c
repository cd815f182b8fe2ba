// SPDX-License-Identifier: LGPL-2.1-or-later
/* test-xosautoconfig-resource.c - descriptions there and back, and requirements */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "xosautoconfig/resource.h"

static struct resource_member members[] = { { 1, "online" }, { 2, "present" } };

static const struct resource sample = {
	.name = "node-1", .grid = "testgrid", .time = 1795440000, .processors = 8,
	.model = "A <b> & \"c\" CPU", .platform = "x86_64", .memory_mib = 4096,
	.available_mib = 3000, .os = "Debian GNU/Linux 12", .kernel = "6.1.0-amd64",
	.running = 3, .member = members, .n_members = 2, .checkpointer = "ssi",
	.checkpoints = true, .threads = true, .sysvipc = true, .vo = "physics,biology",
};

static const struct {
	const char *expr;
	int result;		/* 1, 0, -EINVAL */
} cases[] = {
	{ "processors>=8", 1 }, { "processors > 8", 0 }, { "processors<9", 1 },
	{ "processors==8&&memory>=4096", 1 }, { "memory<=4095", 0 }, { "members==2", 1 },
	{ "available!=3000", 0 }, { "running<=3", 1 },
	{ "vo==physics", 1 }, { "vo==biology", 1 }, { "vo==phys", 0 }, { "vo!=chemistry", 1 },
	{ "vo==physics || processors>100", 1 }, { "processors>100 || vo==chemistry", 0 },
	{ "processors>100 && vo==physics || name==node-1", 1 },
	{ "processors>100 && (vo==physics || name==node-1)", 0 },
	{ "!(processors>100)", 1 }, { "!!(processors>100)", 0 }, { "! name==node-2", 1 },
	{ "kernel==6.1.0-amd64 && checkpointer==ssi && checkpoints==true", 1 },
	{ "state==joined", 1 }, { " ( ( memory > 1 ) ) ", 1 },
	{ "", -EINVAL }, { "processors", -EINVAL }, { "processors>=", -EINVAL },
	{ "processors>=x", -EINVAL }, { "processors>=8 memory>=1", -EINVAL },
	{ "colour==red", -EINVAL }, { "vo>=a", -EINVAL }, { "(processors>=8", -EINVAL },
	{ "processors>=8)", -EINVAL }, { "processors>=8 &&", -EINVAL },
	{ "processors>=99999999999999999999", -EINVAL }, { "processors=8", -EINVAL },
	{ "processors>100 && colour==red", -EINVAL }, { "!", -EINVAL },
	{ "((((((((((((((((((((((((((((((((((((((((memory>1))))))))))))))))))))))))))))))))))))))))",
	  -EINVAL },
};

static void test_requirements(void **state)
{
	struct xos_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int rc = resource_matches(&sample, cases[i].expr, &err);

		if (rc != cases[i].result)
			fail_msg("'%s': %d, not %d", cases[i].expr, rc, cases[i].result);
	}
	resource_matches(&sample, "processors>=8 && colour==red", &err);
	assert_int_equal(err.exit, XOS_EXIT_USAGE);
	assert_non_null(strstr(err.text, "there is no such field"));
}

static void test_there_and_back(void **state)
{
	struct xos_error err = { 0 };
	struct resource again;
	char *xml = resource_write(&sample, &err);

	(void)state;
	assert_non_null(xml);
	assert_int_equal(resource_read(&again, xml, strlen(xml), &err), 0);
	assert_string_equal(again.name, sample.name);
	assert_string_equal(again.grid, sample.grid);
	assert_string_equal(again.model, sample.model);
	assert_string_equal(again.os, sample.os);
	assert_string_equal(again.kernel, sample.kernel);
	assert_string_equal(again.platform, sample.platform);
	assert_string_equal(again.checkpointer, sample.checkpointer);
	assert_int_equal(again.time, sample.time);
	assert_int_equal(again.processors, 8);
	assert_int_equal(again.memory_mib, 4096);
	assert_int_equal(again.available_mib, 3000);
	assert_int_equal(again.running, 3);
	assert_int_equal(again.n_members, 2);
	assert_int_equal(again.member[1].id, 2);
	assert_string_equal(again.member[1].state, "present");
	assert_true(again.checkpoints && again.threads && again.sysvipc);
	assert_false(again.sockets || again.incremental);
	resource_free(&again);
	free(xml);
}

/* What does not fit the schema is neither written nor read. */
static void test_refusals(void **state)
{
	static const char *const changes[][2] = {
		{ "Count=\"8\"", "Count=\"-8\"" },
		{ "Count=\"8\"", "Count=\"8\" More=\"1\"" },
		{ "Name=\"node-1\"", "Name=\"../../etc\"" },
		{ "resource:1", "resource:2" },
		{ "<Checkpointer", "<Checkpointing" },
		{ "Available=\"true\"", "Available=\"yes\"" },
		{ "?>", "?><!DOCTYPE Cluster [<!ENTITY a \"b\">]>" },
	};
	struct xos_error err;
	struct resource r = sample, again;
	char *xml, *at, changed[4096];

	(void)state;
	snprintf(r.name, sizeof(r.name), "Node 1");
	assert_null(resource_write(&r, &err));
	xml = resource_write(&sample, &err);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		at = strstr(xml, changes[i][0]);
		assert_non_null(at);
		snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - xml), xml,
			 changes[i][1], at + strlen(changes[i][0]));
		if (resource_read(&again, changed, strlen(changed), &err) != -EINVAL)
			fail_msg("%s was taken", changes[i][1]);
	}
	assert_int_equal(resource_read(&again, xml, strlen(xml) - 1, &err), 0);
	resource_free(&again);
	assert_int_equal(resource_read(&again, xml, strlen(xml) / 2, &err), -EINVAL);
	free(xml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requirements),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
