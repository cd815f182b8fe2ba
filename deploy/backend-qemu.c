// SPDX-License-Identifier: GPL-2.0-only
/*
 * backend-qemu.c - the virtual testbed: a head and nodes as virtual machines
 *
 *	     namespace xos-CLUSTER
 *	+-----------------------------------------------+
 *	|  br0 (this machine's address: last of the net) |
 *	|   |-- tap0 -- head VM   dnsmasq, bootd, knfsd  |
 *	|   |-- tap1 -- node 1    PXE, diskless          |
 *	|   `-- tapN -- node N                           |
 *	+-----------------------------------------------+
 *
 * The tool itself stays in its own namespace; it enters the testbed's only to
 * open a socket (qemu_net_socket) or to run ssh (nsenter).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "../libxos/atomic.h"
#include "../libxos/clock.h"
#include "../libxos/spawn.h"
#include "backend-qemu.h"
#include "console.h"
#include "keys.h"
#include "node-reboot.h"
#include "words.h"

/* What QEMU itself needs beside a guest's memory: translation buffer and heap. */
#define QEMU_OVERHEAD_MIB	200
#define QEMU_STATE_MIB		64

static const char *head_address(const struct qemu *q, char *buf)
{
	return inet_ntop(AF_INET, &q->b->inv->head.address, buf, INET_ADDRSTRLEN);
}

static bool in_path(const char *program)
{
	const char *path = getenv("PATH");
	char *copy = strdup(path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
	char *save = NULL, file[4096];
	bool found = false;

	for (char *d = copy ? strtok_r(copy, ":", &save) : NULL; d && !found;
	     d = strtok_r(NULL, ":", &save)) {
		snprintf(file, sizeof(file), "%s/%s", d, program);
		found = access(file, X_OK) == 0;
	}
	free(copy);
	return found;
}

static int check_programs(struct xos_error *err)
{
	static const char *const needed[][2] = {
		{ QEMU_PROGRAM, "qemu-system-x86" }, { "ip", "iproute2" },
		{ "nsenter", "util-linux" }, { "ssh", "openssh-client" },
		{ "ssh-keygen", "openssh-client" }, { "tar", "tar" },
		{ "mkfs.ext4", "e2fsprogs" },
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!in_path(needed[i][0]))
			return xos_error_set(err, -ENOENT, XOS_EXIT_BACKEND,
				"back-end qemu: program '%s' is not installed; run: apt-get install %s",
				needed[i][0], needed[i][1]);
	return 0;
}

static long available_mib(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128];
	long kib = -1;

	while (f && kib < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %ld", &kib) != 1)
			kib = -1;
	if (f)
		fclose(f);
	return kib < 0 ? -1 : kib / 1024;
}

static int check_memory(struct qemu *q, struct xos_error *err)
{
	const struct xos_inventory *inv = q->b->inv;
	long need = 0, have = available_mib();

	if (!qemu_vm_pid(q, inv->head.name))
		need += inv->head.memory_mib + QEMU_OVERHEAD_MIB;
	for (size_t i = 0; i < inv->n_nodes; i++)
		if (!qemu_vm_pid(q, inv->nodes[i].name))
			need += inv->nodes[i].memory_mib + QEMU_OVERHEAD_MIB;
	if (have >= 0 && need > have)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_BACKEND,
			"back-end qemu: the machines need %ld MiB, this machine has %ld MiB available; use fewer nodes or less memory",
			need, have);
	return 0;
}

static int check_space(const char *dir, struct xos_error *err)
{
	struct statvfs st;
	unsigned long long mib;

	if (statvfs(dir, &st) < 0)
		return 0;	/* not there yet; its parent was made a moment ago */
	mib = (unsigned long long)st.f_bavail * st.f_frsize >> 20;
	if (mib < QEMU_STATE_MIB)
		return xos_error_set(err, -ENOSPC, XOS_EXIT_BACKEND,
			"%s: %llu MiB free, %d needed; make room or set XOS_STATE_DIR",
			dir, mib, QEMU_STATE_MIB);
	return 0;
}

static int qemu_check(struct xos_backend *b, struct xos_error *err)
{
	struct qemu *q = b->priv;
	int rc = check_programs(err);

	if (rc < 0)
		return rc;
	if (geteuid() != 0)
		return xos_error_set(err, -EPERM, XOS_EXIT_BACKEND,
			"back-end qemu: needs root, for a network namespace and taps; use sudo");
	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		return xos_error_set(err, -errno, XOS_EXIT_BACKEND,
			"/dev/net/tun: %s; load it: modprobe tun", strerror(errno));
	if (!b->inv->head.image)
		return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
			"%s:%d: the head of a virtual testbed needs an image; add image=\"...\"",
			b->inv->head.where.file, b->inv->head.where.line);
	rc = qemu_net_check(q, err);
	if (rc == 0)
		rc = check_memory(q, err);
	if (rc == 0)
		rc = check_space(b->paths->state, err);
	return rc;
}

static int qemu_open(struct xos_backend *b, struct xos_error *err)
{
	struct qemu *q = calloc(1, sizeof(*q));

	if (!q)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "out of memory");
	q->b = b;
	snprintf(q->ns, sizeof(q->ns), "xos-%s", b->inv->name);
	snprintf(q->ns_path, sizeof(q->ns_path), "/run/netns/%s", q->ns);
	q->home_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (q->home_fd < 0) {
		free(q);
		return xos_error_set(err, -errno, XOS_EXIT_BACKEND,
				     "/proc/self/ns/net: %s", strerror(errno));
	}
	b->priv = q;
	return 0;
}

static void qemu_close(struct xos_backend *b)
{
	struct qemu *q = b->priv;

	if (!q)
		return;
	xos_bootd_client_destroy(q->client);
	close(q->home_fd);
	free(q);
	b->priv = NULL;
}

static void print_argv(FILE *out, char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		fprintf(out, strpbrk(argv[i], " ,;") ? "%s'%s'" : "%s%s",
			i ? " " : "  ", argv[i]);
	fputc('\n', out);
	words_free(argv);
}

static int qemu_plan(struct xos_backend *b, FILE *out, struct xos_error *err)
{
	struct qemu *q = b->priv;
	struct qemu_machine m;
	char *commands = qemu_net_commands(q);
	char **extra;

	if (!commands)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "out of memory");
	fprintf(out, "  ip netns add %s\n", q->ns);
	for (char *save = NULL, *line = strtok_r(commands, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		fprintf(out, "  ip -netns %s %s\n", q->ns, line);
	free(commands);
	if (!b->images)
		return 0;
	qemu_machine_of_head(q, &m);
	extra = qemu_head_args(q);
	print_argv(out, qemu_vm_argv(q, &m, extra));
	words_free(extra);
	for (size_t i = 0; i < b->inv->n_nodes; i++) {
		qemu_machine_of_node(q, &b->inv->nodes[i], &m);
		print_argv(out, qemu_vm_argv(q, &m, NULL));
	}
	return 0;
}

static int client_create(struct qemu *q, struct xos_error *err)
{
	char url[64], token[4096], address[INET_ADDRSTRLEN];

	if (q->client)
		return 0;
	snprintf(url, sizeof(url), "http://%s:%d", head_address(q, address),
		 XOS_BOOTD_PORT);
	snprintf(token, sizeof(token), "%s/keys/admin-token", q->b->paths->state);
	q->client = xos_bootd_client_create(url, token, qemu_net_socket, q, err);
	return q->client ? 0 : err ? err->code : -EIO;
}

/* Its disks are fixed when it starts: other images need another start. */
static int head_vm_start(struct qemu *q, struct xos_error *err)
{
	struct qemu_machine m;
	char **extra;
	int rc;

	qemu_machine_of_head(q, &m);
	if (!qemu_head_has_disks(q)) {
		rc = qemu_vm_kill(q, m.name, err);
		if (rc == 0)
			rc = qemu_head_note_disks(q, err);
		if (rc < 0)
			return rc;
	}
	extra = qemu_head_args(q);
	if (!extra)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "out of memory");
	rc = qemu_vm_start(q, &m, extra, err);
	words_free(extra);
	return rc;
}

static int64_t now_ms(void)
{
	return xos_clock_ms(CLOCK_MONOTONIC);
}

/* Until the boot server answers, the machine dies, or the time is over. */
static int head_wait(struct qemu *q, int timeout_ms,
		     void (*progress)(const char *text, void *arg), void *arg,
		     struct xos_error *err)
{
	const struct xos_head *head = &q->b->inv->head;
	int64_t end = now_ms() + timeout_ms;
	char log[4096];
	int rc;

	qemu_vm_console_log(q, head->name, log, sizeof(log));
	progress("waiting for the head's boot server", arg);
	do {
		struct timespec pause = { .tv_nsec = 200 * 1000000 };
		struct xos_error ignored;
		char *body = NULL;

		rc = xos_bootd_client_get(q->client, "/status", 2000, &body, &ignored);
		if (rc == 0) {
			free(body);
			return 0;
		}
		if (q->b->stop && *q->b->stop)
			return xos_error_set(err, -EINTR, XOS_EXIT_FAILED, "interrupted");
		if (rc != -EHOSTUNREACH) {
			*err = ignored;
			return rc;
		}
		if (!qemu_vm_pid(q, head->name))
			return xos_error_set(err, -EIO, XOS_EXIT_BACKEND,
				"head '%s' ended while it started; its console: %s",
				head->name, log);
		nanosleep(&pause, NULL);
	} while (now_ms() < end);
	return xos_error_set(err, -ETIMEDOUT, XOS_EXIT_BACKEND,
		"head '%s' did not answer within %d s; its console: %s",
		head->name, timeout_ms / 1000, log);
}

/* All that is ours beside machines; the console logs stay, to be read. */
static int remove_traces(struct qemu *q, struct xos_error *err)
{
	const struct xos_paths *paths = q->b->paths;
	int rc = qemu_net_down(q, err);
	char path[4096];

	if (rc < 0)
		return rc;
	qemu_head_disk_remove(q);
	snprintf(path, sizeof(path), "%s/head.images", paths->run);
	unlink(path);
	xos_keys_remove(paths->state);
	rmdir(paths->run);
	return 0;
}

/* @made: receives whether the data disk is new, and so nothing lost with it */
static int head_up(struct qemu *q, int timeout_ms, bool *made,
		   void (*progress)(const char *text, void *arg), void *arg,
		   struct xos_error *err)
{
	char address[INET_ADDRSTRLEN];
	int rc;

	*made = false;
	rc = qemu_net_up(q, err);
	if (rc == 0)
		rc = xos_keys_create(q->b->paths->state, head_address(q, address), err);
	if (rc == 0)
		rc = qemu_head_disk(q, err);
	if (rc == 0)
		rc = qemu_head_data(q, err);
	*made = rc > 0;
	if (rc >= 0)
		rc = head_vm_start(q, err);
	if (rc == 0)
		rc = client_create(q, err);
	if (rc == 0)
		rc = head_wait(q, timeout_ms, progress, arg, err);
	return rc;
}

static int qemu_head_start(struct xos_backend *b, int timeout_ms,
			   void (*progress)(const char *text, void *arg), void *arg,
			   struct xos_error *err)
{
	struct qemu *q = b->priv;
	bool made;
	int rc = head_up(q, timeout_ms, &made, progress, arg, err);

	/* A head that is silent, and nodes that lost theirs, are somebody's to look at. */
	if (rc < 0 && !qemu_vm_any(q)) {
		remove_traces(q, NULL);
		if (made)
			qemu_head_data_remove(q);
	}
	return rc;
}

static int qemu_power(struct xos_backend *b, const struct xos_node *node, bool on,
		      struct xos_error *err)
{
	struct qemu_machine m;

	if (!on)
		return qemu_vm_kill(b->priv, node->name, err);
	qemu_machine_of_node(b->priv, node, &m);
	return qemu_vm_start(b->priv, &m, NULL, err);
}

static enum xos_power qemu_power_status(struct xos_backend *b,
					const struct xos_node *node)
{
	return qemu_vm_pid(b->priv, node->name) ? XOS_POWER_ON : XOS_POWER_OFF;
}

static int qemu_reboot(struct xos_backend *b, const struct xos_node *node,
		       enum xos_reboot how, struct xos_error *err)
{
	int rc;

	if (how != XOS_REBOOT_POWER)
		return xos_node_reboot(b, node, how, err);
	rc = qemu_power(b, node, false, err);
	return rc < 0 ? rc : qemu_power(b, node, true, err);
}

static int qemu_events(struct xos_backend *b, int timeout_ms, xos_event_fn *fn,
		       void *arg, struct xos_error *err)
{
	struct qemu *q = b->priv;
	int rc = client_create(q, err);

	return rc < 0 ? rc : xos_bootd_client_events(q->client, timeout_ms, fn, arg, err);
}

static char **ssh_argv(struct qemu *q, const struct xos_node *node,
		       const char *const *command, bool interactive)
{
	struct in_addr to = node ? node->address : q->b->inv->head.address;
	char net[80], address[INET_ADDRSTRLEN];
	const char *const prefix[] = { "nsenter", net, "--", NULL };

	snprintf(net, sizeof(net), "--net=%s", q->ns_path);
	inet_ntop(AF_INET, &to, address, sizeof(address));
	return xos_keys_ssh(q->b->paths->state, address, prefix, command, interactive);
}

static int qemu_run_on(struct xos_backend *b, const struct xos_node *node,
		       const char *const argv[], const char *input, char *out,
		       size_t size, int timeout_ms, struct xos_error *err)
{
	char **ssh = ssh_argv(b->priv, node, argv, false);
	struct xos_spawn spawn = {
		.argv = (const char *const *)ssh, .input = input, .out = out,
		.out_size = size, .timeout_ms = timeout_ms, .cancel = b->stop,
		.input_len = input ? strlen(input) : 0,
	};
	int rc;

	if (!ssh)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "out of memory");
	rc = xos_spawn_run(&spawn, err);
	words_free(ssh);
	return rc;
}

static int qemu_exec_on(struct xos_backend *b, const struct xos_node *node,
			const char *const argv[], bool console,
			struct xos_error *err)
{
	struct qemu *q = b->priv;
	const char *name = node ? node->name : b->inv->head.name;
	char path[4096];
	char **ssh;

	if (!qemu_vm_pid(q, name))
		return xos_error_set(err, -EHOSTDOWN, XOS_EXIT_FAILED,
			"%s: is off; switch it on: xos-ssi-deploy power on %s", name, name);
	if (console) {
		snprintf(path, sizeof(path), "%s/%s.console", b->paths->run, name);
		return xos_console_attach(path, err);
	}
	ssh = ssh_argv(q, node, argv, true);
	if (!ssh)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "out of memory");
	execvp(ssh[0], ssh);
	words_free(ssh);
	return xos_error_set(err, -errno, XOS_EXIT_FAILED, "nsenter: %s", strerror(errno));
}

static int qemu_console_tail(struct xos_backend *b, const struct xos_node *node,
			     char *buf, size_t size)
{
	char log[4096];

	qemu_vm_console_log(b->priv, node ? node->name : b->inv->head.name, log,
			    sizeof(log));
	return xos_console_tail(log, buf, size);
}

static int qemu_cpu_ms(struct xos_backend *b, const struct xos_node *node, int64_t *ms)
{
	return qemu_vm_cpu_ms(b->priv, node ? node->name : b->inv->head.name, ms);
}

static int qemu_head_update(struct xos_backend *b, struct xos_error *err)
{
	static const char *const apply[] = { "/usr/lib/xos/head-update", NULL };
	char out[1024] = "";
	int rc;

	rc = qemu_net_up(b->priv, err);
	if (rc == 0)
		rc = qemu_head_disk(b->priv, err);
	if (rc == 0)
		rc = qemu_run_on(b, NULL, apply, NULL, out, sizeof(out), 60000, err);
	if (rc > 0) {
		out[strcspn(out, "\n")] = '\0';
		rc = xos_error_set(err, -EIO, XOS_EXIT_BACKEND, "head '%s': %s",
				   b->inv->head.name, out);
	}
	return rc;
}

static int qemu_down(struct xos_backend *b, struct xos_error *err)
{
	struct qemu *q = b->priv;
	int rc = qemu_vm_kill_all(q, err);

	if (rc < 0)
		return rc;
	xos_bootd_client_destroy(q->client);
	q->client = NULL;
	rc = remove_traces(q, err);
	if (rc == 0)
		qemu_head_data_remove(q);
	return rc;
}

const struct xos_backend_ops xos_backend_qemu = {
	.name = "qemu",
	.summary = "virtual testbed on this machine",
	.check = qemu_check,
	.open = qemu_open,
	.close = qemu_close,
	.plan = qemu_plan,
	.head_start = qemu_head_start,
	.head_update = qemu_head_update,
	.power = qemu_power,
	.power_status = qemu_power_status,
	.reboot = qemu_reboot,
	.events = qemu_events,
	.run_on = qemu_run_on,
	.exec_on = qemu_exec_on,
	.console_tail = qemu_console_tail,
	.cpu_ms = qemu_cpu_ms,
	.down = qemu_down,
};
