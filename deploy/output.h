/* SPDX-License-Identifier: GPL-2.0-only */
/* output.h - write a file that a person named on the command line */
#ifndef _XOS_DEPLOY_OUTPUT_H
#define _XOS_DEPLOY_OUTPUT_H

#include <stddef.h>

#include "../libxos/error.h"

/**
 * xos_output_write() - replace a regular file, write to anything else
 * @path: a file, or /dev/stdout, a FIFO, a symbolic link to one of them
 * Return: 0; negative errno.
 */
int xos_output_write(const char *path, const char *text, size_t len,
		     struct xos_error *err);

#endif /* _XOS_DEPLOY_OUTPUT_H */
