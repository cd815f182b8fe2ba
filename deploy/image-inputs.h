/* SPDX-License-Identifier: GPL-2.0-only */
/* image-inputs.h - what an image is made of, as hashes */
#ifndef _XOS_DEPLOY_IMAGE_INPUTS_H
#define _XOS_DEPLOY_IMAGE_INPUTS_H

#include <stdint.h>

#include "../libxos/error.h"
#include "../libxos/inventory.h"

#define XOS_IMAGE_INPUTS	7

/**
 * struct xos_image_inputs - the inputs of one image
 * @kind: "node" or "head"
 * @kernel: release
 * @epoch: newest time that a file in the image may have, s since 1970
 * @hash: of each input, 64 hex digits; @name what it is
 * @id: 16 hex digits, of all hashes
 */
struct xos_image_inputs {
	const char *kind;
	char kernel[65];
	int64_t epoch;
	const char *name[XOS_IMAGE_INPUTS];
	char hash[XOS_IMAGE_INPUTS][65];
	char id[17];
};

/**
 * xos_image_inputs_read() - read and hash everything an image depends on
 * @i: index of the inventory's image
 */
int xos_image_inputs_read(const struct xos_inventory *inv, size_t i,
			  struct xos_image_inputs *in, struct xos_error *err);

#endif /* _XOS_DEPLOY_IMAGE_INPUTS_H */
