// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * inventory-xml.c - from files to one tree whose elements know where they stood
 *
 * Inclusion follows XInclude's <xi:include href="FILE"/> but is done here:
 * libxml2's own opens whatever the name says (a FIFO, a compressed file) and
 * forgets which file an element came from.  A document type is refused when it
 * is seen, so there are no entities and nothing is fetched.
 */
#include <errno.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/uri.h>
#include <string.h>

#include "atomic.h"
#include "cleanup.h"
#include "inventory-impl.h"

#define XINCLUDE_NS	"http://www.w3.org/2001/XInclude"
#define FILE_MAX_BYTES	(16u << 20)
#define DEPTH_MAX	8
#define FILES_MAX	1024
#define PARSE_FLAGS	(XML_PARSE_NONET | XML_PARSE_NOERROR | \
			 XML_PARSE_NOWARNING | XML_PARSE_COMPACT)

/* What a parser context's _private points to: the first fault counts. */
struct parse {
	struct inv *inv;
	const struct inv_source *source;
	bool told, no_memory;
};

/**
 * struct place - where an element stood; its _private
 * libxml2's own line field ends at 65535 and knows no file.
 */
struct place {
	const struct inv_source *source;
	int line;
};

static const struct place *place_of(const xmlNode *node)
{
	while (node && !(node->type == XML_ELEMENT_NODE && node->_private))
		node = node->parent;
	return node ? node->_private : NULL;
}

const struct inv_source *xos_inv_source(const xmlNode *node)
{
	return place_of(node)->source;
}

struct xos_where xos_inv_where(const xmlNode *node)
{
	const struct place *place = place_of(node);

	return (struct xos_where) { place->source->file, place->line };
}

static void on_element(void *data, const xmlChar *name, const xmlChar *prefix,
		       const xmlChar *uri, int n_namespaces,
		       const xmlChar **namespaces, int n_attributes,
		       int n_defaulted, const xmlChar **attributes)
{
	xmlParserCtxt *ctxt = data;
	struct parse *p = ctxt->_private;
	struct place *place = xos_arena_alloc(p->inv->arena, sizeof(*place));

	xmlSAX2StartElementNs(data, name, prefix, uri, n_namespaces, namespaces,
			      n_attributes, n_defaulted, attributes);
	if (!place || !ctxt->node) {
		p->no_memory = true;
		xmlStopParser(ctxt);
		return;
	}
	place->source = p->source;
	place->line = ctxt->input->line;
	ctxt->node->_private = place;
}

static void on_error(void *data, xmlErrorPtr error)
{
	xmlParserCtxt *ctxt = data;
	struct parse *p = ctxt->_private;
	struct xos_where where = { p->source->file, error->line };
	size_t len = error->message ? strlen(error->message) : 0;

	if (p->told || error->level == XML_ERR_WARNING)
		return;
	p->told = true;
	while (len && error->message[len - 1] == '\n')
		len--;
	xos_inv_problem(p->inv, &where, "not well-formed XML: %.*s; correct it",
			(int)len, error->message ? error->message : "");
}

static void on_doctype(void *data, const xmlChar *name, const xmlChar *external,
		       const xmlChar *system)
{
	xmlParserCtxt *ctxt = data;
	struct parse *p = ctxt->_private;

	(void)name, (void)external, (void)system;
	if (!p->told) {
		struct xos_where where = { p->source->file, ctxt->input->line };

		xos_inv_problem(p->inv, &where,
				"a document type is not allowed here; remove <!DOCTYPE>, there are no entities");
	}
	p->told = true;
	xmlStopParser(ctxt);
}

/* All trees share one dictionary, which lets an element move between them. */
static int parse_bytes(struct inv *inv, const struct inv_source *source,
		       const char *data, size_t len, xmlDoc **doc)
{
	struct parse p = { .inv = inv, .source = source };
	struct xos_where where = { source->file, 0 };
	xmlParserCtxt *ctxt = xmlNewParserCtxt();

	if (!ctxt)
		return -ENOMEM;
	xmlDictFree(ctxt->dict);
	ctxt->dict = inv->dict;
	xmlDictReference(inv->dict);
	ctxt->_private = &p;
	ctxt->sax->serror = on_error;
	ctxt->sax->internalSubset = on_doctype;
	ctxt->sax->startElementNs = on_element;
	*doc = xmlCtxtReadMemory(ctxt, data, (int)len, NULL, NULL, PARSE_FLAGS);
	xmlFreeParserCtxt(ctxt);
	if (*doc && !p.told && !p.no_memory && xmlDocGetRootElement(*doc))
		return 0;
	if (!p.told && !p.no_memory)
		xos_inv_problem(inv, &where,
				"holds no XML; write an inventory, see xos-inventory(5)");
	xmlFreeDoc(*doc);
	*doc = NULL;
	return p.no_memory ? -ENOMEM : 0;
}

static char *absolute_dir(struct xos_arena *arena, const char *file)
{
	const char *slash = strrchr(file, '/');
	cleanup_free char *real = NULL;
	cleanup_free char *dir = NULL;

	if (!strcmp(file, "-") || !slash)
		dir = strdup(".");
	else
		dir = strndup(file, slash == file ? 1 : (size_t)(slash - file));
	real = dir ? realpath(dir, NULL) : NULL;
	return real ? xos_arena_strdup(arena, real) : NULL;
}

/**
 * load() - parse one file
 * @path: of the file, kept
 * @from: the element to blame when it cannot be read, or NULL
 * @doc: receives the tree, NULL after a problem
 */
static int load(struct inv *inv, const char *path, const xmlNode *from,
		unsigned int depth, xmlDoc **doc)
{
	struct xos_where where = { NULL, 0 };
	struct inv_source *source = xos_arena_alloc(inv->arena, sizeof(*source));
	struct xos_error err;
	cleanup_free char *data = NULL;
	size_t len;

	*doc = NULL;
	if (!source)
		return -ENOMEM;
	if (from)
		where = xos_inv_where(from);
	data = xos_file_read(path, FILE_MAX_BYTES, &len, &err);
	if (!data) {
		xos_inv_problem(inv, &where, "%s; %s", err.text,
				from ? "correct href, or make the file" :
				"give the inventory's path with -i");
		return 0;
	}
	source->file = strcmp(path, "-") ? path : "standard input";
	source->dir = absolute_dir(inv->arena, path);
	source->depth = depth;
	if (!source->dir)
		return -ENOMEM;
	return parse_bytes(inv, source, data, len, doc);
}

static bool is_include(const xmlNode *node)
{
	return node->type == XML_ELEMENT_NODE && node->ns &&
	       xmlStrEqual(node->ns->href, BAD_CAST XINCLUDE_NS) &&
	       xmlStrEqual(node->name, BAD_CAST "include");
}

/* The path that an include names, relative to the file that it stands in. */
static char *include_path(struct inv *inv, const xmlNode *node)
{
	const struct inv_source *source = xos_inv_source(node);
	xmlChar *href = xmlGetNoNsProp(node, BAD_CAST "href");
	const char *slash = strrchr(source->file, '/');
	char *raw, *path = NULL;

	raw = href ? xmlURIUnescapeString((char *)href, 0, NULL) : NULL;
	if (raw && *raw)
		path = xos_arena_printf(inv->arena, "%.*s%s",
					slash && *raw != '/' ?
					(int)(slash - source->file + 1) : 0,
					source->file, raw);
	xmlFree(raw);
	xmlFree(href);
	return path;
}

static int include(struct inv *inv, xmlNode **node)
{
	struct xos_where where = xos_inv_where(*node);
	unsigned int depth = xos_inv_source(*node)->depth + 1;
	char *path = include_path(inv, *node);
	xmlNode *old = *node, *root;
	xmlDoc *doc;
	int rc;

	*node = NULL;
	if (!path || xmlFirstElementChild(old)) {
		xos_inv_problem(inv, &where,
				"xi:include needs href=\"FILE\" and nothing else; correct it");
		return 0;
	}
	if (depth > DEPTH_MAX || inv->n_files++ > FILES_MAX) {
		xos_inv_problem(inv, &where,
				"'%s' is included more than %u deep; does a file include itself?",
				path, DEPTH_MAX);
		return 0;
	}
	rc = load(inv, path, old, depth, &doc);
	if (rc || !doc)
		return rc;
	root = xmlDocGetRootElement(doc);
	xmlReplaceNode(old, root);
	xmlFreeNode(old);
	xmlFreeDoc(doc);
	*node = root;
	return 0;
}

/* Includes stand among the children of <cluster> and of <part>. */
static int expand(struct inv *inv, xmlNode *node)
{
	xmlNode *next;
	int rc = 0;

	while (node && is_include(node)) {
		rc = include(inv, &node);
		if (rc)
			return rc;
	}
	if (!node || (!xmlStrEqual(node->name, BAD_CAST "cluster") &&
		      !xmlStrEqual(node->name, BAD_CAST "part")))
		return 0;
	for (xmlNode *n = node->children; n && !rc; n = next) {
		next = n->next;
		if (n->type == XML_ELEMENT_NODE)
			rc = expand(inv, n);
	}
	return rc;
}

int xos_inv_xml_read(struct inv *inv, const char *file)
{
	int rc = load(inv, file, NULL, 0, &inv->doc);
	xmlNode *root;

	if (rc || !inv->doc)
		return rc;
	root = xmlDocGetRootElement(inv->doc);
	if (is_include(root)) {
		struct xos_where where = xos_inv_where(root);

		xos_inv_problem(inv, &where,
				"the inventory is an xi:include; put it into <cluster>");
		return 0;
	}
	return expand(inv, root);
}
