// SPDX-License-Identifier: GPL-2.0-only
/*
 * schedule.c: what happens to the machines, and until when they have to agree.
 *
 * Owns the schedule, which a seed makes: a cluster is created, then come
 * faults and requests.  Then all faults end and three phases follow:
 *
 *	alone   nobody helps: members of a cluster that has a quorum, and who
 *		was excluded from it, have to agree
 *	admin   an admin looks at the truth each few seconds: adds who is
 *		present, declares dead who keeps a cluster from its quorum,
 *		restarts the smaller of two clusters that may not merge
 *	end	all machines are in one stable view and serve
 *
 * A schedule that fails is made smaller by leaving out faults and requests as
 * long as it still fails.
 */
#include "sim.h"

#include <inttypes.h>

#define ALONE_US	(150 * SECOND)
#define ADMIN_US	(400 * SECOND)

u64 schedule_messages, schedule_events;

static const char *const op_names[OP_NR] = {
	"crash", "restart", "bounce", "cut", "one-way cut", "split",
	"one-way split", "heal", "freeze", "add", "remove", "fail", "cancel", "leave",
};

static const char *const rule_names[] = {
	"", "majority", "majority+head", "any",
};

/* A mask picks nodes; beyond 64 it begins again. */
static bool is_in(u64 mask, u16 node)
{
	return mask >> (node % 64) & 1;
}

static void get_set(struct ssi_nodeset *set, u64 mask, unsigned int nodes)
{
	unsigned int node;

	ssi_nodeset_clear(set);
	for (node = 0; node < nodes; node++)
		if (is_in(mask, node))
			ssi_nodeset_add(set, node);
}

static u64 below(u64 *rng, u64 limit)
{
	return sim_random(rng) % limit;
}

static void make_op(struct config *config, struct op *op, u64 *rng)
{
	static const u8 weights[OP_NR] = {
		[OP_CRASH] = 4, [OP_RESTART] = 6, [OP_BOUNCE] = 3, [OP_CUT] = 6,
		[OP_ONE_WAY] = 3, [OP_SPLIT] = 4, [OP_SPLIT_ONE_WAY] = 2,
		[OP_HEAL] = 5, [OP_FREEZE] = 3, [OP_ADD] = 8, [OP_REMOVE] = 4,
		[OP_FAIL] = 2, [OP_CANCEL] = 1, [OP_LEAVE] = 2,
	};
	unsigned int pick, kind, total = 0;

	for (kind = 0; kind < OP_NR; kind++)
		total += weights[kind];
	pick = below(rng, total);
	for (kind = 0; pick >= weights[kind]; kind++)
		pick -= weights[kind];
	op->kind = kind;
	op->node = below(rng, config->nodes);
	op->other = below(rng, config->nodes);
	op->mask = sim_random(rng);
	/* Few nodes: usual for remove and fail. */
	if (kind != OP_SPLIT && kind != OP_SPLIT_ONE_WAY && below(rng, 2))
		op->mask = 1ULL << below(rng, config->nodes) % 64;
	op->length_us = 100 * MS + below(rng, 6 * SECOND);
}

/* @nodes: 0 for as many as chance says, few mostly */
void schedule_make(struct config *config, u64 seed, unsigned int nodes)
{
	u64 rng = seed ^ 0x5851f42d4c957f2dULL, time;
	unsigned int i, nr;

	memset(config, 0, sizeof(*config));
	config->seed = seed;
	config->nodes = below(&rng, 16) ? 2 + below(&rng, 6) :
					  8 + below(&rng, 9);
	if (!below(&rng, 4000))
		config->nodes = 17 + below(&rng, 84);
	if (nodes)
		config->nodes = nodes;
	config->rule = below(&rng, 2) ? SSI_RULE_MAJORITY :
				       2 + below(&rng, 2);
	config->head = below(&rng, config->nodes);
	config->layers = below(&rng, 4);
	config->latency_us = below(&rng, 4) ? 400 : 20000;
	config->stage_us = below(&rng, 3) ? 2 * MS : SECOND;
	config->lost = below(&rng, 3) ? 5 : 40;
	config->lasting = !below(&rng, 3);
	config->cut_a = below(&rng, config->nodes);
	config->cut_b = below(&rng, config->nodes);
	nr = 2 + below(&rng, 14);
	config->ops[0].kind = OP_ADD;
	config->ops[0].node = below(&rng, config->nodes);
	config->ops[0].mask = below(&rng, 4) ? ~0ULL : sim_random(&rng);
	config->ops[0].time_us = time = 2 * SECOND;
	for (i = 1; i < nr; i++) {
		/* Bursts: what happens at once is what goes wrong. */
		time += below(&rng, 2) ? below(&rng, 50 * MS) :
					 below(&rng, 5 * SECOND);
		config->ops[i].time_us = time;
		make_op(config, &config->ops[i], &rng);
	}
	config->nr_ops = nr;
	config->faults_end_us = time + below(&rng, 3 * SECOND);
}

void schedule_print(const struct config *config)
{
	struct ssi_nodeset set;
	unsigned int i;

	printf("# SEED=%" PRIu64 ": %u nodes, rule %s, head %u, %u layers, latency %" PRIu64
	       " us, stages %" PRIu64 " us, %u %% detections late\n",
	       config->seed, config->nodes, rule_names[config->rule],
	       config->head, config->layers, config->latency_us,
	       config->stage_us, config->lost);
	if (config->lasting)
		printf("#   %u and %u stay cut after the faults\n",
		       config->cut_a, config->cut_b);
	for (i = 0; i < config->nr_ops; i++) {
		const struct op *op = &config->ops[i];

		if (op->dropped)
			continue;
		get_set(&set, op->mask, config->nodes);
		printf("#   %7.3f s %s: node %u, other %u, set %s, for %.1f s\n",
		       op->time_us / 1e6, op_names[op->kind], op->node,
		       op->other, world_text(&set), op->length_us / 1e6);
	}
}

static void heal(struct world *w)
{
	u16 a, b;

	for (a = 0; a < w->n; a++)
		for (b = 0; b < w->n; b++)
			world_cut(w, a, b, false);
}

static void split(struct world *w, u64 mask, bool both_ways)
{
	u16 a, b;

	for (a = 0; a < w->n; a++)
		for (b = 0; b < w->n; b++)
			if (is_in(mask, a) && !is_in(mask, b)) {
				world_cut(w, a, b, true);
				if (both_ways)
					world_cut(w, b, a, true);
			}
}

static bool is_awake(const struct world *w, u16 node)
{
	return w->machines[node].alive && !w->machines[node].frozen;
}

static void ask(struct world *w, const struct op *op, enum ssi_op what)
{
	struct ssi_nodeset set;

	if (!is_awake(w, op->node))
		return;
	get_set(&set, op->mask, w->n);
	if (what == SSI_OP_ADD && ssi_nodeset_weight(&set) > 1) {
		struct ssi_nodeset present;

		/* As krgadm does with -a. */
		ssi_membership_present(w->machines[op->node].m, &present);
		ssi_nodeset_intersect(&set, &present);
		ssi_membership_online(w->machines[op->node].m, &present);
		ssi_nodeset_subtract(&set, &present);
	} else if (what != SSI_OP_ADD) {
		ssi_nodeset_remove(&set, op->node);
	}
	if (!ssi_nodeset_is_empty(&set))
		world_request(w, op->node, what, &set);
}

static void cancel(struct world *w, u16 node)
{
	struct ssi_event event = {
		.type = SSI_EVENT_CANCEL,
		.id = w->machines[node].request,
	};

	if (!is_awake(w, node) || !event.id)
		return;
	sim_trace(w, "%u cancels %u", node, event.id);
	w->machines[node].request = 0;
	world_handle(w, node, &event);
}

void schedule_op(struct world *w, unsigned int number)
{
	const struct op *op = &w->config->ops[number];
	u16 node = op->node;

	sim_trace(w, "--- %s %u", op_names[op->kind], node);
	switch (op->kind) {
	case OP_CRASH:
		world_crash(w, node);
		break;
	case OP_RESTART:
		if (!w->machines[node].alive)
			world_start(w, node);
		break;
	case OP_BOUNCE:
		world_crash(w, node);
		world_start(w, node);
		break;
	case OP_CUT:
		world_cut(w, op->other, node, true);
		world_cut(w, node, op->other, true);
		break;
	case OP_ONE_WAY:
		world_cut(w, node, op->other, true);
		break;
	case OP_SPLIT:
		split(w, op->mask, true);
		break;
	case OP_SPLIT_ONE_WAY:
		split(w, op->mask, false);
		break;
	case OP_HEAL:
		heal(w);
		break;
	case OP_FREEZE:
		world_freeze(w, node, op->length_us);
		break;
	case OP_ADD:
		ask(w, op, SSI_OP_ADD);
		break;
	case OP_REMOVE:
		ask(w, op, SSI_OP_REMOVE);
		break;
	case OP_FAIL:
		ask(w, op, SSI_OP_FAIL);
		break;
	case OP_CANCEL:
		cancel(w, node);
		break;
	case OP_LEAVE:
		if (is_awake(w, node))
			world_leave(w, node);
		break;
	case OP_NR:
		break;
	}
}

static bool is_member(const struct world *w, u16 node)
{
	return w->machines[node].alive &&
	       ssi_membership_is_member(w->machines[node].m);
}

static bool is_any_cut(const struct world *w)
{
	return w->cut[(size_t)w->config->cut_a * w->n + w->config->cut_b];
}

/* Could the view of this node still decide?  Members alive in their lives. */
static bool has_future(const struct world *w, u16 node)
{
	const struct ssi_view *view = &w->machines[node].m->view;
	int all = 0, yes = 0, member;
	bool head = false;

	ssi_nodeset_for_each(member, &view->members) {
		const struct machine *machine = &w->machines[member];

		all++;
		if (!machine->alive ||
		    machine->incarnation != view->incarnation[member] ||
		    !is_member(w, member) ||
		    machine->m->view.id.lineage != view->id.lineage)
			continue;
		yes++;
		head |= member == view->head;
	}
	/* Of two that do not reach each other one counts, and not as head. */
	if (is_any_cut(w) && is_member(w, w->config->cut_a) &&
	    is_member(w, w->config->cut_b)) {
		yes--;
		head &= view->head != w->config->cut_a &&
			view->head != w->config->cut_b;
	}
	return 2 * yes > all || view->rule == SSI_RULE_ANY ||
	       (view->rule == SSI_RULE_HEAD && head && 2 * yes == all);
}

static bool is_linked_to_all(const struct world *w, u16 node,
			     const struct ssi_view *view)
{
	int member;

	ssi_nodeset_for_each(member, &view->members)
		if (member != node && !world_linked(w, node, member))
			return false;
	return true;
}

/* Do the members of each cluster that has a future agree?  NULL: yes. */
static const char *disagreement(const struct world *w)
{
	static char text[128];
	u16 a, b;

	for (a = 0; a < w->n; a++) {
		const struct ssi_membership *m = w->machines[a].m;
		int member;

		if (!w->machines[a].alive)
			continue;
		if (m->resetting) {
			sprintf(text, "%u is being reset", a);
			return text;
		}
		if (m->wants_in && !is_member(w, a)) {
			for (b = 0; b < w->n; b++)
				if (is_member(w, b) && has_future(w, b) &&
				    is_linked_to_all(w, a,
						     &w->machines[b].m->view) &&
				    (w->config->rule == SSI_RULE_ANY ||
				     w->machines[b].m->view.id.lineage == m->home) &&
				    !ssi_nodeset_contains(&w->machines[b].m->view.barred, a)) {
					sprintf(text, "%u was excluded and is not back in the cluster of %u", a, b);
					return text;
				}
			if (w->config->rule == SSI_RULE_ANY && !is_any_cut(w)) {
				sprintf(text, "%u finds no cluster", a);
				return text;
			}
		}
		if (!is_member(w, a) || !has_future(w, a))
			continue;
		if (!m->stage.stable || !m->serving) {
			sprintf(text, "%u %s", a, m->serving ?
				"is not stable" : "does not serve");
			return text;
		}
		ssi_nodeset_for_each(member, &m->view.members) {
			const struct machine *machine = &w->machines[member];

			if (machine->alive && machine->incarnation ==
			    m->view.incarnation[member] &&
			    ssi_view_same(&machine->m->view.id, &m->view.id))
				continue;
			sprintf(text, "%u has %d as a member, which it is not",
				a, member);
			return text;
		}
		if (!is_linked_to_all(w, a, &m->view)) {
			sprintf(text, "%u does not reach all members", a);
			return text;
		}
		for (b = 0; b < w->n; b++)
			if (w->config->rule == SSI_RULE_ANY &&
			    !is_any_cut(w) && is_member(w, b) &&
			    w->machines[b].m->view.id.lineage !=
			    m->view.id.lineage) {
				sprintf(text, "%u and %u are in two clusters",
					a, b);
				return text;
			}
	}
	return NULL;
}

/* Everything that an admin wants: all machines in one view. */
static bool is_perfect(const struct world *w)
{
	u16 a;

	if (disagreement(w))
		return false;
	for (a = 0; a < w->n; a++)
		if (w->machines[a].alive &&
		    (!is_member(w, a) ||
		     !ssi_view_same(&w->machines[a].m->view.id,
				    &w->machines[0].m->view.id)))
			return false;
	return true;
}

static void run_until(struct world *w, u64 time_us)
{
	while (world_step(w, time_us))
		;
}

/* What keeps the cluster of @node from going on: members that are no more. */
static void admin_fail(struct world *w, u16 node)
{
	const struct ssi_view *view = &w->machines[node].m->view;
	struct ssi_nodeset dead;
	int member;

	ssi_nodeset_clear(&dead);
	ssi_nodeset_for_each(member, &view->members) {
		const struct machine *machine = &w->machines[member];

		if (!machine->alive ||
		    machine->incarnation != view->incarnation[member] ||
		    !is_member(w, member) ||
		    machine->m->view.id.lineage != view->id.lineage)
			ssi_nodeset_add(&dead, member);
	}
	if (!ssi_nodeset_is_empty(&dead))
		world_request(w, node, SSI_OP_FAIL, &dead);
}

/* One look at the machines, one command. */
static void administrate(struct world *w)
{
	struct ssi_nodeset set;
	u16 a, b, any = 0;
	bool restarted = false;
	int first = -1;

	for (a = 0; a < w->n; a++)
		if (w->machines[a].alive && (w->machines[a].request ||
					     w->machines[a].m->resetting))
			return;
	for (a = 0; a < w->n; a++) {
		if (!is_member(w, a))
			continue;
		if (!has_future(w, a)) {
			admin_fail(w, a);
			return;
		}
		if (first < 0)
			first = a;
	}
	for (b = 0; first >= 0 && b < w->n; b++) {
		if (!is_member(w, b) || w->machines[b].m->view.id.lineage ==
		    w->machines[first].m->view.id.lineage)
			continue;
		if (w->config->rule == SSI_RULE_ANY)
			return;		/* they have to merge by themselves */
		world_crash(w, b);
		world_start(w, b);
		restarted = true;
	}
	if (restarted)
		return;
	ssi_nodeset_clear(&set);
	if (first >= 0)
		any = first;
	for (a = 0; a < w->n; a++)
		if (w->machines[a].alive && !is_member(w, a) &&
		    (a == any || world_linked(w, any, a)))
			ssi_nodeset_add(&set, a);
	if (!ssi_nodeset_is_empty(&set))
		world_request(w, any, SSI_OP_ADD, &set);
}

static void stop_faults(struct world *w)
{
	const struct config *config = w->config;
	u16 node;

	sim_trace(w, "--- all faults end");
	heal(w);
	if (config->lasting) {
		world_cut(w, config->cut_a, config->cut_b, true);
		world_cut(w, config->cut_b, config->cut_a, true);
	}
	for (node = 0; node < w->n; node++)
		if (!w->machines[node].alive &&
		    (node == 0 || sim_below(w, 4)))
			world_start(w, node);
}

/* Nobody helps. */
static void run_alone(struct world *w)
{
	u64 soon = w->now_us + 15 * SECOND, end = w->now_us + ALONE_US;

	while (w->now_us < end && (w->now_us < soon || disagreement(w)))
		run_until(w, w->now_us + SECOND);
	if (disagreement(w))
		sim_fail(w, "not agreed: %s", disagreement(w));
}

static void run(struct world *w)
{
	const struct config *config = w->config;
	struct event event = { .kind = EV_OP };
	unsigned int i;
	u64 end;

	for (i = 0; i < w->n; i++)
		world_start(w, i);
	for (i = 0; i < config->nr_ops; i++) {
		event.time_us = config->ops[i].time_us;
		event.x = i;
		if (!config->ops[i].dropped)
			world_at(w, &event);
	}
	run_until(w, config->faults_end_us);
	stop_faults(w);
	run_alone(w);
	if (config->lasting) {
		heal(w);
		run_alone(w);
	}
	sim_trace(w, "--- an admin looks");
	for (end = w->now_us + ADMIN_US; w->now_us < end && !is_perfect(w);) {
		administrate(w);
		run_until(w, w->now_us + 5 * SECOND);
	}
	if (!is_perfect(w))
		sim_fail(w, "an admin can not mend it: %s",
			 disagreement(w) ? disagreement(w) : "not all are in");
	if (w->upper)
		w->upper->end(w);
}

bool schedule_run(struct config *config, bool trace, char *why, size_t size)
{
	struct world *w = world_create(config);
	bool ok = false;

	w->trace = trace;
	if (!setjmp(w->failed)) {
		run(w);
		ok = true;
	} else {
		snprintf(why, size, "%s", w->why);
	}
	schedule_messages += w->messages;
	schedule_events += w->events;
	world_destroy(w);
	return ok;
}

void schedule_shrink(struct config *config)
{
	unsigned int size, first, i;
	struct config smaller;
	char why[256];

	for (size = config->nr_ops / 2; size; size /= 2) {
		for (first = 0; first < config->nr_ops; first += size) {
			smaller = *config;
			for (i = first; i < first + size && i < config->nr_ops;
			     i++)
				smaller.ops[i].dropped = true;
			if (!memcmp(&smaller, config, sizeof(smaller)))
				continue;
			if (!schedule_run(&smaller, false, why, sizeof(why)))
				*config = smaller;
		}
	}
}
