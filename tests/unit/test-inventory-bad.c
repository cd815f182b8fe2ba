// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test-inventory-bad.c - inventories that are wrong: what is said about them
 *
 * One file for each fault, data/inventory/bad-FAULT.xml.  All that is said about
 * all of them is in data/inventory/expected, in which DIR is the data directory.
 * After a change: UPDATE=1 writes that file anew; read the difference.
 */
#include <errno.h>
#include <glob.h>
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
#include "libxos/inventory.h"

static char dir[512];

static int enter_dir(void **state)
{
	char path[1024];

	(void)state;
	snprintf(path, sizeof(path), "%s/inventory", getenv("TEST_DATA"));
	return chdir(path) || !getcwd(dir, sizeof(dir));
}

/* A message with the data directory's name made DIR. */
static void print_problem(const struct xos_error *problem, void *out)
{
	const char *text = problem->text, *found;

	assert_int_equal(problem->exit, XOS_EXIT_USAGE);
	assert_null(strpbrk(text, "\n\t"));
	for (; (found = strstr(text, dir)); text = found + strlen(dir))
		fprintf(out, "%.*sDIR", (int)(found - text), text);
	fprintf(out, "%s\n", text);
}

struct first {
	char text[1024];
	size_t n;
};

static void keep_first(const struct xos_error *problem, void *arg)
{
	struct first *first = arg;

	if (!first->n++)
		snprintf(first->text, sizeof(first->text), "%s", problem->text);
}

static void each_fault_is_told(void **state)
{
	char *said = NULL, *expected;
	size_t len;
	FILE *out = open_memstream(&said, &len);
	glob_t files;

	(void)state;
	assert_int_equal(glob("bad-*.xml", 0, NULL, &files), 0);
	assert_true(files.gl_pathc > 90);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		fprintf(out, "== %s\n", files.gl_pathv[i]);
		assert_null(xos_inventory_check(files.gl_pathv[i], NULL, print_problem,
						out, NULL));
	}
	globfree(&files);
	fclose(out);
	if (getenv("UPDATE"))
		xos_file_write("expected", said, len, 0644, false, NULL);
	expected = xos_file_read("expected", 1 << 20, NULL, NULL);
	assert_non_null(expected);
	assert_string_equal(said, expected);
	free(expected);
	free(said);
}

static void load_tells_the_first(void **state)
{
	struct xos_error err;
	struct first first = { .n = 0 };

	(void)state;
	assert_null(xos_inventory_load("bad-several.xml", NULL, &err));
	assert_null(xos_inventory_check("bad-several.xml", NULL, keep_first, &first, NULL));
	assert_string_equal(err.text, first.text);
	assert_true(first.n > 3);
	assert_int_equal(err.exit, XOS_EXIT_USAGE);
	assert_int_equal(err.code, -EINVAL);
}

static void files_that_cannot_be_read(void **state)
{
	struct xos_error err;

	(void)state;
	assert_null(xos_inventory_load("no-such.xml", NULL, &err));
	assert_string_equal(err.text, "cannot read 'no-such.xml': No such file or directory; give the inventory's path with -i");
	assert_int_equal(err.exit, XOS_EXIT_USAGE);
	assert_null(xos_inventory_load("/dev/zero", NULL, &err));
	assert_string_equal(err.text, "cannot read '/dev/zero': not a regular file; give the inventory's path with -i");
	assert_null(xos_inventory_load(".", NULL, &err));
	if (getuid()) {
		assert_null(xos_inventory_load("/etc/shadow", NULL, &err));
		assert_string_equal(err.text, "cannot read '/etc/shadow': Permission denied; give the inventory's path with -i");
	}
}

/* A fault in each of many nodes is told a hundred times, not more. */
static void problems_are_bounded(void **state)
{
	char path[] = "/tmp/test-inventory-bad.XXXXXX";
	struct first first = { .n = 0 };
	FILE *f = fdopen(mkstemp(path), "w");

	(void)state;
	fputs("<cluster xmlns=\"urn:xos-ssi:inventory:1\" name=\"t\">", f);
	for (int i = 0; i < 5000; i++)
		fprintf(f, "\n<node name=\"n%d\" memory=\"x\"/>", i);
	fputs("</cluster>", f);
	fclose(f);
	assert_null(xos_inventory_check(path, NULL, keep_first, &first, NULL));
	assert_int_equal(first.n, 100);
	assert_non_null(strstr(first.text, ":2: memory=\"x\" is not right"));
	unlink(path);
}

/* A line number does not end at 65535, as libxml2's own field does. */
static void line_numbers_are_large(void **state)
{
	char path[] = "/tmp/test-inventory-bad.XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	struct xos_error err;

	(void)state;
	fputs("<cluster xmlns=\"urn:xos-ssi:inventory:1\" name=\"t\">", f);
	for (int i = 0; i < 70000; i++)
		fputc('\n', f);
	fputs("<node name=\"X\"/>\n</cluster>", f);
	fclose(f);
	assert_null(xos_inventory_load(path, NULL, &err));
	assert_non_null(strstr(err.text, ":70001: "));
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_is_told),
		cmocka_unit_test(load_tells_the_first),
		cmocka_unit_test(files_that_cannot_be_read),
		cmocka_unit_test(problems_are_bounded),
		cmocka_unit_test(line_numbers_are_large),
	};

	return cmocka_run_group_tests_name("inventory-bad", tests, enter_dir, NULL);
}
