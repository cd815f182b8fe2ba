// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * krg-become.c: a new process takes over what its image says, step by step,
 * with ordinary system calls and so with the caller's rights; the kernel does
 * the rest, memory and registers, and this code is gone then.
 *
 * Children are made before rights are given up, threads last.  Whoever fails
 * says so in shared memory and exits; the caller ends the others.
 */
#include "krg-application.h"
#include "krg-restore.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include <ssi/app.h>
#include <ssi/portable.h>

#define THREAD_STACK	(64 << 10)
#define GROUP_TRIES	200	/* of 10 ms, until a group's leader is there */

/* Kernel's own layout, without the C library's */
struct kernel_action {
	uint64_t handler;
	uint64_t flags;
	uint64_t restorer;
	uint64_t mask;
};

static void __attribute__((noreturn, format(printf, 3, 4)))
fail(struct restoration *r, int err, const char *format, ...)
{
	struct restore_failure *failure = r->failure;
	int none = 0;
	va_list args;

	if (__atomic_compare_exchange_n(&failure->err, &none, err ? err : EIO, 0,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		failure->pid = getpid();
		va_start(args, format);
		vsnprintf(failure->text, sizeof(failure->text), format, args);
		va_end(args);
	}
	_exit(EXIT_FAILURE);
}

static void set_groups_of_processes(struct restoration *r,
				    const struct ssi_image_process *process)
{
	pid_t pid = le32_to_cpu(process->pid), sid = le32_to_cpu(process->sid);
	pid_t pgrp = le32_to_cpu(process->pgrp);
	int tries = 0;

	if (sid == pid && setsid() < 0)
		fail(r, errno, "session %d", sid);
	if (sid != getsid(0) && !r->replace_groups)
		fail(r, E_CR_PIDBUSY, "session %d is not in the checkpoint", sid);
	if (pgrp == getpgrp())
		return;
	if (pgrp != pid && !checkpoint_image_find(r->image, pgrp)) {
		if (!r->replace_groups)
			fail(r, E_CR_PIDBUSY,
			     "process group %d is not in the checkpoint", pgrp);
		return;
	}
	/* Its leader is being made by somebody else, maybe. */
	while (setpgid(0, pgrp)) {
		if (++tries == GROUP_TRIES || r->failure->err)
			fail(r, errno, "process group %d", pgrp);
		usleep(10000);
	}
}

static int file_of(const struct restoration *r, uint64_t id)
{
	size_t i;

	for (i = 0; i < r->nr_files; i++)
		if (r->files[i].id == id)
			return r->files[i].fd;
	return -1;
}

/* The application's at their numbers; of ours, only those given stay open. */
static void set_descriptors(struct restoration *r, const struct task_image *task)
{
	const struct ssi_image_fd *image;
	int fd, from;
	size_t i;

	for (fd = 0; fd < r->base; fd++)
		close(fd);
	for (i = 0; i < task->fds.count; i++) {
		image = task->fds.at[i];
		from = file_of(r, le64_to_cpu(image->id));
		fd = le32_to_cpu(image->fd);
		if (from < 0 || dup3(from, fd, image->cloexec ? O_CLOEXEC : 0) < 0)
			fail(r, from < 0 ? E_CR_BADDATA : errno, "descriptor %d", fd);
	}
	for (i = 0; i < r->nr_files; i++)
		close(r->files[i].fd);
}

static void set_actions(struct restoration *r, const struct task_image *task)
{
	const struct ssi_image_action *image;
	struct kernel_action action = { };
	int sig;
	size_t i;

	for (sig = 1; sig <= 64; sig++)
		syscall(SYS_rt_sigaction, sig, &action, NULL, 8);
	for (i = 0; i < task->actions.count; i++) {
		image = task->actions.at[i];
		action.handler = le64_to_cpu(image->handler);
		action.flags = le64_to_cpu(image->flags);
		action.restorer = le64_to_cpu(image->restorer);
		action.mask = le64_to_cpu(image->mask);
		sig = le32_to_cpu(image->signo);
		if (syscall(SYS_rt_sigaction, sig, &action, NULL, 8))
			fail(r, errno, "handler of signal %d", sig);
	}
}

static void set_pending(struct restoration *r, const struct task_image *task)
{
	const struct ssi_image_signal *image;
	long ret;
	size_t i;

	for (i = 0; i < task->signals.count; i++) {
		image = task->signals.at[i];
		if (image->shared)
			ret = syscall(SYS_rt_sigqueueinfo, task->tgid,
				      le32_to_cpu(image->signo), image->info);
		else
			ret = syscall(SYS_rt_tgsigqueueinfo, task->tgid,
				      task->tid, le32_to_cpu(image->signo),
				      image->info);
		if (ret)
			fail(r, errno, "pending signal %u",
			     le32_to_cpu(image->signo));
	}
}

/* What each thread has of its own */
static void set_thread(struct restoration *r, const struct task_image *task)
{
	const struct ssi_image_thread *image = task->thread;
	stack_t stack = {
		.ss_sp = (void *)(uintptr_t)le64_to_cpu(image->stack_sp),
		.ss_size = le64_to_cpu(image->stack_size),
		.ss_flags = le32_to_cpu(image->stack_flags),
	};

	if (!stack.ss_size)
		stack.ss_flags = SS_DISABLE;
	if (syscall(SYS_sigaltstack, &stack, NULL))
		fail(r, errno, "signal stack");
	if (setpriority(PRIO_PROCESS, 0, (int)le32_to_cpu(image->nice)))
		fail(r, errno, "nice value %d", (int)le32_to_cpu(image->nice));
	prctl(PR_SET_NAME, image->comm);
	prctl(PR_SET_TIMERSLACK, (unsigned long)le64_to_cpu(image->timer_slack_ns));
	syscall(SYS_set_robust_list, le64_to_cpu(image->robust_list), 24);
	syscall(SYS_set_tid_address, le64_to_cpu(image->clear_tid));
	set_pending(r, task);
}

static void set_limits(struct restoration *r, const struct task_image *task)
{
	struct rlimit limit;
	int i;

	for (i = 0; i < SSI_IMAGE_LIMITS; i++) {
		limit.rlim_cur = le64_to_cpu(task->limits[i].soft);
		limit.rlim_max = le64_to_cpu(task->limits[i].hard);
		if (setrlimit(i, &limit))
			fail(r, errno, "limit %d", i);
	}
}

static void set_oom_score(struct restoration *r, int value)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "r+e");
	int now = 0;

	if (!file || fscanf(file, "%d", &now) != 1)
		fail(r, errno, "oom_score_adj");
	rewind(file);
	if (now != value && (fprintf(file, "%d", value) < 0 || fflush(file)))
		fail(r, errno, "oom_score_adj %d", value);
	fclose(file);
}

static void set_process(struct restoration *r, const struct task_image *task)
{
	const struct ssi_image_process *process = task->process;

	if (chdir(task->cwd))
		fail(r, errno, "%.150s", task->cwd);
	umask(le32_to_cpu(process->umask));
	personality(le32_to_cpu(process->personality));
	if (le32_to_cpu(process->flags) & SSI_PROCESS_SUBREAPER)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	set_oom_score(r, (int)le32_to_cpu(process->oom_score_adj));
}

static int ids_differ(const struct ssi_image_creds *creds)
{
	uid_t uid[3];
	gid_t gid[3];
	int i, differ = 0;

	getresuid(&uid[0], &uid[1], &uid[2]);
	getresgid(&gid[0], &gid[1], &gid[2]);
	for (i = 0; i < 3; i++)
		differ |= uid[i] != le32_to_cpu(creds->uid[i]) ||
			  gid[i] != le32_to_cpu(creds->gid[i]);
	return differ;
}

static void set_ids(struct restoration *r, const struct ssi_image_creds *creds)
{
	gid_t groups[SSI_IMAGE_GROUPS];
	int n = le32_to_cpu(creds->nr_groups), i;

	for (i = 0; i < n; i++)
		groups[i] = le32_to_cpu(creds->groups[i]);
	if (geteuid() == 0 && setgroups(n, groups))
		fail(r, errno, "groups");
	if (!ids_differ(creds))
		return;
	if (setresgid(le32_to_cpu(creds->gid[0]), le32_to_cpu(creds->gid[1]),
		      le32_to_cpu(creds->gid[2])) ||
	    setresuid(le32_to_cpu(creds->uid[0]), le32_to_cpu(creds->uid[1]),
		      le32_to_cpu(creds->uid[2])))
		fail(r, errno, "user %u", le32_to_cpu(creds->uid[0]));
	setfsgid(le32_to_cpu(creds->gid[3]));
	setfsuid(le32_to_cpu(creds->uid[3]));
}

/* Capabilities are only ever given up: what the caller lacks stays away. */
static void set_creds(struct restoration *r, const struct ssi_image_creds *creds)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	uint64_t sets[3] = { le64_to_cpu(creds->effective),
			     le64_to_cpu(creds->permitted),
			     le64_to_cpu(creds->inheritable) };
	struct __user_cap_data_struct data[2];
	int cap, i;

	for (cap = 0; cap < 64; cap++)
		if (!(le64_to_cpu(creds->bounding) >> cap & 1) &&
		    prctl(PR_CAPBSET_READ, cap) == 1 &&
		    prctl(PR_CAPBSET_DROP, cap))
			fail(r, errno, "bounding set");
	set_ids(r, creds);
	for (i = 0; i < 2; i++) {
		data[i].effective = sets[0] >> 32 * i;
		data[i].permitted = sets[1] >> 32 * i;
		data[i].inheritable = sets[2] >> 32 * i;
	}
	if (syscall(SYS_capset, &header, data))
		fail(r, errno, "capabilities");
}

static void __attribute__((noreturn))
import(struct restoration *r, const struct task_image *task)
{
	struct kapp_import args = {
		.fd = task->fd,
		.keep = task->tid == task->tgid ? r->app_fd : -1,
	};
	int err;

	ioctl(r->app_fd, KAPP_IMPORT, &args);
	/* It returns only if it failed. */
	err = errno;
	fail(r, err, "%.*s", (int)sizeof(args.report.text), args.report.text);
}

struct thread_start {
	struct restoration *restoration;
	const struct task_image *task;
};

static void thread_main(void *arg)
{
	struct thread_start *start = arg;

	set_thread(start->restoration, start->task);
	import(start->restoration, start->task);
}

/*
 * clone3() with a stack: the C library has no call that takes the thread's id.
 * Until it becomes what it is to be the thread shares the TLS of its maker,
 * which does nothing then that uses more of it than errno.
 */
static long clone_thread(struct clone_args *args, void (*start)(void *),
			 void *arg)
{
	register void (*fn)(void *) __asm__("r12") = start;
	register void *fn_arg __asm__("r13") = arg;
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r13, %%rdi\n\t"
			 "call *%%r12\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(ret)
			 : "a"(SYS_clone3), "D"(args), "S"(sizeof(*args)),
			   "r"(fn), "r"(fn_arg)
			 : "rcx", "r11", "memory");
	return ret;
}

static void make_thread(struct restoration *r, const struct task_image *task)
{
	uint64_t tid = task->tid;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			 CLONE_THREAD | CLONE_SYSVSEM,
		.stack_size = THREAD_STACK - sizeof(struct thread_start),
		.set_tid = (uintptr_t)&tid,
		.set_tid_size = 1,
	};
	struct thread_start *start;
	char *stack;
	long ret;

	stack = mmap(NULL, THREAD_STACK, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack == MAP_FAILED)
		fail(r, errno, "stack of thread %d", task->tid);
	start = (struct thread_start *)(stack + args.stack_size);
	start->restoration = r;
	start->task = task;
	args.stack = (uintptr_t)stack;
	ret = clone_thread(&args, thread_main, start);
	if (ret < 0)
		fail(r, ret == -EEXIST ? E_CR_PIDBUSY : -ret, "thread %d",
		     task->tid);
}

static void set_timer(struct restoration *r, const struct ssi_image_itimer *image)
{
	uint64_t interval = le64_to_cpu(image->interval_us);
	uint64_t value = le64_to_cpu(image->value_us);
	struct itimerval timer = {
		.it_interval = { interval / 1000000, interval % 1000000 },
		.it_value = { value / 1000000, value % 1000000 },
	};

	if (value && setitimer(ITIMER_REAL, &timer, NULL))
		fail(r, errno, "timer");
}

static void make_children(struct restoration *r, const struct task_image *parent)
{
	struct task_image *task;
	size_t i;

	for (i = 0; i < r->image->count; i++) {
		task = &r->image->tasks[i];
		if (!task->process || task == parent ||
		    (pid_t)le32_to_cpu(task->process->ppid) != parent->tgid)
			continue;
		if (restore_fork(r, task) < 0)
			fail(r, errno == EEXIST ? E_CR_PIDBUSY : errno,
			     "process %d", task->tgid);
	}
}

static void __attribute__((noreturn))
become(struct restoration *r, const struct task_image *task)
{
	size_t i;

	/* Until the kernel gives the process its own */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	set_groups_of_processes(r, task->process);
	make_children(r, task);
	set_process(r, task);
	set_actions(r, task);
	set_descriptors(r, task);
	for (i = 0; i < r->image->count; i++)
		if (r->image->tasks[i].tgid != task->tgid)
			close(r->image->tasks[i].fd);
	set_limits(r, task);
	for (i = 0; i < r->image->count; i++)
		if (r->image->tasks[i].tgid == task->tgid &&
		    r->image->tasks[i].tid != task->tid)
			make_thread(r, &r->image->tasks[i]);
	set_creds(r, task->creds);
	if (le32_to_cpu(task->process->flags) & SSI_PROCESS_NO_NEW_PRIVS)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, !!(le32_to_cpu(task->process->flags) &
				  SSI_PROCESS_DUMPABLE));
	set_timer(r, &task->timers[0]);
	set_thread(r, task);
	import(r, task);
}

/* Returns the pid, or -1 with errno. */
pid_t restore_fork(struct restoration *r, struct task_image *task)
{
	uint64_t tid = task->tgid;
	struct clone_args args = {
		.exit_signal = le32_to_cpu(task->process->exit_signal),
		.set_tid = (uintptr_t)&tid,
		.set_tid_size = 1,
	};
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid)
		become(r, task);
	return pid;
}
