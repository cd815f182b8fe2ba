// SPDX-License-Identifier: GPL-2.0-only
/* threads.c: threads in a system call, in a lock, and computing. */
#include "program.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define COUNT	5

static __thread int own;
static volatile int ready, over;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *run(void *arg)
{
	int number = (int)(long)arg;
	double i;
	pid_t tid = syscall(SYS_gettid);
	volatile double sum = 0;
	char name[16], now[16];
	sigset_t set;

	own = number;
	snprintf(name, sizeof(name), "thread-%d", number);
	must(!prctl(PR_SET_NAME, name));
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGRTMIN + number);
	must(!pthread_sigmask(SIG_BLOCK, &set, NULL));
	must(!syscall(SYS_tgkill, getpid(), tid, SIGRTMIN + number));
	__sync_fetch_and_add(&ready, 1);
	switch (number) {
	case 0:	/* in a futex */
		pthread_mutex_lock(&lock);
		pthread_mutex_unlock(&lock);
		break;
	case 1:	/* asleep */
		while (!over)
			usleep(300000);
		break;
	default:	/* computing */
		for (i = 1; !over; i++)
			sum += 1.0 / i / i;
		must(sum > 1.0 && sum < 1.645);
	}
	must(own == number && syscall(SYS_gettid) == tid);
	must(!prctl(PR_GET_NAME, now) && !strcmp(now, name));
	must(!sigpending(&set) && sigismember(&set, SIGRTMIN + number) &&
	     !sigismember(&set, SIGRTMIN + number + 1));
	return (void *)(long)(number + 100);
}

int main(int argc, char **argv)
{
	pthread_t threads[COUNT];
	void *result;
	long i;

	(void)argc;
	begin(argv);
	must(!pthread_mutex_lock(&lock));
	for (i = 0; i < COUNT; i++)
		must(!pthread_create(&threads[i], NULL, run, (void *)i));
	while (ready < COUNT)
		usleep(10000);

	wait_until_told();

	over = 1;
	must(!pthread_mutex_unlock(&lock));
	for (i = 0; i < COUNT; i++)
		must(!pthread_join(threads[i], &result) &&
		     (long)result == i + 100);
	must(!pthread_create(&threads[0], NULL, run, (void *)1l) &&
	     !pthread_join(threads[0], NULL));
	say("pass");
	return 0;
}
