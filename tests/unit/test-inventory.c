// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test-inventory.c - inventories that are right: what comes out of them
 *
 * Those that are wrong are in test-inventory-bad.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "libxos/atomic.h"
#include "libxos/inventory.h"
#include "libxos/spawn.h"

#define START	"<cluster xmlns=\"urn:xos-ssi:inventory:1\" name=\"t\" backend=\"fake\">" \
		"<head address=\"10.77.0.1\"/><image name=\"head\"/><image name=\"node\"/>"
#define END	"</cluster>"

static char dir[] = "/tmp/test-inventory.XXXXXX";
static struct xos_error err;

static int make_dir(void **state)
{
	(void)state;
	return !mkdtemp(dir);
}

static int remove_dir(void **state)
{
	const char *const argv[] = { "rm", "-rf", dir, NULL };

	(void)state;
	return xos_spawn_run(&(struct xos_spawn) { .argv = argv }, NULL);
}

static const char *in_dir(const char *name)
{
	static char path[2][256];
	static int turn;

	turn ^= 1;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static const char *put(const char *name, const char *text)
{
	const char *path = in_dir(name);

	assert_int_equal(xos_file_write(path, text, strlen(text), 0600, false, NULL), 0);
	return path;
}

static const char *conf(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/../../../conf/%s", getenv("TEST_DATA"), name);
	return path;
}

static struct xos_inventory *load(const char *file, const char *nodefile)
{
	struct xos_inventory *inv = xos_inventory_load(file, nodefile, &err);

	if (!inv)
		fail_msg("%s", err.text);
	return inv;
}

static struct xos_inventory *load_text(const char *text)
{
	return load(put("i.xml", text), NULL);
}

static void assert_address(struct in_addr address, const char *expected)
{
	char text[INET_ADDRSTRLEN];

	assert_string_equal(inet_ntop(AF_INET, &address, text, sizeof(text)), expected);
}

static void assert_mac(const uint8_t mac[6], const char *expected)
{
	char text[18];

	assert_string_equal(xos_mac_format(mac, ':', text), expected);
}

static void assert_strings(const struct xos_strings *list, const char *expected)
{
	char text[512] = "";

	for (size_t i = 0; i < list->n; i++) {
		strcat(text, i ? " " : "");
		strcat(text, list->s[i]);
	}
	assert_string_equal(text, expected);
	assert_true(!list->s || !list->s[list->n]);
}

static void the_testbed(void **state)
{
	struct xos_inventory *inv = load(conf("testbed.xml"), NULL);

	(void)state;
	assert_string_equal(inv->name, "testbed");
	assert_int_equal(inv->session, 1);
	assert_string_equal(inv->backend, "qemu");
	assert_address(inv->head.address, "10.77.0.1");
	assert_int_equal(inv->head.prefix, 24);
	assert_string_equal(inv->head.interface, "eth0");
	assert_string_equal(inv->head.backend, "qemu");
	assert_int_equal(inv->head.memory_mib, 256);
	assert_string_equal(inv->head.image->name, "head");
	assert_mac(inv->head.mac, "52:54:00:01:00:00");
	assert_int_equal(inv->n_nodes, 3);
	assert_string_equal(inv->nodes[2].name, "node-3");
	assert_int_equal(inv->nodes[2].id, 3);
	assert_mac(inv->nodes[2].mac, "52:54:00:01:00:03");
	assert_address(inv->nodes[2].address, "10.77.0.19");
	assert_int_equal(inv->nodes[2].memory_mib, 192);
	assert_string_equal(inv->nodes[2].image->drivers, "short");
	assert_int_equal(inv->policy.min_nodes, 0);
	assert_int_equal(inv->policy.min_percent, 100);
	assert_strings(&inv->modules, "ssi_kddm");
	assert_true(inv->secure);
	assert_true(xos_inventory_needs_key(inv));
	assert_string_equal(inv->grid_hook, "xosautoconfig");
	assert_int_equal(inv->file[0], '/');
	xos_inventory_free(inv);
}

static void the_sample(void **state)
{
	struct xos_inventory *inv = load(conf("sample.xml"), NULL);
	const struct xos_node *node = xos_inventory_node(inv, "rack1-n02");
	const struct xos_image *image;

	(void)state;
	assert_int_equal(inv->n_nodes, 12);
	assert_int_equal(node->id, 6);
	assert_mac(node->mac, "52:54:00:aa:00:02");
	assert_address(node->address, "10.78.0.102");
	assert_int_equal(node->memory_mib, 512);
	assert_int_equal(node->processors, 2);
	assert_string_equal(node->bootline, "transparent_hugepage=always");
	assert_strings(&node->enable, "chrony.service");
	assert_strings(&node->disable, "systemd-timesyncd.service");
	assert_strings(&node->options, "console=keep");
	image = node->image;
	assert_strings(&image->packages, "htop strace");
	assert_strings(&image->enable, "systemd-timesyncd.service");
	assert_int_equal(image->overlay.n, 1);
	assert_non_null(strstr(image->overlay.s[0], "/conf/sample-overlay"));
	assert_int_equal(image->overlay.s[0][0], '/');
	node = xos_inventory_node(inv, "spare");
	assert_int_equal(node->image->root, XOS_ROOT_RAM);
	/* From the included file, and told so. */
	node = xos_inventory_node(inv, "guest-2.lab");
	assert_int_equal(node->id, 31);
	assert_non_null(strstr(node->where.file, "sample-nodes.xml"));
	assert_int_equal(node->where.line, 8);
	assert_int_equal(inv->policy.min_percent, 80);
	assert_int_equal(inv->policy.window, 6);
	assert_true(inv->policy.pause_s == 0.5);
	assert_int_equal(inv->policy.n_timeouts, 1);
	assert_string_equal(inv->policy.timeouts[0].state, "initramfs");
	assert_true(inv->policy.timeouts[0].per_node_s == 2.5);
	assert_string_equal(inv->head.config_on, "/config");
	assert_int_equal(inv->head.slots, 8);
	xos_inventory_free(inv);
}

static void bare_metal(void **state)
{
	struct xos_inventory *inv = load(conf("sample-bare-metal.xml"), NULL);

	(void)state;
	assert_string_equal(inv->head.backend, "local");
	assert_null(inv->head.image);
	assert_string_equal(inv->nodes[15].name, "blade-16");
	assert_mac(inv->nodes[15].mac, "00:25:90:00:10:0f");
	assert_address(inv->nodes[15].address, "192.168.40.116");
	assert_strings(&inv->nodes[16].options,
		       "bmc-user=admin bmc-password-file=/etc/xos-ssi/bmc-password bmc=192.168.43.1");
	xos_inventory_free(inv);
}

static void ids_fill_the_gaps(void **state)
{
	struct xos_inventory *inv = load_text(START
		"<node name=\"a\"/><nodes name=\"b[1-2]\" id=\"2\"/><nodes name=\"c[1-2]\"/>" END);

	(void)state;
	assert_string_equal(inv->nodes[0].name, "a");
	assert_int_equal(inv->nodes[0].id, 1);
	assert_string_equal(inv->nodes[1].name, "b1");
	assert_string_equal(inv->nodes[3].name, "c1");
	assert_int_equal(inv->nodes[3].id, 4);
	assert_int_equal(inv->nodes[4].id, 5);
	xos_inventory_free(inv);
}

static void macs_carry_over(void **state)
{
	struct xos_inventory *inv = load_text(START
		"<nodes name=\"a[1-2]\" mac=\"52-54-00-02-FF-FF\"/>" END);

	(void)state;
	assert_mac(inv->nodes[0].mac, "52:54:00:02:ff:ff");
	assert_mac(inv->nodes[1].mac, "52:54:00:03:00:00");
	xos_inventory_free(inv);
}

static void profiles_build_on_each_other(void **state)
{
	struct xos_inventory *inv = load_text(START
		"<profile name=\"c\" profile=\"b\" bootline=\"three\"><enable>u.service</enable>"
		"<option>k=3</option></profile>"
		"<profile name=\"a\" memory=\"64\" processors=\"3\" bootline=\"one\">"
		"<enable>s.service</enable><disable>u.service</disable>"
		"<option>k=1</option><option>l=1</option></profile>"
		"<profile name=\"b\" profile=\"a\" memory=\"128\" interface=\"eth1\""
		" bootline=\"two\"/>"
		"<node name=\"n\" profile=\"c\" bootline=\"four\"><disable>s.service</disable></node>"
		"<node name=\"m\" profile=\"a\"/>" END);
	const struct xos_node *node = xos_inventory_node(inv, "n");

	(void)state;
	assert_int_equal(node->memory_mib, 128);
	assert_int_equal(node->processors, 3);
	assert_string_equal(node->interface, "eth1");
	assert_string_equal(node->bootline, "one two three four");
	assert_strings(&node->enable, "u.service");
	assert_strings(&node->disable, "s.service");
	assert_strings(&node->options, "k=3 l=1");
	/* What others made of a profile does not come back to it. */
	node = xos_inventory_node(inv, "m");
	assert_string_equal(node->bootline, "one");
	assert_strings(&node->enable, "s.service");
	assert_strings(&node->disable, "u.service");
	assert_strings(&node->options, "k=1 l=1");
	xos_inventory_free(inv);
}

static void a_default_profile_needs_no_name(void **state)
{
	struct xos_inventory *inv = load_text(START
		"<profile name=\"default\" memory=\"99\"/><profile name=\"p\" processors=\"2\"/>"
		"<node name=\"n\"/><node name=\"m\" profile=\"p\"/>" END);

	(void)state;
	assert_int_equal(xos_inventory_node(inv, "n")->memory_mib, 99);
	assert_int_equal(xos_inventory_node(inv, "m")->memory_mib, 192);
	xos_inventory_free(inv);
}

static void defaults(void **state)
{
	struct xos_inventory *inv = load_text(
		"<cluster xmlns=\"urn:xos-ssi:inventory:1\" name=\"t\" backend=\"direct\">"
		"<head address=\"10.77.0.1\"/><image name=\"node\"/><node name=\"n\"/>" END);

	(void)state;
	assert_int_equal(inv->session, 1);
	assert_string_equal(inv->head.name, "head");
	assert_string_equal(inv->head.backend, "local");
	assert_null(inv->head.image);
	assert_null(inv->head.config);
	assert_string_equal(inv->nodes[0].backend, "direct");
	assert_string_equal(inv->nodes[0].interface, "eth0");
	assert_string_equal(inv->nodes[0].bootline, "");
	assert_string_equal(inv->images[0].suite, "bookworm");
	assert_string_equal(inv->images[0].drivers, "full");
	assert_string_equal(inv->images[0].bootline, "");
	assert_int_equal(inv->images[0].root, XOS_ROOT_NFS);
	assert_int_equal(inv->policy.window, 50);
	assert_true(inv->policy.pause_s == 10);
	xos_inventory_free(inv);
}

static void a_fake_head_needs_no_image(void **state)
{
	struct xos_inventory *inv = load_text(
		"<cluster xmlns=\"urn:xos-ssi:inventory:1\" name=\"t\" backend=\"fake\">"
		"<head address=\"10.77.0.1\"/><image name=\"node\"/><node name=\"n\"/>" END);

	(void)state;
	assert_string_equal(inv->head.backend, "fake");
	assert_null(inv->head.image);
	xos_inventory_free(inv);
}

static void a_node_file_picks_and_adds(void **state)
{
	const char *list = put("nodes", "b2\nstranger.site\nb2\nb1\n");
	struct xos_inventory *inv = load(put("i.xml", START
		"<profile name=\"large\" memory=\"512\"/><node name=\"a\" id=\"1\"/>"
		"<nodes name=\"b[1-3]\" id=\"3\" memory=\"256\" profile=\"large\"/>" END), list);

	(void)state;
	assert_int_equal(inv->n_nodes, 3);
	assert_string_equal(inv->nodes[0].name, "stranger.site");
	assert_int_equal(inv->nodes[0].id, 2);
	assert_int_equal(inv->nodes[0].memory_mib, 256);
	assert_address(inv->nodes[0].address, "10.77.0.18");
	assert_string_equal(inv->nodes[1].name, "b1");
	assert_int_equal(inv->nodes[1].id, 3);
	assert_int_equal(inv->nodes[2].id, 4);
	assert_mac(inv->nodes[2].mac, "52:54:00:01:00:04");
	xos_inventory_free(inv);
}

static void a_node_file_may_be_all_there_is(void **state)
{
	const char *list = put("nodes", "n2\nn1\n");
	struct xos_inventory *inv = load(put("i.xml", START
		"<profile name=\"default\" memory=\"300\"/>" END), list);

	(void)state;
	assert_int_equal(inv->n_nodes, 2);
	assert_string_equal(inv->nodes[0].name, "n2");
	assert_int_equal(inv->nodes[0].memory_mib, 300);
	xos_inventory_free(inv);
}

static void a_bad_node_file_is_told(void **state)
{
	const char *file = put("i.xml", START "<node name=\"a\"/>" END);
	char text[256];

	(void)state;
	assert_null(xos_inventory_load(file, "/no/such/nodes", &err));
	assert_string_equal(err.text, "cannot read '/no/such/nodes': No such file or directory");
	assert_int_equal(err.exit, XOS_EXIT_USAGE);
	assert_null(xos_inventory_load(file, put("nodes", "a\nb b\n"), &err));
	snprintf(text, sizeof(text), "%s/nodes:2: 'b b' is not a host name; write one name a line in lower case",
		 dir);
	assert_string_equal(err.text, text);
}

static void a_node_file_counts_for_min_nodes(void **state)
{
	const char *list = put("nodes", "a\n");
	const char *file = put("i.xml", START "<nodes name=\"a\"/><policy min-nodes=\"2\"/>"
			       "<node name=\"b\"/>" END);

	(void)state;
	assert_null(xos_inventory_load(file, list, &err));
	assert_non_null(strstr(err.text, "min-nodes=\"2\" of 1 nodes"));
}

static void batch_systems_name_the_node_file(void **state)
{
	(void)state;
	unsetenv("OAR_NODEFILE");
	unsetenv("OAR_NODE_FILE");
	unsetenv("OAR_FILE_NODES");
	assert_null(xos_inventory_nodefile());
	setenv("OAR_FILE_NODES", "/c", 1);
	assert_string_equal(xos_inventory_nodefile(), "/c");
	setenv("OAR_NODE_FILE", "/b", 1);
	assert_string_equal(xos_inventory_nodefile(), "/b");
	setenv("OAR_NODEFILE", "", 1);
	assert_string_equal(xos_inventory_nodefile(), "/b");
	setenv("OAR_NODEFILE", "/a", 1);
	assert_string_equal(xos_inventory_nodefile(), "/a");
}

static void nodes_are_found_by_anything(void **state)
{
	static const char *const names[] = {
		"node-2", "2", "52:54:00:01:00:02", "52-54-00-01-00-02",
		"52:54:00:01:00:02", "10.77.0.18",
	};
	static const char *const nothing[] = {
		"", "node-9", "0", "9", "2x", "52:54:00:01:00", "10.77.0.99",
		"52:54:00:01:00:02x", " 2",
	};
	struct xos_inventory *inv = load(conf("testbed.xml"), NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_ptr_equal(xos_inventory_node(inv, names[i]), &inv->nodes[1]);
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
		assert_null(xos_inventory_node(inv, nothing[i]));
	xos_inventory_free(inv);
}

static void boot_lines(void **state)
{
	struct xos_inventory *inv = load_text(
		"<cluster xmlns=\"urn:xos-ssi:inventory:1\" name=\"t\" session=\"7\" backend=\"fake\">"
		"<head address=\"10.64.0.1\" prefix=\"10\"/><image name=\"head\"/>"
		"<image name=\"node\"><bootline> a=1\n\t b </bootline></image>"
		"<image name=\"r\" root=\"ram\"/>"
		"<node name=\"n1\" bootline=\"c=[2]\"/>"
		"<node name=\"n2.site\" image=\"r\" interface=\"eth2\"/>" END);
	char line[XOS_BOOTLINE_MAX + 1];

	(void)state;
	assert_int_equal(xos_inventory_bootline(inv, &inv->nodes[0], "ab", line, &err), 0);
	assert_string_equal(line, "ip=10.64.0.17::10.64.0.1:255.192.0.0:n1:eth0:none "
			    "root=xos:nfs:10.64.0.1:/srv/xos/images/ab session_id=7 node_id=1 "
			    "xos.report=http://10.64.0.1:8069 a=1 b c=[2]");
	assert_int_equal(xos_inventory_bootline(inv, &inv->nodes[1], "ab", line, &err), 0);
	assert_string_equal(line, "ip=10.64.0.18::10.64.0.1:255.192.0.0:n2.site:eth2:none "
			    "root=xos:ram:http://10.64.0.1:8069/img/ab/root.squashfs "
			    "session_id=7 node_id=2 xos.report=http://10.64.0.1:8069");
	assert_int_equal(xos_inventory_bootline_digest(inv, &inv->nodes[1], "ab", "00ff",
						       line, &err), 0);
	assert_non_null(strstr(line, "/img/ab/root.squashfs,sha256=00ff session_id"));
	xos_inventory_free(inv);
}

/* A boot line of the longest length passes, one sign more does not. */
static void boot_line_limit(void **state)
{
	struct xos_inventory *inv = load_text(START "<node name=\"n\"/>" END);
	char line[XOS_BOOTLINE_MAX + 1], words[XOS_BOOTLINE_MAX + 1];
	struct xos_node node = inv->nodes[0];
	size_t room;

	(void)state;
	xos_inventory_bootline(inv, &node, "ab", line, &err);
	room = XOS_BOOTLINE_MAX - strlen(line) - 1;
	memset(words, 'x', sizeof(words));
	words[room] = '\0';
	node.bootline = words;
	assert_int_equal(xos_inventory_bootline(inv, &node, "ab", line, &err), 0);
	assert_int_equal(strlen(line), XOS_BOOTLINE_MAX);
	words[room] = 'x';
	words[room + 1] = '\0';
	assert_int_equal(xos_inventory_bootline(inv, &node, "ab", line, &err), -E2BIG);
	assert_string_equal(err.text, "the kernel command line of node 'n' is 2048 characters long, the kernel takes 2047; shorten the bootline of its image, profile or node");
	xos_inventory_free(inv);
}

static void macs_are_parsed_and_formatted(void **state)
{
	static const char *const bad[] = {
		"", "52:54:00:01:02", "52:54:00:01:02:03:04", "52:54:00:01:02:0",
		"5254.0001.0203", "52:54:00:01:02:0g", " 52:54:00:01:02:03",
		"52:54:00:01:02:03 ", "+2:54:00:01:02:03",
	};
	uint8_t mac[6];
	char text[18];

	(void)state;
	assert_true(xos_mac_parse("aB:cd-00:01:02:ff", mac));
	assert_string_equal(xos_mac_format(mac, '-', text), "ab-cd-00-01-02-ff");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(xos_mac_parse(bad[i], mac));
}

/* Formatted and loaded again, an inventory formats the same. */
static void format_is_stable(void **state)
{
	static const char *const files[] = {
		"testbed.xml", "sample.xml", "sample-bare-metal.xml",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct xos_inventory *inv = load(conf(files[i]), NULL), *again;
		char *first = xos_inventory_format(inv, &err), *second;

		again = load_text(first);
		second = xos_inventory_format(again, &err);
		assert_string_equal(first, second);
		assert_int_equal(inv->n_nodes, again->n_nodes);
		free(first);
		free(second);
		xos_inventory_free(again);
		xos_inventory_free(inv);
	}
}

/* 5000 nodes, each with a line of its own; the limit is that of a slow machine. */
static void large_inventories_are_quick(void **state)
{
	struct timespec start, end;
	struct xos_inventory *inv;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	fputs("<cluster xmlns=\"urn:xos-ssi:inventory:1\" name=\"t\" backend=\"fake\">"
	      "<head address=\"10.0.0.1\" prefix=\"16\"/><image name=\"head\"/>"
	      "<image name=\"node\"/><module>tipc</module>", f);
	for (unsigned int i = 1; i <= 5000; i++)
		fprintf(f, "<node name=\"node-%u\" id=\"%u\" mac=\"52:54:00:01:%02x:%02x\" "
			"address=\"10.0.%u.%u\" memory=\"256\"/>\n", i, i, i >> 8,
			i & 255, (i + 16) >> 8, (i + 16) & 255);
	fputs(END, f);
	fclose(f);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	inv = load_text(text);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	print_message("# 5000 nodes: %.3f CPU-s with the sanitizers\n",
		      (double)(end.tv_sec - start.tv_sec) +
		      (double)(end.tv_nsec - start.tv_nsec) / 1e9);
	assert_int_equal(inv->n_nodes, 5000);
	assert_string_equal(inv->nodes[4999].name, "node-5000");
	xos_inventory_free(inv);
	free(text);
}

/* The schema by itself, as an editor uses it: followed inclusions and not. */
static void samples_fit_the_schema(void **state)
{
	static const char *const files[] = {
		"testbed.xml", "sample.xml", "sample-nodes.xml", "sample-bare-metal.xml",
	};
	char schema[512], out[4096];

	(void)state;
	if (system("command -v xmllint >/dev/null 2>&1")) {
		print_message("# skip: xmllint is not installed\n");
		skip();
	}
	snprintf(schema, sizeof(schema), "%s", conf("inventory.rng"));
	for (size_t i = 0; i < 2 * sizeof(files) / sizeof(files[0]); i++) {
		const char *const argv[] = {
			"xmllint", "--noout", "--nonet", "--relaxng", schema,
			conf(files[i / 2]), i & 1 ? "--xinclude" : NULL, NULL,
		};

		if (xos_spawn_run(&(struct xos_spawn) {
			.argv = argv, .out = out, .out_size = sizeof(out) }, &err))
			fail_msg("%s", out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_testbed),
		cmocka_unit_test(the_sample),
		cmocka_unit_test(bare_metal),
		cmocka_unit_test(ids_fill_the_gaps),
		cmocka_unit_test(macs_carry_over),
		cmocka_unit_test(profiles_build_on_each_other),
		cmocka_unit_test(a_default_profile_needs_no_name),
		cmocka_unit_test(defaults),
		cmocka_unit_test(a_fake_head_needs_no_image),
		cmocka_unit_test(a_node_file_picks_and_adds),
		cmocka_unit_test(a_node_file_may_be_all_there_is),
		cmocka_unit_test(a_bad_node_file_is_told),
		cmocka_unit_test(a_node_file_counts_for_min_nodes),
		cmocka_unit_test(batch_systems_name_the_node_file),
		cmocka_unit_test(nodes_are_found_by_anything),
		cmocka_unit_test(boot_lines),
		cmocka_unit_test(boot_line_limit),
		cmocka_unit_test(macs_are_parsed_and_formatted),
		cmocka_unit_test(format_is_stable),
		cmocka_unit_test(large_inventories_are_quick),
		cmocka_unit_test(samples_fit_the_schema),
	};

	return cmocka_run_group_tests_name("inventory", tests, make_dir, remove_dir);
}
