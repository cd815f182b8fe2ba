// SPDX-License-Identifier: LGPL-2.1-or-later
/* test-nodefile.c - node files of batch systems */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "libxos/atomic.h"
#include "libxos/nodefile.h"

static char path[] = "/tmp/test-nodefile.XXXXXX";

static int make_file(void **state)
{
	(void)state;
	return mkstemp(path) < 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

/* Reads @data as a node file; the names with blanks between, or the error. */
static void read_data(const char *data, size_t len, int code, const char *expected)
{
	struct xos_arena *arena = xos_arena_create();
	struct xos_strings names = { 0 };
	struct xos_error err;
	char text[1200] = "";

	assert_int_equal(xos_file_write(path, data, len, 0600, false, NULL), 0);
	assert_int_equal(xos_nodefile_read(arena, path, &names, &err), code);
	if (code) {
		snprintf(text, sizeof(text), "%s%s", path, expected);
		assert_string_equal(err.text, text);
		assert_int_equal(err.exit, XOS_EXIT_USAGE);
	} else {
		for (size_t i = 0; i < names.n; i++) {
			strcat(text, i ? " " : "");
			strcat(text, names.s[i]);
		}
		assert_string_equal(text, expected);
	}
	xos_arena_destroy(arena);
}

static const struct {
	const char *data;
	int code;
	const char *expected;
} cases[] = {
	{ "a\nb\n", 0, "a b" },
	{ "b\na\nb\nb\na\n", 0, "b a" },
	{ "a", 0, "a" },
	{ "a\r\nb\r\n", 0, "a b" },
	{ "# job 12\n\n  a\t# two cores\na\n#\n", 0, "a" },
	{ "p-1.site.fr\np-2.site.fr\n", 0, "p-1.site.fr p-2.site.fr" },
	{ "", -EINVAL, ": names no node; write one name a line" },
	{ "# nothing\n\r\n", -EINVAL, ": names no node; write one name a line" },
	{ "a\nb c\n", -EINVAL, ":2: 'b c' is not a host name; write one name a line in lower case" },
	{ "a;reboot\n", -EINVAL, ":1: 'a;reboot' is not a host name; write one name a line in lower case" },
	{ "a\n\nNode\n", -EINVAL, ":3: 'Node' is not a host name; write one name a line in lower case" },
	{ "-a\n", -EINVAL, ":1: '-a' is not a host name; write one name a line in lower case" },
};

static void reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		read_data(cases[i].data, strlen(cases[i].data), cases[i].code,
			  cases[i].expected);
	read_data("a\0b\n", 4, -EINVAL,
		  ":1: 'a NUL byte' is not a host name; write one name a line in lower case");
}

static void says_why_it_cannot_read(void **state)
{
	struct xos_arena *arena = xos_arena_create();
	struct xos_strings names = { 0 };
	struct xos_error err;

	(void)state;
	assert_int_equal(xos_nodefile_read(arena, "/no/such/file", &names, &err), -ENOENT);
	assert_string_equal(err.text, "cannot read '/no/such/file': No such file or directory");
	assert_int_equal(err.exit, XOS_EXIT_USAGE);
	assert_int_equal(xos_nodefile_read(arena, "/tmp", &names, &err), -EINVAL);
	assert_string_equal(err.text, "cannot read '/tmp': not a regular file");
	assert_true(xos_nodefile_read(arena, "/tmp", &names, NULL) < 0);
	xos_arena_destroy(arena);
}

/* One line a core on a large machine: the names are few, the lines many. */
static void takes_many_lines(void **state)
{
	struct xos_arena *arena = xos_arena_create();
	struct xos_strings names = { 0 };
	char *data = NULL;
	size_t len;
	FILE *f = open_memstream(&data, &len);

	(void)state;
	for (int i = 0; i < 200000; i++)
		fprintf(f, "node-%d\n", i / 64);
	fclose(f);
	assert_int_equal(xos_file_write(path, data, len, 0600, false, NULL), 0);
	assert_int_equal(xos_nodefile_read(arena, path, &names, NULL), 0);
	assert_int_equal(names.n, 3125);
	assert_string_equal(names.s[3124], "node-3124");
	free(data);
	xos_arena_destroy(arena);
}

static void knows_host_names(void **state)
{
	static const char *const good[] = {
		"a", "a1", "1a", "node-1", "a.b", "a-b.c-d", "x2.y3.z",
	};
	static const char *const bad[] = {
		"", "1", "12.3", "10.0.0.1", "-a", "a-", "a.-b", "a-.b", ".a", "a.",
		"a..b", "A", "a_b", "a b", "a/b", "\xc3\xa4",
	};
	char name[XOS_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(xos_name_is_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(xos_name_is_valid(bad[i]));
	memset(name, 'a', sizeof(name));
	name[XOS_NAME_MAX] = '\0';
	assert_true(xos_name_is_valid(name));
	name[XOS_NAME_MAX] = 'a';
	name[XOS_NAME_MAX + 1] = '\0';
	assert_false(xos_name_is_valid(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(says_why_it_cannot_read),
		cmocka_unit_test(takes_many_lines),
		cmocka_unit_test(knows_host_names),
	};

	return cmocka_run_group_tests_name("nodefile", tests, make_file, remove_file);
}
