// SPDX-License-Identifier: GPL-2.0-only
/*
 * stage.c: staged transitions: after each view one layer after the other takes
 * note of it, on all members at once (pure C).
 *
 * Owns which layer's turn it is, and the last stable view, against which a
 * layer is told who joined and who left.  What a layer does is its own.
 *
 *	member                               coordinator
 *	view: layer 0 (the last one when
 *	  nodes are about to leave)
 *	STAGE_DONE: DONE 1 ---------------->  all members said so
 *	<------------------------- RELEASE 1
 *	layer 1 (the last but one) ...
 *	DONE n ---------------------------->  all members said so
 *	stable <--------------------- STABLE
 *
 * A new view, which is also what a member's death leads to, starts again from
 * the last stable view.  Without layers there is one step in which nothing is
 * done, so that stable always means that every member has the view.  When the
 * coordinator changes without a view, or is silent, DONE is said again; who
 * knows that all are as far answers.
 */
#include "membership-private.h"

static u8 nr_steps(const struct ssi_membership *m)
{
	return m->layers ? m->layers : 1;
}

static u8 layer_of_step(const struct ssi_membership *m, u8 step)
{
	if (ssi_nodeset_is_empty(&m->view.leaving))
		return step;
	return m->layers - 1 - step;
}

static void send_step(struct ssi_membership *m, const struct ssi_nodeset *to)
{
	struct ssi_message message = {
		.type = m->stage.stable ? SSI_MESSAGE_STABLE :
					  SSI_MESSAGE_RELEASE,
		.step = m->stage.all,
	};

	ssi_membership_send_set(m, to, &message);
}

static void become_stable(struct ssi_membership *m)
{
	struct ssi_action action = { .type = SSI_ACTION_STABLE };
	int node;

	m->stage.stable = true;
	m->stage.all = nr_steps(m);
	m->stage.members = m->view.members;
	ssi_nodeset_for_each(node, &m->view.members)
		m->stage.incarnation[node] = m->view.incarnation[node];
	if (m->log.count)
		ssi_viewlog_last(&m->log)->stable_us = m->now_us;
	m->emit(m->context, &action);
	ssi_serving_confirm(m);
}

/* Count again who is beyond the step that all have finished. */
static void count_beyond(struct ssi_membership *m)
{
	int node;

	ssi_nodeset_clear(&m->stage.beyond);
	ssi_nodeset_for_each(node, &m->view.members)
		if (m->stage.reported[node] > m->stage.all)
			ssi_nodeset_add(&m->stage.beyond, node);
}

static void emit_stage(struct ssi_membership *m, u8 layer)
{
	struct ssi_action action = {
		.type = SSI_ACTION_STAGE,
		.layer = layer,
		.leaving = !ssi_nodeset_is_empty(&m->view.leaving),
	};
	struct ssi_nodeset joined = m->view.members;
	struct ssi_nodeset left = m->stage.members;
	int node;

	ssi_nodeset_for_each(node, &m->stage.members) {
		if (!ssi_view_has(&m->view, node, m->stage.incarnation[node]))
			continue;
		ssi_nodeset_remove(&joined, node);
		ssi_nodeset_remove(&left, node);
	}
	action.set = action.leaving ? &m->view.leaving : &joined;
	action.left = &left;
	m->stage.running = true;
	m->emit(m->context, &action);
}

/* Everybody has finished the steps up to here: on to the next, or ready. */
static void advance(struct ssi_membership *m)
{
	if (m->stage.all == nr_steps(m))
		become_stable(m);
	else if (m->stage.done == m->stage.all && !m->stage.running)
		emit_stage(m, layer_of_step(m, m->stage.done));
}

/* Coordinator: @node has finished @step steps. */
static void collect(struct ssi_membership *m, u16 node, u8 step)
{
	if (step > nr_steps(m) || step <= m->stage.reported[node])
		return;
	m->stage.reported[node] = step;
	if (step > m->stage.all)
		ssi_nodeset_add(&m->stage.beyond, node);
	if (!ssi_nodeset_covers(&m->stage.beyond, &m->view.members))
		return;
	m->stage.all++;
	count_beyond(m);
	advance(m);
	send_step(m, &m->usable);
}

/* Tell the coordinator how far this node is. */
static void report(struct ssi_membership *m)
{
	struct ssi_message message = {
		.type = SSI_MESSAGE_DONE,
		.step = m->stage.done,
	};
	int coordinator = ssi_membership_coordinator(m);

	if (coordinator < 0 || !m->stage.done)
		return;
	m->stage.told = coordinator;
	if (coordinator == m->self)
		collect(m, m->self, m->stage.done);
	else
		ssi_membership_send(m, coordinator, &message);
}

/**
 * ssi_stage_start() - this node, a member, has a new view
 * @m: the state
 */
void ssi_stage_start(struct ssi_membership *m)
{
	int node;

	m->stage.stable = false;
	m->stage.running = false;
	m->stage.done = 0;
	m->stage.all = 0;
	m->stage.told = SSI_NODE_NONE;
	ssi_nodeset_clear(&m->stage.beyond);
	ssi_nodeset_for_each(node, &m->view.members)
		m->stage.reported[node] = 0;
	if (m->layers) {
		emit_stage(m, layer_of_step(m, 0));
	} else {
		m->stage.done = 1;
		report(m);
	}
}

/**
 * ssi_stage_stop() - this node is no member any more
 * @m: the state
 */
void ssi_stage_stop(struct ssi_membership *m)
{
	m->stage.stable = false;
	m->stage.running = false;
	ssi_nodeset_clear(&m->stage.members);
}

/**
 * ssi_stage_done() - a layer has finished on this node
 * @m: the state
 * @view: the view that it was told of
 * @layer: the layer; another than the one that runs is ignored
 */
void ssi_stage_done(struct ssi_membership *m, const struct ssi_view_id *view,
		    u8 layer)
{
	if (!m->stage.running || !ssi_view_same(view, &m->view.id) ||
	    layer != layer_of_step(m, m->stage.done))
		return;
	m->stage.running = false;
	m->stage.done++;
	report(m);
}

/**
 * ssi_stage_receive() - a member said something about its stages
 * @m: the state
 * @from: the member, in the same view
 * @message: DONE, RELEASE or STABLE
 */
void ssi_stage_receive(struct ssi_membership *m, u16 from,
		       const struct ssi_message *message)
{
	struct ssi_nodeset set;

	if (message->type == SSI_MESSAGE_DONE) {
		if (message->step > m->stage.all) {
			collect(m, from, message->step);
			return;
		}
		ssi_nodeset_clear(&set);
		ssi_nodeset_add(&set, from);
		send_step(m, &set);
		return;
	}
	/* All includes this node: more than it has done is no member's word. */
	if (message->step != m->stage.done || m->stage.stable ||
	    message->step <= m->stage.all || m->stage.running)
		return;
	m->stage.all = message->step;
	count_beyond(m);
	advance(m);
}

/**
 * ssi_stage_tick() - half a second passed
 * @m: the state
 */
void ssi_stage_tick(struct ssi_membership *m)
{
	if (!ssi_membership_is_member(m) || m->stage.stable ||
	    m->stage.running)
		return;
	if (m->stage.told != ssi_membership_coordinator(m) ||
	    m->tick % RESEND_TICKS == 0)
		report(m);
}
