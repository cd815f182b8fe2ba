// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test-pxe-install.c - head install, status and remove on a machine of its own
 *
 * The machine is this one in new mount and network namespaces: /etc, /var/lib,
 * /srv and /var/cache are empty, boot0 is a bridge, and systemctl and
 * the others are scripts that write down how they were called:
 *
 *	/etc/bin/	first in PATH		/etc/calls	one line a call
 *	/etc/active/UNIT	exists: "is-active" says yes
 */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "libxos/atomic.h"
#include "pxe/head.h"

#define ID_A "0123456789abcdef"
#define ID_B "fedcba9876543210"
#define CACHE "/var/cache/xos-ssi/images/"

static struct xos_inventory *inv;
static struct xos_error err;

static void make_file(const char *path, const char *text, mode_t mode)
{
	char dir[256];

	snprintf(dir, sizeof(dir), "%s", path);
	*strrchr(dir, '/') = '\0';
	assert_int_equal(xos_mkdir_p(dir, 0755, NULL), 0);
	assert_int_equal(xos_file_write(path, text, strlen(text), mode, false, NULL), 0);
}

static const char systemctl[] =
	"#!/bin/sh\n"
	"echo systemctl \"$@\" >> /etc/calls\n"
	"case $1 in\n"
	"is-active) shift; [ \"$1\" != --quiet ] || shift\n"
	"	[ -e /etc/active/$1 ] && echo active || { echo inactive; exit 3; };;\n"
	"start) mkdir -p /etc/active; cd /etc/active\n"
	"	touch xos-dnsmasq@small.service xos-bootd@small.service nfs-server.service\n"
	"	for u in /etc/systemd/system/*.mount; do touch ${u##*/}; done;;\n"
	"stop) [ $2 != nfs-server.service ] || rm -f /etc/active/nfs-server.service;;\n"
	"esac\n";

static void make_images(const char *id)
{
	static const char *const files[] = {
		"manifest.json", "vmlinuz", "initrd.img", "root.squashfs",
	};
	char path[256];

	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), CACHE "%s/%s", id, files[i]);
		make_file(path, "{}", 0644);
	}
}

static void shell(const char *command)
{
	if (system(command))
		fail_msg("%s", command);
}

static int make_machine(void **state)
{
	static const char *const dirs[] = { "/etc", "/var/lib", "/srv", "/var/cache" };
	static const char *const programs[] = { "dnsmasq", "xos-bootd" };
	char path[512];

	(void)state;
	snprintf(path, sizeof(path), "%s/pxe/small.xml", getenv("TEST_DATA"));
	inv = xos_inventory_load(path, NULL, &err);
	if (!inv)
		return -1;
	shell("ip link add boot0 type bridge; ip address add 10.9.8.1/22 dev boot0;"
	      "ip link set boot0 up; ip link set lo up");
	for (size_t i = 0; i < 4; i++) {
		if (mount("test", dirs[i], "tmpfs", 0, NULL))
			return -1;
	}
	make_file("/etc/bin/systemctl", systemctl, 0755);
	make_file("/etc/bin/exportfs", "#!/bin/sh\necho exportfs \"$@\" >> /etc/calls\n", 0755);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/etc/bin/%s", programs[i]);
		make_file(path, "#!/bin/sh\n", 0755);
	}
	make_images(ID_A);
	make_images(ID_B);
	return 0;
}

static int drop_machine(void **state)
{
	(void)state;
	xos_inventory_free(inv);
	shell("ip link del boot0; umount /etc /var/lib /srv /var/cache");
	return 0;
}

static struct xos_head_input input(void)
{
	static const char *const ids[] = { ID_A, ID_B, NULL, NULL };

	return (struct xos_head_input){
		.inv = inv, .image_ids = ids, .admin_token = "token",
	};
}

/* The calls since the last look, but for questions. */
static const char *calls(void)
{
	static char text[4096];
	char *all = xos_file_read("/etc/calls", 65536, NULL, NULL), *next = all, *line;

	text[0] = '\0';
	while (next && (line = strsep(&next, "\n"))) {
		if (line[0] && !strstr(line, "is-active"))
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s\n", line);
	}
	free(all);
	unlink("/etc/calls");
	return text;
}

static char *files(void)
{
	static char text[65536];
	FILE *f = popen("find /etc /var/lib /srv -path /etc/active -prune -o ! -name calls -print | sort", "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = '\0';
	if (f)
		pclose(f);
	return text;
}

static int install(void)
{
	struct xos_head_input in = input();
	int rc = xos_head_install(&in, "", NULL, &err);

	return rc;
}

static void refused(int code, const char *words)
{
	char *before = strdup(files());

	assert_int_equal(install(), code);
	if (!strstr(err.text, words))
		fail_msg("%s", err.text);
	/* nothing was written, nothing was called */
	assert_string_equal(files(), before);
	assert_string_equal(calls(), "");
	free(before);
}

static void install_and_again(void **state)
{
	(void)state;
	assert_int_equal(install(), 0);
	assert_string_equal(calls(), "systemctl daemon-reload\n"
			    "systemctl start xos-head@small.target\n");
	assert_int_equal(access("/srv/xos/config", F_OK), 0);
	assert_int_equal(install(), 0);
	assert_string_equal(calls(), "");
}

static void one_change_is_one_reload(void **state)
{
	struct in_addr address = inv->nodes[0].address;
	char *bootline = inv->nodes[0].bootline;
	static char other[] = "other";

	(void)state;
	assert_int_equal(install(), 0);
	calls();
	inv->nodes[0].bootline = other;
	assert_int_equal(install(), 0);
	assert_string_equal(calls(), "");
	inv->nodes[0].bootline = bootline;
	inv->nodes[0].address.s_addr += htonl(64);
	assert_int_equal(install(), 0);
	assert_string_equal(calls(), "systemctl reload xos-dnsmasq@small.service\n");
	inv->nodes[0].address = address;
	inv->head.slots = 99;
	inv->nodes[0].mac[5]++;
	assert_int_equal(install(), 0);
	assert_string_equal(calls(), "systemctl reload xos-dnsmasq@small.service\n"
			    "systemctl reload xos-bootd@small.service\n");
}

static void plan_does_nothing(void **state)
{
	struct xos_head_input in = input();
	char *before = strdup(files()), *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(xos_head_plan(&in, "", f, &err), 0);
	fclose(f);
	assert_non_null(strstr(text, "+++ /etc/xos-ssi/bootd-small.conf\n"));
	assert_non_null(strstr(text, "\nrun systemctl daemon-reload\n"
			       "run systemctl start xos-head@small.target\n"));
	assert_string_equal(files(), before);
	assert_string_equal(calls(), "");
	free(before);
	free(text);
}

static void remove_restores(void **state)
{
	char *before = strdup(files());

	(void)state;
	assert_int_equal(xos_head_remove(inv, "", NULL, &err), 0);
	assert_string_equal(calls(), "");
	assert_int_equal(install(), 0);
	calls();
	assert_int_equal(xos_head_remove(inv, "", NULL, &err), 0);
	assert_string_equal(calls(), "systemctl stop xos-head@small.target\n"
			    "exportfs -r\n"
			    "systemctl stop srv-xos-images-" ID_A ".mount\n"
			    "systemctl daemon-reload\n"
			    "systemctl stop nfs-server.service\n");
	assert_null(strstr(files(), "small"));
	assert_int_equal(access("/etc/xos-ssi", F_OK), -1);
	assert_int_equal(access("/etc/nfs.conf.d/xos.conf", F_OK), -1);
	/* what nodes have put there is not ours to remove */
	assert_int_equal(access("/srv/xos/config", F_OK), 0);
	free(before);
}

static void remove_leaves_the_admins_nfs(void **state)
{
	(void)state;
	make_file("/etc/active/nfs-server.service", "", 0644);
	assert_int_equal(install(), 0);
	/* it ran before, so it is told of the new settings */
	assert_non_null(strstr(calls(), "systemctl restart nfs-server.service\n"));
	assert_int_equal(xos_head_remove(inv, "", NULL, &err), 0);
	assert_non_null(strstr(calls(), "systemctl restart nfs-server.service\n"));
	assert_int_equal(access("/etc/active/nfs-server.service", F_OK), 0);
}

static void status(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(xos_head_status(inv, "", f, &err), -ENOENT);
	assert_int_equal(install(), 0);
	assert_int_equal(xos_head_status(inv, "", f, &err), -EIO);
	fclose(f);
	assert_non_null(strstr(text, "xos-dnsmasq@small.service                active\n"));
	assert_non_null(strstr(text, "srv-xos-images-" ID_A ".mount"));
	/* no boot server answers here */
	assert_non_null(strstr(text, "http://10.9.8.1:8069 "));
	free(text);
}

static void missing_program(void **state)
{
	(void)state;
	unlink("/etc/bin/exportfs");
	refused(-ENOENT, "apt install nfs-kernel-server");
}

static void missing_image(void **state)
{
	(void)state;
	unlink(CACHE ID_B "/vmlinuz");
	refused(-ENOENT, CACHE ID_B "/vmlinuz");
}

static void missing_interface(void **state)
{
	(void)state;
	inv->head.interface[0] = 'x';
	refused(-ENODEV, "no interface 'xoot0'");
}

static void missing_address(void **state)
{
	(void)state;
	shell("ip address flush dev boot0");
	refused(-ENODEV, "run: ip address add 10.9.8.1/22 dev boot0");
}

static void taken_ports(void **state)
{
	static const struct {
		int type;
		uint16_t port;
		const char *words;
	} ports[] = {
		{ SOCK_DGRAM, 67, "port 67 (udp, for DHCP) is taken" },
		{ SOCK_DGRAM, 69, "port 69 (udp, for TFTP) is taken" },
		{ SOCK_STREAM, 2049, "port 2049 (tcp, for NFS) is taken" },
		{ SOCK_STREAM, XOS_BOOTD_PORT, "ss -lnpt sport = :8069" },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct sockaddr_in sin = {
			.sin_family = AF_INET,
			.sin_port = htons(ports[i].port),
		};
		int fd = socket(AF_INET, ports[i].type, 0);

		assert_int_equal(bind(fd, (void *)&sin, sizeof(sin)), 0);
		if (ports[i].type == SOCK_STREAM)
			assert_int_equal(listen(fd, 1), 0);
		refused(-EADDRINUSE, ports[i].words);
		close(fd);
	}
	/* once it is ours that listens there, it is no obstacle */
	assert_int_equal(install(), 0);
}

static bool new_namespaces(void)
{
	return !unshare(CLONE_NEWNS | CLONE_NEWNET) &&
		!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_machine, drop_machine)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(install_and_again),
		TEST(one_change_is_one_reload),
		TEST(plan_does_nothing),
		TEST(remove_restores),
		TEST(remove_leaves_the_admins_nfs),
		TEST(status),
		TEST(missing_program),
		TEST(missing_image),
		TEST(missing_interface),
		TEST(missing_address),
		TEST(taken_ports),
	};

	if (geteuid() || !new_namespaces()) {
		puts("1..0 # SKIP needs root and its own namespaces");
		return 0;
	}
	setenv("PATH", "/etc/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
