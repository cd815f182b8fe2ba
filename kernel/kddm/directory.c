// SPDX-License-Identifier: GPL-2.0-only
/*
 * directory.c: who owns an object, and how a question finds it (pure C).
 *
 * Owns homes' entries, hints, and the confirmation that an ownership arrived.
 * Each object has a home, a function of its id and the members.  A home has an
 * entry for each object that exists and is not its own; an object begins to
 * exist at its home, so that an entry that is not there means no object.
 *
 * An ownership has an epoch, greater than any stamp that the new owner had
 * when it asked: all stamps of a node come from one Lamport clock.  So a node
 * that is thought to be owner under an epoch, and is not, knows:
 *
 *	it asked before that epoch     the grant is under way: the question
 *	                               waits in its queue
 *	else                           it had it, and gave it on: it knows to
 *	                               whom, or has told the home before
 *
 * Questions can not wait for each other in a circle: who waits in the queue of
 * a node waits for an ownership that has been given to that node.
 *
 *	a question at a node            goes
 *	owner                           to its queue
 *	grant under way, as above       to its queue
 *	gave it away or has a hint      there; after SSI_HINT_HOPS only if the
 *	                                home was not told
 *	home: entry                     to the owner
 *	home: none                      the home is owner of a new object, or
 *	                                ENOENT; EIO if the object was lost
 *	else                            home
 *
 * Hints are followed only where they were right lately.  Who gave an object away tells its
 * home when the new owner has confirmed, many at once; the hint stays until
 * then.
 */
#include "kddm-private.h"

#define MAX_HOPS	200
#define TRUST_PROBE	16	/* one question in so many tries a hint anyway */

/*
 * A hint that is right saves a hop, one that is wrong costs two.  Which is more
 * depends on how often owners change between two questions of this node.
 */
static bool trusts_hints(struct ssi_kddm_set *set)
{
	return set->trust >= SSI_TRUST_MAX / 2 ||
	       !(set->kddm->seqs % TRUST_PROBE);
}

/**
 * ssi_directory_answered() - learn whether hints are any good
 * @set: the set
 * @object: was asked for, and is not yet changed by the answer
 * @from: who has answered
 */
void ssi_directory_answered(struct ssi_kddm_set *set,
			    const struct ssi_object *object, u16 from)
{
	if (object->state != SSI_OBJECT_INVALID ||
	    object->owner == SSI_NODE_NONE)
		return;
	if (object->owner != from)
		set->trust -= set->trust < 3 ? set->trust : 3;
	else if (set->trust < SSI_TRUST_MAX)
		set->trust++;
}

static struct ssi_hint *hint_of(const struct ssi_kddm_set *set, u64 id)
{
	return &set->hints[(id * 0x9e3779b97f4a7c15ULL >> 40) % SSI_HINTS];
}

/**
 * ssi_directory_entry() - home: what is known of an object
 * @set: the set
 * @id: the object
 * Return: the entry, or NULL.
 */
struct ssi_entry *ssi_directory_entry(const struct ssi_kddm_set *set, u64 id)
{
	return (struct ssi_entry *)ssi_index_find(&set->entries, id);
}

/**
 * ssi_directory_set() - home: note who owns an object
 * @set: the set
 * @id: the object
 * @owner: node id, or SSI_NODE_NONE: lost
 * @epoch: of the ownership; an older one than what is known is ignored
 * Return: 0, -ENOMEM.
 */
int ssi_directory_set(struct ssi_kddm_set *set, u64 id, u16 owner, u64 epoch)
{
	struct ssi_entry *entry = ssi_directory_entry(set, id);

	if (!entry) {
		entry = ssi_kddm_alloc(set->kddm, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		entry->record.id = id;
		ssi_index_add(&set->entries, &entry->record);
	}
	if (epoch >= entry->epoch) {
		entry->epoch = epoch;
		entry->owner = owner;
		entry->decided = true;
	}
	return 0;
}

/**
 * ssi_directory_forget_claims() - recovery of an object has ended
 * @set: the set
 * @entry: the entry
 */
void ssi_directory_forget_claims(struct ssi_kddm_set *set,
				 struct ssi_entry *entry)
{
	struct ssi_claim *claim;

	while ((claim = entry->claims)) {
		entry->claims = claim->next;
		ssi_kddm_free(set->kddm, claim, sizeof(*claim));
	}
}

/**
 * ssi_directory_erase() - home: the object is this node's own, or no more
 * @set: the set
 * @id: the object
 */
void ssi_directory_erase(struct ssi_kddm_set *set, u64 id)
{
	struct ssi_entry *entry = ssi_directory_entry(set, id);

	if (!entry)
		return;
	ssi_directory_forget_claims(set, entry);
	ssi_index_remove(&set->entries, &entry->record);
	ssi_kddm_free(set->kddm, entry, sizeof(*entry));
}

static void tell_homes(struct ssi_kddm_set *set, struct ssi_hint *first)
{
	struct ssi_item *items = set->kddm->scratch;
	struct ssi_packet packet = {
		.type = SSI_PACKET_MOVED,
		.items = items,
	};
	u16 home = ssi_set_home(set, first->id);
	struct ssi_hint *hint;

	memset(items, 0, sizeof(set->kddm->scratch));
	for (hint = first; hint < set->hints + SSI_HINTS &&
	     packet.nr_items < SSI_PACKET_MAX_ITEMS; hint++) {
		if (!hint->untold || ssi_set_home(set, hint->id) != home)
			continue;
		hint->untold = false;
		items[packet.nr_items].id = hint->id;
		items[packet.nr_items].epoch = hint->epoch;
		items[packet.nr_items++].node = hint->owner;
	}
	ssi_kddm_send(set, home, &packet);
}

/**
 * ssi_directory_hint() - remember where an object is
 * @set: the set
 * @id: the object; this node's home has no use for it
 * @owner: node id
 * @epoch: of the ownership; an older one than what is known is ignored
 * @untold: the home does not know, and this node is the one to tell it
 */
void ssi_directory_hint(struct ssi_kddm_set *set, u64 id, u16 owner, u64 epoch,
			bool untold)
{
	struct ssi_hint *hint = hint_of(set, id);

	if (ssi_set_is_home(set, id) || owner == set->kddm->self)
		return;
	if (hint->epoch && hint->id == id && hint->epoch > epoch)
		return;
	if (hint->untold && hint->id != id)
		tell_homes(set, hint);
	untold |= hint->untold && hint->id == id;
	hint->id = id;
	hint->owner = owner;
	hint->epoch = epoch;
	hint->untold = untold;
}

/**
 * ssi_directory_clear_hints() - the members have changed
 * @set: the set
 */
void ssi_directory_clear_hints(struct ssi_kddm_set *set)
{
	struct ssi_object *object;

	memset(set->hints, 0, SSI_HINTS * sizeof(*set->hints));
	while ((object = set->unacked)) {
		set->unacked = object->later;
		object->later = NULL;
		object->flags &= ~SSI_OBJECT_UNACKED;
	}
	set->nr_unacked = 0;
}

/**
 * struct guess - where an object may be
 * @owner: node id
 * @epoch: of the ownership, 0: no guess
 * @binding: the home may not know
 */
struct guess {
	u16 owner;
	u64 epoch;
	bool binding;
};

static void improve(const struct ssi_kddm *kddm, struct guess *guess, u16 owner,
		    u64 epoch, bool binding)
{
	if (epoch <= guess->epoch || owner == kddm->self ||
	    !ssi_nodeset_contains(&kddm->all, owner))
		return;
	guess->owner = owner;
	guess->epoch = epoch;
	guess->binding = binding;
}

/* The latest that this node knows, if it is later than @stale. */
static struct guess look_up(struct ssi_kddm_set *set, u64 id, u64 stale)
{
	struct ssi_object *object = ssi_object_find(set, id), *given;
	struct ssi_hint *hint = hint_of(set, id);
	struct guess guess = { .epoch = stale };

	if (object && object->state == SSI_OBJECT_READ)
		improve(set->kddm, &guess, object->owner, object->epoch, false);
	if (hint->id == id)
		improve(set->kddm, &guess, hint->owner, hint->epoch,
			hint->untold);
	given = (struct ssi_object *)ssi_index_find(&set->given, id);
	if (given)
		improve(set->kddm, &guess, given->owner, given->epoch, true);
	if (guess.epoch == stale)
		guess.epoch = 0;
	return guess;
}

static void answer(struct ssi_kddm_set *set, const struct ssi_packet *ask,
		   int error)
{
	struct ssi_packet packet = {
		.type = SSI_PACKET_NAK,
		.id = ask->id,
		.seq = ask->seq,
		.error = error,
	};
	struct ssi_object *object;

	if (ask->node != set->kddm->self) {
		ssi_kddm_send(set, ask->node, &packet);
		return;
	}
	object = ssi_object_find(set, ask->id);
	if (object)
		ssi_object_receive(set, ask->node, &packet);
}

/* Into the queue of an object that is, or will be, this node's. */
static void enqueue(struct ssi_kddm_set *set, struct ssi_object *object,
		    const struct ssi_packet *ask)
{
	bool try = ask->flags & SSI_PACKET_TRY;
	bool write = ask->op == SSI_ASK_WRITE;
	struct ssi_waiter *waiter;

	if (try && (object->last || object->flags & SSI_OBJECT_HELD ||
		    (write && object->pins))) {
		answer(set, ask, -EAGAIN);
		return;
	}
	waiter = ssi_kddm_alloc(set->kddm, sizeof(*waiter));
	if (!waiter) {
		answer(set, ask, -ENOMEM);
		return;
	}
	waiter->node = ask->node;
	waiter->seq = ask->seq;
	waiter->hops = ask->hops;
	waiter->op = write ? SSI_KDDM_GRAB : SSI_KDDM_GET;
	waiter->flags = (try ? SSI_KDDM_TRY : 0) |
			(ask->flags & SSI_PACKET_NO_CREATE ?
			 SSI_KDDM_NO_CREATE : 0);
	waiter->overwrite = ask->flags & SSI_PACKET_OVERWRITE;
	waiter->has_copy = ask->flags & SSI_PACKET_HAS_COPY;
	ssi_object_push(object, waiter);
	ssi_object_pump(set, object);
}

/* This node, the home, is the owner of an object that was none. */
static void become_owner(struct ssi_kddm_set *set, struct ssi_object *object)
{
	object->state = SSI_OBJECT_OWNER;
	object->flags &= ~SSI_OBJECT_ASKED;
	object->flags |= SSI_OBJECT_EMPTY;
	memset(&object->copies, 0, sizeof(object->copies));
	object->nr_backups = 0;
	object->epoch = ssi_kddm_stamp(set->kddm);
	object->version = object->epoch;
}

/* Home, nobody has the object: 0 when it may be made. */
static int may_create(struct ssi_kddm_set *set, const struct ssi_packet *ask)
{
	struct ssi_entry *entry = ssi_directory_entry(set, ask->id);

	if (entry && !(ask->flags & SSI_PACKET_OVERWRITE))
		return -EIO;
	if (!entry && ask->flags & SSI_PACKET_NO_CREATE)
		return -ENOENT;
	return 0;
}

/* Home, nobody has the object, and the question is another node's. */
static void create(struct ssi_kddm_set *set, struct ssi_object *object,
		   const struct ssi_packet *ask)
{
	int error = may_create(set, ask);

	if (object && object->flags & SSI_OBJECT_ASKED) {
		/* This node's own question comes back; it is the first. */
		enqueue(set, object, ask);
		return;
	}
	if (!error && !object) {
		object = ssi_object_create(set, &set->objects, ask->id);
		error = object ? 0 : -ENOMEM;
	}
	if (error) {
		answer(set, ask, error);
		return;
	}
	ssi_directory_erase(set, ask->id);
	become_owner(set, object);
	enqueue(set, object, ask);
}

/* Home, nobody has the object, and the question is this node's own. */
static void create_own(struct ssi_kddm_set *set, struct ssi_object *object,
		       const struct ssi_packet *ask)
{
	int error = may_create(set, ask);

	if (error) {
		answer(set, ask, error);
		return;
	}
	ssi_directory_erase(set, ask->id);
	become_owner(set, object);
}

static void pass(struct ssi_kddm_set *set, struct ssi_packet *ask, u16 to,
		 u64 epoch)
{
	if (ask->stale < ask->epoch)
		ask->stale = ask->epoch;
	ask->epoch = epoch;
	if (ask->hops >= MAX_HOPS) {
		answer(set, ask, -EAGAIN);
		return;
	}
	ask->hops++;
	ssi_kddm_send(set, to, ask);
}

/* A question to which this node is not the one to answer. */
static void pass_further(struct ssi_kddm_set *set, struct ssi_object *object,
			 struct ssi_packet *ask)
{
	u64 stale = ask->stale > ask->epoch ? ask->stale : ask->epoch;
	struct guess guess = look_up(set, ask->id, stale);
	struct ssi_entry *entry;

	if (!ssi_set_is_home(set, ask->id)) {
		if (guess.epoch && (guess.binding || ask->hops < SSI_HINT_HOPS))
			pass(set, ask, guess.owner, guess.epoch);
		else
			pass(set, ask, ssi_set_home(set, ask->id), 0);
		return;
	}
	entry = ssi_directory_entry(set, ask->id);
	if (entry && entry->owner != SSI_NODE_NONE)
		pass(set, ask, entry->owner, entry->epoch);
	else if (ask->node == set->kddm->self)
		create_own(set, object, ask);
	else
		create(set, object, ask);
}

/**
 * ssi_directory_route() - a question is here: answer it or pass it on
 * @set: the set
 * @ask: ASK; changed
 */
void ssi_directory_route(struct ssi_kddm_set *set, struct ssi_packet *ask)
{
	struct ssi_object *object = ssi_object_find(set, ask->id);
	bool own = ask->node == set->kddm->self;

	if (own && (!object || !(object->flags & SSI_OBJECT_ASKED) ||
		    object->seq != ask->seq))
		return;
	if (!own && object && (ssi_object_is_owned(object) ||
			       (object->flags & SSI_OBJECT_ASKED_WRITE &&
				ask->epoch > object->asked))) {
		enqueue(set, object, ask);
		return;
	}
	pass_further(set, object, ask);
	if (!own)
		return;
	object = ssi_object_find(set, ask->id);
	if (object)
		ssi_object_pump(set, object);
}

/**
 * ssi_directory_ask() - ask for what the first in the queue wants
 * @set: the set
 * @object: not owned, nothing asked; the first waiter is of this node, or
 *	FLUSH.  Afterwards something is asked, or this node is the owner, or
 *	the first waiter is gone.
 */
void ssi_directory_ask(struct ssi_kddm_set *set, struct ssi_object *object)
{
	struct ssi_waiter *first = ssi_object_first(object);
	bool write = ssi_waiter_writes(first);
	struct ssi_packet ask = {
		.type = SSI_PACKET_ASK,
		.op = write ? SSI_ASK_WRITE : SSI_ASK_READ,
		.node = set->kddm->self,
		.id = object->record.id,
		.seq = ++set->kddm->seqs,
	};
	struct guess guess = look_up(set, ask.id, 0);
	struct ssi_entry *entry = ssi_directory_entry(set, ask.id);
	int error;

	if (first->flags & SSI_KDDM_TRY)
		ask.flags |= SSI_PACKET_TRY;
	if (first->flags & SSI_KDDM_NO_CREATE || first->op == SSI_KDDM_FLUSH)
		ask.flags |= SSI_PACKET_NO_CREATE;
	if (first->overwrite)
		ask.flags |= SSI_PACKET_OVERWRITE;
	if (object->state == SSI_OBJECT_READ)
		ask.flags |= SSI_PACKET_HAS_COPY;
	if (ssi_set_is_home(set, ask.id) && !guess.epoch &&
	    (!entry || entry->owner == SSI_NODE_NONE)) {
		error = may_create(set, &ask);
		if (error) {
			ssi_object_end(set, object, first, error);
			return;
		}
		ssi_directory_erase(set, ask.id);
		become_owner(set, object);
		return;
	}
	/* A copy is as good as its owner's word, which it would have had. */
	if (object->state == SSI_OBJECT_INVALID) {
		if (guess.epoch && !guess.binding && !trusts_hints(set))
			guess = (struct guess){ };
		object->owner = guess.epoch ? guess.owner : SSI_NODE_NONE;
	}
	object->seq = ask.seq;
	object->asked = set->kddm->clock;
	object->flags |= write ? SSI_OBJECT_ASKED_WRITE :
				 SSI_OBJECT_ASKED_READ;
	if (entry)
		improve(set->kddm, &guess, entry->owner, entry->epoch, true);
	ask.epoch = guess.epoch;
	ssi_kddm_send(set, guess.epoch ? guess.owner :
		      ssi_set_home(set, ask.id), &ask);
}

/**
 * ssi_directory_forward() - send somebody of another node after the object
 * @set: the set
 * @id: the object
 * @waiter: of another node, in no queue; freed
 * @to: the owner, or SSI_NODE_NONE: wherever this node knows
 * @epoch: of the ownership
 */
void ssi_directory_forward(struct ssi_kddm_set *set, u64 id,
			   struct ssi_waiter *waiter, u16 to, u64 epoch)
{
	struct ssi_packet ask = {
		.type = SSI_PACKET_ASK,
		.op = ssi_waiter_writes(waiter) ? SSI_ASK_WRITE : SSI_ASK_READ,
		.node = waiter->node,
		.id = id,
		.seq = waiter->seq,
		.hops = waiter->hops,
	};

	if (waiter->flags & SSI_KDDM_TRY)
		ask.flags |= SSI_PACKET_TRY;
	if (waiter->flags & SSI_KDDM_NO_CREATE)
		ask.flags |= SSI_PACKET_NO_CREATE;
	if (waiter->overwrite)
		ask.flags |= SSI_PACKET_OVERWRITE;
	if (waiter->has_copy)
		ask.flags |= SSI_PACKET_HAS_COPY;
	ssi_kddm_free(set->kddm, waiter, sizeof(*waiter));
	if (to == SSI_NODE_NONE)
		ssi_directory_route(set, &ask);
	else
		pass(set, &ask, to, epoch);
}

/* Tell who gave them that objects have arrived: all of one node. */
static void confirm_all_of(struct ssi_kddm_set *set, u16 giver)
{
	struct ssi_item *items = set->kddm->scratch;
	struct ssi_packet packet = {
		.type = SSI_PACKET_RECEIVED,
		.items = items,
	};
	struct ssi_object **at = &set->unacked, *object;

	memset(items, 0, sizeof(set->kddm->scratch));
	while ((object = *at) && packet.nr_items < SSI_PACKET_MAX_ITEMS) {
		if (object->owner != giver) {
			at = &object->later;
			continue;
		}
		*at = object->later;
		object->later = NULL;
		object->flags &= ~SSI_OBJECT_UNACKED;
		set->nr_unacked--;
		items[packet.nr_items].id = object->record.id;
		items[packet.nr_items++].epoch = object->epoch;
	}
	ssi_kddm_send(set, giver, &packet);
}

/**
 * ssi_directory_confirm() - tell who gave it that an object has arrived, now
 * @set: the set
 * @object: SSI_OBJECT_UNACKED
 */
void ssi_directory_confirm(struct ssi_kddm_set *set, struct ssi_object *object)
{
	confirm_all_of(set, object->owner);
}

/**
 * ssi_directory_arrived() - the ownership of an object has arrived
 * @set: the set
 * @object: the object
 * @from: who gave it
 */
void ssi_directory_arrived(struct ssi_kddm_set *set, struct ssi_object *object,
			   u16 from)
{
	struct ssi_hint *hint = hint_of(set, object->record.id);
	struct ssi_object *given;

	if (hint->id == object->record.id)
		hint->epoch = hint->untold = 0;
	ssi_directory_erase(set, object->record.id);
	/* Given away before, and back by another way than the confirmation. */
	given = (struct ssi_object *)ssi_index_find(&set->given,
						    object->record.id);
	if (given) {
		ssi_index_remove(&set->given, &given->record);
		ssi_object_free(set, given);
	}
	object->owner = from;
	object->flags |= SSI_OBJECT_UNACKED;
	object->later = set->unacked;
	set->unacked = object;
	if (++set->nr_unacked >= SSI_UNACKED_MAX)
		ssi_directory_tick(set);
}

/**
 * ssi_directory_tick() - say what can be said many at once
 * @set: the set
 */
void ssi_directory_tick(struct ssi_kddm_set *set)
{
	unsigned int i;

	if (set->kddm->recovering)
		return;
	while (set->unacked)
		confirm_all_of(set, set->unacked->owner);
	for (i = 0; i < SSI_HINTS; i++)
		if (set->hints[i].untold)
			tell_homes(set, &set->hints[i]);
}

static void receive_received(struct ssi_kddm_set *set, u16 from,
			     const struct ssi_item *item)
{
	struct ssi_object *given;

	given = (struct ssi_object *)ssi_index_find(&set->given, item->id);
	if (!given || given->owner != from || given->epoch != item->epoch)
		return;
	ssi_index_remove(&set->given, &given->record);
	ssi_directory_hint(set, item->id, from, item->epoch, true);
	if (given->flags & SSI_OBJECT_KEPT)
		ssi_index_add(&set->backups, &given->record);
	else
		ssi_object_free(set, given);
}

static void receive_moved(struct ssi_kddm_set *set, const struct ssi_item *item)
{
	struct ssi_entry *entry = ssi_directory_entry(set, item->id);

	/* No entry: the object is this node's own, or no more. */
	if (entry && ssi_nodeset_contains(&set->kddm->all, item->node) &&
	    item->node != set->kddm->self)
		ssi_directory_set(set, item->id, item->node, item->epoch);
}

static void receive_remove(struct ssi_kddm_set *set, u16 from,
			   const struct ssi_packet *packet)
{
	struct ssi_entry *entry = ssi_directory_entry(set, packet->id);
	struct ssi_packet reply = {
		.type = SSI_PACKET_REMOVED,
		.id = packet->id,
	};

	if (entry && entry->epoch <= packet->epoch)
		ssi_directory_erase(set, packet->id);
	ssi_kddm_send(set, from, &reply);
}

static void receive_flush(struct ssi_kddm_set *set, u16 from,
			  const struct ssi_packet *packet)
{
	struct ssi_object *object = ssi_object_find(set, packet->id);
	struct ssi_packet reply = {
		.type = SSI_PACKET_FLUSHED,
		.id = packet->id,
		.seq = packet->seq,
		.error = -ENOMEM,
	};
	struct ssi_waiter *waiter;

	waiter = ssi_kddm_alloc(set->kddm, sizeof(*waiter));
	if (waiter && !object) {
		object = ssi_object_create(set, &set->objects, packet->id);
		if (!object) {
			ssi_kddm_free(set->kddm, waiter, sizeof(*waiter));
			waiter = NULL;
		}
	}
	if (!waiter) {
		ssi_kddm_send(set, from, &reply);
		return;
	}
	waiter->node = from;
	waiter->seq = packet->seq;
	waiter->op = SSI_KDDM_FLUSH;
	waiter->flags = SSI_KDDM_NO_CREATE;
	ssi_object_push(object, waiter);
	ssi_object_pump(set, object);
}

static void receive_flushed(struct ssi_kddm_set *set,
			    const struct ssi_packet *packet)
{
	struct ssi_waiter **at = &set->flushes, *waiter;
	struct ssi_kddm_request *request;

	for (; (waiter = *at); at = &waiter->next) {
		request = (struct ssi_kddm_request *)waiter;
		if (waiter->seq != packet->seq || request->id != packet->id)
			continue;
		*at = waiter->next;
		ssi_object_fail(set, packet->id, waiter, packet->error);
		return;
	}
}

/**
 * ssi_directory_receive() - another node has said something about who owns what
 * @set: the set
 * @from: the node
 * @packet: ASK, REMOVE, RECEIVED, MOVED, FLUSH or FLUSHED
 */
void ssi_directory_receive(struct ssi_kddm_set *set, u16 from,
			   const struct ssi_packet *packet)
{
	struct ssi_packet ask = *packet;
	unsigned int i;

	switch (packet->type) {
	case SSI_PACKET_ASK:
		if (ssi_nodeset_contains(&set->kddm->all, packet->node))
			ssi_directory_route(set, &ask);
		break;
	case SSI_PACKET_REMOVE:
		receive_remove(set, from, packet);
		break;
	case SSI_PACKET_FLUSH:
		receive_flush(set, from, packet);
		break;
	case SSI_PACKET_FLUSHED:
		receive_flushed(set, packet);
		break;
	case SSI_PACKET_RECEIVED:
		for (i = 0; i < packet->nr_items; i++)
			receive_received(set, from, &packet->items[i]);
		break;
	default:
		for (i = 0; i < packet->nr_items; i++)
			receive_moved(set, &packet->items[i]);
		break;
	}
}
