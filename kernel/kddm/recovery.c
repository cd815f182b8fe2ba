// SPDX-License-Identifier: GPL-2.0-only
/*
 * recovery.c: what a view change does to the objects (pure C).
 *
 * Owns the five steps between two views.  The layer below starts a step on a
 * member when all have finished the one before; a newer view begins again with
 * the first.  What was under way in the old view never arrives.
 *
 *	QUIESCE  drop what is under way and questions of other nodes; users
 *	         wait; copies, owned objects and backups stay
 *	REPORT   holders --- REPORT ---> homes of the new view
 *	SETTLE   homes decide --- VERDICT ---> holders
 *	SECURE   owners send what lacks a backup; who leaves hands over
 *	RESUME   users' questions are asked again
 *
 * A home decides about an object, the first that applies:
 *
 *	an owner is there                  it stays
 *	it was given away, and who asked   the giver keeps it
 *	is still waiting for that answer
 *	copies, backups, or an owner that  the newest version; a copy is as new
 *	was removing it are there          as any, or it would be invalid;
 *	                                   without backups it is removed
 *	a former home knows of it, more    lost: EIO, and ops->lost names it
 *	nodes are gone than the set has
 *	backups
 *	else                               there is none; if there was one it
 *	                                   had no content that anybody saw
 *
 * An object that was given away is not taken back from a node that is gone: it
 * may have changed it and shown the change to others.
 *
 * All members report all they hold, so that the time grows with the objects
 * that there are on a node and not with objects times nodes.  When the home
 * and the only holder of an object died at once nobody knows that there was
 * one; it is not named, and who asks for it gets a new one.
 *
 * While a writer holds an object its former version is not copied again, even
 * if a backup of it is gone; its end makes the new version safe.
 *
 * A step that lacked memory somewhere is done again with the next tick.
 */
#include "kddm-private.h"

#define CLOCK_BITS	40	/* stamps of a view, each greater than any before */

static void check(struct ssi_kddm *kddm)
{
	if (!kddm->open || kddm->awaited || kddm->again || kddm->busy)
		return;
	kddm->open = false;
	kddm->ops->stage_done(kddm->context, kddm->step);
}

/* Items on their way to other nodes. */
static void send_batch(struct ssi_kddm_set *set, u16 to,
		       const struct ssi_item *items, unsigned int nr)
{
	struct ssi_kddm *kddm = set->kddm;
	struct ssi_packet packet = {
		.type = kddm->step == SSI_RECOVERY_REPORT ?
			SSI_PACKET_REPORT : SSI_PACKET_VERDICT,
		.seq = kddm->generation,
		.items = items,
		.nr_items = nr,
	};

	kddm->awaited++;
	ssi_kddm_send(set, to, &packet);
}

static struct ssi_batch *find_batch(struct ssi_kddm_set *set, u16 to)
{
	struct ssi_kddm *kddm = set->kddm;
	struct ssi_batch *batch;

	for (batch = kddm->batches; batch; batch = batch->next)
		if (batch->to == to && batch->set == set)
			return batch;
	batch = ssi_kddm_alloc(kddm, sizeof(*batch));
	if (!batch)
		return NULL;
	batch->set = set;
	batch->to = to;
	batch->next = kddm->batches;
	kddm->batches = batch;
	return batch;
}

static void drop_batches(struct ssi_kddm *kddm, bool send)
{
	struct ssi_batch *batch;

	while ((batch = kddm->batches)) {
		kddm->batches = batch->next;
		if (send && batch->nr)
			send_batch(batch->set, batch->to, batch->items,
				   batch->nr);
		ssi_kddm_free(kddm, batch, sizeof(*batch));
	}
}

/* What a holder says. */
static int add_claim(struct ssi_kddm_set *set, u16 from,
		     const struct ssi_item *item)
{
	struct ssi_entry *entry = ssi_directory_entry(set, item->id);
	struct ssi_claim *claim;

	if (!entry) {
		entry = ssi_kddm_alloc(set->kddm, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		entry->record.id = item->id;
		ssi_index_add(&set->entries, &entry->record);
	}
	for (claim = entry->claims; claim; claim = claim->next) {
		/* A step that was repeated says it twice. */
		if (claim->from == from && claim->item.what == item->what) {
			claim->item = *item;
			return 0;
		}
	}
	claim = ssi_kddm_alloc(set->kddm, sizeof(*claim));
	if (!claim)
		return -ENOMEM;
	claim->from = from;
	claim->item = *item;
	claim->next = entry->claims;
	entry->claims = claim;
	return 0;
}

static int apply(struct ssi_kddm_set *set, const struct ssi_item *item);

static void hand(struct ssi_kddm_set *set, u16 to, const struct ssi_item *item)
{
	struct ssi_kddm *kddm = set->kddm;
	struct ssi_batch *batch;
	int error;

	if (to == kddm->self) {
		if (kddm->step == SSI_RECOVERY_REPORT)
			error = add_claim(set, to, item);
		else
			error = apply(set, item);
		kddm->again |= !!error;
		return;
	}
	batch = find_batch(set, to);
	if (!batch) {
		send_batch(set, to, item, 1);
		return;
	}
	batch->items[batch->nr++] = *item;
	if (batch->nr < SSI_PACKET_MAX_ITEMS)
		return;
	send_batch(set, to, batch->items, batch->nr);
	batch->nr = 0;
}

/* QUIESCE */
static void end_remote(struct ssi_kddm_set *set, struct ssi_object *object)
{
	struct ssi_waiter *waiter, *next, *last = object->last;
	bool more = last;

	for (waiter = ssi_object_first(object); more; waiter = next) {
		next = waiter->next;
		more = waiter != last;
		if (waiter->node == set->kddm->self) {
			waiter->epoch = 0;
			continue;
		}
		ssi_object_pop(object, waiter);
		ssi_kddm_free(set->kddm, waiter, sizeof(*waiter));
	}
}

static void quiesce_owned(struct ssi_kddm_set *set, struct ssi_object *object)
{
	struct ssi_kddm *kddm = set->kddm;
	unsigned int i;
	u16 node;

	if (object->state == SSI_OBJECT_REMOVING)
		object->flags |= SSI_OBJECT_DIRTY | SSI_OBJECT_REMOVED;
	object->state = SSI_OBJECT_OWNER;
	for (i = object->copies.nr; i; i--) {
		node = ssi_copyset_get(&object->copies, i - 1);
		if (!ssi_nodeset_contains(&kddm->all, node))
			ssi_copyset_remove(kddm, &object->copies, node);
	}
	for (i = object->nr_backups; i; i--)
		if (!ssi_nodeset_contains(&kddm->members,
					  object->backups[i - 1]))
			object->backups[i - 1] =
				object->backups[--object->nr_backups];
}

static void quiesce_object(struct ssi_kddm_set *set, struct ssi_record *record)
{
	struct ssi_object *object = (struct ssi_object *)record;

	end_remote(set, object);
	object->flags &= ~(SSI_OBJECT_DOOMED | SSI_OBJECT_BUSY |
			   SSI_OBJECT_LEAVING | SSI_OBJECT_SECURING);
	object->awaited = 0;
	object->tried = 0;
	if (ssi_object_is_owned(object))
		quiesce_owned(set, object);
}

static void keep_entry(struct ssi_kddm_set *set, struct ssi_record *record)
{
	struct ssi_entry *entry = (struct ssi_entry *)record, *old;

	ssi_directory_forget_claims(set, entry);
	ssi_index_remove(&set->entries, record);
	old = (struct ssi_entry *)ssi_index_find(&set->old, record->id);
	if (old || !entry->decided) {
		if (old && entry->decided) {
			old->epoch = entry->epoch;
			old->owner = entry->owner;
		}
		ssi_kddm_free(set->kddm, entry, sizeof(*entry));
		return;
	}
	ssi_index_add(&set->old, record);
}

static void quiesce(struct ssi_kddm_set *set)
{
	struct ssi_kddm_request *request;
	struct ssi_waiter *waiter;

	while ((waiter = set->flushes)) {
		set->flushes = waiter->next;
		request = (struct ssi_kddm_request *)waiter;
		ssi_object_fail(set, request->id, waiter, -EAGAIN);
	}
	ssi_directory_clear_hints(set);
	ssi_index_walk(&set->objects, quiesce_object, set);
	ssi_index_walk(&set->entries, keep_entry, set);
	if (set->kddm->leaving)
		ssi_object_fail_local(set, -EHOSTDOWN);
}

static void set_view(struct ssi_kddm *kddm, const struct ssi_kddm_view *view)
{
	int node;

	kddm->view = view->id;
	/* An object that is made again is newer than what anybody remembers. */
	if (kddm->clock < view->id.number << CLOCK_BITS)
		kddm->clock = view->id.number << CLOCK_BITS;
	kddm->all = view->members;
	kddm->members = view->members;
	ssi_nodeset_subtract(&kddm->members, &view->leaving);
	/* When all leave there is nobody to hand over to. */
	if (ssi_nodeset_is_empty(&kddm->members))
		kddm->members = view->members;
	ssi_nodeset_unite(&kddm->gone, &view->left);
	kddm->leaving = !ssi_nodeset_contains(&kddm->members, kddm->self);
	kddm->nr_members = 0;
	ssi_nodeset_for_each(node, &kddm->members)
		kddm->ranks[kddm->nr_members++] = node;
}

/* May something that was safe be gone? */
static bool is_beyond_backups(const struct ssi_kddm_set *set)
{
	return ssi_nodeset_weight(&set->kddm->gone) > set->definition.backups;
}

/* REPORT */
static void report(struct ssi_kddm_set *set, struct ssi_item *item, u8 what)
{
	item->what = what;
	hand(set, ssi_set_home(set, item->id), item);
}

static void fill_item(const struct ssi_object *object, struct ssi_item *item)
{
	memset(item, 0, sizeof(*item));
	item->id = object->record.id;
	item->epoch = object->epoch;
	item->version = object->version;
	item->seq = object->seq;
	if (object->owner < SSI_MAX_NODES)
		item->node = object->owner;
}

static void report_object(struct ssi_kddm_set *set, struct ssi_record *record)
{
	struct ssi_object *object = (struct ssi_object *)record;
	struct ssi_item item;

	fill_item(object, &item);
	if (ssi_object_is_owned(object)) {
		item.nr_backups = object->nr_backups;
		memcpy(item.backups, object->backups, sizeof(item.backups));
		item.seq = !!(object->flags & SSI_OBJECT_REMOVED);
		report(set, &item, SSI_ITEM_OWNER);
		return;
	}
	if (object->state == SSI_OBJECT_READ)
		report(set, &item, SSI_ITEM_COPY);
	if (object->flags & SSI_OBJECT_ASKED_WRITE)
		report(set, &item, SSI_ITEM_WAITING);
}

static void report_given(struct ssi_kddm_set *set, struct ssi_record *record)
{
	struct ssi_object *object = (struct ssi_object *)record;
	struct ssi_item item;

	fill_item(object, &item);
	report(set, &item, SSI_ITEM_GIVEN);
	if (object->flags & SSI_OBJECT_KEPT)
		report(set, &item, SSI_ITEM_BACKUP);
}

static void report_backup(struct ssi_kddm_set *set, struct ssi_record *record)
{
	struct ssi_item item;

	fill_item((struct ssi_object *)record, &item);
	report(set, &item, SSI_ITEM_BACKUP);
}

static void report_entry(struct ssi_kddm_set *set, struct ssi_record *record)
{
	struct ssi_entry *entry = (struct ssi_entry *)record;
	struct ssi_item item = { .id = record->id, .epoch = entry->epoch };

	item.seq = is_beyond_backups(set);
	report(set, &item, entry->owner == SSI_NODE_NONE ? SSI_ITEM_LOST :
							   SSI_ITEM_KNOWN);
}

static void report_all(struct ssi_kddm_set *set)
{
	ssi_index_walk(&set->objects, report_object, set);
	ssi_index_walk(&set->given, report_given, set);
	ssi_index_walk(&set->backups, report_backup, set);
	ssi_index_walk(&set->old, report_entry, set);
}

/* SETTLE */
static const struct ssi_claim *find_claim(const struct ssi_entry *entry,
					  u16 from, u8 what)
{
	const struct ssi_claim *claim;

	for (claim = entry->claims; claim; claim = claim->next)
		if (claim->item.what == what &&
		    (from == SSI_NODE_ALL || claim->from == from))
			return claim;
	return NULL;
}

/* It was given away, and did not arrive. */
static bool is_under_way(const struct ssi_entry *entry,
			 const struct ssi_claim *given)
{
	const struct ssi_claim *waiting;

	waiting = find_claim(entry, given->item.node, SSI_ITEM_WAITING);
	return waiting && waiting->item.seq == given->item.seq;
}

/* Its owner was removing it, and its home may have let others make a new one. */
static bool is_removing(const struct ssi_claim *claim)
{
	return claim->item.what == SSI_ITEM_OWNER && claim->item.seq;
}

static unsigned int weight(const struct ssi_claim *claim)
{
	if (claim->item.what == SSI_ITEM_OWNER && !is_removing(claim))
		return 3;
	return claim->item.what == SSI_ITEM_GIVEN ? 2 : 1;
}

/* Is this claim a better reason to own the object? */
static bool is_better(const struct ssi_kddm *kddm, const struct ssi_claim *a,
		      const struct ssi_claim *b)
{
	if (!b)
		return true;
	if (weight(a) != weight(b))
		return weight(a) > weight(b);
	if (weight(a) > 1)
		return a->item.epoch > b->item.epoch;
	if (a->item.version != b->item.version)
		return a->item.version > b->item.version;
	if (is_removing(a) || is_removing(b))
		return is_removing(a);
	return ssi_nodeset_contains(&kddm->members, a->from) &&
	       !ssi_nodeset_contains(&kddm->members, b->from);
}

static const struct ssi_claim *choose(const struct ssi_kddm_set *set,
				      const struct ssi_entry *entry)
{
	const struct ssi_claim *claim, *best = NULL;
	bool holds;

	for (claim = entry->claims; claim; claim = claim->next) {
		holds = claim->item.what == SSI_ITEM_OWNER ||
			claim->item.what == SSI_ITEM_COPY ||
			claim->item.what == SSI_ITEM_BACKUP ||
			(claim->item.what == SSI_ITEM_GIVEN &&
			 is_under_way(entry, claim));
		/* Without backups a new one that is gone has left no trace. */
		if (is_removing(claim) && !set->definition.backups)
			holds = false;
		if (holds && is_better(set->kddm, claim, best))
			best = claim;
	}
	return best;
}

/* Nobody holds the object. */
static void settle_lost(struct ssi_kddm_set *set, struct ssi_entry *entry)
{
	const struct ssi_claim *claim;
	bool lost = find_claim(entry, SSI_NODE_ALL, SSI_ITEM_LOST);
	struct ssi_item item = { .what = SSI_ITEM_GIVEN };
	bool known = false, removed = false;

	for (claim = entry->claims; claim; claim = claim->next) {
		removed |= is_removing(claim);
		if (claim->item.what == SSI_ITEM_KNOWN)
			known |= claim->item.seq;
		if (claim->item.what != SSI_ITEM_GIVEN && !is_removing(claim))
			continue;
		known |= is_beyond_backups(set) &&
			 claim->item.what == SSI_ITEM_GIVEN &&
			 !ssi_nodeset_contains(&set->kddm->all,
					       claim->item.node);
		item.id = claim->item.id;
		item.epoch = claim->item.epoch;
		hand(set, claim->from, &item);
	}
	known &= !removed;
	if (!lost && known && !entry->decided)
		set->kddm->ops->lost(set->kddm->context, set->number,
				     entry->record.id);
	entry->decided = lost || known;
	entry->owner = SSI_NODE_NONE;
}

/* Who keeps a backup of the version that counts; the others forget theirs. */
static void settle_backups(struct ssi_kddm_set *set, struct ssi_entry *entry,
			   const struct ssi_claim *owner,
			   struct ssi_item *verdict)
{
	struct ssi_kddm *kddm = set->kddm;
	bool stays = owner->item.what == SSI_ITEM_OWNER;
	struct ssi_item item = {
		.what = SSI_ITEM_BACKUP,
		.id = entry->record.id,
	};
	const struct ssi_claim *claim;
	unsigned int i, good = 0;

	for (claim = entry->claims; claim; claim = claim->next) {
		if (claim->item.what != SSI_ITEM_BACKUP ||
		    claim->from == owner->from ||
		    !ssi_nodeset_contains(&kddm->members, claim->from))
			continue;
		for (i = 0; i < owner->item.nr_backups; i++)
			if (owner->item.backups[i] == claim->from)
				break;
		if (stays && i < owner->item.nr_backups) {
			good += claim->item.version == owner->item.version;
		} else if (!stays &&
			   claim->item.version == owner->item.version &&
			   good < set->definition.backups) {
			verdict->backups[good++] = claim->from;
		} else {
			hand(set, claim->from, &item);
		}
	}
	if (!stays)
		verdict->nr_backups = good;
	if (good >= ssi_set_nr_backups(set))
		return;
	item.what = SSI_ITEM_UNSAFE;
	hand(set, owner->from, &item);
}

static void settle_copies(struct ssi_kddm_set *set, struct ssi_entry *entry,
			  const struct ssi_claim *owner)
{
	struct ssi_item item = { .id = entry->record.id };
	const struct ssi_claim *claim;

	for (claim = entry->claims; claim; claim = claim->next) {
		if (claim->item.what != SSI_ITEM_COPY ||
		    claim->from == owner->from)
			continue;
		if (claim->item.version != owner->item.version)
			ssi_kddm_stray(set, item.id, "an old copy");
		item.what = SSI_ITEM_KNOWN;
		item.node = claim->from;
		hand(set, owner->from, &item);
		item.what = SSI_ITEM_COPY;
		item.node = owner->from;
		item.epoch = entry->epoch;
		hand(set, claim->from, &item);
	}
}

static void settle_entry(struct ssi_kddm_set *set, struct ssi_record *record)
{
	struct ssi_entry *entry = (struct ssi_entry *)record;
	const struct ssi_claim *owner = choose(set, entry), *claim;
	struct ssi_item item = { .id = record->id };

	if (!owner) {
		settle_lost(set, entry);
		return;
	}
	entry->decided = true;
	entry->owner = owner->from;
	entry->epoch = owner->item.epoch;
	if (owner->item.what != SSI_ITEM_OWNER)
		entry->epoch = ssi_kddm_stamp(set->kddm);
	/* First to its owner, so that it is one when it hears of copies. */
	item.what = SSI_ITEM_OWNER;
	item.epoch = entry->epoch;
	item.seq = owner->item.what == SSI_ITEM_GIVEN;
	hand(set, owner->from, &item);
	for (claim = entry->claims; claim; claim = claim->next) {
		if (claim == owner || (claim->item.what != SSI_ITEM_GIVEN &&
				       claim->item.what != SSI_ITEM_OWNER))
			continue;
		item.what = SSI_ITEM_GIVEN;
		item.epoch = claim->item.epoch;
		hand(set, claim->from, &item);
	}
	settle_copies(set, entry, owner);
	item.what = SSI_ITEM_OWNER;
	item.epoch = entry->epoch;
	settle_backups(set, entry, owner, &item);
	if (item.nr_backups)
		hand(set, owner->from, &item);
}

/* Verdicts */
static void move_content(struct ssi_kddm_set *set, struct ssi_object *from,
			 struct ssi_object *to)
{
	ssi_object_set_data(set, to, from->data,
			    from->flags & (SSI_OBJECT_LOCAL | SSI_OBJECT_WIRE));
	to->version = from->version;
	to->flags |= from->flags & SSI_OBJECT_EMPTY;
	from->data = NULL;
	ssi_object_free(set, from);
}

/* The record of content that this node keeps, taken out of its index. */
static struct ssi_object *take_kept(struct ssi_kddm_set *set, u64 id,
				    bool given)
{
	struct ssi_record *record = ssi_index_find(&set->given, id);
	struct ssi_object *object = (struct ssi_object *)record;

	if (object && (given || object->flags & SSI_OBJECT_KEPT)) {
		ssi_index_remove(&set->given, record);
		return object;
	}
	record = ssi_index_find(&set->backups, id);
	if (record)
		ssi_index_remove(&set->backups, record);
	return (struct ssi_object *)record;
}

/* The content that this node has of the object, as a record to own. */
static struct ssi_object *take_content(struct ssi_kddm_set *set, u64 id,
				       bool given)
{
	struct ssi_object *object = ssi_object_find(set, id), *from;

	if (!given && object && object->state == SSI_OBJECT_READ)
		return object;
	if (object && (object->pins || object->data))
		return NULL;
	from = take_kept(set, id, given);
	if (!from)
		return NULL;
	if (object) {
		move_content(set, from, object);
		return object;
	}
	from->flags &= SSI_OBJECT_LOCAL | SSI_OBJECT_WIRE | SSI_OBJECT_EMPTY;
	ssi_index_add(&set->objects, &from->record);
	return from;
}

static void take_ownership(struct ssi_kddm_set *set,
			   const struct ssi_item *item)
{
	struct ssi_object *object = ssi_object_find(set, item->id);

	if (!object || !ssi_object_is_owned(object)) {
		object = take_content(set, item->id, item->seq);
		if (!object) {
			ssi_kddm_stray(set, item->id, "nothing to own");
			return;
		}
		object->state = SSI_OBJECT_OWNER;
		object->flags &= ~SSI_OBJECT_ASKED;
		memset(&object->copies, 0, sizeof(object->copies));
		object->nr_backups = 0;
		ssi_backup_forget(set, item->id);
	}
	object->flags &= ~SSI_OBJECT_REMOVED;
	object->epoch = item->epoch;
	if (item->nr_backups) {
		object->nr_backups = item->nr_backups;
		memcpy(object->backups, item->backups, sizeof(item->backups));
	}
}

/* It is another's: given away, or removed and made again meanwhile. */
static void forget_ownership(struct ssi_kddm_set *set,
			     const struct ssi_item *item)
{
	struct ssi_object *object, *given;

	given = (struct ssi_object *)ssi_index_find(&set->given, item->id);
	if (given && given->epoch == item->epoch) {
		ssi_index_remove(&set->given, &given->record);
		if (given->flags & SSI_OBJECT_KEPT)
			ssi_index_add(&set->backups, &given->record);
		else
			ssi_object_free(set, given);
	}
	object = ssi_object_find(set, item->id);
	if (!object || !ssi_object_is_owned(object) ||
	    object->epoch != item->epoch)
		return;
	if (ssi_object_first(object) &&
	    ssi_object_first(object)->op == SSI_KDDM_REMOVE)
		ssi_object_end(set, object, ssi_object_first(object), 0);
	ssi_copyset_clear(set->kddm, &object->copies);
	ssi_object_set_data(set, object, NULL, 0);
	object->nr_backups = 0;
	object->flags = 0;
	object->state = SSI_OBJECT_INVALID;
}

static int apply(struct ssi_kddm_set *set, const struct ssi_item *item)
{
	struct ssi_object *object;

	switch (item->what) {
	case SSI_ITEM_OWNER:
		take_ownership(set, item);
		return 0;
	case SSI_ITEM_GIVEN:
		forget_ownership(set, item);
		return 0;
	case SSI_ITEM_BACKUP:
		ssi_backup_forget(set, item->id);
		return 0;
	}
	object = ssi_object_find(set, item->id);
	if (!object)
		return 0;
	if (item->what == SSI_ITEM_COPY && object->state == SSI_OBJECT_READ) {
		object->owner = item->node;
		object->epoch = item->epoch;
	} else if (item->what == SSI_ITEM_KNOWN &&
		   ssi_object_is_owned(object)) {
		return ssi_copyset_add(set->kddm, &object->copies, item->node);
	} else if (item->what == SSI_ITEM_UNSAFE &&
		   ssi_object_is_owned(object) &&
		   !(object->flags & SSI_OBJECT_EMPTY)) {
		object->flags |= SSI_OBJECT_DIRTY;
	}
	return 0;
}

static void settle_all(struct ssi_kddm_set *set)
{
	ssi_index_walk(&set->entries, settle_entry, set);
}

/* SECURE */
static void hand_over(struct ssi_kddm_set *set, struct ssi_object *object)
{
	struct ssi_kddm *kddm = set->kddm;
	struct ssi_packet packet = {
		.type = SSI_PACKET_HAND_OVER,
		.seq = kddm->generation,
		.id = object->record.id,
		.epoch = object->epoch,
		.version = object->version,
		.nr_backups = object->nr_backups,
	};

	memcpy(packet.backups, object->backups, sizeof(packet.backups));
	if (object->flags & SSI_OBJECT_EMPTY)
		packet.flags = SSI_PACKET_EMPTY;
	else
		packet.data = object->data;
	object->flags |= SSI_OBJECT_LEAVING;
	ssi_kddm_send(set, ssi_set_home(set, object->record.id), &packet);
}

/**
 * ssi_recovery_pump() - go on with what SECURE does to an object
 * @set: the set
 * @object: SSI_OBJECT_OWNER, no io linker at it
 */
void ssi_recovery_pump(struct ssi_kddm_set *set, struct ssi_object *object)
{
	struct ssi_waiter *first = ssi_object_first(object);
	u16 ready = SSI_OBJECT_WIRE | SSI_OBJECT_EMPTY;

	if (!(object->flags & SSI_OBJECT_SECURING) ||
	    object->flags & SSI_OBJECT_HELD)
		return;
	if (object->flags & SSI_OBJECT_DIRTY && ssi_set_nr_backups(set)) {
		ssi_backup_start(set, object);
		return;
	}
	object->flags &= ~SSI_OBJECT_DIRTY;
	if (first && (first->op == SSI_KDDM_PUT || first->written))
		ssi_object_end(set, object, first, 0);
	if (!set->kddm->leaving)
		ssi_recovery_secured(set->kddm, object);
	else if (object->pins)
		return;
	else if (!(object->flags & ready))
		ssi_object_link(set, object, SSI_LINKER_EXPORT);
	else
		hand_over(set, object);
}

/**
 * ssi_recovery_secured() - recovery need not wait for an object any more
 * @kddm: the node
 * @object: any
 */
void ssi_recovery_secured(struct ssi_kddm *kddm, struct ssi_object *object)
{
	if (!(object->flags & SSI_OBJECT_SECURING))
		return;
	if (kddm->leaving && !(object->flags & SSI_OBJECT_LEAVING) &&
	    !(object->flags & SSI_OBJECT_LINKING) &&
	    !(object->flags & SSI_OBJECT_DIRTY))
		return;		/* safe, and not yet handed over */
	object->flags &= ~SSI_OBJECT_SECURING;
	kddm->busy--;
	check(kddm);
}

static void secure_object(struct ssi_kddm_set *set, struct ssi_record *record)
{
	struct ssi_object *object = (struct ssi_object *)record;
	unsigned int i;
	u16 home;

	if (!ssi_object_is_owned(object))
		return;
	if (set->kddm->leaving) {
		home = ssi_set_home(set, record->id);
		for (i = 0; i < object->nr_backups; i++) {
			if (object->backups[i] != home)
				continue;
			object->backups[i] =
				object->backups[--object->nr_backups];
			object->flags |= SSI_OBJECT_DIRTY;
		}
	} else if (!(object->flags & SSI_OBJECT_DIRTY) ||
		   object->flags & (SSI_OBJECT_HELD | SSI_OBJECT_EMPTY)) {
		return;
	}
	object->flags |= SSI_OBJECT_SECURING;
	set->kddm->busy++;
	ssi_object_pump(set, object);
}

static void secure_all(struct ssi_kddm_set *set)
{
	ssi_index_walk(&set->objects, secure_object, set);
}

/* Home: who was told to be reading an object that is handed over. */
static int collect_copies(struct ssi_kddm_set *set, u64 id,
			  struct ssi_copyset *copies)
{
	struct ssi_entry *entry = ssi_directory_entry(set, id);
	struct ssi_claim *claim;

	for (claim = entry ? entry->claims : NULL; claim; claim = claim->next) {
		if (claim->item.what != SSI_ITEM_COPY ||
		    claim->from == set->kddm->self)
			continue;
		if (ssi_copyset_add(set->kddm, copies, claim->from)) {
			ssi_copyset_clear(set->kddm, copies);
			return -ENOMEM;
		}
	}
	return 0;
}

static int take_over(struct ssi_kddm_set *set, const struct ssi_packet *packet)
{
	struct ssi_object *object = ssi_object_find(set, packet->id);
	bool empty = packet->flags & SSI_PACKET_EMPTY;
	struct ssi_copyset copies = { };

	if (!set->kddm->recovering || (!empty && !packet->data) ||
	    (object && ssi_object_is_owned(object))) {
		ssi_kddm_stray(set, packet->id, "an object nobody can take");
		return 0;
	}
	if (collect_copies(set, packet->id, &copies))
		return -ENOMEM;
	if (!object)
		object = ssi_object_create(set, &set->objects, packet->id);
	if (!object) {
		ssi_copyset_clear(set->kddm, &copies);
		return -ENOMEM;
	}
	if (empty) {
		object->flags |= SSI_OBJECT_EMPTY;
	} else if (object->state != SSI_OBJECT_READ) {
		set->kddm->ops->hold(set->kddm->context, packet->data);
		ssi_object_set_data(set, object, packet->data,
				    SSI_OBJECT_WIRE);
	}
	object->flags &= ~SSI_OBJECT_ASKED;
	object->state = SSI_OBJECT_OWNER;
	object->copies = copies;
	object->version = packet->version;
	object->epoch = ssi_kddm_stamp(set->kddm);
	object->nr_backups = packet->nr_backups;
	memcpy(object->backups, packet->backups, sizeof(object->backups));
	ssi_backup_forget(set, packet->id);
	ssi_directory_erase(set, packet->id);
	return 0;
}

static void receive_taken(struct ssi_kddm_set *set,
			  const struct ssi_packet *packet)
{
	struct ssi_object *object = ssi_object_find(set, packet->id);

	if (!object || !(object->flags & SSI_OBJECT_LEAVING) ||
	    packet->seq != set->kddm->generation)
		return;
	if (packet->error) {
		set->kddm->again = true;
		object->flags &= ~SSI_OBJECT_LEAVING;
		return;
	}
	ssi_recovery_secured(set->kddm, object);
	object->flags &= ~SSI_OBJECT_LEAVING;
	ssi_owner_dissolve(set, object, SSI_NODE_NONE, 0);
}

/* RESUME */
static void resume_entry(struct ssi_kddm_set *set, struct ssi_record *record)
{
	struct ssi_entry *entry = (struct ssi_entry *)record;

	ssi_directory_forget_claims(set, entry);
	if (!entry->decided || entry->owner == set->kddm->self)
		ssi_directory_erase(set, record->id);
}

static void drop_old(struct ssi_kddm_set *set, struct ssi_record *record)
{
	ssi_index_remove(&set->old, record);
	ssi_kddm_free(set->kddm, record, sizeof(struct ssi_entry));
}

static void forget_asked(struct ssi_kddm_set *set, struct ssi_record *record)
{
	(void)set;
	((struct ssi_object *)record)->flags &= ~SSI_OBJECT_ASKED;
}

static void pump(struct ssi_kddm_set *set, struct ssi_record *record)
{
	ssi_object_pump(set, (struct ssi_object *)record);
}

static void resume(struct ssi_kddm *kddm)
{
	struct ssi_kddm_set *set;

	for (set = kddm->sets; set; set = set->next) {
		ssi_index_walk(&set->entries, resume_entry, set);
		ssi_index_walk(&set->old, drop_old, set);
		ssi_index_walk(&set->objects, forget_asked, set);
	}
	kddm->recovering = false;
	ssi_nodeset_clear(&kddm->gone);
	for (set = kddm->sets; set; set = set->next)
		ssi_index_walk(&set->objects, pump, set);
}

static void run_step(struct ssi_kddm *kddm)
{
	struct ssi_kddm_set *set;

	kddm->generation++;
	kddm->awaited = 0;
	kddm->again = false;
	for (set = kddm->sets; set; set = set->next) {
		if (kddm->step == SSI_RECOVERY_QUIESCE)
			quiesce(set);
		else if (kddm->step == SSI_RECOVERY_REPORT)
			report_all(set);
		else if (kddm->step == SSI_RECOVERY_SETTLE)
			settle_all(set);
		else if (kddm->step == SSI_RECOVERY_SECURE)
			secure_all(set);
	}
	drop_batches(kddm, true);
	if (kddm->step == SSI_RECOVERY_RESUME)
		resume(kddm);
}

/**
 * ssi_recovery_step() - do a step of recovery
 * @kddm: this node, a member
 * @view: the view; looked at in the first step
 * @step: &enum ssi_recovery_stage; the first one may come at any time, the
 *	next one when ops->stage_done was called here and on all other members
 */
void ssi_recovery_step(struct ssi_kddm *kddm, const struct ssi_kddm_view *view,
		       unsigned int step)
{
	if (step == SSI_RECOVERY_QUIESCE) {
		drop_batches(kddm, false);
		set_view(kddm, view);
		kddm->recovering = true;
		kddm->busy = 0;
	}
	kddm->step = step;
	kddm->open = true;
	/* One more that is busy: this function, until it has begun all. */
	kddm->busy++;
	run_step(kddm);
	kddm->busy--;
	check(kddm);
}

/**
 * ssi_recovery_receive() - another node has said something about recovery
 * @set: the set
 * @from: the node
 * @packet: REPORT, VERDICT, HANDED, HAND_OVER or TAKEN
 */
void ssi_recovery_receive(struct ssi_kddm_set *set, u16 from,
			  const struct ssi_packet *packet)
{
	struct ssi_kddm *kddm = set->kddm;
	struct ssi_packet answer = {
		.type = SSI_PACKET_HANDED,
		.id = packet->id,
		.seq = packet->seq,
	};
	unsigned int i;

	switch (packet->type) {
	case SSI_PACKET_TAKEN:
		receive_taken(set, packet);
		return;
	case SSI_PACKET_HANDED:
		if (packet->seq != kddm->generation || !kddm->awaited)
			return;
		kddm->again |= !!packet->error;
		kddm->awaited--;
		check(kddm);
		return;
	case SSI_PACKET_HAND_OVER:
		answer.type = SSI_PACKET_TAKEN;
		answer.error = take_over(set, packet);
		break;
	}
	for (i = 0; i < packet->nr_items && !answer.error; i++)
		answer.error = packet->type == SSI_PACKET_REPORT ?
			       add_claim(set, from, &packet->items[i]) :
			       apply(set, &packet->items[i]);
	ssi_kddm_send(set, from, &answer);
}

/**
 * ssi_recovery_tick() - some time has passed
 * @kddm: the node
 */
void ssi_recovery_tick(struct ssi_kddm *kddm)
{
	struct ssi_kddm_set *set;

	if (!kddm->again || kddm->awaited)
		return;
	if (kddm->step == SSI_RECOVERY_SECURE) {
		kddm->again = false;
		for (set = kddm->sets; set; set = set->next)
			ssi_index_walk(&set->objects, pump, set);
		return;
	}
	kddm->busy++;
	run_step(kddm);
	kddm->busy--;
	check(kddm);
}

/* This node is out of the cluster: nothing here counts any more. */
static void reset_object(struct ssi_kddm_set *set, struct ssi_record *record)
{
	struct ssi_object *object = (struct ssi_object *)record;

	if (ssi_object_is_owned(object))
		ssi_copyset_clear(set->kddm, &object->copies);
	object->state = SSI_OBJECT_INVALID;
	object->flags &= SSI_OBJECT_LINKING | SSI_OBJECT_HELD;
	object->nr_backups = 0;
	if (!object->pins)
		ssi_object_set_data(set, object, NULL, 0);
	ssi_object_pump(set, object);
}

static void reset_given(struct ssi_kddm_set *set, struct ssi_record *record)
{
	ssi_index_remove(&set->given, record);
	ssi_object_free(set, (struct ssi_object *)record);
}

static void reset_backup(struct ssi_kddm_set *set, struct ssi_record *record)
{
	ssi_backup_forget(set, record->id);
}

static void reset_entry(struct ssi_kddm_set *set, struct ssi_record *record)
{
	ssi_directory_erase(set, record->id);
}

/**
 * ssi_recovery_reset() - the others went on without this node
 * @kddm: the node; afterwards in no view, and not serving; content that users
 *	have pinned stays until they put it
 */
void ssi_recovery_reset(struct ssi_kddm *kddm)
{
	struct ssi_kddm_set *set;

	ssi_kddm_serve(kddm, false);
	drop_batches(kddm, false);
	ssi_nodeset_clear(&kddm->all);
	ssi_nodeset_clear(&kddm->members);
	ssi_nodeset_clear(&kddm->gone);
	kddm->nr_members = 0;
	kddm->open = false;
	kddm->again = false;
	kddm->recovering = true;
	kddm->leaving = false;
	for (set = kddm->sets; set; set = set->next) {
		ssi_directory_clear_hints(set);
		ssi_index_walk(&set->objects, quiesce_object, set);
		ssi_index_walk(&set->objects, reset_object, set);
		ssi_index_walk(&set->given, reset_given, set);
		ssi_index_walk(&set->backups, reset_backup, set);
		ssi_index_walk(&set->entries, reset_entry, set);
		ssi_index_walk(&set->old, drop_old, set);
	}
}
