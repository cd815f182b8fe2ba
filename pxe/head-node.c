// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * head-node.c - what a head says of each node: two files for all of them
 *
 *	hosts	for dnsmasq: MAC, address and name, a line each
 *	nodes	for the boot server, see node-store.c: the kernel command line and
 *		the answer to GET /config
 *
 * One file and not one per node: thousands of small files take seconds to make
 * and to remove, a change of all nodes would be seen bit by bit, and a person
 * who looks for something has one file to look at.
 *
 * Pure: from the inventory to text.  All nodes are made anew whatever has
 * changed, so this is kept free of printf and costs 1 us a node.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "head-private.h"
#include "ipxe.h"
#include "node-store.h"

#define STAGGER_MAX_S 5		/* first waits of neighbours are 1..5 s */

static int add_boot(const struct head_context *c, const struct xos_node *node,
		    struct xos_text *text, struct xos_error *err)
{
	const char pause[] = { '1' + node->id % STAGGER_MAX_S, '\0' };
	size_t i = node->image - c->in->inv->images;
	const char *id = head_image_id(c->in, node);
	char line[XOS_BOOTLINE_MAX + 1];
	int rc;

	if (!id)
		return xos_error_set(err, -ENOENT, XOS_EXIT_FAILED,
				     "node '%s': its image '%s' is not built; run 'xos-ssi-deploy image build %s'",
				     node->name, node->image->name,
				     node->image->name);
	rc = xos_inventory_bootline_digest(c->in->inv, node, id,
					   c->sha256[i][0] ? c->sha256[i] : NULL,
					   line, err);
	if (!rc)
		rc = xos_ipxe_check(node->name, line, err);
	xos_text_puts(text, "boot ", id, " ", pause, " ", rc ? "" : line, "\n",
		      NULL);
	return rc;
}

static void add_module(struct xos_text *text, const struct xos_inventory *inv,
		       const struct xos_node *node, const char *module)
{
	char session[12], id[12];

	xos_text_puts(text, "config module ", module, NULL);
	/* the one module that has to know who and where it is */
	if (!strcmp(module, "ssi_kddm")) {
		snprintf(session, sizeof(session), "%u", inv->session);
		snprintf(id, sizeof(id), "%u", node->id);
		xos_text_puts(text, " session_id=", session, " node_id=", id,
			      " netdev=",
			      node->interface ? node->interface : "eth0",
			      inv->secure ? " key_file=" XOS_NODE_KEY_FILE :
			      " security=off", NULL);
	}
	xos_text_puts(text, "\n", NULL);
}

static int add_node(const struct head_context *c, const struct xos_node *node,
		    struct xos_text *hosts, struct xos_text *nodes,
		    struct xos_error *err)
{
	const struct xos_inventory *inv = c->in->inv;
	char mac[18], address[INET_ADDRSTRLEN];
	int rc;

	xos_address_format(node->address, address);
	xos_text_puts(hosts, xos_mac_format(node->mac, ':', mac), ",", address,
		      ",", node->name, "\n", NULL);
	xos_text_puts(nodes, "\nnode ", node->name, " ",
		      xos_mac_format(node->mac, '-', mac), " ", address, "\n",
		      NULL);
	rc = add_boot(c, node, nodes, err);
	for (size_t i = 0; i < node->enable.n; i++)
		xos_text_puts(nodes, "config enable ", node->enable.s[i], "\n",
			      NULL);
	for (size_t i = 0; i < node->disable.n; i++)
		xos_text_puts(nodes, "config disable ", node->disable.s[i], "\n",
			      NULL);
	for (size_t i = 0; i < inv->modules.n; i++)
		add_module(nodes, inv, node, inv->modules.s[i]);
	return rc;
}

/* Lines of /config that are the same for all nodes. */
static void add_all(const struct head_context *c, struct xos_text *text)
{
	const struct xos_head *head = &c->in->inv->head;
	const char *keys = c->in->authorized_keys;

	if (head->config && head->config_on)
		xos_text_add(text, "all mount %s:%s %s\n", c->address,
			     head->config, head->config_on);
	while (keys && *keys) {
		size_t len = strcspn(keys, "\n");

		if (len && keys[0] != '#')
			xos_text_add(text, "all authorized_key %.*s\n", (int)len,
				     keys);
		keys += len + (keys[len] == '\n');
	}
}

int head_node_files(const struct head_context *c, struct xos_head_files *files,
		    struct xos_error *err)
{
	const struct xos_inventory *inv = c->in->inv;
	struct xos_text hosts = { 0 }, nodes = { 0 };
	char path[512];
	int rc = 0;

	xos_text_add(&hosts, HEAD_MADE);
	xos_text_add(&nodes, HEAD_MADE XOS_NODE_STORE_FIRST "%zu\n",
		     inv->n_nodes);
	add_all(c, &nodes);
	for (size_t i = 0; !rc && i < inv->n_nodes; i++)
		rc = add_node(c, &inv->nodes[i], &hosts, &nodes, err);
	if (rc) {
		free(hosts.s);
		free(nodes.s);
		return rc;
	}
	snprintf(path, sizeof(path), HEAD_DIR "/%s/hosts", inv->name);
	rc = head_files_add(files, strdup(path), xos_text_take(&hosts),
			    S_IFREG | 0644, XOS_HEAD_DNSMASQ_RELOAD, err);
	snprintf(path, sizeof(path), HEAD_DIR "/%s/nodes", inv->name);
	if (rc) {
		free(nodes.s);
		return rc;
	}
	/* the boot server looks at it whenever it is asked */
	return head_files_add(files, strdup(path), xos_text_take(&nodes),
			      S_IFREG | 0644, 0, err);
}
