// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * inventory-resolve.c - from the draft to the inventory
 *
 * Profiles are merged with what they inherit, ranges become nodes, a node file
 * picks among them, and everything that the XML left out gets its default.
 * Nodes of one <nodes> share their strings: nothing in an inventory changes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "inventory-impl.h"
#include "nodefile.h"
#include "range.h"

#define NODE_MEMORY_MIB	192
#define HEAD_MEMORY_MIB	256
#define ADDRESS_FIRST	16	/* node n has network + 16 + n */

static const struct xos_image *find_image(const struct xos_inventory *result,
					  const char *name)
{
	for (size_t i = 0; i < result->n_images; i++)
		if (!strcmp(result->images[i].name, name))
			return &result->images[i];
	return NULL;
}

static struct inv_profile *find_profile(struct inv_draft *draft, const char *name)
{
	for (size_t i = 0; i < draft->n_profiles; i++)
		if (!strcmp(draft->profiles[i].name, name))
			return &draft->profiles[i];
	return NULL;
}

/* Appends @more to @list, taking each out of @other: the later word counts. */
static int merge_units(struct inv *inv, struct xos_strings *list,
		       struct xos_strings *other, const struct xos_strings *more)
{
	for (size_t i = 0; i < more->n; i++) {
		bool known = false;
		size_t kept = 0;

		for (size_t j = 0; j < list->n; j++)
			known |= !strcmp(list->s[j], more->s[i]);
		for (size_t j = 0; j < other->n; j++)
			if (strcmp(other->s[j], more->s[i]))
				other->s[kept++] = other->s[j];
		if (other->s)
			other->s[kept] = NULL;
		other->n = kept;
		if (!known && xos_strings_add(inv->arena, list, more->s[i]))
			return -ENOMEM;
	}
	return 0;
}

/* Appends options; one with the key of an earlier one takes its place. */
static int merge_options(struct inv *inv, struct xos_strings *list,
			 const struct xos_strings *more)
{
	for (size_t i = 0; i < more->n; i++) {
		size_t key = strcspn(more->s[i], "=") + 1;
		size_t j = 0;

		while (j < list->n && strncmp(list->s[j], more->s[i], key))
			j++;
		if (j < list->n)
			list->s[j] = more->s[i];
		else if (xos_strings_add(inv->arena, list, more->s[i]))
			return -ENOMEM;
	}
	return 0;
}

static const char *join(struct inv *inv, const char *a, const char *b)
{
	if (!a || !*a)
		return b ? b : "";
	if (!b || !*b)
		return a;
	return xos_arena_printf(inv->arena, "%s %s", a, b);
}

/* @to, which holds the inherited traits in lists of its own, plus @own. */
static int merge(struct inv *inv, struct inv_traits *to,
		 const struct inv_traits *own)
{
	if (own->image)
		to->image = own->image;
	if (own->backend)
		to->backend = own->backend;
	if (own->interface)
		to->interface = own->interface;
	if (own->memory_mib)
		to->memory_mib = own->memory_mib;
	if (own->processors)
		to->processors = own->processors;
	to->where = own->where;
	to->bootline = join(inv, to->bootline, own->bootline);
	if (!to->bootline ||
	    merge_units(inv, &to->enable, &to->disable, &own->enable) ||
	    merge_units(inv, &to->disable, &to->enable, &own->disable) ||
	    merge_options(inv, &to->options, &own->options))
		return -ENOMEM;
	return 0;
}

static int resolve_profile(struct inv *inv, struct inv_profile *p);

/* All that @own says and inherits; @out starts empty. */
static int inherit(struct inv *inv, const struct inv_traits *own,
		   const char *base_name, struct inv_traits *out)
{
	struct inv_profile *base = NULL;
	int rc;

	if (base_name) {
		base = find_profile(&inv->draft, base_name);
		if (!base)
			xos_inv_problem(inv, &own->where,
					"there is no profile '%s'; write <profile name=\"%s\"> or correct the name",
					base_name, base_name);
	}
	if (base) {
		rc = resolve_profile(inv, base);
		if (rc == -ELOOP)
			xos_inv_problem(inv, &own->where,
					"profile '%s' inherits itself; remove one profile=\"\" of the circle",
					base_name);
		else if (rc || (rc = merge(inv, out, &base->traits)))
			return rc;
	}
	return merge(inv, out, own);
}

static int resolve_profile(struct inv *inv, struct inv_profile *p)
{
	struct inv_traits merged = { 0 };
	int rc;

	if (p->state == INV_PROFILE_DONE)
		return 0;
	if (p->state == INV_PROFILE_BUSY)
		return -ELOOP;
	p->state = INV_PROFILE_BUSY;
	rc = inherit(inv, &p->traits, p->traits.profile, &merged);
	if (rc)
		return rc;
	p->traits = merged;
	p->state = INV_PROFILE_DONE;
	return 0;
}

static int resolve_profiles(struct inv *inv)
{
	struct inv_draft *draft = &inv->draft;
	int rc = 0;

	for (size_t i = 0; i < draft->n_profiles && !rc; i++) {
		struct inv_profile *p = &draft->profiles[i];
		struct inv_profile *first = find_profile(draft, p->name);

		if (first != p)
			xos_inv_problem(inv, &p->traits.where,
					"profile '%s' exists already at %s:%d; give it another name",
					p->name, first->traits.where.file,
					first->traits.where.line);
		rc = resolve_profile(inv, p);
	}
	return rc;
}

/* The image of a node; a problem and any image where there is no such. */
static const struct xos_image *pick_image(struct inv *inv,
					  const struct inv_traits *t)
{
	const char *name = t->image ? t->image : "node";
	const struct xos_image *image = find_image(inv->result, name);

	if (!image)
		xos_inv_problem(inv, &t->where,
				"there is no image '%s'; write <image name=\"%s\"> or correct the name",
				name, name);
	return image;
}

static void derive_mac(uint8_t mac[6], unsigned int session, unsigned int id)
{
	const uint8_t derived[6] = { 0x52, 0x54, session >> 8, session, id >> 8, id };

	memcpy(mac, derived, 6);
}

static uint32_t network_of(const struct xos_head *head)
{
	return ntohl(head->address.s_addr) & ~(UINT32_MAX >> head->prefix);
}

static void add_to_mac(const uint8_t first[6], size_t n, uint8_t mac[6])
{
	uint64_t value = 0;

	for (int i = 0; i < 6; i++)
		value = value << 8 | first[i];
	value += n;
	for (int i = 5; i >= 0; i--, value >>= 8)
		mac[i] = (uint8_t)value;
}

/* A node of @e, the @n-th; its id may still be 0. */
static struct xos_node *add_node(struct inv *inv, const struct inv_entry *e,
				 const struct inv_traits *t,
				 const struct xos_image *image, char *name,
				 size_t n)
{
	struct xos_inventory *result = inv->result;
	struct xos_node *node;

	node = xos_arena_grow(inv->arena, result->nodes, result->n_nodes,
			      sizeof(*node));
	if (!node)
		return NULL;
	result->nodes = node;
	node += result->n_nodes++;
	*node = (struct xos_node) {
		.name = name,
		.id = e->id ? e->id + n : 0,
		.backend = (char *)(t->backend ? t->backend : result->backend),
		.memory_mib = t->memory_mib ? t->memory_mib : NODE_MEMORY_MIB,
		.processors = t->processors ? t->processors : 1,
		.interface = (char *)(t->interface ? t->interface : "eth0"),
		.image = image,
		.bootline = (char *)t->bootline,
		.enable = t->enable,
		.disable = t->disable,
		.options = t->options,
		.where = e->traits.where,
	};
	if (e->has_mac)
		add_to_mac(e->mac, n, node->mac);
	if (e->has_address)
		node->address.s_addr = htonl(e->address + n);
	return node;
}

static int entry_traits(struct inv *inv, const struct inv_entry *e,
			struct inv_traits *t)
{
	const char *profile = e->traits.profile;

	if (!profile && find_profile(&inv->draft, "default"))
		profile = "default";
	return inherit(inv, &e->traits, profile, t);
}

static int expand_name(struct inv *inv, const struct inv_entry *e,
		       struct xos_strings *names)
{
	struct xos_error err;
	int rc;

	if (!e->many)
		return xos_strings_add(inv->arena, names, e->name);
	rc = xos_range_expand(inv->arena, e->name, names, &err);
	if (rc == -ENOMEM)
		return rc;
	if (rc) {
		xos_inv_problem(inv, &e->traits.where, "%s", err.text);
		names->n = 0;
	}
	return 0;
}

/* Ids are few: a range that leaves none for others is told, once. */
static bool has_room(struct inv *inv, const struct inv_entry *e, size_t n)
{
	if (inv->result->n_nodes + n <= XOS_NODE_ID_MAX &&
	    e->id + n <= XOS_NODE_ID_MAX + 1)
		return true;
	inv->draft.overfull = true;
	xos_inv_problem(inv, &e->traits.where,
			"'%.80s' gives node ids above %d; name fewer nodes or lower id",
			e->name, XOS_NODE_ID_MAX);
	return false;
}

static int expand_entry(struct inv *inv, const struct inv_entry *e)
{
	struct xos_strings names = { 0 };
	struct inv_traits t = { 0 };
	const struct xos_image *image;
	int rc = entry_traits(inv, e, &t);

	if (!rc)
		rc = expand_name(inv, e, &names);
	if (rc)
		return rc;
	image = pick_image(inv, &t);
	if (!has_room(inv, e, names.n))
		return 0;
	for (size_t i = 0; i < names.n; i++) {
		if (!xos_name_is_valid(names.s[i])) {
			xos_inv_problem(inv, &e->traits.where, XOS_INV_BAD_NAME,
					names.s[i], XOS_NAME_MAX);
			return 0;
		}
		if (!add_node(inv, e, &t, image, names.s[i], i))
			return -ENOMEM;
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct xos_node *)a)->name,
		      ((const struct xos_node *)b)->name);
}

static void keep(void *node)
{
	(void)node;			/* the arena owns it */
}

/* What a name that only the node file knows is made from. */
static struct inv_entry stranger_entry(const struct inv *inv)
{
	struct inv_entry e = { .traits.where = inv->draft.cluster };

	for (size_t i = 0; i < inv->draft.n_entries; i++) {
		if (!inv->draft.entries[i].many)
			continue;
		e.traits = inv->draft.entries[i].traits;
		break;
	}
	return e;
}

/* Puts the nodes that @names lists, known or made, in place of all nodes. */
static int select_nodes(struct inv *inv, const struct xos_strings *names,
			void *known)
{
	struct xos_inventory *result = inv->result;
	struct inv_entry e = stranger_entry(inv);
	const struct xos_image *image = NULL;
	struct inv_traits t = { 0 };
	int rc = entry_traits(inv, &e, &t);

	if (rc)
		return rc;
	result->nodes = NULL;
	result->n_nodes = 0;
	for (size_t i = 0; i < names->n; i++) {
		struct xos_node key = { .name = names->s[i] };
		struct xos_node **found = tfind(&key, &known, compare_names);
		struct xos_node *node;

		if (!found && !image)
			image = pick_image(inv, &t);
		if (!found && !image)
			return 0;
		node = add_node(inv, &e, &t, image, names->s[i], 0);
		if (!node)
			return -ENOMEM;
		if (found)
			*node = **found;
	}
	return 0;
}

static int apply_nodefile(struct inv *inv, const char *path)
{
	struct xos_inventory *result = inv->result;
	const struct xos_where nowhere = { NULL, 0 };
	struct xos_strings names = { 0 };
	struct xos_error err;
	void *known = NULL;
	int rc;

	rc = xos_nodefile_read(inv->arena, path, &names, &err);
	if (rc) {
		xos_inv_problem(inv, &nowhere, "%s", err.text);
		return rc == -ENOMEM ? rc : 0;
	}
	if (names.n > XOS_NODE_ID_MAX) {
		xos_inv_problem(inv, &nowhere, "%s: more than %d nodes; split the file",
				path, XOS_NODE_ID_MAX);
		return 0;
	}
	for (size_t i = 0; i < result->n_nodes && !rc; i++)
		if (!tsearch(&result->nodes[i], &known, compare_names))
			rc = -ENOMEM;
	if (!rc)
		rc = select_nodes(inv, &names, known);
	tdestroy(known, keep);
	return rc;
}

/* Gives the lowest free ids, in order, to the nodes from @first on without one. */
static void assign_ids(struct inv *inv, bool *used, size_t first)
{
	struct xos_inventory *result = inv->result;
	unsigned int next = XOS_NODE_ID_MIN;

	for (size_t i = first; i < result->n_nodes; i++)
		used[result->nodes[i].id] = true;
	for (size_t i = first; i < result->n_nodes; i++) {
		if (result->nodes[i].id)
			continue;
		while (next <= XOS_NODE_ID_MAX && used[next])
			next++;
		if (next > XOS_NODE_ID_MAX) {
			xos_inv_problem(inv, &result->nodes[i].where,
					"no node id is left for '%s'; use fewer nodes",
					result->nodes[i].name);
			return;
		}
		result->nodes[i].id = next;
		used[next] = true;
	}
}

/* What follows from a node's id where the XML does not say. */
static void derive(struct xos_inventory *result)
{
	static const uint8_t none[6];

	for (size_t i = 0; i < result->n_nodes; i++) {
		struct xos_node *node = &result->nodes[i];

		if (!memcmp(node->mac, none, 6))
			derive_mac(node->mac, result->session, node->id);
		if (!node->address.s_addr)
			node->address.s_addr = htonl(network_of(&result->head) +
						     ADDRESS_FIRST + node->id);
	}
}

static int compare_ids(const void *va, const void *vb)
{
	const struct xos_node *a = va, *b = vb;

	return (a->id > b->id) - (a->id < b->id);
}

static int resolve_nodes(struct inv *inv, const char *nodefile)
{
	cleanup_free bool *used = calloc(XOS_NODE_ID_MAX + 1, sizeof(*used));
	struct xos_inventory *result = inv->result;
	int rc = used ? 0 : -ENOMEM;

	for (size_t i = 0; i < inv->draft.n_entries && !rc && !inv->draft.overfull; i++)
		rc = expand_entry(inv, &inv->draft.entries[i]);
	if (rc)
		return rc;
	assign_ids(inv, used, 0);
	if (nodefile) {
		rc = apply_nodefile(inv, nodefile);
		assign_ids(inv, used, 0);
	}
	derive(result);
	if (result->n_nodes)
		qsort(result->nodes, result->n_nodes, sizeof(*result->nodes),
		      compare_ids);
	return rc;
}

/* A virtual head boots an image; a fake one may, a real one does not. */
static void pick_head_image(struct inv *inv)
{
	struct xos_head *head = &inv->result->head;
	const char *name = inv->draft.head_image;
	bool needed = name || !strcmp(head->backend, "qemu");

	if (!name && (needed || !strcmp(head->backend, "fake")))
		name = "head";
	head->image = name ? find_image(inv->result, name) : NULL;
	if (needed && !head->image)
		xos_inv_problem(inv, &head->where,
				"there is no image '%s'; write <image name=\"%s\"> or correct the name",
				name, name);
}

static void resolve_head(struct inv *inv)
{
	struct xos_inventory *result = inv->result;
	struct xos_head *head = &result->head;

	if (!head->where.line) {
		xos_inv_problem(inv, &inv->draft.cluster,
				"no <head>; add <head address=\"10.77.0.1\"/>");
		head->where = inv->draft.cluster;
	}
	if (!head->name)
		head->name = (char *)"head";
	if (!head->interface)
		head->interface = (char *)"eth0";
	if (!head->backend)
		head->backend = strcmp(result->backend, "qemu") &&
			strcmp(result->backend, "fake") ? (char *)"local" :
			result->backend;
	if (!head->memory_mib)
		head->memory_mib = HEAD_MEMORY_MIB;
	if (!head->processors)
		head->processors = 1;
	if (head->config && !head->config_on)
		head->config_on = (char *)"/config";
	if (!inv->draft.head_has_mac)
		derive_mac(head->mac, result->session, 0);
	pick_head_image(inv);
}

static void resolve_policy(struct inv *inv)
{
	struct xos_inventory *result = inv->result;
	struct xos_policy *policy = &result->policy;
	const char *min = inv->draft.min_nodes;
	unsigned long n;
	char *end;

	policy->min_percent = 100;
	if (!min)
		return;
	n = strtoul(min, &end, 10);
	if (*end == '%' ? n > 100 : n > result->n_nodes || !n)
		xos_inv_problem(inv, &inv->draft.policy,
				"min-nodes=\"%s\" of %zu nodes; write a number from 1 to %zu or a share up to 100%%",
				min, result->n_nodes, result->n_nodes);
	else if (*end == '%')
		policy->min_percent = (unsigned int)n;
	else
		policy->min_nodes = (unsigned int)n;
}

int xos_inv_resolve(struct inv *inv, const char *nodefile)
{
	struct xos_inventory *result = inv->result;
	int rc;

	if (!result->backend)
		result->backend = (char *)"qemu";
	if (!result->grid_hook)
		result->grid_hook = (char *)"xosautoconfig";
	if (!result->modules.n &&
	    xos_strings_add(inv->arena, &result->modules, "ssi_kddm"))
		return -ENOMEM;
	resolve_head(inv);
	rc = resolve_profiles(inv);
	if (!rc)
		rc = resolve_nodes(inv, nodefile);
	if (!rc)
		resolve_policy(inv);
	return rc;
}
