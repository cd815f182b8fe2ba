/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ballot.h: how the members of one view decide the next (pure C; see
 * ballot.c).
 */
#ifndef _SSI_BALLOT_H
#define _SSI_BALLOT_H

#include "view.h"

#define SSI_BALLOT_NONE		0ULL	/* lower than every ballot */

/**
 * struct ssi_acceptor - one member's part in the decision
 * @promised: lower ballots than this are refused
 * @accepted: the ballot in which @value was accepted, or SSI_BALLOT_NONE
 * @value: what was accepted
 *
 * There is one for the decision that needs a quorum, and one for that with
 * members counted out.
 */
struct ssi_acceptor {
	u64 promised;
	u64 accepted;
	struct ssi_change value;
};

/**
 * enum ssi_ballot_phase - how far a proposer is
 * @SSI_BALLOT_IDLE: it proposes nothing
 * @SSI_BALLOT_PREPARE: it asks what has been accepted before
 * @SSI_BALLOT_ACCEPT: it asks to accept its value
 */
enum ssi_ballot_phase {
	SSI_BALLOT_IDLE,
	SSI_BALLOT_PREPARE,
	SSI_BALLOT_ACCEPT,
};

/**
 * struct ssi_proposer - the part of who wants a change
 * @phase: how far it is
 * @ballot: its number
 * @best: highest ballot in which a value was found, or SSI_BALLOT_NONE
 * @answered: members that said yes in @phase
 * @out: members that are counted out, see ssi_view_quorum()
 * @ticks: age of the ballot
 * @value: what is proposed
 */
struct ssi_proposer {
	enum ssi_ballot_phase phase;
	u64 ballot;
	u64 best;
	struct ssi_nodeset answered;
	struct ssi_nodeset out;
	unsigned int ticks;
	struct ssi_change value;
};

u64 ssi_ballot_make(u32 round, u16 node);
u32 ssi_ballot_round(u64 ballot);
u16 ssi_ballot_node(u64 ballot);
void ssi_acceptor_clear(struct ssi_acceptor *acceptor);
bool ssi_acceptor_promise(struct ssi_acceptor *acceptor, u64 ballot);
bool ssi_acceptor_accept(struct ssi_acceptor *acceptor, u64 ballot,
			 const struct ssi_change *value);
void ssi_proposer_start(struct ssi_proposer *proposer, u64 ballot,
			enum ssi_ballot_phase phase,
			const struct ssi_nodeset *out,
			const struct ssi_change *value);
void ssi_proposer_learn(struct ssi_proposer *proposer, u64 accepted,
			const struct ssi_change *value);
bool ssi_proposer_count(struct ssi_proposer *proposer,
			const struct ssi_view *view, u16 from);

#endif /* _SSI_BALLOT_H */
