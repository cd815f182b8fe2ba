// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * grid-make-base.c - names, time, proxy, and the effective parameters
 *
 * The core node takes its time from NTP and gives it to the others, also when
 * it reaches no server: certificates only need clocks that agree.
 */
#include <stdlib.h>
#include <string.h>

#include "grid-files.h"

#define ALL_INPUTS "globalDefs, localDefs, nodeTypes, etc/hosts"

static void make_hosts(struct xos_grid_files *files)
{
	struct xos_text *text = grid_file_new(files, "/etc/hosts", S_IFREG | 0644,
					      "etc/hosts, globalDefs");
	const struct xos_grid *grid = files->grid;
	const char *domain = grid->value[XOS_GRID_DOMAINNAME];

	xos_text_add(text, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n");
	for (size_t i = 0; i < grid->n_hosts; i++) {
		const struct xos_grid_host *host = &grid->host[i];

		xos_text_add(text, "%s\t", host->address);
		/* the full name first: that is what a look-up by address gives */
		if (*domain && !strchr(host->names.s[0], '.'))
			xos_text_add(text, "%s.%s ", host->names.s[0], domain);
		for (size_t n = 0; n < host->names.n; n++)
			xos_text_add(text, "%s%s", n ? " " : "", host->names.s[n]);
		xos_text_add(text, "\n");
	}
}

/* One line for each word of a list. */
static void each_word(struct xos_text *text, const char *before, const char *list,
		      const char *after)
{
	while (*list) {
		size_t len = strcspn(list, ",");

		xos_text_add(text, "%s%.*s%s\n", before, (int)len, list, after);
		list += len + (list[len] == ',');
	}
}

static void make_time(struct xos_grid_files *files)
{
	const struct xos_grid *grid = files->grid;
	bool core = grid->self->role == XOS_GRID_CORE;
	struct xos_text *text;

	text = grid_file_new(files, "/etc/chrony/sources.d/50-xos.sources",
			     S_IFREG | 0644, "globalDefs, nodeTypes");
	if (!core) {
		xos_text_add(text, "server %s iburst\n", *grid->core->address ?
			     grid->core->address : grid->core->name);
		return;
	}
	each_word(text, "server ", grid->value[XOS_GRID_NTP], " iburst");
	text = grid_file_new(files, "/etc/chrony/conf.d/50-xos.conf", S_IFREG | 0644,
			     "nodeTypes, etc/hosts");
	xos_text_add(text, "local stratum 10\n");
	for (size_t i = 0; i < grid->n_nodes; i++)
		if (grid->node[i].role != XOS_GRID_CORE && *grid->node[i].address)
			xos_text_add(text, "allow %s\n", grid->node[i].address);
}

static void make_proxy(struct xos_grid_files *files)
{
	const char *proxy = files->grid->value[XOS_GRID_PROXYURL];
	struct xos_text *text;

	if (!strcmp(proxy, "noProxy"))
		return;
	text = grid_file_new(files, "/etc/environment.d/50-xos.conf", S_IFREG | 0644,
			     "globalDefs");
	xos_text_add(text, "http_proxy=%s\nhttps_proxy=%s\nno_proxy=localhost", proxy, proxy);
	for (size_t i = 0; i < files->grid->n_nodes; i++)
		xos_text_add(text, ",%s", files->grid->node[i].name);
	xos_text_add(text, "\n");
}

/* What every other program of the grid reads: each key, defaults filled in. */
static void make_conf(struct xos_grid_files *files)
{
	struct xos_text *text = grid_file_new(files, XOS_GRID_CONF, S_IFREG | 0644,
					      ALL_INPUTS);
	const struct xos_grid *grid = files->grid;

	for (enum xos_grid_key key = 0; key < XOS_GRID_KEYS; key++)
		xos_text_add(text, "%s=%s\n", xos_grid_key_info(key)->name,
			     grid->value[key]);
}

void grid_make_base(struct xos_grid_files *files)
{
	make_hosts(files);
	xos_text_add(grid_file_new(files, "/etc/hostname", S_IFREG | 0644, "localDefs"),
		     "%s\n", files->grid->value[XOS_GRID_MYHOSTNAME]);
	make_time(files);
	make_proxy(files);
	make_conf(files);
}
