// SPDX-License-Identifier: GPL-2.0-only
/* state.c: registers, signals, files, limits and names of one process. */
#include "program.h"

#include <math.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

static volatile int queued_value, alarms, on_stack;
static char signal_stack[16384];

static void take_queued(int sig, siginfo_t *info, void *context)
{
	char here;

	(void)sig;
	(void)context;
	queued_value = info->si_value.sival_int;
	on_stack = &here > signal_stack &&
		   &here < signal_stack + sizeof(signal_stack);
}

static void take_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static void set_signals(void)
{
	struct sigaction action = {
		.sa_sigaction = take_queued,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};
	stack_t stack = {
		.ss_sp = signal_stack,
		.ss_size = sizeof(signal_stack),
	};
	sigset_t block;

	must(!sigaltstack(&stack, NULL));
	sigaddset(&action.sa_mask, SIGURG);
	must(!sigaction(SIGRTMIN + 3, &action, NULL));
	must(signal(SIGALRM, take_alarm) != SIG_ERR);
	must(signal(SIGHUP, SIG_IGN) != SIG_ERR);
	sigemptyset(&block);
	sigaddset(&block, SIGRTMIN + 3);
	sigaddset(&block, SIGUSR2);
	must(!sigprocmask(SIG_BLOCK, &block, NULL));
	must(!sigqueue(getpid(), SIGRTMIN + 3, (union sigval){ .sival_int = 4711 }));
	must(!raise(SIGUSR2));
}

static void check_signals(void)
{
	struct sigaction action;
	sigset_t set;

	must(!sigpending(&set) && sigismember(&set, SIGRTMIN + 3) &&
	     sigismember(&set, SIGUSR2) && !sigismember(&set, SIGUSR1));
	must(!sigaction(SIGHUP, NULL, &action) && action.sa_handler == SIG_IGN);
	must(!sigaction(SIGRTMIN + 3, NULL, &action) &&
	     action.sa_flags & SA_NODEFER && sigismember(&action.sa_mask, SIGURG));
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 3);
	must(!sigprocmask(SIG_UNBLOCK, &set, NULL));
	must(queued_value == 4711 && on_stack);
}

static int open_at(const char *name, int flags, off_t pos)
{
	int fd = open(name, flags | O_CREAT, 0600);

	must(fd >= 0 && write(fd, "0123456789", 10) == 10);
	must(lseek(fd, pos, SEEK_SET) == pos);
	return fd;
}

int main(int argc, char **argv)
{
	int fd, append, copy, null, dir;
	struct rlimit limit = { 777, 4242 };
	double x = 1.0, y;
	char here[256], c, name[16];
	pid_t pid = getpid(), sid = getsid(0), pgrp = getpgrp();
	struct itimerval timer = { { 0, 0 }, { 1000, 0 } };
	struct stat st;

	(void)argc;
	begin(argv);
	must(!mkdir("here", 0700) || errno == EEXIST);
	must(!chdir("here"));
	umask(0123);
	must(!setrlimit(RLIMIT_NOFILE, &limit));
	must(!prctl(PR_SET_NAME, "renamed"));
	must(setpriority(PRIO_PROCESS, 0, 7) == 0);
	must(!setitimer(ITIMER_REAL, &timer, NULL));
	fd = open_at("offset", O_RDWR, 3);
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	must(copy == 100);
	unlink("append");
	append = open_at("append", O_RDWR | O_APPEND, 0);
	null = open("/dev/null", O_RDWR | O_NONBLOCK);
	dir = open(".", O_RDONLY | O_DIRECTORY);
	must(null >= 0 && dir >= 0);
	set_signals();
	for (y = 0; x < 100; x++)
		y += sqrt(x);

	wait_until_told();

	must(fabs(y - 661.4629471) < 1e-6);
	must(getpid() == pid && getsid(0) == sid && getpgrp() == pgrp);
	must(getcwd(here, sizeof(here)) && !strcmp(here + strlen(here) - 5, "/here"));
	must(umask(0) == 0123);
	must(!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur == 777 &&
	     limit.rlim_max == 4242);
	must(!prctl(PR_GET_NAME, name) && !strcmp(name, "renamed"));
	must(getpriority(PRIO_PROCESS, 0) == 7);
	must(!getitimer(ITIMER_REAL, &timer) && timer.it_value.tv_sec > 900 &&
	     timer.it_value.tv_sec < 1000 && !alarms);
	must(read(fd, &c, 1) == 1 && c == '3');
	/* One open file behind two descriptors */
	must(read(copy, &c, 1) == 1 && c == '4' &&
	     lseek(fd, 0, SEEK_CUR) == 5);
	must(fcntl(copy, F_GETFD) == FD_CLOEXEC && fcntl(fd, F_GETFD) == 0);
	/* Its end is where it is now, not where it was. */
	must(write(append, "x", 1) == 1 &&
	     lseek(append, 0, SEEK_CUR) == lseek(append, 0, SEEK_END));
	must(fcntl(null, F_GETFL) & O_NONBLOCK && write(null, "x", 1) == 1);
	must(!fstat(dir, &st) && S_ISDIR(st.st_mode));
	must(dup(0) == dir + 1);
	check_signals();
	say("pass");
	return 0;
}
