// SPDX-License-Identifier: LGPL-2.1-or-later
/* test-error.c - struct xos_error */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libxos/error.h"

static void set_fills_and_returns(void **state)
{
	struct xos_error err;

	(void)state;
	assert_int_equal(xos_error_set(&err, -ENOENT, XOS_EXIT_USAGE, "%s %d", "a", 1),
			 -ENOENT);
	assert_int_equal(err.code, -ENOENT);
	assert_int_equal(err.exit, XOS_EXIT_USAGE);
	assert_string_equal(err.text, "a 1");
}

static void null_is_allowed(void **state)
{
	(void)state;
	assert_int_equal(xos_error_set(NULL, -EIO, XOS_EXIT_FAILED, "x"), -EIO);
	xos_error_prefix(NULL, "x");
}

static void prefix_goes_in_front(void **state)
{
	struct xos_error err;

	(void)state;
	xos_error_set(&err, -EIO, XOS_EXIT_FAILED, "broken");
	xos_error_prefix(&err, "node %s: ", "n1");
	assert_string_equal(err.text, "node n1: broken");
	assert_int_equal(err.code, -EIO);
}

static void long_texts_are_cut(void **state)
{
	char words[3000];
	struct xos_error err;

	(void)state;
	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	xos_error_set(&err, -EIO, XOS_EXIT_FAILED, "%s", words);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	xos_error_prefix(&err, "in front: ");
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_memory_equal(err.text, "in front: xx", 12);
	xos_error_prefix(&err, "%s", words);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_fills_and_returns),
		cmocka_unit_test(null_is_allowed),
		cmocka_unit_test(prefix_goes_in_front),
		cmocka_unit_test(long_texts_are_cut),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
