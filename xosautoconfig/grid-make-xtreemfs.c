// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * grid-make-xtreemfs.c - XtreemFS: its three services, and the mount
 *
 * Each service is configured on the node that the keys name, whatever that
 * node's role.  Keys, ports and classes are those of XtreemFS 1.5 and 1.6.
 */
#include <stdio.h>
#include <string.h>

#include "grid-files.h"

#define DIR_CONF "/etc/xos/xtreemfs"
#define UNIT "/etc/systemd/system/xos-xtreemfs.service"
#define MODE_SECRET (S_IFREG | 0600)

struct service {
	const char *name;		/* file, and uuid's last part */
	unsigned int port, http_port;
	enum xos_grid_key host;
};

static const struct service services[] = {
	{ "dir", 32638, 30638, XOS_GRID_DIRHOSTIP },
	{ "mrc", 32636, 30636, XOS_GRID_MRCHOSTIP },
	{ "osd", 32640, 30640, XOS_GRID_OSDHOSTIP },
};

/* Is this node named in a list of names and addresses? */
static bool is_here(const struct xos_grid *grid, const char *list)
{
	const char *names[] = { grid->self->name, grid->self->address,
				grid->value[XOS_GRID_MYHOSTNAME] };

	for (; *list; list += strcspn(list, ",") + !!list[strcspn(list, ",")])
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (strlen(names[i]) == strcspn(list, ",") &&
			    !strncmp(list, names[i], strlen(names[i])))
				return true;
	return false;
}

static bool is_used(const struct xos_grid *grid)
{
	return *grid->value[XOS_GRID_XTREEMFSVOLUME];
}

static bool mounts(const struct xos_grid *grid)
{
	return is_used(grid) && grid->self->role != XOS_GRID_CORE;
}

bool xos_grid_needs_secret(const struct xos_grid *grid)
{
	return is_used(grid) && (is_here(grid, grid->value[XOS_GRID_MRCHOSTIP]) ||
				 is_here(grid, grid->value[XOS_GRID_OSDHOSTIP]));
}

bool xos_grid_needs_passphrase(const struct xos_grid *grid)
{
	return is_used(grid) && xos_grid_is(grid, XOS_GRID_USESSL, "true") &&
		(xos_grid_needs_secret(grid) ||
		 is_here(grid, grid->value[XOS_GRID_DIRHOSTIP]));
}

static void add_ssl(const struct xos_grid_files *files, struct xos_text *text)
{
	const struct xos_grid *grid = files->grid;

	xos_text_add(text, "ssl.enabled = %s\n", grid->value[XOS_GRID_USESSL]);
	if (!xos_grid_is(grid, XOS_GRID_USESSL, "true"))
		return;
	xos_text_add(text,
		     "ssl.service_creds = " XOS_GRID_TRUST "/private/resource.p12\n"
		     "ssl.service_creds.pw = %s\n"
		     "ssl.service_creds.container = pkcs12\n"
		     "ssl.trusted_certs = " XOS_GRID_TRUST "/certs/trusted.p12\n"
		     "ssl.trusted_certs.pw = %s\n"
		     "ssl.trusted_certs.container = pkcs12\n"
		     "ssl.grid_ssl = %s\n", files->passphrase, files->passphrase,
		     grid->value[XOS_GRID_GRIDSSL]);
}

static void add_own(const struct xos_grid_files *files, struct xos_text *text,
		    const struct service *service)
{
	const struct xos_grid *grid = files->grid;

	if (!strcmp(service->name, "osd")) {
		xos_text_add(text, "object_dir = /var/lib/xtreemfs/objs/\n"
			     "startup.wait_for_dir = 120\n");
	} else {
		xos_text_add(text, "babudb.baseDir = /var/lib/xtreemfs/%s/database\n"
			     "babudb.logDir = /var/lib/xtreemfs/%s/db-log\n"
			     "babudb.sync = FSYNC\n", service->name, service->name);
	}
	if (!strcmp(service->name, "mrc"))
		xos_text_add(text, "startup.wait_for_dir = 120\n"
			     "policy_dir = " DIR_CONF "/policies/\n"
			     "authentication_provider = org.xtreemfs.common.auth.%s\n",
			     xos_grid_is(grid, XOS_GRID_XTREEMFSAUTH, "x509") ?
			     "SimpleX509AuthProvider" : "NullAuthProvider");
	if (strcmp(service->name, "dir"))
		xos_text_add(text, "dir_service.host = %s\ndir_service.port = 32638\n"
			     "capability_secret = %s\n", grid->value[XOS_GRID_DIRHOSTIP],
			     files->capsecret);
}

/* A uuid names a service for ever, so it follows from what does not change. */
static void make_service(struct xos_grid_files *files, const struct service *service)
{
	const struct xos_grid *grid = files->grid;
	struct xos_text *text;
	char path[128];

	snprintf(path, sizeof(path), DIR_CONF "/%sconfig.properties", service->name);
	text = grid_file_new(files, path, MODE_SECRET, "globalDefs, localDefs");
	xos_text_add(text, "uuid = %s-%s-%s\nlisten.port = %u\nhttp_port = %u\n",
		     grid->value[XOS_GRID_GRIDNAME], grid->self->name, service->name,
		     service->port, service->http_port);
	add_own(files, text, service);
	add_ssl(files, text);
}

/* GRIDSSL's scheme is pbrpcg, plain SSL's pbrpcs. */
static void make_mount(struct xos_grid_files *files)
{
	const struct xos_grid *grid = files->grid;
	const char *where = grid->value[XOS_GRID_XTREEMFSMOUNT];
	bool ssl = xos_grid_is(grid, XOS_GRID_USESSL, "true");
	struct xos_text *text;

	text = grid_file_new(files, UNIT, S_IFREG | 0644, "globalDefs");
	xos_text_add(text, "[Unit]\nDescription=XtreemFS volume %s\n"
		     "Wants=network-online.target\nAfter=network-online.target\n"
		     "ConditionPathExists=/usr/bin/mount.xtreemfs\n",
		     grid->value[XOS_GRID_XTREEMFSVOLUME]);
	if (ssl)
		xos_text_add(text, "ConditionPathExists=" XOS_GRID_TRUST
			     "/certs/resource.pem\n");
	xos_text_add(text, "\n[Service]\nType=forking\n"
		     "ExecStartPre=/bin/mkdir -p %s\nExecStart=/usr/bin/mount.xtreemfs",
		     where);
	if (ssl)
		xos_text_add(text, " --pem-certificate-file-path " XOS_GRID_TRUST
			     "/certs/resource.pem --pem-private-key-file-path "
			     XOS_GRID_TRUST "/private/resource.key");
	xos_text_add(text, " %s%s/%s %s\nExecStop=/bin/umount %s\n"
		     "Restart=on-failure\nRestartSec=30\n",
		     !ssl ? "" : xos_grid_is(grid, XOS_GRID_GRIDSSL, "true") ?
		     "pbrpcg://" : "pbrpcs://", grid->value[XOS_GRID_DIRHOSTIP],
		     grid->value[XOS_GRID_XTREEMFSVOLUME], where, where);
	grid_link_new(files, "/etc/systemd/system/multi-user.target.wants/"
		      "xos-xtreemfs.service", UNIT);
}

void grid_make_xtreemfs(struct xos_grid_files *files)
{
	const struct xos_grid *grid = files->grid;

	if (!is_used(grid))
		return;
	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++)
		if (is_here(grid, grid->value[services[i].host]))
			make_service(files, &services[i]);
	xos_text_add(grid_file_new(files, DIR_CONF "/default_dir", S_IFREG | 0644,
				   "globalDefs"),
		     "dir_service.host = %s\ndir_service.port = 32638\n",
		     grid->value[XOS_GRID_DIRHOSTIP]);
	if (mounts(grid))
		make_mount(files);
}
