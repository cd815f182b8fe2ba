// SPDX-License-Identifier: GPL-2.0-only
/*
 * backend-qemu-vm.c - one virtual machine
 *
 * A machine outlives the tool: QEMU makes itself a daemon and leaves
 * run/NAME.pid.  A pid file alone proves nothing after a crash, so a process
 * counts as the machine only while its command line carries the machine's
 * unique -name; killing goes through a pidfd that was opened before that check.
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

/* "xos-testbed/node-1": one word of the command line that nobody else has. */
static void unique_name(const struct qemu *q, const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "xos-%s/%s", q->b->inv->name, name);
}

/* Is process @pid a QEMU with the word @unique on its command line? */
static bool is_machine(pid_t pid, const char *unique, bool prefix)
{
	char path[64], text[8192];
	size_t n, len = strlen(unique);
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	if (!strstr(text, QEMU_PROGRAM))
		return false;
	for (size_t i = 0; i < n; i += strlen(text + i) + 1)
		if (prefix ? strncmp(text + i, unique, len) == 0 :
			     strcmp(text + i, unique) == 0)
			return true;
	return false;
}

static void run_path(const struct qemu *q, const char *name, const char *suffix,
		     char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s.%s", q->b->paths->run, name, suffix);
}

pid_t qemu_vm_pid(struct qemu *q, const char *name)
{
	char path[4096], unique[128], text[32] = "";
	long pid = 0;
	FILE *f;

	run_path(q, name, "pid", path, sizeof(path));
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fgets(text, sizeof(text), f))
		pid = strtol(text, NULL, 10);
	fclose(f);
	unique_name(q, name, unique, sizeof(unique));
	return pid > 1 && is_machine((pid_t)pid, unique, false) ? (pid_t)pid : 0;
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

int qemu_vm_start(struct qemu *q, const struct qemu_machine *m,
		  char *const *extra, struct xos_error *err)
{
	struct xos_spawn spawn = { .timeout_ms = VM_START_TIMEOUT_MS, .survive = true };
	char dir[4096];
	char **argv;
	int rc;

	if (qemu_vm_pid(q, m->name))
		return 0;
	snprintf(dir, sizeof(dir), "%s/console", q->b->paths->state);
	rc = xos_mkdir_p(dir, 0700, err);
	if (rc < 0)
		return rc;
	argv = qemu_vm_argv(q, m, extra);
	if (!argv)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "out of memory");
	spawn.argv = (const char *const *)argv;
	rc = xos_spawn_check(&spawn, err);
	words_free(argv);
	if (rc < 0) {
		xos_error_prefix(err, "machine '%s' does not start: ", m->name);
		if (err)
			err->exit = XOS_EXIT_BACKEND;
	}
	return rc;
}

/* Kill @pid if it still carries @unique; wait for its end. */
static int kill_and_wait(pid_t pid, const char *unique, bool prefix)
{
	struct pollfd p = { .events = POLLIN };
	int rc = 0;

	p.fd = pidfd_open(pid, 0);
	if (p.fd < 0)
		return errno == ESRCH ? 0 : -errno;
	/* The pid was reused if the word is gone: then our machine is too. */
	if (is_machine(pid, unique, prefix)) {
		if (pidfd_send_signal(p.fd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
			rc = -errno;
		else if (poll(&p, 1, VM_KILL_TIMEOUT_MS) == 0)
			rc = -ETIMEDOUT;
	}
	close(p.fd);
	return rc;
}

static void remove_files(struct qemu *q, const char *name)
{
	static const char *const suffix[] = { "pid", "console", "qmp" };

	for (size_t i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
		char path[4096];

		run_path(q, name, suffix[i], path, sizeof(path));
		unlink(path);
	}
}

int qemu_vm_kill(struct qemu *q, const char *name, struct xos_error *err)
{
	pid_t pid = qemu_vm_pid(q, name);
	char unique[128];
	int rc;

	unique_name(q, name, unique, sizeof(unique));
	rc = pid ? kill_and_wait(pid, unique, false) : 0;
	if (rc < 0)
		return xos_error_set(err, rc, XOS_EXIT_BACKEND,
				     "machine '%s' (pid %d) does not end: %s",
				     name, (int)pid, strerror(-rc));
	remove_files(q, name);
	return 0;
}

int qemu_vm_kill_all(struct qemu *q, struct xos_error *err)
{
	char unique[128];
	struct dirent *d;
	DIR *proc = opendir("/proc");
	int rc = 0;

	if (!proc)
		return xos_error_set(err, -errno, XOS_EXIT_BACKEND, "/proc: %s",
				     strerror(errno));
	/* Pid files may be lost after a crash; the command lines are not. */
	unique_name(q, "", unique, sizeof(unique));
	while ((d = readdir(proc))) {
		pid_t pid = (pid_t)strtol(d->d_name, NULL, 10);
		int one;

		if (pid <= 1 || pid == getpid() || !is_machine(pid, unique, true))
			continue;
		one = kill_and_wait(pid, unique, true);
		if (one < 0)
			rc = xos_error_set(err, one, XOS_EXIT_BACKEND,
					   "process %d of the testbed does not end: %s",
					   (int)pid, strerror(-one));
	}
	closedir(proc);
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
