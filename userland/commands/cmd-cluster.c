// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-cluster.c: krgadm cluster status, poweroff, reboot.
 */
#include "krgadm.h"

#include "kerrighed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* There is one subcluster, 0.  Return: 0 down, 1 up, -1 error. */
static int is_up(void)
{
	struct krg_clusters *clusters = krg_cluster_status();
	int up;

	if (!clusters)
		return -1;
	up = krg_clusters_is_up(clusters, 0);
	krg_clusters_destroy(clusters);
	return up;
}

/* Does this node reach a quorum of the cluster that it is in? */
static int is_serving(void)
{
	struct krg_log *log = krg_cluster_log();
	int serving = log && log->serving;

	krg_log_destroy(log);
	return serving;
}

int cluster_status(int json)
{
	int up = is_up();
	int count = up > 0 ? get_nr_nodes() : 0;

	if (json && up >= 0 && count >= 0) {
		printf("{\"status\":\"%s\",\"nodes\":%d,\"serving\":%s}\n",
		       count ? "up" : "down", count,
		       is_serving() ? "true" : "false");
		return EXIT_SUCCESS;
	}
	if (up < 0 || count < 0) {
		puts("status: error");
		return EXIT_FAILURE;
	}
	if (count)
		printf("status: up on %d nodes\n", count);
	else
		puts("status: down");
	return EXIT_SUCCESS;
}

static int end_cluster(const char *text, int (*action)(int subcluster))
{
	int up;

	printf("%s cluster... ", text);
	fflush(stdout);
	up = is_up();
	if (!up) {
		puts("fail (cluster not running)");
		return EXIT_FAILURE;
	}
	if (up < 0 || action(0)) {
		printf("fail (%s)\n", strerror(errno));
		return EXIT_FAILURE;
	}
	puts("done");
	return EXIT_SUCCESS;
}

int cluster_poweroff(int json)
{
	(void)json;
	return end_cluster("Shutting down", krg_cluster_shutdown);
}

int cluster_reboot(int json)
{
	(void)json;
	return end_cluster("Rebooting", krg_cluster_reboot);
}
