// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test-pxe-head.c - the files of a head
 *
 * head.golden holds every file that small.xml gives, and what the boot server
 * makes of them.  After a change that is meant:
 * XOS_GOLDEN=write build/san/tests/unit/test-pxe-head
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "libxos/atomic.h"
#include "pxe/head.h"
#include "pxe/node-store.h"
#include "pxe/text.h"
#include "tests/remove-tree.h"

#define ID_A "0123456789abcdef"
#define ID_B "fedcba9876543210"
#define ID_C "00000000000000cc"
#define SHA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static char root[64], root_2[64], image_dir[128];
static const char *const ids[] = { ID_A, ID_B, NULL, NULL, NULL };

static void make_file(const char *path, const char *text)
{
	char dir[256];

	snprintf(dir, sizeof(dir), "%s", path);
	*strrchr(dir, '/') = '\0';
	assert_int_equal(xos_mkdir_p(dir, 0755, NULL), 0);
	assert_int_equal(xos_file_write(path, text, strlen(text), 0644, false, NULL), 0);
}

static int setup(void **state)
{
	char path[256];

	(void)state;
	strcpy(root, "/tmp/xos-head-XXXXXX");
	strcpy(root_2, "/tmp/xos-head-XXXXXX");
	if (!mkdtemp(root) || !mkdtemp(root_2))
		return -1;
	snprintf(image_dir, sizeof(image_dir), "%s/images", root_2);
	snprintf(path, sizeof(path), "%s/" ID_B "/manifest.json", image_dir);
	make_file(path, "{\"files\":{\"root.squashfs\":{\"size\":1,\"sha256\":\"" SHA "\"}}}");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	remove_tree(root);
	remove_tree(root_2);
	return 0;
}

static struct xos_inventory *load(const char *file)
{
	struct xos_error err = { 0 };
	struct xos_inventory *inv = xos_inventory_load(file, NULL, &err);

	if (!inv)
		fail_msg("%s", err.text);
	return inv;
}

static struct xos_inventory *load_small(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/pxe/small.xml", getenv("TEST_DATA"));
	return load(path);
}

/* An inventory with these nodes, one image, id ID_A. */
static struct xos_inventory *load_nodes(const char *nodes)
{
	struct xos_inventory *inv;
	struct xos_text text = { 0 };
	char path[128];

	snprintf(path, sizeof(path), "%s/x.xml", root_2);
	xos_text_add(&text, "<cluster xmlns='urn:xos-ssi:inventory:1' name='t' session='1' backend='fake'>"
		     "<head address='10.9.8.1' prefix='24' backend='local'/><image name='node'/>%s</cluster>", nodes);
	make_file(path, text.s);
	free(text.s);
	inv = load(path);
	unlink(path);
	return inv;
}

static struct xos_head_input input(const struct xos_inventory *inv)
{
	return (struct xos_head_input){
		.inv = inv,
		.image_ids = ids,
		.image_dir = image_dir,
		.authorized_keys = "ssh-ed25519 AAAA one\n# comment\nssh-ed25519 BBBB two\n",
		.admin_token = "secret-token\n",
	};
}

static void add_answers(struct xos_text *text, const struct xos_inventory *inv)
{
	struct xos_node_store *store;
	char path[256], mac[18];

	snprintf(path, sizeof(path), "%s/var/lib/xos-ssi/head/%s/nodes", root, inv->name);
	store = xos_node_store_create(path);
	for (size_t i = 0; i < inv->n_nodes; i++) {
		const struct xos_node *node = &inv->nodes[i];
		struct xos_node_text answer;

		xos_mac_format(node->mac, '-', mac);
		assert_int_equal(xos_node_store_boot(store, "http://URL", mac, &answer, NULL), 0);
		assert_string_equal(answer.name, node->name);
		assert_int_equal(answer.address.s_addr, node->address.s_addr);
		xos_text_add(text, "==== GET /boot/%s\n%s", mac, answer.text);
		free(answer.text);
		assert_int_equal(xos_node_store_config(store, node->address, &answer, NULL), 0);
		assert_string_equal(answer.name, node->name);
		xos_text_add(text, "==== GET /config of %s\n%s", node->name, answer.text);
		free(answer.text);
	}
	xos_node_store_destroy(store);
}

static void golden(void **state)
{
	struct xos_inventory *inv = load_small();
	struct xos_head_input in = input(inv);
	struct xos_text text = { 0 };
	struct xos_head_changes changes = { 0 };
	struct xos_head_files *files;
	struct xos_error err = { 0 };
	char path[512], *expected;

	(void)state;
	in.image_dir = NULL;	/* no test directory in the golden file */
	files = xos_head_files(&in, &err);
	assert_non_null(files);
	for (size_t i = 0; i < files->n; i++)
		xos_text_add(&text, "==== %s %o\n%s%s", files->file[i].path,
			     files->file[i].mode, files->file[i].text,
			     S_ISLNK(files->file[i].mode) ? "\n" : "");
	assert_int_equal(xos_head_apply(root, &in, &changes, &err), 0);
	add_answers(&text, inv);
	snprintf(path, sizeof(path), "%s/pxe/head.golden", getenv("TEST_DATA"));
	if (getenv("XOS_GOLDEN"))
		make_file(path, text.s);
	expected = xos_file_read(path, 1 << 20, NULL, &err);
	assert_non_null(expected);
	assert_string_equal(text.s, expected);
	free(expected);
	free(text.s);
	xos_head_files_free(files);
	xos_inventory_free(inv);
}

static void ram_root_is_pinned(void **state)
{
	struct xos_inventory *inv = load_small();
	struct xos_head_input in = input(inv);
	struct xos_head_files *files = xos_head_files(&in, NULL);
	bool found = false;

	(void)state;
	for (size_t i = 0; i < files->n; i++)
		found |= !!strstr(files->file[i].text, ",sha256=" SHA);
	assert_true(found);
	xos_head_files_free(files);
	xos_inventory_free(inv);
}

static void apply_twice(void **state)
{
	struct xos_inventory *inv = load_small();
	struct xos_head_input in = input(inv);
	struct xos_head_changes changes = { 0 };
	char path[256];
	struct stat st;

	(void)state;
	assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
	assert_true(changes.written > 10);
	snprintf(path, sizeof(path), "%s/etc/xos-ssi/admin-token-small", root);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
	assert_int_equal(changes.written + changes.removed, 0);
	assert_int_equal(changes.needs, 0);
	/* what somebody changed by hand is put right */
	snprintf(path, sizeof(path), "%s/etc/xos-ssi/bootd-small.conf", root);
	make_file(path, "slots 99\n");
	snprintf(path, sizeof(path), "%s/var/lib/xos-ssi/head/small/hosts", root);
	make_file(path, "52:54:00:00:00:09,10.9.8.77,old\n");
	assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
	assert_int_equal(changes.written, 2);
	assert_int_equal(changes.removed, 0);
	assert_int_equal(changes.needs,
			 XOS_HEAD_BOOTD_RELOAD | XOS_HEAD_DNSMASQ_RELOAD);
	xos_inventory_free(inv);
}

/* The tree under a directory as one text. */
static struct xos_text *walked;

static int walk_one(const char *path, const struct stat *st, int flag,
		    struct FTW *ftw)
{
	(void)ftw;
	if (flag == FTW_F) {
		char *s = xos_file_read(path, 1 << 20, NULL, NULL);

		xos_text_add(walked, "%s %o %s\n", strchr(path + 5, '/'),
			     st->st_mode, s);
		free(s);
	} else if (flag == FTW_SL) {
		xos_text_add(walked, "%s link\n", strchr(path + 5, '/'));
	}
	return 0;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines sorted: the order of a directory is no difference. */
static char *tree(const char *dir)
{
	struct xos_text text = { 0 }, sorted = { 0 };
	char *lines[4096], *next, *line;
	size_t n = 0;

	walked = &text;
	nftw(dir, walk_one, 8, FTW_PHYS);
	next = text.s;
	while ((line = strsep(&next, "\n")) && n < 4096)
		lines[n++] = line;
	qsort(lines, n, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < n; i++)
		xos_text_add(&sorted, "%s\n", lines[i]);
	free(text.s);
	return sorted.s;
}

#define NODE_1 "<node name='a' id='1' mac='52:54:00:00:00:01' address='10.9.8.21'/>"
#define NODE_2 "<node name='b' id='2' mac='52:54:00:00:00:02' address='10.9.8.22'/>"
#define NODE_3 "<node name='c' id='3' mac='52:54:00:00:00:03' address='10.9.8.23'/>"

static const struct {
	const char *what, *nodes;
	size_t written;
	unsigned int needs;
} updates[] = {
	{ "nothing", NODE_1 NODE_2 NODE_3, 0, 0 },
	{ "a bootline", NODE_1 NODE_3
	  "<node name='b' id='2' mac='52:54:00:00:00:02' address='10.9.8.22' bootline='x'/>",
	  1, 0 },
	{ "a service", NODE_1 NODE_3
	  "<node name='b' id='2' mac='52:54:00:00:00:02' address='10.9.8.22'>"
	  "<enable>x.service</enable></node>", 1, 0 },
	{ "a new node", NODE_1 NODE_2 NODE_3 "<node name='d' id='4'/>", 2,
	  XOS_HEAD_DNSMASQ_RELOAD },
	{ "a node less", NODE_1 NODE_3, 2, XOS_HEAD_DNSMASQ_RELOAD },
	{ "a MAC", NODE_1 NODE_3
	  "<node name='b' id='2' mac='52:54:00:00:00:09' address='10.9.8.22'/>",
	  2, XOS_HEAD_DNSMASQ_RELOAD },
	{ "an id, and so the order", NODE_1 NODE_3
	  "<node name='b' id='4' mac='52:54:00:00:00:02' address='10.9.8.22'/>",
	  2, XOS_HEAD_DNSMASQ_RELOAD },
};

/* The files say what is new and nothing else, and a service is told only if it must. */
static void a_change_is_as_a_new_head(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
		struct xos_inventory *base = load_nodes(NODE_1 NODE_2 NODE_3);
		struct xos_inventory *inv = load_nodes(updates[i].nodes);
		struct xos_head_input in = input(base);
		struct xos_head_changes changes = { 0 };
		char *updated, *applied;

		remove_tree(root);
		assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
		in = input(inv);
		assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
		if (changes.written != updates[i].written || changes.removed ||
		    changes.needs != updates[i].needs)
			fail_msg("%s: %zu written, %zu removed, needs %x",
				 updates[i].what, changes.written,
				 changes.removed, changes.needs);
		updated = tree(root);
		remove_tree(root);
		assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
		applied = tree(root);
		assert_string_equal(updated, applied);
		free(updated);
		free(applied);
		xos_inventory_free(base);
		xos_inventory_free(inv);
	}
}

static void diff_shows_and_does_nothing(void **state)
{
	struct xos_inventory *base = load_nodes(NODE_1 NODE_2 NODE_3);
	struct xos_inventory *inv = load_nodes(updates[5].nodes);
	struct xos_head_input in = input(base);
	struct xos_head_changes changes = { 0 };
	char *before, *after, *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	/* before there is anything: all is new, nothing is made */
	assert_true(xos_head_diff(f, root, &in, NULL) > 0);
	assert_int_equal(rmdir(root), 0);
	assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
	before = tree(root);
	in = input(inv);
	in.admin_token = "another-token";
	rewind(f);
	assert_int_equal(xos_head_diff(f, root, &in, NULL),
			 XOS_HEAD_DNSMASQ_RELOAD | XOS_HEAD_BOOTD_RESTART);
	fclose(f);
	assert_non_null(strstr(text, "\n-52:54:00:00:00:02,10.9.8.22,b\n"
			       "+52:54:00:00:00:09,10.9.8.22,b\n"));
	assert_non_null(strstr(text, "\n-node b 52-54-00-00-00-02 10.9.8.22\n"
			       "+node b 52-54-00-00-00-09 10.9.8.22\n"));
	assert_null(strstr(text, "token\n"));
	after = tree(root);
	assert_string_equal(before, after);
	free(text);
	free(before);
	free(after);
	xos_inventory_free(base);
	xos_inventory_free(inv);
}

/* Running nodes have the old image as their root until they are restarted. */
static void old_image_stays_until_it_is_gone(void **state)
{
	static const char *const new_ids[] = { ID_C, NULL };
	struct xos_inventory *inv = load_nodes(NODE_1);
	struct xos_head_input in = input(inv);
	struct xos_head_changes changes = { 0 };
	char path[256], squashfs[256], *text;

	(void)state;
	in.image_dir = "/images";
	snprintf(squashfs, sizeof(squashfs), "%s/images/" ID_A "/root.squashfs", root);
	make_file(squashfs, "x");
	assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
	in.image_ids = new_ids;
	snprintf(path, sizeof(path), "%s/etc/exports.d/xos-t.exports", root);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
		text = xos_file_read(path, 65536, NULL, NULL);
		assert_non_null(strstr(text, "/srv/xos/images/" ID_A " "));
		assert_non_null(strstr(text, "/srv/xos/images/" ID_C " "));
		free(text);
	}
	unlink(squashfs);
	assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
	assert_int_equal(changes.removed, 2);
	assert_int_equal(changes.needs, XOS_HEAD_UNITS | XOS_HEAD_EXPORTS);
	text = xos_file_read(path, 65536, NULL, NULL);
	assert_null(strstr(text, ID_A));
	free(text);
	xos_inventory_free(inv);
}

/* A client of the kernel's NFS server, which has the image's file open. */
static void make_client(const char *status)
{
	char path[256], text[256], squashfs[256];
	struct stat st;

	snprintf(squashfs, sizeof(squashfs), "%s/srv/xos/images/" ID_A "/root.squashfs", root);
	make_file(squashfs, "x");
	assert_int_equal(stat(squashfs, &st), 0);
	snprintf(path, sizeof(path), "%s/proc/fs/nfsd/clients/3/info", root);
	snprintf(text, sizeof(text), "clientid: 0x1\naddress: \"10.9.8.21:734\"\nstatus: %s\nname: x\n",
		 status);
	make_file(path, text);
	snprintf(path, sizeof(path), "%s/proc/fs/nfsd/clients/3/states", root);
	snprintf(text, sizeof(text), "- 0x1: { type: open, access: r-, deny: --, superblock: \"%02x:%02x:%ld\", filename: \"/root.squashfs\" }\n",
		 major(st.st_dev), minor(st.st_dev), (long)st.st_ino);
	make_file(path, text);
}

static void a_removed_image_is_withdrawn(void **state)
{
	static const char *const new_ids[] = { ID_C, NULL };
	struct xos_inventory *inv = load_nodes(NODE_1);
	struct xos_head_input in = input(inv);
	struct xos_head_changes changes = { 0 };
	char path[256], squashfs[256], unit[256], *text;
	struct xos_error err = { 0 };

	(void)state;
	in.image_dir = "/images";
	snprintf(squashfs, sizeof(squashfs), "%s/images/" ID_A "/root.squashfs", root);
	snprintf(unit, sizeof(unit), "%s/etc/systemd/system/srv-xos-images-" ID_A ".mount", root);
	make_file(squashfs, "x");
	assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
	/* nodes boot it; or a node runs from it, unless it was not heard of */
	assert_int_equal(xos_head_drop_image(root, "/images", ID_A, NULL, &err), -EBUSY);
	assert_non_null(strstr(err.text, "cluster 't'"));
	in.image_ids = new_ids;
	assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
	make_client("confirmed");
	assert_int_equal(xos_head_drop_image(root, "/images", ID_A, NULL, &err), -EBUSY);
	assert_non_null(strstr(err.text, "(10.9.8.21:734)"));
	/* an image of that id elsewhere is none of this head's */
	assert_int_equal(xos_head_drop_image(root, "/elsewhere", ID_A, NULL, &err), 0);
	assert_int_equal(access(unit, F_OK), 0);
	make_client("courtesy");
	assert_int_equal(xos_head_drop_image(root, "/images", ID_A, NULL, &err), 0);
	assert_int_equal(access(unit, F_OK), -1);
	snprintf(path, sizeof(path), "%s/etc/exports.d/xos-t.exports", root);
	text = xos_file_read(path, 65536, NULL, NULL);
	assert_null(strstr(text, ID_A));
	assert_non_null(strstr(text, "\n/srv/xos/images/" ID_C " "));
	free(text);
	/* and that is what an install leaves: nothing is to be done */
	unlink(squashfs);
	assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
	assert_int_equal(changes.written + changes.removed, 0);
	assert_int_equal(xos_head_drop_image(root, "/images", ID_A, NULL, &err), 0);
	xos_inventory_free(inv);
}

static void remove_leaves_nothing(void **state)
{
	struct xos_inventory *inv = load_small();
	struct xos_inventory *other = load_nodes(NODE_1);
	struct xos_head_input in = input(inv), in_2 = input(other);
	struct xos_head_changes changes = { 0 };
	char path[256], *left;

	(void)state;
	assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
	assert_int_equal(xos_head_apply(root, &in_2, &changes, NULL), 0);
	/* what both need stays for the other one */
	assert_int_equal(xos_head_remove(inv, root, NULL, NULL), 0);
	snprintf(path, sizeof(path), "%s/etc/systemd/system/xos-bootd@.service", root);
	assert_int_equal(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/etc/xos-ssi/bootd-small.conf", root);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(xos_head_remove(other, root, NULL, NULL), 0);
	left = tree(root);
	assert_string_equal(left ? left : "", "");
	free(left);
	assert_int_equal(xos_head_remove(other, root, NULL, NULL), 0);
	xos_inventory_free(inv);
	xos_inventory_free(other);
}

static void refuses_what_cannot_boot(void **state)
{
	static const char *const none[] = { NULL, NULL };
	struct xos_inventory *inv = load_nodes(NODE_1);
	struct xos_head_input in = input(inv);
	struct xos_head_changes changes = { 0 };
	struct xos_error err = { 0 };

	(void)state;
	in.image_ids = none;
	assert_null(xos_head_files(&in, &err));
	assert_int_equal(err.code, -ENOENT);
	assert_non_null(strstr(err.text, "'a'"));
	assert_non_null(strstr(err.text, "image build"));
	assert_true(xos_head_apply(root, &in, &changes, &err) < 0);
	assert_int_equal(rmdir(root), 0);	/* nothing was written */
	mkdir(root, 0755);
	xos_inventory_free(inv);
}

static void damaged_note_is_no_harm(void **state)
{
	struct xos_inventory *inv = load_nodes(NODE_1 NODE_2);
	struct xos_head_input in = input(inv);
	struct xos_head_changes changes = { 0 };
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/var/lib/xos-ssi/head/t/index", root);
	for (int i = 0; i < 5; i++) {
		static const char *const texts[] = {
			"", "xos-head-index 3\n", "xos-head-index 2\nnode x\n",
			"xos-head-index 2\nfile relative\n", "\377\n\n ",
		};

		assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
		make_file(path, texts[i]);
		assert_int_equal(xos_head_apply(root, &in, &changes, NULL), 0);
		assert_int_equal(changes.written + changes.removed, 0);
	}
	xos_inventory_free(inv);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(golden, setup, teardown),
		cmocka_unit_test_setup_teardown(ram_root_is_pinned, setup, teardown),
		cmocka_unit_test_setup_teardown(apply_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(a_change_is_as_a_new_head, setup, teardown),
		cmocka_unit_test_setup_teardown(diff_shows_and_does_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(old_image_stays_until_it_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_removed_image_is_withdrawn, setup, teardown),
		cmocka_unit_test_setup_teardown(remove_leaves_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_what_cannot_boot, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_note_is_no_harm, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
