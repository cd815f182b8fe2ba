/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * membership.h: one node's part in the membership protocol (pure C; see
 * membership.c).
 */
#ifndef _SSI_MEMBERSHIP_H
#define _SSI_MEMBERSHIP_H

#include "ballot.h"
#include "message.h"
#include "viewlog.h"

#define SSI_MAX_LAYERS		16
#define SSI_MAX_REQUESTS	64	/* waiting at the coordinator */
#define SSI_MAX_REPORTS		32	/* of members that miss others */

/**
 * enum ssi_node_state - what this node knows of another
 * @SSI_NODE_INVALID: not a node id
 * @SSI_NODE_POSSIBLE: the id is valid, no node answers to it
 * @SSI_NODE_PRESENT: linked to this node, not in the cluster
 * @SSI_NODE_ONLINE: linked to this node and member of the cluster
 *
 * The values are those of Kerrighed's tools.
 */
enum ssi_node_state {
	SSI_NODE_INVALID,
	SSI_NODE_POSSIBLE,
	SSI_NODE_PRESENT,
	SSI_NODE_ONLINE,
};

/**
 * enum ssi_event_type - what can happen to a &struct ssi_membership
 * @SSI_EVENT_LINK_UP: this node and another are linked; node, incarnation
 * @SSI_EVENT_LINK_DOWN: no longer; node
 * @SSI_EVENT_MESSAGE: a linked node said something; node, message
 * @SSI_EVENT_REQUEST: someone on this node wants a change; id, op, set
 * @SSI_EVENT_LEAVE: this node is about to end; a request to leave, in place of
 *	the one under way; id
 * @SSI_EVENT_CANCEL: and no longer waits for it; id
 * @SSI_EVENT_STAGE_DONE: the layer of the last SSI_ACTION_STAGE has finished;
 *	view, layer
 * @SSI_EVENT_RESET_DONE: all links are down, this node has a new life;
 *	incarnation
 * @SSI_EVENT_TICK: half a second passed
 */
enum ssi_event_type {
	SSI_EVENT_LINK_UP,
	SSI_EVENT_LINK_DOWN,
	SSI_EVENT_MESSAGE,
	SSI_EVENT_REQUEST,
	SSI_EVENT_LEAVE,
	SSI_EVENT_CANCEL,
	SSI_EVENT_STAGE_DONE,
	SSI_EVENT_RESET_DONE,
	SSI_EVENT_TICK,
};

/**
 * struct ssi_event - one event; &enum ssi_event_type says which fields count
 * @type: what happened
 * @now_us: when, by a clock that does not go back; for the log only
 * @node: the other node
 * @incarnation: of @node or of this node, not 0
 * @message: what it said, valid during the call
 * @id: number of the request, not 0, chosen by the caller
 * @op: what is asked
 * @set: nodes the request is about
 * @view: the view whose stage has finished
 * @layer: the layer that has
 */
struct ssi_event {
	enum ssi_event_type type;
	u64 now_us;
	u16 node;
	u64 incarnation;
	const struct ssi_message *message;
	u32 id;
	enum ssi_op op;
	const struct ssi_nodeset *set;
	struct ssi_view_id view;
	u8 layer;
};

/**
 * enum ssi_action_type - what a &struct ssi_membership wants done
 * @SSI_ACTION_SEND: send message to each node of set
 * @SSI_ACTION_COMPLETE: the local request id ended; id, error
 * @SSI_ACTION_STATE: node went from old_state to new_state
 * @SSI_ACTION_VIEW: this node has another view, membership->view
 * @SSI_ACTION_STAGE: let layer take note of the nodes that joined (set) and
 *	left; leaving: of those about to leave (set) instead; layer, set, left,
 *	leaving; one at a time, answered by SSI_EVENT_STAGE_DONE; a new view
 *	revokes it
 * @SSI_ACTION_STABLE: all layers of all members have
 * @SSI_ACTION_SUSPEND: stop serving: this node may be in a minority
 * @SSI_ACTION_RESUME: serve
 * @SSI_ACTION_RESET: the others went on without this node: drop all links,
 *	reset the layers, take a new incarnation, then SSI_EVENT_RESET_DONE
 * @SSI_ACTION_CONFLICT: node is in another cluster; to be logged
 */
enum ssi_action_type {
	SSI_ACTION_SEND,
	SSI_ACTION_COMPLETE,
	SSI_ACTION_STATE,
	SSI_ACTION_VIEW,
	SSI_ACTION_STAGE,
	SSI_ACTION_STABLE,
	SSI_ACTION_SUSPEND,
	SSI_ACTION_RESUME,
	SSI_ACTION_RESET,
	SSI_ACTION_CONFLICT,
};

/**
 * struct ssi_action - one action; &enum ssi_action_type says which fields count
 * @type: what to do
 * @node: about whom
 * @id: number of the request
 * @error: 0 or negative errno
 * @layer: rank of the layer, 0 the lowest
 * @leaving: do nodes prepare to leave?
 * @old_state: before
 * @new_state: after
 * @set: nodes; valid during the call only, like what follows
 * @left: nodes
 * @message: what to send
 */
struct ssi_action {
	enum ssi_action_type type;
	u16 node;
	u32 id;
	int error;
	u8 layer;
	bool leaving;
	enum ssi_node_state old_state;
	enum ssi_node_state new_state;
	const struct ssi_nodeset *set;
	const struct ssi_nodeset *left;
	const struct ssi_message *message;
};

/**
 * typedef ssi_emit_t - carry out one action
 * @context: what ssi_membership_init() was given
 * @action: valid during the call only
 *
 * Must not call back into the &struct ssi_membership, and can not fail: a
 * message that can not be sent ends the link, which is an event of its own,
 * later.
 */
typedef void (*ssi_emit_t)(void *context, const struct ssi_action *action);

/**
 * struct ssi_peer_view - what a linked node last said of itself
 * @id: its view
 * @parent: the parent of that
 * @nr_members: number of members of that
 * @member: is it one of them?
 * @heard: has it said anything since this node's view came?
 */
struct ssi_peer_view {
	struct ssi_view_id id;
	u64 parent;
	u16 nr_members;
	bool member;
	bool heard;
};

/**
 * struct ssi_report - a member misses others
 * @from: the member
 * @missing: the others
 */
struct ssi_report {
	u16 from;
	struct ssi_nodeset missing;
};

/**
 * enum ssi_request_phase - what became of a request at the coordinator
 * @SSI_REQUEST_FREE: no request
 * @SSI_REQUEST_PENDING: to be carried out
 * @SSI_REQUEST_ENDED: answered with error; kept for who asks again
 */
enum ssi_request_phase {
	SSI_REQUEST_FREE,
	SSI_REQUEST_PENDING,
	SSI_REQUEST_ENDED,
};

/**
 * struct ssi_request_entry - a request at the coordinator
 * @phase: &enum ssi_request_phase
 * @op: &enum ssi_op
 * @from: who asks
 * @id: its number there, 0 for a node that asks for itself after a reset
 * @order: age; lower is older
 * @error: how it ended
 * @set: nodes it is about
 */
struct ssi_request_entry {
	u8 phase;
	u8 op;
	u16 from;
	u32 id;
	u64 order;
	int error;
	struct ssi_nodeset set;
};

/**
 * struct ssi_membership - the state of one node's membership protocol
 * @emit: carries out actions
 * @context: first argument of @emit
 * @self: this node
 * @incarnation: this life of this node, not 0
 * @rule: &enum ssi_rule of a cluster that this node creates
 * @head: likewise
 * @layers: number of layers, 0..SSI_MAX_LAYERS, the same on every node
 * @now_us: of the last event
 * @tick: ticks since the start
 * @first_us: first sign of the next view, 0 for none
 * @resetting: between SSI_ACTION_RESET and SSI_EVENT_RESET_DONE
 * @wants_in: this node was excluded and shall come back by itself
 * @lineages: lineages that this life has begun
 * @linked: nodes with a link, without @self
 * @link_incarnation: [n] = life of n at the other end of the link
 * @peer: [n] = what n said of itself on this link
 * @conflicts: nodes of other clusters that were told with SSI_ACTION_CONFLICT
 * @view: this node's view; it need not be a member
 * @nr_members: number of its members
 * @told: nodes that know of @view by this node, on their present link
 * @sync_node: who was asked for its view, SSI_NODE_NONE when nobody
 * @sync_id: for which
 * @gossip_node: who was last told of @view unasked
 * @usable: members of @view that this node can work with, itself included
 * @acceptor: for the view after @view, [1] with members counted out
 * @proposer: likewise
 * @seen_round: highest round heard of in @view
 * @backoff_tick: no new ballot before
 * @round0_used: this node has used round 0 in @view
 * @trouble_ticks: how long a member has been missing
 * @no_quorum_ticks: how long a quorum has been
 * @reported: who was told of missing members, SSI_NODE_NONE when nobody
 * @reports: [0..nr_reports-1]: who misses whom
 * @nr_reports: number of @reports
 * @report_ticks: age of the oldest
 * @stage: staged transition to @view: steps done by this node and by all, the
 *	steps that others reported (this node coordinating), nodes that did so
 *	beyond @stage.all, to whom this node reported, and the last stable view
 * @serving: between SSI_ACTION_RESUME and SSI_ACTION_SUSPEND
 * @poll: how a suspended node finds out whether it may resume
 * @request: the local request
 * @table: requests at the coordinator
 * @orders: order of the next
 * @invite: nodes that are asked whether they join; alone: those of the oldest
 *	request only
 * @invited: by whom this node is asked
 * @agreed: this life of this node agreed to join behind this view
 * @home: lineage to come back to
 * @rejoin_tick: when this node last asked to come back
 * @lonely_tick: when a cluster to come back to was last seen
 * @log: the last views
 * @state: [n] = the last state of n that was told to @emit
 * @dirty: nodes whose state may have changed
 * @change: what shall be proposed
 * @scratch: for a message that is sent
 * @next: the view that is installed
 *
 * About 150 KiB.  Protected by the caller.
 */
struct ssi_membership {
	ssi_emit_t emit;
	void *context;
	u16 self;
	u64 incarnation;
	u8 rule;
	u16 head;
	u8 layers;
	u64 now_us;
	u64 tick;
	u64 first_us;
	bool resetting;
	bool wants_in;
	u32 lineages;
	struct ssi_nodeset linked;
	u64 link_incarnation[SSI_MAX_NODES];
	struct ssi_peer_view peer[SSI_MAX_NODES];
	struct ssi_nodeset conflicts;
	struct ssi_view view;
	u16 nr_members;
	struct ssi_nodeset told;
	u16 sync_node;
	struct ssi_view_id sync_id;
	u16 gossip_node;
	struct ssi_nodeset usable;
	struct ssi_acceptor acceptor[2];
	struct ssi_proposer proposer;
	u32 seen_round;
	u64 backoff_tick;
	bool round0_used;
	unsigned int trouble_ticks;
	unsigned int no_quorum_ticks;
	u16 reported;
	struct ssi_report reports[SSI_MAX_REPORTS];
	unsigned int nr_reports;
	unsigned int report_ticks;
	struct {
		bool stable;
		bool running;
		u8 done;
		u8 all;
		u16 told;
		u8 reported[SSI_MAX_NODES];
		struct ssi_nodeset beyond;
		struct ssi_nodeset members;
		u64 incarnation[SSI_MAX_NODES];
	} stage;
	bool serving;
	struct {
		bool needed;
		bool asked;
		bool active;
		u32 id;
		u64 asked_tick;
		u64 start_tick;
		struct ssi_nodeset answered;
		struct ssi_nodeset askers;
		struct ssi_nodeset waiting;
	} poll;
	struct {
		bool active;
		u32 id;
		u8 op;
		u16 sent_to;
		u64 sent_tick;
		u64 start_tick;
		struct ssi_nodeset set;
	} request;
	struct ssi_request_entry table[SSI_MAX_REQUESTS];
	u64 orders;
	struct {
		bool active;
		bool alone;
		u32 id;
		u64 start_tick;
		u64 retry_tick;
		u64 lineage;
		struct ssi_nodeset set;
		struct ssi_nodeset agreed;
	} invite;
	struct {
		u16 from;
		u32 id;
		bool agreed;
		u64 start_tick;
		u64 lineage;
		struct ssi_view_id view;
		struct ssi_nodeset set;
	} invited;
	struct ssi_view_id agreed;
	u64 home;
	u64 rejoin_tick;
	u64 lonely_tick;
	struct ssi_viewlog log;
	u8 state[SSI_MAX_NODES];
	struct ssi_nodeset dirty;
	struct ssi_change change;
	struct ssi_change scratch;
	struct ssi_view next;
};

/**
 * struct ssi_membership_params - what a node is told at its start
 * @self: this node's id
 * @incarnation: this life of it, not 0, not used before
 * @rule: of a cluster that it creates
 * @head: likewise, SSI_NODE_NONE for none
 * @layers: number of layers, 0..SSI_MAX_LAYERS
 */
struct ssi_membership_params {
	u16 self;
	u64 incarnation;
	enum ssi_rule rule;
	u16 head;
	u8 layers;
};

void ssi_membership_init(struct ssi_membership *m,
			 const struct ssi_membership_params *params,
			 ssi_emit_t emit, void *context);
int ssi_membership_handle(struct ssi_membership *m,
			  const struct ssi_event *event);
enum ssi_node_state ssi_membership_state(const struct ssi_membership *m,
					 unsigned int node);
void ssi_membership_online(const struct ssi_membership *m,
			   struct ssi_nodeset *set);
void ssi_membership_present(const struct ssi_membership *m,
			    struct ssi_nodeset *set);
bool ssi_membership_is_member(const struct ssi_membership *m);
int ssi_membership_coordinator(const struct ssi_membership *m);

#endif /* _SSI_MEMBERSHIP_H */
