/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inventory.h - the cluster as its admin described it
 *
 * inventory_load() reads the XML file (schema conf/inventory.rng), resolves
 * XInclude, profiles, ranges and defaults, checks everything that can be
 * checked without a side effect, and returns one immutable tree: whoever reads
 * it afterwards needs no further default and no further check.
 */
#ifndef _XOS_INVENTORY_H
#define _XOS_INVENTORY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define XOS_SESSION_MIN		1
#define XOS_SESSION_MAX		9999	/* also the TIPC network id */
#define XOS_NODE_ID_MIN		1	/* 0 is the head's, which never joins */
#define XOS_NODE_ID_MAX		16383	/* of an inventory without ssi_kddm */
#define XOS_SSI_NODE_ID_MAX	1023	/* where ssi_kddm is among the modules */
#define XOS_NAME_MAX		63	/* a host name label */
#define XOS_BOOTLINE_MAX	2047	/* COMMAND_LINE_SIZE - 1 on x86 */
#define XOS_BOOTD_PORT		8069

/** struct xos_strings - a list of strings; @s[@n] is NULL */
struct xos_strings {
	char **s;
	size_t n;
};

/** struct xos_where - the place in the XML that an object came from */
struct xos_where {
	const char *file;		/* owned by the inventory */
	int line;
};

enum xos_root_flavour {
	XOS_ROOT_NFS,			/* NFS v4.2 read-only + tmpfs overlay */
	XOS_ROOT_RAM,			/* squashfs fetched into memory + overlay */
};

/**
 * struct xos_image - what a machine boots
 * @name: unique in the inventory; "node" and "head" are the usual ones
 * @suite: Debian suite, e.g. "bookworm"
 * @packages: added to the base list of deploy/image-build
 * @root: how a node gets its root file system
 * @bootline: kernel parameters of this image, may be ""
 * @enable: systemd units enabled in the image
 * @disable: systemd units disabled (masked) in the image
 * @overlay: directories, absolute paths, whose trees mirror the target and are
 *	copied over it in this order
 * @drivers: "short" (virtual machines) or "full" (bare metal) set of drivers
 *	in the initramfs
 */
struct xos_image {
	char *name;
	char *suite;
	struct xos_strings packages;
	enum xos_root_flavour root;
	char *bootline;
	struct xos_strings enable;
	struct xos_strings disable;
	struct xos_strings overlay;
	char *drivers;
	struct xos_where where;
};

/**
 * struct xos_node - one machine that becomes part of the cluster
 * @name: host name, unique
 * @id: XOS_NODE_ID_MIN..XOS_NODE_ID_MAX, unique
 * @mac: of the boot interface; derived from session and id when the inventory
 *	names none: 52:54:SS:SS:II:II
 * @address: IPv4, unique, inside the head's network; derived as network base +
 *	16 + id when the inventory names none
 * @backend: name of the ops table that powers it
 * @memory_mib: memory, MiB
 * @processors: number of processors
 * @interface: its boot interface as its kernel names it, default "eth0"
 * @image: what it boots, never NULL
 * @bootline: kernel parameters of its profile and its own, may be ""
 * @enable: units that the node enables at boot, profile first
 * @disable: units that it disables
 * @options: back-end specific "key=value" words (fault injection, BMC address)
 */
struct xos_node {
	char *name;
	unsigned int id;
	uint8_t mac[6];
	struct in_addr address;
	char *backend;
	unsigned int memory_mib;
	unsigned int processors;
	char *interface;
	const struct xos_image *image;
	char *bootline;
	struct xos_strings enable;
	struct xos_strings disable;
	struct xos_strings options;
	struct xos_where where;
};

/**
 * struct xos_head - the machine that serves the others; never a member itself
 * @name: host name
 * @address: IPv4 on the boot network
 * @prefix: length of that network's prefix, 8..28
 * @interface: its interface on the boot network
 * @mac: testbed only; derived as for nodes with id 0
 * @memory_mib, @processors: testbed only
 * @image: of a virtual head; NULL where it is a real machine, or a fake one without
 * @backend: "qemu", "fake", or "local" (this machine)
 * @config: the directory that every node mounts over NFS (read-write), or NULL
 * @config_on: where nodes mount it, e.g. "/config"
 * @slots: how many nodes may load kernel, initramfs and image at once; 0 = no limit
 */
struct xos_head {
	char *name;
	struct in_addr address;
	unsigned int prefix;
	char *interface;
	uint8_t mac[6];
	unsigned int memory_mib;
	unsigned int processors;
	const struct xos_image *image;
	char *backend;
	char *config;
	char *config_on;
	unsigned int slots;
	struct xos_where where;
};

/**
 * struct xos_timeout - how long a state may last
 * @state: name of the state, as in deploy/states.c
 * @base_s: a of a + b*n, seconds
 * @per_node_s: b, seconds per node of the deployment
 * @retries: tries after the first
 */
struct xos_timeout {
	char *state;
	double base_s;
	double per_node_s;
	unsigned int retries;
	struct xos_where where;
};

/**
 * struct xos_policy - how a deployment behaves
 * @min_nodes: fewest nodes that make it a success; absolute
 * @min_percent: the same as a share, 0..100; used when @min_nodes is 0
 * @window: machines powered or rebooted at once
 * @pause_s: pause between windows
 * @timeouts: overrides of the defaults in deploy/states.c
 */
struct xos_policy {
	unsigned int min_nodes;
	unsigned int min_percent;
	unsigned int window;
	double pause_s;
	struct xos_timeout *timeouts;
	size_t n_timeouts;
};

/** struct xos_inventory - the whole of it; nodes are sorted by id */
struct xos_inventory {
	char *file;			/* absolute path */
	char *name;			/* cluster: [a-z][a-z0-9-]{0,14} */
	unsigned int session;
	bool secure;			/* security, default "on" */
	char *backend;			/* default of heads and nodes */
	struct xos_head head;
	struct xos_image *images;
	size_t n_images;
	struct xos_node *nodes;
	size_t n_nodes;
	struct xos_policy policy;
	char *grid_hook;		/* command, default "xosautoconfig" */
	struct xos_strings modules;	/* loaded in order, default "ssi_kddm" */
	void *arena;			/* holds all of it; private to libxos */
};

/**
 * xos_inventory_load() - read, resolve and check an inventory
 * @file: path of the XML file; "-" reads standard input
 * @nodefile: path of a plain node file that stands in for the node list (one
 *	name a line, names may repeat, '#' comments), or NULL.  A name that the
 *	inventory knows keeps its attributes; an unknown name gets the next free
 *	id and the attributes of the first <nodes> or the default profile.
 * @err: "FILE:LINE: what; what to do"
 * Return: the inventory, to be given back with xos_inventory_free(); NULL with
 *	@err->exit XOS_EXIT_USAGE.
 */
struct xos_inventory *xos_inventory_load(const char *file, const char *nodefile,
					 struct xos_error *err);
void xos_inventory_free(struct xos_inventory *inv);

typedef void xos_problem_fn(const struct xos_error *problem, void *arg);

/**
 * xos_inventory_check() - load, and hear of every problem instead of the first
 * @file, @nodefile, @err: as for xos_inventory_load()
 * @fn: called for each problem found, with @arg; at most 100 times
 * Return: the inventory when there is no problem, else NULL.
 */
struct xos_inventory *xos_inventory_check(const char *file, const char *nodefile,
					  xos_problem_fn *fn, void *arg,
					  struct xos_error *err);

/** xos_inventory_nodefile() - the node file that OAR's variables name, or NULL */
const char *xos_inventory_nodefile(void);

/* Where a node has its key, while it runs. */
#define XOS_NODE_KEY_FILE	"/run/ssi/key"

/** xos_inventory_needs_key() - do its nodes load ssi_kddm, with security on? */
bool xos_inventory_needs_key(const struct xos_inventory *inv);

/** xos_inventory_node() - find a node by name, id in decimal, MAC or address; NULL */
const struct xos_node *xos_inventory_node(const struct xos_inventory *inv,
					  const char *what);

/** xos_inventory_image_is_used() - does any node boot @inv->images[@i]? */
bool xos_inventory_image_is_used(const struct xos_inventory *inv, size_t i);

/**
 * xos_inventory_bootline() - the kernel command line of a node
 * @inv: the inventory
 * @node: one of its nodes
 * @image_id: hash that names the built image
 * @buf: receives it, XOS_BOOTLINE_MAX + 1 bytes
 * @err: says when it is too long, and for which node
 * Return: 0; -E2BIG.
 */
int xos_inventory_bootline(const struct xos_inventory *inv,
			   const struct xos_node *node, const char *image_id,
			   char *buf, struct xos_error *err);

/**
 * xos_inventory_bootline_digest() - the same where the image's digest is known
 * @sha256: of root.squashfs, in hex; a node of flavour "ram" refuses a root that
 *	differs.  NULL: the command line says none.
 */
int xos_inventory_bootline_digest(const struct xos_inventory *inv,
				  const struct xos_node *node,
				  const char *image_id, const char *sha256,
				  char *buf, struct xos_error *err);

/**
 * xos_inventory_format() - a loaded inventory as XML again
 * Resolved: no range, profile, include or overlay; loads to the same nodes.
 * Return: the text, to be freed; NULL when out of memory.
 */
char *xos_inventory_format(const struct xos_inventory *inv, struct xos_error *err);

/** xos_mac_format() - "52:54:00:01:00:02" with @sep between bytes; @buf 18 bytes */
char *xos_mac_format(const uint8_t mac[6], char sep, char *buf);

/**
 * xos_address_format() - inet_ntop(3) of an IPv4 address; @buf INET_ADDRSTRLEN
 * Without its printf: a head makes the texts of thousands of nodes at once.
 */
char *xos_address_format(struct in_addr address, char *buf);

/** xos_mac_parse() - six pairs of hex digits with ':' or '-' between; else false */
bool xos_mac_parse(const char *text, uint8_t mac[6]);

#endif /* _XOS_INVENTORY_H */
