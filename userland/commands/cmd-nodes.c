// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-nodes.c: krgadm nodes status, add, del, fail.
 *
 * Each chooses a set of nodes from the options and from what is present and
 * online now, then asks the kernel once.
 */
#include "krgadm.h"

#include "kerrighed.h"
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLL_SECONDS	1

static struct krg_nodes *get_states(void)
{
	struct krg_nodes *nodes = krg_nodes_status();

	if (!nodes)
		perror("nodes");
	return nodes;
}

int nodes_status(const struct options *options)
{
	struct krg_nodes *nodes = get_states();
	const char *comma = "";
	int node, state;

	if (!nodes)
		return EXIT_FAILURE;
	if (options->json)
		putchar('[');
	for (node = krg_nodes_nextnode(nodes, -1); node >= 0;
	     node = krg_nodes_nextnode(nodes, node)) {
		state = krg_nodes_getnode(nodes, node);
		if (state < KRG_STATUS_PRESENT ||
		    (options->nodes &&
		     !krg_node_set_contains(options->nodes, node)))
			continue;
		if (options->json)
			printf("%s{\"id\":%d,\"state\":\"%s\"}", comma, node,
			       krg_status_str(state));
		else
			printf("%d:%s\n", node, krg_status_str(state));
		comma = ",";
	}
	if (options->json)
		puts("]");
	krg_nodes_destroy(nodes);
	return EXIT_SUCCESS;
}

/* What went wrong, where errno's own text would not tell. */
static const char *reason(int err)
{
	switch (err) {
	case EEXIST:
		return "a node is in another cluster";
	case EPROTO:
		return "a node has other modules loaded";
	case EHOSTDOWN:
		return "the cluster has no quorum";
	case EHOSTUNREACH:
		return "a node does not reach all others";
	default:
		return strerror(err);
	}
}

/* Ask the kernel, unless there is nothing to ask. */
static int carry_out(const char *verb, const char *nothing,
		     int (*action)(const struct krg_node_set *set),
		     const struct krg_node_set *set)
{
	const char *comma = "";
	int node = krg_node_set_next(set, -1);

	if (node < 0) {
		puts(nothing);
		return EXIT_SUCCESS;
	}
	printf("%s nodes [", verb);
	for (; node >= 0; node = krg_node_set_next(set, node)) {
		printf("%s%d", comma, node);
		comma = ",";
	}
	fputs("]... ", stdout);
	fflush(stdout);
	if (action(set)) {
		fprintf(stderr, "fail: %s\n", reason(errno));
		return EXIT_FAILURE;
	}
	puts("done");
	return EXIT_SUCCESS;
}

/* Keep the @count lowest nodes. */
static void keep_lowest(struct krg_node_set *set, int count)
{
	int node;

	for (node = krg_node_set_next(set, -1); node >= 0;
	     node = krg_node_set_next(set, node))
		if (count-- <= 0)
			krg_node_set_remove(set, node);
}

/* How far the wait is: text of @width characters at most. */
static void show_wait(const struct krg_node_set *wanted,
		      const struct krg_nodes *nodes, int count, char **text)
{
	size_t size;
	FILE *out = open_memstream(text, &size);
	int node;

	if (!out) {
		*text = NULL;
		return;
	}
	if (wanted)
		for (node = krg_node_set_next(wanted, -1); node >= 0;
		     node = krg_node_set_next(wanted, node))
			fprintf(out, "%4d:%d", node,
				krg_nodes_getnode(nodes, node) >=
				KRG_STATUS_PRESENT);
	else
		fprintf(out, "%4d/%-4d", krg_nodes_num_present(nodes), count);
	fclose(out);
}

static int is_there(const struct krg_node_set *wanted,
		    const struct krg_nodes *nodes, int count)
{
	int node;

	if (!wanted)
		return krg_nodes_num_present(nodes) >= count;
	for (node = krg_node_set_next(wanted, -1); node >= 0;
	     node = krg_node_set_next(wanted, node))
		if (krg_nodes_getnode(nodes, node) < KRG_STATUS_PRESENT)
			return 0;
	return 1;
}

/*
 * Wait until all @wanted nodes, or, if NULL, any @count, are present.  How far
 * it is shows on a terminal all the time, elsewhere once at the end.
 */
static struct krg_nodes *wait_present(const struct krg_node_set *wanted,
				      int count)
{
	int tty = isatty(STDOUT_FILENO);
	struct krg_nodes *nodes;
	char *text;
	size_t i;
	int there;

	fputs("Waiting for nodes to join... ", stdout);
	fflush(stdout);
	for (;;) {
		nodes = get_states();
		if (!nodes)
			return NULL;
		there = is_there(wanted, nodes, count);
		text = NULL;
		if (tty || there)
			show_wait(wanted, nodes, count, &text);
		if (text) {
			fputs(text, stdout);
			for (i = there ? 0 : strlen(text); i > 0; i--)
				putchar('\b');
			fflush(stdout);
			free(text);
		}
		if (there) {
			puts(" done");
			return nodes;
		}
		krg_nodes_destroy(nodes);
		sleep(POLL_SECONDS);
	}
}

static struct krg_node_set *choose_listed(const struct krg_node_set *listed,
					  const struct krg_nodes *nodes)
{
	struct krg_node_set *set = krg_node_set_create();
	int node;

	if (!set)
		return NULL;
	for (node = krg_node_set_next(listed, -1); node >= 0;
	     node = krg_node_set_next(listed, node))
		if (!krg_nodes_is_online(nodes, node))
			krg_node_set_add(set, node);
	return set;
}

/* Nodes to add.  May replace *@nodes by newer states.  NULL: failed. */
static struct krg_node_set *choose_add(const struct options *options,
				       struct krg_nodes **nodes)
{
	struct krg_node_set *set;
	int count = options->number;

	switch (options->mode) {
	case MODE_NODES:
		set = choose_listed(options->nodes, *nodes);
		count = 0;
		break;
	case MODE_TOTAL:
		count -= krg_nodes_num_online(*nodes);
		set = NULL;
		break;
	case MODE_COUNT:
		set = NULL;
		break;
	default:
		return krg_nodes_get_present(*nodes);
	}
	if (options->mode == MODE_NODES ? !set || krg_node_set_weight(set) == 0
					: count <= 0)
		return set ? set : krg_node_set_create();

	krg_nodes_destroy(*nodes);
	*nodes = wait_present(set, count);
	if (!*nodes) {
		krg_node_set_destroy(set);
		return NULL;
	}
	if (!set) {
		set = krg_nodes_get_present(*nodes);
		if (set)
			keep_lowest(set, count);
	}
	return set;
}

/* The listed nodes that can be removed; says why the others can not. */
static struct krg_node_set *choose_removable(const struct krg_node_set *listed,
					     const struct krg_nodes *nodes,
					     int self)
{
	struct krg_node_set *set = krg_node_set_create();
	int node;

	if (!set)
		return NULL;
	for (node = krg_node_set_next(listed, -1); node >= 0;
	     node = krg_node_set_next(listed, node)) {
		if (!krg_nodes_is_online(nodes, node))
			fprintf(stderr,
				"Unable to suppress node %d (must be 'online').\n",
				node);
		else if (node == self)
			fputs("Unable to suppress current node.\n", stderr);
		else
			krg_node_set_add(set, node);
	}
	return set;
}

/* Nodes to remove.  NULL: failed, and it has been said. */
static struct krg_node_set *choose_del(const struct options *options,
				       struct krg_nodes **nodes)
{
	int online = krg_nodes_num_online(*nodes);
	int count = options->number;
	int self = get_node_id();
	struct krg_node_set *set;

	if (self < 0)
		return NULL;
	if (options->mode == MODE_NODES)
		return choose_removable(options->nodes, *nodes, self);
	if (options->mode == MODE_TOTAL)
		count = online - count;
	if (options->mode == MODE_COUNT && count > 0 && count >= online) {
		fputs("Not enough nodes to remove. Aborting.\n", stderr);
		return NULL;
	}
	set = krg_nodes_get_online(*nodes);
	if (!set)
		return NULL;
	krg_node_set_remove(set, self);
	if (options->mode != MODE_ALL)
		keep_lowest(set, count);
	return set;
}

/**
 * struct change - what adding and removing nodes differ in
 * @choose: nodes to change, by options and states.  May replace *@nodes by newer
 *	states, NULL where it failed to.  NULL: failed, and it has been said.
 * @verb: begins what is printed
 * @nothing: is printed when no node is chosen
 * @action: asks the kernel
 */
struct change {
	struct krg_node_set *(*choose)(const struct options *options,
				       struct krg_nodes **nodes);
	const char *verb, *nothing;
	int (*action)(const struct krg_node_set *set);
};

static int change_nodes(const struct options *options,
			const struct change *change)
{
	struct krg_nodes *nodes = get_states();
	struct krg_node_set *set;
	int status = EXIT_FAILURE;

	if (!nodes)
		return EXIT_FAILURE;
	set = change->choose(options, &nodes);
	if (set)
		status = carry_out(change->verb, change->nothing,
				   change->action, set);
	krg_node_set_destroy(set);
	krg_nodes_destroy(nodes);
	return status;
}

int nodes_add(const struct options *options)
{
	static const struct change add = {
		.choose = choose_add, .action = krg_nodes_add,
		.verb = "Adding", .nothing = "No present node to add.",
	};

	return change_nodes(options, &add);
}

int nodes_del(const struct options *options)
{
	static const struct change del = {
		.choose = choose_del, .action = krg_nodes_remove,
		.verb = "Removing", .nothing = "No online node to remove.",
	};

	return change_nodes(options, &del);
}

/* Nodes of no cluster, and the local one, can not be declared dead. */
int nodes_fail(const struct options *options)
{
	int self = get_node_id();

	if (self < 0)
		return EXIT_FAILURE;
	if (krg_node_set_contains(options->nodes, self)) {
		fputs("Unable to declare the current node dead.\n", stderr);
		return EXIT_FAILURE;
	}
	return carry_out("Declaring dead", "No node to declare dead.",
			 krg_nodes_fail, options->nodes);
}
