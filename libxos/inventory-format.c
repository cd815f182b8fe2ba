// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * inventory-format.c - a loaded inventory as XML again
 *
 * What comes out has no range, no profile, no include and no overlay: every
 * node stands there with all it has.  The head is given this form, so it needs
 * none of the files that the admin's inventory is made of.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libxml/xmlwriter.h>
#include <string.h>

#include "inventory-impl.h"

/* The writer fails only for want of memory; one look at the end tells. */
static void attr(xmlTextWriter *w, const char *name, const char *value)
{
	if (value)
		xmlTextWriterWriteAttribute(w, BAD_CAST name, BAD_CAST value);
}

static void attr_number(xmlTextWriter *w, const char *name, unsigned int value)
{
	xmlTextWriterWriteFormatAttribute(w, BAD_CAST name, "%u", value);
}

static void attr_mac(xmlTextWriter *w, const uint8_t mac[6])
{
	char text[18];

	attr(w, "mac", xos_mac_format(mac, ':', text));
}

static void attr_address(xmlTextWriter *w, struct in_addr address)
{
	char text[INET_ADDRSTRLEN];

	attr(w, "address", inet_ntop(AF_INET, &address, text, sizeof(text)));
}

static void start(xmlTextWriter *w, const char *name)
{
	xmlTextWriterStartElement(w, BAD_CAST name);
}

static void element(xmlTextWriter *w, const char *name, const char *text)
{
	xmlTextWriterWriteElement(w, BAD_CAST name, BAD_CAST text);
}

static void elements(xmlTextWriter *w, const char *name, const struct xos_strings *list)
{
	for (size_t i = 0; i < list->n; i++)
		element(w, name, list->s[i]);
}

static void format_head(xmlTextWriter *w, const struct xos_head *head)
{
	start(w, "head");
	attr(w, "name", head->name);
	attr_address(w, head->address);
	attr_number(w, "prefix", head->prefix);
	attr(w, "interface", head->interface);
	attr_mac(w, head->mac);
	if (head->memory_mib)
		attr_number(w, "memory", head->memory_mib);
	if (head->processors)
		attr_number(w, "processors", head->processors);
	if (head->image)
		attr(w, "image", head->image->name);
	attr(w, "backend", head->backend);
	attr(w, "config", head->config);
	attr(w, "config-on", head->config ? head->config_on : NULL);
	attr_number(w, "slots", head->slots);
	xmlTextWriterEndElement(w);
}

static void format_image(xmlTextWriter *w, const struct xos_image *image)
{
	start(w, "image");
	attr(w, "name", image->name);
	attr(w, "suite", image->suite);
	attr(w, "root", image->root == XOS_ROOT_RAM ? "ram" : "nfs");
	attr(w, "drivers", image->drivers);
	elements(w, "package", &image->packages);
	if (*image->bootline)
		element(w, "bootline", image->bootline);
	elements(w, "enable", &image->enable);
	elements(w, "disable", &image->disable);
	xmlTextWriterEndElement(w);
}

static void format_node(xmlTextWriter *w, const struct xos_node *node)
{
	start(w, "node");
	attr(w, "name", node->name);
	attr_number(w, "id", node->id);
	attr_mac(w, node->mac);
	attr_address(w, node->address);
	attr(w, "image", node->image->name);
	attr(w, "backend", node->backend);
	attr(w, "interface", node->interface);
	attr_number(w, "memory", node->memory_mib);
	attr_number(w, "processors", node->processors);
	if (*node->bootline)
		attr(w, "bootline", node->bootline);
	elements(w, "enable", &node->enable);
	elements(w, "disable", &node->disable);
	elements(w, "option", &node->options);
	xmlTextWriterEndElement(w);
}

/* Thousandths, as the schema allows; "%f" would follow the locale. */
static void attr_seconds(xmlTextWriter *w, const char *name, double seconds)
{
	unsigned long ms = (unsigned long)(seconds * 1000 + 0.5);

	xmlTextWriterWriteFormatAttribute(w, BAD_CAST name, "%lu.%03lu",
					  ms / 1000, ms % 1000);
}

static void format_policy(xmlTextWriter *w, const struct xos_policy *policy)
{
	start(w, "policy");
	if (policy->min_nodes)
		attr_number(w, "min-nodes", policy->min_nodes);
	else
		xmlTextWriterWriteFormatAttribute(w, BAD_CAST "min-nodes", "%u%%",
						  policy->min_percent);
	attr_number(w, "window", policy->window);
	attr_seconds(w, "pause", policy->pause_s);
	for (size_t i = 0; i < policy->n_timeouts; i++) {
		const struct xos_timeout *t = &policy->timeouts[i];

		start(w, "timeout");
		attr(w, "state", t->state);
		attr_seconds(w, "base", t->base_s);
		attr_seconds(w, "per-node", t->per_node_s);
		attr_number(w, "retries", t->retries);
		xmlTextWriterEndElement(w);
	}
	xmlTextWriterEndElement(w);
}

static void format_cluster(xmlTextWriter *w, const struct xos_inventory *inv)
{
	xmlTextWriterStartElementNS(w, NULL, BAD_CAST "cluster", BAD_CAST XOS_INV_NS);
	attr(w, "name", inv->name);
	attr_number(w, "session", inv->session);
	attr(w, "security", inv->secure ? "on" : "off");
	attr(w, "backend", inv->backend);
	format_head(w, &inv->head);
	for (size_t i = 0; i < inv->n_images; i++)
		format_image(w, &inv->images[i]);
	for (size_t i = 0; i < inv->n_nodes; i++)
		format_node(w, &inv->nodes[i]);
	format_policy(w, &inv->policy);
	elements(w, "module", &inv->modules);
	start(w, "grid");
	attr(w, "hook", inv->grid_hook);
	xmlTextWriterEndElement(w);
	xmlTextWriterEndElement(w);
}

char *xos_inventory_format(const struct xos_inventory *inv, struct xos_error *err)
{
	xmlBuffer *buffer = xmlBufferCreate();
	xmlTextWriter *w = buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL;
	char *text = NULL;

	if (w) {
		xmlTextWriterSetIndent(w, 1);
		xmlTextWriterStartDocument(w, NULL, "UTF-8", NULL);
		format_cluster(w, inv);
		if (xmlTextWriterEndDocument(w) >= 0)
			text = strdup((const char *)xmlBufferContent(buffer));
		xmlFreeTextWriter(w);
	}
	xmlBufferFree(buffer);
	if (!text)
		xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "out of memory");
	return text;
}
