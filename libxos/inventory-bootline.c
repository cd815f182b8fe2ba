// SPDX-License-Identifier: LGPL-2.1-or-later
/* inventory-bootline.c - a node's kernel command line, as in docs/design.md */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "inventory.h"

#define STRING(x) #x
#define STRING_OF(x) STRING(x)
#define PORT STRING_OF(XOS_BOOTD_PORT)

/**
 * struct line - a command line that is being put together
 * @len: length it would have, also when that is more than @buf holds
 */
struct line {
	char *buf;
	size_t len;
};

/* Append strings up to a NULL.  No printf: it is called for thousands of nodes. */
static void add(struct line *line, ...) __attribute__((sentinel));

static void add(struct line *line, ...)
{
	const char *s;
	va_list ap;

	va_start(ap, line);
	while ((s = va_arg(ap, const char *))) {
		size_t len = strlen(s);

		if (line->len + len <= XOS_BOOTLINE_MAX)
			memcpy(line->buf + line->len, s, len + 1);
		line->len += len;
	}
	va_end(ap);
}

static void add_words(struct line *line, const char *words)
{
	if (words && *words)
		add(line, " ", words, NULL);
}

static void add_address(struct line *line, const struct xos_head *head,
			const char *head_address, const struct xos_node *node)
{
	struct in_addr mask = { htonl(~(UINT32_MAX >> head->prefix)) };
	char address[INET_ADDRSTRLEN], netmask[INET_ADDRSTRLEN];

	add(line, "ip=", xos_address_format(node->address, address), "::",
	    head_address, ":", xos_address_format(mask, netmask), ":",
	    node->name, ":", node->interface ? node->interface : "eth0",
	    ":none", NULL);
}

int xos_inventory_bootline_digest(const struct xos_inventory *inv,
				  const struct xos_node *node,
				  const char *image_id, const char *sha256,
				  char *buf, struct xos_error *err)
{
	struct line line = { .buf = buf };
	char head[INET_ADDRSTRLEN], session[12], id[12];

	xos_address_format(inv->head.address, head);
	snprintf(session, sizeof(session), "%u", inv->session);
	snprintf(id, sizeof(id), "%u", node->id);
	add_address(&line, &inv->head, head, node);
	if (node->image->root == XOS_ROOT_RAM)
		add(&line, " root=xos:ram:http://", head, ":" PORT, "/img/",
		    image_id, "/root.squashfs", sha256 ? ",sha256=" : "",
		    sha256 ? sha256 : "", NULL);
	else
		add(&line, " root=xos:nfs:", head, ":/srv/xos/images/", image_id,
		    NULL);
	add(&line, " session_id=", session, " node_id=", id,
	    " xos.report=http://", head, ":" PORT, NULL);
	add_words(&line, node->image->bootline);
	add_words(&line, node->bootline);
	if (line.len > XOS_BOOTLINE_MAX)
		return xos_error_set(err, -E2BIG, XOS_EXIT_USAGE,
				     "the kernel command line of node '%s' is %zu characters long, the kernel takes %d; shorten the bootline of its image, profile or node",
				     node->name, line.len, XOS_BOOTLINE_MAX);
	return 0;
}

int xos_inventory_bootline(const struct xos_inventory *inv,
			   const struct xos_node *node, const char *image_id,
			   char *buf, struct xos_error *err)
{
	return xos_inventory_bootline_digest(inv, node, image_id, NULL, buf, err);
}
