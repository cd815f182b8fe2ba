// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * head-use.c - who uses an image that this machine serves?
 *
 * Those who would boot it, by the file of nodes; and those who run from it: the
 * kernel's NFS server tells which clients have its root.squashfs open.  A client
 * that was not heard of for a lease is not asked for: it is gone.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "head-private.h"
#include "node-store.h"

#define CLIENTS "/proc/fs/nfsd/clients"
#define CLIENT_MAX (64 << 20)		/* bytes that the kernel tells of one */

static char *read_file(const char *root, const char *dir, const char *name,
		       const char *file)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s%s/%s/%s", root, dir, name, file);
	return xos_file_read(path, CLIENT_MAX, NULL, NULL);
}

int head_check_unused_by_nodes(const char *root, const char *cluster,
			       const char *id, struct xos_error *err)
{
	cleanup_free char *nodes = read_file(root, HEAD_DIR, cluster, "nodes");
	char boot[32];

	snprintf(boot, sizeof(boot), "\nboot %s ", id);
	if (!nodes || !strstr(nodes, boot))
		return 0;
	return xos_error_set(err, -EBUSY, XOS_EXIT_FAILED,
			     "image %s is what nodes of cluster '%s' boot from this head; end that first: xos-ssi-deploy head remove, or head install with another image",
			     id, cluster);
}

/* Copy the address of a client, as in: address: "10.77.0.17:734" */
static void get_address(const char *info, char *buf, size_t size)
{
	const char *key = strstr(info, "address: \"");
	size_t len;

	key = key ? key + strlen("address: \"") : "";
	len = strcspn(key, "\"");
	snprintf(buf, size, "%.*s", (int)len, key);
}

int head_check_not_open(const char *root, const char *id, struct xos_error *err)
{
	char path[4096], file[64], address[64] = "";
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	snprintf(path, sizeof(path), "%s" HEAD_EXPORT_DIR "/%s/root.squashfs",
		 root, id);
	if (stat(path, &st))
		return 0;		/* not mounted: nobody has it open */
	snprintf(file, sizeof(file), "superblock: \"%02x:%02x:%ld\"",
		 major(st.st_dev), minor(st.st_dev), (long)st.st_ino);
	snprintf(path, sizeof(path), "%s" CLIENTS, root);
	dir = opendir(path);
	while (dir && !address[0] && (entry = readdir(dir))) {
		cleanup_free char *info = NULL, *states = NULL;

		if (entry->d_name[0] == '.')
			continue;
		info = read_file(root, CLIENTS, entry->d_name, "info");
		states = read_file(root, CLIENTS, entry->d_name, "states");
		if (info && states && strstr(states, file) &&
		    strstr(info, "\nstatus: confirmed\n"))
			get_address(info, address, sizeof(address));
	}
	if (dir)
		closedir(dir);
	if (!address[0])
		return 0;
	return xos_error_set(err, -EBUSY, XOS_EXIT_FAILED,
			     "image %s is the root of a machine that runs (%s); power it off or reboot it first",
			     id, address);
}
