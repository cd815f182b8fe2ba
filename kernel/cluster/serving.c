// SPDX-License-Identifier: GPL-2.0-only
/*
 * serving.c: whether this node may serve (pure C).
 *
 * Owns SUSPEND and RESUME.  A node that has not a quorum of its view at hand
 * may be in a minority, and stops.  Links that come back prove nothing: the
 * others may have gone on meanwhile.  So it asks the coordinator, who polls the
 * members once for all who ask; only a quorum that is in this very view, asked
 * after the suspension, lets it go on.
 *
 *	state      event                       next, action
 *	new        STABLE                      serving, RESUME
 *	serving    no quorum is usable         suspended, SUSPEND
 *	serving    no member any more          new, SUSPEND
 *	suspended  a quorum is usable          CONFIRM to the coordinator
 *	suspended  CONFIRMED, or the own poll  serving, RESUME
 *
 *	coordinator: CONFIRM -> POLL to all -> POLLED by a quorum -> CONFIRMED
 *	A question that comes while a poll runs waits for the next poll.
 */
#include "membership-private.h"

static bool has_quorum(const struct ssi_membership *m)
{
	return ssi_membership_is_member(m) &&
	       (m->view.rule == SSI_RULE_ANY ||
		ssi_view_quorum(&m->view, &m->usable, NULL));
}

static void resume(struct ssi_membership *m)
{
	struct ssi_action action = { .type = SSI_ACTION_RESUME };

	if (m->serving || !has_quorum(m))
		return;
	m->serving = true;
	m->poll.needed = false;
	m->emit(m->context, &action);
}

static void suspend(struct ssi_membership *m)
{
	struct ssi_action action = { .type = SSI_ACTION_SUSPEND };

	if (!m->serving)
		return;
	m->serving = false;
	m->emit(m->context, &action);
}

/* A quorum has just said that it is in this view. */
static void end_poll(struct ssi_membership *m)
{
	struct ssi_message message = { .type = SSI_MESSAGE_CONFIRMED };

	m->poll.active = false;
	ssi_membership_send_set(m, &m->poll.askers, &message);
	if (ssi_nodeset_contains(&m->poll.askers, m->self))
		resume(m);
	ssi_nodeset_clear(&m->poll.askers);
}

static void start_poll(struct ssi_membership *m)
{
	struct ssi_message message = {
		.type = SSI_MESSAGE_POLL,
		.id = ++m->poll.id,
	};

	m->poll.active = true;
	m->poll.start_tick = m->tick;
	m->poll.askers = m->poll.waiting;
	ssi_nodeset_clear(&m->poll.waiting);
	ssi_nodeset_clear(&m->poll.answered);
	ssi_nodeset_add(&m->poll.answered, m->self);
	ssi_membership_send_set(m, &m->usable, &message);
	if (ssi_view_quorum(&m->view, &m->poll.answered, NULL))
		end_poll(m);
}

static void ask(struct ssi_membership *m)
{
	int coordinator = ssi_membership_coordinator(m);

	m->poll.asked = true;
	m->poll.asked_tick = m->tick;
	if (coordinator == m->self)
		ssi_nodeset_add(&m->poll.waiting, m->self);
	else
		ssi_membership_say(m, coordinator, SSI_MESSAGE_CONFIRM, 0);
}

/**
 * ssi_serving_run() - see whether this node may serve
 * @m: the state
 */
void ssi_serving_run(struct ssi_membership *m)
{
	bool quorum = has_quorum(m);

	if (!ssi_membership_is_member(m))
		return;
	if (m->serving && !quorum) {
		suspend(m);
		m->poll.needed = true;
		m->poll.asked = false;
	}
	if (m->poll.needed && quorum &&
	    (!m->poll.asked || m->tick - m->poll.asked_tick >= RESEND_TICKS))
		ask(m);
	if (m->poll.active && m->tick - m->poll.start_tick >= RESEND_TICKS) {
		ssi_nodeset_unite(&m->poll.waiting, &m->poll.askers);
		m->poll.active = false;
	}
	if (!m->poll.active && !ssi_nodeset_is_empty(&m->poll.waiting))
		start_poll(m);
}

/**
 * ssi_serving_stop() - this node is no member any more
 * @m: the state
 */
void ssi_serving_stop(struct ssi_membership *m)
{
	suspend(m);
	m->poll.needed = false;
	ssi_serving_installed(m);
}

/**
 * ssi_serving_installed() - another view: what was asked was about the last
 * @m: the state
 */
void ssi_serving_installed(struct ssi_membership *m)
{
	m->poll.active = false;
	m->poll.asked = false;
	ssi_nodeset_clear(&m->poll.waiting);
	ssi_nodeset_clear(&m->poll.askers);
}

/**
 * ssi_serving_confirm() - all members are in this view
 * @m: the state
 *
 * That may have been before a suspension, after which only a poll counts.
 */
void ssi_serving_confirm(struct ssi_membership *m)
{
	if (m->serving || m->poll.needed)
		return;
	if (has_quorum(m))
		resume(m);
	else
		m->poll.needed = true;
}

/**
 * ssi_serving_receive() - a member said something about a poll
 * @m: the state
 * @from: the member, in the same view
 * @message: CONFIRM, POLL, POLLED or CONFIRMED
 */
void ssi_serving_receive(struct ssi_membership *m, u16 from,
			 const struct ssi_message *message)
{
	switch (message->type) {
	case SSI_MESSAGE_CONFIRM:
		ssi_nodeset_add(&m->poll.waiting, from);
		break;
	case SSI_MESSAGE_POLL:
		ssi_membership_say(m, from, SSI_MESSAGE_POLLED, message->id);
		break;
	case SSI_MESSAGE_POLLED:
		if (!m->poll.active || message->id != m->poll.id)
			break;
		ssi_nodeset_add(&m->poll.answered, from);
		if (ssi_view_quorum(&m->view, &m->poll.answered, NULL))
			end_poll(m);
		break;
	case SSI_MESSAGE_CONFIRMED:
		if (m->poll.needed)
			resume(m);
		break;
	default:
		break;
	}
}
