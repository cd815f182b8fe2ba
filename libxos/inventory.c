// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * inventory.c - loads an inventory and looks things up in it
 *
 * The steps and their files are listed in inventory-impl.h.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <libxml/parser.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "inventory-impl.h"

/* Values are quoted in problems; a problem is one line whatever they hold. */
static void make_one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

void xos_inv_problem(struct inv *inv, const struct xos_where *where,
		     const char *fmt, ...)
{
	struct xos_error problem;
	char text[sizeof(problem.text)];
	va_list ap;

	if (inv->n_problems++ >= XOS_INV_PROBLEMS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	xos_error_set(&problem, -EINVAL, XOS_EXIT_USAGE, "%s", text);
	if (where->file && where->line)
		xos_error_prefix(&problem, "%s:%d: ", where->file, where->line);
	else if (where->file)
		xos_error_prefix(&problem, "%s: ", where->file);
	make_one_line(problem.text);
	if (inv->n_problems == 1)
		inv->first = problem;
	if (inv->fn)
		inv->fn(&problem, inv->arg);
}

/* Each step needs the one before to have found nothing wrong, but the last two. */
static int load(struct inv *inv, const char *file, const char *nodefile)
{
	int rc = xos_inv_xml_read(inv, file);

	if (!rc && !inv->n_problems)
		rc = xos_inv_schema_check(inv);
	if (rc || inv->n_problems)
		return rc;
	rc = xos_inv_read(inv);
	if (!rc)
		rc = xos_inv_resolve(inv, nodefile);
	if (!rc)
		rc = xos_inv_check(inv);
	return rc;
}

static int init(struct inv *inv, const char *file)
{
	cleanup_free char *real = strcmp(file, "-") ? realpath(file, NULL) : NULL;

	xmlInitParser();
	inv->dict = xmlDictCreate();
	inv->arena = xos_arena_create();
	if (!inv->dict || !inv->arena)
		return -ENOMEM;
	inv->result = xos_arena_alloc(inv->arena, sizeof(*inv->result));
	if (!inv->result)
		return -ENOMEM;
	inv->result->arena = inv->arena;
	inv->result->file = xos_arena_strdup(inv->arena, real ? real : file);
	return inv->result->file ? 0 : -ENOMEM;
}

struct xos_inventory *xos_inventory_check(const char *file, const char *nodefile,
					  xos_problem_fn *fn, void *arg,
					  struct xos_error *err)
{
	struct inv inv = { .fn = fn, .arg = arg };
	int rc = init(&inv, file);

	if (!rc)
		rc = load(&inv, file, nodefile);
	xmlFreeDoc(inv.doc);
	xmlDictFree(inv.dict);
	if (!rc && !inv.n_problems)
		return inv.result;
	xos_arena_destroy(inv.arena);
	if (inv.n_problems && err)
		*err = inv.first;
	else
		xos_error_set(err, rc, XOS_EXIT_USAGE, "cannot load '%s': %s",
			      file, strerror(-rc));
	return NULL;
}

struct xos_inventory *xos_inventory_load(const char *file, const char *nodefile,
					 struct xos_error *err)
{
	return xos_inventory_check(file, nodefile, NULL, NULL, err);
}

void xos_inventory_free(struct xos_inventory *inv)
{
	if (inv)
		xos_arena_destroy(inv->arena);
}

const char *xos_inventory_nodefile(void)
{
	static const char *const names[] = {
		"OAR_NODEFILE", "OAR_NODE_FILE", "OAR_FILE_NODES",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return value;
	}
	return NULL;
}

bool xos_mac_parse(const char *text, uint8_t mac[6])
{
	if (strlen(text) != 17)
		return false;
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? text[i] != ':' && text[i] != '-' :
		    !isxdigit((unsigned char)text[i]))
			return false;
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)strtoul(text + 3 * i, NULL, 16);
	return true;
}

char *xos_mac_format(const uint8_t mac[6], char sep, char *buf)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 6; i++) {
		buf[3 * i] = digits[mac[i] >> 4];
		buf[3 * i + 1] = digits[mac[i] & 15];
		buf[3 * i + 2] = i < 5 ? sep : '\0';
	}
	return buf;
}

char *xos_address_format(struct in_addr address, char *buf)
{
	uint32_t bits = ntohl(address.s_addr);
	char *s = buf;

	for (int shift = 24; shift >= 0; shift -= 8) {
		unsigned int n = bits >> shift & 255;

		if (n >= 100)
			*s++ = '0' + n / 100;
		if (n >= 10)
			*s++ = '0' + n / 10 % 10;
		*s++ = '0' + n % 10;
		*s++ = shift ? '.' : '\0';
	}
	return buf;
}

/**
 * struct wanted - what somebody calls a node
 * @id: 0 where it is not a number; @has_mac, @has_address likewise
 */
struct wanted {
	const char *name;
	unsigned int id;
	bool has_mac, has_address;
	uint8_t mac[6];
	struct in_addr address;
};

static struct wanted parse_wanted(const char *what)
{
	struct wanted w = { .name = what };
	char *end;

	if (*what >= '0' && *what <= '9')
		w.id = (unsigned int)strtoul(what, &end, 10);
	if (w.id && *end)
		w.id = 0;
	w.has_mac = xos_mac_parse(what, w.mac);
	w.has_address = inet_pton(AF_INET, what, &w.address) == 1;
	return w;
}

static bool is_wanted(const struct xos_node *node, const struct wanted *w)
{
	return (w->id && node->id == w->id) || !strcmp(node->name, w->name) ||
	       (w->has_mac && !memcmp(node->mac, w->mac, 6)) ||
	       (w->has_address && node->address.s_addr == w->address.s_addr);
}

const struct xos_node *xos_inventory_node(const struct xos_inventory *inv,
					  const char *what)
{
	struct wanted w = parse_wanted(what);

	for (size_t i = 0; i < inv->n_nodes; i++)
		if (is_wanted(&inv->nodes[i], &w))
			return &inv->nodes[i];
	return NULL;
}

bool xos_inventory_image_is_used(const struct xos_inventory *inv, size_t i)
{
	for (size_t n = 0; n < inv->n_nodes; n++)
		if (inv->nodes[n].image == &inv->images[i])
			return true;
	return false;
}
