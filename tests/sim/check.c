// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c: the invariants in the header of kernel/cluster/membership.c.
 *
 * Owns what has been seen of the whole: every view that any machine had, and
 * every vote that was sent.  Trusts no field of a struct ssi_membership but
 * the view; votes are counted from messages and with arithmetic of its own.
 */
#include "sim.h"

#include <inttypes.h>

#define BUCKETS	256

struct known_view {
	struct known_view *next;
	struct ssi_view view;
};

struct vote {
	struct vote *next;
	struct ssi_view_id base;
	u64 ballot;
	struct ssi_nodeset voters;
	struct ssi_change change;
	bool has_change;
};

struct registry {
	struct known_view *views[BUCKETS];
	struct vote *votes[BUCKETS];
};

static unsigned int bucket(const struct ssi_view_id *id)
{
	return (id->lineage ^ id->number * 31) % BUCKETS;
}

struct registry *registry_create(void)
{
	return calloc(1, sizeof(struct registry));
}

void registry_destroy(struct registry *r)
{
	struct known_view *view;
	struct vote *vote;
	unsigned int i;

	for (i = 0; i < BUCKETS; i++) {
		while ((view = r->views[i])) {
			r->views[i] = view->next;
			free(view);
		}
		while ((vote = r->votes[i])) {
			r->votes[i] = vote->next;
			free(vote);
		}
	}
	free(r);
}

static const struct ssi_view *find_view(const struct registry *r,
					const struct ssi_view_id *id)
{
	const struct known_view *known;

	for (known = r->views[bucket(id)]; known; known = known->next)
		if (ssi_view_same(&known->view.id, id))
			return &known->view;
	return NULL;
}

static bool same_content(const struct ssi_view *a, const struct ssi_view *b)
{
	int node;

	if (memcmp(&a->members, &b->members, sizeof(a->members)) ||
	    memcmp(&a->leaving, &b->leaving, sizeof(a->leaving)) ||
	    memcmp(&a->barred, &b->barred, sizeof(a->barred)) ||
	    a->parent != b->parent || a->rule != b->rule || a->head != b->head)
		return false;
	ssi_nodeset_for_each(node, &a->members)
		if (a->incarnation[node] != b->incarnation[node])
			return false;
	return true;
}

/* A vote was sent: an ACCEPT is its proposer's, who accepted before. */
static void note_vote(struct world *w, u16 node,
		      const struct ssi_message *message)
{
	struct vote **list = &w->registry->votes[bucket(&message->view)];
	const struct ssi_view *base;
	struct vote *vote;

	for (vote = *list; vote; vote = vote->next)
		if (ssi_view_same(&vote->base, &message->view) &&
		    vote->ballot == message->ballot)
			break;
	if (!vote) {
		vote = calloc(1, sizeof(*vote));
		vote->base = message->view;
		vote->ballot = message->ballot;
		vote->next = *list;
		*list = vote;
	}
	base = find_view(w->registry, &message->view);
	if (!base || base->incarnation[node] != w->machines[node].incarnation)
		sim_fail(w, "%u votes in a view in which it is no member", node);
	ssi_nodeset_add(&vote->voters, node);
	if (!message->change)
		return;
	if (vote->has_change &&
	    (vote->change.lineage != message->change->lineage ||
	     memcmp(&vote->change.removed, &message->change->removed,
		    4 * sizeof(struct ssi_nodeset))))
		sim_fail(w, "ballot %" PRIx64 " has two values", vote->ballot);
	vote->has_change = true;
	ssi_change_copy(&vote->change, message->change);
}

/* Are these enough of the base's members?  (Not by ssi_view_quorum().) */
static bool is_enough(const struct ssi_view *base, const struct ssi_view *next,
		      const struct ssi_nodeset *voters,
		      const struct ssi_nodeset *removed)
{
	bool fork = base->id.lineage != next->id.lineage;
	int all = 0, yes = 0, node;
	bool head = false;

	ssi_nodeset_for_each(node, &base->members) {
		if (fork && ssi_nodeset_contains(removed, node))
			continue;
		all++;
		if (!ssi_nodeset_contains(voters, node))
			continue;
		yes++;
		head |= node == base->head;
	}
	if (yes > all / 2)
		return true;
	return base->rule == SSI_RULE_HEAD && head && 2 * yes == all;
}

static void note_consent(struct machine *machine)
{
	machine->consented[machine->nr_consented++ % 8] = machine->incarnation;
}

static bool has_consented(const struct machine *machine, u64 incarnation)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (machine->consented[i] == incarnation)
			return true;
	return false;
}

static void check_created(struct world *w, u16 node,
			  const struct ssi_view *view)
{
	int member;

	ssi_nodeset_for_each(member, &view->members)
		if (member != node && !has_consented(&w->machines[member],
						     view->incarnation[member]))
			sim_fail(w, "%u created a cluster with %d, who did not agree",
				 node, member);
}

/* Who leaves goes when all layers of all members have taken what it had. */
static void check_handed_over(struct world *w, u16 node,
			      const struct ssi_view *base)
{
	const struct machine *machine;
	int member;

	ssi_nodeset_for_each(member, &base->members) {
		machine = &w->machines[member];
		if (machine->alive &&
		    machine->incarnation == base->incarnation[member] &&
		    ssi_view_same(&machine->view, &base->id) &&
		    machine->steps < w->config->layers)
			sim_fail(w, "%u decided that %s are out, but %d had not finished with them",
				 node, world_text(&base->leaving), member);
	}
}

/* The first machine has this view: was it decided? */
static void check_decided(struct world *w, u16 node,
			  const struct ssi_view *view)
{
	bool fork = !find_view(w->registry, &(struct ssi_view_id) {
			view->id.lineage, view->id.number - 1 });
	struct ssi_view_id base_id = {
		fork ? view->parent : view->id.lineage, view->id.number - 1,
	};
	const struct ssi_view *base = find_view(w->registry, &base_id);
	struct ssi_nodeset voters;
	static struct ssi_view next;
	struct vote *vote;

	if (!base)
		sim_fail(w, "view %" PRIu64 " has no base", view->id.number);
	for (vote = w->registry->votes[bucket(&base_id)]; vote;
	     vote = vote->next) {
		if (!ssi_view_same(&vote->base, &base_id) || !vote->has_change)
			continue;
		next = *base;
		if (ssi_view_apply(&next, &vote->change) ||
		    !ssi_view_same(&next.id, &view->id) ||
		    !same_content(&next, view))
			continue;
		voters = vote->voters;
		if (!is_enough(base, view, &voters, &vote->change.removed))
			continue;
		if (vote->change.cause == SSI_CAUSE_REMOVE)
			check_handed_over(w, node, base);
		return;
	}
	/* Who needs nobody else sends no ballot. */
	ssi_nodeset_clear(&voters);
	ssi_nodeset_add(&voters, node);
	next = *base;
	ssi_nodeset_subtract(&next.members, &view->members);
	if (!is_enough(base, view, &voters, &next.members))
		sim_fail(w, "%u has view %" PRIu64 ", which no quorum accepted",
			 node, view->id.number);
}

static void enter_view(struct world *w, u16 node)
{
	struct machine *machine = &w->machines[node];
	struct stay *stay;

	if (machine->nr_stays)
		machine->stays[(machine->nr_stays - 1) % HISTORY].to_us =
			w->now_us;
	stay = &machine->stays[machine->nr_stays++ % HISTORY];
	stay->id = machine->view;
	stay->incarnation = machine->incarnation;
	stay->from_us = w->now_us;
	stay->to_us = 0;
	machine->steps = 0;
	machine->in_stage = false;
}

static void check_growth(struct world *w, u16 node,
			 const struct ssi_view_id *id)
{
	struct machine *machine = &w->machines[node];
	unsigned int i;

	for (i = 0; i < machine->nr_seen; i++) {
		if (machine->seen[i].lineage != id->lineage)
			continue;
		/* An outsider forgets what it sees no more, and sees it again. */
		if (machine->seen[i].number >= id->number &&
		    ssi_membership_is_member(machine->m))
			sim_fail(w, "%u went back to view %" PRIu64, node,
				 id->number);
		machine->seen[i].number = id->number;
		return;
	}
	if (machine->nr_seen < 16)
		machine->seen[machine->nr_seen++] = *id;
}

static void check_view(struct world *w, u16 node)
{
	struct machine *machine = &w->machines[node];
	const struct ssi_view *view = &machine->m->view;
	const struct ssi_view *known = find_view(w->registry, &view->id);
	struct known_view *record;

	check_growth(w, node, &view->id);
	if (known) {
		if (!same_content(known, view))
			sim_fail(w, "%u has another view %" PRIu64, node,
				 view->id.number);
	} else {
		if (view->id.number == 1)
			check_created(w, node, view);
		else
			check_decided(w, node, view);
		record = malloc(sizeof(*record));
		record->view = *view;
		record->next = w->registry->views[bucket(&view->id)];
		w->registry->views[bucket(&view->id)] = record;
	}
	machine->view = view->id;
	enter_view(w, node);
}

/* Was the machine, in that life, in that view at some time since then? */
static bool was_in(const struct machine *machine, const struct ssi_view_id *id,
		   u64 incarnation, u64 since_us)
{
	unsigned int i;

	for (i = machine->nr_stays; i && machine->nr_stays - i < HISTORY; i--) {
		const struct stay *stay = &machine->stays[(i - 1) % HISTORY];

		if (ssi_view_same(&stay->id, id) &&
		    stay->incarnation == incarnation)
			return !stay->to_us || stay->to_us >= since_us;
	}
	return false;
}

static void check_resume(struct world *w, u16 node)
{
	struct machine *machine = &w->machines[node];
	const struct ssi_view *view = &machine->m->view;
	struct ssi_nodeset there;
	struct ssi_nodeset none;
	int member;

	if (!ssi_membership_is_member(machine->m))
		sim_fail(w, "%u serves and is no member", node);
	machine->serving = true;
	if (view->rule == SSI_RULE_ANY)
		return;
	ssi_nodeset_clear(&there);
	ssi_nodeset_clear(&none);
	ssi_nodeset_for_each(member, &view->members)
		if (was_in(&w->machines[member], &view->id,
			   view->incarnation[member], machine->suspended_us))
			ssi_nodeset_add(&there, member);
	if (!is_enough(view, view, &there, &none))
		sim_fail(w, "%u resumed, but only %s have been in view %" PRIu64
			 " since it stopped", node, world_text(&there),
			 view->id.number);
}

/* Nobody begins a step before all have finished the one before. */
static void check_stage(struct world *w, u16 node,
			const struct ssi_action *action)
{
	struct machine *machine = &w->machines[node];
	const struct ssi_view *view = &machine->m->view;
	unsigned int layers = w->config->layers;
	unsigned int layer = action->leaving ?
			     layers - 1 - machine->steps : machine->steps;
	const struct machine *other;
	int member;

	if (machine->in_stage || action->layer != layer)
		sim_fail(w, "%u begins layer %u out of turn", node,
			 action->layer);
	machine->in_stage = true;
	if (!machine->steps)
		return;
	ssi_nodeset_for_each(member, &view->members) {
		other = &w->machines[member];
		if (!other->alive ||
		    other->incarnation != view->incarnation[member] ||
		    other->m->resetting)
			continue;
		/* Who has gone on to another view is not waited for. */
		if (!ssi_view_same(&other->view, &view->id) &&
		    was_in(other, &view->id, other->incarnation, 0))
			continue;
		if (!ssi_view_same(&other->view, &view->id) ||
		    other->steps < machine->steps)
			sim_fail(w, "%u begins layer %u, but %d has not finished the one before",
				 node, layer, member);
	}
}

static void check_stable(struct world *w, u16 node)
{
	struct machine *machine = &w->machines[node];

	if (machine->in_stage || machine->steps != w->config->layers)
		sim_fail(w, "%u is stable after %u steps", node,
			 machine->steps);
}

void check_stage_done(struct world *w, u16 node)
{
	struct machine *machine = &w->machines[node];

	machine->in_stage = false;
	machine->steps++;
}

static void check_send(struct world *w, u16 node,
		       const struct ssi_message *message)
{
	if (message->type == SSI_MESSAGE_ACCEPT ||
	    message->type == SSI_MESSAGE_ACCEPTED)
		note_vote(w, node, message);
	if (message->type == SSI_MESSAGE_CONSENT && !message->error)
		note_consent(&w->machines[node]);
}

void check_action(struct world *w, u16 node, const struct ssi_action *action)
{
	struct machine *machine = &w->machines[node];

	switch (action->type) {
	case SSI_ACTION_SEND:
		check_send(w, node, action->message);
		break;
	case SSI_ACTION_VIEW:
		check_view(w, node);
		break;
	case SSI_ACTION_STAGE:
		check_stage(w, node, action);
		break;
	case SSI_ACTION_STABLE:
		check_stable(w, node);
		break;
	case SSI_ACTION_SUSPEND:
		machine->serving = false;
		machine->suspended_us = w->now_us;
		break;
	case SSI_ACTION_RESUME:
		check_resume(w, node);
		break;
	case SSI_ACTION_COMPLETE:
		if (action->id == machine->request)
			machine->request = 0;
		else if (action->id == machine->asking)
			machine->asking = 0;
		else
			sim_fail(w, "%u completes a request twice", node);
		break;
	case SSI_ACTION_CONFLICT:
		machine->told_conflict = true;
		break;
	default:
		break;
	}
}

/* A machine begins another life, or ends its last. */
void check_life(struct world *w, u16 node)
{
	struct machine *machine = &w->machines[node];

	if (machine->nr_stays)
		machine->stays[(machine->nr_stays - 1) % HISTORY].to_us =
			w->now_us;
	machine->nr_seen = 0;
	memset(&machine->view, 0, sizeof(machine->view));
	machine->suspended_us = w->now_us;
	machine->serving = false;
	machine->told_conflict = false;
	machine->steps = 0;
	machine->in_stage = false;
}

/* 7. Every request ends. */
void check_tick(struct world *w, u16 node)
{
	struct machine *machine = &w->machines[node];

	if (machine->request && machine->ticks - machine->request_tick > 125)
		sim_fail(w, "%u: request %u does not end", node,
			 machine->request);
	if (machine->serving && !ssi_membership_is_member(machine->m))
		sim_fail(w, "%u serves and is no member", node);
}
