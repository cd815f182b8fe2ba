// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballot.c: how the members of one view decide the next one (pure C).
 *
 * Owns the two roles of single-decree Paxos, whose one value is the change
 * that makes the next view.  Every member of the view, in the life that the
 * view names, is an acceptor; all of it is forgotten when the next view comes.
 * An acceptor that dies takes its memory along, which is safe because its next
 * life is no acceptor.  Sends nothing itself; who may propose is elsewhere.
 *
 *	proposer                          acceptor
 *	PREPARE b ----------------------> promised = max(promised, b)
 *	<--------------- PROMISE b, accepted value     or REFUSE, promised
 *	  quorum: the value of the highest ballot found, else its own
 *	ACCEPT b, value ----------------> accepted = b, value
 *	<-------------------------------- ACCEPTED b   or REFUSE, promised
 *	  quorum: decided
 *
 *	phase     event                   next
 *	IDLE      start, round 0          ACCEPT
 *	IDLE      start                   PREPARE
 *	PREPARE   promises of a quorum    ACCEPT
 *	ACCEPT    acceptances of a quorum IDLE, decided
 *	any       REFUSE, too old         IDLE, again later in a higher round
 *
 * Round 0 is the lowest member's alone and starts at ACCEPT: no lower ballot
 * can have had a value.  One ballot has one value.
 *
 * With members counted out the quorum need not meet an earlier one.  What such
 * a ballot decides has a lineage of its own.  It is a decision apart, with an
 * acceptor apart on each member, so that neither makes a member forget what it
 * accepted in the other; only values that count out the same members bind it.
 */
#include "ballot.h"

/**
 * ssi_ballot_make() - number of a ballot
 * @round: counts a proposer's attempts
 * @node: the proposer, so that no two have one number
 * Return: the number; greater than SSI_BALLOT_NONE, ordered by @round first.
 */
u64 ssi_ballot_make(u32 round, u16 node)
{
	return ((u64)round + 1) << 16 | node;
}

/**
 * ssi_ballot_round() - round of a ballot
 * @ballot: number, or SSI_BALLOT_NONE
 * Return: the round, 0 for SSI_BALLOT_NONE.
 */
u32 ssi_ballot_round(u64 ballot)
{
	return ballot ? (ballot >> 16) - 1 : 0;
}

/**
 * ssi_ballot_node() - proposer of a ballot
 * @ballot: number
 * Return: node id.
 */
u16 ssi_ballot_node(u64 ballot)
{
	return ballot & 0xffff;
}

/**
 * ssi_acceptor_clear() - a new view: nothing promised, nothing accepted
 * @acceptor: overwritten
 */
void ssi_acceptor_clear(struct ssi_acceptor *acceptor)
{
	acceptor->promised = SSI_BALLOT_NONE;
	acceptor->accepted = SSI_BALLOT_NONE;
}

/**
 * ssi_acceptor_promise() - answer a PREPARE
 * @acceptor: the acceptor
 * @ballot: of the PREPARE
 * Return: false to refuse, because of acceptor->promised.
 */
bool ssi_acceptor_promise(struct ssi_acceptor *acceptor, u64 ballot)
{
	if (ballot < acceptor->promised)
		return false;
	acceptor->promised = ballot;
	return true;
}

/**
 * ssi_acceptor_accept() - answer an ACCEPT
 * @acceptor: the acceptor
 * @ballot: of the ACCEPT
 * @value: of the ACCEPT; copied
 * Return: false to refuse, because of acceptor->promised.
 */
bool ssi_acceptor_accept(struct ssi_acceptor *acceptor, u64 ballot,
			 const struct ssi_change *value)
{
	if (ballot < acceptor->promised)
		return false;
	acceptor->promised = ballot;
	acceptor->accepted = ballot;
	ssi_change_copy(&acceptor->value, value);
	return true;
}

/**
 * ssi_proposer_start() - start a ballot
 * @proposer: overwritten
 * @ballot: its number, never used before by this node in this view
 * @phase: SSI_BALLOT_ACCEPT for round 0, else SSI_BALLOT_PREPARE
 * @out: members that are counted out; then @value has a lineage
 * @value: what the proposer wants; copied
 */
void ssi_proposer_start(struct ssi_proposer *proposer, u64 ballot,
			enum ssi_ballot_phase phase,
			const struct ssi_nodeset *out,
			const struct ssi_change *value)
{
	proposer->phase = phase;
	proposer->ballot = ballot;
	proposer->best = SSI_BALLOT_NONE;
	ssi_nodeset_clear(&proposer->answered);
	proposer->out = *out;
	proposer->ticks = 0;
	ssi_change_copy(&proposer->value, value);
}

/**
 * ssi_proposer_learn() - a promise told of a value accepted before
 * @proposer: in SSI_BALLOT_PREPARE
 * @accepted: the ballot in which it was accepted, or SSI_BALLOT_NONE
 * @value: the value; not read for SSI_BALLOT_NONE
 */
void ssi_proposer_learn(struct ssi_proposer *proposer, u64 accepted,
			const struct ssi_change *value)
{
	if (accepted <= proposer->best)
		return;
	if (!ssi_nodeset_is_empty(&proposer->out) &&
	    memcmp(&proposer->out, &value->removed, sizeof(proposer->out)))
		return;
	proposer->best = accepted;
	ssi_change_copy(&proposer->value, value);
}

/**
 * ssi_proposer_count() - a member said yes
 * @proposer: in SSI_BALLOT_PREPARE or SSI_BALLOT_ACCEPT
 * @view: the view whose successor is decided
 * @from: the member
 * Return: true when that makes a quorum.
 */
bool ssi_proposer_count(struct ssi_proposer *proposer,
			const struct ssi_view *view, u16 from)
{
	ssi_nodeset_add(&proposer->answered, from);
	return ssi_view_quorum(view, &proposer->answered, &proposer->out);
}
