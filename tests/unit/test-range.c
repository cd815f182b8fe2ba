// SPDX-License-Identifier: LGPL-2.1-or-later
/* test-range.c - name ranges, out and back */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libxos/range.h"

/* A list as one string, for comparison. */
static char *joined(struct xos_arena *arena, const struct xos_strings *names)
{
	char *s = xos_arena_strdup(arena, "");

	for (size_t i = 0; i < names->n; i++)
		s = xos_arena_printf(arena, "%s%s%s", s, i ? " " : "", names->s[i]);
	return s;
}

static const struct {
	const char *expr, *names;
} good[] = {
	{ "node-1", "node-1" },
	{ "node-[1-3]", "node-1 node-2 node-3" },
	{ "node-[1-3,7].site", "node-1.site node-2.site node-3.site node-7.site" },
	{ "node[08-10]", "node08 node09 node10" },
	{ "node[008-010]", "node008 node009 node010" },
	{ "n[0-2]", "n0 n1 n2" },
	{ "n[5]", "n5" },
	{ "n[007]", "n007" },
	{ "n[3,1,2]", "n3 n1 n2" },
	{ "r[1-2]n[1-2]", "r1n1 r1n2 r2n1 r2n2" },
	{ "[1-2]a", "1a 2a" },
	{ "head,node-[1-2],x", "head node-1 node-2 x" },
	{ "n[999999999]", "n999999999" },
};

static void expands(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct xos_arena *arena = xos_arena_create();
		struct xos_strings names = { 0 };
		struct xos_error err;

		assert_int_equal(xos_range_expand(arena, good[i].expr, &names, &err), 0);
		assert_string_equal(joined(arena, &names), good[i].names);
		xos_arena_destroy(arena);
	}
}

static const struct {
	const char *expr, *why;
	int code;
} bad[] = {
	{ "", "a name is missing", -EINVAL },
	{ "a,", "a name is missing", -EINVAL },
	{ ",a", "a name is missing", -EINVAL },
	{ "n[3-1]", "it counts down", -EINVAL },
	{ "n[]", "a number of one to nine digits is missing", -EINVAL },
	{ "n[1-]", "a number of one to nine digits is missing", -EINVAL },
	{ "n[-1]", "a number of one to nine digits is missing", -EINVAL },
	{ "n[1,]", "a number of one to nine digits is missing", -EINVAL },
	{ "n[a]", "a number of one to nine digits is missing", -EINVAL },
	{ "n[1-2-3]", "only digits, '-' and ',' may stand in brackets", -EINVAL },
	{ "n[1 ]", "only digits, '-' and ',' may stand in brackets", -EINVAL },
	{ "n[1", "a ']' is missing", -EINVAL },
	{ "n1]", "a '[' is missing", -EINVAL },
	{ "n[[1]]", "a number of one to nine digits is missing", -EINVAL },
	{ "n[1-2]]", "a '[' is missing", -EINVAL },
	{ "n[1234567890]", "a number of one to nine digits is missing", -EINVAL },
	{ "n[01-100]", "zero-padded numbers must be equally long", -EINVAL },
	{ "n[1-02]", "zero-padded numbers must be equally long", -EINVAL },
	{ "n[1-65537]", "it stands for more than 65536 names", -E2BIG },
	{ "n[1-999999999]", "it stands for more than 65536 names", -E2BIG },
	{ "a[1-300]b[1-300]", "it stands for more than 65536 names", -E2BIG },
	{ "[1][1][1][1][1][1][1][1][1]", "too many brackets", -EINVAL },
};

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct xos_arena *arena = xos_arena_create();
		struct xos_strings names = { 0 };
		struct xos_error err;
		char text[256];

		assert_int_equal(xos_range_expand(arena, bad[i].expr, &names, &err),
				 bad[i].code);
		snprintf(text, sizeof(text), "bad range '%s': %s; write it as node-[1-16] or node-[1-3,7]",
			 bad[i].expr, bad[i].why);
		assert_string_equal(err.text, text);
		assert_int_equal(err.exit, XOS_EXIT_USAGE);
		xos_arena_destroy(arena);
	}
}

static void takes_65536_names(void **state)
{
	struct xos_arena *arena = xos_arena_create();
	struct xos_strings names = { 0 };

	(void)state;
	assert_int_equal(xos_range_expand(arena, "n[1-65536]", &names, NULL), 0);
	assert_int_equal(names.n, XOS_RANGE_MAX);
	assert_string_equal(names.s[65535], "n65536");
	assert_null(names.s[65536]);
	assert_string_equal(xos_range_fold(arena, &names), "n[1-65536]");
	xos_arena_destroy(arena);
}

static void refuses_long_names(void **state)
{
	struct xos_arena *arena = xos_arena_create();
	struct xos_strings names = { 0 };
	char expr[300];

	(void)state;
	memset(expr, 'a', sizeof(expr));
	strcpy(expr + 254, "[9-10]");
	assert_int_equal(xos_range_expand(arena, expr, &names, NULL), -EINVAL);
	strcpy(expr + 254, "[9]");
	assert_int_equal(xos_range_expand(arena, expr, &names, NULL), 0);
	xos_arena_destroy(arena);
}

static const struct {
	const char *names, *folded;
} folds[] = {
	{ "node-1,node-2,node-3,node-7", "node-[1-3,7]" },
	{ "node-7", "node-7" },
	{ "b,a", "a,b" },
	{ "n2,n1,n2,n1", "n[1-2]" },
	{ "n08,n09,n10", "n[08-10]" },
	{ "n8,n9,n10", "n[8-10]" },
	{ "n1,n01", "n1,n01" },
	{ "n1.x,n2.x,n1.y", "n[1-2].x,n1.y" },
	{ "p-12.site5000.fr,p-13.site5000.fr", "p-[12-13].site5000.fr" },
	{ "r1n1,r1n2,r2n1", "r1n[1-2],r2n1" },
	{ "head,node-1,node-2", "head,node-[1-2]" },
	{ "n123456789012,n123456789013", "n123[456789012-456789013]" },
};

static void folds_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(folds) / sizeof(folds[0]); i++) {
		struct xos_arena *arena = xos_arena_create();
		struct xos_strings names = { 0 };

		assert_int_equal(xos_range_expand(arena, folds[i].names, &names, NULL), 0);
		assert_string_equal(xos_range_fold(arena, &names), folds[i].folded);
		xos_arena_destroy(arena);
	}
}

static void folds_nothing(void **state)
{
	struct xos_arena *arena = xos_arena_create();
	struct xos_strings none = { 0 };

	(void)state;
	assert_string_equal(xos_range_fold(arena, &none), "");
	xos_arena_destroy(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expands),
		cmocka_unit_test(refuses),
		cmocka_unit_test(takes_65536_names),
		cmocka_unit_test(refuses_long_names),
		cmocka_unit_test(folds_back),
		cmocka_unit_test(folds_nothing),
	};

	return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
