/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kerrighed.h: libkerrighed, the cluster seen from a program.
 *
 * Names and results are those of Kerrighed's library.  Functions that return
 * int return 0 or more, or -1 with errno set, unless said otherwise; functions
 * that return a pointer return NULL with errno set.
 *
 * A program linked with this library ends at its start, with a message and
 * exit status 1, when the running kernel's interface is not the library's.
 */
#ifndef KERRIGHED_H
#define KERRIGHED_H

#ifdef __cplusplus
extern "C" {
#endif

/* Number of possible nodes and subclusters, after krg_hotplug_init(). */
extern int kerrighed_max_nodes;
extern int kerrighed_max_clusters;

/* State of a node.  Each includes the ones before: who is online is present. */
enum krg_status {
	KRG_STATUS_INVALID,	/* not a node */
	KRG_STATUS_POSSIBLE,	/* no node answers to the id */
	KRG_STATUS_PRESENT,	/* seen, not in the cluster */
	KRG_STATUS_ONLINE,	/* in the cluster */
};

/* A set of nodes: v[n] is not 0 when node n is in it. */
struct krg_node_set {
	int subclusterid;
	char *v;
};

/* States of all nodes: nodes[n] is an enum krg_status. */
struct krg_nodes {
	char *nodes;
};

/* States of all subclusters: clusters[n] is not 0 when n is up. */
struct krg_clusters {
	char *clusters;
};

/* Begin: fetches the two numbers above.  To be called first. */
int krg_hotplug_init(void);
/* 0 when the services of the kernel can be used. */
int krg_check_hotplug(void);
/* 0 when this node is online. */
int krg_check_container(void);
/* "invalid", "possible", "present", "online"; NULL for another number. */
const char *krg_status_str(int status);

/* Sets of nodes. */
struct krg_node_set *krg_node_set_create(void);
void krg_node_set_destroy(struct krg_node_set *set);
void krg_node_set_clear(struct krg_node_set *set);
int krg_node_set_add(struct krg_node_set *set, int node);
int krg_node_set_remove(struct krg_node_set *set, int node);
int krg_node_set_contains(const struct krg_node_set *set, int node);
int krg_node_set_weight(const struct krg_node_set *set);
/* Lowest node above @node; -1 to begin, -1 at the end. */
int krg_node_set_next(const struct krg_node_set *set, int node);

/* States of nodes now, to be given to krg_nodes_destroy(). */
struct krg_nodes *krg_nodes_status(void);
struct krg_nodes *krg_nodes_create(void);
void krg_nodes_destroy(struct krg_nodes *nodes);
/* How many nodes are in that state, not a higher one. */
int krg_nodes_num(const struct krg_nodes *nodes, enum krg_status status);
int krg_nodes_num_online(const struct krg_nodes *nodes);
int krg_nodes_num_possible(const struct krg_nodes *nodes);
int krg_nodes_num_present(const struct krg_nodes *nodes);
/* Not 0 when a node is in that state, not a higher one. */
int krg_nodes_is(const struct krg_nodes *nodes, int node,
		 enum krg_status status);
int krg_nodes_is_online(const struct krg_nodes *nodes, int node);
int krg_nodes_is_possible(const struct krg_nodes *nodes, int node);
int krg_nodes_is_present(const struct krg_nodes *nodes, int node);
/* Lowest node above @node in that state; -1 to begin, -1 at the end. */
int krg_nodes_next(const struct krg_nodes *nodes, int node,
		   enum krg_status status);
int krg_nodes_next_online(const struct krg_nodes *nodes, int node);
int krg_nodes_next_possible(const struct krg_nodes *nodes, int node);
int krg_nodes_next_present(const struct krg_nodes *nodes, int node);
/* The nodes in that state, to be given to krg_node_set_destroy(). */
struct krg_node_set *krg_nodes_get(const struct krg_nodes *nodes,
				   enum krg_status status);
struct krg_node_set *krg_nodes_get_online(const struct krg_nodes *nodes);
struct krg_node_set *krg_nodes_get_possible(const struct krg_nodes *nodes);
struct krg_node_set *krg_nodes_get_present(const struct krg_nodes *nodes);
/* State of a node; lowest valid node above @node. */
int krg_nodes_getnode(const struct krg_nodes *nodes, int node);
int krg_nodes_nextnode(const struct krg_nodes *nodes, int node);

/* States of subclusters now, to be given to krg_clusters_destroy(). */
struct krg_clusters *krg_cluster_status(void);
struct krg_clusters *krg_clusters_create(void);
void krg_clusters_destroy(struct krg_clusters *clusters);
int krg_clusters_is_up(const struct krg_clusters *clusters, int subcluster);

/* Make nodes online, present again.  Ends when every node knows. */
int krg_nodes_add(const struct krg_node_set *set);
int krg_nodes_remove(const struct krg_node_set *set);
/*
 * Declare nodes dead: they are out of the cluster, whether they answer or not,
 * and do not count for its quorum.  Make sure first that they are dead.
 */
int krg_nodes_fail(const struct krg_node_set *set);

/* Why a view of the cluster came. */
enum krg_cause {
	KRG_CAUSE_CREATE = 1,	/* the first of a cluster */
	KRG_CAUSE_ADD,		/* nodes were added */
	KRG_CAUSE_LEAVE,	/* nodes were told to leave */
	KRG_CAUSE_REMOVE,	/* they have left */
	KRG_CAUSE_DEAD,		/* nodes died, or were not reached by all */
	KRG_CAUSE_FAIL,		/* nodes were declared dead */
	KRG_CAUSE_SYNC,		/* what was before is not known here */
};

/* A view of the cluster, as this node saw it come.  Times in microseconds. */
struct krg_view {
	unsigned long long lineage, number;
	unsigned long long ago_us;	/* since this node took it */
	unsigned long long install_us;	/* from its first sign to then */
	unsigned long long stable_us;	/* until all took note; 0: not yet */
	enum krg_cause cause;
	int nr_members;
	struct krg_node_set *joined, *left;
};

/* The last views, the oldest first. */
struct krg_log {
	int member;		/* is this node in the cluster? */
	int serving;		/* and does it reach a quorum of it? */
	int count;
	struct krg_view *views;
};

/* The log now, to be given to krg_log_destroy(). */
struct krg_log *krg_cluster_log(void);
void krg_log_destroy(struct krg_log *log);
/* "create", "add" and so on; NULL for another number. */
const char *krg_cause_str(int cause);

/* Power off, restart all online nodes. */
int krg_cluster_shutdown(int subcluster);
int krg_cluster_reboot(int subcluster);

/* This node's id; number of online nodes. */
int get_node_id(void);
int get_nr_nodes(void);

/* The services themselves. */
int open_kerrighed_services(void);
int close_kerrighed_services(int fd);
int call_opened_kerrighed_services(int fd, unsigned long service, void *data);
int call_kerrighed_services(unsigned long service, void *data);

#ifdef __cplusplus
}
#endif

#endif /* KERRIGHED_H */
