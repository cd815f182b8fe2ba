/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arbiter.h: who has which cluster-wide mutex, and who has come to which
 * barrier, one node's part (pure C; see arbiter.c).
 */
#ifndef _SSI_ARBITER_H
#define _SSI_ARBITER_H

#include "view.h"

#define SSI_CLAIMS_MAX		256	/* of one node */
#define SSI_ENTRIES_MAX		1536	/* of the cluster */

/**
 * enum ssi_claim_state - what became of a wish of this node
 * @SSI_CLAIM_NEW: the master may not know it
 * @SSI_CLAIM_WAITING: the master knows it
 * @SSI_CLAIM_HELD: this node has the mutex
 * @SSI_CLAIM_LEAVING: nobody wants it any more, the master may not know
 * @SSI_CLAIM_LOST: this node was out of the cluster
 */
enum ssi_claim_state {
	SSI_CLAIM_NEW,
	SSI_CLAIM_WAITING,
	SSI_CLAIM_HELD,
	SSI_CLAIM_LEAVING,
	SSI_CLAIM_LOST,
};

/**
 * struct ssi_claim - a wish of this node for a mutex, or to pass a barrier
 * @next: in arbiter->claims, then in arbiter->gone
 * @name: of the mutex or the barrier
 * @round: of a barrier, 0 for a mutex; a barrier passed is held, so that those
 *	behind are let through
 * @seq: number of the claim, this node's
 * @fence: when held: greater than those of all holders before
 * @state: &enum ssi_claim_state
 * @sent: &enum ssi_claim_what of the record under way, or 0
 * @told: a master of this view knows it
 * @known: any master has known it
 * @died: when held: the holder before has died, or may have
 */
struct ssi_claim {
	struct ssi_claim *next;
	u64 name;
	u64 round;
	u64 seq;
	u64 fence;
	u8 state;
	u8 sent;
	bool told;
	bool known;
	bool died;
};

/**
 * enum ssi_entry_state - a claim of any node, at the master and at its backup
 * @SSI_ENTRY_QUEUED: another one has the mutex
 * @SSI_ENTRY_GRANTING: it is its turn as soon as the backup knows
 * @SSI_ENTRY_SENDING: its node is to be told
 * @SSI_ENTRY_HELD: its node has been told
 * @SSI_ENTRY_ORPHAN: no claim: the holder has died, and nobody has been told
 */
enum ssi_entry_state {
	SSI_ENTRY_QUEUED,
	SSI_ENTRY_GRANTING,
	SSI_ENTRY_SENDING,
	SSI_ENTRY_HELD,
	SSI_ENTRY_ORPHAN,
};

/**
 * struct ssi_entry - a claim of any node
 * @name: of the mutex or the barrier
 * @round: of a barrier, 0 for a mutex
 * @seq: number of the claim, @node's
 * @node: whose
 * @state: &enum ssi_entry_state
 * @died: the holder before has died
 * @mirrored: part of what is on its way to the backup
 */
struct ssi_entry {
	u64 name;
	u64 round;
	u64 seq;
	u16 node;
	u8 state;
	bool died;
	bool mirrored;
};

/**
 * enum ssi_claim_what - what a record says
 * @SSI_CLAIM_WAIT: I want it
 * @SSI_CLAIM_HOLD: I have it; to the backup: that node has it
 * @SSI_CLAIM_RELEASE: not any more
 * @SSI_CLAIM_ORPHAN: its holder has died, and nobody has been told
 * @SSI_CLAIM_GRANT: you have it
 *
 * The values travel on the wire.
 */
enum ssi_claim_what {
	SSI_CLAIM_WAIT = 1,
	SSI_CLAIM_HOLD,
	SSI_CLAIM_RELEASE,
	SSI_CLAIM_ORPHAN,
	SSI_CLAIM_GRANT,
};

/**
 * struct ssi_claim_record - one claim on the wire
 * @name: of the mutex
 * @seq: number of the claim
 * @fence: of a GRANT; of a WAIT and a HOLD the round of a barrier, or 0
 * @node: whose claim, in what a backup gets
 * @what: &enum ssi_claim_what
 * @died: 1: the holder before has died; of a RELEASE: it was held
 * @reserved: 0, ignored
 */
struct ssi_claim_record {
	__le64 name;
	__le64 seq;
	__le64 fence;
	__le16 node;
	u8 what;
	u8 died;
	__le32 reserved;
} __packed;
static_assert(sizeof(struct ssi_claim_record) == 32, "wire format");

/**
 * struct ssi_claims_record - some claims on the wire
 * @lineage: of the view under which they were written
 * @number: of that view
 * @full: 1: all that the node claims, when a view begins
 * @reserved: 0, ignored
 * @claims: fill the record
 */
struct ssi_claims_record {
	__le64 lineage;
	__le64 number;
	u8 full;
	u8 reserved[7];
	struct ssi_claim_record claims[];
} __packed;
static_assert(sizeof(struct ssi_claims_record) == 24, "wire format");

/* The most that one node says at once. */
#define SSI_CLAIMS_LEN						\
	(sizeof(struct ssi_claims_record) +			\
	 (SSI_CLAIMS_MAX + SSI_ENTRIES_MAX) * sizeof(struct ssi_claim_record))

/**
 * struct ssi_arbiter - one node's part
 * @self: this node
 * @member: is it in the cluster?
 * @serving: does it reach a quorum?
 * @synced: the master of this view knows all that this node claims
 * @sending: a record to the master is on its way, in this view
 * @mirrored: this node is the backup, and knows what the master does
 * @mirroring: a record to the backup is on its way, in this view
 * @dirty: the backup does not know all
 * @opened: all members have been heard: mutexes may be given away
 * @master: the lowest member
 * @backup: the next one, SSI_NODE_NONE when there is none
 * @seq: of the last claim
 * @fences: given in this view
 * @view: this one
 * @members: its members
 * @heard: of these, who has said all that it claims
 * @life: [n] = the life of member n
 * @claims: of this node, in no order
 * @gone: claims that are no more, for who frees them
 * @nr_claims: length of @claims
 * @nr_entries: length of @entries
 * @entries: at the master the claims of all, oldest first; at the backup those
 *	held; elsewhere what a new master has to be told
 */
struct ssi_arbiter {
	u16 self;
	bool member;
	bool serving;
	bool synced;
	bool sending;
	bool mirrored;
	bool mirroring;
	bool dirty;
	bool opened;
	u16 master;
	u16 backup;
	u64 seq;
	u32 fences;
	struct ssi_view_id view;
	struct ssi_nodeset members;
	struct ssi_nodeset heard;
	u64 life[SSI_MAX_NODES];
	struct ssi_claim *claims;
	struct ssi_claim *gone;
	unsigned int nr_claims;
	unsigned int nr_entries;
	struct ssi_entry entries[SSI_ENTRIES_MAX];
};

void ssi_arbiter_init(struct ssi_arbiter *a, u16 self);
void ssi_arbiter_view(struct ssi_arbiter *a, const struct ssi_view *view,
		      bool member);
void ssi_arbiter_serve(struct ssi_arbiter *a, bool serve);

int ssi_arbiter_claim(struct ssi_arbiter *a, struct ssi_claim *claim, u64 name,
		      u64 round);
int ssi_arbiter_release(struct ssi_arbiter *a, struct ssi_claim *claim);
struct ssi_claim *ssi_arbiter_granted(struct ssi_arbiter *a, const void *buf,
				      size_t len);

size_t ssi_arbiter_put_claims(struct ssi_arbiter *a, void *buf);
void ssi_arbiter_claims_sent(struct ssi_arbiter *a,
			     const struct ssi_view_id *view, int err);
int ssi_arbiter_get_claims(struct ssi_arbiter *a, u16 node, const void *buf,
			   size_t len);

size_t ssi_arbiter_put_mirror(struct ssi_arbiter *a, void *buf);
void ssi_arbiter_mirror_sent(struct ssi_arbiter *a,
			     const struct ssi_view_id *view, int err);
int ssi_arbiter_get_mirror(struct ssi_arbiter *a, u16 node, const void *buf,
			   size_t len);

struct ssi_entry *ssi_arbiter_put_grant(struct ssi_arbiter *a, void *buf,
					size_t *len);

#endif /* _SSI_ARBITER_H */
