/* SPDX-License-Identifier: GPL-2.0-only */
/* image.h - the cache of built images, named by the hash of what they are made of */
#ifndef _XOS_DEPLOY_IMAGE_H
#define _XOS_DEPLOY_IMAGE_H

#include "backend.h"

typedef void xos_progress_fn(const char *text, void *arg);

/**
 * xos_image_name() - which image would be used, and is it there?
 * @i: index of the inventory's image
 * @built: receives id and directory, the latter to be freed
 * Return: 1 it is in the cache; 0 it would have to be built; negative errno.
 */
int xos_image_name(const struct xos_inventory *inv, size_t i,
		   const struct xos_paths *paths, struct xos_built *built,
		   struct xos_error *err);

/**
 * xos_image_ensure() - the same, and build it where it is missing
 * @made: receives whether it was built by this call
 * @progress: called with @arg for each step of a build
 */
int xos_image_ensure(const struct xos_inventory *inv, size_t i,
		     const struct xos_paths *paths, struct xos_built *built, bool *made,
		     xos_progress_fn *progress, void *arg, struct xos_error *err);

/** xos_image_find() - is the image with this id in the cache?  Then fill @built */
bool xos_image_find(const struct xos_paths *paths, const char *id,
		    struct xos_built *built);

/**
 * xos_image_each() - call @fn for each image in the cache, sorted by name
 * @manifest: text of its manifest.json
 */
int xos_image_each(const struct xos_paths *paths,
		   void (*fn)(const char *id, const char *dir, const char *manifest,
			      void *arg),
		   void *arg, struct xos_error *err);

/**
 * xos_image_remove() - delete one, which a head on this machine no longer serves
 * @out: takes lines about what that head does, or NULL
 * Return: 0; -EBUSY while a deployment, or a node of a head here, uses it.
 */
int xos_image_remove(const struct xos_paths *paths, const char *id, FILE *out,
		     struct xos_error *err);

#endif /* _XOS_DEPLOY_IMAGE_H */
