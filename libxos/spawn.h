/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * spawn.h - run a program and wait for it, bounded
 *
 * No shell.  The child leads a process group of its own, which gets SIGTERM and
 * then SIGKILL when time is up; it is killed too when this process dies, unless
 * @survive.  It inherits stdin, stdout and stderr as said here and nothing else
 * (everything of ours is O_CLOEXEC).
 */
#ifndef _XOS_SPAWN_H
#define _XOS_SPAWN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/**
 * struct xos_spawn - what to run, and how
 * @argv: program, found by PATH, and its arguments; ends with NULL
 * @env: "NAME=VALUE" words added to the environment, ends with NULL; or NULL
 * @dir: working directory, NULL: this one
 * @input: @input_len bytes for its stdin, NULL: /dev/null
 * @out: receives the first @out_size - 1 bytes of stdout and a NUL; the rest is
 *	read and dropped.  NULL: as @log says.
 * @errout: the same for stderr; NULL: where stdout goes
 * @log: file that the output is appended to where @out is NULL; NULL: dropped
 * @timeout_ms: 0: for ever
 * @grace_ms: from SIGTERM to SIGKILL, 0: 2000
 * @cancel: when this becomes true (a signal handler sets it) the child is
 *	stopped as if time were up, and the result is -EINTR; or NULL
 * @survive: do not kill it when this process dies
 */
struct xos_spawn {
	const char *const *argv;
	const char *const *env;
	const char *dir;
	const void *input;
	size_t input_len;
	char *out;
	size_t out_size;
	char *errout;
	size_t errout_size;
	const char *log;
	int timeout_ms;
	int grace_ms;
	const volatile sig_atomic_t *cancel;
	bool survive;
};

/**
 * xos_spawn_run() - run it to its end
 * A program that is still there when its child exits (a daemon that kept our
 * pipe) is not waited for.
 * @err: set only when the result is negative: what the program was, why it did
 *	not run to its end
 * Return: exit status 0..255; 128 + signal where a signal ended it; -ENOENT,
 *	-EACCES.. it could not be started; -ETIMEDOUT; -EINTR cancelled.
 */
int xos_spawn_run(const struct xos_spawn *spawn, struct xos_error *err);

/**
 * xos_spawn_check() - the same where any status but 0 is a failure
 * Return: 0; -ECHILD with an @err that has the status and the end of what the
 *	program said; else as xos_spawn_run().
 */
int xos_spawn_check(const struct xos_spawn *spawn, struct xos_error *err);

#endif /* _XOS_SPAWN_H */
