// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * krg-pipe.c: makes the pipes of an application again, and what is in them.
 *
 * Each open file is opened anew from one pair of ends, for an application may
 * have more than one of a kind; the pair is closed when all are.
 */
#include "krg-restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <ssi/portable.h>

static struct restored_pipe *find_pipe(const struct restoration *r,
				       uint64_t object)
{
	size_t i;

	for (i = 0; i < r->nr_pipes; i++)
		if (r->pipes[i].object == object)
			return &r->pipes[i];
	return NULL;
}

/* The first open file that reads has the content. */
static const struct ssi_image_file *find_reader(const struct restoration *r,
						uint64_t object)
{
	const struct ssi_image_file *file;
	size_t i, j;

	for (i = 0; i < r->image->count; i++)
		for (j = 0; j < r->image->tasks[i].files.count; j++) {
			file = r->image->tasks[i].files.at[j];
			if (le32_to_cpu(file->kind) == SSI_FILE_PIPE &&
			    le64_to_cpu(file->object) == object &&
			    (le32_to_cpu(file->flags) & O_ACCMODE) != O_WRONLY)
				return file;
		}
	return NULL;
}

static int fill_pipe(int fd, const struct ssi_image_file *file)
{
	const struct ssi_image_pipe *pipe = (const void *)(file + 1);
	size_t len = le32_to_cpu(file->data_len) - sizeof(*pipe);

	if (fcntl(fd, F_SETPIPE_SZ, le32_to_cpu(pipe->size)) < 0)
		return -1;
	if (!len || write(fd, pipe + 1, len) == (ssize_t)len)
		return 0;
	errno = EIO;
	return -1;
}

static struct restored_pipe *make_pipe(struct restoration *r, uint64_t object)
{
	const struct ssi_image_file *reader = find_reader(r, object);
	struct restored_pipe *made = &r->pipes[r->nr_pipes];

	/* O_NONBLOCK, so that too much of content is an error. */
	if (pipe2(made->ends, O_CLOEXEC | O_NONBLOCK))
		return NULL;
	made->object = object;
	r->nr_pipes++;
	return reader && fill_pipe(made->ends[1], reader) ? NULL : made;
}

/* Returns a descriptor, or -1 with errno. */
int restore_pipe(struct restoration *r, const struct ssi_image_file *file)
{
	uint64_t object = le64_to_cpu(file->object);
	struct restored_pipe *made = find_pipe(r, object);
	int flags = le32_to_cpu(file->flags);
	char path[32];

	if (!made)
		made = make_pipe(r, object);
	if (!made)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d",
		 made->ends[(flags & O_ACCMODE) == O_WRONLY]);
	return open(path, flags | O_CLOEXEC);
}

void restore_close_pipes(struct restoration *r)
{
	size_t i;

	for (i = 0; i < r->nr_pipes; i++) {
		close(r->pipes[i].ends[0]);
		close(r->pipes[i].ends[1]);
	}
	r->nr_pipes = 0;
}
