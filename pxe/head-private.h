/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * head-private.h - what the files head*.c share, and nobody else
 *
 *	head.c		install, status, remove, plan
 *	head-check.c	can this machine be a head?
 *	head-apply.c	files on disk: compare, write, remove
 *	head-use.c	who uses an image?
 *	head-index.c	what was written, so that it can be found again
 *	head-cluster.c	settings of the services, exports, units
 *	head-node.c	what there is to say of each node
 */
#ifndef _XOS_HEAD_PRIVATE_H
#define _XOS_HEAD_PRIVATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "head.h"
#include "text.h"

#define HEAD_DIR	"/var/lib/xos-ssi/head"
#define HEAD_ETC	"/etc/xos-ssi"
#define HEAD_EXPORT_DIR	"/srv/xos/images"
#define HEAD_UNIT_DIR	"/etc/systemd/system"
#define HEAD_NFS_CONF	"/etc/nfs.conf.d/xos.conf"
#define HEAD_BEFORE	"before"	/* note of what ran before the first install */
#define HEAD_MADE \
	"# Made by xos-ssi-deploy from its inventory; changes here are lost.\n"
#define HEAD_MOUNT	"srv-xos-images-"	/* ID.mount; HEAD_EXPORT_DIR, escaped */

/**
 * struct head_context - the input, with what has to be looked up for it
 * @in: the input
 * @address: of the head
 * @url: the boot server, no slash at the end
 * @sha256: of each image's root.squashfs, "" where the manifest has none
 * @kept: ids of images that no node boots any more, but running nodes may still
 *	have as their root: they stay exported until they are removed from disk
 * @n_kept: their number
 */
struct head_context {
	const struct xos_head_input *in;
	char address[INET_ADDRSTRLEN];
	char url[64];
	char (*sha256)[65];
	char (*kept)[17];
	size_t n_kept;
};

/** head_context_init() - 0 or negative errno; head_context_exit() in any case */
int head_context_init(struct head_context *c, const struct xos_head_input *in,
		      struct xos_error *err);
void head_context_exit(struct head_context *c);
/** head_context_keep() - keep what @path exports, if it is a mount of an image */
int head_context_keep(struct head_context *c, const char *root,
		      const char *path, struct xos_error *err);
/** head_image_id() - the id of the image that a node boots, or NULL */
const char *head_image_id(const struct xos_head_input *in,
			  const struct xos_node *node);

/** head_files_add() - append a file; takes @text, NULL of either: no memory */
int head_files_add(struct xos_head_files *files, char *path, char *text,
		   mode_t mode, unsigned int needs, struct xos_error *err);

/** head_files_clear() - free the files, not the struct */
void head_files_clear(struct xos_head_files *files);
/** head_all_files() - xos_head_files(), with what is kept */
struct xos_head_files *head_all_files(const struct head_context *c,
				      struct xos_error *err);

/** head_node_files() - append the two files that tell of all nodes */
int head_node_files(const struct head_context *c, struct xos_head_files *files,
		    struct xos_error *err);

/** head_cluster_files() - append all the others */
int head_cluster_files(const struct head_context *c,
		       struct xos_head_files *files, struct xos_error *err);
/** head_removal_needs() - needs when a file of this path is removed */
unsigned int head_removal_needs(const char *path);

/** head_withdraw() - remove all files of a cluster's head, and their note */
int head_withdraw(const char *root, const char *cluster,
		  struct xos_head_changes *changes, struct xos_error *err);

/**
 * head_drop_image() - no cluster's head exports an image any more
 * @images: directory with the image; heads that serve another one are let be
 * Return: 0, also when none did; -EBUSY while nodes boot it or run from it; then
 *	nothing was changed.
 */
int head_drop_image(const char *root, const char *images, const char *id,
		    struct xos_head_changes *changes, struct xos_error *err);
/** head_check_unused_by_nodes() - -EBUSY when nodes of a cluster boot this image */
int head_check_unused_by_nodes(const char *root, const char *cluster,
			       const char *id, struct xos_error *err);
/** head_check_not_open() - -EBUSY when an NFS client has this image as its root */
int head_check_not_open(const char *root, const char *id, struct xos_error *err);

/**
 * head_check() - can this machine be the head?
 * @active: enum head_unit bits: services of ours that run already, which may
 *	have what they need
 * Return: 0; -ENOENT a program, -ENODEV the interface or its address,
 *	-EADDRINUSE a port, or the NFS server by others' exports; @err says what to do.
 */
int head_check(const struct xos_head_input *in, unsigned int active,
	       struct xos_error *err);

/* The services of a head. */
enum head_unit {
	HEAD_UNIT_DNSMASQ = 1 << 0,
	HEAD_UNIT_BOOTD = 1 << 1,
	HEAD_UNIT_NFS = 1 << 2,
};

/** head_digest() - 64 bits of @len bytes, on top of @seed */
uint64_t head_digest(uint64_t seed, const void *data, size_t len);
uint64_t head_digest_string(uint64_t seed, const char *s);

#endif /* _XOS_HEAD_PRIVATE_H */
