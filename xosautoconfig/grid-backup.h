/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * grid-backup.h - what files were before a run changed them
 *
 *	backup/N/had/PATH	a file as it was
 *	backup/N/new/PATH	an empty file: there was none
 *	backup/N/done		the run reached its end
 */
#ifndef _XOS_GRID_BACKUP_H
#define _XOS_GRID_BACKUP_H

#include <stdio.h>
#include <sys/stat.h>

#include "../libxos/error.h"

#define GRID_PATH_MAX 4096

/**
 * struct grid_content - a file or symbolic link, as it is on disk
 * @mode: 0: there is nothing
 * @data: @len bytes and a NUL; of a link its target
 */
struct grid_content {
	mode_t mode;
	char *data;
	size_t len;
};

/** grid_content_read() - 0 also when there is nothing; negative errno with @err */
int grid_content_read(const char *path, struct grid_content *content,
		      struct xos_error *err);
/** grid_content_write() - at once, with directories; negative errno with @err */
int grid_content_write(const char *path, const struct grid_content *content,
		       struct xos_error *err);

/**
 * struct grid_backup - the one that a run fills
 * @root: in front of every path
 * @dir: of the backup, with @root; "" before grid_backup_open()
 */
struct grid_backup {
	const char *root;
	char dir[GRID_PATH_MAX];
};

/** grid_backup_open() - begin one, or go on with one that is not done */
int grid_backup_open(struct grid_backup *backup, struct xos_error *err);
/** grid_backup_keep() - keep what @path is now, unless this backup has it already */
int grid_backup_keep(struct grid_backup *backup, const char *path,
		     const struct grid_content *content, struct xos_error *err);
/** grid_backup_close() - the run reached its end */
int grid_backup_close(struct grid_backup *backup, struct xos_error *err);

#endif /* _XOS_GRID_BACKUP_H */
