/* SPDX-License-Identifier: GPL-2.0-only */
/* node-reboot.h - ask a running node to reboot; any back-end with run_on can */
#ifndef _XOS_DEPLOY_NODE_REBOOT_H
#define _XOS_DEPLOY_NODE_REBOOT_H

#include "backend.h"

/**
 * xos_node_reboot() - reboot a node by a command on it
 * @b: a back-end whose run_on works
 * @node: the node
 * @how: XOS_REBOOT_SOFT, or XOS_REBOOT_KEXEC: the node asks the head for its
 *	boot script and starts that kernel itself, without its firmware
 * Return: 0 when the node said it will; negative errno.
 */
int xos_node_reboot(struct xos_backend *b, const struct xos_node *node,
		    enum xos_reboot how, struct xos_error *err);

#endif /* _XOS_DEPLOY_NODE_REBOOT_H */
