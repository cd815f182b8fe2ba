/* SPDX-License-Identifier: GPL-2.0-only */
/* console.h - a machine's serial console: attach to it, read its log */
#ifndef _XOS_DEPLOY_CONSOLE_H
#define _XOS_DEPLOY_CONSOLE_H

#include <stddef.h>

#include "../libxos/error.h"

/**
 * xos_console_attach() - connect this terminal to a console socket
 * @path: Unix stream socket
 * Ctrl-] leaves.  Return: 0 when the person left or the machine went off;
 *	negative errno with @err where it cannot be attached.
 */
int xos_console_attach(const char *path, struct xos_error *err);

/**
 * xos_console_tail() - the last bytes of a console's log
 * @path: the log; a missing one counts as empty
 * @buf: at most @size - 1 bytes and a NUL; starts at a line's begin
 * Return: number of bytes.
 */
int xos_console_tail(const char *path, char *buf, size_t size);

#endif /* _XOS_DEPLOY_CONSOLE_H */
