// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * krg-log.c: the last views of the cluster.
 */
#include "kerrighed.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <ssi/ksys.h>

#define MAX_VIEWS	32	/* the kernel remembers no more */

const char *krg_cause_str(int cause)
{
	static const char *const names[] = {
		[KRG_CAUSE_CREATE] = "create",
		[KRG_CAUSE_ADD] = "add",
		[KRG_CAUSE_LEAVE] = "leave",
		[KRG_CAUSE_REMOVE] = "remove",
		[KRG_CAUSE_DEAD] = "dead",
		[KRG_CAUSE_FAIL] = "fail",
		[KRG_CAUSE_SYNC] = "sync",
	};

	if (cause < KRG_CAUSE_CREATE || cause > KRG_CAUSE_SYNC)
		return NULL;
	return names[cause];
}

static struct krg_node_set *get_set(const unsigned char *bits)
{
	struct krg_node_set *set = krg_node_set_create();
	int node;

	for (node = 0; set && node < kerrighed_max_nodes && node < 1024; node++)
		if (bits[node / 8] >> (node % 8) & 1)
			krg_node_set_add(set, node);
	return set;
}

static int get_view(struct krg_view *view, const struct ksys_view *from)
{
	view->lineage = from->lineage;
	view->number = from->number;
	view->ago_us = from->ago_us;
	view->install_us = from->install_us;
	view->stable_us = from->stable_us;
	view->cause = from->cause;
	view->nr_members = from->nr_members;
	view->joined = get_set(from->joined);
	view->left = get_set(from->left);
	return view->joined && view->left ? 0 : -1;
}

static struct krg_log *make_log(const struct ksys_log *header,
				const struct ksys_view *views)
{
	struct krg_log *log = calloc(1, sizeof(*log));
	unsigned int i;

	if (!log)
		return NULL;
	log->member = !!(header->flags & KSYS_LOG_MEMBER);
	log->serving = !!(header->flags & KSYS_LOG_SERVING);
	log->views = calloc(header->count + 1, sizeof(*log->views));
	for (i = 0; log->views && i < header->count; i++) {
		log->count++;
		if (!get_view(&log->views[i], &views[i]))
			continue;
		krg_log_destroy(log);
		return NULL;
	}
	return log;
}

struct krg_log *krg_cluster_log(void)
{
	struct ksys_view *views = calloc(MAX_VIEWS, sizeof(*views));
	struct ksys_log header = {
		.size = sizeof(header),
		.view_size = sizeof(*views),
		.count = MAX_VIEWS,
		.views = (uintptr_t)views,
	};
	struct krg_log *log = NULL;
	int err;

	if (views && !call_kerrighed_services(KSYS_CLUSTER_LOG, &header))
		log = make_log(&header, views);
	err = errno;
	free(views);
	errno = err;
	return log;
}

void krg_log_destroy(struct krg_log *log)
{
	int i;

	if (!log)
		return;
	for (i = 0; i < log->count; i++) {
		krg_node_set_destroy(log->views[i].joined);
		krg_node_set_destroy(log->views[i].left);
	}
	free(log->views);
	free(log);
}
