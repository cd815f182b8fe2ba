/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * head.h - the files and services of a head
 *
 * From an inventory to a machine that serves it: the files are made in memory,
 * compared with what is there, written where they differ, and then each service
 * is told at most once.  docs/design.md lists the files.
 */
#ifndef _XOS_HEAD_H
#define _XOS_HEAD_H

#include <stdio.h>
#include <sys/stat.h>

#include "../libxos/error.h"
#include "../libxos/inventory.h"

#define XOS_HEAD_IMAGE_DIR "/var/cache/xos-ssi/images"

/**
 * struct xos_head_input - all that a head's files are made from
 * @inv: the inventory
 * @image_ids: @inv->n_images ids of built images (16 hex digits), in the same
 *	order; NULL for one that is not built: fine unless a node boots it
 * @image_dir: where ID/manifest.json is, on this machine and on the head;
 *	NULL: XOS_HEAD_IMAGE_DIR
 * @authorized_keys: public ssh keys, one a line, for root on the nodes; or NULL
 * @admin_token: one line, for the boot server; NULL: it has no admin
 */
struct xos_head_input {
	const struct xos_inventory *inv;
	const char *const *image_ids;
	const char *image_dir;
	const char *authorized_keys;
	const char *admin_token;
};

/* What has to happen after a file was changed; each at most once. */
enum xos_head_need {
	XOS_HEAD_UNITS = 1 << 0,		/* systemctl daemon-reload */
	XOS_HEAD_DNSMASQ_RELOAD = 1 << 1,	/* read the hosts again */
	XOS_HEAD_DNSMASQ_RESTART = 1 << 2,
	XOS_HEAD_BOOTD_RELOAD = 1 << 3,
	XOS_HEAD_BOOTD_RESTART = 1 << 4,
	XOS_HEAD_EXPORTS = 1 << 5,		/* exportfs -r */
	XOS_HEAD_NFS_RESTART = 1 << 6,
};

/**
 * struct xos_head_file - one file of a head
 * @path: absolute, as on the head
 * @text: its content; of a symbolic link: its target
 * @mode: type (S_IFREG or S_IFLNK) and permissions
 * @needs: enum xos_head_need bits when it is new or changed
 */
struct xos_head_file {
	char *path;
	char *text;
	mode_t mode;
	unsigned int needs;
};

/** struct xos_head_files - files of a head; directories come from their paths */
struct xos_head_files {
	struct xos_head_file *file;
	size_t n, room;
};

/**
 * xos_head_files() - make all files of a head, in memory
 * Return: them, for xos_head_files_free(); NULL with @err: a node whose image
 *	is not built, a kernel command line that is too long or that iPXE cannot
 *	take.
 */
struct xos_head_files *xos_head_files(const struct xos_head_input *in,
				      struct xos_error *err);
void xos_head_files_free(struct xos_head_files *files);

/**
 * struct xos_head_changes - what xos_head_apply() did
 * @written, @removed: numbers of files
 * @needs: enum xos_head_need bits, what is to be done now
 * @fn: set by the caller or NULL: called for each file, @what is "new",
 *	"changed" or "removed"
 * @arg: for @fn
 */
struct xos_head_changes {
	size_t written, removed;
	unsigned int needs;
	void (*fn)(const char *what, const char *path, void *arg);
	void *arg;
};

/**
 * xos_head_apply() - bring the files on disk up to date
 * @root: put in front of every path, "" for this machine
 * Compares every file; writes by rename; removes files of images that are no
 * longer there.
 * Return: 0; negative errno: what was written stays and the next call goes on.
 */
int xos_head_apply(const char *root, const struct xos_head_input *in,
		   struct xos_head_changes *changes, struct xos_error *err);

/**
 * xos_head_diff() - print what xos_head_apply() would change, as a unified diff
 * Secrets are not printed.
 * Return: enum xos_head_need bits; negative errno.
 */
int xos_head_diff(FILE *out, const char *root, const struct xos_head_input *in,
		  struct xos_error *err);

/**
 * xos_head_plan() - print what xos_head_install() would do; nothing is done
 * Return: 0; negative errno with @err.
 */
int xos_head_plan(const struct xos_head_input *in, const char *root, FILE *out,
		  struct xos_error *err);

/**
 * xos_head_check() - can this machine be the head?  xos_head_install() asks too
 * Return: 0; negative errno with @err, which says what to do.
 */
int xos_head_check(const struct xos_head_input *in, struct xos_error *err);

/**
 * xos_head_install() - make this machine the head, or bring it up to date
 * @root: "" for this machine; another directory: only files are written, no
 *	service is touched and no program is looked for
 * @out: one line for each thing that was done; NULL: nobody reads it
 * Everything that can be checked is checked before the first write.
 * Return: 0, also when there was nothing to do; negative errno with @err.
 */
int xos_head_install(const struct xos_head_input *in, const char *root,
		     FILE *out, struct xos_error *err);

/**
 * xos_head_status() - print a line for each service and mount, and the boot
 * server's slots
 * Return: 0: all well; -ENOENT: not installed; -EIO: something is not well.
 */
int xos_head_status(const struct xos_inventory *inv, const char *root,
		    FILE *out, struct xos_error *err);

/**
 * xos_head_remove() - stop the services and remove all that was installed
 * The directory with the nodes' configuration stays.
 * Return: 0, also when nothing is installed; negative errno with @err.
 */
int xos_head_remove(const struct xos_inventory *inv, const char *root,
		    FILE *out, struct xos_error *err);

/**
 * xos_head_drop_image() - stop serving an image that is about to be removed
 * @root: as for xos_head_install()
 * @images: directory that the image is in
 * @id: the image
 * Return: 0, also when no head here serves it; -EBUSY while nodes boot it, or run
 *	from it over NFS; other negative errno; all with @err.
 */
int xos_head_drop_image(const char *root, const char *images, const char *id,
			FILE *out, struct xos_error *err);

#endif /* _XOS_HEAD_H */
