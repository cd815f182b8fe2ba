/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nodefile.h - the plain list of nodes that a batch system hands out */
#ifndef _XOS_NODEFILE_H
#define _XOS_NODEFILE_H

#include "arena.h"
#include "error.h"
#include "inventory.h"

/**
 * xos_nodefile_read() - the names of a node file, each once, in the file's order
 * One name a line; names may repeat (one line a core); '#' starts a comment;
 * blanks around a name, empty lines and CR LF are accepted.
 * @path: "-" reads standard input
 * @names: the names are added to it
 * @err: "FILE:LINE: ..."
 * Return: 0; -EINVAL bad name or no name at all, negative errno of reading.
 */
int xos_nodefile_read(struct xos_arena *arena, const char *path,
		      struct xos_strings *names, struct xos_error *err);

/** xos_name_is_valid() - may it be the name of a node? (lower case, has a letter) */
bool xos_name_is_valid(const char *name);

#endif /* _XOS_NODEFILE_H */
