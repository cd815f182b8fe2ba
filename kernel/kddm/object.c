// SPDX-License-Identifier: GPL-2.0-only
/*
 * object.c: an object at a node (pure C: events in, packets out, no kernel
 * header, no clock, no allocation but by ops->alloc).
 *
 * Owns the record of an object, its queue and what this node's users and other
 * nodes' answers do to it.  Who is served next is owner.c's when this node is
 * the owner, and where to ask is directory.c's when it is not.
 *
 * One node owns an object.  It is the only one that lets others read (COPY) or
 * makes them owner (GRANT), one waiter after the other, in order of arrival.
 * A writer is owner and alone: copies are invalidated before.
 *
 *	reader                owner                 copies
 *	ASK read -----------> adds to copy set
 *	<--------------- COPY
 *
 *	writer                owner                 copies
 *	ASK write ----------> INVALIDATE ---------> pins gone, copy dropped
 *	                      <--------- INVALIDATED
 *	<-------------- GRANT keeps content until
 *	RECEIVED -----------> this has come (later, many at once)
 *
 *	state         event                         next
 *	INVALID       COPY                          READ
 *	              GRANT                         OWNER
 *	              home, nobody has the object   OWNER, empty
 *	              NAK                           INVALID, the first one fails
 *	READ          INVALIDATE, no pin            INVALID
 *	              INVALIDATE                    READ, doomed
 *	              last pin goes, doomed         INVALID
 *	              GRANT                         OWNER
 *	OWNER         a writer is first, copies     INVALIDATING
 *	              a writer of another node is   given away, record gone
 *	              a version is not safe         BACKING
 *	              a remover is first            REMOVING
 *	INVALIDATING  all have answered             OWNER
 *	BACKING       all have answered             OWNER
 *	REMOVING      all have answered             record gone
 *	any           the record is idle, INVALID   record gone
 *	view change   INVALIDATING, BACKING,        OWNER, the first one starts
 *	              REMOVING                      again
 *	              READ, owner gone              as recovery.c decides
 *
 * Invariants, checked by tests/sim after each event:
 *
 *	1. In a view one node at most owns an object; one in REMOVING does
 *	   not count, somebody else may have made a new object.
 *	2. While a writer holds it nobody else does, and there is no copy.
 *	3. A node's users see versions only grow, until the object is removed
 *	   or lost.
 *	4. A version whose writer was told that it is safe survives the loss of
 *	   as many nodes at once as the set has backups.
 *	5. Every request ends once whoever holds the object puts it.
 *	6. When it is quiet homes and owners agree; when sets are destroyed no
 *	   memory is left.
 */
#include "kddm-private.h"

/**
 * ssi_object_find() - what this node knows of an object
 * @set: the set
 * @id: the object
 * Return: its record among set->objects, or NULL.
 */
struct ssi_object *ssi_object_find(struct ssi_kddm_set *set, u64 id)
{
	return (struct ssi_object *)ssi_index_find(&set->objects, id);
}

/**
 * ssi_object_create() - a record in which nothing is
 * @set: the set
 * @table: objects, given or backups of @set, without that object
 * @id: the object
 * Return: the record, or NULL without memory.
 */
struct ssi_object *ssi_object_create(struct ssi_kddm_set *set,
				     struct ssi_index *table, u64 id)
{
	struct ssi_object *object;

	object = ssi_kddm_alloc(set->kddm, sizeof(*object));
	if (!object)
		return NULL;
	object->record.id = id;
	object->owner = SSI_NODE_NONE;
	ssi_index_add(table, &object->record);
	return object;
}

/**
 * ssi_object_free() - forget a record and its content
 * @set: the set
 * @object: in no table, with an empty queue
 */
void ssi_object_free(struct ssi_kddm_set *set, struct ssi_object *object)
{
	ssi_object_set_data(set, object, NULL, 0);
	if (ssi_object_is_owned(object))
		ssi_copyset_clear(set->kddm, &object->copies);
	ssi_kddm_free(set->kddm, object, sizeof(*object));
}

/**
 * ssi_object_is_owned() - is this node the owner?
 * @object: among set->objects
 * Return: true for each of the owner's states.
 */
bool ssi_object_is_owned(const struct ssi_object *object)
{
	return object->state >= SSI_OBJECT_OWNER;
}

/**
 * ssi_object_set_data() - replace the content
 * @set: the set
 * @object: the object; nobody has it pinned
 * @data: a use of it becomes the object's; NULL for none
 * @form: SSI_OBJECT_LOCAL, SSI_OBJECT_WIRE, both, or 0
 */
void ssi_object_set_data(struct ssi_kddm_set *set, struct ssi_object *object,
			 void *data, u16 form)
{
	if (object->data)
		set->kddm->ops->release(set->kddm->context, object->data);
	object->data = data;
	object->flags &= ~(SSI_OBJECT_LOCAL | SSI_OBJECT_WIRE);
	object->flags |= form;
}

/**
 * ssi_object_link() - let the io linker do something with the content
 * @set: the set
 * @object: no io linker is at it
 * @op: what
 */
void ssi_object_link(struct ssi_kddm_set *set, struct ssi_object *object,
		     enum ssi_linker_op op)
{
	object->flags |= SSI_OBJECT_LINKING;
	object->link = op;
	object->pins++;
	set->kddm->ops->link(set->kddm->context, set, object->record.id, op,
			     object->data);
}

/* A copy that was to go can go now. */
static void drop_copy(struct ssi_kddm_set *set, struct ssi_object *object)
{
	struct ssi_packet packet = {
		.type = SSI_PACKET_INVALIDATED,
		.id = object->record.id,
	};

	object->flags &= ~SSI_OBJECT_DOOMED;
	object->state = SSI_OBJECT_INVALID;
	ssi_object_set_data(set, object, NULL, 0);
	ssi_kddm_send(set, object->owner, &packet);
}

static void unpin(struct ssi_kddm_set *set, struct ssi_object *object)
{
	if (!--object->pins && object->flags & SSI_OBJECT_DOOMED)
		drop_copy(set, object);
	ssi_object_pump(set, object);
}

/**
 * ssi_object_linked() - the io linker has answered
 * @set: the set
 * @id: the object of the last ops->link
 * @error: 0 or negative errno
 * @data: the content, a use of it becomes the object's; it may be what there
 *	was; not looked at when @error is set
 */
void ssi_object_linked(struct ssi_kddm_set *set, u64 id, int error, void *data)
{
	struct ssi_object *object = ssi_object_find(set, id);
	struct ssi_waiter *first;
	u16 form;

	if (!object || !(object->flags & SSI_OBJECT_LINKING)) {
		ssi_kddm_stray(set, id, "nobody asked the io linker");
		return;
	}
	object->flags &= ~SSI_OBJECT_LINKING;
	first = ssi_object_first(object);
	if (error) {
		ssi_recovery_secured(set->kddm, object);
		if (first)
			ssi_object_end(set, object, first, error);
		unpin(set, object);
		return;
	}
	form = object->flags & (SSI_OBJECT_LOCAL | SSI_OBJECT_WIRE);
	form |= object->link == SSI_LINKER_EXPORT ? SSI_OBJECT_WIRE :
						    SSI_OBJECT_LOCAL;
	if (data == object->data)
		object->flags |= form;
	else
		ssi_object_set_data(set, object, data, form);
	if (object->link == SSI_LINKER_TOUCH) {
		object->flags &= ~SSI_OBJECT_EMPTY;
		object->flags |= SSI_OBJECT_DIRTY;
		object->version = ssi_kddm_stamp(set->kddm);
	}
	unpin(set, object);
}

/**
 * ssi_object_first() - who is first in the queue
 * @object: the object
 * Return: the waiter, or NULL.
 */
struct ssi_waiter *ssi_object_first(const struct ssi_object *object)
{
	return object->last ? object->last->next : NULL;
}

/**
 * ssi_object_push() - put somebody at the end of the queue
 * @object: the object
 * @waiter: in no queue; PUT goes to the head
 */
void ssi_object_push(struct ssi_object *object, struct ssi_waiter *waiter)
{
	if (object->last) {
		waiter->next = object->last->next;
		object->last->next = waiter;
		if (waiter->op == SSI_KDDM_PUT)
			return;
	} else {
		waiter->next = waiter;
	}
	object->last = waiter;
}

/**
 * ssi_object_pop() - take somebody out of the queue
 * @object: the object
 * @waiter: if not in the queue, nothing happens
 */
void ssi_object_pop(struct ssi_object *object, struct ssi_waiter *waiter)
{
	struct ssi_waiter *before = object->last;

	if (!before)
		return;
	while (before->next != waiter) {
		before = before->next;
		if (before == object->last)
			return;
	}
	if (before == waiter) {
		object->last = NULL;
		return;
	}
	before->next = waiter->next;
	if (object->last == waiter)
		object->last = before;
}

/**
 * ssi_object_fail() - tell somebody who is in no queue how it ended
 * @set: the set
 * @id: the object
 * @waiter: of this node: completed; of another: told, unless @error is 0, and
 *	freed
 * @error: 0 or negative errno
 */
void ssi_object_fail(struct ssi_kddm_set *set, u64 id,
		     struct ssi_waiter *waiter, int error)
{
	struct ssi_kddm *kddm = set->kddm;
	struct ssi_kddm_request *request = (void *)waiter;
	struct ssi_packet packet = {
		.type = waiter->op == SSI_KDDM_FLUSH ? SSI_PACKET_FLUSHED :
						       SSI_PACKET_NAK,
		.id = id,
		.seq = waiter->seq,
		.error = error,
	};

	if (waiter->node == kddm->self) {
		request->error = error;
		request->active = false;
		kddm->ops->complete(kddm->context, request);
		return;
	}
	if (error || waiter->op == SSI_KDDM_FLUSH)
		ssi_kddm_send(set, waiter->node, &packet);
	ssi_kddm_free(kddm, waiter, sizeof(*waiter));
}

/**
 * ssi_object_end() - somebody in the queue has or does not get what it wanted
 * @set: the set
 * @object: the object
 * @waiter: in its queue
 * @error: 0 or negative errno
 */
void ssi_object_end(struct ssi_kddm_set *set, struct ssi_object *object,
		    struct ssi_waiter *waiter, int error)
{
	ssi_object_pop(object, waiter);
	ssi_object_fail(set, object->record.id, waiter, error);
}

/**
 * ssi_object_give_pin() - a user of this node may use the content
 * @set: the set
 * @object: valid, for a grab owned and unpinned
 * @waiter: GET or GRAB of this node, in the queue
 */
void ssi_object_give_pin(struct ssi_kddm_set *set, struct ssi_object *object,
			 struct ssi_waiter *waiter)
{
	struct ssi_kddm_request *request = (void *)waiter;

	request->data = object->data;
	request->version = object->version;
	if (!(waiter->flags & SSI_KDDM_NO_PIN)) {
		object->pins++;
		if (waiter->op == SSI_KDDM_GRAB) {
			object->flags |= SSI_OBJECT_HELD;
			object->flags &= ~SSI_OBJECT_WIRE;
		}
	}
	ssi_object_end(set, object, waiter, 0);
}

/* A waiter of another node, which this one, no owner after all, has to pass. */
static void pass_on(struct ssi_kddm_set *set, struct ssi_object *object,
		    struct ssi_waiter *waiter)
{
	ssi_object_pop(object, waiter);
	if (waiter->op == SSI_KDDM_FLUSH)
		ssi_object_fail(set, object->record.id, waiter, -EAGAIN);
	else
		ssi_directory_forward(set, object->record.id, waiter,
				      SSI_NODE_NONE, 0);
}

static bool is_idle(const struct ssi_object *object)
{
	return object->state == SSI_OBJECT_INVALID && !object->last &&
	       !object->pins && !(object->flags & SSI_OBJECT_ASKED);
}

/* A reader of this node is first, and there is a copy. */
static bool can_read(const struct ssi_kddm *kddm,
		     const struct ssi_object *object,
		     const struct ssi_waiter *waiter)
{
	return object->state == SSI_OBJECT_READ &&
	       !(object->flags & SSI_OBJECT_DOOMED) &&
	       waiter->node == kddm->self && !ssi_waiter_writes(waiter);
}

static bool may_pump_other(const struct ssi_kddm_set *set,
			   const struct ssi_object *object)
{
	if (object->flags & SSI_OBJECT_LINKING || set->frozen ||
	    set->kddm->recovering)
		return false;
	/* Content that is no copy any more, and still in use. */
	return !object->pins || object->state != SSI_OBJECT_INVALID;
}

/* The queue of an object that is another's, or nobody's.  False: later. */
static bool serve_other(struct ssi_kddm_set *set, struct ssi_object *object,
			struct ssi_waiter *first)
{
	if (can_read(set->kddm, object, first)) {
		if (!(object->flags & SSI_OBJECT_LOCAL)) {
			ssi_object_link(set, object, SSI_LINKER_IMPORT);
			return false;
		}
		ssi_object_give_pin(set, object, first);
		return true;
	}
	if (object->flags & SSI_OBJECT_ASKED)
		return false;
	if (first->node != set->kddm->self && first->op != SSI_KDDM_FLUSH) {
		pass_on(set, object, first);
		return true;
	}
	if (object->flags & SSI_OBJECT_DOOMED) {
		if (!(first->flags & SSI_KDDM_TRY))
			return false;
		ssi_object_end(set, object, first, -EAGAIN);
		return true;
	}
	ssi_directory_ask(set, object);
	return true;
}

/**
 * ssi_object_pump() - serve the queue as far as it goes
 * @set: the set
 * @object: among set->objects; may be gone afterwards
 */
void ssi_object_pump(struct ssi_kddm_set *set, struct ssi_object *object)
{
	u64 id = object->record.id;
	struct ssi_waiter *first;

	while (!ssi_object_is_owned(object) &&
	       (first = ssi_object_first(object)) &&
	       may_pump_other(set, object) &&
	       serve_other(set, object, first)) {
		/* Who was passed on may have come back, to a new object. */
		object = ssi_object_find(set, id);
		if (!object)
			return;
	}
	if (ssi_object_is_owned(object)) {
		ssi_owner_pump(set, object);
	} else if (is_idle(object)) {
		ssi_index_remove(&set->objects, &object->record);
		ssi_object_free(set, object);
	}
}

/* Somebody else would have to let go first. */
static bool is_in_use(const struct ssi_object *object,
		      const struct ssi_waiter *waiter)
{
	if (object->last)
		return true;
	if (!ssi_object_is_owned(object))
		return false;
	return object->flags & SSI_OBJECT_HELD ||
	       (ssi_waiter_writes(waiter) && object->pins);
}

static void submit_flush(struct ssi_kddm_request *request)
{
	struct ssi_kddm_set *set = request->set;
	struct ssi_object *object = ssi_object_find(set, request->id);
	struct ssi_packet packet = {
		.type = SSI_PACKET_FLUSH,
		.id = request->id,
		.seq = request->waiter.seq,
	};

	if (!object || !ssi_object_is_owned(object)) {
		ssi_object_fail(set, request->id, &request->waiter, -ENOENT);
	} else if (request->node == set->kddm->self) {
		ssi_object_fail(set, request->id, &request->waiter, 0);
	} else if (set->kddm->recovering ||
		   !ssi_nodeset_contains(&set->kddm->members, request->node)) {
		ssi_object_fail(set, request->id, &request->waiter, -EAGAIN);
	} else {
		request->waiter.next = set->flushes;
		set->flushes = &request->waiter;
		ssi_kddm_send(set, request->node, &packet);
	}
}

static int may_submit(const struct ssi_kddm_set *set)
{
	if (set->going)
		return -EIDRM;
	if (!set->kddm->serving || set->kddm->leaving)
		return -EHOSTDOWN;
	return 0;
}

static void submit_put(struct ssi_kddm_request *request)
{
	struct ssi_object *object = ssi_object_find(request->set, request->id);

	if (!object || !(object->flags & SSI_OBJECT_HELD)) {
		ssi_object_fail(request->set, request->id, &request->waiter,
				-ENOENT);
	} else if (ssi_object_is_owned(object)) {
		ssi_owner_put(request->set, object, request);
	} else {
		/* This node was out of the cluster meanwhile. */
		object->flags &= ~SSI_OBJECT_HELD;
		ssi_object_fail(request->set, request->id, &request->waiter,
				-EHOSTDOWN);
		unpin(request->set, object);
	}
}

/**
 * ssi_object_submit() - a user of this node wants something
 * @request: op, flags, set, id, and data or node are filled in; ends with
 *	ops->complete, perhaps before this returns
 */
void ssi_object_submit(struct ssi_kddm_request *request)
{
	struct ssi_kddm_set *set = request->set;
	struct ssi_kddm *kddm = set->kddm;
	struct ssi_waiter *waiter = &request->waiter;
	struct ssi_object *object;
	int error = may_submit(set);

	request->active = true;
	waiter->node = kddm->self;
	waiter->seq = ++kddm->seqs;
	waiter->epoch = 0;
	waiter->written = false;
	waiter->overwrite = waiter->op == SSI_KDDM_SET ||
			    waiter->op == SSI_KDDM_REMOVE;
	if (waiter->op == SSI_KDDM_REMOVE)
		waiter->flags |= SSI_KDDM_NO_CREATE;
	if (waiter->op == SSI_KDDM_PUT) {
		submit_put(request);
		return;
	}
	if (!error && waiter->op == SSI_KDDM_FLUSH) {
		submit_flush(request);
		return;
	}
	object = error ? NULL : ssi_object_find(set, request->id);
	if (!error && !object) {
		object = ssi_object_create(set, &set->objects, request->id);
		error = object ? 0 : -ENOMEM;
	}
	if (!error && waiter->flags & SSI_KDDM_TRY && is_in_use(object, waiter))
		error = -EAGAIN;
	if (error) {
		ssi_object_fail(set, request->id, waiter, error);
		return;
	}
	ssi_object_push(object, waiter);
	ssi_object_pump(set, object);
}

/**
 * ssi_object_cancel() - a user does not want to wait any more
 * @request: ends with -EINTR, unless it has ended
 */
void ssi_object_cancel(struct ssi_kddm_request *request)
{
	struct ssi_kddm_set *set = request->set;
	struct ssi_waiter **flush = &set->flushes;
	struct ssi_object *object;

	if (!request->active)
		return;
	for (; *flush; flush = &(*flush)->next) {
		if (*flush != &request->waiter)
			continue;
		*flush = request->waiter.next;
		ssi_object_fail(set, request->id, &request->waiter, -EINTR);
		return;
	}
	object = ssi_object_find(set, request->id);
	if (!object)
		return;
	ssi_object_end(set, object, &request->waiter, -EINTR);
	ssi_object_pump(set, object);
}

/**
 * ssi_object_get_local() - use an object if that needs nobody
 * @set: the set
 * @id: the object
 * @data: filled in
 * @version: filled in
 * Return: 0, pinned, to be put with ssi_object_put_read(); -ENOENT when it
 *	would have to be fetched or waited for; what ssi_object_submit() ends
 *	with at once.
 */
int ssi_object_get_local(struct ssi_kddm_set *set, u64 id, void **data,
			 u64 *version)
{
	struct ssi_object *object = ssi_object_find(set, id);
	int error = may_submit(set);

	if (error)
		return error;
	if (!object || object->last || set->frozen || set->kddm->recovering ||
	    !(object->flags & SSI_OBJECT_LOCAL) ||
	    object->flags & (SSI_OBJECT_HELD | SSI_OBJECT_DOOMED |
			     SSI_OBJECT_DIRTY | SSI_OBJECT_LINKING))
		return -ENOENT;
	if (object->state != SSI_OBJECT_READ &&
	    object->state != SSI_OBJECT_OWNER)
		return -ENOENT;
	object->pins++;
	*data = object->data;
	*version = object->version;
	return 0;
}

/**
 * ssi_object_put_read() - a reader has finished
 * @set: the set
 * @id: the object
 * Return: 0; -ENOENT when no reader of this node has it.
 */
int ssi_object_put_read(struct ssi_kddm_set *set, u64 id)
{
	struct ssi_object *object = ssi_object_find(set, id);
	unsigned int linking;

	if (!object || object->flags & SSI_OBJECT_HELD)
		return -ENOENT;
	linking = object->flags & SSI_OBJECT_LINKING ? 1 : 0;
	if (object->pins <= linking)
		return -ENOENT;
	unpin(set, object);
	return 0;
}

static void receive_copy(struct ssi_kddm_set *set, u16 from,
			 struct ssi_object *object,
			 const struct ssi_packet *packet)
{
	if (!(object->flags & SSI_OBJECT_ASKED_READ) || object->pins ||
	    object->state != SSI_OBJECT_INVALID || !packet->data ||
	    object->seq != packet->seq) {
		ssi_kddm_stray(set, packet->id, "a copy that nobody asked for");
		return;
	}
	ssi_directory_answered(set, object, from);
	object->flags &= ~SSI_OBJECT_ASKED;
	set->kddm->ops->hold(set->kddm->context, packet->data);
	ssi_object_set_data(set, object, packet->data, SSI_OBJECT_WIRE);
	object->state = SSI_OBJECT_READ;
	object->version = packet->version;
	object->epoch = packet->epoch;
	object->owner = from;
	ssi_object_pump(set, object);
}

static void receive_grant(struct ssi_kddm_set *set, u16 from,
			  struct ssi_object *object,
			  const struct ssi_packet *packet)
{
	bool empty = packet->flags & SSI_PACKET_EMPTY;
	bool reuse = packet->flags & SSI_PACKET_NO_DATA;

	if (!(object->flags & SSI_OBJECT_ASKED_WRITE) ||
	    object->seq != packet->seq ||
	    (!empty && !reuse && (!packet->data || object->pins)) ||
	    (reuse && object->state != SSI_OBJECT_READ) ||
	    (empty && object->pins)) {
		ssi_kddm_stray(set, packet->id, "an ownership out of place");
		return;
	}
	ssi_directory_answered(set, object, from);
	if (empty) {
		ssi_object_set_data(set, object, NULL, 0);
		object->flags |= SSI_OBJECT_EMPTY;
	} else if (!reuse) {
		set->kddm->ops->hold(set->kddm->context, packet->data);
		ssi_object_set_data(set, object, packet->data,
				    SSI_OBJECT_WIRE);
	}
	object->flags &= ~(SSI_OBJECT_ASKED | SSI_OBJECT_DOOMED);
	object->state = SSI_OBJECT_OWNER;
	object->version = packet->version;
	object->epoch = packet->epoch;
	memset(&object->copies, 0, sizeof(object->copies));
	object->nr_backups = packet->nr_backups;
	memcpy(object->backups, packet->backups, sizeof(object->backups));
	ssi_backup_forget(set, packet->id);
	ssi_directory_arrived(set, object, from);
	ssi_object_pump(set, object);
}

/* Does the answer concern who is first now?  Others may have been cancelled. */
static bool concerns(int error, const struct ssi_waiter *first)
{
	if (error == -ENOENT)
		return first->flags & SSI_KDDM_NO_CREATE;
	if (error == -EAGAIN)
		return first->flags & SSI_KDDM_TRY;
	return error != -EIO || !first->overwrite;
}

static void receive_nak(struct ssi_kddm_set *set, struct ssi_object *object,
			const struct ssi_packet *packet)
{
	struct ssi_waiter *first = ssi_object_first(object);

	if (!(object->flags & SSI_OBJECT_ASKED) || object->seq != packet->seq ||
	    !packet->error)
		return;
	object->flags &= ~SSI_OBJECT_ASKED;
	if (first && concerns(packet->error, first))
		ssi_object_end(set, object, first, packet->error);
	ssi_object_pump(set, object);
}

static void receive_invalidate(struct ssi_kddm_set *set, u16 from,
			       const struct ssi_packet *packet)
{
	struct ssi_object *object = ssi_object_find(set, packet->id);
	struct ssi_packet answer = {
		.type = SSI_PACKET_INVALIDATED,
		.id = packet->id,
	};

	if (object && ssi_object_is_owned(object)) {
		ssi_kddm_stray(set, packet->id, "the owner was invalidated");
		return;
	}
	if (packet->node != set->kddm->self)
		ssi_directory_hint(set, packet->id, packet->node, packet->epoch,
				   false);
	if (!object || object->state != SSI_OBJECT_READ) {
		ssi_kddm_send(set, from, &answer);
		return;
	}
	object->owner = from;
	if (!object->pins) {
		drop_copy(set, object);
		ssi_object_pump(set, object);
	} else if (packet->flags & SSI_PACKET_TRY) {
		answer.error = -EAGAIN;
		ssi_kddm_send(set, from, &answer);
	} else {
		object->flags |= SSI_OBJECT_DOOMED;
	}
}

/**
 * ssi_object_receive() - another node has said something about an object
 * @set: the set
 * @from: the node
 * @packet: COPY, GRANT, NAK, INVALIDATE or INVALIDATED
 */
void ssi_object_receive(struct ssi_kddm_set *set, u16 from,
			const struct ssi_packet *packet)
{
	struct ssi_object *object = ssi_object_find(set, packet->id);

	if (packet->type == SSI_PACKET_INVALIDATE) {
		receive_invalidate(set, from, packet);
	} else if (!object) {
		if (packet->type != SSI_PACKET_NAK)
			ssi_kddm_stray(set, packet->id, "no such object here");
	} else if (packet->type == SSI_PACKET_COPY) {
		receive_copy(set, from, object, packet);
	} else if (packet->type == SSI_PACKET_GRANT) {
		receive_grant(set, from, object, packet);
	} else if (packet->type == SSI_PACKET_NAK) {
		receive_nak(set, object, packet);
	} else {
		ssi_owner_invalidated(set, object, from, packet->error);
	}
}

static void fail_all(struct ssi_kddm_set *set, struct ssi_object *object,
		     int error)
{
	struct ssi_waiter *waiter, *last = object->last, *next;
	bool more = last;

	for (waiter = ssi_object_first(object); more; waiter = next) {
		next = waiter->next;
		more = waiter != last;
		if (waiter->node == set->kddm->self)
			ssi_object_end(set, object, waiter, error);
	}
}

static void fail_hostdown(struct ssi_kddm_set *set, struct ssi_record *record)
{
	fail_all(set, (struct ssi_object *)record, -EHOSTDOWN);
	ssi_object_pump(set, (struct ssi_object *)record);
}

static void fail_idrm(struct ssi_kddm_set *set, struct ssi_record *record)
{
	fail_all(set, (struct ssi_object *)record, -EIDRM);
}

/**
 * ssi_object_fail_local() - end all that users of this node wait for
 * @set: the set
 * @error: -EHOSTDOWN or -EIDRM
 */
void ssi_object_fail_local(struct ssi_kddm_set *set, int error)
{
	struct ssi_waiter *waiter;

	while ((waiter = set->flushes)) {
		set->flushes = waiter->next;
		ssi_object_fail(set, ((struct ssi_kddm_request *)waiter)->id,
				waiter, error);
	}
	ssi_index_walk(&set->objects, error == -EIDRM ? fail_idrm :
							fail_hostdown, set);
}
