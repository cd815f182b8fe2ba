// SPDX-License-Identifier: LGPL-2.1-or-later
/* test-xosautoconfig-input.c - every key, good and bad; what several get wrong */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "xosautoconfig/grid-input.h"
#include "xosautoconfig/grid-write.h"

static void parse(struct xos_grid *grid, enum xos_grid_input input, const char *text)
{
	char *copy = strdup(text);

	xos_grid_parse(grid, input, copy, strlen(copy));
	free(copy);
}

static const char *first(const struct xos_strings *list)
{
	return list->n ? list->s[0] : "";
}

/* For each type: a value that is right, and some that are not. */
static const struct {
	const char *key;
	const char *good;
	const char *bad[6];
} values[] = {
	{ "USESSL", "false", { "yes", "TRUE", "1", "true false" } },
	{ "CERTDAYS", "825", { "0", "826", "-1", "1.5", "9999999999" } },
	{ "GRIDNAME", "a.b_c-1", { "a b", "-a", "a/b", "a;b", "é" } },
	{ "VO", "a,b", { "a,", ",a", "a b", "a,,b" } },
	{ "DOMAIN", "grid.example.org", { ".org", "a..b", "A.org", "a_b" } },
	{ "DIRHOSTIP", "fe80::1", { "10.0.0.256", "head;", "-x", "1.2.3" } },
	{ "OSDHOSTIP", "10.0.0.1,node-1", { "10.0.0.1,", "a b", "," } },
	{ "RCA_AUTOCONFIRM", "10.0.0.0/24,10.1.0.0/16",
	  { "10.0.0.0", "10.0.0.0/33", "10.0.0.1/24", "::/0", "10.0.0.0/x" } },
	{ "PROXY", "http://p:3128", { "p:3128", "http://", "ftp://p", "http://p\"x" } },
	{ "PROXY", "noProxy", { "NOPROXY" } },
	{ "CADIR", "/srv/ca", { "srv", "/a b", "/a/../b", "/a$b" } },
	{ "KEYALG", "rsa:3072", { "rsa", "rsa:1024", "ec:P-256|rsa:3072" } },
	{ "CAFINGERPRINT", "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
	  { "0f1e", "0F1E2D3C4B5A69788796A5B4C3D2E1F00F1E2D3C4B5A69788796A5B4C3D2E1F0" } },
};

static void test_values(void **state)
{
	char why[160];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		enum xos_grid_key key = xos_grid_key_find(values[i].key);

		assert_int_not_equal(key, XOS_GRID_KEYS);
		assert_true(xos_grid_value_check(key, values[i].good, why, sizeof(why)));
		assert_true(xos_grid_value_check(key, "", why, sizeof(why)));
		for (const char *const *bad = values[i].bad; *bad; bad++) {
			if (xos_grid_value_check(key, *bad, why, sizeof(why)))
				fail_msg("%s=%s was taken", values[i].key, *bad);
			assert_ptr_equal(strstr(why, "is not "), why);
		}
	}
}

/* The table itself: whole, and its own examples and defaults are right. */
static void test_table(void **state)
{
	static const char *const historic[] = {
		"PROXY", "NTP", "GLOBALVOPSIP", "SCALARISBOOTIP", "OWBOOTSTRAPIP",
		"RSSBOOTSTRAPIP", "DIXIROOTHOST", "DIXIROOTIP", "DIRHOSTIP", "MRCHOSTIP",
		"OSDHOSTIP", "USESSL", "SETMEDIA", "CONFIGUREVO", "MYHOSTNAME", "MYIP",
		"MYINTERFACE", "MYDISK", "MYNODETYPE", "XOSDADDRESSEXTERNALADDRESS",
		"XOSDADDRESSHOST", "ADDRESSHOST", "NOPROMPT",
	};
	size_t n = 0;
	char why[160];

	(void)state;
	for (enum xos_grid_key key = 0; key < XOS_GRID_KEYS; key++) {
		const struct xos_grid_key_info *info = xos_grid_key_info(key);

		assert_non_null(info->name);
		assert_int_equal(xos_grid_key_find(info->name), key);
		assert_true(*info->drives && *info->example);
		assert_true(xos_grid_value_check(key, info->example, why, sizeof(why)));
		if (*info->fallback != '@')
			assert_true(xos_grid_value_check(key, info->fallback, why,
							 sizeof(why)));
		n += info->original;
	}
	for (size_t i = 0; i < sizeof(historic) / sizeof(*historic); i++)
		assert_true(xos_grid_key_info(xos_grid_key_find(historic[i]))->original);
	assert_int_equal(n, sizeof(historic) / sizeof(*historic));
}

static const struct {
	enum xos_grid_input input;
	const char *text;
	const char *problem;	/* the first, or "" */
	const char *warning;
} lines[] = {
	{ XOS_GRID_GLOBAL, "# c\n\nGRIDNAME=a\r\nUSESSL = true\nNTP=\"a,b\"\n", "", "" },
	{ XOS_GRID_GLOBAL, "PROXY=http://p/#x\n",
	  "globalDefs:1: PROXY: 'http://p/#x' is not noProxy or a URL http://HOST:PORT; e.g. PROXY=http://proxy.example.org:3128", "" },
	{ XOS_GRID_GLOBAL, "\nUSESSL=maybe",
	  "globalDefs:2: USESSL: 'maybe' is not true or false; e.g. USESSL=true", "" },
	{ XOS_GRID_GLOBAL, "CERTDAYS=0",
	  "globalDefs:1: CERTDAYS: '0' is not a number from 1 to 825; e.g. CERTDAYS=90", "" },
	{ XOS_GRID_GLOBAL, "MYIP=10.0.0.1", "globalDefs:1: MYIP: belongs into localDefs", "" },
	{ XOS_GRID_LOCAL, "NTP=a", "localDefs:1: NTP: belongs into globalDefs", "" },
	{ XOS_GRID_LOCAL, "VO=a\n\nVO=b", "localDefs:3: VO: is in line 1 already; keep one", "" },
	{ XOS_GRID_LOCAL, "hello", "localDefs:1: 'hello' is not KEY=VALUE; e.g. MYHOSTNAME=node-1", "" },
	{ XOS_GRID_GLOBAL, "USESLS=true", "", "globalDefs:1: USESLS: unknown key; did you mean USESSL?" },
	{ XOS_GRID_GLOBAL, "usessl=true", "", "globalDefs:1: usessl: unknown key; did you mean USESSL?" },
	{ XOS_GRID_GLOBAL, "COLOUR=red", "", "globalDefs:1: COLOUR: unknown key; see xosautoconfig(5)" },
	{ XOS_GRID_TYPES, "core-node: a\nresource-node: b-[1-3] c # d", "", "" },
	{ XOS_GRID_TYPES, "head-node: a\nresource-node: a",
	  "nodeTypes:2: 'a' is in line 1 already (core); a host has one role", "" },
	{ XOS_GRID_TYPES, "boss-node: a",
	  "nodeTypes:1: boss-node: unknown type; core-node, resource-node or client-node", "" },
	{ XOS_GRID_TYPES, "core-node a",
	  "nodeTypes:1: 'core-node a' is not TYPE: HOST...; e.g. resource-node: node-[1-3]", "" },
	{ XOS_GRID_TYPES, "resource-node: n[1-2000]", "nodeTypes:1: 2000 hosts; 1023 are the most", "" },
	{ XOS_GRID_HOSTS, "10.0.0.1 a b # c\n::1 d\n", "", "" },
	{ XOS_GRID_HOSTS, "10.0.0 a", "etc/hosts:1: '10.0.0' is not an address; e.g. 10.0.0.17 node-1", "" },
	{ XOS_GRID_HOSTS, "10.0.0.1", "etc/hosts:1: 10.0.0.1 has no name; e.g. 10.0.0.1 node-1", "" },
	{ XOS_GRID_HOSTS, "10.0.0.1 A", "etc/hosts:1: 'A' is not a host name", "" },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct xos_grid *grid = xos_grid_create();

		parse(grid, lines[i].input, lines[i].text);
		assert_string_equal(first(&grid->problems), lines[i].problem);
		assert_string_equal(first(&grid->warnings), lines[i].warning);
		xos_grid_destroy(grid);
	}
}

static void test_nul(void **state)
{
	struct xos_grid *grid = xos_grid_create();
	char text[] = "USESSL=true\0\n";

	(void)state;
	xos_grid_parse(grid, XOS_GRID_GLOBAL, text, sizeof(text) - 1);
	assert_string_equal(first(&grid->problems), "globalDefs: has a NUL byte: not a text");
	xos_grid_destroy(grid);
}

#define TYPES "core-node: head\nresource-node: node-[1-2]\nclient-node: desk\n"
#define HOSTS "10.0.0.1 head\n10.0.0.17 node-1\n10.0.0.18 node-2\n"

static const struct {
	const char *hostname, *global, *local, *types;
	const char *problem;
} wholes[] = {
	{ "node-1", "", "", TYPES, "" },
	{ "node-1.example.org", "", "", TYPES, "" },
	{ "head", "", "MYHOSTNAME=node-2", TYPES, "" },
	{ "x", "", "", TYPES, "nodeTypes: 'x', this node (MYHOSTNAME), has no role; e.g. resource-node: x" },
	{ "desk", "", "", TYPES, "localDefs: MYIP: 'desk' has no address in etc/hosts; e.g. MYIP=10.0.0.17" },
	{ "desk", "", "MYIP=10.0.0.9", TYPES, "" },
	{ "node-1", "", "", "resource-node: node-1",
	  "nodeTypes: names no core node; e.g. core-node: head.example.org" },
	{ "node-1", "", "", "core-node: head node-1",
	  "nodeTypes:1: 'node-1' is a second core node; 'head' in line 1 is the one" },
	{ "node-1", "", "MYNODETYPE=client", TYPES,
	  "localDefs:1: MYNODETYPE: 'client', but nodeTypes:2 says resource" },
	{ "node-1", "USESSL=false\nXTREEMFSAUTH=x509", "", TYPES,
	  "globalDefs:2: XTREEMFSAUTH: x509 needs certificates; set USESSL=true" },
	{ "node-1", "USESSL=false\nGRIDSSL=true", "", TYPES,
	  "globalDefs:2: GRIDSSL: needs certificates; set USESSL=true" },
	{ "node-1", "CHECKPOINTER=ssi", "", TYPES,
	  "globalDefs:1: CHECKPOINTER: ssi needs a cluster; set SSIFLAVOUR=kerrighed" },
	{ "node-1", "XTREEMFSMOUNT=/", "", TYPES,
	  "globalDefs:1: XTREEMFSMOUNT: is the root of this machine; e.g. XTREEMFSMOUNT=/xtreemfs" },
};

static void test_wholes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wholes) / sizeof(*wholes); i++) {
		struct xos_grid *grid = xos_grid_create();

		parse(grid, XOS_GRID_GLOBAL, wholes[i].global);
		parse(grid, XOS_GRID_LOCAL, wholes[i].local);
		parse(grid, XOS_GRID_TYPES, wholes[i].types);
		parse(grid, XOS_GRID_HOSTS, HOSTS);
		xos_grid_resolve(grid, wholes[i].hostname);
		assert_string_equal(first(&grid->problems), wholes[i].problem);
		xos_grid_destroy(grid);
	}
}

static void test_defaults(void **state)
{
	struct xos_grid *grid = xos_grid_create();

	(void)state;
	parse(grid, XOS_GRID_GLOBAL, "MRCHOSTIP=\nCERTDAYS=30\n");
	parse(grid, XOS_GRID_TYPES, TYPES);
	parse(grid, XOS_GRID_HOSTS, HOSTS);
	xos_grid_resolve(grid, "node-2");
	assert_int_equal(grid->problems.n, 0);
	assert_string_equal(grid->value[XOS_GRID_DIRHOSTIP], "10.0.0.1");
	assert_string_equal(grid->value[XOS_GRID_MRCHOSTIP], "10.0.0.1");
	assert_string_equal(grid->value[XOS_GRID_DIXIROOTHOST], "head");
	assert_string_equal(grid->value[XOS_GRID_MYIP], "10.0.0.18");
	assert_string_equal(grid->value[XOS_GRID_ADDRESSHOST], "10.0.0.18");
	assert_string_equal(grid->value[XOS_GRID_MYNODEID], "2");
	assert_string_equal(grid->value[XOS_GRID_MYNODETYPE], "resource");
	assert_string_equal(grid->value[XOS_GRID_CERTDAYS], "30");
	assert_string_equal(grid->value[XOS_GRID_USESSL], "true");
	xos_grid_destroy(grid);
}

/* A sample is read without a problem, and sets nothing. */
static void test_samples(void **state)
{
	(void)state;
	for (enum xos_grid_input input = 0; input < XOS_GRID_INPUTS; input++) {
		struct xos_grid *grid = xos_grid_create();
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		xos_grid_write_sample(out, input);
		assert_int_equal(fclose(out), 0);
		for (char *p = text; (p = strstr(p, "\n#")); p++)
			if (p[2] != ' ')
				memmove(p + 1, p + 2, strlen(p + 1));
		xos_grid_parse(grid, input, text, strlen(text));
		assert_string_equal(first(&grid->problems), "");
		assert_string_equal(first(&grid->warnings), "");
		if (input == XOS_GRID_GLOBAL)
			assert_true(grid->line[XOS_GRID_CHECKPOINTER] > 0);
		free(text);
		xos_grid_destroy(grid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_wholes),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
