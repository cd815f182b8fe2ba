// SPDX-License-Identifier: GPL-2.0-only
/* test-keys.c - the deployment's keys and what is believed about a node's */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../deploy/keys.h"
#include "../../deploy/words.h"
#include "../../libxos/atomic.h"

#define GOOD "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE6tWq0tB0mNn8vX2dVjz1a0rQz0qg5v6r7s8t9u0v1w"
#define OTHER "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIZZtWq0tB0mNn8vX2dVjz1a0rQz0qg5v6r7s8t9u0v1w"

static char dir[64];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/xos-keys-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char path[128];

	(void)state;
	xos_keys_remove(dir);
	snprintf(path, sizeof(path), "%s/keys", dir);
	rmdir(path);
	return rmdir(dir);
}

static char *known_hosts(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/known_hosts", dir);
	return xos_file_read(path, 65536, NULL, NULL);
}

static void test_create_is_private_and_stable(void **state)
{
	struct xos_error err;
	struct stat st;
	char path[128], *first, *second;

	(void)state;
	assert_int_equal(xos_keys_create(dir, "10.77.0.1", &err), 0);
	snprintf(path, sizeof(path), "%s/keys/admin-token", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 65);
	first = xos_file_read(path, 4096, NULL, &err);
	assert_int_equal(xos_keys_create(dir, "10.77.0.1", &err), 0);
	second = xos_file_read(path, 4096, NULL, &err);
	assert_string_equal(first, second);
	free(first);
	free(second);
	snprintf(path, sizeof(path), "%s/keys/id_ed25519", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_trust_replaces_only_its_address(void **state)
{
	struct xos_error err;
	char *text;

	(void)state;
	assert_int_equal(xos_keys_trust(dir, "10.0.0.1", GOOD, &err), 0);
	assert_int_equal(xos_keys_trust(dir, "10.0.0.11", GOOD, &err), 0);
	assert_int_equal(xos_keys_trust(dir, "10.0.0.1", OTHER " a comment", &err), 0);
	text = known_hosts();
	assert_string_equal(text, "10.0.0.11 " GOOD "\n10.0.0.1 " OTHER "\n");
	free(text);
}

static void test_trust_refuses_what_is_no_key(void **state)
{
	static const char *const bad[] = {
		"", "ssh-ed25519", "ssh-ed25519 short", "ssh-rsa " GOOD,
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE6tWq0tB0mNn8vX2dVjz1a0rQz0qg5v6r7s8t9u0v1w\n* ssh-rsa x",
		"ssh-ed25519  AAAAC3NzaC1lZDI1NTE5AAAAIE6tWq0tB0mNn8vX2dVjz1a0rQz0qg5v6r7s8t9u0v1w",
	};
	struct xos_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(xos_keys_trust(dir, "10.0.0.1", bad[i], &err), -EBADMSG);
	assert_null(known_hosts());
}

static void test_ssh_quotes_for_the_remote_shell(void **state)
{
	const char *const command[] = { "echo", "it's; $(rm)", "", NULL };
	const char *const prefix[] = { "nsenter", "--", NULL };
	char **argv = xos_keys_ssh(dir, "10.0.0.9", prefix, command, false);
	size_t n = 0;

	(void)state;
	assert_non_null(argv);
	while (argv[n])
		n++;
	assert_string_equal(argv[0], "nsenter");
	assert_string_equal(argv[n - 4], "root@10.0.0.9");
	assert_string_equal(argv[n - 3], "'echo'");
	assert_string_equal(argv[n - 2], "'it'\\''s; $(rm)'");
	assert_string_equal(argv[n - 1], "''");
	words_free(argv);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_create_is_private_and_stable),
		TEST(test_trust_replaces_only_its_address),
		TEST(test_trust_refuses_what_is_no_key),
		TEST(test_ssh_quotes_for_the_remote_shell),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
