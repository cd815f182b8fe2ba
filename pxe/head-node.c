// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * head-node.c - the three files that a head has for each node
 *
 *	dhcp-hosts/NODE		its address, for dnsmasq
 *	boot/MAC.ipxe		its boot script
 *	node/ADDRESS.conf	the answer to GET /config
 *
 * Pure: from the inventory to text.  head-index.c relies on it: two nodes with
 * the same input get the same files.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "head-private.h"
#include "ipxe.h"

#define STAGGER_MAX_S 5		/* first waits of neighbours are 1..5 s */

static const struct {
	const char *format;	/* of head directory, cluster, the file's own name */
	unsigned int on_new, on_change;
} paths[HEAD_NODE_PATHS] = {
	/* dnsmasq sees new files by itself, but never forgets a host */
	[HEAD_NODE_DHCP] = {
		HEAD_DIR "/%s/dhcp-hosts/%s", 0, XOS_HEAD_DNSMASQ_RELOAD,
	},
	/* the boot server reads these whenever it is asked */
	[HEAD_NODE_BOOT] = { HEAD_DIR "/%s/boot/%s.ipxe", 0, 0 },
	[HEAD_NODE_CONFIG] = { HEAD_DIR "/%s/node/%s.conf", 0, 0 },
};

int head_node_path(enum head_node_path which, const char *cluster,
		   const char *name, const uint8_t mac[6],
		   struct in_addr address, char *buf, size_t size)
{
	char own[INET_ADDRSTRLEN + 18];

	switch (which) {
	case HEAD_NODE_BOOT:
		xos_mac_format(mac, '-', own);
		name = own;
		break;
	case HEAD_NODE_CONFIG:
		inet_ntop(AF_INET, &address, own, sizeof(own));
		name = own;
		break;
	default:
		break;
	}
	return snprintf(buf, size, paths[which].format, cluster, name);
}

unsigned int head_node_on_change(enum head_node_path which)
{
	return paths[which].on_change;
}

static char *take(struct xos_text *text)
{
	if (text->failed) {
		free(text->s);
		return NULL;
	}
	return text->s;
}

static char *make_dhcp(const struct xos_node *node)
{
	char mac[18], address[INET_ADDRSTRLEN];
	struct xos_text text = { 0 };

	xos_text_add(&text, "%s,%s,%s\n", xos_mac_format(node->mac, ':', mac),
		     inet_ntop(AF_INET, &node->address, address, sizeof(address)),
		     node->name);
	return take(&text);
}

static char *make_boot(const struct head_context *c, const struct xos_node *node,
		       struct xos_error *err)
{
	size_t i = node->image - c->in->inv->images;
	const char *id = head_image_id(c->in, node);
	char line[XOS_BOOTLINE_MAX + 1], address[INET_ADDRSTRLEN];
	struct xos_ipxe_boot boot = {
		.node = node->name,
		.address = inet_ntop(AF_INET, &node->address, address,
				     sizeof(address)),
		.url = c->url,
		.image = id,
		.bootline = line,
		.stagger_s = 1 + node->id % STAGGER_MAX_S,
	};

	if (!id) {
		xos_error_set(err, -ENOENT, XOS_EXIT_FAILED,
			      "node '%s': its image '%s' is not built; run 'xos-ssi-deploy image build %s'",
			      node->name, node->image->name, node->image->name);
		return NULL;
	}
	if (xos_inventory_bootline_digest(c->in->inv, node, id,
					  c->sha256[i][0] ? c->sha256[i] : NULL,
					  line, err))
		return NULL;
	return xos_ipxe_boot(&boot, err);
}

static void add_module(struct xos_text *text, const struct xos_inventory *inv,
		       const struct xos_node *node, const char *module)
{
	/* the one module that has to know who and where it is */
	if (!strcmp(module, "ssi_kddm"))
		xos_text_add(text, "module %s session_id=%u node_id=%u netdev=%s %s\n",
			     module, inv->session, node->id,
			     node->interface ? node->interface : "eth0",
			     inv->secure ? "key_file=" XOS_NODE_KEY_FILE : "security=off");
	else
		xos_text_add(text, "module %s\n", module);
}

static void add_keys(struct xos_text *text, const char *keys)
{
	while (keys && *keys) {
		size_t len = strcspn(keys, "\n");

		if (len && keys[0] != '#')
			xos_text_add(text, "authorized_key %.*s\n", (int)len, keys);
		keys += len + (keys[len] == '\n');
	}
}

static char *make_config(const struct head_context *c,
			 const struct xos_node *node)
{
	const struct xos_inventory *inv = c->in->inv;
	struct xos_text text = { 0 };

	xos_text_add(&text, "hostname %s\n", node->name);
	for (size_t i = 0; i < node->enable.n; i++)
		xos_text_add(&text, "enable %s\n", node->enable.s[i]);
	for (size_t i = 0; i < node->disable.n; i++)
		xos_text_add(&text, "disable %s\n", node->disable.s[i]);
	for (size_t i = 0; i < inv->modules.n; i++)
		add_module(&text, inv, node, inv->modules.s[i]);
	if (inv->head.config && inv->head.config_on)
		xos_text_add(&text, "mount %s:%s %s\n", c->address,
			     inv->head.config, inv->head.config_on);
	add_keys(&text, c->in->authorized_keys);
	return take(&text);
}

int head_node_files(const struct head_context *c, const struct xos_node *node,
		    struct xos_head_files *files, struct xos_error *err)
{
	char *texts[HEAD_NODE_PATHS] = {
		[HEAD_NODE_DHCP] = make_dhcp(node),
		[HEAD_NODE_BOOT] = make_boot(c, node, err),
		[HEAD_NODE_CONFIG] = make_config(c, node),
	};
	int rc = 0;

	if (!texts[HEAD_NODE_BOOT])
		rc = err && err->code ? err->code : -EINVAL;
	for (enum head_node_path i = 0; i < HEAD_NODE_PATHS; i++) {
		char path[512];

		if (rc) {
			free(texts[i]);
			continue;
		}
		head_node_path(i, c->in->inv->name, node->name, node->mac,
			       node->address, path, sizeof(path));
		rc = head_files_add(files, strdup(path), texts[i], S_IFREG | 0644,
				    paths[i].on_new, paths[i].on_change, err);
	}
	return rc;
}
