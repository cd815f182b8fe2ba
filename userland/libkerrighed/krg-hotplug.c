// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * krg-hotplug.c: the cluster, and what can be done to it.
 */
#include "kerrighed.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <ssi/ksys.h>

int kerrighed_max_nodes;
int kerrighed_max_clusters;

int krg_hotplug_init(void)
{
	if (call_kerrighed_services(KSYS_NB_MAX_NODES, &kerrighed_max_nodes))
		return -1;
	return call_kerrighed_services(KSYS_NB_MAX_CLUSTERS,
				       &kerrighed_max_clusters);
}

int krg_check_hotplug(void)
{
	int fd = open_kerrighed_services();

	return fd < 0 ? -1 : close_kerrighed_services(fd);
}

int krg_check_container(void)
{
	struct stat st;

	return stat(SSI_SELF_FOLDER, &st);
}

struct krg_clusters *krg_clusters_create(void)
{
	struct krg_clusters *clusters = calloc(1, sizeof(*clusters));

	if (!clusters)
		return NULL;
	clusters->clusters = calloc(kerrighed_max_clusters, 1);
	if (!clusters->clusters) {
		free(clusters);
		return NULL;
	}
	return clusters;
}

void krg_clusters_destroy(struct krg_clusters *clusters)
{
	if (!clusters)
		return;
	free(clusters->clusters);
	free(clusters);
}

struct krg_clusters *krg_cluster_status(void)
{
	struct krg_clusters *clusters = krg_clusters_create();
	struct ksys_states states = { .size = sizeof(states) };
	int err;

	if (!clusters)
		return NULL;
	states.count = kerrighed_max_clusters;
	states.states = (uintptr_t)clusters->clusters;
	if (!call_kerrighed_services(KSYS_HOTPLUG_STATUS, &states))
		return clusters;
	err = errno;
	krg_clusters_destroy(clusters);
	errno = err;
	return NULL;
}

int krg_clusters_is_up(const struct krg_clusters *clusters, int subcluster)
{
	return subcluster >= 0 && subcluster < kerrighed_max_clusters &&
	       clusters->clusters[subcluster];
}

static int call_with_set(unsigned long service, const struct krg_node_set *set)
{
	unsigned char *bits = calloc((kerrighed_max_nodes + 7) / 8, 1);
	struct ksys_node_set arg = {
		.size = sizeof(arg),
		.subcluster = set->subclusterid,
		.nr_nodes = kerrighed_max_nodes,
		.bits = (uintptr_t)bits,
	};
	int node, ret, err;

	if (!bits)
		return -1;
	for (node = krg_node_set_next(set, -1); node >= 0;
	     node = krg_node_set_next(set, node))
		bits[node / 8] |= 1u << (node % 8);
	ret = call_kerrighed_services(service, &arg);
	err = errno;
	free(bits);
	errno = err;
	return ret;
}

int krg_nodes_add(const struct krg_node_set *set)
{
	return call_with_set(KSYS_HOTPLUG_ADD, set);
}

int krg_nodes_remove(const struct krg_node_set *set)
{
	return call_with_set(KSYS_HOTPLUG_REMOVE, set);
}

int krg_nodes_fail(const struct krg_node_set *set)
{
	return call_with_set(KSYS_HOTPLUG_FAIL, set);
}

int krg_cluster_shutdown(int subcluster)
{
	return call_kerrighed_services(KSYS_HOTPLUG_SHUTDOWN, &subcluster);
}

int krg_cluster_reboot(int subcluster)
{
	return call_kerrighed_services(KSYS_HOTPLUG_RESTART, &subcluster);
}
