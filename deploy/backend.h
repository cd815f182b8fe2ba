/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * backend.h - what the engine asks of the thing that owns the machines
 *
 * One file, one ops table per back-end (backend-qemu.c, backend-fake.c); the
 * list of them is backend.c.  The engine never learns which one it drives.
 * Every call may be repeated: "on" of a machine that is on succeeds.  A call
 * that starts something slow returns when it is started; that it worked is seen
 * by the node's own report, which arrives through @events.
 */
#ifndef _XOS_DEPLOY_BACKEND_H
#define _XOS_DEPLOY_BACKEND_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../libxos/error.h"
#include "../libxos/inventory.h"
#include "../pxe/event.h"

struct xos_backend;

enum xos_power {
	XOS_POWER_UNKNOWN,
	XOS_POWER_OFF,
	XOS_POWER_ON,
};

/* Mildest first: the ladder of a node that does not come back. */
enum xos_reboot {
	XOS_REBOOT_KEXEC,		/* no firmware; asked of the running node */
	XOS_REBOOT_SOFT,		/* asked of the running node */
	XOS_REBOOT_POWER,		/* off and on, always possible */
};

/**
 * struct xos_paths - where a deployment keeps its things
 * @state: /var/lib/xos-ssi/NAME: journal, keys/, console/, head/ (0700)
 * @run: /run/xos-ssi/NAME: pid files and sockets
 * @cache: /var/cache/xos-ssi: images/HASH/
 * The parents can be moved by XOS_STATE_DIR, XOS_RUN_DIR and XOS_CACHE_DIR.
 */
struct xos_paths {
	char *state;
	char *run;
	char *cache;
};

/**
 * struct xos_built - a built image in the cache
 * @id: 16 hex digits, hash of the inputs
 * @dir: cache/images/ID, holding vmlinuz, initrd.img, root.squashfs,
 *	manifest.json
 */
struct xos_built {
	char id[17];
	char *dir;
};

/**
 * struct xos_backend_ops - a back-end
 *
 * @name: as in the inventory's backend=""
 * @summary: one line for --help
 * @check: can it be used (programs, rights, free names)?  No side effect.
 *	Fails with exit XOS_EXIT_BACKEND or, where the inventory asks for
 *	something it cannot do, XOS_EXIT_USAGE.
 * @open: make @b->priv; finds what an earlier run left running
 * @close: free @b->priv; what runs goes on running
 * @plan: print the commands and files of head_start, one a line, in order
 * @head_start: network and head up, @images served, admin interface answering;
 *	blocks, bounded, at most @timeout_ms, calling @progress(text) now and then
 * @head_update: give the running head a changed inventory
 * @power: switch a node on or off
 * @power_status: is it on?
 * @reboot: reboot one node in the given way; -EOPNOTSUPP makes the engine climb
 * @events: deliver events newer than the last call's to @fn, waiting at most
 *	@timeout_ms for the first; returns their number or negative errno
 *	(-EHOSTUNREACH while the head is away: not fatal, try again)
 * @run_on: run a command on the head (@node NULL) or on a node as root with
 *	@input on its stdin (NULL: none); stdout and stderr, at most @size - 1
 *	bytes, into @out; returns its exit status or negative errno
 * @exec_on: replace this process by an interactive ssh (or console, where
 *	@console) to it; returns only on error
 * @console_tail: last bytes of a node's console, at most @size - 1, into @buf
 * @cpu_ms: processor time spent on the node so far, ms; -EOPNOTSUPP on metal
 * @down: stop everything and leave nothing behind, also after a crash
 * @no_images: its machines boot nothing real, so no image is built for them
 */
struct xos_backend_ops {
	const char *name;
	const char *summary;
	int (*check)(struct xos_backend *b, struct xos_error *err);
	int (*open)(struct xos_backend *b, struct xos_error *err);
	void (*close)(struct xos_backend *b);
	int (*plan)(struct xos_backend *b, FILE *out, struct xos_error *err);
	int (*head_start)(struct xos_backend *b, int timeout_ms,
			  void (*progress)(const char *text, void *arg), void *arg,
			  struct xos_error *err);
	int (*head_update)(struct xos_backend *b, struct xos_error *err);
	int (*power)(struct xos_backend *b, const struct xos_node *node, bool on,
		     struct xos_error *err);
	enum xos_power (*power_status)(struct xos_backend *b,
				       const struct xos_node *node);
	int (*reboot)(struct xos_backend *b, const struct xos_node *node,
		      enum xos_reboot how, struct xos_error *err);
	int (*events)(struct xos_backend *b, int timeout_ms, xos_event_fn *fn,
		      void *arg, struct xos_error *err);
	int (*run_on)(struct xos_backend *b, const struct xos_node *node,
		      const char *const argv[], const char *input, char *out,
		      size_t size, int timeout_ms, struct xos_error *err);
	int (*exec_on)(struct xos_backend *b, const struct xos_node *node,
		       const char *const argv[], bool console,
		       struct xos_error *err);
	int (*console_tail)(struct xos_backend *b, const struct xos_node *node,
			    char *buf, size_t size);
	int (*cpu_ms)(struct xos_backend *b, const struct xos_node *node,
		      int64_t *ms);
	int (*down)(struct xos_backend *b, struct xos_error *err);
	bool no_images;
};

/**
 * struct xos_backend - one back-end, opened for one deployment
 * @ops: its table
 * @inv: the inventory
 * @paths: where things go
 * @images: @inv->n_images built images, same order; NULL before "image build"
 * @stop: when this becomes true (a signal handler sets it), head_start and run_on
 *	give up at once with -EINTR; or NULL
 * @priv: the back-end's own
 */
struct xos_backend {
	const struct xos_backend_ops *ops;
	const struct xos_inventory *inv;
	const struct xos_paths *paths;
	const struct xos_built *images;
	const volatile sig_atomic_t *stop;
	void *priv;
};

/** xos_backend_find() - by name; NULL with an error that lists the known ones */
const struct xos_backend_ops *xos_backend_find(const char *name,
					       struct xos_error *err);

#endif /* _XOS_DEPLOY_BACKEND_H */
