/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * backend-qemu.h - the parts of the virtual testbed
 *
 *	backend-qemu.c		the ops table
 *	backend-qemu-net.c	namespace, bridge, taps
 *	backend-qemu-vm.c	one virtual machine: start, find, kill
 *	backend-qemu-head.c	what the head VM is given: its disks
 */
#ifndef _XOS_BACKEND_QEMU_H
#define _XOS_BACKEND_QEMU_H

#include <sys/types.h>

#include "../pxe/bootd-client.h"
#include "backend.h"

#define QEMU_PROGRAM	"qemu-system-x86_64"

/**
 * struct qemu - the back-end's private state
 * @b: the back-end it belongs to
 * @ns: name of the network namespace, "xos-CLUSTER"
 * @ns_path: /run/netns/@ns
 * @home_fd: this process' own network namespace, to come back to
 * @client: connection to the boot server, made when first used; NULL before
 */
struct qemu {
	struct xos_backend *b;
	char ns[32];
	char ns_path[64];
	int home_fd;
	struct xos_bootd_client *client;
};

/**
 * struct qemu_machine - what the head and a node have in common
 * @name: host name; names its files in run/ and its console log
 * @mac: of its only network interface
 * @tap: name of that interface's tap, at most 15 bytes
 * @memory_mib, @processors: size
 * @node: NULL for the head
 */
struct qemu_machine {
	const char *name;
	const uint8_t *mac;
	char tap[16];
	unsigned int memory_mib;
	unsigned int processors;
	const struct xos_node *node;
};

/* backend-qemu-net.c */

/** qemu_net_check() - is the namespace's name free, or ours? */
int qemu_net_check(struct qemu *q, struct xos_error *err);
/** qemu_net_commands() - what `ip -batch` is given, one a line; free() it */
char *qemu_net_commands(const struct qemu *q);
/** qemu_net_up() - make namespace, bridge and taps where they are missing */
int qemu_net_up(struct qemu *q, struct xos_error *err);
/** qemu_net_is_up() - is the namespace there, and ours? */
bool qemu_net_is_up(const struct qemu *q);
/** qemu_net_down() - remove the namespace; its devices go with it */
int qemu_net_down(struct qemu *q, struct xos_error *err);
/** qemu_net_socket() - a socket inside the namespace; @arg is the struct qemu */
int qemu_net_socket(void *arg, int domain, int type, int protocol);
/** qemu_net_host_address() - this machine's own address on the bridge */
struct in_addr qemu_net_host_address(const struct xos_inventory *inv);

/* backend-qemu-vm.c */

void qemu_machine_of_node(struct qemu *q, const struct xos_node *node,
			  struct qemu_machine *m);
void qemu_machine_of_head(struct qemu *q, struct qemu_machine *m);
/** qemu_vm_pid() - of a machine that runs; 0 when it does not */
pid_t qemu_vm_pid(struct qemu *q, const char *name);
/**
 * qemu_vm_argv() - the command line of a machine
 * @extra: further words (the head's kernel and disks), NULL-terminated, or NULL
 * Return: an argv to be freed with words_free(), or NULL when out of memory
 */
char **qemu_vm_argv(struct qemu *q, const struct qemu_machine *m,
		    char *const *extra);
/** qemu_vm_start() - start it unless it runs */
int qemu_vm_start(struct qemu *q, const struct qemu_machine *m,
		  char *const *extra, struct xos_error *err);
/** qemu_vm_kill() - pull its power cord and wait until it is gone */
int qemu_vm_kill(struct qemu *q, const char *name, struct xos_error *err);
/** qemu_vm_any() - does any machine of this deployment run, known by name or not? */
bool qemu_vm_any(struct qemu *q);
/** qemu_vm_kill_all() - all of these, and what they have in the run directory */
int qemu_vm_kill_all(struct qemu *q, struct xos_error *err);
/** qemu_vm_cpu_ms() - processor time of a running machine, -ESRCH when off */
int qemu_vm_cpu_ms(struct qemu *q, const char *name, int64_t *ms);
/** qemu_vm_console_path() - path of its console log into @buf */
void qemu_vm_console_log(struct qemu *q, const char *name, char *buf, size_t size);

/* backend-qemu-head.c */

/** qemu_head_disk() - write the head's configuration disk */
int qemu_head_disk(struct qemu *q, struct xos_error *err);
/** qemu_head_disk_remove() - it, and what a killed run left of its making */
void qemu_head_disk_remove(struct qemu *q);
/**
 * qemu_head_data() - make the disk that the head keeps its data on
 * Return: 1: made; 0: it was there; negative errno.
 */
int qemu_head_data(struct qemu *q, struct xos_error *err);
/** qemu_head_data_remove() - it, with what nodes wrote to their configuration */
void qemu_head_data_remove(struct qemu *q);
/** qemu_head_args() - kernel, command line and disks; words_free() it */
char **qemu_head_args(struct qemu *q);
/** qemu_head_has_disks() - was the head started with the disks it needs now? */
bool qemu_head_has_disks(struct qemu *q);
/** qemu_head_note_disks() - remember which it is started with */
int qemu_head_note_disks(struct qemu *q, struct xos_error *err);
/** qemu_head_disk_path() - of the configuration disk */
void qemu_head_disk_path(struct qemu *q, char *buf, size_t size);

#endif /* _XOS_BACKEND_QEMU_H */
