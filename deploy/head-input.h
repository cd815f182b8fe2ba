/* SPDX-License-Identifier: GPL-2.0-only */
/* head-input.h - collect what a head's files are made from */
#ifndef _XOS_DEPLOY_HEAD_INPUT_H
#define _XOS_DEPLOY_HEAD_INPUT_H

#include "../pxe/head.h"
#include "backend.h"

/**
 * struct xos_head_source - owner of all that @input points to
 * @built: one for each of the inventory's images; "" as id: not built
 */
struct xos_head_source {
	struct xos_head_input input;
	struct xos_built *built;
	const char **ids;
	char *image_dir;
	char *authorized_keys;
	char *admin_token;
};

/**
 * xos_head_source_init() - find images and keys of a deployment
 * @images: @inv->n_images images to serve; NULL: find them
 * An image that is looked for is the one that the inventory's inputs name, or,
 * on a head that has no sources to hash, the one in the cache that carries its
 * name.
 * Return: 0, keys that are not there yet are NULL; give back with
 *	xos_head_source_free().
 */
int xos_head_source_init(struct xos_head_source *s, const struct xos_inventory *inv,
			 const struct xos_paths *paths, const struct xos_built *images,
			 struct xos_error *err);
void xos_head_source_free(struct xos_head_source *s);

#endif /* _XOS_DEPLOY_HEAD_INPUT_H */
