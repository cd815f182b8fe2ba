// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * resource.c - a resource as XML, there and back
 *
 * The reader takes what strangers have signed: no network, no entity, a limit of
 * length, and the schema before anything is looked at.
 */
#include <errno.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

#include "resource.h"

#define NAMESPACE "urn:xos-ssi:resource:1"
#define QUIET (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)

extern const char xos_resource_rng[], xos_resource_rng_end[];

const char *resource_state_name(enum resource_state state)
{
	static const char *const names[] = { "joined", "stale", "revoked", "refused" };

	return names[state];
}

void resource_free(struct resource *resource)
{
	free(resource->member);
	resource->member = NULL;
	resource->n_members = 0;
}

static void quiet(void *arg, xmlErrorPtr error)
{
	char *why = arg;

	if (error->message && !*why)
		snprintf(why, 200, "%.*s", (int)strcspn(error->message, "\n"), error->message);
}

static int check_schema(xmlDoc *doc, struct xos_error *err)
{
	xmlDoc *rng = xmlReadMemory(xos_resource_rng,
				    (int)(xos_resource_rng_end - xos_resource_rng),
				    "resource.rng", NULL, QUIET);
	xmlRelaxNGParserCtxt *parser = rng ? xmlRelaxNGNewDocParserCtxt(rng) : NULL;
	xmlRelaxNG *schema = parser ? xmlRelaxNGParse(parser) : NULL;
	xmlRelaxNGValidCtxt *ctxt = schema ? xmlRelaxNGNewValidCtxt(schema) : NULL;
	char why[200] = "";
	int rc = -ENOMEM;

	if (ctxt) {
		xmlRelaxNGSetValidStructuredErrors(ctxt, quiet, why);
		rc = xmlRelaxNGValidateDoc(ctxt, doc) ? -EINVAL : 0;
	}
	xmlRelaxNGFreeValidCtxt(ctxt);
	xmlRelaxNGFree(schema);
	xmlRelaxNGFreeParserCtxt(parser);
	xmlFreeDoc(rng);
	return rc ? xos_error_set(err, rc, XOS_EXIT_FAILED,
				  "the description does not fit its schema: %s",
				  rc == -ENOMEM ? "no memory" : why) : 0;
}

static void get(const xmlNode *node, const char *name, char *text, size_t size)
{
	xmlChar *value = xmlGetNoNsProp(node, BAD_CAST name);

	snprintf(text, size, "%s", value ? (char *)value : "");
	xmlFree(value);
}

static unsigned long long number(const xmlNode *node, const char *name)
{
	char text[32];

	get(node, name, text, sizeof(text));
	return strtoull(text, NULL, 10);
}

static bool truth(const xmlNode *node, const char *name)
{
	char text[8];

	get(node, name, text, sizeof(text));
	return !strcmp(text, "true") || !strcmp(text, "1");
}

static int read_member(struct resource *r, const xmlNode *node)
{
	struct resource_member *member;

	member = realloc(r->member, (r->n_members + 1) * sizeof(*member));
	if (!member)
		return -ENOMEM;
	r->member = member;
	member += r->n_members++;
	member->id = number(node, "Id");
	get(node, "State", member->state, sizeof(member->state));
	return 0;
}

static int read_node(struct resource *r, const xmlNode *node)
{
	const char *name = (const char *)node->name;

	if (!strcmp(name, "Processor")) {
		get(node, "Model", r->model, sizeof(r->model));
		get(node, "Platform", r->platform, sizeof(r->platform));
		r->processors = number(node, "Count");
	} else if (!strcmp(name, "MainMemory")) {
		r->memory_mib = number(node, "RAMSize");
		r->available_mib = number(node, "RAMAvailable");
	} else if (!strcmp(name, "OperatingSystem")) {
		get(node, "Name", r->os, sizeof(r->os));
		get(node, "Release", r->kernel, sizeof(r->kernel));
	} else if (!strcmp(name, "Member")) {
		return read_member(r, node);
	} else if (!strcmp(name, "ComputingElement")) {
		r->running += number(node, "RunningJobs");
	} else if (!strcmp(name, "Checkpointer")) {
		get(node, "Name", r->checkpointer, sizeof(r->checkpointer));
		r->checkpoints = truth(node, "Available");
		r->threads = truth(node, "Threads");
		r->sockets = truth(node, "Sockets");
		r->sysvipc = truth(node, "SysVIPC");
		r->incremental = truth(node, "Incremental");
	}
	return 0;
}

/* Depth is what the schema allows, so this needs no limit of its own. */
static int read_tree(struct resource *r, const xmlNode *node)
{
	int rc = 0;

	for (; node && !rc; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		rc = read_node(r, node);
		if (!rc)
			rc = read_tree(r, node->children);
	}
	return rc;
}

int resource_read(struct resource *resource, const char *xml, size_t len,
		  struct xos_error *err)
{
	xmlDoc *doc;
	int rc;

	memset(resource, 0, sizeof(*resource));
	doc = len <= RESOURCE_TEXT_MAX ?
		xmlReadMemory(xml, (int)len, "resource", NULL, QUIET) : NULL;
	if (!doc || doc->intSubset) {
		xmlFreeDoc(doc);
		return xos_error_set(err, -EINVAL, XOS_EXIT_FAILED,
				     "the description is not XML without a DOCTYPE");
	}
	rc = check_schema(doc, err);
	if (!rc) {
		const xmlNode *root = xmlDocGetRootElement(doc);

		get(root, "Name", resource->name, sizeof(resource->name));
		get(root, "Grid", resource->grid, sizeof(resource->grid));
		resource->time = (long long)number(root, "Time");
		rc = read_tree(resource, root->children);
	}
	xmlFreeDoc(doc);
	if (rc)
		resource_free(resource);
	return rc;
}

static void set(xmlNode *node, const char *name, const char *value)
{
	xmlNewProp(node, BAD_CAST name, BAD_CAST value);
}

static void set_number(xmlNode *node, const char *name, unsigned long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", value);
	set(node, name, text);
}

static void set_truth(xmlNode *node, const char *name, bool value)
{
	set(node, name, value ? "true" : "false");
}

static xmlNode *child(xmlNode *parent, const char *name)
{
	return xmlNewChild(parent, parent->ns, BAD_CAST name, NULL);
}

static void write_host(xmlNode *sub, const struct resource *r)
{
	xmlNode *host = child(sub, "Host"), *node = child(host, "Processor");

	set(node, "Model", r->model);
	set_number(node, "Count", r->processors);
	set(node, "Platform", r->platform);
	node = child(host, "MainMemory");
	set_number(node, "RAMSize", r->memory_mib);
	set_number(node, "RAMAvailable", r->available_mib);
	node = child(host, "OperatingSystem");
	set(node, "Name", r->os);
	set(node, "Release", r->kernel);
}

static void write_rest(xmlNode *root, const struct resource *r)
{
	xmlNode *node = child(root, "ComputingElement");

	set(node, "Name", "interactive");
	set(node, "LRMSType", "fork");
	set_number(node, "TotalCPUs", r->processors);
	set_number(node, "RunningJobs", r->running);
	node = child(root, "Checkpointer");
	set(node, "Name", r->checkpointer);
	set_truth(node, "Available", r->checkpoints);
	set_truth(node, "Threads", r->threads);
	set_truth(node, "Sockets", r->sockets);
	set_truth(node, "SysVIPC", r->sysvipc);
	set_truth(node, "Incremental", r->incremental);
}

char *resource_write(const struct resource *resource, struct xos_error *err)
{
	xmlDoc *doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST "Cluster", NULL), *sub;
	xmlChar *text = NULL;
	char *copy = NULL;
	int len;

	xmlDocSetRootElement(doc, root);
	xmlSetNs(root, xmlNewNs(root, BAD_CAST NAMESPACE, NULL));
	set(root, "Name", resource->name);
	set(root, "Grid", resource->grid);
	set_number(root, "Time", resource->time);
	sub = child(root, "SubCluster");
	write_host(sub, resource);
	for (size_t i = 0; i < resource->n_members; i++) {
		xmlNode *member = child(sub, "Member");

		set_number(member, "Id", resource->member[i].id);
		set(member, "State", resource->member[i].state);
	}
	write_rest(root, resource);
	/* read again: attributes alone do not make a namespace */
	xmlDocDumpFormatMemoryEnc(doc, &text, &len, "UTF-8", 1);
	xmlFreeDoc(doc);
	doc = text ? xmlReadMemory((char *)text, len, "resource", NULL, QUIET) : NULL;
	if (!doc)
		xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	else if (!check_schema(doc, err))
		copy = strdup((char *)text);
	xmlFreeDoc(doc);
	xmlFree(text);
	return copy;
}
