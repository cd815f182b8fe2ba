// SPDX-License-Identifier: GPL-2.0-only
/*
 * membership.c: who is in the cluster (pure C: events in, actions out, no
 * kernel header, no clock, no allocation).
 *
 * Owns a node's view and how it comes to have it: by INSTALL when it has the
 * view before, else by FULL, for which it asks.  Does not own links, messages
 * or time: the caller turns them into events and carries out the actions.
 * tests/sim runs these files against random schedules.
 *
 * A node is one of
 *
 *	outside    not a member; its view, if any, is what it saw of a cluster
 *	member     its view has this life of it
 *	resetting  it was one, the others went on without it; or it is told that
 *	           it is one, and did not agree
 *
 *	state      event                                next
 *	outside    told of a view that has it           member
 *	           a newer view of what it sees         outside
 *	           no member is linked any more         outside, no view
 *	           a view has it, it did not agree      resetting
 *	member     told of a newer view with it         member
 *	           of one without it, it was leaving    outside
 *	           of one without it                    resetting
 *	           any: a greater cluster is met        resetting
 *
 *	resetting  RESET_DONE                           outside; asks to
 *	                                                join, if not barred
 *
 * Invariants, checked by tests/sim after every event:
 *
 *	1. Two views with one (lineage, number) are the same.
 *	2. A view of the same lineage was accepted, in one ballot, by a quorum
 *	   of the view before; of a new one, by a majority of those not counted
 *	   out; the first by all its members.
 *	3. A life of a node sees numbers of a lineage only grow.
 *	4. A node resumes in a view only after a quorum of it has been in it
 *	   since the node suspended; so two sides of a partition may both think
 *	   that they serve until they notice, but only one decides what is next.
 *	5. No member begins a layer before all members of its view that go on
 *	   in it have finished the one before.
 *	6. Who leaves in good order is a member until all layers of all members
 *	   have finished the view that says so.
 *	7. Every request ends.
 *	8. When faults stop, all live members and all who want to be agree.
 *
 *	hears                      does
 *	lower number, my lineage   STATUS to it, once a view and link
 *	higher number              SYNC to it; it answers FULL
 *	child lineage, higher      likewise
 *	another cluster            any: the lesser (members, lineage) resets;
 *	                           else CONFLICT, for the admin
 */
#include "membership-private.h"

/**
 * ssi_membership_is_member() - is this node in the cluster?
 * @m: the state
 * Return: true when its view has this life of it.
 */
bool ssi_membership_is_member(const struct ssi_membership *m)
{
	return ssi_view_has(&m->view, m->self, m->incarnation);
}

static bool is_linked_member(const struct ssi_membership *m, unsigned int node)
{
	return ssi_nodeset_contains(&m->linked, node) &&
	       ssi_view_has(&m->view, node, m->link_incarnation[node]);
}

/* In, or at, a cluster that is neither this one nor about to follow it. */
static bool is_elsewhere(const struct ssi_membership *m, unsigned int node)
{
	const struct ssi_peer_view *peer = &m->peer[node];

	if (!peer->id.lineage || peer->id.lineage == m->view.id.lineage)
		return false;
	return peer->id.lineage != m->view.parent ||
	       peer->id.number >= m->view.id.number;
}

/**
 * ssi_membership_usable() - can this node work with a member?
 * @m: the state
 * @node: node id
 * Return: true when it is a member, alive, linked and in this cluster.
 */
bool ssi_membership_usable(const struct ssi_membership *m, u16 node)
{
	if (node == m->self)
		return ssi_membership_is_member(m);
	if (!is_linked_member(m, node) || is_elsewhere(m, node))
		return false;
	/* For an outsider a cluster is there while somebody says he is in it. */
	return ssi_membership_is_member(m) || m->peer[node].member ||
	       !m->peer[node].heard;
}

/**
 * ssi_membership_recount() - who is usable has changed
 * @m: the state
 */
void ssi_membership_recount(struct ssi_membership *m)
{
	struct ssi_nodeset declared;
	int node;

	m->usable = m->view.members;
	ssi_nodeset_for_each(node, &m->view.members)
		if (!ssi_membership_usable(m, node))
			ssi_nodeset_remove(&m->usable, node);
	ssi_request_declared(m, &declared);
	ssi_nodeset_subtract(&m->usable, &declared);
}

/**
 * ssi_membership_sign() - the first sign of a new view, for the log
 * @m: the state
 */
void ssi_membership_sign(struct ssi_membership *m)
{
	if (!m->first_us)
		m->first_us = m->now_us;
}

/**
 * ssi_membership_send_set() - send a message to some nodes
 * @m: the state
 * @set: to whom; who is not linked gets nothing
 * @message: what; the sender's part is filled in
 */
void ssi_membership_send_set(struct ssi_membership *m,
			     const struct ssi_nodeset *set,
			     struct ssi_message *message)
{
	struct ssi_action action = {
		.type = SSI_ACTION_SEND,
		.message = message,
	};
	struct ssi_nodeset to = *set;

	ssi_nodeset_intersect(&to, &m->linked);
	if (ssi_nodeset_is_empty(&to))
		return;
	message->view = m->view.id;
	message->parent = m->view.parent;
	message->nr_members = m->nr_members;
	if (ssi_membership_is_member(m))
		message->flags |= SSI_MESSAGE_MEMBER;
	action.set = &to;
	m->emit(m->context, &action);
}

/**
 * ssi_membership_send() - send a message to a node
 * @m: the state
 * @node: to whom
 * @message: what; the sender's part is filled in
 */
void ssi_membership_send(struct ssi_membership *m, u16 node,
			 struct ssi_message *message)
{
	struct ssi_nodeset set;

	ssi_nodeset_clear(&set);
	ssi_nodeset_add(&set, node);
	ssi_membership_send_set(m, &set, message);
}

/**
 * ssi_membership_say() - send a message without a set or change
 * @m: the state
 * @node: to whom
 * @type: what
 * @value: its id
 */
void ssi_membership_say(struct ssi_membership *m, u16 node,
			enum ssi_message_type type, u32 value)
{
	struct ssi_message message = { .type = type, .id = value };

	ssi_membership_send(m, node, &message);
}

/* Tell @node of this node's view, unless it knows. */
static void tell(struct ssi_membership *m, u16 node)
{
	if (ssi_nodeset_contains(&m->told, node))
		return;
	ssi_nodeset_add(&m->told, node);
	ssi_membership_say(m, node, SSI_MESSAGE_STATUS, 0);
}

static void send_full(struct ssi_membership *m, u16 node)
{
	struct ssi_message message = {
		.type = SSI_MESSAGE_FULL,
		.rule = m->view.rule,
		.head = m->view.head,
		.change = &m->scratch,
	};

	if (!m->view.id.lineage)
		return;
	ssi_change_from_view(&m->scratch, &m->view);
	ssi_nodeset_add(&m->told, node);
	ssi_membership_send(m, node, &message);
}

/* One question for one view; again after a tick. */
static void ask_view(struct ssi_membership *m, u16 node)
{
	const struct ssi_view_id *id = &m->peer[node].id;

	if (m->sync_node == node && ssi_view_same(&m->sync_id, id))
		return;
	m->sync_node = node;
	m->sync_id = *id;
	ssi_membership_say(m, node, SSI_MESSAGE_SYNC, 0);
}

/**
 * ssi_membership_new_lineage() - a lineage that no other node and no other
 *	call begins
 * @m: the state
 * Return: its number, not 0.
 */
u64 ssi_membership_new_lineage(struct ssi_membership *m)
{
	u64 x = m->incarnation ^ (u64)(m->self + 1) << 48;

	m->lineages++;
	x ^= m->lineages * 0x9e3779b97f4a7c15ULL;
	/* Finalizer of splitmix64: one-to-one, so nothing is lost. */
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	x ^= x >> 31;
	return x ? x : 1;
}

/**
 * ssi_membership_reset() - the others went on without this node
 * @m: the state
 * @wants_in: shall it come back by itself?
 */
void ssi_membership_reset(struct ssi_membership *m, bool wants_in)
{
	struct ssi_action action = { .type = SSI_ACTION_RESET };

	m->resetting = true;
	m->wants_in = wants_in;
	m->home = m->view.id.lineage;
	m->agreed.lineage = 0;
	ssi_nodeset_unite(&m->dirty, &m->view.members);
	ssi_view_clear(&m->view);
	m->nr_members = 0;
	ssi_coordinator_clear(m);
	ssi_stage_stop(m);
	ssi_serving_stop(m);
	ssi_request_drop(m);
	ssi_request_fail(m, -EHOSTDOWN);
	ssi_membership_recount(m);
	m->emit(m->context, &action);
}

static void announce_view(struct ssi_membership *m,
			  const struct ssi_change *change)
{
	struct ssi_message message = {
		.type = SSI_MESSAGE_INSTALL,
		.rule = m->view.rule,
		.head = m->view.head,
		.flags = change->lineage ? SSI_MESSAGE_FORK : 0,
		.change = change,
	};

	ssi_membership_send_set(m, &m->linked, &message);
	m->told = m->linked;
}

static void log_view(struct ssi_membership *m, u8 cause)
{
	struct ssi_viewlog_entry *entry;

	ssi_viewlog_add(&m->log, &m->view, &m->next, cause);
	entry = ssi_viewlog_last(&m->log);
	entry->first_us = m->first_us ? m->first_us : m->now_us;
	entry->installed_us = m->now_us;
	m->first_us = 0;
}

/* What a view says of who joins and leaves is newer than what they said. */
static void forget_peers(struct ssi_membership *m)
{
	int node;

	ssi_nodeset_for_each(node, &m->view.members)
		if (m->peer[node].id.lineage == m->view.id.lineage &&
		    !ssi_nodeset_contains(&m->next.members, node))
			m->peer[node].member = false;

	ssi_nodeset_for_each(node, &m->next.members)
		m->peer[node].heard = false;
	ssi_nodeset_for_each(node, &m->next.members)
		if (!ssi_view_has(&m->view, node, m->next.incarnation[node]))
			memset(&m->peer[node], 0, sizeof(m->peer[node]));
}

/* Out in good order.  Nobody else need hear of it from others only. */
static void depart(struct ssi_membership *m)
{
	struct ssi_message message = { .type = SSI_MESSAGE_STATUS };

	m->agreed.lineage = 0;
	m->told = m->linked;
	ssi_membership_send_set(m, &m->linked, &message);
	ssi_request_left(m);
}

/**
 * ssi_membership_install() - take the view m->next
 * @m: the state
 * @announce: what changed, for every linked node to hear it from this one;
 *	NULL when another one tells them
 * @cause: &enum ssi_cause, for the log
 */
void ssi_membership_install(struct ssi_membership *m,
			    const struct ssi_change *announce, u8 cause)
{
	struct ssi_action action = { .type = SSI_ACTION_VIEW };
	bool was_member = ssi_membership_is_member(m);
	bool leaving = ssi_nodeset_contains(&m->view.leaving, m->self);

	log_view(m, cause);
	forget_peers(m);
	ssi_nodeset_unite(&m->dirty, &m->view.members);
	ssi_nodeset_unite(&m->dirty, &m->next.members);
	m->view = m->next;
	m->nr_members = ssi_nodeset_weight(&m->view.members);
	ssi_nodeset_clear(&m->told);
	ssi_coordinator_clear(m);
	ssi_request_installed(m);
	ssi_membership_recount(m);
	if (announce)
		announce_view(m, announce);
	m->emit(m->context, &action);
	if (ssi_membership_is_member(m)) {
		m->wants_in = false;
		ssi_serving_installed(m);
		ssi_stage_start(m);
	} else if (was_member && !leaving) {
		ssi_membership_reset(m, !ssi_nodeset_contains(&m->view.barred,
							      m->self));
	} else {
		if (was_member)
			depart(m);
		ssi_stage_stop(m);
		ssi_serving_stop(m);
	}
}

/* Is the cluster of a linked member greater than this node's? */
static bool is_lesser(const struct ssi_membership *m, u16 than)
{
	const struct ssi_peer_view *peer = &m->peer[than];

	if (m->nr_members != peer->nr_members)
		return m->nr_members < peer->nr_members;
	return m->view.id.lineage < peer->id.lineage;
}

/* Two clusters met. */
static void meet(struct ssi_membership *m, u16 node)
{
	struct ssi_action action = {
		.type = SSI_ACTION_CONFLICT,
		.node = node,
	};

	tell(m, node);
	if (m->view.rule == SSI_RULE_ANY) {
		if (!is_lesser(m, node))
			return;
		ssi_membership_reset(m, true);
		m->home = m->peer[node].id.lineage;
		return;
	}
	if (ssi_nodeset_contains(&m->conflicts, node))
		return;
	ssi_nodeset_add(&m->conflicts, node);
	m->emit(m->context, &action);
}

/*
 * Did this node, an outsider, agree to be in that view?  If not, it is one from
 * before it left, or of a coordinator that waited too long, and a new life
 * makes an end of it.
 */
static bool has_agreed(const struct ssi_membership *m,
		       const struct ssi_view *next)
{
	return next->id.lineage == m->agreed.lineage &&
	       next->id.number > m->agreed.number;
}

/* Shall this node take m->next, which @from told it? */
static bool shall_take(struct ssi_membership *m, u16 from)
{
	const struct ssi_view *next = &m->next;
	bool newer = next->id.number > m->view.id.number;
	bool child = next->parent == m->view.id.lineage && newer;
	bool has_me = ssi_view_has(next, m->self, m->incarnation);

	if (!ssi_membership_is_member(m) && has_me && !has_agreed(m, next)) {
		ssi_membership_reset(m, m->wants_in);
		return false;
	}
	if (next->id.lineage == m->view.id.lineage)
		return newer;
	if (ssi_membership_is_member(m)) {
		if (child && (has_me ||
			      (m->view.rule != SSI_RULE_ANY &&
			       !ssi_nodeset_contains(&next->barred, m->self))))
			return true;
		meet(m, from);
		return false;
	}
	return child || has_me || ssi_nodeset_is_empty(&m->usable) ||
	       (m->wants_in && next->id.lineage == m->home);
}

static void receive_full(struct ssi_membership *m, u16 from,
			 const struct ssi_message *message)
{
	ssi_view_clear(&m->next);
	if (ssi_view_apply(&m->next, message->change))
		return;
	m->next.id = message->view;
	m->next.parent = message->parent;
	m->next.rule = message->rule;
	m->next.head = message->head;
	if (!shall_take(m, from))
		return;
	ssi_membership_install(m, NULL, SSI_CAUSE_SYNC);
	/* It may have a ballot for us that we could not understand before. */
	if (!m->resetting)
		tell(m, from);
}

/* Return: false when this node has not the view before. */
static bool receive_install(struct ssi_membership *m, u16 from,
			    const struct ssi_message *message)
{
	bool fork = message->flags & SSI_MESSAGE_FORK;
	struct ssi_view_id base = {
		.lineage = fork ? message->parent : message->view.lineage,
		.number = message->view.number - 1,
	};

	if (!base.number) {
		ssi_view_clear(&m->next);
		m->next.rule = message->rule;
		m->next.head = message->head;
	} else if (ssi_view_same(&base, &m->view.id)) {
		m->next = m->view;
	} else {
		return false;
	}
	if (ssi_view_apply(&m->next, message->change) ||
	    !ssi_view_same(&m->next.id, &message->view))
		return false;
	if (shall_take(m, from))
		ssi_membership_install(m, NULL, message->change->cause);
	return true;
}

/* What follows from the view that @node, of another lineage, says it has. */
static void compare_lineages(struct ssi_membership *m, u16 node)
{
	const struct ssi_peer_view *peer = &m->peer[node];

	if (peer->parent == m->view.id.lineage &&
	    peer->id.number > m->view.id.number) {
		ask_view(m, node);
		return;
	}
	if (!ssi_membership_is_member(m)) {
		if (ssi_nodeset_is_empty(&m->usable) ||
		    (m->wants_in && peer->id.lineage == m->home))
			ask_view(m, node);
		return;
	}
	if (peer->member && ssi_membership_usable(m, node))
		tell(m, node);		/* it will follow */
	else if (peer->member)
		meet(m, node);
}

/* What follows from the view that @node says it has. */
static void compare_views(struct ssi_membership *m, u16 node)
{
	const struct ssi_peer_view *peer = &m->peer[node];
	const struct ssi_view_id *mine = &m->view.id;

	if (ssi_view_same(mine, &peer->id))
		return;
	/*
	 * Outsiders do not learn from each other, lest a dead view lives on;
	 * but who sees nothing says so, for the other may count on it.
	 */
	if (!ssi_membership_is_member(m) && !peer->member) {
		if (!mine->lineage)
			ssi_nodeset_remove(&m->told, node);
		tell(m, node);
		return;
	}
	if (!peer->id.lineage)
		tell(m, node);
	else if (!mine->lineage)
		ask_view(m, node);
	else if (peer->id.lineage != mine->lineage)
		compare_lineages(m, node);
	else if (peer->id.number > mine->number)
		ask_view(m, node);
	else
		tell(m, node);
}

static void note_peer(struct ssi_membership *m, u16 node,
		      const struct ssi_message *message)
{
	struct ssi_peer_view *peer = &m->peer[node];
	bool member = message->flags & SSI_MESSAGE_MEMBER;
	bool moved = peer->id.lineage != message->view.lineage ||
		     peer->member != member || !peer->heard ||
		     peer->id.number != message->view.number;

	peer->id = message->view;
	peer->parent = message->parent;
	peer->nr_members = message->nr_members;
	peer->member = member;
	peer->heard = true;
	if (moved && ssi_nodeset_contains(&m->view.members, node))
		ssi_membership_recount(m);
}

/* A message that means something only between members in one view. */
static void receive_bound(struct ssi_membership *m, u16 from,
			  const struct ssi_message *message)
{
	if (!ssi_view_same(&m->view.id, &message->view) ||
	    !ssi_membership_is_member(m) || !is_linked_member(m, from))
		return;
	switch (message->type) {
	case SSI_MESSAGE_STATUS:
		ssi_coordinator_resend(m, from);
		break;
	case SSI_MESSAGE_DONE:
	case SSI_MESSAGE_RELEASE:
	case SSI_MESSAGE_STABLE:
		ssi_stage_receive(m, from, message);
		break;
	case SSI_MESSAGE_CONFIRM:
	case SSI_MESSAGE_POLL:
	case SSI_MESSAGE_POLLED:
	case SSI_MESSAGE_CONFIRMED:
		ssi_serving_receive(m, from, message);
		break;
	default:
		ssi_coordinator_receive(m, from, message);
		break;
	}
}

static void receive(struct ssi_membership *m, u16 from,
		    const struct ssi_message *message)
{
	if (!ssi_nodeset_contains(&m->linked, from))
		return;
	note_peer(m, from, message);
	switch (message->type) {
	case SSI_MESSAGE_SYNC:
		send_full(m, from);
		return;
	case SSI_MESSAGE_FULL:
		receive_full(m, from, message);
		return;
	case SSI_MESSAGE_INSTALL:
		if (receive_install(m, from, message))
			return;
		break;
	default:
		break;
	}
	compare_views(m, from);
	if (m->resetting)
		return;
	if (message->type >= SSI_MESSAGE_REQUEST)
		ssi_request_receive(m, from, message);
	else
		receive_bound(m, from, message);
}

static void link_down(struct ssi_membership *m, u16 node)
{
	if (!ssi_nodeset_contains(&m->linked, node))
		return;
	if (is_linked_member(m, node))
		ssi_membership_sign(m);
	ssi_nodeset_remove(&m->linked, node);
	ssi_nodeset_remove(&m->told, node);
	ssi_nodeset_remove(&m->conflicts, node);
	ssi_nodeset_add(&m->dirty, node);
	m->link_incarnation[node] = 0;
	memset(&m->peer[node], 0, sizeof(m->peer[node]));
	if (m->reported == node)
		m->reported = SSI_NODE_NONE;
	if (m->sync_node == node)
		m->sync_node = SSI_NODE_NONE;
	if (m->stage.told == node)
		m->stage.told = SSI_NODE_NONE;
	ssi_request_link_down(m, node);
	ssi_membership_recount(m);
}

/* What an outsider saw of a cluster is worth nothing without it. */
static void forget_view(struct ssi_membership *m)
{
	if (ssi_membership_is_member(m) || !m->view.id.lineage ||
	    !ssi_nodeset_is_empty(&m->usable))
		return;
	ssi_nodeset_unite(&m->dirty, &m->view.members);
	ssi_view_clear(&m->view);
	ssi_nodeset_clear(&m->told);
	m->nr_members = 0;
}

static void link_up(struct ssi_membership *m, u16 node, u64 incarnation)
{
	if (node >= SSI_MAX_NODES || node == m->self)
		return;
	link_down(m, node);
	ssi_nodeset_add(&m->linked, node);
	ssi_nodeset_add(&m->dirty, node);
	m->link_incarnation[node] = incarnation;
	if (ssi_nodeset_contains(&m->view.members, node))
		ssi_membership_recount(m);
	tell(m, node);
}

static void gossip(struct ssi_membership *m)
{
	int node;

	if (!m->view.id.lineage || m->tick % GOSSIP_TICKS)
		return;
	node = ssi_nodeset_next(&m->linked, m->gossip_node);
	if (node < 0)
		node = ssi_nodeset_next(&m->linked, -1);
	if (node < 0)
		return;
	m->gossip_node = node;
	ssi_membership_say(m, node, SSI_MESSAGE_STATUS, 0);
}

static void tick(struct ssi_membership *m)
{
	m->tick++;
	m->sync_node = SSI_NODE_NONE;
	ssi_coordinator_tick(m);
	ssi_stage_tick(m);
	ssi_request_tick(m);
	gossip(m);
}

static void reset_done(struct ssi_membership *m, u64 incarnation)
{
	int node;

	ssi_nodeset_for_each(node, &m->linked)
		link_down(m, node);
	m->resetting = false;
	m->incarnation = incarnation;
	m->lineages = 0;
	m->rejoin_tick = m->tick;
	m->lonely_tick = m->tick;
}

static void report_states(struct ssi_membership *m)
{
	struct ssi_action action = { .type = SSI_ACTION_STATE };
	int node;

	ssi_nodeset_for_each(node, &m->dirty) {
		ssi_nodeset_remove(&m->dirty, node);
		action.node = node;
		action.old_state = m->state[node];
		action.new_state = ssi_membership_state(m, node);
		if (action.old_state == action.new_state)
			continue;
		m->state[node] = action.new_state;
		m->emit(m->context, &action);
	}
}

/**
 * ssi_membership_state() - what is known of a node
 * @m: the state
 * @node: any number
 * Return: its state, SSI_NODE_INVALID when @node is not a node id.
 */
enum ssi_node_state ssi_membership_state(const struct ssi_membership *m,
					 unsigned int node)
{
	if (node >= SSI_MAX_NODES)
		return SSI_NODE_INVALID;
	if (node == m->self)
		return ssi_membership_is_member(m) ? SSI_NODE_ONLINE :
						     SSI_NODE_PRESENT;
	if (!ssi_nodeset_contains(&m->linked, node))
		return SSI_NODE_POSSIBLE;
	return is_linked_member(m, node) ? SSI_NODE_ONLINE : SSI_NODE_PRESENT;
}

/**
 * ssi_membership_online() - the nodes that are online
 * @m: the state
 * @set: overwritten
 */
void ssi_membership_online(const struct ssi_membership *m,
			   struct ssi_nodeset *set)
{
	int node;

	*set = m->view.members;
	ssi_nodeset_for_each(node, &m->view.members)
		if (ssi_membership_state(m, node) != SSI_NODE_ONLINE)
			ssi_nodeset_remove(set, node);
}

/**
 * ssi_membership_present() - the nodes that are present, online ones included
 * @m: the state
 * @set: overwritten
 */
void ssi_membership_present(const struct ssi_membership *m,
			    struct ssi_nodeset *set)
{
	*set = m->linked;
	ssi_nodeset_add(set, m->self);
}

/**
 * ssi_membership_coordinator() - the member that shall decide what is next
 * @m: the state
 * Return: the lowest usable member; -1 when this node has no cluster.
 */
int ssi_membership_coordinator(const struct ssi_membership *m)
{
	return ssi_nodeset_next(&m->usable, -1);
}

/**
 * ssi_membership_init() - the state of a node that has just started
 * @m: filled in
 * @params: read during the call
 * @emit: carries out actions, from within ssi_membership_handle() only
 * @context: first argument of @emit
 *
 * This node is present from the start; no action is emitted for that.
 */
void ssi_membership_init(struct ssi_membership *m,
			 const struct ssi_membership_params *params,
			 ssi_emit_t emit, void *context)
{
	memset(m, 0, sizeof(*m));
	m->emit = emit;
	m->context = context;
	m->self = params->self;
	m->incarnation = params->incarnation;
	m->rule = params->rule;
	m->head = params->head;
	m->layers = params->layers;
	ssi_view_clear(&m->view);
	m->sync_node = SSI_NODE_NONE;
	m->gossip_node = params->self;
	m->reported = SSI_NODE_NONE;
	m->stage.told = SSI_NODE_NONE;
	m->request.sent_to = SSI_NODE_NONE;
	m->invited.from = SSI_NODE_NONE;
	memset(m->state, SSI_NODE_POSSIBLE, sizeof(m->state));
	m->state[m->self] = SSI_NODE_PRESENT;
}

static void take_event(struct ssi_membership *m, const struct ssi_event *event)
{
	switch (event->type) {
	case SSI_EVENT_LINK_UP:
		link_up(m, event->node, event->incarnation);
		break;
	case SSI_EVENT_LINK_DOWN:
		link_down(m, event->node);
		break;
	case SSI_EVENT_MESSAGE:
		receive(m, event->node, event->message);
		break;
	case SSI_EVENT_CANCEL:
		ssi_request_cancel(m, event->id);
		break;
	case SSI_EVENT_STAGE_DONE:
		ssi_stage_done(m, &event->view, event->layer);
		break;
	case SSI_EVENT_TICK:
		tick(m);
		break;
	case SSI_EVENT_REQUEST:
	case SSI_EVENT_LEAVE:
	case SSI_EVENT_RESET_DONE:
		break;
	}
}

/**
 * ssi_membership_handle() - take in one event
 * @m: the state
 * @event: what happened; one about a node without a link is ignored
 *
 * Context: the caller's lock protects @m; never sleeps, calls &m->emit.
 * Return: 0. For SSI_EVENT_REQUEST and SSI_EVENT_LEAVE also what
 *	ssi_request_start() and ssi_request_leave() say, -EHOSTDOWN while this
 *	node is being reset.
 */
int ssi_membership_handle(struct ssi_membership *m,
			  const struct ssi_event *event)
{
	int err = 0;

	m->now_us = event->now_us;
	if (event->type == SSI_EVENT_RESET_DONE)
		reset_done(m, event->incarnation);
	else if (event->type == SSI_EVENT_REQUEST)
		err = m->resetting ? -EHOSTDOWN : ssi_request_start(m, event);
	else if (event->type == SSI_EVENT_LEAVE)
		err = ssi_request_leave(m, event->id);
	else if (!m->resetting)
		take_event(m, event);
	forget_view(m);
	if (!m->resetting)
		ssi_request_run(m);
	if (!m->resetting)
		ssi_coordinator_run(m);
	if (!m->resetting)
		ssi_serving_run(m);
	report_states(m);
	return err;
}
