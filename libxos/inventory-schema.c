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

int xos_inv_schema_check(struct inv *inv)
{
	size_t len = xos_schema_rng_end - xos_schema_rng;
	xmlError error = { 0 };
	xmlRelaxNG *schema;
	struct xos_where where;
	xmlDoc *doc;
	int rc = -ENOMEM;

	doc = xmlReadMemory(xos_schema_rng, (int)len, "inventory.rng", NULL,
			    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	schema = doc ? parse_schema(doc) : NULL;
	if (schema)
		rc = validate(inv, schema, &error);
	if (rc > 0) {
		where = xos_inv_where(error.node ? error.node :
				      xmlDocGetRootElement(inv->doc));
		xos_inv_problem(inv, &where, "%s", error.message ? error.message :
				"does not fit the schema");
		rc = 0;
	}
	xmlResetError(&error);
	xmlRelaxNGFree(schema);
	xmlFreeDoc(doc);
	return rc;
}
