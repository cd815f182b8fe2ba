/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * message.h: what the membership protocol says between nodes (pure C; see
 * message.c).
 */
#ifndef _SSI_MESSAGE_H
#define _SSI_MESSAGE_H

#include "view.h"

#define SSI_MESSAGE_MAGIC	0x4d495353	/* "SSIM" */
#define SSI_MESSAGE_VERSION	1

/**
 * enum ssi_message_type - what a message is
 * @SSI_MESSAGE_STATUS: which view I have
 * @SSI_MESSAGE_SYNC: please tell me your view
 * @SSI_MESSAGE_FULL: my view; change relative to the empty view, rule, head
 * @SSI_MESSAGE_INSTALL: the next view was decided; change; for the first view
 *	rule, head
 * @SSI_MESSAGE_PREPARE: ballot; flag FORK: with members counted out
 * @SSI_MESSAGE_PROMISE: ballot; accepted, change when there is a value
 * @SSI_MESSAGE_ACCEPT: ballot, change; the same flag
 * @SSI_MESSAGE_ACCEPTED: ballot
 * @SSI_MESSAGE_REFUSE: ballot; accepted: what was promised
 * @SSI_MESSAGE_SUSPECT: members that I do not reach; set
 * @SSI_MESSAGE_DONE: I finished so many steps of this view's stages; step
 * @SSI_MESSAGE_RELEASE: everybody finished so many; step
 * @SSI_MESSAGE_STABLE: everybody finished all
 * @SSI_MESSAGE_CONFIRM: am I still in the view that counts?
 * @SSI_MESSAGE_POLL: who is in this view? id
 * @SSI_MESSAGE_POLLED: I am; id
 * @SSI_MESSAGE_CONFIRMED: a quorum is
 * @SSI_MESSAGE_REQUEST: please change the cluster; id, op, set
 * @SSI_MESSAGE_CANCEL: not any more; id
 * @SSI_MESSAGE_RESULT: what became of it; id, error
 * @SSI_MESSAGE_INVITE: will you join, along with these? id, set;
 *	ballot: the lineage; step: number of layers, which has to be mine
 * @SSI_MESSAGE_CONSENT: yes, or no; id, error
 * @SSI_MESSAGE_UNINVITE: do not wait for it; id
 * @SSI_MESSAGE_NR: not a type
 *
 * The values travel on the wire.
 */
enum ssi_message_type {
	SSI_MESSAGE_STATUS = 1,
	SSI_MESSAGE_SYNC,
	SSI_MESSAGE_FULL,
	SSI_MESSAGE_INSTALL,
	SSI_MESSAGE_PREPARE,
	SSI_MESSAGE_PROMISE,
	SSI_MESSAGE_ACCEPT,
	SSI_MESSAGE_ACCEPTED,
	SSI_MESSAGE_REFUSE,
	SSI_MESSAGE_SUSPECT,
	SSI_MESSAGE_DONE,
	SSI_MESSAGE_RELEASE,
	SSI_MESSAGE_STABLE,
	SSI_MESSAGE_CONFIRM,
	SSI_MESSAGE_POLL,
	SSI_MESSAGE_POLLED,
	SSI_MESSAGE_CONFIRMED,
	SSI_MESSAGE_REQUEST,
	SSI_MESSAGE_CANCEL,
	SSI_MESSAGE_RESULT,
	SSI_MESSAGE_INVITE,
	SSI_MESSAGE_CONSENT,
	SSI_MESSAGE_UNINVITE,
	SSI_MESSAGE_NR,
};

/**
 * enum ssi_op - what a request asks for
 * @SSI_OP_ADD: make present nodes members
 * @SSI_OP_REMOVE: let members leave
 * @SSI_OP_FAIL: declare members dead
 *
 * The values travel on the wire.
 */
enum ssi_op {
	SSI_OP_ADD = 1,
	SSI_OP_REMOVE = 2,
	SSI_OP_FAIL = 3,
};

#define SSI_MESSAGE_MEMBER	0x0001	/* flag: the sender is a member */
#define SSI_MESSAGE_FORK	0x0002	/* flag: begins a lineage */

/**
 * struct ssi_message - a message, as the program uses it
 * @type: &enum ssi_message_type; says which of the fields below @flags count
 * @view: the view that the sender has
 * @parent: its parent
 * @nr_members: number of its members
 * @flags: SSI_MESSAGE_...
 * @ballot: see @type
 * @accepted: see @type
 * @id: number of a request, an invitation or a poll
 * @error: 0 or negative errno
 * @step: 0..255
 * @op: &enum ssi_op, or 0
 * @rule: &enum ssi_rule, or 0
 * @head: see &struct ssi_view
 * @change: a change, or for a type with a set change->removed is the set; NULL
 *	when there is none; owned by the caller
 */
struct ssi_message {
	u8 type;
	struct ssi_view_id view;
	u64 parent;
	u16 nr_members;
	u16 flags;
	u64 ballot;
	u64 accepted;
	u32 id;
	int error;
	u8 step;
	u8 op;
	u8 rule;
	u16 head;
	const struct ssi_change *change;
};

/**
 * struct ssi_message_range - consecutive node ids on the wire
 * @first: lowest
 * @last: highest
 */
struct ssi_message_range {
	__le16 first;
	__le16 last;
} __packed;
static_assert(sizeof(struct ssi_message_range) == 4, "wire format");

/**
 * struct ssi_message_life - a node in one of its lives, on the wire
 * @incarnation: the life
 * @node: node id, ascending from one to the next
 */
struct ssi_message_life {
	__le64 incarnation;
	__le16 node;
} __packed;
static_assert(sizeof(struct ssi_message_life) == 10, "wire format");

/**
 * struct ssi_message_record - a message on the wire
 * @magic: SSI_MESSAGE_MAGIC
 * @version: SSI_MESSAGE_VERSION
 * @type: &enum ssi_message_type
 * @flags: SSI_MESSAGE_...
 * @len_bytes: of the record
 * @id: see &struct ssi_message, as all up to @accepted
 * @lineage: of @view
 * @number: of @view
 * @parent: -
 * @ballot: -
 * @accepted: -
 * @new_lineage: of the change
 * @error: 0 or positive errno
 * @nr_members: -
 * @head: -
 * @step: -
 * @op: -
 * @rule: -
 * @cause: of the change
 * @nr_removed: ranges of change->removed
 * @nr_leaving: ranges of change->leaving
 * @nr_barred: ranges of change->barred
 * @nr_added: number of lives added
 *
 * Behind it the ranges removed, leaving and barred, then the lives.
 */
struct ssi_message_record {
	__le32 magic;
	u8 version;
	u8 type;
	__le16 flags;
	__le32 len_bytes;
	__le32 id;
	__le64 lineage;
	__le64 number;
	__le64 parent;
	__le64 ballot;
	__le64 accepted;
	__le64 new_lineage;
	__le32 error;
	__le16 nr_members;
	__le16 head;
	u8 step;
	u8 op;
	u8 rule;
	u8 cause;
	__le16 nr_removed;
	__le16 nr_leaving;
	__le16 nr_barred;
	__le16 nr_added;
} __packed;
static_assert(sizeof(struct ssi_message_record) == 84, "wire format");

/* The largest message: every other node in each range list, and all lives. */
#define SSI_MESSAGE_MAX_LEN					\
	(sizeof(struct ssi_message_record) +			\
	 3 * SSI_MAX_NODES / 2 * sizeof(struct ssi_message_range) +	\
	 SSI_MAX_NODES * sizeof(struct ssi_message_life))

size_t ssi_message_put(void *buf, const struct ssi_message *message);
int ssi_message_get(const void *buf, size_t len, struct ssi_message *message,
		    struct ssi_change *change);

#endif /* _SSI_MESSAGE_H */
