// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * inventory-check.c - what can only be seen when everything is resolved
 *
 * Duplicates are found by sorting: an inventory has thousands of nodes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "inventory-impl.h"
#include "nodefile.h"

/* A cluster's state is in /var/lib/xos-ssi, under its name, beside that of heads. */
static void check_name(struct inv *inv)
{
	if (!strcmp(inv->result->name, "head"))
		xos_inv_problem(inv, &inv->draft.cluster,
				"a cluster cannot be called 'head': /var/lib/xos-ssi/head is taken; give it another name");
}

static uint32_t network_mask(const struct xos_head *head)
{
	return ~(UINT32_MAX >> head->prefix);
}

static bool is_usable(const struct xos_head *head, uint32_t address)
{
	uint32_t mask = network_mask(head);

	return (address & mask) == (ntohl(head->address.s_addr) & mask) &&
	       (address & ~mask) && (address & ~mask) != ~mask;
}

static void check_head(struct inv *inv)
{
	const struct xos_head *head = &inv->result->head;
	uint32_t address = ntohl(head->address.s_addr);
	char text[INET_ADDRSTRLEN];

	if (!xos_name_is_valid(head->name))
		xos_inv_problem(inv, &head->where, XOS_INV_BAD_NAME, head->name,
				XOS_NAME_MAX);
	if (!head->address.s_addr)
		return;			/* told when it was read */
	inet_ntop(AF_INET, &head->address, text, sizeof(text));
	if (address >> 24 == 0 || address >> 24 == 127 || address >> 28 >= 14)
		xos_inv_problem(inv, &head->where,
				"address=\"%s\" is not a machine's; choose one of the boot network",
				text);
	else if (!is_usable(head, address))
		xos_inv_problem(inv, &head->where,
				"address=\"%s\" is the network or broadcast address of its /%u; choose another",
				text, head->prefix);
}

static void check_address(struct inv *inv, const struct xos_node *node)
{
	const struct xos_head *head = &inv->result->head;
	char text[INET_ADDRSTRLEN], net[INET_ADDRSTRLEN];
	struct in_addr network;

	if (!head->address.s_addr || is_usable(head, ntohl(node->address.s_addr)))
		return;
	network.s_addr = head->address.s_addr & htonl(network_mask(head));
	inet_ntop(AF_INET, &node->address, text, sizeof(text));
	inet_ntop(AF_INET, &network, net, sizeof(net));
	xos_inv_problem(inv, &node->where,
			"node '%s' has address %s, which no machine of the head's network %s/%u can have; give it another or change prefix",
			node->name, text, net, head->prefix);
}

/**
 * struct holder - a machine in the search for duplicates
 * @rank: place in the inventory; the head is first
 */
struct holder {
	const char *name;
	const uint8_t *mac;
	uint32_t address;
	unsigned int id;
	size_t rank;
	const struct xos_where *where;
};

static int by_rank(const struct holder *a, const struct holder *b)
{
	return (a->rank > b->rank) - (a->rank < b->rank);
}

static int by_name(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;
	int diff = strcmp(x->name, y->name);

	return diff ? diff : by_rank(x, y);
}

static int by_id(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;
	int diff = (x->id > y->id) - (x->id < y->id);

	return diff ? diff : by_rank(x, y);
}

static int by_mac(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;
	int diff = memcmp(x->mac, y->mac, 6);

	return diff ? diff : by_rank(x, y);
}

static int by_address(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;
	int diff = (x->address > y->address) - (x->address < y->address);

	return diff ? diff : by_rank(x, y);
}

static bool same_name(const struct holder *a, const struct holder *b)
{
	return !strcmp(a->name, b->name);
}

static bool same_id(const struct holder *a, const struct holder *b)
{
	return a->id == b->id;
}

static bool same_mac(const struct holder *a, const struct holder *b)
{
	return !memcmp(a->mac, b->mac, 6);
}

static bool same_address(const struct holder *a, const struct holder *b)
{
	return a->address == b->address;
}

static const char *say_name(const struct holder *h, char *buf, size_t size)
{
	snprintf(buf, size, "name");
	(void)h;			/* it is in the sentence already */
	return buf;
}

static const char *say_id(const struct holder *h, char *buf, size_t size)
{
	snprintf(buf, size, "id %u", h->id);
	return buf;
}

static const char *say_mac(const struct holder *h, char *buf, size_t size)
{
	char text[18];

	snprintf(buf, size, "MAC %s", xos_mac_format(h->mac, ':', text));
	return buf;
}

static const char *say_address(const struct holder *h, char *buf, size_t size)
{
	struct in_addr address = { h->address };
	char text[INET_ADDRSTRLEN];

	snprintf(buf, size, "address %s",
		 inet_ntop(AF_INET, &address, text, sizeof(text)));
	return buf;
}

/* Ids before what is derived from them. */
static const struct {
	int (*compare)(const void *a, const void *b);
	bool (*same)(const struct holder *a, const struct holder *b);
	const char *(*say)(const struct holder *h, char *buf, size_t size);
} unique[] = {
	{ by_name, same_name, say_name },
	{ by_id, same_id, say_id },
	{ by_mac, same_mac, say_mac },
	{ by_address, same_address, say_address },
};

static void tell_duplicate(struct inv *inv, const char *what,
			   const struct holder *first, const struct holder *h)
{
	xos_inv_problem(inv, h->where, "'%s' has the %s of '%s' (%s:%d); give it another",
			h->name, what, first->name, first->where->file,
			first->where->line);
}

static void find_duplicates(struct inv *inv, struct holder *h, size_t n, size_t kind)
{
	char what[40];

	qsort(h, n, sizeof(*h), unique[kind].compare);
	for (size_t i = 1; i < n; i++) {
		const struct holder *first = &h[i - 1];

		if (!unique[kind].same(first, &h[i]))
			continue;
		/* What two equal ids lead to need not be told. */
		if (unique[kind].same == same_id || unique[kind].same == same_name ||
		    !same_id(first, &h[i]))
			tell_duplicate(inv, unique[kind].say(&h[i], what, sizeof(what)),
				       first, &h[i]);
	}
}

static int check_duplicates(struct inv *inv)
{
	const struct xos_inventory *result = inv->result;
	size_t n = result->n_nodes + 1;
	cleanup_free struct holder *h = calloc(n, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h[0] = (struct holder) {
		.name = result->head.name, .mac = result->head.mac,
		.address = result->head.address.s_addr,
		.where = &result->head.where,
	};
	for (size_t i = 1; i < n; i++)
		h[i] = (struct holder) {
			.name = result->nodes[i - 1].name,
			.mac = result->nodes[i - 1].mac,
			.address = result->nodes[i - 1].address.s_addr,
			.id = result->nodes[i - 1].id,
			.rank = i,
			.where = &result->nodes[i - 1].where,
		};
	for (size_t kind = 0; kind < sizeof(unique) / sizeof(unique[0]); kind++)
		find_duplicates(inv, h, n, kind);
	return 0;
}

static void check_images(struct inv *inv)
{
	const struct xos_inventory *result = inv->result;

	for (size_t i = 0; i < result->n_images; i++)
		for (size_t j = 0; j < i; j++) {
			const struct xos_where *first = &result->images[j].where;

			if (strcmp(result->images[i].name, result->images[j].name))
				continue;
			xos_inv_problem(inv, &result->images[i].where,
					"image '%s' exists already at %s:%d; give it another name",
					result->images[i].name, first->file,
					first->line);
			break;
		}
}

static bool loads_ssi(const struct xos_inventory *result)
{
	for (size_t i = 0; i < result->modules.n; i++)
		if (!strcmp(result->modules.s[i], "ssi_kddm"))
			return true;
	return false;
}

bool xos_inventory_needs_key(const struct xos_inventory *inv)
{
	return inv->secure && loads_ssi(inv);
}

static void check_nodes(struct inv *inv)
{
	/* As long as an image id and a digest are; the real ones come later. */
	static const char image_id[] = "0123456789abcdef";
	const struct xos_inventory *result = inv->result;
	bool ssi = loads_ssi(result);
	char line[XOS_BOOTLINE_MAX + 1];
	struct xos_error err;

	for (size_t i = 0; i < result->n_nodes; i++) {
		const struct xos_node *node = &result->nodes[i];

		check_address(inv, node);
		if (ssi && node->id > XOS_SSI_NODE_ID_MAX)
			xos_inv_problem(inv, &node->where,
					"node '%s' has id %u, module ssi_kddm knows ids up to %d; lower it",
					node->name, node->id, XOS_SSI_NODE_ID_MAX);
		if (node->image &&
		    xos_inventory_bootline(result, node, image_id, line, &err))
			xos_inv_problem(inv, &node->where, "%s", err.text);
	}
}

int xos_inv_check(struct inv *inv)
{
	if (!inv->draft.n_entries && !inv->result->n_nodes)
		xos_inv_problem(inv, &inv->draft.cluster,
				"no node; add <nodes name=\"node-[1-3]\"/>");
	check_name(inv);
	check_head(inv);
	check_images(inv);
	check_nodes(inv);
	return check_duplicates(inv);
}
