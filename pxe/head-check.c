// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * head-check.c - can this machine be a head?
 *
 * Everything is looked at before anything is written: programs, the interface
 * and its address, ports, exports, the images' files.  No side effect.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "head-private.h"

#define EXPORTS_MAX (1 << 20)

static bool is_in_path(const char *program)
{
	const char *path = getenv("PATH");
	char full[4096];

	/* an admin's PATH may lack sbin */
	snprintf(full, sizeof(full), "/usr/sbin/%s", program);
	if (!access(full, X_OK))
		return true;
	while (path && *path) {
		int len = strcspn(path, ":");

		snprintf(full, sizeof(full), "%.*s/%s", len, path, program);
		if (len && !access(full, X_OK))
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

static int check_programs(struct xos_error *err)
{
	static const struct {
		const char *program, *package;
	} needed[] = {
		{ "systemctl", "systemd" },
		{ "dnsmasq", "dnsmasq-base" },
		{ "exportfs", "nfs-kernel-server" },
	};
	struct xos_text packages = { 0 };
	int rc = 0;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!is_in_path(needed[i].program))
			xos_text_add(&packages, " %s", needed[i].package);
	}
	if (packages.len)
		rc = xos_error_set(err, -ENOENT, XOS_EXIT_FAILED,
				   "packages are missing; run: apt install%s",
				   packages.s);
	else if (!is_in_path("xos-bootd"))
		rc = xos_error_set(err, -ENOENT, XOS_EXIT_FAILED,
				   "xos-bootd is not installed; run: make install");
	free(packages.s);
	return rc;
}

static int check_interface(const struct xos_head *head, const char *address,
			   struct xos_error *err)
{
	bool has_address = false;
	struct ifaddrs *all;

	if (!if_nametoindex(head->interface))
		return xos_error_set(err, -ENODEV, XOS_EXIT_FAILED,
				     "there is no interface '%s' here; 'ip link' lists them, the inventory's <head> names it",
				     head->interface);
	if (getifaddrs(&all))
		return xos_error_set(err, -errno, XOS_EXIT_FAILED,
				     "cannot list addresses: %s", strerror(errno));
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		const struct sockaddr_in *sin = (const void *)a->ifa_addr;

		if (sin && sin->sin_family == AF_INET &&
		    !strcmp(a->ifa_name, head->interface) &&
		    sin->sin_addr.s_addr == head->address.s_addr)
			has_address = true;
	}
	freeifaddrs(all);
	if (!has_address)
		return xos_error_set(err, -ENODEV, XOS_EXIT_FAILED,
				     "interface '%s' does not have the address %s; run: ip address add %s/%u dev %s",
				     head->interface, address, address,
				     head->prefix, head->interface);
	return 0;
}

/*
 * Try to bind as the service would.  Bound to the interface: another service
 * that keeps to another interface does no harm.
 */
static int check_port(const struct xos_head *head, int type, uint16_t port,
		      const char *what, struct xos_error *err)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};
	int one = 1, error = 0;

	if (fd < 0)
		return 0;
	if (type == SOCK_STREAM) {
		/* connections of a server that just ended do no harm either */
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		sin.sin_addr = head->address;
	} else {
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, head->interface,
			   strlen(head->interface) + 1);
	}
	if (bind(fd, (void *)&sin, sizeof(sin)))
		error = errno;
	close(fd);
	if (error != EADDRINUSE)
		return 0;
	return xos_error_set(err, -EADDRINUSE, XOS_EXIT_FAILED,
			     "port %u (%s, for %s) is taken; 'ss -lnp%c sport = :%u' shows by what, stop that",
			     port, type == SOCK_STREAM ? "tcp" : "udp", what,
			     type == SOCK_STREAM ? 't' : 'u', port);
}

static int check_ports(const struct xos_head *head, unsigned int active,
		       struct xos_error *err)
{
	static const struct {
		int type;
		uint16_t port;
		const char *what;
		enum head_unit unit;
	} ports[] = {
		{ SOCK_DGRAM, 67, "DHCP", HEAD_UNIT_DNSMASQ },
		{ SOCK_DGRAM, 69, "TFTP", HEAD_UNIT_DNSMASQ },
		{ SOCK_STREAM, 2049, "NFS", HEAD_UNIT_NFS },
		{ SOCK_STREAM, XOS_BOOTD_PORT, "xos-bootd", HEAD_UNIT_BOOTD },
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(ports) / sizeof(ports[0]); i++) {
		if (!(active & ports[i].unit))
			rc = check_port(head, ports[i].type, ports[i].port,
					ports[i].what, err);
	}
	return rc;
}

/* The first line of an exports file that exports something; NULL. */
static const char *find_export(char *text)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		line += strspn(line, " \t");
		if (*line && *line != '#')
			return line;
	}
	return NULL;
}

/*
 * A head has the kernel's NFS server for itself: clients of other exports may
 * not speak 4.2.  Whoever adds an export to a head later knows that.
 */
static int check_exports(struct xos_error *err)
{
	glob_t found = { 0 };
	int rc = 0;

	if (!access(HEAD_NFS_CONF, F_OK))
		return 0;
	glob("/etc/exports", 0, NULL, &found);
	glob("/etc/exports.d/*.exports", GLOB_APPEND, NULL, &found);
	for (size_t i = 0; !rc && i < found.gl_pathc; i++) {
		cleanup_free char *text = xos_file_read(found.gl_pathv[i],
							EXPORTS_MAX, NULL, NULL);
		const char *line = text ? find_export(text) : NULL;

		if (line)
			rc = xos_error_set(err, -EADDRINUSE, XOS_EXIT_FAILED,
					   "%s exports %.*s, and a head's NFS server speaks 4.2 only; move that to another machine, or take it out and add it again when the head is installed",
					   found.gl_pathv[i],
					   (int)strcspn(line, " \t"), line);
	}
	globfree(&found);
	return rc;
}

static int check_images(const struct xos_head_input *in, struct xos_error *err)
{
	static const char *const files[] = {
		"manifest.json", "vmlinuz", "initrd.img", "root.squashfs",
	};
	const char *dir = in->image_dir ? in->image_dir : XOS_HEAD_IMAGE_DIR;
	char path[4096];

	for (size_t i = 0; i < in->inv->n_images; i++) {
		if (!in->image_ids[i] || !xos_inventory_image_is_used(in->inv, i))
			continue;
		for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
			snprintf(path, sizeof(path), "%s/%s/%s", dir,
				 in->image_ids[i], files[f]);
			if (access(path, R_OK))
				return xos_error_set(err, -ENOENT, XOS_EXIT_FAILED,
						     "image '%s': %s: %s; build it here or copy it",
						     in->inv->images[i].name,
						     path, strerror(errno));
		}
	}
	return 0;
}

int head_check(const struct xos_head_input *in, unsigned int active,
	       struct xos_error *err)
{
	const struct xos_head *head = &in->inv->head;
	char address[INET_ADDRSTRLEN];
	int rc;

	inet_ntop(AF_INET, &head->address, address, sizeof(address));
	if (geteuid())
		return xos_error_set(err, -EPERM, XOS_EXIT_FAILED,
				     "only root can set up a head");
	rc = check_programs(err);
	if (!rc)
		rc = check_images(in, err);
	if (!rc)
		rc = check_interface(head, address, err);
	if (!rc)
		rc = check_ports(head, active, err);
	if (!rc)
		rc = check_exports(err);
	return rc;
}
