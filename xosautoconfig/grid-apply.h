/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* grid-apply.h - a node's files on disk: compare, write, take back */
#ifndef _XOS_GRID_APPLY_H
#define _XOS_GRID_APPLY_H

#include <stdio.h>

#include "grid-files.h"

#define XOS_GRID_STATE "/var/lib/xos/xosautoconfig"

/**
 * xos_grid_secrets() - read the secrets that the files need
 * @root: in front of every path, "" for this machine
 * @dir: of the input files, which has the capability secret
 * A passphrase that is not there yet is made; it is then one of the files.
 * Return: 0; negative errno with @err.
 */
int xos_grid_secrets(struct xos_grid_files *files, const char *root, const char *dir,
		     struct xos_error *err);

/**
 * xos_grid_diff() - print what xos_grid_apply() would change, as a unified diff
 * @out: NULL: only count
 * Secrets are not printed.
 * Return: number of files that differ; negative errno.
 */
int xos_grid_diff(const struct xos_grid_files *files, const char *root, FILE *out,
		  struct xos_error *err);

/**
 * xos_grid_apply() - bring the files on disk up to date
 * @say: a line for each file that was written or removed
 * What they were is kept for xos_grid_rollback().  A run that is cut short is
 * finished by the next one, and both are taken back as one.
 * Return: number of files that were changed; negative errno with @err.
 */
int xos_grid_apply(const struct xos_grid_files *files, const char *root, FILE *say,
		   struct xos_error *err);

/**
 * xos_grid_rollback() - take back the last run that changed something
 * Return: number of files; -ENOENT there is none; negative errno with @err.
 */
int xos_grid_rollback(const char *root, FILE *say, struct xos_error *err);

/**
 * xos_grid_lock() - let no other run begin
 * Return: a descriptor to be closed; -EBUSY another one runs; negative errno.
 */
int xos_grid_lock(const char *root, struct xos_error *err);

#endif /* _XOS_GRID_APPLY_H */
