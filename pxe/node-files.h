/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * node-files.h - the generated files of one node, as the boot server reads them
 *
 * head-files.c writes them, the server reads them at each request: a changed
 * inventory needs no reload.  boot/MAC.ipxe is the boot script, node/ADDRESS.conf
 * the answer to /config; both name the node, which is all that ties a MAC or an
 * address to a name here.
 */
#ifndef _XOS_NODE_FILES_H
#define _XOS_NODE_FILES_H

#include <netinet/in.h>

#include "../libxos/inventory.h"

#define XOS_NODE_FILE_MAX 65536		/* bytes of a script or a config */

/**
 * struct xos_node_file - a node's file and whom it is for
 * @name: the node's name
 * @address: the node's address
 * @text: the whole file, NUL-terminated, to be freed
 * @len: bytes in @text
 */
struct xos_node_file {
	char name[XOS_NAME_MAX + 1];
	struct in_addr address;
	char *text;
	size_t len;
};

/**
 * xos_mac_canonical() - one spelling for a MAC that came in a request
 * @text: with '-' or ':', upper or lower case, nothing after it
 * @mac: receives "52-54-00-01-00-02", 18 bytes; safe as a file name
 * Return: 0; -EINVAL when @text is no MAC.
 */
int xos_mac_canonical(const char *text, char mac[18]);

/**
 * xos_node_file_boot() - the boot script of a MAC
 * @dir: directory of the scripts
 * @mac: in canonical form
 * Return: 0; -ENOENT: no such node; other negative errno, with @err.
 */
int xos_node_file_boot(const char *dir, const char *mac,
		       struct xos_node_file *file, struct xos_error *err);

/** xos_node_file_config() - the config of an address, with the same results */
int xos_node_file_config(const char *dir, struct in_addr address,
			 struct xos_node_file *file, struct xos_error *err);

#endif /* _XOS_NODE_FILES_H */
