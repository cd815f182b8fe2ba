// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * krg-image.c: reads the files of a checkpoint and checks all of them, before
 * anything is made of any.
 */
#include "krg-image.h"

#include "krg-application.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <ssi/imagecheck.h>

static int list_add(struct record_list *list, const void *at)
{
	const void **more;

	if (list->count == list->room) {
		more = realloc(list->at, (list->room * 2 + 16) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		list->at = more;
		list->room = list->room * 2 + 16;
	}
	list->at[list->count++] = at;
	return 0;
}

static int visit(void *context, unsigned int type, const void *content,
		 u64 len)
{
	struct task_image *task = context;

	(void)len;
	switch (type) {
	case SSI_RECORD_HEADER:
		task->header = content;
		return 0;
	case SSI_RECORD_PROCESS:
		task->process = content;
		return 0;
	case SSI_RECORD_CREDS:
		task->creds = content;
		return 0;
	case SSI_RECORD_LIMITS:
		task->limits = content;
		return 0;
	case SSI_RECORD_CWD:
		task->cwd = content;
		return 0;
	case SSI_RECORD_TIMERS:
		task->timers = content;
		return 0;
	case SSI_RECORD_THREAD:
		task->thread = content;
		return 0;
	case SSI_RECORD_ACTION:
		return list_add(&task->actions, content);
	case SSI_RECORD_SIGNAL:
		return list_add(&task->signals, content);
	case SSI_RECORD_FILE:
		return list_add(&task->files, content);
	case SSI_RECORD_FD:
		return list_add(&task->fds, content);
	case SSI_RECORD_EXE:
		return list_add(&task->mapped, content);
	case SSI_RECORD_VMA:
		return list_add(&task->mapped,
				&((const struct ssi_image_vma *)content)->file);
	default:
		return 0;
	}
}

/* Is there all that a process, or a thread, can not do without? */
static const char *missing(const struct task_image *task)
{
	if (!task->thread)
		return "no thread in it";
	if (task->tid != task->tgid)
		return task->process ? "a thread has a process" : NULL;
	if (!task->process || !task->creds || !task->limits || !task->cwd ||
	    !task->timers)
		return "no process in it";
	return (pid_t)le32_to_cpu(task->process->pid) == task->tgid ? NULL :
	       "of another process";
}

static int map_file(struct task_image *task, int dir, const char *name)
{
	struct stat st;

	task->fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (task->fd < 0 || fstat(task->fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return -E_CR_BADDATA;
	task->size = st.st_size;
	task->map = mmap(NULL, task->size, PROT_READ, MAP_PRIVATE, task->fd, 0);
	if (task->map != MAP_FAILED)
		return 0;
	task->map = NULL;
	return -errno;
}

static int load_task(struct task_image *task, int dir, const char *name,
		     char *text, size_t text_size)
{
	struct ssi_image_fault fault = { };
	const char *wrong;
	int err = map_file(task, dir, name);

	if (err) {
		snprintf(text, text_size, "%s: %s", name,
			 err == -E_CR_BADDATA ? "empty" : strerror(-err));
		return err;
	}
	err = ssi_image_walk(task->map, task->size, visit, task, &fault);
	if (err == -EBADMSG) {
		snprintf(text, text_size, "%s, byte %llu: %s", name,
			 (unsigned long long)fault.offset, fault.what);
		return -E_CR_BADDATA;
	}
	if (err)
		return err;
	task->tid = le32_to_cpu(task->header->tid);
	task->tgid = le32_to_cpu(task->header->tgid);
	wrong = missing(task);
	if (!wrong && (pid_t)atoi(name + strlen("task_")) != task->tid)
		wrong = "of another thread";
	if (!wrong)
		return 0;
	snprintf(text, text_size, "%s: %s", name, wrong);
	return -E_CR_BADDATA;
}

static void free_task(struct task_image *task)
{
	if (task->map)
		munmap(task->map, task->size);
	if (task->fd >= 0)
		close(task->fd);
	free(task->actions.at);
	free(task->signals.at);
	free(task->files.at);
	free(task->fds.at);
	free(task->mapped.at);
}

/* Every thread of every process has to have its file. */
static int check_threads(const struct checkpoint_image *image, char *text,
			 size_t text_size)
{
	const struct task_image *task;
	uint32_t threads;
	size_t i, j;

	for (i = 0; i < image->count; i++) {
		task = &image->tasks[i];
		threads = 0;
		for (j = 0; j < image->count; j++)
			threads += image->tasks[j].tgid == task->tgid;
		if (threads == le32_to_cpu(task->header->nr_threads) &&
		    checkpoint_image_find(image, task->tgid))
			continue;
		snprintf(text, text_size, "process %d: has %u of %u threads",
			 task->tgid, threads,
			 le32_to_cpu(task->header->nr_threads));
		return -E_CR_BADDATA;
	}
	if (image->count)
		return 0;
	snprintf(text, text_size, "no process in it");
	return -E_CR_BADDATA;
}

static struct task_image *add_task(struct checkpoint_image *image)
{
	struct task_image *more;

	if (image->count == image->room) {
		more = realloc(image->tasks,
			       (image->room * 2 + 8) * sizeof(*more));
		if (!more)
			return NULL;
		image->tasks = more;
		image->room = image->room * 2 + 8;
	}
	more = &image->tasks[image->count++];
	memset(more, 0, sizeof(*more));
	more->fd = -1;
	return more;
}

static int load_all(struct checkpoint_image *image, DIR *dir, char *text,
		    size_t text_size)
{
	struct task_image *task;
	struct dirent *entry;
	int err = 0;

	while (!err && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "task_", 5))
			continue;
		task = add_task(image);
		err = task ? load_task(task, dirfd(dir), entry->d_name, text,
				       text_size) : -ENOMEM;
	}
	return err ? err : check_threads(image, text, text_size);
}

/* Returns 0 or a negative errno, -E_CR_BADDATA with text where and what. */
int checkpoint_image_load(struct checkpoint_image *image, int dir_fd,
			  char *text, size_t text_size)
{
	int copy = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	int err;

	memset(image, 0, sizeof(*image));
	if (!dir)
		return -errno;
	err = load_all(image, dir, text, text_size);
	closedir(dir);
	if (err)
		checkpoint_image_free(image);
	return err;
}

void checkpoint_image_free(struct checkpoint_image *image)
{
	size_t i;

	for (i = 0; i < image->count; i++)
		free_task(&image->tasks[i]);
	free(image->tasks);
	memset(image, 0, sizeof(*image));
}

/* The file of a process' first thread, or NULL. */
struct task_image *checkpoint_image_find(const struct checkpoint_image *image,
					 pid_t pid)
{
	size_t i;

	for (i = 0; i < image->count; i++)
		if (image->tasks[i].tid == pid && image->tasks[i].tgid == pid)
			return &image->tasks[i];
	return NULL;
}
