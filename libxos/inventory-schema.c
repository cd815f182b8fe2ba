// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * inventory-schema.c - holds a tree against the schema built into the library
 *
 * libxml2 says whether the tree fits; why it does not is said in words by
 * inventory-explain.c.
 */
#include <errno.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <string.h>

#include "inventory-impl.h"

extern const char xos_schema_rng[], xos_schema_rng_end[];

/* What libxml2 said last, for the case that nothing better is found. */
static void on_error(void *data, xmlErrorPtr error)
{
	xmlError *last = data;

	if (error->node && error->message && !last->message)
		xmlCopyError(error, last);
}

static xmlRelaxNG *parse_schema(xmlDoc *doc)
{
	xmlRelaxNGParserCtxt *ctxt = xmlRelaxNGNewDocParserCtxt(doc);
	xmlRelaxNG *schema;

	if (!ctxt)
		return NULL;
	schema = xmlRelaxNGParse(ctxt);
	xmlRelaxNGFreeParserCtxt(ctxt);
	return schema;
}

static int validate(struct inv *inv, xmlRelaxNG *schema, xmlError *error)
{
	xmlRelaxNGValidCtxt *ctxt = xmlRelaxNGNewValidCtxt(schema);
	int rc;

	if (!ctxt)
		return -ENOMEM;
	xmlRelaxNGSetValidStructuredErrors(ctxt, on_error, error);
	rc = xmlRelaxNGValidateDoc(ctxt, inv->doc);
	xmlRelaxNGFreeValidCtxt(ctxt);
	return rc < 0 ? -EINVAL : rc;
}

/* The root is looked at first: what hangs on a wrong one means nothing. */
static bool check_root(struct inv *inv)
{
	const xmlNode *root = xmlDocGetRootElement(inv->doc);
	struct xos_where where = xos_inv_where(root);

	if (xmlStrEqual(root->name, BAD_CAST "cluster") && root->ns &&
	    xmlStrEqual(root->ns->href, BAD_CAST XOS_INV_NS))
		return true;
	xos_inv_problem(inv, &where,
			"<%.60s%s%.100s%s> is not an inventory; its root is <cluster xmlns=\"" XOS_INV_NS "\">",
			(char *)root->name, root->ns ? " xmlns=\"" : "",
			root->ns ? (char *)root->ns->href : "",
			root->ns ? "\"" : "");
	return false;
}

static void tell(struct inv *inv, const xmlDoc *schema, const xmlError *error)
{
	const xmlNode *node = error->node;
	struct xos_where where;

	xos_inv_explain(inv, schema);
	if (inv->n_problems)
		return;
	if (!node || node->doc != inv->doc || node == (xmlNode *)inv->doc)
		node = xmlDocGetRootElement(inv->doc);
	where = xos_inv_where(node);
	xos_inv_problem(inv, &where,
			"does not fit the schema: %.*s; see xos-inventory(5)",
			error->message ? (int)strcspn(error->message, "\n") : 0,
			error->message ? error->message : "");
}

int xos_inv_schema_check(struct inv *inv)
{
	size_t len = xos_schema_rng_end - xos_schema_rng;
	xmlRelaxNG *schema = NULL;
	xmlError error = { 0 };
	int rc = -ENOMEM;
	xmlDoc *doc;

	if (!check_root(inv))
		return 0;
	doc = xmlReadMemory(xos_schema_rng, (int)len, "inventory.rng", NULL,
			    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (doc)
		schema = parse_schema(doc);
	if (schema)
		rc = validate(inv, schema, &error);
	if (rc > 0) {
		tell(inv, doc, &error);
		rc = 0;
	}
	xmlResetError(&error);
	xmlRelaxNGFree(schema);
	xmlFreeDoc(doc);
	return rc;
}
