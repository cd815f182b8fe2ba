// SPDX-License-Identifier: GPL-2.0-only
/* node-reboot.c - ask a running node to reboot (see node-reboot.h) */
#include "node-reboot.h"

#include <errno.h>
#include <string.h>

/* Longer than a node may wait for a slot and for kernel and initramfs. */
#define REBOOT_TIMEOUT_MS	300000

int xos_node_reboot(struct xos_backend *b, const struct xos_node *node,
		    enum xos_reboot how, struct xos_error *err)
{
	static const char *const soft[] = { "systemctl", "--no-block", "reboot", NULL };
	const char *const kexec[] = { "/usr/lib/xos/kexec-reboot", node->interface, NULL };
	char out[1024] = "";
	int rc;

	if (how == XOS_REBOOT_POWER)
		return xos_error_set(err, -EOPNOTSUPP, XOS_EXIT_FAILED,
				     "node '%s': cannot be rebooted this way", node->name);
	rc = b->ops->run_on(b, node, how == XOS_REBOOT_SOFT ? soft : kexec, NULL, out,
			    sizeof(out), REBOOT_TIMEOUT_MS, err);
	if (rc > 0) {
		out[strcspn(out, "\n")] = '\0';
		rc = xos_error_set(err, -EIO, XOS_EXIT_FAILED, "node '%s': %s",
				   node->name, out);
	}
	return rc;
}
