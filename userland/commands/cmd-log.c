// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-log.c: krgadm cluster log, the last views with cause and duration.
 */
#include "krgadm.h"

#include "kerrighed.h"

#include <stdio.h>
#include <stdlib.h>

static void print_set(const struct krg_node_set *set)
{
	const char *comma = "";
	int node;

	for (node = krg_node_set_next(set, -1); node >= 0;
	     node = krg_node_set_next(set, node)) {
		printf("%s%d", comma, node);
		comma = ",";
	}
}

static const char *cause_of(const struct krg_view *view)
{
	const char *text = krg_cause_str(view->cause);

	return text ? text : "unknown";
}

/* view 3: 2 nodes, dead, left 3, 12.0 s ago, took 1.2 ms, stable after 3.4 ms */
static void print_text(const struct krg_view *view)
{
	printf("view %llu: %d nodes, %s", view->number, view->nr_members,
	       cause_of(view));
	if (krg_node_set_weight(view->joined)) {
		fputs(", joined ", stdout);
		print_set(view->joined);
	}
	if (krg_node_set_weight(view->left)) {
		fputs(", left ", stdout);
		print_set(view->left);
	}
	printf(", %.1f s ago, took %.1f ms", view->ago_us / 1e6,
	       view->install_us / 1e3);
	if (view->stable_us)
		printf(", stable after %.1f ms", view->stable_us / 1e3);
	putchar('\n');
}

static void print_json(const struct krg_view *view, const char *comma)
{
	printf("%s\n {\"view\":%llu,\"lineage\":\"%016llx\",\"cause\":\"%s\",\"nodes\":%d,"
	       "\"joined\":[", comma, view->number, view->lineage,
	       cause_of(view), view->nr_members);
	print_set(view->joined);
	fputs("],\"left\":[", stdout);
	print_set(view->left);
	printf("],\"ago_us\":%llu,\"install_us\":%llu,\"stable_us\":", view->ago_us,
	       view->install_us);
	if (view->stable_us)
		printf("%llu}", view->stable_us);
	else
		fputs("null}", stdout);
}

int cluster_log(int json)
{
	struct krg_log *log = krg_cluster_log();
	int i;

	if (!log) {
		perror("log");
		return EXIT_FAILURE;
	}
	if (json)
		putchar('[');
	for (i = 0; i < log->count; i++) {
		if (json)
			print_json(&log->views[i], i ? "," : "");
		else
			print_text(&log->views[i]);
	}
	if (json)
		puts("]");
	krg_log_destroy(log);
	return EXIT_SUCCESS;
}
