// SPDX-License-Identifier: LGPL-2.1-or-later
/* test-atomic.c - files that are whole or not there */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "libxos/atomic.h"
#include "libxos/spawn.h"

static char dir[] = "/tmp/test-atomic.XXXXXX";

static int enter_dir(void **state)
{
	(void)state;
	return !mkdtemp(dir) || chdir(dir);
}

static int remove_dir(void **state)
{
	const char *const argv[] = { "rm", "-rf", dir, NULL };

	(void)state;
	return xos_spawn_run(&(struct xos_spawn) { .argv = argv }, NULL);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static ino_t inode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void assert_content(const char *path, const char *expected)
{
	size_t len;
	char *data = xos_file_read(path, 1000, &len, NULL);

	assert_non_null(data);
	assert_int_equal(len, strlen(expected));
	assert_string_equal(data, expected);
	free(data);
}

static void writes_and_replaces(void **state)
{
	mode_t old = umask(077);

	(void)state;
	assert_int_equal(xos_file_write("a", "one", 3, 0644, false, NULL), 0);
	assert_content("a", "one");
	assert_int_equal(mode_of("a"), 0644);
	assert_int_equal(xos_file_write("a", "", 0, 0600, true, NULL), 0);
	assert_content("a", "");
	assert_int_equal(mode_of("a"), 0600);
	umask(old);
}

static void leaves_nothing_after_failure(void **state)
{
	struct xos_error err;

	(void)state;
	assert_int_equal(xos_file_write("none/a", "x", 1, 0644, false, &err), -ENOENT);
	assert_string_equal(err.text, "cannot write 'none/a': No such file or directory");
	/* A directory in the way: the rename fails, the temporary file goes. */
	assert_int_equal(mkdir("full", 0755), 0);
	assert_int_equal(mkdir("full/a", 0755), 0);
	assert_int_equal(mkdir("full/a/b", 0755), 0);
	assert_int_equal(xos_file_write("full/a", "x", 1, 0644, false, &err), -EISDIR);
	assert_int_equal(rmdir("full/a/b"), 0);
	assert_int_equal(rmdir("full/a"), 0);
	assert_int_equal(rmdir("full"), 0);
}

static void writes_only_what_changed(void **state)
{
	ino_t inode;

	(void)state;
	assert_int_equal(xos_file_write_if_changed("b", "one", 3, 0644, NULL), 1);
	inode = inode_of("b");
	assert_int_equal(xos_file_write_if_changed("b", "one", 3, 0644, NULL), 0);
	assert_int_equal(inode_of("b"), inode);
	assert_int_equal(xos_file_write_if_changed("b", "two", 3, 0644, NULL), 1);
	assert_content("b", "two");
	assert_int_equal(xos_file_write_if_changed("b", "two", 3, 0600, NULL), 1);
	assert_int_equal(mode_of("b"), 0600);
	assert_int_equal(xos_file_write_if_changed("b", "longer", 6, 0600, NULL), 1);
	assert_content("b", "longer");
	/* A link is replaced, not written through. */
	assert_int_equal(symlink("b", "link"), 0);
	assert_int_equal(xos_file_write_if_changed("link", "longer", 6, 0600, NULL), 1);
	assert_content("b", "longer");
	assert_true(xos_file_write_if_changed("none/b", "x", 1, 0600, NULL) < 0);
}

static void makes_directories(void **state)
{
	struct xos_error err;

	(void)state;
	assert_int_equal(xos_mkdir_p("d/e//f", 0700, NULL), 0);
	assert_int_equal(mode_of("d/e/f"), 0700);
	assert_int_equal(xos_mkdir_p("d/e/f/", 0700, NULL), 0);
	assert_int_equal(xos_mkdir_p("/tmp", 0700, NULL), 0);
	assert_int_equal(xos_file_write("d/file", "", 0, 0644, false, NULL), 0);
	assert_int_equal(xos_mkdir_p("d/file/g", 0700, &err), -ENOTDIR);
	assert_string_equal(err.text, "cannot make directory 'd/file/g': Not a directory");
	assert_int_equal(xos_mkdir_p("", 0700, NULL), -ENOENT);
}

static void reads_with_a_limit(void **state)
{
	struct xos_error err;
	size_t size = 300000, len;
	char *big = malloc(size), *data;

	(void)state;
	memset(big, 'x', size);
	assert_int_equal(xos_file_write("big", big, size, 0644, false, NULL), 0);
	data = xos_file_read("big", size, &len, &err);
	assert_non_null(data);
	assert_int_equal(len, size);
	assert_memory_equal(data, big, size);
	assert_int_equal(data[size], '\0');
	free(data);
	free(big);
	assert_null(xos_file_read("big", size - 1, &len, &err));
	assert_int_equal(err.code, -EFBIG);
	assert_string_equal(err.text, "'big' is longer than 299999 bytes");
}

static void reads_no_device_and_no_fifo(void **state)
{
	struct xos_error err;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_null(xos_file_read("fifo", 10, NULL, &err));
	assert_string_equal(err.text, "cannot read 'fifo': not a regular file");
	assert_null(xos_file_read("/dev/zero", 10, NULL, &err));
	assert_int_equal(err.code, -EINVAL);
	assert_null(xos_file_read(".", 10, NULL, &err));
	assert_null(xos_file_read("gone", 10, NULL, &err));
	assert_int_equal(err.code, -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_and_replaces),
		cmocka_unit_test(leaves_nothing_after_failure),
		cmocka_unit_test(writes_only_what_changed),
		cmocka_unit_test(makes_directories),
		cmocka_unit_test(reads_with_a_limit),
		cmocka_unit_test(reads_no_device_and_no_fifo),
	};

	return cmocka_run_group_tests_name("atomic", tests, enter_dir, remove_dir);
}
