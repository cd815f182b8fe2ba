// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * inventory-read.c - from the tree to a draft
 *
 * The schema has passed: elements and attributes are where they belong and have
 * the right shape.  What is left to refuse here are numbers out of range and
 * things that the schema cannot count.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "inventory-impl.h"

#define MEMORY_MIN_MIB	32
#define MEMORY_MAX_MIB	(1u << 24)
#define PROCESSORS_MAX	4096
#define WINDOW_MAX	65536
#define WINDOW_DEFAULT	50
#define PAUSE_DEFAULT_S	10
#define RETRIES_MAX	100
#define RETRIES_DEFAULT	2

static bool is_named(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE &&
	       !strcmp((const char *)node->name, name);
}

/* The value of an attribute in the arena; NULL where it is absent. */
static int attr(struct inv *inv, xmlNode *node, const char *name,
		const char **value)
{
	xmlChar *found = xmlGetNoNsProp(node, BAD_CAST name);
	char *copy;

	if (!found)
		return 0;
	copy = xos_arena_strdup(inv->arena, (char *)found);
	xmlFree(found);
	if (!copy)
		return -ENOMEM;
	*value = copy;
	return 0;
}

/* An attribute that is a number in @min..@max; left alone where it is absent. */
static void number(struct inv *inv, xmlNode *node, const char *name,
		   unsigned int min, unsigned int max, unsigned int *value)
{
	struct xos_where where = xos_inv_where(node);
	xmlChar *found = xmlGetNoNsProp(node, BAD_CAST name);
	unsigned long n;
	char *end;

	if (!found)
		return;
	errno = 0;
	n = strtoul((char *)found, &end, 10);
	if (errno || *end || n < min || n > max)
		xos_inv_problem(inv, &where,
				"%s=\"%.40s\" is not in %u..%u; choose a number that is",
				name, (char *)found, min, max);
	else
		*value = (unsigned int)n;
	xmlFree(found);
}

/* Decimal by hand: strtod() would follow the locale of the program. */
static void seconds(xmlNode *node, const char *name, double *value)
{
	xmlChar *found = xmlGetNoNsProp(node, BAD_CAST name);
	double scale = 1;

	if (!found)
		return;
	*value = 0;
	for (char *p = (char *)found; *p; p++) {
		if (*p == '.') {
			scale = 0.1;
		} else if (scale == 1) {
			*value = *value * 10 + (*p - '0');
		} else {
			*value += scale * (*p - '0');
			scale /= 10;
		}
	}
	xmlFree(found);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Text as words with one blank between; long ones are wrapped in the XML. */
static const char *words(struct inv *inv, xmlNode *node)
{
	xmlChar *content = xmlNodeGetContent(node);
	char *copy = content ? xos_arena_strdup(inv->arena, (char *)content) : NULL;
	char *to = copy;

	xmlFree(content);
	for (char *from = copy; copy && *from; from++) {
		if (!is_blank(*from))
			*to++ = *from;
		else if (to > copy && to[-1] != ' ')
			*to++ = ' ';
	}
	if (!copy)
		return NULL;
	if (to > copy && to[-1] == ' ')
		to--;
	*to = '\0';
	return copy;
}

static bool has(const struct xos_strings *list, const char *s)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->s[i], s))
			return true;
	return false;
}

static int add_words(struct inv *inv, xmlNode *node, struct xos_strings *list)
{
	const char *text = words(inv, node);

	if (!text)
		return -ENOMEM;
	return has(list, text) ? 0 : xos_strings_add(inv->arena, list, text);
}

/* <enable> and <disable>; the same unit in both is a slip of the pen. */
static int unit(struct inv *inv, xmlNode *node, struct xos_strings *list,
		const struct xos_strings *other)
{
	struct xos_where where = xos_inv_where(node);
	const char *name = words(inv, node);

	if (!name)
		return -ENOMEM;
	if (has(other, name))
		xos_inv_problem(inv, &where,
				"unit '%s' is both enabled and disabled here; remove one of the two",
				name);
	return has(list, name) ? 0 : xos_strings_add(inv->arena, list, name);
}

/* Some parameters carry a node's identity: a second one would contradict it. */
static void check_bootline(struct inv *inv, const xmlNode *node, const char *text)
{
	static const char *const ours[] = {
		"ip=", "root=", "session_id=", "node_id=", "xos.report=",
	};
	struct xos_where where = xos_inv_where(node);

	for (const char *word = text; word && *word; word += strspn(word, " ")) {
		for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			if (!strncmp(word, ours[i], strlen(ours[i])))
				xos_inv_problem(inv, &where,
						"%s is written by xos-ssi-deploy itself; remove it from the bootline",
						ours[i]);
		word += strcspn(word, " ");
	}
}

static bool read_mac(struct inv *inv, xmlNode *node, uint8_t mac[6])
{
	static const uint8_t zero[6];
	struct xos_where where = xos_inv_where(node);
	xmlChar *found = xmlGetNoNsProp(node, BAD_CAST "mac");
	bool good = found && xos_mac_parse((char *)found, mac);

	if (good && (mac[0] & 1 || !memcmp(mac, zero, 6))) {
		xos_inv_problem(inv, &where,
				"mac=\"%s\" is %s; give the address of a network card",
				(char *)found, mac[0] & 1 ? "a multicast address" :
				"no address");
		good = false;
	}
	xmlFree(found);
	return good;
}

static bool read_address(struct inv *inv, xmlNode *node, struct in_addr *address)
{
	struct xos_where where = xos_inv_where(node);
	xmlChar *found = xmlGetNoNsProp(node, BAD_CAST "address");
	bool good = found && inet_pton(AF_INET, (char *)found, address) == 1;

	if (found && !good)
		xos_inv_problem(inv, &where,
				"address=\"%.40s\" is not an IPv4 address; write it as 10.77.0.17",
				(char *)found);
	xmlFree(found);
	return good;
}

static int read_head(struct inv *inv, xmlNode *node)
{
	struct xos_head *head = &inv->result->head;
	const char *name = NULL, *interface = NULL, *backend = NULL;
	const char *config = NULL, *config_on = NULL;

	if (head->where.line) {
		struct xos_where where = xos_inv_where(node);

		xos_inv_problem(inv, &where,
				"a second <head>; the first is at %s:%d, keep one",
				head->where.file, head->where.line);
		return 0;
	}
	head->where = xos_inv_where(node);
	if (attr(inv, node, "name", &name) ||
	    attr(inv, node, "interface", &interface) ||
	    attr(inv, node, "backend", &backend) ||
	    attr(inv, node, "image", &inv->draft.head_image) ||
	    attr(inv, node, "config", &config) ||
	    attr(inv, node, "config-on", &config_on))
		return -ENOMEM;
	head->name = (char *)name;
	head->interface = (char *)interface;
	head->backend = (char *)backend;
	head->config = (char *)config;
	head->config_on = (char *)config_on;
	head->prefix = 24;
	number(inv, node, "prefix", 8, 28, &head->prefix);
	number(inv, node, "memory", MEMORY_MIN_MIB, MEMORY_MAX_MIB, &head->memory_mib);
	number(inv, node, "processors", 1, PROCESSORS_MAX, &head->processors);
	number(inv, node, "slots", 0, WINDOW_MAX, &head->slots);
	read_address(inv, node, &head->address);
	inv->draft.head_has_mac = read_mac(inv, node, head->mac);
	return 0;
}

static int read_overlay(struct inv *inv, xmlNode *node, struct xos_image *image)
{
	struct xos_where where = xos_inv_where(node);
	xmlChar *dir = xmlGetNoNsProp(node, BAD_CAST "dir");
	struct stat st;
	char *path;

	if (!dir)
		return 0;
	path = *dir == '/' ? xos_arena_strdup(inv->arena, (char *)dir) :
		xos_arena_printf(inv->arena, "%s/%s", xos_inv_source(node)->dir,
				 (char *)dir);
	xmlFree(dir);
	if (!path)
		return -ENOMEM;
	if (stat(path, &st) < 0)
		xos_inv_problem(inv, &where,
				"overlay '%s': %s; make the directory or correct dir",
				path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		xos_inv_problem(inv, &where,
				"overlay '%s' is not a directory; name one whose tree mirrors the target",
				path);
	return xos_strings_add(inv->arena, &image->overlay, path);
}

static int read_image_child(struct inv *inv, xmlNode *n, struct xos_image *image)
{
	if (is_named(n, "package"))
		return add_words(inv, n, &image->packages);
	if (is_named(n, "enable"))
		return unit(inv, n, &image->enable, &image->disable);
	if (is_named(n, "disable"))
		return unit(inv, n, &image->disable, &image->enable);
	if (is_named(n, "overlay"))
		return read_overlay(inv, n, image);
	if (is_named(n, "bootline")) {
		image->bootline = (char *)words(inv, n);
		check_bootline(inv, n, image->bootline);
		return image->bootline ? 0 : -ENOMEM;
	}
	return 0;
}

static int read_image(struct inv *inv, xmlNode *node)
{
	struct xos_inventory *result = inv->result;
	const char *name = NULL, *suite = "bookworm", *root = "nfs";
	const char *drivers = "full";
	struct xos_image *image;
	int rc = 0;

	image = xos_arena_grow(inv->arena, result->images, result->n_images,
			       sizeof(*image));
	if (!image || attr(inv, node, "name", &name) ||
	    attr(inv, node, "suite", &suite) || attr(inv, node, "root", &root) ||
	    attr(inv, node, "drivers", &drivers))
		return -ENOMEM;
	result->images = image;
	image += result->n_images++;
	image->name = (char *)name;
	image->suite = (char *)suite;
	image->root = strcmp(root, "ram") ? XOS_ROOT_NFS : XOS_ROOT_RAM;
	image->drivers = (char *)drivers;
	image->bootline = (char *)"";
	image->where = xos_inv_where(node);
	for (xmlNode *n = node->children; n && !rc; n = n->next)
		rc = read_image_child(inv, n, image);
	return rc;
}

static int read_traits(struct inv *inv, xmlNode *node, struct inv_traits *t)
{
	int rc = 0;

	t->where = xos_inv_where(node);
	if (attr(inv, node, "profile", &t->profile) ||
	    attr(inv, node, "image", &t->image) ||
	    attr(inv, node, "backend", &t->backend) ||
	    attr(inv, node, "interface", &t->interface) ||
	    attr(inv, node, "bootline", &t->bootline))
		return -ENOMEM;
	check_bootline(inv, node, t->bootline);
	number(inv, node, "memory", MEMORY_MIN_MIB, MEMORY_MAX_MIB, &t->memory_mib);
	number(inv, node, "processors", 1, PROCESSORS_MAX, &t->processors);
	for (xmlNode *n = node->children; n && !rc; n = n->next) {
		if (is_named(n, "enable"))
			rc = unit(inv, n, &t->enable, &t->disable);
		else if (is_named(n, "disable"))
			rc = unit(inv, n, &t->disable, &t->enable);
		else if (is_named(n, "option"))
			rc = add_words(inv, n, &t->options);
	}
	return rc;
}

static int read_profile(struct inv *inv, xmlNode *node)
{
	struct inv_draft *draft = &inv->draft;
	struct inv_profile *p;

	p = xos_arena_grow(inv->arena, draft->profiles, draft->n_profiles, sizeof(*p));
	if (!p)
		return -ENOMEM;
	draft->profiles = p;
	p += draft->n_profiles++;
	if (attr(inv, node, "name", &p->name))
		return -ENOMEM;
	return read_traits(inv, node, &p->traits);
}

static int read_entry(struct inv *inv, xmlNode *node)
{
	struct inv_draft *draft = &inv->draft;
	struct in_addr address;
	struct inv_entry *e;

	e = xos_arena_grow(inv->arena, draft->entries, draft->n_entries, sizeof(*e));
	if (!e)
		return -ENOMEM;
	draft->entries = e;
	e += draft->n_entries++;
	e->many = is_named(node, "nodes");
	if (attr(inv, node, "name", &e->name))
		return -ENOMEM;
	number(inv, node, "id", XOS_NODE_ID_MIN, XOS_NODE_ID_MAX, &e->id);
	e->has_mac = read_mac(inv, node, e->mac);
	e->has_address = read_address(inv, node, &address);
	if (e->has_address)
		e->address = ntohl(address.s_addr);
	return read_traits(inv, node, &e->traits);
}

static int read_timeout(struct inv *inv, xmlNode *node)
{
	struct xos_policy *policy = &inv->result->policy;
	const char *state = NULL;
	struct xos_timeout *t;

	t = xos_arena_grow(inv->arena, policy->timeouts, policy->n_timeouts,
			   sizeof(*t));
	if (!t || attr(inv, node, "state", &state))
		return -ENOMEM;
	policy->timeouts = t;
	t += policy->n_timeouts++;
	t->state = (char *)state;
	t->where = xos_inv_where(node);
	t->retries = RETRIES_DEFAULT;
	seconds(node, "base", &t->base_s);
	seconds(node, "per-node", &t->per_node_s);
	number(inv, node, "retries", 0, RETRIES_MAX, &t->retries);
	for (size_t i = 0; i + 1 < policy->n_timeouts; i++)
		if (!strcmp(policy->timeouts[i].state, state))
			xos_inv_problem(inv, &t->where,
					"a second <timeout> of state '%s'; keep one",
					state);
	return 0;
}

static int read_policy(struct inv *inv, xmlNode *node)
{
	struct xos_policy *policy = &inv->result->policy;
	struct inv_draft *draft = &inv->draft;
	int rc = 0;

	if (draft->policy.line) {
		struct xos_where where = xos_inv_where(node);

		xos_inv_problem(inv, &where,
				"a second <policy>; the first is at %s:%d, keep one",
				draft->policy.file, draft->policy.line);
		return 0;
	}
	draft->policy = xos_inv_where(node);
	if (attr(inv, node, "min-nodes", &draft->min_nodes))
		return -ENOMEM;
	number(inv, node, "window", 1, WINDOW_MAX, &policy->window);
	seconds(node, "pause", &policy->pause_s);
	for (xmlNode *n = node->children; n && !rc; n = n->next)
		if (is_named(n, "timeout"))
			rc = read_timeout(inv, n);
	return rc;
}

static int read_grid(struct inv *inv, xmlNode *node)
{
	const char *hook = NULL;

	if (attr(inv, node, "hook", &hook))
		return -ENOMEM;
	inv->result->grid_hook = (char *)hook;
	return 0;
}

static int read_module(struct inv *inv, xmlNode *node)
{
	return add_words(inv, node, &inv->result->modules);
}

static int read_children(struct inv *inv, xmlNode *parent);

static const struct {
	const char *name;
	int (*read)(struct inv *inv, xmlNode *node);
} readers[] = {
	{ "head", read_head },
	{ "image", read_image },
	{ "profile", read_profile },
	{ "node", read_entry },
	{ "nodes", read_entry },
	{ "policy", read_policy },
	{ "module", read_module },
	{ "grid", read_grid },
	{ "part", read_children },
};

static int read_children(struct inv *inv, xmlNode *parent)
{
	int rc = 0;

	for (xmlNode *n = parent->children; n && !rc; n = n->next)
		for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
			if (is_named(n, readers[i].name)) {
				rc = readers[i].read(inv, n);
				break;
			}
	return rc;
}

int xos_inv_read(struct inv *inv)
{
	xmlNode *root = xmlDocGetRootElement(inv->doc);
	struct xos_inventory *result = inv->result;
	const char *name = NULL, *backend = NULL, *security = "on";

	inv->draft.cluster = xos_inv_where(root);
	if (attr(inv, root, "name", &name) || attr(inv, root, "backend", &backend) ||
	    attr(inv, root, "security", &security))
		return -ENOMEM;
	result->name = (char *)name;
	result->backend = (char *)backend;
	result->session = XOS_SESSION_MIN;
	result->secure = strcmp(security, "off") != 0;
	result->policy.window = WINDOW_DEFAULT;
	result->policy.pause_s = PAUSE_DEFAULT_S;
	number(inv, root, "session", XOS_SESSION_MIN, XOS_SESSION_MAX,
	       &result->session);
	return read_children(inv, root);
}
