// SPDX-License-Identifier: GPL-2.0-only
/* node-reboot.c - ask a running node to reboot (see node-reboot.h) */
#include "node-reboot.h"

#include <errno.h>
#include <string.h>
#include <arpa/inet.h>

#define REBOOT_TIMEOUT_MS	60000

static int ask(struct xos_backend *b, const struct xos_node *node,
	       const char *const argv[], struct xos_error *err)
{
	char out[1024] = "";
	int rc = b->ops->run_on(b, node, argv, NULL, out, sizeof(out),
				REBOOT_TIMEOUT_MS, err);

	if (rc > 0) {
		out[strcspn(out, "\n")] = '\0';
		rc = xos_error_set(err, -EIO, XOS_EXIT_FAILED, "node '%s': %s: %s",
				   node->name, argv[0], out);
	}
	return rc;
}

int xos_node_reboot(struct xos_backend *b, const struct xos_node *node,
		    enum xos_reboot how, struct xos_error *err)
{
	static const char *const soft[] = { "systemctl", "--no-block", "reboot", NULL };
	char line[XOS_BOOTLINE_MAX + 1], url[128], head[INET_ADDRSTRLEN];
	const char *const kexec[] = { "/usr/lib/xos/kexec-reboot", url, line, NULL };
	const struct xos_built *built;
	int rc;

	if (how == XOS_REBOOT_SOFT)
		return ask(b, node, soft, err);
	if (how != XOS_REBOOT_KEXEC || !b->images)
		return xos_error_set(err, -EOPNOTSUPP, XOS_EXIT_FAILED,
				     "node '%s': cannot be rebooted this way", node->name);
	built = &b->images[node->image - b->inv->images];
	rc = xos_inventory_bootline(b->inv, node, built->id, line, err);
	if (rc < 0)
		return rc;
	inet_ntop(AF_INET, &b->inv->head.address, head, sizeof(head));
	snprintf(url, sizeof(url), "http://%s:%d/img/%s", head, XOS_BOOTD_PORT, built->id);
	return ask(b, node, kexec, err);
}
