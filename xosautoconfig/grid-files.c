// SPDX-License-Identifier: LGPL-2.1-or-later
/* grid-files.c - the list of files, and its makers one after the other */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grid-files.h"

struct xos_text *grid_file_new(struct xos_grid_files *files, const char *path,
			       mode_t mode, const char *inputs)
{
	static struct xos_text nowhere = { .failed = true };
	struct xos_grid_file *file;

	file = xos_arena_grow(files->grid->arena, files->file, files->n, sizeof(*file));
	if (!file) {
		files->failed = true;
		return &nowhere;
	}
	files->file = file;
	file += files->n++;
	file->path = xos_arena_strdup(files->grid->arena, path);
	file->mode = mode;
	files->failed |= !file->path;
	if (inputs)
		xos_text_add(&file->text,
			     "# Written by xosautoconfig(8) from %s; changes are lost.\n",
			     inputs);
	return &file->text;
}

void grid_link_new(struct xos_grid_files *files, const char *path, const char *target)
{
	xos_text_add(grid_file_new(files, path, S_IFLNK | 0777, NULL), "%s", target);
}

int xos_grid_files(struct xos_grid_files *files, struct xos_error *err)
{
	grid_make_base(files);
	grid_make_xtreemfs(files);
	grid_make_services(files);
	for (size_t i = 0; i < files->n; i++)
		files->failed |= files->file[i].text.failed || !files->file[i].text.s;
	return files->failed ?
		xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory") : 0;
}

void xos_grid_files_free(struct xos_grid_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		free(files->file[i].text.s);
	explicit_bzero(files->capsecret, sizeof(files->capsecret));
	explicit_bzero(files->passphrase, sizeof(files->passphrase));
	files->file = NULL;
	files->n = 0;
}
