// SPDX-License-Identifier: GPL-2.0-only
/*
 * request.c: wishes of the admin, from where they are said to where they are
 * carried out (pure C).
 *
 * Owns the local request, the coordinator's table of requests, and the
 * invitations that go before a join.  Proposes nothing itself.
 *
 *	who asks                 coordinator                who joins
 *	REQUEST ---------------> table; when it is its
 *	                         turn, along with others
 *	                         of its kind: INVITE -----> in no cluster, linked
 *	                                                    to all members and all
 *	                         <----------------- CONSENT others invited
 *	                         ballot, view, stable
 *	<---------------- RESULT
 *
 *	in the table   event                                  next
 *	FREE           REQUEST                                PENDING
 *	PENDING        done, and the view is stable           ENDED, 0
 *	PENDING        can not be done                        ENDED, why
 *	PENDING        this node no longer coordinates        FREE, -EAGAIN
 *	PENDING        CANCEL, or who asked is gone           FREE
 *	ENDED          REQUEST, the same once more            the same RESULT
 *
 * -EAGAIN makes who asks look for the coordinator again; so does the end of
 * the link to it.  A request says what shall be, not what shall be done, so a
 * new coordinator that is asked for what has happened already just says yes.
 *
 * No cluster: the lowest present node that who asks can see creates one, by
 * inviting all nodes that were asked for; each binds itself to one invitation
 * at a time.  A node that was reset asks for itself, with id 0, once it is
 * linked to all members.
 */
#include "membership-private.h"

static bool is_cluster_visible(const struct ssi_membership *m)
{
	int node;

	ssi_nodeset_for_each(node, &m->linked)
		if (m->peer[node].member)
			return true;
	return m->view.id.lineage;
}

static bool is_in_other_cluster(const struct ssi_membership *m, u16 node)
{
	return node != m->self && m->peer[node].member &&
	       m->peer[node].id.lineage != m->view.id.lineage;
}

static bool is_present(const struct ssi_membership *m, u16 node)
{
	return node == m->self || ssi_nodeset_contains(&m->linked, node);
}

static bool overlaps(const struct ssi_nodeset *a, const struct ssi_nodeset *b)
{
	struct ssi_nodeset both = *a;

	ssi_nodeset_intersect(&both, b);
	return !ssi_nodeset_is_empty(&both);
}

/**
 * ssi_request_declared() - the nodes that the admin says are dead
 * @m: the state
 * @set: overwritten
 */
void ssi_request_declared(const struct ssi_membership *m,
			  struct ssi_nodeset *set)
{
	unsigned int i;

	ssi_nodeset_clear(set);
	/* An outsider's word counts when the coordinator has it. */
	if (m->request.active && m->request.op == SSI_OP_FAIL &&
	    ssi_membership_is_member(m))
		*set = m->request.set;
	for (i = 0; i < SSI_MAX_REQUESTS; i++)
		if (m->table[i].phase == SSI_REQUEST_PENDING &&
		    m->table[i].op == SSI_OP_FAIL)
			ssi_nodeset_unite(set, &m->table[i].set);
}

/**
 * ssi_request_unwanted() - the nodes that are to leave
 * @m: the state
 * @set: overwritten
 */
void ssi_request_unwanted(const struct ssi_membership *m,
			  struct ssi_nodeset *set)
{
	unsigned int i;

	ssi_nodeset_clear(set);
	for (i = 0; i < SSI_MAX_REQUESTS; i++)
		if (m->table[i].phase == SSI_REQUEST_PENDING &&
		    m->table[i].op == SSI_OP_REMOVE)
			ssi_nodeset_unite(set, &m->table[i].set);
}

static void complete(struct ssi_membership *m, int error)
{
	struct ssi_action action = {
		.type = SSI_ACTION_COMPLETE,
		.id = m->request.id,
		.error = error,
	};

	if (!m->request.active)
		return;
	m->request.active = false;
	ssi_membership_recount(m);
	m->emit(m->context, &action);
}

/**
 * ssi_request_fail() - end the local request, if there is one
 * @m: the state
 * @error: negative errno
 */
void ssi_request_fail(struct ssi_membership *m, int error)
{
	complete(m, error);
}

/* The answer to a request of this node, whoever gave it. */
static void take_result(struct ssi_membership *m, u32 id, int error)
{
	if (!id) {
		if (error == -EPERM && (m->view.id.lineage == m->home ||
					m->view.rule == SSI_RULE_ANY))
			m->wants_in = false;
		return;
	}
	if (!m->request.active || m->request.id != id)
		return;
	if (error == -EAGAIN) {
		m->request.sent_to = SSI_NODE_NONE;
		m->request.sent_tick = m->tick;
	} else {
		complete(m, error);
	}
}

static void answer(struct ssi_membership *m, u16 to, u32 id, int error)
{
	struct ssi_message message = {
		.type = SSI_MESSAGE_RESULT,
		.id = id,
		.error = error,
	};

	if (to == m->self)
		take_result(m, id, error);
	else
		ssi_membership_send(m, to, &message);
}

static void end_entry(struct ssi_membership *m, struct ssi_request_entry *entry,
		      int error)
{
	bool again = error == -EAGAIN || !entry->id;

	entry->phase = again ? SSI_REQUEST_FREE : SSI_REQUEST_ENDED;
	entry->error = error;
	if (entry->op == SSI_OP_FAIL)
		ssi_membership_recount(m);
	answer(m, entry->from, entry->id, error);
}

/**
 * ssi_request_drop() - this node does not coordinate: others shall be asked
 * @m: the state
 */
void ssi_request_drop(struct ssi_membership *m)
{
	unsigned int i;

	m->invite.active = false;
	for (i = 0; i < SSI_MAX_REQUESTS; i++)
		if (m->table[i].phase == SSI_REQUEST_PENDING)
			end_entry(m, &m->table[i], -EAGAIN);
}

/* What keeps a node from being added: 0 for nothing, but it is not yet. */
static int judge_add(struct ssi_membership *m,
		     const struct ssi_request_entry *entry)
{
	bool member = ssi_membership_is_member(m), all = true;
	int node;

	if (!member && is_cluster_visible(m))
		return -EAGAIN;
	ssi_nodeset_for_each(node, &entry->set) {
		if (ssi_nodeset_contains(&m->usable, node))
			continue;
		all = false;
		if (!is_present(m, node))
			return -ENONET;
		if (is_in_other_cluster(m, node))
			return -EEXIST;
	}
	if (!entry->id && ssi_nodeset_contains(&m->view.barred, entry->from))
		return -EPERM;
	if (all && member && m->stage.stable)
		return 1;
	return member && !ssi_coordinator_can_decide(m) ? -EHOSTDOWN : 0;
}

/* Return: 1 done, 0 not yet, or why it can not be done. */
static int judge(struct ssi_membership *m,
		 const struct ssi_request_entry *entry)
{
	if (entry->op == SSI_OP_ADD)
		return judge_add(m, entry);
	if (!ssi_membership_is_member(m))
		return -EAGAIN;
	if (!overlaps(&entry->set, &m->view.members))
		return m->stage.stable;
	if (ssi_nodeset_covers(&entry->set, &m->view.members))
		return -EPERM;
	return ssi_coordinator_can_decide(m) ? 0 : -EHOSTDOWN;
}

/**
 * ssi_request_settle() - end the requests whose end has come
 * @m: the state
 */
void ssi_request_settle(struct ssi_membership *m)
{
	unsigned int i;
	int ret;

	for (i = 0; i < SSI_MAX_REQUESTS; i++) {
		if (m->table[i].phase != SSI_REQUEST_PENDING)
			continue;
		ret = judge(m, &m->table[i]);
		if (ret)
			end_entry(m, &m->table[i], ret > 0 ? 0 : ret);
	}
}

static struct ssi_request_entry *find_entry(struct ssi_membership *m, u16 from,
					    u32 id)
{
	unsigned int i;

	for (i = 0; i < SSI_MAX_REQUESTS; i++)
		if (m->table[i].phase != SSI_REQUEST_FREE &&
		    m->table[i].from == from && m->table[i].id == id)
			return &m->table[i];
	return NULL;
}

/* A free entry, or that of the request that ended first. */
static struct ssi_request_entry *new_entry(struct ssi_membership *m)
{
	struct ssi_request_entry *entry, *oldest = NULL;
	unsigned int i;

	for (i = 0; i < SSI_MAX_REQUESTS; i++) {
		entry = &m->table[i];
		if (entry->phase == SSI_REQUEST_FREE)
			return entry;
		if (entry->phase == SSI_REQUEST_ENDED &&
		    (!oldest || entry->order < oldest->order))
			oldest = entry;
	}
	return oldest;
}

/* Would this node coordinate, with who is declared dead out of the way? */
static bool would_coordinate(const struct ssi_membership *m, u8 op,
			     const struct ssi_nodeset *set)
{
	struct ssi_nodeset usable = m->usable;

	if (!ssi_membership_is_member(m))
		return op == SSI_OP_ADD && !is_cluster_visible(m);
	if (op == SSI_OP_FAIL)
		ssi_nodeset_subtract(&usable, set);
	return ssi_nodeset_next(&usable, -1) == m->self;
}

static void take_request(struct ssi_membership *m, u16 from, u32 id, u8 op,
			 const struct ssi_nodeset *set)
{
	struct ssi_request_entry *entry = find_entry(m, from, id);

	if (entry) {
		if (entry->phase == SSI_REQUEST_ENDED)
			answer(m, from, id, entry->error);
		return;
	}
	if (op == SSI_OP_FAIL && ssi_nodeset_contains(set, m->self)) {
		answer(m, from, id, -EPERM);
		return;
	}
	entry = new_entry(m);
	if (!entry || !would_coordinate(m, op, set)) {
		answer(m, from, id, -EAGAIN);
		return;
	}
	entry->phase = SSI_REQUEST_PENDING;
	entry->op = op;
	entry->from = from;
	entry->id = id;
	entry->order = m->orders++;
	entry->set = *set;
	ssi_membership_sign(m);
	if (op == SSI_OP_FAIL)
		ssi_membership_recount(m);
}

static void cancel_entry(struct ssi_membership *m, u16 from, u32 id)
{
	struct ssi_request_entry *entry = find_entry(m, from, id);

	if (!entry || entry->phase != SSI_REQUEST_PENDING)
		return;
	entry->phase = SSI_REQUEST_FREE;
	if (entry->op == SSI_OP_FAIL)
		ssi_membership_recount(m);
}

static void stop_invite(struct ssi_membership *m)
{
	struct ssi_message message = {
		.type = SSI_MESSAGE_UNINVITE,
		.id = m->invite.id,
	};

	if (!m->invite.active)
		return;
	m->invite.active = false;
	ssi_membership_send_set(m, &m->invite.set, &message);
}

static void start_invite(struct ssi_membership *m,
			 const struct ssi_nodeset *wanted)
{
	struct ssi_message message = {
		.type = SSI_MESSAGE_INVITE,
		.id = ++m->invite.id,
		.step = m->layers,
		.change = &m->scratch,
	};

	/* A cluster to be created has a name before it has a view. */
	m->invite.lineage = ssi_membership_is_member(m) ?
			    m->view.id.lineage : ssi_membership_new_lineage(m);
	message.ballot = m->invite.lineage;
	m->invite.active = true;
	m->invite.start_tick = m->tick;
	m->invite.set = *wanted;
	ssi_nodeset_clear(&m->invite.agreed);
	ssi_change_clear(&m->scratch, 0);
	m->scratch.removed = *wanted;
	ssi_membership_send_set(m, wanted, &message);
}

/* End the requests to add nodes of @set. */
static void refuse_adds(struct ssi_membership *m, const struct ssi_nodeset *set,
			int error)
{
	unsigned int i;

	for (i = 0; i < SSI_MAX_REQUESTS; i++)
		if (m->table[i].phase == SSI_REQUEST_PENDING &&
		    m->table[i].op == SSI_OP_ADD &&
		    overlaps(&m->table[i].set, set))
			end_entry(m, &m->table[i], error);
}

/* Have all who are invited agreed? */
static bool is_agreed(struct ssi_membership *m)
{
	struct ssi_nodeset missing = m->invite.set;

	ssi_nodeset_subtract(&missing, &m->invite.agreed);
	if (ssi_nodeset_contains(&missing, m->self) &&
	    m->invited.from == SSI_NODE_NONE)
		ssi_nodeset_remove(&missing, m->self);
	if (ssi_nodeset_is_empty(&missing))
		return true;
	if (m->tick - m->invite.start_tick >= INVITE_TICKS) {
		stop_invite(m);
		/* Two who do not reach each other must not keep out each other. */
		m->invite.alone = true;
		refuse_adds(m, &missing, -EHOSTUNREACH);
	}
	return false;
}

/* Nodes are to be added: true when m->change says so. */
static bool want_add(struct ssi_membership *m, const struct ssi_nodeset *wanted)
{
	int node;

	/* Who came later is next: an invitation under way is not made again. */
	if (m->invite.active && !ssi_nodeset_covers(wanted, &m->invite.set))
		stop_invite(m);
	if (!m->invite.active) {
		if (m->tick < m->invite.retry_tick)
			return false;
		start_invite(m, wanted);
	}
	if (!is_agreed(m))
		return false;
	ssi_change_clear(&m->change, SSI_CAUSE_ADD);
	m->change.added = m->invite.set;
	m->change.barred = m->view.barred;
	ssi_nodeset_for_each(node, &m->invite.set)
		m->change.incarnation[node] = node == m->self ?
			m->incarnation : m->link_incarnation[node];
	return true;
}

static void create_cluster(struct ssi_membership *m)
{
	m->change.cause = SSI_CAUSE_CREATE;
	m->change.lineage = m->invite.lineage;
	m->agreed.lineage = m->invite.lineage;
	m->agreed.number = 0;
	ssi_nodeset_clear(&m->change.barred);
	ssi_view_clear(&m->next);
	m->next.rule = m->rule;
	m->next.head = m->head;
	if (!ssi_view_apply(&m->next, &m->change))
		ssi_membership_install(m, &m->change, SSI_CAUSE_CREATE);
}

static bool want_leave(struct ssi_membership *m)
{
	unsigned int i;

	ssi_change_clear(&m->change, SSI_CAUSE_LEAVE);
	m->change.barred = m->view.barred;
	for (i = 0; i < SSI_MAX_REQUESTS; i++) {
		struct ssi_nodeset leaving = m->change.leaving;

		if (m->table[i].phase != SSI_REQUEST_PENDING ||
		    m->table[i].op != SSI_OP_REMOVE)
			continue;
		ssi_nodeset_unite(&leaving, &m->table[i].set);
		ssi_nodeset_intersect(&leaving, &m->view.members);
		/* Two requests that leave nobody: the second has to wait. */
		if (!ssi_nodeset_covers(&leaving, &m->view.members))
			m->change.leaving = leaving;
	}
	return !ssi_nodeset_is_empty(&m->change.leaving);
}

/**
 * ssi_request_next() - what requests want next
 * @m: the state; this node coordinates a stable view, or is no member
 *
 * Creates a cluster at once when this node is in none.
 *
 * Return: true when m->change is to be proposed.
 */
bool ssi_request_next(struct ssi_membership *m)
{
	struct ssi_request_entry *oldest = NULL;
	struct ssi_nodeset wanted;
	unsigned int i;

	ssi_nodeset_clear(&wanted);
	for (i = 0; i < SSI_MAX_REQUESTS; i++) {
		if (m->table[i].phase != SSI_REQUEST_PENDING)
			continue;
		if (!oldest || m->table[i].order < oldest->order)
			oldest = &m->table[i];
		if (m->table[i].op == SSI_OP_ADD)
			ssi_nodeset_unite(&wanted, &m->table[i].set);
	}
	ssi_nodeset_subtract(&wanted, &m->view.members);
	if (ssi_nodeset_is_empty(&wanted))
		m->invite.alone = false;
	else if (m->invite.alone)
		ssi_nodeset_intersect(&wanted, &oldest->set);
	if (!oldest || oldest->op != SSI_OP_ADD ||
	    ssi_nodeset_is_empty(&wanted)) {
		stop_invite(m);
		return oldest && oldest->op == SSI_OP_REMOVE && want_leave(m);
	}
	if (!want_add(m, &wanted))
		return false;
	if (ssi_membership_is_member(m))
		return true;
	create_cluster(m);
	return false;
}

/* Whom to ask for a change, -1 for nobody. */
static int find_target(const struct ssi_membership *m, u8 op,
		       const struct ssi_nodeset *set)
{
	int node;

	ssi_nodeset_for_each(node, &m->usable)
		if (op != SSI_OP_FAIL || !ssi_nodeset_contains(set, node))
			return node;
	ssi_nodeset_for_each(node, &m->linked)
		if (m->peer[node].member)
			return node;
	if (op != SSI_OP_ADD)
		return -1;
	node = ssi_nodeset_next(&m->linked, -1);
	return node >= 0 && node < m->self ? node : m->self;
}

static void send_request(struct ssi_membership *m, u16 to, u32 id, u8 op,
			 const struct ssi_nodeset *set)
{
	struct ssi_message message = {
		.type = SSI_MESSAGE_REQUEST,
		.id = id,
		.op = op,
		.change = &m->scratch,
	};

	if (to == m->self) {
		take_request(m, m->self, id, op, set);
		return;
	}
	ssi_change_clear(&m->scratch, 0);
	m->scratch.removed = *set;
	ssi_membership_send(m, to, &message);
}

static void send_own(struct ssi_membership *m)
{
	int to = find_target(m, m->request.op, &m->request.set);

	m->request.sent_tick = m->tick;
	if (to < 0)
		return;
	m->request.sent_to = to;
	send_request(m, to, m->request.id, m->request.op, &m->request.set);
}

static int check_request(const struct ssi_membership *m, u8 op,
			 const struct ssi_nodeset *set)
{
	bool member;
	int node;

	ssi_nodeset_for_each(node, set) {
		member = ssi_nodeset_contains(&m->view.members, node) &&
			 ssi_membership_state(m, node) == SSI_NODE_ONLINE;
		if (op == SSI_OP_ADD && !is_present(m, node))
			return -ENONET;
		if (op == SSI_OP_ADD && member)
			return -EPERM;
		if (op == SSI_OP_ADD && m->view.id.lineage &&
		    is_in_other_cluster(m, node))
			return -EEXIST;
		if (op != SSI_OP_ADD && node == m->self)
			return -EPERM;
		if (op == SSI_OP_REMOVE && !member)
			return -EPERM;
		if (op == SSI_OP_FAIL &&
		    !ssi_nodeset_contains(&m->view.members, node))
			return -ENONET;
	}
	return 0;
}

/**
 * ssi_request_start() - someone on this node wants a change
 * @m: the state
 * @event: id, op and set
 * Return: 0 when the end will be an action; -EBUSY while another is under way;
 *	-ENONET when a node to add is not present or one declared dead is no
 *	member, -EPERM when a node is in the state asked for or is this one, to
 *	go, -EEXIST when a node to add is in another cluster.
 */
int ssi_request_start(struct ssi_membership *m, const struct ssi_event *event)
{
	int err;

	if (m->request.active)
		return -EBUSY;
	err = check_request(m, event->op, event->set);
	if (err)
		return err;
	m->request.active = true;
	m->request.id = event->id;
	m->request.op = event->op;
	m->request.set = *event->set;
	m->request.start_tick = m->tick;
	if (event->op == SSI_OP_FAIL)
		ssi_membership_recount(m);
	send_own(m);
	return 0;
}

/**
 * ssi_request_leave() - this node is about to end
 * @m: the state
 * @id: number of the request; the one under way is forgotten
 * Return: 0 when the end will be an action; -ENONET when it is no member.
 */
int ssi_request_leave(struct ssi_membership *m, u32 id)
{
	if (!ssi_membership_is_member(m))
		return -ENONET;
	ssi_request_cancel(m, m->request.id);
	m->request.active = true;
	m->request.id = id;
	m->request.op = SSI_OP_REMOVE;
	ssi_nodeset_clear(&m->request.set);
	ssi_nodeset_add(&m->request.set, m->self);
	m->request.start_tick = m->tick;
	send_own(m);
	return 0;
}

/**
 * ssi_request_left() - this node is out of the cluster, in good order
 * @m: the state
 *
 * Nobody else need tell it that its request to leave has been carried out.
 */
void ssi_request_left(struct ssi_membership *m)
{
	if (m->request.op == SSI_OP_REMOVE &&
	    ssi_nodeset_contains(&m->request.set, m->self))
		complete(m, 0);
}

/**
 * ssi_request_cancel() - nobody waits for the local request any more
 * @m: the state
 * @id: its number
 */
void ssi_request_cancel(struct ssi_membership *m, u32 id)
{
	if (!m->request.active || m->request.id != id)
		return;
	m->request.active = false;
	ssi_membership_recount(m);
	if (m->request.sent_to == m->self)
		cancel_entry(m, m->self, id);
	else if (m->request.sent_to != SSI_NODE_NONE)
		ssi_membership_say(m, m->request.sent_to, SSI_MESSAGE_CANCEL,
				   id);
}

static void send_consent(struct ssi_membership *m, u16 to, u32 id, int error)
{
	struct ssi_message message = {
		.type = SSI_MESSAGE_CONSENT,
		.id = id,
		.error = error,
	};

	ssi_membership_send(m, to, &message);
}

static void receive_invite(struct ssi_membership *m, u16 from,
			   const struct ssi_message *message)
{
	if (ssi_membership_is_member(m)) {
		/* Of the inviting cluster: the invitation is late. */
		if (message->view.lineage != m->view.id.lineage)
			send_consent(m, from, message->id, -EEXIST);
		return;
	}
	if (message->step != m->layers) {
		send_consent(m, from, message->id, -EPROTO);
		return;
	}
	/* Two nodes that create at once: the lower one does. */
	if (m->invite.active && from < m->self)
		stop_invite(m);
	if (m->invite.active || (m->invited.from != SSI_NODE_NONE &&
				 m->invited.from != from)) {
		send_consent(m, from, message->id, -EBUSY);
		return;
	}
	ssi_membership_sign(m);
	m->invited.from = from;
	m->invited.id = message->id;
	m->invited.agreed = false;
	m->invited.start_tick = m->tick;
	m->invited.view = message->view;
	m->invited.lineage = message->ballot;
	m->invited.set = message->change->removed;
}

/* Agree to an invitation as soon as this node has all it takes. */
static void try_agree(struct ssi_membership *m)
{
	struct ssi_nodeset all = m->invited.set;

	if (m->invited.from == SSI_NODE_NONE || m->invited.agreed ||
	    (m->invited.view.lineage &&
	     !ssi_view_same(&m->invited.view, &m->view.id)))
		return;
	ssi_nodeset_remove(&all, m->self);
	if (!ssi_nodeset_covers(&m->linked, &all) ||
	    !ssi_nodeset_covers(&m->usable, &m->view.members))
		return;
	m->invited.agreed = true;
	m->agreed.lineage = m->invited.lineage;
	m->agreed.number = m->invited.view.number;
	send_consent(m, m->invited.from, m->invited.id, 0);
}

static void receive_consent(struct ssi_membership *m, u16 from,
			    const struct ssi_message *message)
{
	struct ssi_nodeset set;

	if (!m->invite.active || message->id != m->invite.id)
		return;
	if (!message->error) {
		ssi_nodeset_add(&m->invite.agreed, from);
		return;
	}
	stop_invite(m);
	m->invite.retry_tick = m->tick + 1 + m->self % MAX_RANK;
	if (message->error == -EBUSY)
		return;
	ssi_nodeset_clear(&set);
	ssi_nodeset_add(&set, from);
	refuse_adds(m, &set, message->error == -EPROTO ? -EPROTO : -EEXIST);
}

/**
 * ssi_request_receive() - a node said something about requests
 * @m: the state
 * @from: the node, linked
 * @message: REQUEST or one of those behind it
 */
void ssi_request_receive(struct ssi_membership *m, u16 from,
			 const struct ssi_message *message)
{
	switch (message->type) {
	case SSI_MESSAGE_REQUEST:
		take_request(m, from, message->id, message->op,
			     &message->change->removed);
		break;
	case SSI_MESSAGE_CANCEL:
		cancel_entry(m, from, message->id);
		break;
	case SSI_MESSAGE_RESULT:
		if (m->request.sent_to == from || !message->id)
			take_result(m, message->id, message->error);
		break;
	case SSI_MESSAGE_INVITE:
		receive_invite(m, from, message);
		break;
	case SSI_MESSAGE_CONSENT:
		receive_consent(m, from, message);
		break;
	case SSI_MESSAGE_UNINVITE:
		if (m->invited.from == from && m->invited.id == message->id)
			m->invited.from = SSI_NODE_NONE;
		break;
	default:
		break;
	}
}

/**
 * ssi_request_link_down() - a node is gone, in this life
 * @m: the state
 * @node: the node
 */
void ssi_request_link_down(struct ssi_membership *m, u16 node)
{
	unsigned int i;

	for (i = 0; i < SSI_MAX_REQUESTS; i++)
		if (m->table[i].from == node)
			m->table[i].phase = SSI_REQUEST_FREE;
	if (m->request.sent_to == node)
		m->request.sent_to = SSI_NODE_NONE;
	if (m->invited.from == node)
		m->invited.from = SSI_NODE_NONE;
	if (m->invite.active && ssi_nodeset_contains(&m->invite.set, node))
		stop_invite(m);
}

/**
 * ssi_request_installed() - another view: invitations were to the last
 * @m: the state
 */
void ssi_request_installed(struct ssi_membership *m)
{
	m->invite.active = false;
	if (!ssi_view_same(&m->invited.view, &m->view.id))
		m->invited.from = SSI_NODE_NONE;
}

/**
 * ssi_request_run() - send what waits to be sent
 * @m: the state
 */
void ssi_request_run(struct ssi_membership *m)
{
	if (!ssi_membership_is_member(m))
		try_agree(m);
	if (m->request.active && m->request.sent_to == SSI_NODE_NONE &&
	    m->tick > m->request.sent_tick)
		send_own(m);
}

/* A node that was reset asks for itself. */
static void rejoin(struct ssi_membership *m)
{
	struct ssi_nodeset self;
	int to = ssi_membership_coordinator(m);

	if (is_cluster_visible(m))
		m->lonely_tick = m->tick;
	if (m->tick - m->rejoin_tick < RESEND_TICKS)
		return;
	ssi_nodeset_clear(&self);
	ssi_nodeset_add(&self, m->self);
	if (to >= 0 && ssi_nodeset_covers(&m->usable, &m->view.members)) {
		m->rejoin_tick = m->tick;
		send_request(m, to, 0, SSI_OP_ADD, &self);
	} else if (m->rule == SSI_RULE_ANY &&
		   m->tick - m->lonely_tick >= LONELY_TICKS) {
		m->rejoin_tick = m->tick;
		send_request(m, m->self, 0, SSI_OP_ADD, &self);
	}
}

/**
 * ssi_request_tick() - half a second passed
 * @m: the state
 */
void ssi_request_tick(struct ssi_membership *m)
{
	if (m->invited.from != SSI_NODE_NONE &&
	    m->tick - m->invited.start_tick >= INVITED_TICKS)
		m->invited.from = SSI_NODE_NONE;
	if (m->wants_in && !ssi_membership_is_member(m))
		rejoin(m);
	if (!m->request.active)
		return;
	if (m->tick - m->request.start_tick >= REQUEST_TICKS)
		complete(m, -ETIMEDOUT);
	else if (m->tick - m->request.sent_tick >= RESEND_TICKS)
		send_own(m);
}
