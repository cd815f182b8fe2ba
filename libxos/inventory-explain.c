// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * inventory-explain.c - why the schema refuses an inventory, in words
 *
 * libxml2 says "failed to validate content", often of the wrong element.  So
 * the tree is walked once more beside the schema's own text: each element is
 * looked up there, and its names, attributes, values and children are compared
 * one by one.  What an attribute should be is said with its a:documentation.
 * Relies on the form that the comment in conf/inventory.rng asks for.
 */
#include <libxml/xmlregexp.h>
#include <string.h>

#include "inventory-impl.h"

#define ATTRIBUTES_MAX	32
#define CHILDREN_MAX	16
#define PATTERNS_MAX	32
#define QUOTE_MAX	60		/* bytes of a bad value in a message */
#define TYPO_MAX	2		/* letters, to guess what was meant */
#define NAME_LEN_MAX	32		/* of names that are guessed */

/**
 * struct definition - what the schema says of one element
 * @attributes: <attribute> nodes
 * @required: bit n: @attributes[n] must be there
 * @children: <element> nodes that may stand in it
 * @once: bit n: @children[n] at most once
 * @content: <data> of its text, NULL: it has none
 */
struct definition {
	const xmlNode *element;
	const xmlNode *attributes[ATTRIBUTES_MAX];
	const xmlNode *children[CHILDREN_MAX];
	unsigned int n_attributes, n_children;
	uint32_t required, once;
	const xmlNode *content;
};

struct pattern {
	const xmlNode *data;
	xmlRegexp *regexp;
};

struct explain {
	struct inv *inv;
	const xmlNode *grammar;
	struct pattern patterns[PATTERNS_MAX];
	unsigned int n_patterns;
};

static bool is_rng(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE &&
	       !strcmp((const char *)node->name, name);
}

static bool is_ours(const xmlNode *node)
{
	return node->ns && xmlStrEqual(node->ns->href, BAD_CAST XOS_INV_NS);
}

/* An attribute of the schema or of the tree, without a copy. */
static const char *value_of(const xmlNode *node, const char *name)
{
	for (const xmlAttr *a = node->properties; a; a = a->next)
		if (!strcmp((const char *)a->name, name) && a->children)
			return (const char *)a->children->content;
	return "";
}

static const xmlNode *find_define(const struct explain *x, const char *name)
{
	for (const xmlNode *n = x->grammar->children; n; n = n->next)
		if (is_rng(n, "define") && !strcmp(value_of(n, "name"), name))
			return n;
	return NULL;
}

/* The <element> of a name; there is one, in a <define> called anything. */
static const xmlNode *find_element(const struct explain *x, const char *name)
{
	for (const xmlNode *n = x->grammar->children; n; n = n->next)
		for (const xmlNode *e = n->children; e; e = e->next)
			if (is_rng(e, "element") && !strcmp(value_of(e, "name"), name))
				return e;
	return NULL;
}

static const char *documentation(const xmlNode *node)
{
	for (const xmlNode *n = node->children; n; n = n->next)
		if (is_rng(n, "documentation") && n->children)
			return (const char *)n->children->content;
	return "";
}

/* Collects what belongs to @d, through references, not into other elements. */
static void collect(const struct explain *x, const xmlNode *node, bool optional,
		    bool many, struct definition *d)
{
	for (const xmlNode *n = node->children; n; n = n->next) {
		if (is_rng(n, "attribute") && d->n_attributes < ATTRIBUTES_MAX) {
			d->required |= (uint32_t)!optional << d->n_attributes;
			d->attributes[d->n_attributes++] = n;
		} else if (is_rng(n, "element") && d->n_children < CHILDREN_MAX) {
			d->once |= (uint32_t)!many << d->n_children;
			d->children[d->n_children++] = n;
		} else if (is_rng(n, "data")) {
			d->content = n;
		} else if (is_rng(n, "ref")) {
			const xmlNode *target = find_define(x, value_of(n, "name"));

			if (target)
				collect(x, target, optional, many, d);
		} else if (n->type == XML_ELEMENT_NODE) {
			collect(x, n, optional || is_rng(n, "optional"),
				many || is_rng(n, "zeroOrMore"), d);
		}
	}
}

static struct definition define(const struct explain *x, const xmlNode *element)
{
	struct definition d = { .element = element };

	collect(x, element, false, false, &d);
	return d;
}

static xmlRegexp *pattern_of(struct explain *x, const xmlNode *data)
{
	const xmlNode *param;

	for (unsigned int i = 0; i < x->n_patterns; i++)
		if (x->patterns[i].data == data)
			return x->patterns[i].regexp;
	for (param = data->children; param; param = param->next)
		if (is_rng(param, "param") && param->children)
			break;
	if (!param || x->n_patterns == PATTERNS_MAX)
		return NULL;
	x->patterns[x->n_patterns] = (struct pattern) {
		.data = data, .regexp = xmlRegexpCompile(param->children->content),
	};
	return x->patterns[x->n_patterns++].regexp;
}

/* Does @text fit a <data>?  A token is compared with its blanks collapsed. */
static bool fits_data(struct explain *x, const xmlNode *data, const xmlChar *text)
{
	bool token = !strcmp(value_of(data, "type"), "token");
	xmlRegexp *regexp = pattern_of(x, data);
	xmlChar *copy = xmlStrdup(text), *to = copy;
	bool fits;

	for (xmlChar *from = copy; token && copy && *from; from++) {
		if (!strchr(" \t\r\n", *from))
			*to++ = *from;
		else if (to > copy && to[-1] != ' ')
			*to++ = ' ';
	}
	if (token && copy) {
		if (to > copy && to[-1] == ' ')
			to--;
		*to = '\0';
	}
	fits = !copy || !regexp || xmlRegexpExec(regexp, copy) == 1;
	xmlFree(copy);
	return fits;
}

/* Does @text fit what stands below @node of the schema? */
static bool fits(struct explain *x, const xmlNode *node, const xmlChar *text)
{
	for (const xmlNode *n = node->children; n; n = n->next) {
		if (is_rng(n, "data"))
			return fits_data(x, n, text);
		if (is_rng(n, "value") && n->children &&
		    xmlStrEqual(n->children->content, text))
			return true;
		if (is_rng(n, "ref")) {
			const xmlNode *target = find_define(x, value_of(n, "name"));

			return !target || fits(x, target, text);
		}
		if (is_rng(n, "choice"))
			return fits(x, n, text);
	}
	return false;
}

/* Letters to change to make @b of @a; more than TYPO_MAX is all the same. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[NAME_LEN_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > NAME_LEN_MAX || lb > NAME_LEN_MAX)
		return TYPO_MAX + 1;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		unsigned int corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned int best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

/* The name among @nodes that @name was probably meant to be, or NULL. */
static const char *guess(const xmlNode *const *nodes, unsigned int n,
			 const char *name)
{
	unsigned int best = TYPO_MAX + 1;
	const char *found = NULL;

	for (unsigned int i = 0; i < n; i++) {
		const char *candidate = value_of(nodes[i], "name");
		unsigned int d = distance(name, candidate);

		/* Of a short name everything is two letters away. */
		if (d < best && d < strlen(candidate)) {
			best = d;
			found = candidate;
		}
	}
	return found;
}

/* The names of @nodes with blanks between, cut where @buf ends. */
static const char *list_names(const xmlNode *const *nodes, unsigned int n,
			      char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; i < n; i++) {
		const char *name = value_of(nodes[i], "name");
		size_t len = strlen(name);

		if (!strcmp(name, "xml:base") || !strcmp(name, "include") || used + len + 2 > size)
			continue;
		if (used)
			buf[used++] = ' ';
		memcpy(buf + used, name, len + 1);
		used += len;
	}
	return buf;
}

static void explain_unknown_attribute(struct explain *x, const xmlNode *node,
				      const char *prefix, const char *name,
				      const struct definition *d)
{
	struct xos_where where = xos_inv_where(node);
	const char *meant = guess(d->attributes, d->n_attributes, name);
	char known[256];

	if (prefix)
		xos_inv_problem(x->inv, &where,
				"<%s> has no attribute '%.60s:%.60s'; remove it",
				(char *)node->name, prefix, name);
	else if (meant)
		xos_inv_problem(x->inv, &where,
				"<%s> has no attribute '%.60s'; did you mean '%s'?",
				(char *)node->name, name, meant);
	else
		xos_inv_problem(x->inv, &where,
				"<%s> has no attribute '%.60s'; it knows: %s",
				(char *)node->name, name,
				list_names(d->attributes, d->n_attributes, known,
					   sizeof(known)));
}

static void explain_attribute(struct explain *x, const xmlNode *node,
			      const xmlAttr *attribute, struct definition *d)
{
	struct xos_where where = xos_inv_where(node);
	const char *name = (const char *)attribute->name;
	xmlChar *value;

	for (unsigned int i = 0; i < d->n_attributes; i++) {
		const char *known = value_of(d->attributes[i], "name");

		if (strcmp(attribute->ns ? "" : name, known) &&
		    !(attribute->ns && !strcmp(known, "xml:base") &&
		      !strcmp(name, "base")))
			continue;
		d->required &= ~(1u << i);
		value = xmlNodeGetContent((const xmlNode *)attribute);
		if (value && !fits(x, d->attributes[i], value))
			xos_inv_problem(x->inv, &where,
					"%s=\"%.*s\" is not right in <%s>; write %s",
					name, QUOTE_MAX, (char *)value,
					(char *)node->name,
					documentation(d->attributes[i]));
		xmlFree(value);
		return;
	}
	explain_unknown_attribute(x, node, attribute->ns ?
				  (char *)attribute->ns->prefix : NULL, name, d);
}

static void explain_attributes(struct explain *x, const xmlNode *node,
			       struct definition *d)
{
	struct xos_where where = xos_inv_where(node);

	for (const xmlAttr *a = node->properties; a; a = a->next)
		explain_attribute(x, node, a, d);
	for (unsigned int i = 0; i < d->n_attributes; i++)
		if (d->required & 1u << i)
			xos_inv_problem(x->inv, &where,
					"<%s> has no %s; add %s=\"...\", %s",
					(char *)node->name,
					value_of(d->attributes[i], "name"),
					value_of(d->attributes[i], "name"),
					documentation(d->attributes[i]));
}

/* An element that the schema knows, but not here, or does not know at all. */
static void explain_stray(struct explain *x, const xmlNode *node,
			  const struct definition *parent)
{
	struct xos_where where = xos_inv_where(node);
	const char *name = (const char *)node->name;
	const char *in = value_of(parent->element, "name");
	const char *meant = guess(parent->children, parent->n_children, name);
	char known[256];

	if (!is_ours(node))
		xos_inv_problem(x->inv, &where,
				"<%.60s> of namespace '%.100s' cannot stand in <%s>; %s",
				name, node->ns ? (char *)node->ns->href : "", in,
				strcmp(name, "include") ? "remove it" :
				"include files in <cluster> or <part>");
	else if (!strcmp(name, "cluster"))
		xos_inv_problem(x->inv, &where,
				"<cluster> in <%s>; the root of an included file is <part>",
				in);
	else if (find_element(x, name))
		xos_inv_problem(x->inv, &where,
				"<%s> cannot stand in <%s>; move it, see xos-inventory(5)",
				name, in);
	else if (meant)
		xos_inv_problem(x->inv, &where,
				"<%.60s> is not known in <%s>; did you mean <%s>?",
				name, in, meant);
	else
		xos_inv_problem(x->inv, &where,
				"<%.60s> is not known in <%s>; there may be: %s",
				name, in, parent->n_children ?
				list_names(parent->children, parent->n_children,
					   known, sizeof(known)) : "nothing");
}

static void explain_element(struct explain *x, const xmlNode *node,
			    const xmlNode *element);

/* @seen: bit n: the parent's n-th kind of child was there already. */
static void explain_child(struct explain *x, const xmlNode *node,
			  const struct definition *parent, uint32_t *seen)
{
	struct xos_where where = xos_inv_where(node);

	for (unsigned int i = 0; i < parent->n_children; i++) {
		if (!is_ours(node) || strcmp((char *)node->name,
				    value_of(parent->children[i], "name")))
			continue;
		if (*seen & parent->once & 1u << i)
			xos_inv_problem(x->inv, &where, "a second <%s> in <%s>; keep one",
					(char *)node->name,
					value_of(parent->element, "name"));
		*seen |= 1u << i;
		explain_element(x, node, parent->children[i]);
		return;
	}
	explain_stray(x, node, parent);
}

static void explain_content(struct explain *x, const xmlNode *node,
			    const struct definition *d)
{
	struct xos_where where = xos_inv_where(node);
	xmlChar *text = xmlNodeGetContent(node);

	if (text && !fits_data(x, d->content, text))
		xos_inv_problem(x->inv, &where, "<%s> '%.*s' is not right; write %s",
				(char *)node->name, QUOTE_MAX, (char *)text,
				documentation(d->element));
	xmlFree(text);
}

static bool is_stray_text(const xmlNode *node)
{
	return node->type == XML_ENTITY_REF_NODE ||
	       ((node->type == XML_TEXT_NODE ||
		 node->type == XML_CDATA_SECTION_NODE) && !xmlIsBlankNode(node));
}

static void explain_text(struct explain *x, const xmlNode *node,
			 const xmlNode *text)
{
	struct xos_where where = xos_inv_where(node);
	const char *words = text->content ? (char *)text->content : "";

	words += strspn(words, " \t\r\n");
	xos_inv_problem(x->inv, &where,
			"text in <%s>: '%.*s'; remove it or put it into an element",
			(char *)node->name, (int)strcspn(words, "\r\n") < QUOTE_MAX ?
			(int)strcspn(words, "\r\n") : QUOTE_MAX, words);
}

static void explain_element(struct explain *x, const xmlNode *node,
			    const xmlNode *element)
{
	struct definition d = define(x, element);
	uint32_t seen = 0;

	explain_attributes(x, node, &d);
	for (const xmlNode *n = node->children; n; n = n->next) {
		if (n->type == XML_ELEMENT_NODE)
			explain_child(x, n, &d, &seen);
		else if (!d.content && is_stray_text(n))
			explain_text(x, node, n);
	}
	if (d.content)
		explain_content(x, node, &d);
}

void xos_inv_explain(struct inv *inv, const xmlDoc *schema)
{
	const xmlNode *root = xmlDocGetRootElement(inv->doc);
	struct explain x = {
		.inv = inv, .grammar = xmlDocGetRootElement((xmlDoc *)schema),
	};
	const xmlNode *cluster = find_element(&x, "cluster");

	if (cluster)
		explain_element(&x, root, cluster);
	while (x.n_patterns)
		xmlRegFreeRegexp(x.patterns[--x.n_patterns].regexp);
}
