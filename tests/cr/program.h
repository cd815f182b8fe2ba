/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program.h: what the programs of this folder share.
 *
 * A program makes something, says "ready" in the file that is its argument,
 * waits for SIGTERM, looks whether all is still there, and says "pass" or what
 * is not.  In between it was frozen, or is the one that was restored.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *result_path;
static volatile sig_atomic_t told;

static inline void say(const char *format, ...)
{
	int fd = open(result_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	va_list args;

	va_start(args, format);
	vdprintf(fd, format, args);
	va_end(args);
	dprintf(fd, "\n");
	close(fd);
}

#define must(condition) do {						\
	if (!(condition)) {						\
		say("%s:%d: %s (errno %d)", __FILE__, __LINE__,		\
		    #condition, errno);					\
		exit(1);						\
	}								\
} while (0)

static void be_told(int sig)
{
	(void)sig;
	told = 1;
}

static inline void begin(char **argv)
{
	struct sigaction action = { .sa_handler = be_told };

	result_path = argv[1];
	must(!sigaction(SIGTERM, &action, NULL));
}

/* Until SIGTERM, which is blocked otherwise: it is never missed. */
static inline void wait_until_told(void)
{
	sigset_t block, old;

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	must(!sigprocmask(SIG_BLOCK, &block, &old));
	say("ready");
	while (!told)
		sigsuspend(&old);
	must(!sigprocmask(SIG_SETMASK, &old, NULL));
}

#endif /* PROGRAM_H */
