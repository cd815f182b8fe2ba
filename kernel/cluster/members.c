// SPDX-License-Identifier: GPL-2.0-only
/*
 * members.c: who is present, who is online (pure C: events in, actions out,
 * no kernel header, no clock, no allocation).
 *
 * Owns the view, the statement of who is in the cluster, and the way to
 * change it.  Does not own links, messages or time: the caller turns them
 * into events and carries out the actions.  tests/unit/kernel runs this file
 * against random schedules.
 *
 * A node is online when the newest view has its present life (incarnation)
 * as a member and it is linked; for the coordinator also its link must not
 * have ended since the view came.
 * Only the coordinator, the lowest online node, or the lowest present one
 * while none is online, issues views.  Views are totally ordered by (epoch,
 * number of members, issuer, its incarnation); everyone keeps the greatest it
 * has seen, and answers a lesser one with its own.
 *
 *	event      done                                    actions
 *	LINK_UP    the node is present, or online again    SEND_VIEW to it
 *	LINK_DOWN  the node is dropped; for the            -
 *	           coordinator until a later view has it
 *	           of the view's issuer                    SEND_VIEW to the
 *	                                                   coordinator, who to all
 *	VIEW       greater: becomes ours                   SEND_ACK; not from its
 *	                                                   issuer: SEND_VIEW to all
 *	           equal                                   SEND_ACK
 *	           less                                    SEND_VIEW, ours
 *	REQUEST    remembered                              SEND_CHANGE to the
 *	                                                   coordinator
 *	CHANGE     coordinator, free: a view of epoch + 1  SEND_VIEW to all
 *	           otherwise                               SEND_RESULT EAGAIN
 *	ACK        by the last one awaited                 SEND_RESULT 0
 *	RESULT     EAGAIN: ask again at the next tick      -
 *	           otherwise the request ends              COMPLETE
 *	CANCEL     the request is forgotten                -
 *	TICK       coordinator with dead members: a view   SEND_VIEW to all
 *	           without them; a request is repeated     SEND_CHANGE
 *
 * and after each event one STATE for each node whose state became another.
 *
 * What this first cut does not guarantee: there is no agreement.  Two sides
 * of a partition both go on; when they meet the greater view wins, and the
 * members of the other become present.  While views travel, nodes differ
 * about who is online.  A link that ends between two live nodes puts out of
 * the cluster who the coordinator can not see; between two others it makes
 * them differ until it is back.
 */
#include "members.h"

static void emit_to(struct ssi_members *m, enum ssi_action_type type, u16 node)
{
	struct ssi_action action = {
		.type = type,
		.node = node,
		.epoch = m->view.epoch,
	};

	m->emit(m->context, &action);
}

/* The life of @node that this node can talk to, 0 for none. */
static u64 live_incarnation(const struct ssi_members *m, unsigned int node)
{
	if (node == m->self)
		return m->self_incarnation;
	if (ssi_nodeset_contains(&m->linked, node))
		return m->link_incarnation[node];
	return 0;
}

static bool is_online(const struct ssi_members *m, unsigned int node)
{
	return ssi_nodeset_contains(&m->view.members, node) &&
	       !ssi_nodeset_contains(&m->dropped, node) &&
	       m->view.incarnation[node] == live_incarnation(m, node);
}

/**
 * ssi_members_state() - what is known of a node
 * @m: the state
 * @node: any number
 * Return: its state, SSI_NODE_INVALID when @node is not a node id.
 */
enum ssi_node_state ssi_members_state(const struct ssi_members *m,
				      unsigned int node)
{
	if (node >= SSI_MAX_NODES)
		return SSI_NODE_INVALID;
	if (is_online(m, node))
		return SSI_NODE_ONLINE;
	return live_incarnation(m, node) ? SSI_NODE_PRESENT : SSI_NODE_POSSIBLE;
}

/**
 * ssi_members_online() - the nodes that are online
 * @m: the state
 * @set: overwritten
 */
void ssi_members_online(const struct ssi_members *m, struct ssi_nodeset *set)
{
	int node;

	ssi_nodeset_clear(set);
	ssi_nodeset_for_each(node, &m->view.members)
		if (is_online(m, node))
			ssi_nodeset_add(set, node);
}

/**
 * ssi_members_present() - the nodes that are present, online ones included
 * @m: the state
 * @set: overwritten
 */
void ssi_members_present(const struct ssi_members *m, struct ssi_nodeset *set)
{
	*set = m->linked;
	ssi_nodeset_add(set, m->self);
}

/**
 * ssi_members_coordinator() - the node that may issue views
 * @m: the state
 * Return: node id; always one, for this node is present.
 */
int ssi_members_coordinator(const struct ssi_members *m)
{
	struct ssi_nodeset set;
	int node;

	ssi_nodeset_for_each(node, &m->view.members)
		if (is_online(m, node))
			return node;
	ssi_members_present(m, &set);
	return ssi_nodeset_next(&set, -1);
}

/* May this node issue a view that nobody asked for? */
static bool may_issue(const struct ssi_members *m)
{
	return is_online(m, m->self) && ssi_members_coordinator(m) == m->self;
}

static void report_states(struct ssi_members *m)
{
	struct ssi_action action = { .type = SSI_ACTION_STATE };
	unsigned int node;

	for (node = 0; node < SSI_MAX_NODES; node++) {
		action.node = node;
		action.old_state = m->state[node];
		action.new_state = ssi_members_state(m, node);
		if (action.old_state == action.new_state)
			continue;
		m->state[node] = action.new_state;
		m->emit(m->context, &action);
	}
}

static int compare(u64 a, u64 b)
{
	return a < b ? -1 : a > b;
}

/* More members win over fewer, a low issuer over a high one. */
static int compare_views(const struct ssi_view *a, const struct ssi_view *b)
{
	int order = compare(a->epoch, b->epoch);

	if (!order)
		order = compare(ssi_nodeset_weight(&a->members),
				ssi_nodeset_weight(&b->members));
	if (!order)
		order = compare(b->issuer, a->issuer);
	if (!order)
		order = compare(a->issuer_incarnation, b->issuer_incarnation);
	return order;
}

static void complete_request(struct ssi_members *m, int error)
{
	struct ssi_action action = {
		.type = SSI_ACTION_COMPLETE,
		.id = m->request.id,
		.error = error,
	};

	m->request.active = false;
	m->emit(m->context, &action);
}

/* The answer to a request of this node, whoever gave it. */
static void take_result(struct ssi_members *m, u16 from, u32 id, int error)
{
	if (!m->request.active || m->request.id != id ||
	    m->request.sent_to != from)
		return;
	if (error == -EAGAIN)
		m->request.sent_to = SSI_NODE_NONE;
	else
		complete_request(m, error);
}

static void answer(struct ssi_members *m, u16 to, u32 id, int error)
{
	struct ssi_action action = {
		.type = SSI_ACTION_SEND_RESULT,
		.node = to,
		.id = id,
		.error = error,
	};

	if (to == m->self)
		take_result(m, to, id, error);
	else if (to != SSI_NODE_NONE)
		m->emit(m->context, &action);
}

static void end_change(struct ssi_members *m, int error)
{
	m->change.active = false;
	answer(m, m->change.from, m->change.id, error);
}

static void adopt(struct ssi_members *m, const struct ssi_view *view)
{
	m->view = *view;
	ssi_nodeset_clear(&m->dropped);
	m->view_ticks = 0;
	/* A change made on the view before is gone: its asker tries again. */
	if (m->change.active)
		end_change(m, -EAGAIN);
}

/* Make the current members a view of our own and tell everyone. */
static void issue(struct ssi_members *m)
{
	int node;

	ssi_nodeset_for_each(node, &m->view.members)
		m->view.incarnation[node] = live_incarnation(m, node);
	m->view.epoch++;
	m->view.issuer = m->self;
	m->view.issuer_incarnation = m->self_incarnation;
	ssi_nodeset_clear(&m->dropped);
	m->view_ticks = 0;
	emit_to(m, SSI_ACTION_SEND_VIEW, SSI_NODE_ALL);
}

static void await(struct ssi_members *m)
{
	if (m->change.active && ssi_nodeset_is_empty(&m->change.awaited))
		end_change(m, 0);
}

/* Coordinator: carry out a change that @from asked for. */
static void change(struct ssi_members *m, u16 from, u32 id,
		   enum ssi_change_op op, const struct ssi_nodeset *set)
{
	struct ssi_nodeset online;
	int node;

	if (ssi_members_coordinator(m) != m->self || m->change.active) {
		answer(m, from, id, -EAGAIN);
		return;
	}
	ssi_nodeset_for_each(node, set) {
		if (op == SSI_CHANGE_ADD && !live_incarnation(m, node)) {
			answer(m, from, id, -ENONET);
			return;
		}
	}
	ssi_members_online(m, &online);
	ssi_nodeset_for_each(node, set) {
		if (op == SSI_CHANGE_ADD)
			ssi_nodeset_add(&online, node);
		else
			ssi_nodeset_remove(&online, node);
	}
	m->view.members = online;
	issue(m);

	m->change.active = true;
	m->change.id = id;
	m->change.from = from;
	m->change.epoch = m->view.epoch;
	m->change.awaited = m->linked;
	await(m);
}

static void send_request(struct ssi_members *m)
{
	struct ssi_action action = {
		.type = SSI_ACTION_SEND_CHANGE,
		.node = ssi_members_coordinator(m),
		.id = m->request.id,
		.op = m->request.op,
		.set = &m->request.set,
	};

	if (!m->request.active || m->request.sent_to != SSI_NODE_NONE)
		return;
	m->request.sent_to = action.node;
	if (action.node == m->self)
		change(m, m->self, action.id, action.op, action.set);
	else
		m->emit(m->context, &action);
}

static int request(struct ssi_members *m, u32 id, enum ssi_change_op op,
		   const struct ssi_nodeset *set)
{
	int node;

	if (m->request.active)
		return -EBUSY;
	ssi_nodeset_for_each(node, set) {
		if (op == SSI_CHANGE_ADD && !live_incarnation(m, node))
			return -ENONET;
		if (is_online(m, node) == (op == SSI_CHANGE_ADD))
			return -EPERM;
		if (op == SSI_CHANGE_REMOVE && node == m->self)
			return -EPERM;
	}
	m->request.active = true;
	m->request.id = id;
	m->request.op = op;
	m->request.set = *set;
	m->request.sent_to = SSI_NODE_NONE;
	send_request(m);
	return 0;
}

/* The issuer of the view ended, perhaps before all had it. */
static void compare_notes(struct ssi_members *m)
{
	int coordinator = ssi_members_coordinator(m);

	emit_to(m, SSI_ACTION_SEND_VIEW,
		coordinator == m->self ? SSI_NODE_ALL : coordinator);
}

static void link_down(struct ssi_members *m, u16 node)
{
	if (is_online(m, node))
		ssi_nodeset_add(&m->dropped, node);
	ssi_nodeset_remove(&m->linked, node);
	m->link_incarnation[node] = 0;
	if (m->request.active && m->request.sent_to == node)
		m->request.sent_to = SSI_NODE_NONE;
	/* Its next life may use the same number for another request. */
	if (m->change.from == node)
		m->change.from = SSI_NODE_NONE;
	ssi_nodeset_remove(&m->change.awaited, node);
	await(m);
	if (m->view.issuer == node)
		compare_notes(m);
}

static void link_up(struct ssi_members *m, u16 node, u64 incarnation)
{
	if (ssi_nodeset_contains(&m->linked, node))
		link_down(m, node);
	/* Only the coordinator's loss counts: the next tick makes it a view. */
	if (!may_issue(m))
		ssi_nodeset_remove(&m->dropped, node);
	ssi_nodeset_add(&m->linked, node);
	m->link_incarnation[node] = incarnation;
	emit_to(m, SSI_ACTION_SEND_VIEW, node);
}

static void receive_view(struct ssi_members *m, u16 from,
			 const struct ssi_view *view)
{
	int order = compare_views(view, &m->view);

	if (order > 0)
		adopt(m, view);
	/* Its issuer tells everybody; from another it may be news to some. */
	if (order > 0 && from != view->issuer)
		emit_to(m, SSI_ACTION_SEND_VIEW, SSI_NODE_ALL);
	emit_to(m, order < 0 ? SSI_ACTION_SEND_VIEW : SSI_ACTION_SEND_ACK, from);
}

static void receive_ack(struct ssi_members *m, u16 from, u64 epoch)
{
	if (!m->change.active || epoch < m->change.epoch)
		return;
	ssi_nodeset_remove(&m->change.awaited, from);
	await(m);
}

/* Members that will not come back: seen to end, or never linked in time. */
static bool has_dead_members(struct ssi_members *m)
{
	int node;

	if (!ssi_nodeset_is_empty(&m->dropped))
		return true;
	if (m->view_ticks < SSI_MEMBERS_GRACE_TICKS)
		return false;
	ssi_nodeset_for_each(node, &m->view.members)
		if (!is_online(m, node))
			return true;
	return false;
}

static void tick(struct ssi_members *m)
{
	struct ssi_nodeset online;

	if (m->view_ticks < SSI_MEMBERS_GRACE_TICKS)
		m->view_ticks++;
	if (may_issue(m) && !m->change.active && has_dead_members(m)) {
		ssi_members_online(m, &online);
		m->view.members = online;
		issue(m);
	}
	send_request(m);
}

/**
 * ssi_members_init() - the state of a node that has just started
 * @m: filled in
 * @self: this node's id
 * @incarnation: number of this life of the node, not 0, not used before
 * @emit: carries out actions, from within ssi_members_handle() only
 * @context: first argument of @emit
 *
 * This node is present from the start; no action is emitted for that.
 */
void ssi_members_init(struct ssi_members *m, unsigned int self,
		      u64 incarnation, ssi_emit_t emit, void *context)
{
	memset(m, 0, sizeof(*m));
	m->emit = emit;
	m->context = context;
	m->self = self;
	m->self_incarnation = incarnation;
	m->request.sent_to = SSI_NODE_NONE;
	m->view.issuer = SSI_NODE_NONE;
	memset(m->state, SSI_NODE_POSSIBLE, sizeof(m->state));
	m->state[self] = SSI_NODE_PRESENT;
}

/**
 * ssi_members_handle() - take in one event
 * @m: the state
 * @event: what happened; an event about a node without a link is ignored
 *
 * Context: the caller's lock protects @m; never sleeps, calls &m->emit.
 * Return: 0. For SSI_EVENT_REQUEST also -EBUSY while another local request is
 *	under way, -ENONET when a node to add is not present, -EPERM when a node
 *	is already in the state asked for or is this node, to be removed.
 */
int ssi_members_handle(struct ssi_members *m, const struct ssi_event *event)
{
	int err = 0;

	switch (event->type) {
	case SSI_EVENT_VIEW:
	case SSI_EVENT_ACK:
	case SSI_EVENT_CHANGE:
	case SSI_EVENT_RESULT:
	case SSI_EVENT_LINK_DOWN:
		if (!ssi_nodeset_contains(&m->linked, event->node))
			return 0;
		break;
	default:
		break;
	}

	switch (event->type) {
	case SSI_EVENT_LINK_UP:
		if (event->node < SSI_MAX_NODES && event->node != m->self)
			link_up(m, event->node, event->incarnation);
		break;
	case SSI_EVENT_LINK_DOWN:
		link_down(m, event->node);
		break;
	case SSI_EVENT_VIEW:
		receive_view(m, event->node, event->view);
		break;
	case SSI_EVENT_ACK:
		receive_ack(m, event->node, event->epoch);
		break;
	case SSI_EVENT_CHANGE:
		change(m, event->node, event->id, event->op, event->set);
		break;
	case SSI_EVENT_RESULT:
		take_result(m, event->node, event->id, event->error);
		break;
	case SSI_EVENT_REQUEST:
		err = request(m, event->id, event->op, event->set);
		break;
	case SSI_EVENT_CANCEL:
		if (m->request.id == event->id)
			m->request.active = false;
		break;
	case SSI_EVENT_TICK:
		tick(m);
		break;
	}
	report_states(m);
	return err;
}
