// SPDX-License-Identifier: GPL-2.0-only
/*
 * again.c: changes its mask after it was restored, and waits in a call that ends
 * with EINTR when it is interrupted: neither knows of a later freeze.
 */
#include "program.h"

#include <sys/epoll.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct timespec long_time = { 1000, 0 };
	struct epoll_event event;
	sigset_t set, now;
	int epoll;

	(void)argc;
	begin(argv);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	must(!sigprocmask(SIG_BLOCK, &set, NULL));
	say("ready");
	must(sigtimedwait(&set, NULL, &long_time) == SIGUSR1);
	sigaddset(&set, SIGUSR2);
	must(!sigprocmask(SIG_BLOCK, &set, NULL));
	epoll = epoll_create1(0);
	must(epoll >= 0);
	say("changed");
	must(epoll_wait(epoll, &event, 1, -1) < 0 && errno == EINTR && told);
	must(!sigprocmask(SIG_BLOCK, NULL, &now) && sigismember(&now, SIGUSR2));
	say("pass");
	return 0;
}
