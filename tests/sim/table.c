// SPDX-License-Identifier: GPL-2.0-only
/*
 * table.c: messages and bytes of one view change, by number of nodes.
 *
 * Nothing happens by chance here: all links are up, all machines alike.  What
 * is counted is everything that was said from the event until every member was
 * stable in the new view, whatever it was about.
 */
#include "sim.h"

#include <inttypes.h>

#define LAYERS	4

static bool is_stable(const struct world *w, u64 number)
{
	const struct ssi_membership *m;
	u16 node;

	for (node = 0; node < w->n; node++) {
		m = w->machines[node].m;
		if (w->machines[node].alive && m->view.id.number < number)
			return false;
		if (w->machines[node].alive && ssi_membership_is_member(m) &&
		    (!m->stage.stable || !m->serving))
			return false;
	}
	return true;
}

static void settle(struct world *w, u64 number)
{
	u64 end = w->now_us + 60 * SECOND;

	while (!is_stable(w, number) && world_step(w, end))
		;
	if (!is_stable(w, number))
		sim_fail(w, "view %" PRIu64 " did not come", number);
}

static void count(struct world *w, const char *what, u64 number)
{
	u64 members;

	settle(w, number);
	members = ssi_nodeset_weight(&w->machines[w->n - 1].m->view.members);
	printf("%6u  %-14s %9" PRIu64 " %12" PRIu64 " %10.1f %10.0f\n", w->n,
	       what, w->messages, w->bytes, (double)w->messages / members,
	       (double)w->bytes / members);
	w->messages = 0;
	w->bytes = 0;
}

/* Start counting at a moment without gossip: behind everybody's tick. */
static void quiet(struct world *w)
{
	u64 end = w->now_us + SECOND;

	while (world_step(w, end))
		;
	w->messages = 0;
	w->bytes = 0;
}

static void measure(struct world *w)
{
	struct ssi_nodeset set;
	unsigned int node;
	u64 end;

	for (node = 0; node < w->n; node++)
		world_start(w, node);
	for (end = 5 * SECOND; world_step(w, end);)
		;
	ssi_nodeset_clear(&set);
	for (node = 0; node + 1 < w->n; node++)
		ssi_nodeset_add(&set, node);
	w->messages = 0;
	w->bytes = 0;
	world_request(w, 0, SSI_OP_ADD, &set);
	count(w, "create n - 1", 1);
	quiet(w);
	ssi_nodeset_clear(&set);
	ssi_nodeset_add(&set, w->n - 1);
	world_request(w, 0, SSI_OP_ADD, &set);
	count(w, "join 1", 2);
	quiet(w);
	world_crash(w, w->n / 2);
	count(w, "kill a member", 3);
	quiet(w);
	world_crash(w, 0);
	if (w->n > 3)
		count(w, "kill leader", 4);
}

void table_print(const char *nodes)
{
	struct config config = {
		.rule = SSI_RULE_MAJORITY,
		.head = SSI_NODE_NONE,
		.layers = LAYERS,
		.latency_us = 80,
		.stage_us = 1,
		.seed = 1,
	};
	char *next;

	printf(" nodes  change          messages        bytes per member  B/member\n");
	for (; *nodes; nodes = *next ? next + 1 : next) {
		struct world *w;

		config.nodes = strtoul(nodes, &next, 10);
		if (next == nodes || config.nodes < 3 ||
		    config.nodes > SSI_MAX_NODES)
			break;
		w = world_create(&config);
		w->calm = true;
		if (setjmp(w->failed))
			printf("not ok - %u nodes: %s\n", config.nodes, w->why);
		else
			measure(w);
		world_destroy(w);
	}
}
