// SPDX-License-Identifier: GPL-2.0-only
/*
 * refused.c: has what can not be saved: a descriptor, number 7; or, where the
 * first line of /work/what says so, another thing.
 */
#include "program.h"

#include <linux/capability.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/syscall.h>

static void *be_someone_else(void *arg)
{
	/* The system call, for the library's function changes all threads. */
	must(!syscall(SYS_setresuid, 1000, 1000, 1000));
	*(volatile int *)arg = 1;
	for (;;)
		pause();
}

static void have_ambient(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[2];

	must(!syscall(SYS_capget, &head, caps));
	caps[0].inheritable |= 1u << CAP_NET_RAW;
	must(!syscall(SYS_capset, &head, caps));
	must(!prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0));
}

static void have(const char *what)
{
	static volatile int is_there;
	struct sembuf up = { .sem_op = 1, .sem_flg = SEM_UNDO };
	pthread_t thread;

	if (!strcmp(what, "eventfd\n")) {
		int fd = eventfd(5, 0);

		must(fd >= 0 && dup2(fd, 7) == 7 && !close(fd));
	} else if (!strcmp(what, "undo\n")) {
		must(!semop(semget(IPC_PRIVATE, 1, 0600), &up, 1));
	} else if (!strcmp(what, "ambient\n")) {
		have_ambient();
	} else if (!strcmp(what, "huge\n")) {
		must(!prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	} else if (!strcmp(what, "keyring\n")) {
		must(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID,
			     KEY_SPEC_PROCESS_KEYRING, 1) > 0);
	} else if (!strcmp(what, "tsc\n")) {
		must(!prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
	} else if (!strcmp(what, "thread\n")) {
		must(!pthread_create(&thread, NULL, be_someone_else,
				     (void *)&is_there));
		while (!is_there)
			usleep(1000);
	} else {
		must(!"a known word");
	}
}

int main(int argc, char **argv)
{
	char what[32];
	FILE *file = fopen("/work/what", "r");

	(void)argc;
	begin(argv);
	must(file && fgets(what, sizeof(what), file));
	fclose(file);
	have(what);
	wait_until_told();
	say("pass");
	return 0;
}
