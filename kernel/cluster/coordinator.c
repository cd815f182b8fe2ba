// SPDX-License-Identifier: GPL-2.0-only
/*
 * coordinator.c: which change of the cluster is next, and its ballot (pure C).
 *
 * Owns the decision to propose, the exchange of ballots (whose rules are in
 * ballot.c), and the members' complaints about each other.  What requests want
 * is request.c's.
 *
 * The coordinator is the lowest member that a node can use.  It proposes, in
 * this order: views without members that are lost; without those that have
 * left; with what is requested, once the view before is stable.  A member that
 * sees a problem which is not solved for some time takes over and solves that
 * problem only.
 *
 *	event                   done
 *	a member is lost        coordinator: ballot to exclude it
 *	                        others: each tick SUSPECT to the coordinator
 *	SUSPECT                 noted; after some ticks, when both ends are still
 *	                        usable: who is missed by most is excluded, of
 *	                        two the higher id, until all are linked
 *	quorum of ACCEPTED      INSTALL to all linked nodes
 *	REFUSE, or no quorum    pause, the longer the higher this node's rank,
 *	in BALLOT_TICKS         then a higher round
 *	STATUS of a member      the ballot's question again, to it
 *
 * A ballot with members counted out (see ballot.c) is started when a quorum is
 * not linked, for FORK_TICKS under SSI_RULE_ANY, at once for members declared
 * dead, and excludes just these.
 */
#include "membership-private.h"

/**
 * ssi_coordinator_rank() - position of this node among the usable members
 * @m: the state
 * Return: 0 for the coordinator, at most MAX_RANK.
 */
unsigned int ssi_coordinator_rank(const struct ssi_membership *m)
{
	unsigned int rank = 0;
	int node;

	ssi_nodeset_for_each(node, &m->usable) {
		if (node == m->self || rank == MAX_RANK)
			break;
		rank++;
	}
	return rank;
}

/**
 * ssi_coordinator_acts() - may this node propose?
 * @m: the state
 * Return: true for the coordinator, and for who takes over.
 */
bool ssi_coordinator_acts(const struct ssi_membership *m)
{
	if (!ssi_nodeset_contains(&m->usable, m->self))
		return false;
	return ssi_membership_coordinator(m) == m->self ||
	       m->trouble_ticks >= TAKEOVER_TICKS +
				   TAKEOVER_STEP * ssi_coordinator_rank(m);
}

/* Who has to be counted out for a decision; false when none is possible. */
static bool find_quorum(const struct ssi_membership *m, struct ssi_nodeset *out)
{
	ssi_nodeset_clear(out);
	if (ssi_view_quorum(&m->view, &m->usable, NULL))
		return true;
	if (m->view.rule == SSI_RULE_ANY) {
		*out = m->view.members;
		ssi_nodeset_subtract(out, &m->usable);
		return m->no_quorum_ticks >= FORK_TICKS;
	}
	ssi_request_declared(m, out);
	ssi_nodeset_intersect(out, &m->view.members);
	return !ssi_nodeset_is_empty(out) &&
	       ssi_view_quorum(&m->view, &m->usable, out);
}

/**
 * ssi_coordinator_can_decide() - is there any point in a request?
 * @m: the state
 * Return: false when a quorum is missing and nothing replaces it.
 */
bool ssi_coordinator_can_decide(const struct ssi_membership *m)
{
	struct ssi_nodeset out;

	return m->view.rule == SSI_RULE_ANY || find_quorum(m, &out);
}

/**
 * ssi_coordinator_clear() - another view: what was about the last is void
 * @m: the state
 */
void ssi_coordinator_clear(struct ssi_membership *m)
{
	ssi_acceptor_clear(&m->acceptor[0]);
	ssi_acceptor_clear(&m->acceptor[1]);
	m->proposer.phase = SSI_BALLOT_IDLE;
	m->seen_round = 0;
	m->backoff_tick = 0;
	m->round0_used = false;
	m->trouble_ticks = 0;
	m->no_quorum_ticks = 0;
	m->reported = SSI_NODE_NONE;
	m->nr_reports = 0;
	m->report_ticks = 0;
}

static void lost_members(const struct ssi_membership *m,
			 struct ssi_nodeset *set)
{
	*set = m->view.members;
	ssi_nodeset_subtract(set, &m->usable);
}

/* How many complaints of and about @node concern nodes of @set. */
static unsigned int count_complaints(const struct ssi_membership *m, u16 node,
				     const struct ssi_nodeset *set)
{
	unsigned int i, complaints = 0;
	struct ssi_nodeset missing;

	for (i = 0; i < m->nr_reports; i++) {
		if (!ssi_nodeset_contains(set, m->reports[i].from))
			continue;
		missing = m->reports[i].missing;
		ssi_nodeset_intersect(&missing, set);
		if (m->reports[i].from == node)
			complaints += ssi_nodeset_weight(&missing);
		else if (ssi_nodeset_contains(&missing, node))
			complaints++;
	}
	return complaints;
}

/* Add to @lost who has to go so that the rest is fully linked. */
static void choose_victims(const struct ssi_membership *m,
			   struct ssi_nodeset *lost)
{
	struct ssi_nodeset rest = m->usable;
	unsigned int most, complaints;
	int node, victim;

	do {
		most = 0;
		victim = -1;
		ssi_nodeset_for_each(node, &rest) {
			complaints = count_complaints(m, node, &rest);
			if (complaints && complaints >= most) {
				most = complaints;
				victim = node;
			}
		}
		if (most) {
			ssi_nodeset_remove(&rest, victim);
			ssi_nodeset_add(lost, victim);
		}
	} while (most);
}

/* Is there somebody to exclude?  Then m->change says so. */
static bool want_exclusion(struct ssi_membership *m,
			   const struct ssi_nodeset *out)
{
	struct ssi_nodeset declared, unwanted, lost;

	lost_members(m, &lost);
	if (m->nr_reports && m->report_ticks >= REPORT_TICKS)
		choose_victims(m, &lost);
	if (!ssi_nodeset_is_empty(out))
		lost = *out;
	if (ssi_nodeset_is_empty(&lost))
		return false;
	ssi_request_declared(m, &declared);
	ssi_request_unwanted(m, &unwanted);
	ssi_nodeset_intersect(&declared, &lost);
	ssi_nodeset_intersect(&unwanted, &lost);
	ssi_change_clear(&m->change, ssi_nodeset_is_empty(&declared) ?
			 SSI_CAUSE_DEAD : SSI_CAUSE_FAIL);
	m->change.removed = lost;
	m->change.barred = m->view.barred;
	ssi_nodeset_unite(&m->change.barred, &declared);
	ssi_nodeset_unite(&m->change.barred, &unwanted);
	return true;
}

/* Have those who leave handed over what they had?  Then m->change says so. */
static bool want_removal(struct ssi_membership *m)
{
	if (ssi_nodeset_is_empty(&m->view.leaving))
		return false;
	ssi_change_clear(&m->change, SSI_CAUSE_REMOVE);
	m->change.removed = m->view.leaving;
	m->change.barred = m->view.barred;
	ssi_nodeset_unite(&m->change.barred, &m->view.leaving);
	return true;
}

static void decide(struct ssi_membership *m)
{
	m->next = m->view;
	m->proposer.phase = SSI_BALLOT_IDLE;
	if (!ssi_view_apply(&m->next, &m->proposer.value))
		ssi_membership_install(m, &m->proposer.value,
				       m->proposer.value.cause);
}

/* This node's part as an acceptor in its own ballot. */
static struct ssi_acceptor *own_acceptor(struct ssi_membership *m)
{
	return &m->acceptor[!ssi_nodeset_is_empty(&m->proposer.out)];
}

static void send_ballot(struct ssi_membership *m, const struct ssi_nodeset *to)
{
	struct ssi_message message = {
		.type = SSI_MESSAGE_PREPARE,
		.ballot = m->proposer.ballot,
	};

	if (!ssi_nodeset_is_empty(&m->proposer.out))
		message.flags |= SSI_MESSAGE_FORK;
	if (m->proposer.phase == SSI_BALLOT_ACCEPT) {
		message.type = SSI_MESSAGE_ACCEPT;
		message.change = &m->proposer.value;
	}
	ssi_membership_send_set(m, to, &message);
}

/* Who is asked in a ballot: everyone but this node. */
static void ballot_voters(const struct ssi_membership *m,
			  struct ssi_nodeset *set)
{
	*set = m->usable;
	ssi_nodeset_remove(set, m->self);
}

static void begin_accept(struct ssi_membership *m)
{
	struct ssi_nodeset voters;

	m->proposer.phase = SSI_BALLOT_ACCEPT;
	m->proposer.ticks = 0;
	ssi_nodeset_clear(&m->proposer.answered);
	if (!ssi_acceptor_accept(own_acceptor(m), m->proposer.ballot,
				 &m->proposer.value)) {
		m->proposer.phase = SSI_BALLOT_IDLE;
		return;
	}
	ballot_voters(m, &voters);
	send_ballot(m, &voters);
	if (ssi_proposer_count(&m->proposer, &m->view, m->self))
		decide(m);
}

static void begin_prepare(struct ssi_membership *m)
{
	struct ssi_acceptor *acceptor = own_acceptor(m);
	struct ssi_nodeset voters;

	ssi_acceptor_promise(acceptor, m->proposer.ballot);
	ssi_proposer_learn(&m->proposer, acceptor->accepted, &acceptor->value);
	ballot_voters(m, &voters);
	send_ballot(m, &voters);
	if (ssi_proposer_count(&m->proposer, &m->view, m->self))
		begin_accept(m);
}

/* Propose m->change. */
static void propose(struct ssi_membership *m, const struct ssi_nodeset *out)
{
	bool leader = ssi_nodeset_next(&m->view.members, -1) == m->self;
	bool fork = !ssi_nodeset_is_empty(out);
	u32 promised = ssi_ballot_round(m->acceptor[fork].promised);

	ssi_membership_sign(m);
	if (fork)
		m->change.lineage = ssi_membership_new_lineage(m);
	if (leader && !fork && !m->round0_used && !m->acceptor[0].promised) {
		m->round0_used = true;
		ssi_proposer_start(&m->proposer, ssi_ballot_make(0, m->self),
				   SSI_BALLOT_ACCEPT, out, &m->change);
		begin_accept(m);
		return;
	}
	if (promised > m->seen_round)
		m->seen_round = promised;
	m->seen_round++;
	ssi_proposer_start(&m->proposer,
			   ssi_ballot_make(m->seen_round, m->self),
			   SSI_BALLOT_PREPARE, out, &m->change);
	begin_prepare(m);
}

/**
 * ssi_coordinator_run() - propose what has to be, if this node may
 * @m: the state
 */
void ssi_coordinator_run(struct ssi_membership *m)
{
	struct ssi_nodeset out;

	if (ssi_membership_is_member(m) && !ssi_coordinator_acts(m)) {
		ssi_request_drop(m);
		return;
	}
	ssi_request_settle(m);
	if (!ssi_membership_is_member(m)) {
		ssi_request_next(m);
		return;
	}
	if (m->proposer.phase != SSI_BALLOT_IDLE ||
	    m->tick < m->backoff_tick || !find_quorum(m, &out))
		return;
	if (want_exclusion(m, &out)) {
		propose(m, &out);
		return;
	}
	if (!m->stage.stable || ssi_membership_coordinator(m) != m->self)
		return;
	if (want_removal(m) || ssi_request_next(m))
		propose(m, &out);
}

static struct ssi_acceptor *acceptor_of(struct ssi_membership *m,
					const struct ssi_message *message)
{
	return &m->acceptor[!!(message->flags & SSI_MESSAGE_FORK)];
}

static void answer_ballot(struct ssi_membership *m, u16 to, bool yes,
			  const struct ssi_message *question)
{
	const struct ssi_acceptor *acceptor = acceptor_of(m, question);
	struct ssi_message message = {
		.type = SSI_MESSAGE_REFUSE,
		.ballot = question->ballot,
		.accepted = acceptor->promised,
	};

	if (yes && question->type == SSI_MESSAGE_PREPARE) {
		message.type = SSI_MESSAGE_PROMISE;
		message.accepted = acceptor->accepted;
		if (message.accepted)
			message.change = &acceptor->value;
	} else if (yes) {
		message.type = SSI_MESSAGE_ACCEPTED;
	}
	ssi_membership_send(m, to, &message);
}

static void receive_prepare(struct ssi_membership *m, u16 from,
			    const struct ssi_message *message)
{
	if (ssi_ballot_node(message->ballot) != from ||
	    !ssi_ballot_round(message->ballot))
		return;
	ssi_membership_sign(m);
	answer_ballot(m, from, ssi_acceptor_promise(acceptor_of(m, message),
						    message->ballot), message);
}

static void receive_accept(struct ssi_membership *m, u16 from,
			   const struct ssi_message *message)
{
	if (ssi_ballot_node(message->ballot) != from ||
	    (!ssi_ballot_round(message->ballot) &&
	     ssi_nodeset_next(&m->view.members, -1) != from))
		return;
	ssi_membership_sign(m);
	answer_ballot(m, from, ssi_acceptor_accept(acceptor_of(m, message),
						   message->ballot,
						   message->change), message);
}

static void receive_answer(struct ssi_membership *m, u16 from,
			   const struct ssi_message *message)
{
	struct ssi_proposer *proposer = &m->proposer;
	u32 round;

	if (proposer->phase == SSI_BALLOT_IDLE ||
	    proposer->ballot != message->ballot)
		return;
	if (message->type == SSI_MESSAGE_REFUSE) {
		round = ssi_ballot_round(message->accepted);
		if (round > m->seen_round)
			m->seen_round = round;
		proposer->phase = SSI_BALLOT_IDLE;
		m->backoff_tick = m->tick + 1 + ssi_coordinator_rank(m);
	} else if (message->type == SSI_MESSAGE_PROMISE &&
		   proposer->phase == SSI_BALLOT_PREPARE) {
		if (message->change)
			ssi_proposer_learn(proposer, message->accepted,
					   message->change);
		if (ssi_proposer_count(proposer, &m->view, from))
			begin_accept(m);
	} else if (message->type == SSI_MESSAGE_ACCEPTED &&
		   proposer->phase == SSI_BALLOT_ACCEPT) {
		if (ssi_proposer_count(proposer, &m->view, from))
			decide(m);
	}
}

static void receive_suspect(struct ssi_membership *m, u16 from,
			    const struct ssi_nodeset *missing)
{
	unsigned int i;

	for (i = 0; i < m->nr_reports; i++)
		if (m->reports[i].from == from)
			break;
	if (i == SSI_MAX_REPORTS)
		return;		/* it repeats itself when these are solved */
	if (ssi_nodeset_is_empty(missing)) {
		if (i < m->nr_reports)
			m->reports[i] = m->reports[--m->nr_reports];
		return;
	}
	if (i == m->nr_reports)
		m->nr_reports++;
	m->reports[i].from = from;
	m->reports[i].missing = *missing;
}

/**
 * ssi_coordinator_receive() - a member said something about the next view
 * @m: the state
 * @from: the member, in the same view
 * @message: what
 */
void ssi_coordinator_receive(struct ssi_membership *m, u16 from,
			     const struct ssi_message *message)
{
	switch (message->type) {
	case SSI_MESSAGE_PREPARE:
		receive_prepare(m, from, message);
		break;
	case SSI_MESSAGE_ACCEPT:
		receive_accept(m, from, message);
		break;
	case SSI_MESSAGE_PROMISE:
	case SSI_MESSAGE_ACCEPTED:
	case SSI_MESSAGE_REFUSE:
		receive_answer(m, from, message);
		break;
	case SSI_MESSAGE_SUSPECT:
		receive_suspect(m, from, &message->change->removed);
		break;
	default:
		break;
	}
}

/**
 * ssi_coordinator_resend() - a member has only now the view of the ballot
 * @m: the state
 * @node: the member
 */
void ssi_coordinator_resend(struct ssi_membership *m, u16 node)
{
	struct ssi_nodeset set;

	if (m->proposer.phase == SSI_BALLOT_IDLE ||
	    ssi_nodeset_contains(&m->proposer.answered, node))
		return;
	ssi_nodeset_clear(&set);
	ssi_nodeset_add(&set, node);
	send_ballot(m, &set);
}

/* Tell the coordinator whom this node misses, also that it does no longer. */
static void report_missing(struct ssi_membership *m)
{
	struct ssi_message message = {
		.type = SSI_MESSAGE_SUSPECT,
		.change = &m->scratch,
	};
	int coordinator = ssi_membership_coordinator(m);
	bool missing;

	ssi_change_clear(&m->scratch, 0);
	lost_members(m, &m->scratch.removed);
	missing = !ssi_nodeset_is_empty(&m->scratch.removed);
	if (coordinator < 0 || coordinator == m->self ||
	    (!missing && m->reported != coordinator))
		return;
	m->reported = missing ? coordinator : SSI_NODE_NONE;
	ssi_membership_send(m, coordinator, &message);
}

/**
 * ssi_coordinator_tick() - half a second passed
 * @m: the state
 */
void ssi_coordinator_tick(struct ssi_membership *m)
{
	struct ssi_nodeset lost;

	if (!ssi_membership_is_member(m))
		return;
	lost_members(m, &lost);
	if (m->nr_reports)
		m->report_ticks++;
	else
		m->report_ticks = 0;
	if (m->nr_reports || !ssi_nodeset_is_empty(&lost))
		m->trouble_ticks++;
	else
		m->trouble_ticks = 0;
	if (ssi_view_quorum(&m->view, &m->usable, NULL))
		m->no_quorum_ticks = 0;
	else
		m->no_quorum_ticks++;
	if (m->proposer.phase != SSI_BALLOT_IDLE &&
	    ++m->proposer.ticks >= BALLOT_TICKS) {
		m->proposer.phase = SSI_BALLOT_IDLE;
		m->backoff_tick = m->tick + ssi_coordinator_rank(m);
	}
	report_missing(m);
}
