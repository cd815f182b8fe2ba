// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner.c: the queue of an object at its owner (pure C).
 *
 * Owns who is served next: whoever is first, and nobody before.  A reader of
 * this node waits behind a writer too, so that neither starves.  When the
 * ownership goes, who is still in the queue goes along, in order.
 *
 * A version that is not safe (DIRTY) is seen by nobody: the backups come
 * first, whoever asks.
 */
#include "kddm-private.h"

/**
 * ssi_waiter_writes() - does it need to be alone?
 * @waiter: in the queue of an object
 * Return: false for readers.
 */
bool ssi_waiter_writes(const struct ssi_waiter *waiter)
{
	return waiter->op != SSI_KDDM_GET;
}

/* A user of this node goes on waiting, now for another node's object. */
static void wait_again(struct ssi_kddm_set *set, u64 id,
		       struct ssi_waiter *waiter)
{
	struct ssi_object *object = ssi_object_find(set, id);

	if (!object)
		object = ssi_object_create(set, &set->objects, id);
	if (object)
		ssi_object_push(object, waiter);
	else
		ssi_object_fail(set, id, waiter, -ENOMEM);
}

/* Who was in the queue of an object that is now another's, in order. */
static void dissolve(struct ssi_kddm_set *set, u64 id, struct ssi_waiter *last,
		     u16 to, u64 epoch)
{
	struct ssi_waiter *waiter, *next;
	struct ssi_object *object;
	bool more = last;

	for (waiter = last ? last->next : NULL; more; waiter = next) {
		next = waiter->next;
		more = waiter != last;
		if (waiter->op == SSI_KDDM_FLUSH)
			ssi_object_fail(set, id, waiter, 0);
		else if (waiter->node != set->kddm->self)
			ssi_directory_forward(set, id, waiter, to, epoch);
		else
			wait_again(set, id, waiter);
	}
	object = ssi_object_find(set, id);
	if (object)
		ssi_object_pump(set, object);
}

/**
 * ssi_owner_dissolve() - the record goes, its queue looks for another owner
 * @set: the set
 * @object: among set->objects; freed
 * @to: who is the owner, SSI_NODE_NONE: the home knows
 * @epoch: of that ownership
 */
void ssi_owner_dissolve(struct ssi_kddm_set *set, struct ssi_object *object,
			u16 to, u64 epoch)
{
	struct ssi_waiter *last = object->last;
	u64 id = object->record.id;

	object->last = NULL;
	ssi_index_remove(&set->objects, &object->record);
	ssi_object_free(set, object);
	dissolve(set, id, last, to, epoch);
}

/* The new owner is no backup any more; this node is, in its place. */
static void swap_backup(struct ssi_kddm *kddm, struct ssi_object *object,
			u16 to)
{
	unsigned int i;

	for (i = 0; i < object->nr_backups; i++) {
		if (object->backups[i] == to) {
			object->backups[i] = kddm->self;
			object->flags |= SSI_OBJECT_KEPT;
			return;
		}
	}
}

/* The record stays, with the content, until the other node says it has it. */
static void turn_given(struct ssi_kddm_set *set, struct ssi_object *object,
		       u16 to, u32 seq, u64 epoch)
{
	ssi_index_remove(&set->objects, &object->record);
	ssi_copyset_clear(set->kddm, &object->copies);
	object->last = NULL;
	object->state = SSI_OBJECT_INVALID;
	object->flags &= SSI_OBJECT_KEPT | SSI_OBJECT_EMPTY |
			 SSI_OBJECT_LOCAL | SSI_OBJECT_WIRE;
	object->owner = to;
	object->seq = seq;
	object->epoch = epoch;
	ssi_index_add(&set->given, &object->record);
}

/* Make the first waiter, of another node, the owner.  False: not now. */
static bool grant(struct ssi_kddm_set *set, struct ssi_object *object,
		  struct ssi_waiter *waiter)
{
	struct ssi_kddm *kddm = set->kddm;
	bool reuse = waiter->has_copy &&
		     ssi_copyset_contains(&object->copies, waiter->node);
	struct ssi_waiter *last;
	struct ssi_packet packet = {
		.type = SSI_PACKET_GRANT,
		.id = object->record.id,
		.seq = waiter->seq,
		.version = object->version,
	};

	if (object->flags & SSI_OBJECT_EMPTY) {
		packet.flags = SSI_PACKET_EMPTY;
	} else if (reuse) {
		packet.flags = SSI_PACKET_NO_DATA;
	} else if (!(object->flags & SSI_OBJECT_WIRE)) {
		ssi_object_link(set, object, SSI_LINKER_EXPORT);
		return false;
	}
	packet.epoch = waiter->epoch ? waiter->epoch : ssi_kddm_stamp(kddm);
	if (ssi_set_is_home(set, packet.id) &&
	    ssi_directory_set(set, packet.id, waiter->node, packet.epoch)) {
		ssi_object_end(set, object, waiter, -ENOMEM);
		return true;
	}
	if (object->flags & SSI_OBJECT_UNACKED)
		ssi_directory_confirm(set, object);
	swap_backup(kddm, object, waiter->node);
	packet.nr_backups = object->nr_backups;
	memcpy(packet.backups, object->backups, sizeof(packet.backups));
	if (!packet.flags)
		packet.data = object->data;
	ssi_object_pop(object, waiter);
	last = object->last;
	ssi_kddm_send(set, waiter->node, &packet);
	turn_given(set, object, waiter->node, waiter->seq, packet.epoch);
	dissolve(set, packet.id, last, waiter->node, packet.epoch);
	ssi_kddm_free(kddm, waiter, sizeof(*waiter));
	return false;
}

/* Send a reader of another node its copy.  False: not now. */
static bool send_copy(struct ssi_kddm_set *set, struct ssi_object *object,
		      struct ssi_waiter *waiter)
{
	struct ssi_packet packet = {
		.type = SSI_PACKET_COPY,
		.id = object->record.id,
		.seq = waiter->seq,
		.epoch = object->epoch,
		.version = object->version,
	};
	int error;

	if (!(object->flags & SSI_OBJECT_WIRE)) {
		ssi_object_link(set, object, SSI_LINKER_EXPORT);
		return false;
	}
	error = ssi_copyset_add(set->kddm, &object->copies, waiter->node);
	packet.data = object->data;
	if (!error)
		ssi_kddm_send(set, waiter->node, &packet);
	ssi_object_end(set, object, waiter, error);
	return true;
}

static bool has_other_copies(const struct ssi_object *object,
			     const struct ssi_waiter *waiter)
{
	return object->copies.nr >
	       ssi_copyset_contains(&object->copies, waiter->node);
}

/* All copies have to go, but that of the writer. */
static void invalidate(struct ssi_kddm_set *set, struct ssi_object *object,
		       struct ssi_waiter *waiter)
{
	struct ssi_kddm *kddm = set->kddm;
	struct ssi_packet packet = {
		.type = SSI_PACKET_INVALIDATE,
		.id = object->record.id,
		.node = kddm->self,
		.epoch = object->epoch,
	};
	unsigned int i;
	u16 node;

	if (waiter->flags & SSI_KDDM_TRY) {
		packet.flags = SSI_PACKET_TRY;
	} else if (waiter->node != kddm->self) {
		waiter->epoch = ssi_kddm_stamp(kddm);
		packet.node = waiter->node;
		packet.epoch = waiter->epoch;
	}
	object->state = SSI_OBJECT_INVALIDATING;
	object->awaited = 0;
	for (i = 0; i < object->copies.nr; i++) {
		node = ssi_copyset_get(&object->copies, i);
		if (node == waiter->node)
			continue;
		object->awaited++;
		ssi_kddm_send(set, node, &packet);
	}
}

/**
 * ssi_owner_invalidated() - a node has dropped its copy, or not
 * @set: the set
 * @object: the object
 * @from: the node
 * @error: 0, or -EAGAIN when the copy is in use
 */
void ssi_owner_invalidated(struct ssi_kddm_set *set, struct ssi_object *object,
			   u16 from, int error)
{
	if (object->state != SSI_OBJECT_INVALIDATING ||
	    !ssi_copyset_contains(&object->copies, from)) {
		ssi_kddm_stray(set, object->record.id, "nothing to invalidate");
		return;
	}
	if (error)
		object->flags |= SSI_OBJECT_BUSY;
	else
		ssi_copyset_remove(set->kddm, &object->copies, from);
	if (--object->awaited)
		return;
	object->state = SSI_OBJECT_OWNER;
	ssi_object_pump(set, object);
}

/* New content, by a user of this node that is alone. */
static void overwrite(struct ssi_kddm_set *set, struct ssi_object *object,
		      struct ssi_kddm_request *request)
{
	ssi_object_set_data(set, object, request->data, SSI_OBJECT_LOCAL);
	request->data = NULL;
	object->version = ssi_kddm_stamp(set->kddm);
	request->version = object->version;
	object->flags &= ~SSI_OBJECT_EMPTY;
	object->flags |= SSI_OBJECT_DIRTY;
	request->waiter.written = true;
}

/* Nobody else has the object, and the first waiter wants that.  False: later. */
static bool serve_alone(struct ssi_kddm_set *set, struct ssi_object *object,
			struct ssi_waiter *waiter)
{
	switch (waiter->op) {
	case SSI_KDDM_FLUSH:
		ssi_object_end(set, object, waiter, 0);
		return true;
	case SSI_KDDM_SET:
		overwrite(set, object, (struct ssi_kddm_request *)waiter);
		return true;
	case SSI_KDDM_REMOVE:
		ssi_backup_remove(set, object);
		return false;
	default:
		if (!(object->flags & SSI_OBJECT_LOCAL)) {
			ssi_object_link(set, object, SSI_LINKER_IMPORT);
			return false;
		}
		ssi_object_give_pin(set, object, waiter);
		return true;
	}
}

/* The first waiter needs to be alone.  False: not now. */
static bool serve_writer(struct ssi_kddm_set *set, struct ssi_object *object,
			 struct ssi_waiter *waiter)
{
	bool busy = object->flags & SSI_OBJECT_BUSY || object->pins;

	object->flags &= ~SSI_OBJECT_BUSY;
	if (busy && waiter->flags & SSI_KDDM_TRY) {
		ssi_object_end(set, object, waiter, -EAGAIN);
		return true;
	}
	if (object->pins)
		return false;
	if (has_other_copies(object, waiter)) {
		invalidate(set, object, waiter);
		return false;
	}
	if (waiter->node != set->kddm->self && waiter->op != SSI_KDDM_FLUSH)
		return grant(set, object, waiter);
	return serve_alone(set, object, waiter);
}

/* The first waiter needs content, and there is none yet.  False: not now. */
static bool serve_empty(struct ssi_kddm_set *set, struct ssi_object *object,
			struct ssi_waiter *waiter)
{
	bool other = waiter->node != set->kddm->self;

	if (waiter->flags & SSI_KDDM_NO_CREATE && !waiter->overwrite) {
		ssi_object_end(set, object, waiter, -ENOENT);
		return true;
	}
	if (waiter->overwrite || waiter->op == SSI_KDDM_FLUSH ||
	    (other && ssi_waiter_writes(waiter) &&
	     !set->definition.touch_home))
		return serve_writer(set, object, waiter);
	ssi_object_link(set, object, SSI_LINKER_TOUCH);
	return false;
}

/* Serve the first waiter.  False: not now, or the record is gone. */
static bool serve(struct ssi_kddm_set *set, struct ssi_object *object,
		  struct ssi_waiter *waiter)
{
	if (waiter->op == SSI_KDDM_PUT || waiter->written) {
		ssi_object_end(set, object, waiter, 0);
		return true;
	}
	if (set->frozen)
		return false;
	if (object->flags & SSI_OBJECT_HELD) {
		if (!(waiter->flags & SSI_KDDM_TRY))
			return false;
		ssi_object_end(set, object, waiter, -EAGAIN);
		return true;
	}
	if (object->flags & SSI_OBJECT_EMPTY)
		return serve_empty(set, object, waiter);
	if (ssi_waiter_writes(waiter))
		return serve_writer(set, object, waiter);
	if (waiter->node != set->kddm->self)
		return send_copy(set, object, waiter);
	if (!(object->flags & SSI_OBJECT_LOCAL)) {
		ssi_object_link(set, object, SSI_LINKER_IMPORT);
		return false;
	}
	ssi_object_give_pin(set, object, waiter);
	return true;
}

/**
 * ssi_owner_pump() - serve the queue as far as it goes
 * @set: the set
 * @object: owned; may be gone afterwards
 */
void ssi_owner_pump(struct ssi_kddm_set *set, struct ssi_object *object)
{
	struct ssi_waiter *first;

	for (;;) {
		first = ssi_object_first(object);
		if (object->state != SSI_OBJECT_OWNER ||
		    object->flags & (SSI_OBJECT_LINKING | SSI_OBJECT_LEAVING))
			return;
		if (set->kddm->recovering || set->kddm->leaving) {
			ssi_recovery_pump(set, object);
			return;
		}
		if (!first)
			return;
		/* What a writer holds is made safe when it has finished. */
		if ((object->flags & (SSI_OBJECT_DIRTY | SSI_OBJECT_HELD)) ==
		    SSI_OBJECT_DIRTY) {
			if (ssi_set_nr_backups(set)) {
				ssi_backup_start(set, object);
				return;
			}
			object->flags &= ~SSI_OBJECT_DIRTY;
		}
		if (!serve(set, object, first))
			return;
	}
}

/**
 * ssi_owner_put() - a writer of this node has finished
 * @set: the set
 * @object: held
 * @request: PUT, ends when the new version is safe
 */
void ssi_owner_put(struct ssi_kddm_set *set, struct ssi_object *object,
		   struct ssi_kddm_request *request)
{
	object->flags &= ~(SSI_OBJECT_HELD | SSI_OBJECT_WIRE);
	object->flags |= SSI_OBJECT_DIRTY;
	object->version = ssi_kddm_stamp(set->kddm);
	object->pins--;
	request->version = object->version;
	if (set->kddm->serving)
		ssi_object_push(object, &request->waiter);
	else
		ssi_object_fail(set, request->id, &request->waiter, -EHOSTDOWN);
	ssi_object_pump(set, object);
}
