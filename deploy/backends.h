/* SPDX-License-Identifier: GPL-2.0-only */
/* backends.h - the back-ends that one inventory uses; the head's is the first */
#ifndef _XOS_DEPLOY_BACKENDS_H
#define _XOS_DEPLOY_BACKENDS_H

#include "backend.h"

#define XOS_BACKENDS_MAX	4

struct xos_backends {
	struct xos_backend list[XOS_BACKENDS_MAX];
	size_t n;
};

/** xos_backend_at() - the back-ends that were built in, NULL after the last */
const struct xos_backend_ops *xos_backend_at(size_t i);

/** xos_backends_open() - open all that the inventory names; none stays on error */
int xos_backends_open(struct xos_backends *set, const struct xos_inventory *inv,
		      const struct xos_paths *paths, struct xos_error *err);
void xos_backends_close(struct xos_backends *set);

/** xos_backends_of() - the one that powers @node; of the head with NULL */
struct xos_backend *xos_backends_of(struct xos_backends *set,
				    const struct xos_node *node);

#endif /* _XOS_DEPLOY_BACKENDS_H */
