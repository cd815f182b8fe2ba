// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddm-table.c: what an operation costs, by number of nodes.
 *
 * All nodes are in one view, nothing fails, and all random choices are alike.
 * Random sharing: each operation is of a random node on a random object, four
 * reads to one write, and ends before the next begins.  Then a measured miss:
 * a reader, and a writer with c copies elsewhere, who both know the owner.
 * Packets that confirm and tell homes, which are sent many at once with a tick
 * and which nobody waits for, are counted apart.
 */
#include "kddm-sim.h"

#include <inttypes.h>

#define OPERATIONS	5000
#define OBJECTS		256
#define GAP_US		200

struct figures {
	u64 packets, later, hints, asks;
};

static bool is_later(unsigned int type)
{
	return type == SSI_PACKET_RECEIVED || type == SSI_PACKET_MOVED;
}

static u64 sent_now(const struct above *above, bool later)
{
	unsigned int type;
	u64 sum = 0;

	for (type = 0; type < SSI_PACKET_NR; type++)
		if (is_later(type) == later)
			sum += above->sent[type];
	return sum;
}

static void run_to(struct world *w, u64 time_us)
{
	while (world_step(w, time_us))
		;
}

/* All machines in one view: as the layer below would have it. */
static void form(struct world *w)
{
	struct above *above = above_of(w);
	struct ssi_kddm_view view = { .id = { 1, 1 } };
	unsigned int step;
	u16 node;

	for (node = 0; node < w->n; node++)
		ssi_nodeset_add(&view.members, node);
	for (node = 0; node < w->n; node++) {
		struct ssi_membership *m = w->machines[node].m;

		w->machines[node].alive = true;
		w->machines[node].incarnation = 1;
		memset(m, 0, sizeof(*m));
		m->self = node;
		m->incarnation = 1;
		m->view.id = view.id;
		m->view.members = view.members;
		m->view.incarnation[node] = 1;
		w->upper->start(w, node);
	}
	for (step = 0; step < SSI_RECOVERY_STEPS; step++) {
		for (node = 0; node < w->n; node++) {
			above->sites[node].in_stage = true;
			ssi_recovery_step(&above->sites[node].kddm, &view, step);
		}
		run_to(w, w->now_us + SECOND);
	}
	for (node = 0; node < w->n; node++)
		ssi_kddm_serve(&above->sites[node].kddm, true);
}

/* One operation from beginning to end. */
static void operate(struct world *w, u16 node, u64 id, bool write)
{
	struct site *site = &above_of(w)->sites[node];
	struct user *user = &site->users[0];

	user->set = 0;
	user->id = 0;
	memset(&user->request, 0, sizeof(user->request));
	user->request.set = site->sets[0];
	user->request.id = id;
	user->request.waiter.op = write ? SSI_KDDM_GRAB : SSI_KDDM_GET;
	user->state = USER_WAITS;
	ssi_object_submit(&user->request);
	site_touched(site);
	while (user->state == USER_WAITS)
		run_to(w, w->now_us + GAP_US);
	if (write) {
		user->request.waiter.op = SSI_KDDM_PUT;
		user->state = USER_WAITS;
		ssi_object_submit(&user->request);
	} else {
		ssi_object_put_read(site->sets[0], id);
	}
	user->state = USER_IDLE;
	run_to(w, w->now_us + GAP_US);
}

static void share(struct world *w, struct figures *figures, unsigned int nr)
{
	struct above *above = above_of(w);
	u64 rng = 1, packets, later, asks, hints;
	unsigned int i;

	packets = sent_now(above, false);
	later = sent_now(above, true);
	asks = above->asked;
	hints = above->hints;
	for (i = 0; i < nr; i++)
		operate(w, sim_random(&rng) % w->n,
			sim_random(&rng) % (OBJECTS),
			!(sim_random(&rng) % 5));
	run_to(w, w->now_us + SECOND);
	figures->packets = sent_now(above, false) - packets;
	figures->later = sent_now(above, true) - later;
	figures->hints = above->hints - hints;
	figures->asks = above->asked - asks;
}

/* Packets of one miss of node 1, which knows that 2 is the owner. */
static u64 miss(struct world *w, bool write, unsigned int copies)
{
	struct above *above = above_of(w);
	u64 id = 1ULL << 40, before;
	unsigned int i;

	operate(w, 2, id, true);
	operate(w, 1, id, false);
	operate(w, 2, id, true);
	for (i = 0; i < copies; i++)
		operate(w, (3 + i) % w->n, id, false);
	run_to(w, w->now_us + SECOND);
	/* Whatever its hints were like, this one is right. */
	above->sites[1].sets[0]->trust = SSI_TRUST_MAX;
	before = sent_now(above, false);
	operate(w, 1, id, write);
	return sent_now(above, false) - before;
}

static bool print_line(unsigned int nodes)
{
	struct config config = { .nodes = nodes, .latency_us = 100 };
	struct figures warm, figures;
	struct world *w = world_create(&config);
	unsigned int copies = nodes > 4 ? 8 : 2;
	u64 read, write;
	bool good;

	w->calm = true;
	above_of(w)->load.sets = 1;
	above_of(w)->load.definition[0].policy = SSI_HOME_SPREAD;
	if (setjmp(w->failed)) {
		printf("%s\n", w->why);
		return false;
	}
	form(w);
	share(w, &warm, 10 * OBJECTS);
	share(w, &figures, OPERATIONS);
	read = miss(w, false, 0);
	write = miss(w, true, copies);
	good = read == 2 && write <= 2 + 2 * copies;
	printf("%6u %8.2f %8.2f %8.2f %6" PRIu64 " %9" PRIu64 " (c = %u)\n",
	       nodes, (double)figures.packets / OPERATIONS,
	       (double)figures.later / OPERATIONS,
	       (double)figures.hints / figures.asks, read, write, copies);
	if (nodes == 64)
		good &= 5 * figures.hints <= 6 * figures.asks;
	world_destroy(w);
	return good;
}

/* @nodes: numbers with commas.  Return: 0 when no figure is missed. */
int table_objects(const char *nodes)
{
	int status = 0;
	char *end;

	printf(" nodes  packets    later    hints   read     write\n");
	for (; *nodes; nodes = *end ? end + 1 : end) {
		unsigned int number = strtoul(nodes, &end, 10);

		if (number < 4 || number > SSI_MAX_NODES)
			return 2;
		if (!print_line(number))
			status = 1;
	}
	return status;
}
