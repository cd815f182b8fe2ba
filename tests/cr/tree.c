// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree.c: a parent, a child, a grandchild, a child in a group of its own, all
 * with what they share: an open file, and pipes with something in them.
 */
#include "program.h"

#include <sys/wait.h>

static int file, down[2], up[2];

static void check_member(pid_t pid, pid_t parent, pid_t group, pid_t session)
{
	must(getpid() == pid && getppid() == parent && getpgrp() == group &&
	     getsid(0) == session);
}

static void run_child(int number, pid_t parent, pid_t group, int sync)
{
	pid_t session = getsid(0), child = 0;
	char byte, in;
	int status;

	if (group)
		must(!setpgid(0, 0));
	if (number == 1) {
		child = fork();
		must(child >= 0);
		if (!child)
			number = 3;
	}
	byte = 'a' + number;
	must(write(up[1], &byte, 1) == 1 && write(sync, "", 1) == 1);
	wait_until_told();
	check_member(getpid(), getppid(), getpgrp(), session);
	must(number == 3 || getppid() == parent);
	must(!group || getpgrp() == getpid());
	must(read(down[0], &in, 1) == 1 && in == 'x');
	must(write(file, &byte, 1) == 1);
	if (child) {
		must(!kill(child, SIGTERM));
		must(waitpid(child, &status, 0) == child && !status);
	}
	exit(number == 2 ? 42 : 0);
}

int main(int argc, char **argv)
{
	pid_t children[2], self;
	char bytes[4] = "", content[8] = "";
	int i, status, sync[2];

	(void)argc;
	begin(argv);
	self = getpid();
	file = open("tree.file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	must(file >= 0 && write(file, "12345", 5) == 5);
	must(lseek(file, 2, SEEK_SET) == 2);
	must(!pipe(down) && !pipe(up) && !pipe(sync));
	must(write(down[1], "xxx", 3) == 3);
	for (i = 0; i < 2; i++) {
		children[i] = fork();
		must(children[i] >= 0);
		if (!children[i])
			run_child(i + 1, self, i, sync[1]);
	}
	must(read(sync[0], bytes, 1) == 1 && read(sync[0], bytes, 1) == 1 &&
	     read(sync[0], bytes, 1) == 1);

	wait_until_told();

	check_member(self, getppid(), self, self);
	must(read(up[0], bytes, 3) == 3);
	must(strchr(bytes, 'b') && strchr(bytes, 'c') && strchr(bytes, 'd'));
	for (i = 0; i < 2; i++) {
		must(!kill(children[i], SIGTERM));
		must(waitpid(children[i], &status, 0) == children[i]);
		must(WIFEXITED(status) && WEXITSTATUS(status) == (i ? 42 : 0));
	}
	must(lseek(file, 0, SEEK_CUR) == 5);
	must(pread(file, content, 7, 0) == 5 && !memcmp(content, "12", 2));
	must(strchr(content, 'b') && strchr(content, 'c') && strchr(content, 'd'));
	must(wait(NULL) < 0 && errno == ECHILD);
	say("pass");
	return 0;
}
