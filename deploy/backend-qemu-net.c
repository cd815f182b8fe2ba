// SPDX-License-Identifier: GPL-2.0-only
/*
 * backend-qemu-net.c - the testbed's wire
 *
 * One network namespace per cluster holds one bridge, a tap for the head and
 * one for each node, and this machine's own address on the bridge.  Nothing of
 * it touches the machine's other networks, so bridge and taps may carry short
 * fixed names, and removing the namespace removes them all, also after a crash.
 *
 * A namespace of the right name is ours when run/netns says which it is: inode
 * numbers are reused, so the time of its making is part of that.  The
 * record is written first, so a kill in between leaves nothing unknown.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <arpa/inet.h>

#include "../libxos/atomic.h"
#include "../libxos/spawn.h"
#include "backend-qemu.h"

#define NET_BRIDGE	"br0"
#define NET_TIMEOUT_MS	20000

struct in_addr qemu_net_host_address(const struct xos_inventory *inv)
{
	uint32_t mask = ~0u << (32 - inv->head.prefix);
	uint32_t base = ntohl(inv->head.address.s_addr) & mask;
	struct in_addr a = { .s_addr = htonl((base | ~mask) - 1) };

	return a;
}

static void record_path(const struct qemu *q, char *buf, size_t size)
{
	snprintf(buf, size, "%s/netns", q->b->paths->run);
}

static int identity(const struct qemu *q, char *buf, size_t size)
{
	struct stat st;

	if (stat(q->ns_path, &st) < 0)
		return -errno;
	snprintf(buf, size, "%llu %lld.%09ld\n", (unsigned long long)st.st_ino,
		 (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	return 0;
}

/* The record has the namespace's identity once it is whole, "new" before that. */
static bool is_ours(const struct qemu *q)
{
	char path[4096], text[64] = "", now[64];
	FILE *f;

	record_path(q, path, sizeof(path));
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	if (strcmp(text, "new\n") == 0)
		return true;
	if (identity(q, now, sizeof(now)) < 0)
		return false;
	return strcmp(text, now) == 0;
}

bool qemu_net_is_up(const struct qemu *q)
{
	return is_ours(q) && access(q->ns_path, F_OK) == 0;
}

static int record_write(const struct qemu *q, const char *text,
			struct xos_error *err)
{
	char path[4096];

	record_path(q, path, sizeof(path));
	return xos_file_write(path, text, strlen(text), 0600, false, err);
}

static int check_address(struct in_addr host, struct in_addr address,
			 const struct xos_where *where, const char *kind,
			 const char *name, struct xos_error *err)
{
	if (address.s_addr != host.s_addr)
		return 0;
	return xos_error_set(err, -EADDRINUSE, XOS_EXIT_USAGE,
		"%s:%d: %s '%s' has address %s, which the testbed needs for this machine; give the %s another",
		where->file, where->line, kind, name, inet_ntoa(host), kind);
}

int qemu_net_check(struct qemu *q, struct xos_error *err)
{
	const struct xos_inventory *inv = q->b->inv;
	struct in_addr host = qemu_net_host_address(inv);
	int rc;

	if (access(q->ns_path, F_OK) == 0 && !is_ours(q))
		return xos_error_set(err, -EEXIST, XOS_EXIT_BACKEND,
			"network namespace '%s' exists and does not belong to this deployment; give the cluster another name, or remove it: ip netns delete %s",
			q->ns, q->ns);
	rc = check_address(host, inv->head.address, &inv->head.where, "head",
			   inv->head.name, err);
	for (size_t i = 0; rc == 0 && i < inv->n_nodes; i++)
		rc = check_address(host, inv->nodes[i].address, &inv->nodes[i].where,
				   "node", inv->nodes[i].name, err);
	return rc;
}

static void add_tap(FILE *f, const char *tap)
{
	fprintf(f, "tuntap add dev %s mode tap\n", tap);
	fprintf(f, "link set %s master " NET_BRIDGE " up\n", tap);
}

char *qemu_net_commands(const struct qemu *q)
{
	const struct xos_inventory *inv = q->b->inv;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fprintf(f, "link set lo up\n");
	/* No spanning tree and no multicast snooping: both delay a boot. */
	fprintf(f, "link add " NET_BRIDGE " type bridge stp_state 0 forward_delay 0 mcast_snooping 0\n");
	fprintf(f, "addr add %s/%u dev " NET_BRIDGE "\n",
		inet_ntoa(qemu_net_host_address(inv)), inv->head.prefix);
	fprintf(f, "link set " NET_BRIDGE " up\n");
	add_tap(f, "tap0");
	for (size_t i = 0; i < inv->n_nodes; i++) {
		char tap[16];

		snprintf(tap, sizeof(tap), "tap%u", inv->nodes[i].id);
		add_tap(f, tap);
	}
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int ip(const char *const argv[], const char *input, struct xos_error *err)
{
	char said[512];
	struct xos_spawn spawn = {
		.argv = argv, .input = input, .timeout_ms = NET_TIMEOUT_MS,
		.out = said, .out_size = sizeof(said),
		.input_len = input ? strlen(input) : 0,
	};
	int rc = xos_spawn_check(&spawn, err);

	if (rc < 0 && err)
		err->exit = XOS_EXIT_BACKEND;
	return rc;
}

static bool tap_exists(struct qemu *q, const char *tap)
{
	const char *const argv[] = { "ip", "-netns", q->ns, "link", "show", tap, NULL };

	return ip(argv, NULL, NULL) == 0;
}

/* A node that was added to the inventory of a running testbed needs a tap. */
static int add_missing_taps(struct qemu *q, struct xos_error *err)
{
	const char *const argv[] = { "ip", "-netns", q->ns, "-batch", "-", NULL };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int rc = 0;

	if (!f)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "out of memory");
	for (size_t i = 0; i < q->b->inv->n_nodes; i++) {
		char tap[16];

		snprintf(tap, sizeof(tap), "tap%u", q->b->inv->nodes[i].id);
		if (!tap_exists(q, tap))
			add_tap(f, tap);
	}
	if (fclose(f) == 0 && *text)
		rc = ip(argv, text, err);
	free(text);
	return rc;
}

int qemu_net_up(struct qemu *q, struct xos_error *err)
{
	const char *const add[] = { "ip", "netns", "add", q->ns, NULL };
	const char *const batch[] = { "ip", "-netns", q->ns, "-batch", "-", NULL };
	char ours[64], path[4096], *commands;
	int rc;

	if (qemu_net_is_up(q) && tap_exists(q, "tap0"))
		return add_missing_taps(q, err);
	rc = qemu_net_down(q, err);		/* half made by a killed run */
	if (rc == 0)
		rc = record_write(q, "new\n", err);
	if (rc < 0)
		return rc;
	rc = ip(add, NULL, err);
	if (rc == -ECHILD) {	/* ip refused: the name is somebody else's by now */
		record_path(q, path, sizeof(path));
		unlink(path);
	}
	if (rc < 0)
		return rc;
	commands = qemu_net_commands(q);
	if (!commands)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "out of memory");
	rc = ip(batch, commands, err);
	free(commands);
	if (rc < 0)
		return rc;
	rc = identity(q, ours, sizeof(ours));
	if (rc < 0)
		return xos_error_set(err, rc, XOS_EXIT_BACKEND, "%s: %s",
				     q->ns_path, strerror(-rc));
	return record_write(q, ours, err);
}

int qemu_net_down(struct qemu *q, struct xos_error *err)
{
	const char *const del[] = { "ip", "netns", "delete", q->ns, NULL };
	char path[4096];

	if (qemu_net_is_up(q)) {
		int rc = ip(del, NULL, err);

		if (rc < 0)
			return rc;
	}
	record_path(q, path, sizeof(path));
	unlink(path);
	return 0;
}

int qemu_net_socket(void *arg, int domain, int type, int protocol)
{
	struct qemu *q = arg;
	int fd, ns_fd = open(q->ns_path, O_RDONLY | O_CLOEXEC);

	if (ns_fd < 0)
		return -1;
	if (setns(ns_fd, CLONE_NEWNET) < 0) {
		close(ns_fd);
		return -1;
	}
	fd = socket(domain, type | SOCK_CLOEXEC, protocol);
	close(ns_fd);
	if (setns(q->home_fd, CLONE_NEWNET) < 0 && fd >= 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}
