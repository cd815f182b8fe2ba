/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kddm-private.h: what the files of the object protocol share (pure C).
 *
 *	kddm.c       one node's part: packets to their handlers, views, time
 *	set.c        sets: definition, who is whose home, freeze
 *	object.c     an object at a node: local requests, copies, its states
 *	owner.c      the owner's queue: who gets a copy or the ownership, when
 *	backup.c     versions kept by other nodes, removal
 *	directory.c  who is the owner: homes, hints, the way of a question
 *	recovery.c   what a view change does to all of it
 *	copyset.c index.c packet.c   what their names say
 */
#ifndef _SSI_KDDM_PRIVATE_H
#define _SSI_KDDM_PRIVATE_H

#include "packet.h"

#include <ssi/viewid.h>

struct ssi_kddm;
struct ssi_kddm_set;

#define SSI_HINTS		256	/* a set and node remember so many owners */
#define SSI_TRUST_MAX		32
#define SSI_UNACKED_MAX		32	/* arrivals not yet confirmed */
#define SSI_HINT_HOPS		2	/* hints that a question follows, then home */

/**
 * enum ssi_ask - what is asked of an owner
 * @SSI_ASK_READ: a copy
 * @SSI_ASK_WRITE: the ownership
 *
 * The values travel on the wire.
 */
enum ssi_ask {
	SSI_ASK_READ = 1,
	SSI_ASK_WRITE = 2,
};

/**
 * enum ssi_kddm_op - what somebody waits for
 * @SSI_KDDM_GET: a copy to read, pinned
 * @SSI_KDDM_GRAB: to be the only one to read and write, pinned
 * @SSI_KDDM_PUT: the end of a grab: the new version is safe
 * @SSI_KDDM_SET: new content, safe
 * @SSI_KDDM_REMOVE: that the object is no more
 * @SSI_KDDM_FLUSH: that request->node owns the object
 */
enum ssi_kddm_op {
	SSI_KDDM_GET,
	SSI_KDDM_GRAB,
	SSI_KDDM_PUT,
	SSI_KDDM_SET,
	SSI_KDDM_REMOVE,
	SSI_KDDM_FLUSH,
};

#define SSI_KDDM_TRY		0x01	/* -EAGAIN rather than wait for a user */
#define SSI_KDDM_NO_CREATE	0x02	/* -ENOENT rather than first touch */
#define SSI_KDDM_NO_PIN		0x04	/* fetch only */

/**
 * struct ssi_waiter - somebody in the queue of an object
 * @next: in a ring
 * @epoch: under which it will be owner, 0: not yet decided
 * @seq: number of the question of another node
 * @node: who waits; this node: it is a &struct ssi_kddm_request
 * @op: &enum ssi_kddm_op
 * @flags: SSI_KDDM_...
 * @hops: how often the question was passed on
 * @has_copy: the other node has a copy
 * @overwrite: content does not matter
 * @written: SET: the content is in place
 */
struct ssi_waiter {
	struct ssi_waiter *next;
	u64 epoch;
	u32 seq;
	u16 node;
	u8 op;
	u8 flags;
	u8 hops;
	bool has_copy;
	bool overwrite;
	bool written;
};

/**
 * struct ssi_kddm_request - something that this node wants
 * @waiter: in the queue of the object; op and flags are the caller's
 * @set: the set
 * @id: the object
 * @data: SET: the content, which becomes the set's; GET, GRAB: filled in
 * @version: filled in: of the content
 * @node: FLUSH: the new owner
 * @error: filled in: how it ended
 * @active: between submission and completion
 *
 * Belongs to the caller, who keeps it until ops->complete is called for it.
 * How it ends:
 *
 *	0		it has what it wanted
 *	-ENOENT		there is no such object (NO_CREATE, REMOVE, PUT)
 *	-EAGAIN		TRY: it is in use
 *	-EINTR		cancelled; a write may have happened
 *	-EIDRM		the set is being destroyed
 *	-EHOSTDOWN	this node may be in a minority; a write may be undone
 *	-EIO		the object was lost with its last holder; SET and
 *			REMOVE make it good
 *	-ENOMEM		here or at the owner; or too few nodes have room for a
 *			backup, then a write is in place and not yet safe, and
 *			nobody reads it before it is
 *	other		from the io linker
 */
struct ssi_kddm_request {
	struct ssi_waiter waiter;
	struct ssi_kddm_set *set;
	u64 id;
	void *data;
	u64 version;
	u16 node;
	int error;
	bool active;
};

/**
 * struct ssi_record - what a table holds
 * @next: in its bucket
 * @id: the object
 */
struct ssi_record {
	struct ssi_record *next;
	u64 id;
};

/**
 * struct ssi_index - records by object
 * @kddm: whose memory it is
 * @buckets: @mask + 1 of them
 * @mask: power of two, less one
 * @count: number of records
 * @walks: under way; then the number of buckets stays
 */
struct ssi_index {
	struct ssi_kddm *kddm;
	struct ssi_record **buckets;
	u32 mask;
	u32 count;
	u32 walks;
};

#define SSI_COPYSET_INLINE	4

/**
 * struct ssi_copyset - nodes that have a copy
 * @few: if @room is 0
 * @many: else, ascending
 * @nr: number of nodes
 * @room: of @many
 */
struct ssi_copyset {
	union {
		u16 few[SSI_COPYSET_INLINE];
		u16 *many;
	};
	u16 nr;
	u16 room;
};

/**
 * enum ssi_object_state - what an object is to this node
 * @SSI_OBJECT_INVALID: nothing; somebody waits for it
 * @SSI_OBJECT_READ: a copy
 * @SSI_OBJECT_OWNER: its own
 * @SSI_OBJECT_INVALIDATING: its own, copies have to go first
 * @SSI_OBJECT_BACKING: its own, a version is on the way to its backups
 * @SSI_OBJECT_REMOVING: its own, for the last time
 */
enum ssi_object_state {
	SSI_OBJECT_INVALID,
	SSI_OBJECT_READ,
	SSI_OBJECT_OWNER,
	SSI_OBJECT_INVALIDATING,
	SSI_OBJECT_BACKING,
	SSI_OBJECT_REMOVING,
};

#define SSI_OBJECT_LOCAL	0x0001	/* content can be used here */
#define SSI_OBJECT_WIRE		0x0002	/* content can be sent */
#define SSI_OBJECT_HELD		0x0004	/* grabbed; the one pin is a writer's */
#define SSI_OBJECT_ASKED_READ	0x0008	/* an answer is under way */
#define SSI_OBJECT_ASKED_WRITE	0x0010
#define SSI_OBJECT_LINKING	0x0020	/* the io linker is at it, and pins it */
#define SSI_OBJECT_DOOMED	0x0040	/* a copy that goes with its last pin */
#define SSI_OBJECT_DIRTY	0x0080	/* this version is not safe yet */
#define SSI_OBJECT_EMPTY	0x0100	/* never touched */
#define SSI_OBJECT_UNACKED	0x0200	/* its arrival was not confirmed */
#define SSI_OBJECT_KEPT		0x0400	/* given away, stays as a backup */
#define SSI_OBJECT_BUSY		0x0800	/* a copy is in use, TRY fails */
#define SSI_OBJECT_LEAVING	0x1000	/* is being handed over */
#define SSI_OBJECT_SECURING	0x2000	/* recovery waits for it */
#define SSI_OBJECT_REMOVED	0x4000	/* was being removed in the last view */
#define SSI_OBJECT_ASKED	(SSI_OBJECT_ASKED_READ | SSI_OBJECT_ASKED_WRITE)

/**
 * struct ssi_object - an object at a node that has to do with it
 * @record: in set->objects; set->given: given away, arrival not confirmed;
 *	set->backups: kept for its owner
 * @epoch: of the ownership: its own, that of the copy's owner, or of the one
 *	it was given to
 * @version: of @data
 * @data: content, or NULL
 * @last: queue, a ring, the last of it
 * @later: in set->unacked
 * @copies: owner: who has one
 * @asked: else: the clock when it asked
 * @seq: of the question that is under way, or that was granted
 * @owner: copy: its owner; asked for: who was thought to be; unacked: where
 *	it came from; given: to whom
 * @pins: users, and the io linker
 * @awaited: answers
 * @tried: nodes asked to be a backup in vain
 * @backups: nodes that have a backup
 * @nr_backups: number of @backups
 * @state: &enum ssi_object_state
 * @flags: SSI_OBJECT_...
 * @link: &enum ssi_linker_op while SSI_OBJECT_LINKING
 */
struct ssi_object {
	struct ssi_record record;
	u64 epoch;
	u64 version;
	void *data;
	struct ssi_waiter *last;
	struct ssi_object *later;
	union {
		struct ssi_copyset copies;
		u64 asked;
	};
	u32 seq;
	u16 owner;
	u16 pins;
	u16 awaited;
	u16 tried;
	u16 backups[SSI_MAX_BACKUPS];
	u16 flags;
	u8 nr_backups;
	u8 state;
	u8 link;
};
static_assert(sizeof(struct ssi_object) <= 96, "memory of an object");

/**
 * struct ssi_claim - what a node reported of an object
 * @next: of the same object
 * @from: the node
 * @item: what it said
 */
struct ssi_claim {
	struct ssi_claim *next;
	u16 from;
	struct ssi_item item;
};

/**
 * struct ssi_entry - home: where an object is that is not here
 * @record: in set->entries
 * @epoch: of the ownership
 * @owner: the owner, SSI_NODE_NONE: lost
 * @decided: false during recovery, as long as only @claims count
 * @claims: during recovery: what was reported
 */
struct ssi_entry {
	struct ssi_record record;
	u64 epoch;
	u16 owner;
	bool decided;
	struct ssi_claim *claims;
};

/**
 * struct ssi_hint - where an object was last seen
 * @id: the object
 * @epoch: of the ownership, 0: no hint
 * @owner: the owner
 * @untold: its home was not told
 */
struct ssi_hint {
	u64 id;
	u64 epoch;
	u16 owner;
	bool untold;
};

/**
 * enum ssi_home_policy - who is the home, and default owner, of an object
 * @SSI_HOME_FIXED: definition->node
 * @SSI_HOME_SPREAD: one member after the other, by id
 * @SSI_HOME_ORIGIN: the node in the upper 16 bits of the id
 * @SSI_HOME_CALLBACK: ops->home
 *
 * If that node is no member: the next member.
 */
enum ssi_home_policy {
	SSI_HOME_FIXED,
	SSI_HOME_SPREAD,
	SSI_HOME_ORIGIN,
	SSI_HOME_CALLBACK,
};

/**
 * struct ssi_set_definition - what all nodes have to agree on
 * @policy: &enum ssi_home_policy
 * @backups: nodes that hold a version beside its owner, 0..SSI_MAX_BACKUPS
 * @touch_home: first touch by the home, not by who asks
 * @node: for SSI_HOME_FIXED
 * @linker: number of the io linker
 * @object_size: bytes, 0: variable
 */
struct ssi_set_definition {
	u8 policy;
	u8 backups;
	bool touch_home;
	u16 node;
	u32 linker;
	u32 object_size;
};

/**
 * enum ssi_linker_op - what the io linker of a set is asked for
 * @SSI_LINKER_TOUCH: make the content of a new object
 * @SSI_LINKER_IMPORT: make content that came over the wire usable
 * @SSI_LINKER_EXPORT: make content fit for the wire
 */
enum ssi_linker_op {
	SSI_LINKER_TOUCH,
	SSI_LINKER_IMPORT,
	SSI_LINKER_EXPORT,
};

/**
 * struct ssi_kddm_ops - what the protocol needs of its surroundings
 * @alloc: memory, or NULL
 * @free: of that size, from @alloc
 * @hold: content gets one more user
 * @release: one less; with the last it is freed
 * @send: pass a packet on, in order; fails only with the link; takes a use of
 *	the content if it needs one; fills in data_len
 * @complete: the request has ended; may free it
 * @link: do what is asked with the content, answered by ssi_object_linked(),
 *	later
 * @home: SSI_HOME_CALLBACK
 * @stage_done: the last ssi_recovery_step() is finished
 * @lost: an object has gone with its last holder
 * @stray: something happened that no correct peer makes happen
 *
 * None may call back.
 */
struct ssi_kddm_ops {
	void *(*alloc)(void *context, size_t size);
	void (*free)(void *context, void *block, size_t size);
	void (*hold)(void *context, void *data);
	void (*release)(void *context, void *data);
	void (*send)(void *context, u16 node, const struct ssi_packet *packet);
	void (*complete)(void *context, struct ssi_kddm_request *request);
	void (*link)(void *context, struct ssi_kddm_set *set, u64 id,
		     enum ssi_linker_op op, void *data);
	u16 (*home)(void *context, u32 set, u64 id);
	void (*stage_done)(void *context, unsigned int step);
	void (*lost)(void *context, u32 set, u64 id);
	void (*stray)(void *context, u32 set, u64 id, const char *what);
};

/**
 * struct ssi_kddm_set - a set at a node
 * @next: of the node
 * @kddm: the node
 * @number: the same on all nodes
 * @definition: likewise
 * @objects: its own, copies, and what somebody waits for
 * @given: given away, arrival not confirmed
 * @backups: kept for others
 * @entries: home
 * @old: during recovery: @entries of the view before
 * @hints: SSI_HINTS of them
 * @trust: in hints, by how often they were right
 * @unacked: objects whose arrival is not confirmed
 * @nr_unacked: number of them
 * @flushes: local requests that wait for another node
 * @frozen: nothing new begins
 * @going: being destroyed
 */
struct ssi_kddm_set {
	struct ssi_kddm_set *next;
	struct ssi_kddm *kddm;
	u32 number;
	struct ssi_set_definition definition;
	struct ssi_index objects;
	struct ssi_index given;
	struct ssi_index backups;
	struct ssi_index entries;
	struct ssi_index old;
	struct ssi_hint *hints;
	unsigned int trust;
	struct ssi_object *unacked;
	unsigned int nr_unacked;
	struct ssi_waiter *flushes;
	bool frozen;
	bool going;
};

/**
 * struct ssi_kddm - one node's part in the object protocol
 * @ops: its surroundings
 * @context: first argument of @ops
 * @self: this node
 * @serving: between ssi_kddm_serve(true) and (false)
 * @recovering: from the first ssi_recovery_step() to the last
 * @leaving: this node is about to leave
 * @view: the view
 * @members: who may hold something: its members but those that leave
 * @all: its members
 * @gone: members of a former view that are none, or in another life, since
 *	the last recovery that was finished
 * @ranks: @members, ascending
 * @nr_members: number of them
 * @clock: greater than each stamp this node has seen
 * @seqs: of questions
 * @sets: all sets
 * @step: of recovery
 * @open: @step is not finished
 * @again: @step has to be repeated: memory was short
 * @generation: number of the step, or of its repetition
 * @awaited: packets not yet HANDED
 * @busy: objects that @step waits for
 * @batches: items that wait for more to the same node
 * @scratch: items of a packet that is sent
 */
struct ssi_kddm {
	const struct ssi_kddm_ops *ops;
	void *context;
	u16 self;
	bool serving;
	bool recovering;
	bool leaving;
	struct ssi_view_id view;
	struct ssi_nodeset members;
	struct ssi_nodeset all;
	struct ssi_nodeset gone;
	u16 ranks[SSI_MAX_NODES];
	unsigned int nr_members;
	u64 clock;
	u32 seqs;
	struct ssi_kddm_set *sets;
	unsigned int step;
	bool open;
	bool again;
	u32 generation;
	unsigned int awaited;
	unsigned int busy;
	struct ssi_batch *batches;
	struct ssi_item scratch[SSI_PACKET_MAX_ITEMS];
};

/**
 * struct ssi_batch - items for one node
 * @next: of the node
 * @set: what they are about
 * @to: the node
 * @nr: number of @items
 * @items: the items
 */
struct ssi_batch {
	struct ssi_batch *next;
	struct ssi_kddm_set *set;
	u16 to;
	unsigned int nr;
	struct ssi_item items[SSI_PACKET_MAX_ITEMS];
};

/**
 * struct ssi_kddm_view - a view, and what it changes
 * @id: the view
 * @members: its members
 * @left: members of the last view that was recovered from that are none any
 *	more, or in another life
 * @leaving: members that are about to leave
 */
struct ssi_kddm_view {
	struct ssi_view_id id;
	struct ssi_nodeset members;
	struct ssi_nodeset left;
	struct ssi_nodeset leaving;
};

/**
 * enum ssi_recovery_stage - a step of recovery; all members finish one before
 *	any begins the next
 * @SSI_RECOVERY_QUIESCE: forget what was under way
 * @SSI_RECOVERY_REPORT: tell each object's new home what this node holds
 * @SSI_RECOVERY_SETTLE: homes decide who owns what
 * @SSI_RECOVERY_SECURE: owners make what they have safe, or hand it over
 * @SSI_RECOVERY_RESUME: go on, ask again
 * @SSI_RECOVERY_STEPS: number of steps
 */
enum ssi_recovery_stage {
	SSI_RECOVERY_QUIESCE,
	SSI_RECOVERY_REPORT,
	SSI_RECOVERY_SETTLE,
	SSI_RECOVERY_SECURE,
	SSI_RECOVERY_RESUME,
	SSI_RECOVERY_STEPS,
};

/* kddm.c */
void ssi_kddm_init(struct ssi_kddm *kddm, const struct ssi_kddm_ops *ops,
		   void *context, u16 self);
void ssi_kddm_exit(struct ssi_kddm *kddm);
void ssi_kddm_receive(struct ssi_kddm *kddm, u16 from,
		      const struct ssi_packet *packet);
void ssi_kddm_tick(struct ssi_kddm *kddm);
void ssi_kddm_serve(struct ssi_kddm *kddm, bool serve);
void *ssi_kddm_alloc(struct ssi_kddm *kddm, size_t size);
void ssi_kddm_free(struct ssi_kddm *kddm, void *block, size_t size);
u64 ssi_kddm_stamp(struct ssi_kddm *kddm);
void ssi_kddm_send(struct ssi_kddm_set *set, u16 node,
		   struct ssi_packet *packet);
void ssi_kddm_stray(struct ssi_kddm_set *set, u64 id, const char *what);

/* set.c */
struct ssi_kddm_set *ssi_set_create(struct ssi_kddm *kddm, u32 number,
				    const struct ssi_set_definition *definition);
void ssi_set_destroy(struct ssi_kddm_set *set);
struct ssi_kddm_set *ssi_set_find(struct ssi_kddm *kddm, u32 number);
u16 ssi_set_home(const struct ssi_kddm_set *set, u64 id);
bool ssi_set_is_home(const struct ssi_kddm_set *set, u64 id);
unsigned int ssi_set_nr_backups(const struct ssi_kddm_set *set);
void ssi_set_freeze(struct ssi_kddm_set *set, bool freeze);

/* index.c */
int ssi_index_init(struct ssi_index *table, struct ssi_kddm *kddm);
void ssi_index_exit(struct ssi_index *table);
struct ssi_record *ssi_index_find(const struct ssi_index *table, u64 id);
void ssi_index_add(struct ssi_index *table, struct ssi_record *record);
void ssi_index_remove(struct ssi_index *table, struct ssi_record *record);
void ssi_index_walk(struct ssi_index *table,
		    void (*visit)(struct ssi_kddm_set *set,
				  struct ssi_record *record),
		    struct ssi_kddm_set *set);

/* copyset.c */
int ssi_copyset_add(struct ssi_kddm *kddm, struct ssi_copyset *copies,
		    u16 node);
void ssi_copyset_remove(struct ssi_kddm *kddm, struct ssi_copyset *copies,
			u16 node);
bool ssi_copyset_contains(const struct ssi_copyset *copies, u16 node);
u16 ssi_copyset_get(const struct ssi_copyset *copies, unsigned int index);
void ssi_copyset_clear(struct ssi_kddm *kddm, struct ssi_copyset *copies);

/* object.c */
struct ssi_object *ssi_object_find(struct ssi_kddm_set *set, u64 id);
struct ssi_object *ssi_object_create(struct ssi_kddm_set *set,
				     struct ssi_index *table, u64 id);
void ssi_object_free(struct ssi_kddm_set *set, struct ssi_object *object);
bool ssi_object_is_owned(const struct ssi_object *object);
void ssi_object_set_data(struct ssi_kddm_set *set, struct ssi_object *object,
			 void *data, u16 form);
void ssi_object_link(struct ssi_kddm_set *set, struct ssi_object *object,
		     enum ssi_linker_op op);
void ssi_object_linked(struct ssi_kddm_set *set, u64 id, int error, void *data);
void ssi_object_pump(struct ssi_kddm_set *set, struct ssi_object *object);
void ssi_object_push(struct ssi_object *object, struct ssi_waiter *waiter);
struct ssi_waiter *ssi_object_first(const struct ssi_object *object);
void ssi_object_pop(struct ssi_object *object, struct ssi_waiter *waiter);
void ssi_object_end(struct ssi_kddm_set *set, struct ssi_object *object,
		    struct ssi_waiter *waiter, int error);
void ssi_object_fail(struct ssi_kddm_set *set, u64 id,
		     struct ssi_waiter *waiter, int error);
void ssi_object_give_pin(struct ssi_kddm_set *set, struct ssi_object *object,
			 struct ssi_waiter *waiter);
void ssi_object_submit(struct ssi_kddm_request *request);
void ssi_object_cancel(struct ssi_kddm_request *request);
int ssi_object_get_local(struct ssi_kddm_set *set, u64 id, void **data,
			 u64 *version);
int ssi_object_put_read(struct ssi_kddm_set *set, u64 id);
void ssi_object_receive(struct ssi_kddm_set *set, u16 from,
			const struct ssi_packet *packet);
void ssi_object_fail_local(struct ssi_kddm_set *set, int error);

/* owner.c */
bool ssi_waiter_writes(const struct ssi_waiter *waiter);
void ssi_owner_pump(struct ssi_kddm_set *set, struct ssi_object *object);
void ssi_owner_invalidated(struct ssi_kddm_set *set, struct ssi_object *object,
			   u16 from, int error);
void ssi_owner_put(struct ssi_kddm_set *set, struct ssi_object *object,
		   struct ssi_kddm_request *request);
void ssi_owner_dissolve(struct ssi_kddm_set *set, struct ssi_object *object,
			u16 to, u64 epoch);

/* backup.c */
void ssi_backup_start(struct ssi_kddm_set *set, struct ssi_object *object);
void ssi_backup_remove(struct ssi_kddm_set *set, struct ssi_object *object);
void ssi_backup_receive(struct ssi_kddm_set *set, u16 from,
			const struct ssi_packet *packet);
bool ssi_backup_is_at(const struct ssi_object *object, u16 node);
void ssi_backup_forget(struct ssi_kddm_set *set, u64 id);

/* directory.c */
struct ssi_entry *ssi_directory_entry(const struct ssi_kddm_set *set, u64 id);
int ssi_directory_set(struct ssi_kddm_set *set, u64 id, u16 owner, u64 epoch);
void ssi_directory_forget_claims(struct ssi_kddm_set *set,
				 struct ssi_entry *entry);
void ssi_directory_erase(struct ssi_kddm_set *set, u64 id);
void ssi_directory_hint(struct ssi_kddm_set *set, u64 id, u16 owner, u64 epoch,
			bool untold);
void ssi_directory_ask(struct ssi_kddm_set *set, struct ssi_object *object);
void ssi_directory_route(struct ssi_kddm_set *set, struct ssi_packet *ask);
void ssi_directory_forward(struct ssi_kddm_set *set, u64 id,
			   struct ssi_waiter *waiter, u16 to, u64 epoch);
void ssi_directory_receive(struct ssi_kddm_set *set, u16 from,
			   const struct ssi_packet *packet);
void ssi_directory_answered(struct ssi_kddm_set *set,
			    const struct ssi_object *object, u16 from);
void ssi_directory_arrived(struct ssi_kddm_set *set, struct ssi_object *object,
			   u16 from);
void ssi_directory_confirm(struct ssi_kddm_set *set, struct ssi_object *object);
void ssi_directory_tick(struct ssi_kddm_set *set);
void ssi_directory_clear_hints(struct ssi_kddm_set *set);

/* recovery.c */
void ssi_recovery_step(struct ssi_kddm *kddm,
		       const struct ssi_kddm_view *view, unsigned int step);
void ssi_recovery_receive(struct ssi_kddm_set *set, u16 from,
			  const struct ssi_packet *packet);
void ssi_recovery_secured(struct ssi_kddm *kddm, struct ssi_object *object);
void ssi_recovery_pump(struct ssi_kddm_set *set, struct ssi_object *object);
void ssi_recovery_tick(struct ssi_kddm *kddm);
void ssi_recovery_reset(struct ssi_kddm *kddm);

#endif /* _SSI_KDDM_PRIVATE_H */
