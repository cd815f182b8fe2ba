/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * atomic.h - files that are whole or not there
 *
 * A reader never sees half a file: it is written beside its place and renamed.
 */
#ifndef _XOS_ATOMIC_H
#define _XOS_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "error.h"

/**
 * xos_file_read() - the whole of a regular file, a pipe or standard input
 * @path: "-" reads standard input
 * @max: bytes; a longer file is refused
 * @len: receives the length, NULL allowed
 * Return: malloc'ed bytes with a NUL behind them, NULL on failure (-errno in
 *	@err: -EFBIG too long, -EINVAL not a regular file).
 */
char *xos_file_read(const char *path, size_t max, size_t *len,
		    struct xos_error *err);

/**
 * xos_file_write() - replace a file at once
 * @data: @len bytes
 * @mode: permission bits, whatever the umask
 * @sync: on disk before this returns, for what must survive a power cut
 * Return: 0; negative errno, and the old file is untouched.
 */
int xos_file_write(const char *path, const void *data, size_t len, mode_t mode,
		   bool sync, struct xos_error *err);

/**
 * xos_file_write_if_changed() - the same, but leave a file alone that is right
 * Return: 1 written; 0 it had this content and mode already; negative errno.
 */
int xos_file_write_if_changed(const char *path, const void *data, size_t len,
			      mode_t mode, struct xos_error *err);

/** xos_mkdir_p() - make a directory and its parents; 0 also where it exists */
int xos_mkdir_p(const char *path, mode_t mode, struct xos_error *err);

#endif /* _XOS_ATOMIC_H */
