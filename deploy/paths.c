// SPDX-License-Identifier: GPL-2.0-only
/*
 * paths.c - where a deployment keeps its things, and who holds it
 *
 * One deployment is one cluster name.  Whoever changes it holds an flock on
 * state/lock, which the kernel drops when the process ends, however it ends.
 */
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"

static char *place(const char *variable, const char *parent, const char *name)
{
	const char *moved = getenv(variable);
	char *path;

	if (asprintf(&path, "%s%s%s", moved && *moved ? moved : parent,
		     *name ? "/" : "", name) < 0)
		return NULL;
	return path;
}

int xos_paths_init(struct xos_paths *paths, const char *name, struct xos_error *err)
{
	paths->state = place("XOS_STATE_DIR", "/var/lib/xos-ssi", name);
	paths->run = place("XOS_RUN_DIR", "/run/xos-ssi", name);
	paths->cache = place("XOS_CACHE_DIR", "/var/cache/xos-ssi", "");
	if (paths->state && paths->run && paths->cache)
		return 0;
	xos_paths_free(paths);
	return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "paths: no memory");
}

void xos_paths_free(struct xos_paths *paths)
{
	free(paths->state);
	free(paths->run);
	free(paths->cache);
	memset(paths, 0, sizeof(*paths));
}

static int make_one(const char *path, unsigned int mode, const char *variable,
		    struct xos_error *err)
{
	struct xos_error why;
	int rc = xos_mkdir_p(path, mode, &why);

	if (rc < 0)
		return xos_error_set(err, rc, XOS_EXIT_FAILED,
				     "%s; run as root, or set %s", why.text, variable);
	return 0;
}

int xos_paths_make(const struct xos_paths *paths, struct xos_error *err)
{
	int rc = make_one(paths->state, 0700, "XOS_STATE_DIR", err);

	return rc < 0 ? rc : make_one(paths->run, 0755, "XOS_RUN_DIR", err);
}

static int read_pid(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : 0;
}

static int open_lock(const struct xos_paths *paths, int flags)
{
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/lock", paths->state) < 0)
		return -1;
	return open(path, flags | O_CLOEXEC, 0600);
}

int xos_paths_lock(const struct xos_paths *paths, struct xos_error *err)
{
	char text[16];
	int fd = open_lock(paths, O_RDWR | O_CREAT), len;

	if (fd < 0)
		return xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s/lock: %s",
				     paths->state, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int pid = read_pid(fd);

		close(fd);
		return xos_error_set(err, -EBUSY, XOS_EXIT_FAILED,
			"another xos-ssi-deploy (process %d) is changing this deployment; wait for it, or watch it with: xos-ssi-deploy status -w",
			pid);
	}
	len = snprintf(text, sizeof(text), "%d\n", getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, len, 0) != len) {
		int code = errno;

		close(fd);
		return xos_error_set(err, -code, XOS_EXIT_FAILED, "%s/lock: %s",
				     paths->state, strerror(code));
	}
	return fd;
}

int xos_paths_holder(const struct xos_paths *paths)
{
	cleanup_close int fd = open_lock(paths, O_RDONLY);

	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0)
		return 0;
	return read_pid(fd);
}

/* The directory of this program, which is $O/deploy or $PREFIX/sbin. */
static bool find_self(char self[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", self, PATH_MAX - 1);

	self[n > 0 ? n : 0] = '\0';
	if (n <= 0)
		return false;
	*strrchr(self, '/') = '\0';
	return true;
}

/*
 * Found at run time, so that the program is the same wherever it was built and
 * works wherever it is copied to.  The build puts a link "source" beside it.
 */
static void find_places(char data[PATH_MAX], char build[PATH_MAX])
{
	char self[PATH_MAX], link[PATH_MAX + 16];
	const char *moved = getenv("XOS_DATA_DIR");

	if (moved && *moved) {
		snprintf(data, PATH_MAX, "%s", moved);
		snprintf(build, PATH_MAX, "%.*s/build", PATH_MAX - 8, moved);
		return;
	}
	if (!find_self(self))
		strcpy(self, "/usr/sbin");
	snprintf(link, sizeof(link), "%s/source", self);
	if (realpath(link, data)) {
		*strrchr(self, '/') = '\0';
		snprintf(build, PATH_MAX, "%s", self);
		return;
	}
	*strrchr(self, '/') = '\0';
	snprintf(data, PATH_MAX, "%.*s/share/xos-ssi", PATH_MAX - 16, self);
	snprintf(build, PATH_MAX, "%.*s/lib/xos-ssi", PATH_MAX - 16, self);
}

const char *xos_data_dir(void)
{
	static char data[PATH_MAX];
	char build[PATH_MAX];

	find_places(data, build);
	return data;
}

const char *xos_build_dir(void)
{
	static char build[PATH_MAX];
	char data[PATH_MAX];

	find_places(data, build);
	return build;
}
