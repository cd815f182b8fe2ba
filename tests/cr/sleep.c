// SPDX-License-Identifier: GPL-2.0-only
/*
 * sleep.c: system calls under way go on with the time that they had left; ends
 * by itself.
 */
#include "program.h"

#include <linux/futex.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define SLEEP_S	6

static double now(void)
{
	struct timespec time;

	must(!clock_gettime(CLOCK_MONOTONIC, &time));
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void rest(int how)
{
	struct timespec time = { SLEEP_S, 0 };
	double begun = now();
	int word = 0;

	switch (how) {
	case 0:
		must(!nanosleep(&time, NULL));
		break;
	case 1:
		must(poll(NULL, 0, SLEEP_S * 1000) == 0);
		break;
	default:
		must(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &time) < 0 &&
		     errno == ETIMEDOUT);
	}
	must(now() - begun >= SLEEP_S);
}

int main(int argc, char **argv)
{
	int i, status;

	(void)argc;
	begin(argv);
	for (i = 1; i < 3; i++)
		if (!fork()) {
			rest(i);
			exit(0);
		}
	say("ready");
	rest(0);
	for (i = 1; i < 3; i++)
		must(wait(&status) > 0 && !status);
	say("pass");
	return 0;
}
