// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * grid-make-services.c - checkpointer, single-system image, units of each role
 *
 * gcp.conf says what is configured, not what works at this moment.
 */
#include <stdio.h>
#include <string.h>

#include "grid-files.h"

#define UNIT_LINK(target, unit) "/etc/systemd/system/" target ".wants/" unit

/*
 * What each checkpointer is called and can do.  ssi: checkpoint(1), restart(1), and
 * what kernel/README.md says is saved so far.
 */
static const struct checkpointer {
	const char *name, *probe, *checkpoint, *restart;
	const char *images;	/* NULL: wherever the commands are told */
	const char *threads, *sockets, *sysvipc, *incremental;
} checkpointers[] = {
	{ "ssi", "/sys/module/ssi", "checkpoint -a APPID", "restart APPID VERSION",
	  "/var/chkpt", "true", "false", "false", "false" },
	{ "criu", "/usr/sbin/criu", "criu dump -t PID -D DIR --shell-job",
	  "criu restore -D DIR --shell-job", NULL, "true", "true", "true", "true" },
	{ "blcr", "/proc/checkpoint/ctrl", "cr_checkpoint -p PID", "cr_restart FILE",
	  NULL, "true", "false", "false", "false" },
};

static const struct checkpointer *checkpointer(const struct xos_grid *grid)
{
	const char *name = grid->value[XOS_GRID_CHECKPOINTER];

	if (!strcmp(name, "auto"))
		name = xos_grid_is(grid, XOS_GRID_SSIFLAVOUR, "kerrighed") ? "ssi" : "criu";
	for (size_t i = 0; i < sizeof(checkpointers) / sizeof(*checkpointers); i++)
		if (!strcmp(checkpointers[i].name, name))
			return &checkpointers[i];
	return &checkpointers[0];
}

static void make_gcp(struct xos_grid_files *files)
{
	const struct checkpointer *c = checkpointer(files->grid);
	const char *mount = files->grid->value[XOS_GRID_XTREEMFSMOUNT];
	bool shared = *files->grid->value[XOS_GRID_XTREEMFSVOLUME];
	struct xos_text *text = grid_file_new(files, "/etc/xos/gcp.conf", S_IFREG | 0644,
					      "globalDefs");

	xos_text_add(text, "checkpointer=%s\nprobe=%s\ncheckpoint=%s\nrestart=%s\n", c->name,
		     c->probe, c->checkpoint, c->restart);
	if (c->images)
		xos_text_add(text, "images=%s\n", c->images);
	else
		xos_text_add(text, "images=%s/checkpoints\n", shared ? mount : "/var/lib/xos");
	xos_text_add(text, "threads=%s\nsockets=%s\nsysvipc=%s\nincremental=%s\n", c->threads,
		     c->sockets, c->sysvipc, c->incremental);
}

/* Defaults of the modules, for a node that loads them itself. */
static void make_ssi(struct xos_grid_files *files)
{
	const struct xos_grid *grid = files->grid;
	struct xos_text *text;

	if (!xos_grid_is(grid, XOS_GRID_SSIFLAVOUR, "kerrighed") ||
	    grid->self->role != XOS_GRID_RESOURCE)
		return;
	text = grid_file_new(files, "/etc/modprobe.d/50-xos.conf", S_IFREG | 0644,
			     "globalDefs, localDefs, nodeTypes");
	xos_text_add(text, "options ssi_kddm session_id=%s node_id=%s",
		     grid->value[XOS_GRID_SESSIONID], grid->value[XOS_GRID_MYNODEID]);
	if (*grid->value[XOS_GRID_SSINETDEV])
		xos_text_add(text, " netdev=%s", grid->value[XOS_GRID_SSINETDEV]);
	xos_text_add(text, "\n");
}

/* What of ours a role runs; the units are where "make install" has put them. */
static void enable(struct xos_grid_files *files)
{
	if (files->grid->self->role != XOS_GRID_CORE) {
		grid_link_new(files, UNIT_LINK("timers.target", "xos-rca-join.timer"),
			      XOS_UNIT_DIR "/xos-rca-join.timer");
		if (files->grid->self->role == XOS_GRID_RESOURCE)
			grid_link_new(files, UNIT_LINK("timers.target", "xos-grid-publish.timer"),
				      XOS_UNIT_DIR "/xos-grid-publish.timer");
		return;
	}
	grid_link_new(files, UNIT_LINK("multi-user.target", "xos-rcad.service"),
		      XOS_UNIT_DIR "/xos-rcad.service");
	grid_link_new(files, UNIT_LINK("multi-user.target", "xos-rca-sign.service"),
		      XOS_UNIT_DIR "/xos-rca-sign.service");
}

void grid_make_services(struct xos_grid_files *files)
{
	enable(files);
	make_gcp(files);
	make_ssi(files);
	grid_link_new(files, UNIT_LINK("multi-user.target", "chrony.service"),
		      "/lib/systemd/system/chrony.service");
}
