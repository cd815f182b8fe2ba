// SPDX-License-Identifier: LGPL-2.1-or-later
/* atomic.c - see atomic.h; the only place that writes files of a deployment */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "atomic.h"
#include "cleanup.h"

#define READ_FIRST 65536

static int failed(struct xos_error *err, const char *what, const char *path)
{
	int code = -errno;

	return xos_error_set(err, code, XOS_EXIT_FAILED, "%s '%s': %s", what,
			     path, strerror(-code));
}

/* A FIFO or a device would block or never end; /dev/stdin is asked for as "-". */
static int open_regular(const char *path, struct xos_error *err)
{
	struct stat st;
	int fd;

	if (!strcmp(path, "-")) {
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		return fd < 0 ? failed(err, "cannot read", "standard input") : fd;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return failed(err, "cannot read", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return xos_error_set(err, -EINVAL, XOS_EXIT_FAILED,
				     "cannot read '%s': not a regular file", path);
	}
	return fd;
}

static ssize_t read_again(int fd, void *buf, size_t len)
{
	ssize_t n;

	do
		n = read(fd, buf, len);
	while (n < 0 && errno == EINTR);
	return n;
}

char *xos_file_read(const char *path, size_t max, size_t *len,
		    struct xos_error *err)
{
	cleanup_close int fd = open_regular(path, err);
	cleanup_free char *buf = NULL;
	size_t size = 0, used = 0;
	char *whole;
	ssize_t n;

	if (fd < 0)
		return NULL;
	do {
		if (size - used < 2) {
			size = size ? 2 * size : READ_FIRST;
			whole = realloc(buf, size);
			if (!whole) {
				failed(err, "cannot read", path);
				return NULL;
			}
			buf = whole;
		}
		n = read_again(fd, buf + used, size - used - 1);
		if (n < 0) {
			failed(err, "cannot read", path);
			return NULL;
		}
		used += n;
		if (used > max) {
			xos_error_set(err, -EFBIG, XOS_EXIT_FAILED,
				      "'%s' is longer than %zu bytes", path, max);
			return NULL;
		}
	} while (n);
	buf[used] = '\0';
	if (len)
		*len = used;
	whole = buf;
	buf = NULL;
	return whole;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= n;
	}
	return 0;
}

/* The rename itself is on disk only when the directory is. */
static int sync_parent(const char *path)
{
	cleanup_free char *dir = strdup(path);
	cleanup_close int fd = -1;
	char *slash;

	if (!dir)
		return -1;
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -1 : fsync(fd);
}

static int fill(int fd, const void *data, size_t len, mode_t mode, bool sync)
{
	int rc = write_all(fd, data, len);

	if (rc)
		return rc;
	if (fchmod(fd, mode) < 0 || (sync && fsync(fd) < 0))
		return -errno;
	return 0;
}

int xos_file_write(const char *path, const void *data, size_t len, mode_t mode,
		   bool sync, struct xos_error *err)
{
	cleanup_free char *tmp = NULL;
	cleanup_close int fd = -1;
	int rc;

	if (asprintf(&tmp, "%s.XXXXXX", path) < 0) {
		tmp = NULL;
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED,
				     "cannot write '%s': no memory", path);
	}
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return failed(err, "cannot write", path);
	rc = fill(fd, data, len, mode, sync);
	if (!rc && rename(tmp, path) < 0)
		rc = -errno;
	if (rc) {
		unlink(tmp);
		errno = -rc;
		return failed(err, "cannot write", path);
	}
	if (sync && sync_parent(path) < 0)
		return failed(err, "cannot sync the directory of", path);
	return 0;
}

static bool is_same(const char *path, const void *data, size_t len, mode_t mode)
{
	cleanup_free char *old = NULL;
	struct stat st;
	size_t old_len;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (size_t)st.st_size != len || (st.st_mode & 07777) != mode)
		return false;
	old = xos_file_read(path, len, &old_len, NULL);
	return old && old_len == len && !memcmp(old, data, len);
}

int xos_file_write_if_changed(const char *path, const void *data, size_t len,
			      mode_t mode, struct xos_error *err)
{
	int rc;

	if (is_same(path, data, len, mode))
		return 0;
	rc = xos_file_write(path, data, len, mode, false, err);
	return rc ? rc : 1;
}

static int mkdir_one(const char *path, mode_t mode)
{
	struct stat st;

	if (!mkdir(path, mode))
		return 0;
	if (errno == EEXIST && !stat(path, &st)) {
		if (S_ISDIR(st.st_mode))
			return 0;
		errno = ENOTDIR;
	}
	return -errno;
}

int xos_mkdir_p(const char *path, mode_t mode, struct xos_error *err)
{
	cleanup_free char *copy = strdup(path);
	int rc = 0;

	if (!copy)
		return failed(err, "cannot make directory", path);
	for (char *p = copy + 1; *copy && *p && !rc; p++) {
		if (*p != '/' || p[-1] == '/')
			continue;
		*p = '\0';
		rc = mkdir_one(copy, mode);
		*p = '/';
	}
	if (!rc)
		rc = mkdir_one(copy, mode);
	if (rc) {
		errno = -rc;
		return failed(err, "cannot make directory", path);
	}
	return 0;
}
