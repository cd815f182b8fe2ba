// SPDX-License-Identifier: LGPL-2.1-or-later
/* inventory-bootline.c - a node's kernel command line, as in docs/design.md */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "inventory.h"

/**
 * struct line - a command line that is being put together
 * @len: length it would have, also when that is more than @buf holds
 */
struct line {
	char *buf;
	size_t len;
};

static void add(struct line *line, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct line *line, const char *fmt, ...)
{
	size_t room = line->len < XOS_BOOTLINE_MAX + 1 ?
		XOS_BOOTLINE_MAX + 1 - line->len : 0;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(room ? line->buf + line->len : NULL, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		line->len += n;
}

static void add_words(struct line *line, const char *words)
{
	if (words && *words)
		add(line, " %s", words);
}

static void add_address(struct line *line, const struct xos_head *head,
			const struct xos_node *node)
{
	struct in_addr mask = { htonl(~(UINT32_MAX >> head->prefix)) };
	char address[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN];
	char netmask[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &node->address, address, sizeof(address));
	inet_ntop(AF_INET, &head->address, gateway, sizeof(gateway));
	inet_ntop(AF_INET, &mask, netmask, sizeof(netmask));
	add(line, "ip=%s::%s:%s:%s:%s:none", address, gateway, netmask,
	    node->name, node->interface ? node->interface : "eth0");
}

int xos_inventory_bootline_digest(const struct xos_inventory *inv,
				  const struct xos_node *node,
				  const char *image_id, const char *sha256,
				  char *buf, struct xos_error *err)
{
	struct line line = { .buf = buf };
	char head[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &inv->head.address, head, sizeof(head));
	add_address(&line, &inv->head, node);
	if (node->image->root == XOS_ROOT_RAM)
		add(&line, " root=xos:ram:http://%s:%d/img/%s/root.squashfs%s%s",
		    head, XOS_BOOTD_PORT, image_id, sha256 ? ",sha256=" : "",
		    sha256 ? sha256 : "");
	else
		add(&line, " root=xos:nfs:%s:/srv/xos/images/%s", head, image_id);
	add(&line, " session_id=%u node_id=%u xos.report=http://%s:%d",
	    inv->session, node->id, head, XOS_BOOTD_PORT);
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
