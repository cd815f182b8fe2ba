/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * membership-private.h: what the files of the membership protocol share
 * (pure C).
 *
 *	membership.c   events in, views taken, nodes that lag or are strangers
 *	coordinator.c  which change is next, and its ballot
 *	request.c      requests and invitations
 *	stage.c        staged transitions, one layer after the other
 *	serving.c      suspend and resume
 */
#ifndef _SSI_MEMBERSHIP_PRIVATE_H
#define _SSI_MEMBERSHIP_PRIVATE_H

#include "membership.h"

/* All in ticks, half a second each. */
#define BALLOT_TICKS	4	/* a ballot that got no quorum is given up */
#define REPORT_TICKS	2	/* both ends of a broken link have noticed */
#define TAKEOVER_TICKS	6	/* the coordinator does not solve a problem */
#define TAKEOVER_STEP	3	/* and then one member after the other tries */
#define FORK_TICKS	3	/* no quorum is left under SSI_RULE_ANY */
#define INVITE_TICKS	20	/* who is invited has to answer */
#define INVITED_TICKS	40	/* and binds itself no longer */
#define RESEND_TICKS	4	/* what was not answered is said again */
#define REQUEST_TICKS	120	/* a request ends */
#define GOSSIP_TICKS	16	/* one linked node is told of the view */
#define LONELY_TICKS	40	/* no cluster is there to come back to */

#define MAX_RANK	8	/* of a member, for pauses */

/* membership.c */
bool ssi_membership_usable(const struct ssi_membership *m, u16 node);
void ssi_membership_recount(struct ssi_membership *m);
void ssi_membership_sign(struct ssi_membership *m);
void ssi_membership_send_set(struct ssi_membership *m,
			     const struct ssi_nodeset *set,
			     struct ssi_message *message);
void ssi_membership_send(struct ssi_membership *m, u16 node,
			 struct ssi_message *message);
void ssi_membership_say(struct ssi_membership *m, u16 node,
			enum ssi_message_type type, u32 value);
void ssi_membership_install(struct ssi_membership *m,
			    const struct ssi_change *announce, u8 cause);
void ssi_membership_reset(struct ssi_membership *m, bool wants_in);
u64 ssi_membership_new_lineage(struct ssi_membership *m);

/* coordinator.c */
bool ssi_coordinator_acts(const struct ssi_membership *m);
bool ssi_coordinator_can_decide(const struct ssi_membership *m);
unsigned int ssi_coordinator_rank(const struct ssi_membership *m);
void ssi_coordinator_clear(struct ssi_membership *m);
void ssi_coordinator_receive(struct ssi_membership *m, u16 from,
			     const struct ssi_message *message);
void ssi_coordinator_resend(struct ssi_membership *m, u16 node);
void ssi_coordinator_tick(struct ssi_membership *m);
void ssi_coordinator_run(struct ssi_membership *m);

/* request.c */
int ssi_request_start(struct ssi_membership *m, const struct ssi_event *event);
int ssi_request_leave(struct ssi_membership *m, u32 id);
void ssi_request_left(struct ssi_membership *m);
void ssi_request_cancel(struct ssi_membership *m, u32 id);
void ssi_request_fail(struct ssi_membership *m, int error);
void ssi_request_receive(struct ssi_membership *m, u16 from,
			 const struct ssi_message *message);
void ssi_request_link_down(struct ssi_membership *m, u16 node);
void ssi_request_declared(const struct ssi_membership *m,
			  struct ssi_nodeset *set);
void ssi_request_settle(struct ssi_membership *m);
void ssi_request_drop(struct ssi_membership *m);
bool ssi_request_next(struct ssi_membership *m);
void ssi_request_unwanted(const struct ssi_membership *m,
			  struct ssi_nodeset *set);
void ssi_request_run(struct ssi_membership *m);
void ssi_request_tick(struct ssi_membership *m);
void ssi_request_installed(struct ssi_membership *m);

/* stage.c */
void ssi_stage_start(struct ssi_membership *m);
void ssi_stage_stop(struct ssi_membership *m);
void ssi_stage_done(struct ssi_membership *m, const struct ssi_view_id *view,
		    u8 layer);
void ssi_stage_receive(struct ssi_membership *m, u16 from,
		       const struct ssi_message *message);
void ssi_stage_tick(struct ssi_membership *m);

/* serving.c */
void ssi_serving_run(struct ssi_membership *m);
void ssi_serving_stop(struct ssi_membership *m);
void ssi_serving_installed(struct ssi_membership *m);
void ssi_serving_confirm(struct ssi_membership *m);
void ssi_serving_receive(struct ssi_membership *m, u16 from,
			 const struct ssi_message *message);

#endif /* _SSI_MEMBERSHIP_PRIVATE_H */
