/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * members.h: who is present, who is online (pure C; see members.c).
 */
#ifndef _SSI_MEMBERS_H
#define _SSI_MEMBERS_H

#include <ssi/nodeset.h>

#define SSI_NODE_NONE	0xffff	/* no node */
#define SSI_NODE_ALL	0xfffe	/* every linked node */

/* Ticks (see SSI_EVENT_TICK) that a member may lack a link after a new view. */
#define SSI_MEMBERS_GRACE_TICKS	10

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
 * enum ssi_change_op - a change of the cluster
 * @SSI_CHANGE_ADD: make present nodes online
 * @SSI_CHANGE_REMOVE: make online nodes present
 *
 * The values travel on the wire.
 */
enum ssi_change_op {
	SSI_CHANGE_ADD = 1,
	SSI_CHANGE_REMOVE = 2,
};

/**
 * struct ssi_view - one statement of who is in the cluster
 * @epoch: 0 for the empty view of a node that has just started; grows
 * @issuer_incarnation: incarnation of @issuer when it issued this
 * @issuer: node that issued this view
 * @members: the nodes in the cluster
 * @incarnation: [n] = the life of member n that is in the cluster; a node that
 *	restarted since then is not
 */
struct ssi_view {
	u64 epoch;
	u64 issuer_incarnation;
	u16 issuer;
	struct ssi_nodeset members;
	u64 incarnation[SSI_MAX_NODES];
};

/**
 * enum ssi_event_type - what can happen to a &struct ssi_members
 * @SSI_EVENT_LINK_UP: node and this one said hello; fields node, incarnation
 * @SSI_EVENT_LINK_DOWN: the connection to a node ended; node
 * @SSI_EVENT_VIEW: a node sent its view; node, view
 * @SSI_EVENT_ACK: a node has a view at least that new; node, epoch
 * @SSI_EVENT_CHANGE: a node asks this one for a change; node, id, op, set
 * @SSI_EVENT_RESULT: answer to such a request of this node; node, id, error
 * @SSI_EVENT_REQUEST: someone on this node wants a change; id, op, set
 * @SSI_EVENT_CANCEL: and no longer waits for it; id
 * @SSI_EVENT_TICK: half a second passed
 */
enum ssi_event_type {
	SSI_EVENT_LINK_UP,
	SSI_EVENT_LINK_DOWN,
	SSI_EVENT_VIEW,
	SSI_EVENT_ACK,
	SSI_EVENT_CHANGE,
	SSI_EVENT_RESULT,
	SSI_EVENT_REQUEST,
	SSI_EVENT_CANCEL,
	SSI_EVENT_TICK,
};

/**
 * struct ssi_event - one event; &enum ssi_event_type says which fields count
 * @type: what happened
 * @node: the other node
 * @incarnation: of @node, not 0
 * @epoch: of the view that @node has
 * @id: number of the request, chosen by the node that asks
 * @op: what is asked
 * @error: 0 or negative errno
 * @set: nodes the change is about
 * @view: a view, owned by the caller
 */
struct ssi_event {
	enum ssi_event_type type;
	u16 node;
	u64 incarnation;
	u64 epoch;
	u32 id;
	enum ssi_change_op op;
	int error;
	const struct ssi_nodeset *set;
	const struct ssi_view *view;
};

/**
 * enum ssi_action_type - what a &struct ssi_members wants done
 * @SSI_ACTION_SEND_VIEW: send members->view to node, or to all linked ones
 * @SSI_ACTION_SEND_ACK: tell node the epoch of this node's view; epoch
 * @SSI_ACTION_SEND_CHANGE: ask node for a change; id, op, set
 * @SSI_ACTION_SEND_RESULT: answer such a request of node; id, error
 * @SSI_ACTION_COMPLETE: the local request id ended; id, error
 * @SSI_ACTION_STATE: node went from old_state to new_state
 */
enum ssi_action_type {
	SSI_ACTION_SEND_VIEW,
	SSI_ACTION_SEND_ACK,
	SSI_ACTION_SEND_CHANGE,
	SSI_ACTION_SEND_RESULT,
	SSI_ACTION_COMPLETE,
	SSI_ACTION_STATE,
};

/**
 * struct ssi_action - one action; &enum ssi_action_type says which fields count
 * @type: what to do
 * @node: to or about whom; SSI_NODE_ALL for every linked node
 * @epoch: of this node's view
 * @id: number of the request
 * @op: what is asked
 * @error: 0 or negative errno
 * @old_state: before
 * @new_state: after
 * @set: nodes the change is about; valid during the call only
 */
struct ssi_action {
	enum ssi_action_type type;
	u16 node;
	u64 epoch;
	u32 id;
	enum ssi_change_op op;
	int error;
	enum ssi_node_state old_state;
	enum ssi_node_state new_state;
	const struct ssi_nodeset *set;
};

/**
 * typedef ssi_emit_t - carry out one action
 * @context: what ssi_members_init() was given
 * @action: valid during the call only
 *
 * Must not call back into the &struct ssi_members, and can not fail: a message
 * that can not be sent ends the link, which is an event of its own, later.
 */
typedef void (*ssi_emit_t)(void *context, const struct ssi_action *action);

/**
 * struct ssi_members - the state of one node's membership protocol
 * @emit: carries out actions
 * @context: first argument of @emit
 * @self: this node
 * @self_incarnation: this life of this node, not 0
 * @linked: nodes with a link, without @self
 * @link_incarnation: [n] = life of n at the other end of the link
 * @view: newest view known
 * @dropped: members of @view that were seen to end since @view came
 * @view_ticks: ticks since @view came, stops at SSI_MEMBERS_GRACE_TICKS
 * @state: [n] = the last state of n that was told to @emit
 * @request: the local request that is under way
 * @change: the change that this node coordinates, for change.from, which is
 *	SSI_NODE_NONE when that node ended
 *
 * About 30 KiB.  Protected by the caller.
 */
struct ssi_members {
	ssi_emit_t emit;
	void *context;
	u16 self;
	u64 self_incarnation;
	struct ssi_nodeset linked;
	u64 link_incarnation[SSI_MAX_NODES];
	struct ssi_view view;
	struct ssi_nodeset dropped;
	unsigned int view_ticks;
	u8 state[SSI_MAX_NODES];
	struct {
		bool active;
		u32 id;
		u16 sent_to;
		enum ssi_change_op op;
		struct ssi_nodeset set;
	} request;
	struct {
		bool active;
		u32 id;
		u16 from;
		u64 epoch;
		struct ssi_nodeset awaited;
	} change;
};

void ssi_members_init(struct ssi_members *m, unsigned int self,
		      u64 incarnation, ssi_emit_t emit, void *context);
int ssi_members_handle(struct ssi_members *m, const struct ssi_event *event);
enum ssi_node_state ssi_members_state(const struct ssi_members *m,
				      unsigned int node);
void ssi_members_online(const struct ssi_members *m, struct ssi_nodeset *set);
void ssi_members_present(const struct ssi_members *m, struct ssi_nodeset *set);
int ssi_members_coordinator(const struct ssi_members *m);

#endif /* _SSI_MEMBERS_H */
