/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inventory-impl.h - what the inventory-*.c files say to each other
 *
 *	inventory-xml.c		files and XInclude to one tree, with file and line
 *	inventory-schema.c	the tree against conf/inventory.rng
 *	inventory-explain.c	why the schema refuses it, in words
 *	inventory-read.c	the tree to a draft: attributes as structs
 *	inventory-resolve.c	the draft to the inventory: profiles, ranges, defaults
 *	inventory-check.c	the inventory as a whole: duplicates, addresses, paths
 *	inventory.c		calls them in this order and owns the public interface
 *
 * Two kinds of failure.  A function returns a negative errno when it cannot go
 * on (no memory).  What the admin has to change is a problem: it is told and
 * counted by xos_inv_problem() and the work goes on, so that one run names all.
 */
#ifndef _XOS_INVENTORY_IMPL_H
#define _XOS_INVENTORY_IMPL_H

#include <libxml/tree.h>

#include "arena.h"
#include "inventory.h"

#define XOS_INV_NS	"urn:xos-ssi:inventory:1"
#define XOS_INV_PROBLEMS_MAX	100	/* told; the rest is only counted */

/* Of a name and XOS_NAME_MAX. */
#define XOS_INV_BAD_NAME	"'%.80s' is not a host name; use lower-case letters, digits, '-' and '.', at most %d characters, one of them a letter"

/**
 * struct inv_source - a file that the inventory is made of
 * @file: as messages name it
 * @dir: directory that relative names in it start from, absolute
 * @depth: 0 for the inventory itself, 1 for what it includes, ...
 */
struct inv_source {
	const char *file;
	const char *dir;
	unsigned int depth;
};

/**
 * struct inv_traits - what profiles and nodes have in common
 * Numbers are 0 and strings NULL where the XML does not say.
 */
struct inv_traits {
	const char *profile;
	const char *image;
	const char *backend;
	const char *interface;
	const char *bootline;
	unsigned int memory_mib;
	unsigned int processors;
	struct xos_strings enable;
	struct xos_strings disable;
	struct xos_strings options;
	struct xos_where where;
};

/**
 * struct inv_profile - a <profile>
 * @state: progress of the resolver, which finds cycles by it
 */
struct inv_profile {
	const char *name;
	struct inv_traits traits;
	enum { INV_PROFILE_NEW, INV_PROFILE_BUSY, INV_PROFILE_DONE } state;
};

/**
 * struct inv_entry - a <node> or <nodes>
 * @many: it is <nodes>: @name is a range, id, MAC and address count up
 * @id: of the first, 0: the next one free
 * @has_mac, @has_address: else derived
 */
struct inv_entry {
	bool many;
	const char *name;
	unsigned int id;
	bool has_mac, has_address;
	uint8_t mac[6];
	uint32_t address;		/* host byte order */
	struct inv_traits traits;
};

/**
 * struct inv_draft - what the XML says, before profiles and defaults
 * @overfull: it says too many nodes; told once, the rest is not expanded
 */
struct inv_draft {
	struct inv_profile *profiles;
	size_t n_profiles;
	struct inv_entry *entries;
	size_t n_entries;
	const char *head_image;
	const char *min_nodes;
	bool head_has_mac;
	bool overfull;
	struct xos_where cluster, policy;
};

/**
 * struct inv - one load in progress
 * @arena: the inventory's; everything that outlives the load
 * @doc: the tree, and @dict its strings; both end with the load
 * @fn, @arg: who wants to hear of every problem, NULL allowed
 * @n_problems: told or not
 */
struct inv {
	struct xos_arena *arena;
	struct xos_inventory *result;
	struct inv_draft draft;
	struct _xmlDict *dict;
	xmlDoc *doc;
	size_t n_files;
	xos_problem_fn *fn;
	void *arg;
	struct xos_error first;
	size_t n_problems;
};

/**
 * xos_inv_problem() - tell and count something that the admin has to change
 * @where: @file NULL: no file in front of the text; @line 0: no line
 * @fmt: what is wrong; what to do
 */
void xos_inv_problem(struct inv *inv, const struct xos_where *where,
		     const char *fmt, ...) __attribute__((format(printf, 3, 4)));

int xos_inv_xml_read(struct inv *inv, const char *file);
/** xos_inv_source() - the file that @node was read from */
const struct inv_source *xos_inv_source(const xmlNode *node);
struct xos_where xos_inv_where(const xmlNode *node);

int xos_inv_schema_check(struct inv *inv);
/** xos_inv_explain() - tell each reason why @schema, as XML, refuses the tree */
void xos_inv_explain(struct inv *inv, const xmlDoc *schema);
int xos_inv_read(struct inv *inv);
int xos_inv_resolve(struct inv *inv, const char *nodefile);
int xos_inv_check(struct inv *inv);

#endif /* _XOS_INVENTORY_IMPL_H */
