/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * image-store.h - the files of the built images, checked before they are served
 *
 * Only what an image's manifest.json names is served, and only while it is what
 * the manifest says.  Safe to be called from several threads.
 */
#ifndef _XOS_IMAGE_STORE_H
#define _XOS_IMAGE_STORE_H

#include <stdint.h>

#include "../libxos/error.h"

/*
 * Larger files are checked by their size alone: that is the root file system,
 * whose hash the initramfs checks; hashing it here would stall the first boot.
 */
#define XOS_IMAGE_HASH_MAX (64 << 20)

struct xos_image_store;

/**
 * struct xos_image_file - an open file of an image
 * @fd: to read @size bytes from; the caller's to close
 * @size: bytes, as in the manifest
 * @etag: with its quotes; changes when the content does
 */
struct xos_image_file {
	int fd;
	uint64_t size;
	char etag[40];
};

/** xos_image_store_create() - images are at @dir/ID/; NULL: no memory */
struct xos_image_store *xos_image_store_create(const char *dir);
void xos_image_store_destroy(struct xos_image_store *store);

/**
 * xos_image_store_open() - open a file for serving
 * @id: 16 hex digits; anything else is -ENOENT
 * @name: as in the manifest
 * Return: 0; -ENOENT: no such image or not in its manifest; -EIO: it is not
 *	what the manifest says, or the manifest is broken: @err says which file
 *	and why; other negative errno.
 */
int xos_image_store_open(struct xos_image_store *store, const char *id,
			 const char *name, struct xos_image_file *file,
			 struct xos_error *err);

#endif /* _XOS_IMAGE_STORE_H */
