// SPDX-License-Identifier: GPL-2.0-only
/*
 * backend-qemu-vm.c - one virtual machine
 *
 * A machine outlives the tool: QEMU makes itself a daemon and leaves
 * run/NAME.pid.  A pid file alone proves nothing after a crash, so a process
 * counts as the machine only while its command line carries the machine's -name
 * and the pid file's path, which nobody else has: clusters of the same name may
 * be known by other directories.  Killing goes through a pidfd that was opened
 * before that check.
 *
 * -daemonize forks after the sandbox is closed, so its spawn=deny and
 * elevateprivileges=deny cannot be had.
 *
 * The emulator's flags were measured: without a bound on the translation
 * buffer and with one thread for all processors, guests stall for seconds.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/spawn.h"
#include "backend-qemu.h"
#include "words.h"

#define VM_START_TIMEOUT_MS	30000
#define VM_KILL_TIMEOUT_MS	10000
#define VM_REBOOT_MS		3000

void qemu_machine_of_node(struct qemu *q, const struct xos_node *node,
			  struct qemu_machine *m)
{
	(void)q;
	*m = (struct qemu_machine){
		.name = node->name,
		.mac = node->mac,
		.memory_mib = node->memory_mib,
		.processors = node->processors,
		.node = node,
	};
	snprintf(m->tap, sizeof(m->tap), "tap%u", node->id);
}

void qemu_machine_of_head(struct qemu *q, struct qemu_machine *m)
{
	const struct xos_head *head = &q->b->inv->head;

	*m = (struct qemu_machine){
		.name = head->name,
		.mac = head->mac,
		.tap = "tap0",
		.memory_mib = head->memory_mib,
		.processors = head->processors,
	};
}

static void run_path(const struct qemu *q, const char *name, const char *suffix,
		     char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s.%s", q->b->paths->run, name, suffix);
}

/* "xos-testbed/node-1", its -name */
static void unique_name(const struct qemu *q, const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "xos-%s/%s", q->b->inv->name, name);
}

static bool is_word(const char *word, const char *wanted, bool prefix)
{
	return prefix ? strncmp(word, wanted, strlen(wanted)) == 0 :
			strcmp(word, wanted) == 0;
}

/* Is process @pid our QEMU of machine @name; of any, where @name is NULL? */
static bool is_machine(const struct qemu *q, pid_t pid, const char *name)
{
	char path[64], text[8192], unique[128], pid_file[4096];
	bool has_name = false, has_file = false;
	size_t n;
	FILE *f;

	unique_name(q, name ? name : "", unique, sizeof(unique));
	if (name)
		run_path(q, name, "pid", pid_file, sizeof(pid_file));
	else
		snprintf(pid_file, sizeof(pid_file), "%s/", q->b->paths->run);
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	if (!strstr(text, QEMU_PROGRAM))
		return false;
	for (size_t i = 0; i < n; i += strlen(text + i) + 1) {
		has_name |= is_word(text + i, unique, !name);
		has_file |= is_word(text + i, pid_file, !name);
	}
	return has_name && has_file;
}

pid_t qemu_vm_pid(struct qemu *q, const char *name)
{
	char path[4096], text[32] = "";
	long pid = 0;
	FILE *f;

	run_path(q, name, "pid", path, sizeof(path));
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fgets(text, sizeof(text), f))
		pid = strtol(text, NULL, 10);
	fclose(f);
	return pid > 1 && is_machine(q, (pid_t)pid, name) ? (pid_t)pid : 0;
}

void qemu_vm_console_log(struct qemu *q, const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "%s/console/%s.log", q->b->paths->state, name);
}

/*
 * An emulated guest runs anywhere; the hardware's virtualisation is used where
 * the admin asks for it, because it may be present and broken.
 */
static void accelerator(struct words *w)
{
	const char *accel = getenv("XOS_QEMU_ACCEL");

	words_add(w, "-accel");
	if (accel && strcmp(accel, "kvm") == 0) {
		words_add(w, "kvm");
		words_add(w, "-cpu");
		words_add(w, "host");
		return;
	}
	words_add(w, "tcg,thread=multi,tb-size=128");
	words_add(w, "-cpu");
	words_add(w, "qemu64,+rdrand");
}

char **qemu_vm_argv(struct qemu *q, const struct qemu_machine *m,
		    char *const *extra)
{
	char path[4096], log[4096], unique[128], mac[18];
	struct words w = { .n = 0 };

	unique_name(q, m->name, unique, sizeof(unique));
	words_add(&w, "nsenter");
	words_add(&w, "--net=%s", q->ns_path);
	words_add(&w, "--");
	words_add(&w, QEMU_PROGRAM);
	words_add(&w, "-name");
	words_add(&w, "%s", unique);
	words_add(&w, "-daemonize");
	words_add(&w, "-pidfile");
	run_path(q, m->name, "pid", path, sizeof(path));
	words_add(&w, "%s", path);
	words_add(&w, "-machine");
	words_add(&w, "q35,graphics=off");
	accelerator(&w);
	words_add(&w, "-m");
	words_add(&w, "%u", m->memory_mib);
	words_add(&w, "-smp");
	words_add(&w, "%u", m->processors);
	words_add(&w, "-nodefaults");
	words_add(&w, "-no-user-config");
	words_add(&w, "-display");
	words_add(&w, "none");
	words_add(&w, "-sandbox");
	words_add(&w, "on,obsolete=deny,resourcecontrol=deny");
	words_add(&w, "-chardev");
	run_path(q, m->name, "console", path, sizeof(path));
	qemu_vm_console_log(q, m->name, log, sizeof(log));
	words_add(&w, "socket,id=con,path=%s,server=on,wait=off,logfile=%s,logappend=on",
	     path, log);
	words_add(&w, "-serial");
	words_add(&w, "chardev:con");
	words_add(&w, "-qmp");
	run_path(q, m->name, "qmp", path, sizeof(path));
	words_add(&w, "unix:%s,server=on,wait=off", path);
	words_add(&w, "-netdev");
	words_add(&w, "tap,id=n0,ifname=%s,script=no,downscript=no", m->tap);
	words_add(&w, "-device");
	words_add(&w, "virtio-net-pci,netdev=n0,mac=%s", xos_mac_format(m->mac, ':', mac));
	words_add(&w, "-device");
	words_add(&w, "virtio-rng-pci");
	words_add(&w, "-boot");
	/* Firmware that found no head tries again: it may be rebooting itself. */
	words_add(&w, "n,reboot-timeout=%d", VM_REBOOT_MS);
	words_add_all(&w, (const char *const *)extra);
	return words_take(&w);
}

/* What a machine has in the run directory, beside its name. */
static const char *const suffixes[] = { "pid", "console", "qmp" };
#define N_SUFFIXES	(sizeof(suffixes) / sizeof(suffixes[0]))

static bool is_our_suffix(const char *suffix)
{
	for (size_t i = 0; i < N_SUFFIXES; i++)
		if (strcmp(suffix, suffixes[i]) == 0)
			return true;
	return false;
}

static void remove_files(struct qemu *q, const char *name)
{
	for (size_t i = 0; i < N_SUFFIXES; i++) {
		char path[4096];

		run_path(q, name, suffixes[i], path, sizeof(path));
		unlink(path);
	}
}

/* QEMU's parent process ends when the machine runs, and says why it does not. */
static int launch(struct qemu *q, const char *name, char *const *argv,
		  struct xos_error *err)
{
	char said[1024], log[4096];
	struct xos_spawn spawn = {
		.argv = (const char *const *)argv, .out = said,
		.out_size = sizeof(said), .timeout_ms = VM_START_TIMEOUT_MS,
		.survive = true,
	};
	int rc = xos_spawn_check(&spawn, err);

	if (rc < 0) {
		xos_error_prefix(err, "machine '%s' does not start: ", name);
		if (err)
			err->exit = XOS_EXIT_BACKEND;
	} else if (!qemu_vm_pid(q, name)) {
		qemu_vm_console_log(q, name, log, sizeof(log));
		rc = xos_error_set(err, -EIO, XOS_EXIT_BACKEND,
			"machine '%s' ended as soon as it was started; its console: %s",
			name, log);
	}
	if (rc < 0)
		remove_files(q, name);
	return rc;
}

int qemu_vm_start(struct qemu *q, const struct qemu_machine *m,
		  char *const *extra, struct xos_error *err)
{
	char dir[4096];
	char **argv;
	int rc;

	if (qemu_vm_pid(q, m->name))
		return 0;
	if (!qemu_net_is_up(q))
		return xos_error_set(err, -ENETDOWN, XOS_EXIT_BACKEND,
			"the network of testbed '%s' is not there; start it: xos-ssi-deploy run",
			q->b->inv->name);
	snprintf(dir, sizeof(dir), "%s/console", q->b->paths->state);
	rc = xos_mkdir_p(dir, 0700, err);
	if (rc < 0)
		return rc;
	argv = qemu_vm_argv(q, m, extra);
	if (!argv)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "out of memory");
	rc = launch(q, m->name, argv, err);
	words_free(argv);
	return rc;
}

/* Kill @pid if it still is machine @name, NULL: any; wait for its end. */
static int kill_and_wait(const struct qemu *q, pid_t pid, const char *name)
{
	struct pollfd p = { .events = POLLIN };
	int rc = 0;

	p.fd = pidfd_open(pid, 0);
	if (p.fd < 0)
		return errno == ESRCH ? 0 : -errno;
	/* The pid was reused if the words are gone: then our machine is too. */
	if (is_machine(q, pid, name)) {
		if (pidfd_send_signal(p.fd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
			rc = -errno;
		else if (poll(&p, 1, VM_KILL_TIMEOUT_MS) == 0)
			rc = -ETIMEDOUT;
	}
	close(p.fd);
	return rc;
}

int qemu_vm_kill(struct qemu *q, const char *name, struct xos_error *err)
{
	pid_t pid = qemu_vm_pid(q, name);
	int rc = pid ? kill_and_wait(q, pid, name) : 0;

	if (rc < 0)
		return xos_error_set(err, rc, XOS_EXIT_BACKEND,
				     "machine '%s' (pid %d) does not end: %s",
				     name, (int)pid, strerror(-rc));
	remove_files(q, name);
	return 0;
}

/* Pid files may be lost after a crash; the command lines are not. */
static pid_t next_machine(const struct qemu *q, DIR *proc)
{
	struct dirent *d;

	while ((d = readdir(proc))) {
		pid_t pid = (pid_t)strtol(d->d_name, NULL, 10);

		if (pid > 1 && is_machine(q, pid, NULL))
			return pid;
	}
	return 0;
}

bool qemu_vm_any(struct qemu *q)
{
	DIR *proc = opendir("/proc");
	bool any = !proc || next_machine(q, proc);

	if (proc)
		closedir(proc);
	return any;
}

/* Also those of machines that are no longer in the inventory. */
static void remove_all_files(struct qemu *q)
{
	const char *run = q->b->paths->run;
	DIR *dir = opendir(run);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		char *dot = strrchr(d->d_name, '.');

		if (!dot || !is_our_suffix(dot + 1))
			continue;
		unlinkat(dirfd(dir), d->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

int qemu_vm_kill_all(struct qemu *q, struct xos_error *err)
{
	DIR *proc = opendir("/proc");
	pid_t pid;
	int rc = 0;

	if (!proc)
		return xos_error_set(err, -errno, XOS_EXIT_BACKEND, "/proc: %s",
				     strerror(errno));
	while ((pid = next_machine(q, proc))) {
		int one = kill_and_wait(q, pid, NULL);

		if (one < 0)
			rc = xos_error_set(err, one, XOS_EXIT_BACKEND,
					   "process %d of the testbed does not end: %s",
					   (int)pid, strerror(-one));
	}
	closedir(proc);
	if (rc == 0)
		remove_all_files(q);
	return rc;
}

int qemu_vm_cpu_ms(struct qemu *q, const char *name, int64_t *ms)
{
	unsigned long long utime, stime;
	char path[64], text[1024] = "";
	pid_t pid = qemu_vm_pid(q, name);
	const char *p;
	FILE *f;

	if (!pid)
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return -ESRCH;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	/* The name in parentheses may hold spaces: count from its end. */
	p = strrchr(text, ')');
	if (!p || sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
			 &utime, &stime) != 2)
		return -EIO;
	*ms = (int64_t)((utime + stime) * 1000 / (unsigned long long)sysconf(_SC_CLK_TCK));
	return 0;
}
