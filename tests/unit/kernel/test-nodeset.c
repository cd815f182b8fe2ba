// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-nodeset.c: kernel/core/nodeset.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include <ssi/nodeset.h>

static void test_empty(void **state)
{
	struct ssi_nodeset set;
	struct ssi_node_range range;

	(void)state;
	memset(&set, 0xff, sizeof(set));
	ssi_nodeset_clear(&set);
	assert_true(ssi_nodeset_is_empty(&set));
	assert_int_equal(ssi_nodeset_weight(&set), 0);
	assert_int_equal(ssi_nodeset_next(&set, -1), -1);
	assert_false(ssi_nodeset_next_range(&set, -1, &range));
}

static void test_edges(void **state)
{
	static const unsigned int nodes[] = { 0, 63, 64, 127, 1022, 1023 };
	struct ssi_nodeset set;
	int node = -1;
	size_t i;

	(void)state;
	ssi_nodeset_clear(&set);
	for (i = 0; i < 6; i++)
		ssi_nodeset_add(&set, nodes[i]);
	ssi_nodeset_add(&set, 1024);
	ssi_nodeset_add(&set, 0xffffffff);
	ssi_nodeset_remove(&set, 1024);
	assert_int_equal(ssi_nodeset_weight(&set), 6);
	for (i = 0; i < 6; i++) {
		node = ssi_nodeset_next(&set, node);
		assert_int_equal(node, nodes[i]);
		assert_true(ssi_nodeset_contains(&set, node));
	}
	assert_int_equal(ssi_nodeset_next(&set, node), -1);
	assert_false(ssi_nodeset_contains(&set, 1024));
	assert_false(ssi_nodeset_contains(&set, 1));
}

static void test_ranges(void **state)
{
	struct ssi_nodeset set, copy;
	struct ssi_node_range range;
	int after = -1, ranges = 0, node;

	(void)state;
	ssi_nodeset_clear(&set);
	ssi_nodeset_clear(&copy);
	for (node = 0; node < SSI_MAX_NODES; node++)
		if (node % 7 > 2 || node > 900)
			ssi_nodeset_add(&set, node);
	while (ssi_nodeset_next_range(&set, after, &range)) {
		assert_int_equal(ssi_nodeset_add_range(&copy, &range), 0);
		after = range.last;
		ranges++;
	}
	assert_memory_equal(&set, &copy, sizeof(set));
	assert_int_equal(after, SSI_MAX_NODES - 1);
	assert_int_equal(ranges, 129);
}

static void test_bad_ranges(void **state)
{
	static const struct ssi_node_range bad[] = {
		{ 1, 0 }, { 0, 1024 }, { 1024, 1024 }, { 65535, 65535 },
	};
	struct ssi_nodeset set;
	size_t i;

	(void)state;
	ssi_nodeset_clear(&set);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ssi_nodeset_add_range(&set, &bad[i]), -EBADMSG);
	assert_true(ssi_nodeset_is_empty(&set));
}

static void test_remove_while_walking(void **state)
{
	struct ssi_nodeset set;
	int node, seen = 0;

	(void)state;
	ssi_nodeset_clear(&set);
	for (node = 10; node < 80; node++)
		ssi_nodeset_add(&set, node);
	ssi_nodeset_for_each(node, &set) {
		ssi_nodeset_remove(&set, node);
		seen++;
	}
	assert_int_equal(seen, 70);
	assert_true(ssi_nodeset_is_empty(&set));
}

static void test_sets(void **state)
{
	struct ssi_nodeset a, b, c;
	int node;

	(void)state;
	ssi_nodeset_clear(&a);
	ssi_nodeset_clear(&b);
	for (node = 60; node < 70; node++)
		ssi_nodeset_add(&a, node);
	for (node = 65; node < 1024; node += 100)
		ssi_nodeset_add(&b, node);
	c = a;
	ssi_nodeset_unite(&c, &b);
	assert_int_equal(ssi_nodeset_weight(&c), 19);
	assert_true(ssi_nodeset_covers(&c, &a));
	assert_true(ssi_nodeset_covers(&c, &b));
	assert_false(ssi_nodeset_covers(&a, &b));
	ssi_nodeset_subtract(&c, &a);
	assert_int_equal(ssi_nodeset_weight(&c), 9);
	assert_false(ssi_nodeset_contains(&c, 65));
	ssi_nodeset_intersect(&b, &a);
	assert_int_equal(ssi_nodeset_weight(&b), 1);
	assert_true(ssi_nodeset_contains(&b, 65));
	ssi_nodeset_clear(&c);
	assert_true(ssi_nodeset_covers(&a, &c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_bad_ranges),
		cmocka_unit_test(test_remove_while_walking),
		cmocka_unit_test(test_sets),
	};

	return cmocka_run_group_tests_name("nodeset", tests, NULL, NULL);
}
