// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test-inventory-schema.c - conf/inventory.rng has the form that its messages need
 *
 * libxos/inventory-explain.c makes sentences of the schema: each element is
 * defined once, each attribute is documented and has a value of a known form.
 * The manual page has to name them all, too.
 */
#include <libxml/parser.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libxos/atomic.h"

static xmlDoc *schema;
static char *manual;

static const char *in_tree(const char *name)
{
	static char path[1024];

	snprintf(path, sizeof(path), "%s/../../../%s", getenv("TEST_DATA"), name);
	return path;
}

static int read_files(void **state)
{
	(void)state;
	schema = xmlReadFile(in_tree("conf/inventory.rng"), NULL, XML_PARSE_NONET);
	manual = xos_file_read(in_tree("docs/man/xos-inventory.5"), 1 << 20, NULL, NULL);
	return !schema || !manual;
}

static int free_files(void **state)
{
	(void)state;
	xmlFreeDoc(schema);
	xmlCleanupParser();
	free(manual);
	return 0;
}

static bool is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && !strcmp((char *)node->name, name);
}

static const xmlNode *child(const xmlNode *node, const char *name)
{
	for (const xmlNode *n = node->children; n; n = n->next)
		if (is(n, name))
			return n;
	return NULL;
}

static const char *name_of(const xmlNode *node)
{
	for (const xmlAttr *a = node->properties; a; a = a->next)
		if (!strcmp((char *)a->name, "name"))
			return (char *)a->children->content;
	return "";
}

static void for_each(const xmlNode *node, const char *name,
		     void (*look)(const xmlNode *node))
{
	for (; node; node = node->next) {
		if (is(node, name))
			look(node);
		if (node->type == XML_ELEMENT_NODE)
			for_each(node->children, name, look);
	}
}

static const xmlNode *define_of(const char *name)
{
	const xmlNode *found = NULL;

	for (const xmlNode *n = xmlDocGetRootElement(schema)->children; n; n = n->next)
		if (is(n, "define") && !strcmp(name_of(n), name)) {
			assert_null(found);
			found = n;
		}
	return found;
}

static void assert_documented(const xmlNode *node)
{
	const xmlNode *text = child(node, "documentation");
	size_t len;

	if (!text || !text->children)
		fail_msg("'%s' has no a:documentation", name_of(node));
	/* It goes on after "write" and before the line's end. */
	len = strlen((char *)text->children->content);
	assert_true(len > 5 && !strchr(".;, \n", text->children->content[len - 1]));
	assert_null(strchr((char *)text->children->content, '\n'));
}

static void assert_attribute(const xmlNode *attribute)
{
	const xmlNode *ref = child(attribute, "ref"), *data;

	assert_documented(attribute);
	if (!ref) {
		assert_non_null(child(attribute, "choice"));
		assert_non_null(child(child(attribute, "choice"), "value"));
		return;
	}
	data = child(define_of(name_of(ref)), "data");
	assert_non_null(data);
	assert_non_null(child(data, "param"));
}

static void attributes_are_documented(void **state)
{
	(void)state;
	for_each(xmlDocGetRootElement(schema), "attribute", assert_attribute);
}

static unsigned int same_names;
static const char *wanted;

static void count_name(const xmlNode *node)
{
	same_names += !strcmp(name_of(node), wanted);
}

static void assert_element(const xmlNode *element)
{
	assert_documented(element);
	/* It stands right below its define. */
	assert_true(is(element->parent, "define"));
	same_names = 0;
	wanted = name_of(element);
	for_each(xmlDocGetRootElement(schema), "element", count_name);
	assert_int_equal(same_names, 1);
}

static void elements_are_defined_once(void **state)
{
	(void)state;
	for_each(xmlDocGetRootElement(schema), "element", assert_element);
}

static void assert_ref(const xmlNode *ref)
{
	if (!define_of(name_of(ref)))
		fail_msg("nothing is defined as '%s'", name_of(ref));
}

static void references_lead_somewhere(void **state)
{
	(void)state;
	for_each(xmlDocGetRootElement(schema), "ref", assert_ref);
}

static void assert_in_manual(const xmlNode *node)
{
	if (strcmp(name_of(node), "xml:base") && !strstr(manual, name_of(node)))
		fail_msg("xos-inventory(5) does not name '%s'", name_of(node));
}

static void manual_names_everything(void **state)
{
	(void)state;
	for_each(xmlDocGetRootElement(schema), "element", assert_in_manual);
	for_each(xmlDocGetRootElement(schema), "attribute", assert_in_manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_documented),
		cmocka_unit_test(elements_are_defined_once),
		cmocka_unit_test(references_lead_somewhere),
		cmocka_unit_test(manual_names_everything),
	};

	return cmocka_run_group_tests_name("inventory-schema", tests, read_files,
					   free_files);
}
