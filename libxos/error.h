/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * error.h - how a library function tells its caller what went wrong
 *
 * A function that can fail takes a struct xos_error * last.  On success it
 * returns 0 (or a pointer) and does not touch the error; on failure it returns
 * a negative errno (or NULL) and fills it.  Libraries never print and never
 * exit: only a main() or a cmd-*.c does, as "xos-ssi-deploy: <text>".
 */
#ifndef _XOS_ERROR_H
#define _XOS_ERROR_H

#include <stdbool.h>

/* Exit codes of every xos-* command; the man pages repeat this list. */
enum xos_exit {
	XOS_EXIT_OK = 0,
	XOS_EXIT_FAILED = 1,		/* anything not listed below */
	XOS_EXIT_USAGE = 2,		/* command line or inventory is wrong */
	XOS_EXIT_PARTIAL = 3,		/* some nodes lost, but --min-nodes reached */
	XOS_EXIT_TOO_FEW = 4,		/* fewer nodes than --min-nodes */
	XOS_EXIT_BACKEND = 5,		/* the back-end cannot be used */
};

/**
 * struct xos_error - one failure, in words for a person
 * @code: negative errno
 * @exit: the exit code a command should end with for this error
 * @text: object, cause and next step in one line, no trailing newline:
 *	"testbed.xml:12: node 'n3' has the id of node 'n1' (2); give it another"
 */
struct xos_error {
	int code;
	enum xos_exit exit;
	char text[1024];
};

/**
 * xos_error_set() - fill an error
 * @err: NULL allowed (the text is dropped)
 * @code: negative errno, which is also returned
 * @exit: exit code for commands
 * @fmt: printf format of the text
 * Return: @code, so that a caller writes "return xos_error_set(...)".
 */
int xos_error_set(struct xos_error *err, int code, enum xos_exit exit,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/**
 * xos_error_prefix() - put words in front of an error's text
 * @err: an error that is set
 * @fmt: printf format of the words, e.g. "node %s: "
 */
void xos_error_prefix(struct xos_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* _XOS_ERROR_H */
