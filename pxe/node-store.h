/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * node-store.h - the nodes that a head knows, as the boot server reads them
 *
 * head-node.c writes one file for all nodes; the server looks at each request
 * whether it has been replaced, so that a changed inventory needs no reload.
 */
#ifndef _XOS_NODE_STORE_H
#define _XOS_NODE_STORE_H

#include <netinet/in.h>

#include "../libxos/inventory.h"

#define XOS_NODE_STORE_MAX (256 << 20)	/* bytes of the file */
#define XOS_NODE_STORE_FIRST "xos-nodes 1 "	/* then the number of nodes */

struct xos_node_store;

/**
 * struct xos_node_text - what a node gets
 * @name: the node's name
 * @address: the node's address
 * @text: NUL-terminated, to be freed
 */
struct xos_node_text {
	char name[XOS_NAME_MAX + 1];
	struct in_addr address;
	char *text;
};

/**
 * xos_mac_canonical() - one spelling for a MAC that came in a request
 * @text: with '-' or ':', upper or lower case, nothing after it
 * @mac: receives "52-54-00-01-00-02", 18 bytes
 * Return: 0; -EINVAL when @text is no MAC.
 */
int xos_mac_canonical(const char *text, char mac[18]);

/**
 * xos_node_store_create() - read nothing yet
 * @path: the file; need not be there
 * Return: the store, which threads may share; NULL: no memory.
 */
struct xos_node_store *xos_node_store_create(const char *path);
void xos_node_store_destroy(struct xos_node_store *store);

/**
 * xos_node_store_boot() - the boot script of a MAC
 * @url: the boot server, no slash at the end
 * @mac: in canonical form
 * Return: 0; -ENOENT: no such node; -EBADMSG: the file is damaged; other
 *	negative errno; all with @err.
 */
int xos_node_store_boot(struct xos_node_store *store, const char *url,
			const char *mac, struct xos_node_text *node,
			struct xos_error *err);

/** xos_node_store_config() - the config of an address, with the same results */
int xos_node_store_config(struct xos_node_store *store, struct in_addr address,
			  struct xos_node_text *node, struct xos_error *err);

#endif /* _XOS_NODE_STORE_H */
