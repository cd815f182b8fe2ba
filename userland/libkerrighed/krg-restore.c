// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * krg-restore.c: makes an application from CHKPT_DIR/APPID/vN, whole or not at
 * all.
 *
 * All files are read and checked first.  The open files of the application are
 * opened here, so that processes inherit what they shared.  Each process then
 * becomes what it was by itself, in krg-become.c.
 */
#include "krg-application.h"
#include "krg-report.h"
#include "krg-restore.h"
#include "kerrighed.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <ssi/portable.h>

#define WAIT_MS		60000	/* for all to be there */
#define STEP_MS		200	/* after which we look for failures */

/* Is a file that was mapped privately still the same? */
static int check_mapped(struct krg_app *app, const struct ssi_image_mapped *mapped)
{
	const char *path = (const char *)(mapped + 1);
	struct stat st;

	if (!mapped->path_len)
		return 0;
	if (stat(path, &st)) {
		snprintf(app->text, sizeof(app->text), "%.400s: %s", path,
			 strerror(errno));
		return -1;
	}
	if ((uint64_t)st.st_size == le64_to_cpu(mapped->size) &&
	    st.st_mtim.tv_sec * 1000000000ull + st.st_mtim.tv_nsec ==
	    le64_to_cpu(mapped->mtime_ns))
		return 0;
	snprintf(app->text, sizeof(app->text), "%.400s has changed", path);
	errno = ENOEXEC;
	return -1;
}

static int check_all_mapped(struct krg_app *app,
			    const struct checkpoint_image *image)
{
	const struct task_image *task;
	const struct ssi_image_vma *vma;
	const struct ssi_image_mapped *mapped;
	size_t i, j;

	for (i = 0; i < image->count; i++) {
		task = &image->tasks[i];
		for (j = 0; j < task->mapped.count; j++) {
			mapped = task->mapped.at[j];
			vma = (const void *)((const char *)mapped -
				offsetof(struct ssi_image_vma, file));
			/* The first is the program; a shared one may change. */
			if (j && le64_to_cpu(vma->flags) & SSI_VMA_SHARED)
				continue;
			if (check_mapped(app, mapped))
				return -1;
		}
	}
	return 0;
}

/* Descriptors of ours have numbers that the application does not use. */
static int raise_own(struct restoration *r, int fd)
{
	int up = fcntl(fd, F_DUPFD_CLOEXEC, r->base);

	close(fd);
	return up;
}

static int find_base(const struct checkpoint_image *image)
{
	const struct ssi_image_fd *fd;
	int base = 16;
	size_t i, j;

	for (i = 0; i < image->count; i++)
		for (j = 0; j < image->tasks[i].fds.count; j++) {
			fd = image->tasks[i].fds.at[j];
			if ((int)le32_to_cpu(fd->fd) >= base)
				base = le32_to_cpu(fd->fd) + 1;
		}
	return base;
}

static int open_path(struct krg_app *app, const struct ssi_image_file *file)
{
	const char *path = (const char *)(file + 1);
	struct stat st;
	int fd;

	fd = open(path, le32_to_cpu(file->flags) | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		snprintf(app->text, sizeof(app->text), "%.400s: %s", path,
			 strerror(errno));
		return -1;
	}
	if ((st.st_mode ^ le32_to_cpu(file->mode)) & S_IFMT) {
		snprintf(app->text, sizeof(app->text),
			 "%.400s is another kind of file now", path);
		close(fd);
		errno = ENOEXEC;
		return -1;
	}
	if (S_ISREG(st.st_mode) && !(le32_to_cpu(file->flags) & O_PATH))
		lseek(fd, le64_to_cpu(file->pos), SEEK_SET);
	return fd;
}

static int open_file(struct krg_app *app, struct restoration *r,
		     const struct ssi_image_file *file,
		     const struct krg_restore *how)
{
	size_t i;

	for (i = 0; i < how->nr_subst; i++)
		if (how->subst[i].file_id == le64_to_cpu(file->id))
			return fcntl(how->subst[i].fd, F_DUPFD_CLOEXEC, 0);
	if (le32_to_cpu(file->kind) == SSI_FILE_PIPE)
		return restore_pipe(r, file);
	return open_path(app, file);
}

static int has_file(const struct restoration *r, uint64_t id)
{
	size_t i;

	for (i = 0; i < r->nr_files; i++)
		if (r->files[i].id == id)
			return 1;
	return 0;
}

static int open_files(struct krg_app *app, struct restoration *r,
		      const struct krg_restore *how)
{
	const struct ssi_image_file *file;
	size_t i, j, count = 0;
	int fd;

	for (i = 0; i < r->image->count; i++)
		count += r->image->tasks[i].files.count;
	r->files = calloc(count + 1, sizeof(*r->files));
	r->pipes = calloc(count + 1, sizeof(*r->pipes));
	if (!r->files || !r->pipes)
		return -1;
	for (i = 0; i < r->image->count; i++)
		for (j = 0; j < r->image->tasks[i].files.count; j++) {
			file = r->image->tasks[i].files.at[j];
			if (has_file(r, le64_to_cpu(file->id)))
				continue;
			fd = open_file(app, r, file, how);
			fd = fd < 0 ? -1 : raise_own(r, fd);
			if (fd < 0)
				return -1;
			r->files[r->nr_files].id = le64_to_cpu(file->id);
			r->files[r->nr_files++].fd = fd;
		}
	return 0;
}

static void close_files(struct restoration *r)
{
	size_t i;

	for (i = 0; i < r->nr_files; i++)
		close(r->files[i].fd);
	restore_close_pipes(r);
	free(r->files);
	free(r->pipes);
}

/* Those whose parent is not in the application become the caller's children. */
static pid_t fork_roots(struct krg_app *app, struct restoration *r)
{
	struct task_image *task;
	pid_t root = 0, pid;
	size_t i;

	for (i = 0; i < r->image->count; i++) {
		task = &r->image->tasks[i];
		if (!task->process ||
		    checkpoint_image_find(r->image,
					  le32_to_cpu(task->process->ppid)))
			continue;
		pid = restore_fork(r, task);
		if (pid < 0) {
			if (errno == EEXIST)
				errno = E_CR_PIDBUSY;
			snprintf(app->text, sizeof(app->text), "process %d",
				 task->tgid);
			return -1;
		}
		if (!root || task->tgid == app->id)
			root = pid;
	}
	return root;
}

static int finish(struct krg_app *app, struct restoration *r)
{
	struct kapp_finish args = {
		.timeout_ms = STEP_MS,
		.count = r->image->count,
		.version = app->version,
	};
	struct restore_failure *failure = r->failure;
	int waited = 0, ret;

	do {
		ret = ioctl(app->fd, KAPP_FINISH, &args);
		if (failure->err) {
			snprintf(app->text, sizeof(app->text),
				 "process %d: %.*s", failure->pid,
				 (int)sizeof(failure->text), failure->text);
			errno = failure->err;
			return -1;
		}
		waited += STEP_MS;
	} while (ret && errno == ETIMEDOUT && waited < WAIT_MS);
	if (ret)
		krg_app_explain(app, &args.report);
	return ret;
}

/* Ends what there is of it; it was not restored wholly. */
static void undo(struct krg_app *app)
{
	int err = errno;

	krg_app_close(app);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	errno = err;
}

static pid_t make_processes(struct krg_app *app, struct restoration *r,
			    const struct krg_restore *how)
{
	sigset_t all, old;
	pid_t root = -1;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	if (!open_files(app, r, how)) {
		restore_close_pipes(r);
		root = fork_roots(app, r);
	}
	if (root > 0 && finish(app, r))
		root = -1;
	close_files(r);
	if (root < 0)
		undo(app);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return root;
}

static int raise_files(struct checkpoint_image *image, struct restoration *r)
{
	struct rlimit limit;
	size_t i;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	r->base = find_base(image);
	for (i = 0; i < image->count; i++) {
		image->tasks[i].fd = raise_own(r, image->tasks[i].fd);
		if (image->tasks[i].fd < 0)
			return -1;
	}
	return 0;
}

static pid_t restore_image(struct krg_app *app, struct checkpoint_image *image,
			   const struct krg_restore *how)
{
	struct ksys_app args = { .size = sizeof(args), .id = app->id };
	struct restoration r = {
		.image = image,
		.replace_groups = how->replace_groups,
	};
	pid_t root = -1;

	r.failure = mmap(NULL, sizeof(*r.failure), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r.failure == MAP_FAILED)
		return -1;
	if (!check_all_mapped(app, image) && !raise_files(image, &r)) {
		app->fd = call_kerrighed_services(KSYS_APP_CREATE, &args);
		if (app->fd >= 0)
			app->fd = raise_own(&r, app->fd);
		r.app_fd = app->fd;
		if (app->fd >= 0)
			root = make_processes(app, &r, how);
	}
	munmap(r.failure, sizeof(*r.failure));
	return root;
}

pid_t krg_app_restore(struct krg_app *app, long id, int version,
		      const struct krg_restore *how)
{
	struct checkpoint_image image;
	char path[64];
	int dir, err;
	pid_t root;

	memset(app, 0, sizeof(*app));
	app->fd = -1;
	app->id = id;
	app->version = version;
	snprintf(path, sizeof(path), CHKPT_DIR "/%ld/v%d", id, version);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0) {
		snprintf(app->text, sizeof(app->text), "%s", path);
		return -1;
	}
	err = checkpoint_image_load(&image, dir, app->text, sizeof(app->text));
	close(dir);
	if (err) {
		errno = -err;
		return -1;
	}
	root = restore_image(app, &image, how);
	err = errno;
	checkpoint_image_free(&image);
	errno = err;
	return root;
}
