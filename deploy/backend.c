// SPDX-License-Identifier: GPL-2.0-only
/*
 * backend.c - the list of back-ends
 *
 * A new one is a file backend-NAME.c with one ops table and one line here.
 */
#include "backend.h"

#include <errno.h>
#include <string.h>

#include "backends.h"

extern const struct xos_backend_ops xos_backend_fake;
extern const struct xos_backend_ops xos_backend_qemu;

static const struct xos_backend_ops *const backends[] = {
	&xos_backend_qemu,
	&xos_backend_fake,
};

const struct xos_backend_ops *xos_backend_at(size_t i)
{
	return i < sizeof(backends) / sizeof(*backends) ? backends[i] : NULL;
}

const struct xos_backend_ops *xos_backend_find(const char *name, struct xos_error *err)
{
	const struct xos_backend_ops *ops;
	char known[256] = "";
	size_t i, len = 0;

	for (i = 0; (ops = xos_backend_at(i)); i++) {
		if (!strcmp(ops->name, name))
			return ops;
		len += snprintf(known + len, sizeof(known) - len, "%s%s",
				i ? ", " : "", ops->name);
	}
	xos_error_set(err, -ENOENT, XOS_EXIT_USAGE,
		      "back-end '%s' is unknown; known are: %s", name, known);
	return NULL;
}

void xos_backends_close(struct xos_backends *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		set->list[i].ops->close(&set->list[i]);
	set->n = 0;
}

static int add(struct xos_backends *set, const char *name,
	       const struct xos_inventory *inv, const struct xos_paths *paths,
	       struct xos_error *err)
{
	struct xos_backend *b = &set->list[set->n];
	size_t i;

	for (i = 0; i < set->n; i++)
		if (!strcmp(set->list[i].ops->name, name))
			return 0;
	if (set->n == XOS_BACKENDS_MAX)
		return xos_error_set(err, -E2BIG, XOS_EXIT_USAGE,
				     "%s: more than %d back-ends in one inventory",
				     inv->file, XOS_BACKENDS_MAX);
	memset(b, 0, sizeof(*b));
	b->ops = xos_backend_find(name, err);
	if (!b->ops)
		return -ENOENT;
	b->inv = inv;
	b->paths = paths;
	if (b->ops->open(b, err) < 0)
		return err ? err->code : -EIO;
	set->n++;
	return 0;
}

int xos_backends_open(struct xos_backends *set, const struct xos_inventory *inv,
		      const struct xos_paths *paths, struct xos_error *err)
{
	size_t i;
	int rc;

	set->n = 0;
	rc = add(set, inv->head.backend, inv, paths, err);
	for (i = 0; i < inv->n_nodes && !rc; i++)
		rc = add(set, inv->nodes[i].backend, inv, paths, err);
	if (rc < 0)
		xos_backends_close(set);
	return rc;
}

struct xos_backend *xos_backends_of(struct xos_backends *set, const struct xos_node *node)
{
	size_t i;

	for (i = 1; i < set->n; i++)
		if (node && !strcmp(set->list[i].ops->name, node->backend))
			return &set->list[i];
	return &set->list[0];
}
