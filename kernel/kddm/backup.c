// SPDX-License-Identifier: GPL-2.0-only
/*
 * backup.c: versions that other nodes keep, and the end of an object (pure C).
 *
 * Owns who keeps a version (object->backups) and what this node keeps for
 * others (set->backups).  A version is safe when as many nodes as the set says
 * have it, or all there are.  The list goes along with the ownership.
 *
 *	owner                               backup
 *	BACKUP version, content ----------> keeps it in place of an older one
 *	<---------------------- BACKED      -ENOMEM: the next node is asked
 *
 *	owner, alone           home          backup
 *	REMOVE --------------> forgets it
 *	<----- REMOVED
 *	DROP -----------------------------> forgets it
 *	<---------------------- DROPPED
 *
 * The home forgets first: whoever asks from then on makes a new object, whose
 * versions are greater than any of the old one, which DROP does not touch.
 */
#include "kddm-private.h"

/**
 * ssi_backup_is_at() - is the node a backup?
 * @object: owned
 * @node: node id
 * Return: true when it is in the owner's list.
 */
bool ssi_backup_is_at(const struct ssi_object *object, u16 node)
{
	unsigned int i;

	for (i = 0; i < object->nr_backups; i++)
		if (object->backups[i] == node)
			return true;
	return false;
}

static unsigned int rank_of(const struct ssi_kddm *kddm)
{
	unsigned int rank = 0;

	while (rank < kddm->nr_members && kddm->ranks[rank] < kddm->self)
		rank++;
	return rank;
}

/* A member that is neither the owner nor a backup, nor was asked in vain. */
static u16 next_candidate(const struct ssi_kddm_set *set,
			  struct ssi_object *object)
{
	const struct ssi_kddm *kddm = set->kddm;
	unsigned int first = rank_of(kddm) + object->record.id % 61;
	u16 node;

	while (object->tried < kddm->nr_members) {
		node = kddm->ranks[(first + object->tried++) %
				   kddm->nr_members];
		if (node == kddm->self || ssi_backup_is_at(object, node))
			continue;
		/* Who leaves hands over to the home, which is then no backup. */
		if (kddm->leaving && node == ssi_set_home(set, object->record.id))
			continue;
		return node;
	}
	return SSI_NODE_NONE;
}

static void send_backup(struct ssi_kddm_set *set, struct ssi_object *object,
			u16 node)
{
	struct ssi_packet packet = {
		.type = SSI_PACKET_BACKUP,
		.id = object->record.id,
		.version = object->version,
		.epoch = object->epoch,
		.data = object->data,
	};

	object->awaited++;
	ssi_kddm_send(set, node, &packet);
}

/* Ask one node more.  False: there is none. */
static bool add_backup(struct ssi_kddm_set *set, struct ssi_object *object)
{
	u16 node = next_candidate(set, object);

	if (node == SSI_NODE_NONE)
		return false;
	object->backups[object->nr_backups++] = node;
	send_backup(set, object, node);
	return true;
}

static void finish(struct ssi_kddm_set *set, struct ssi_object *object)
{
	struct ssi_waiter *first = ssi_object_first(object);

	object->state = SSI_OBJECT_OWNER;
	object->tried = 0;
	if (object->nr_backups >= ssi_set_nr_backups(set))
		object->flags &= ~SSI_OBJECT_DIRTY;
	else if (first && !set->kddm->recovering)
		ssi_object_end(set, object, first, -ENOMEM);
	ssi_recovery_secured(set->kddm, object);
	ssi_object_pump(set, object);
}

/**
 * ssi_backup_start() - make the version of an object safe
 * @set: has backups
 * @object: SSI_OBJECT_OWNER, dirty, no io linker at it; may be gone afterwards
 */
void ssi_backup_start(struct ssi_kddm_set *set, struct ssi_object *object)
{
	unsigned int i;

	if (!(object->flags & SSI_OBJECT_WIRE)) {
		ssi_object_link(set, object, SSI_LINKER_EXPORT);
		return;
	}
	object->state = SSI_OBJECT_BACKING;
	object->awaited = 0;
	object->tried = 0;
	for (i = 0; i < object->nr_backups; i++)
		send_backup(set, object, object->backups[i]);
	while (object->nr_backups < ssi_set_nr_backups(set))
		if (!add_backup(set, object))
			break;
	if (!object->awaited)
		finish(set, object);
}

static void receive_backed(struct ssi_kddm_set *set, u16 from,
			   struct ssi_object *object,
			   const struct ssi_packet *packet)
{
	unsigned int i;

	if (object->state != SSI_OBJECT_BACKING ||
	    packet->version != object->version || !ssi_backup_is_at(object, from)) {
		ssi_kddm_stray(set, packet->id, "no such version to back");
		return;
	}
	if (packet->error) {
		for (i = 0; object->backups[i] != from; i++)
			;
		object->backups[i] = object->backups[--object->nr_backups];
		add_backup(set, object);
	}
	if (--object->awaited)
		return;
	finish(set, object);
}

/* This node's record of a backup: it may be one since it gave it away. */
static struct ssi_object *find_backup(struct ssi_kddm_set *set, u64 id)
{
	struct ssi_record *record = ssi_index_find(&set->backups, id);
	struct ssi_object *object;

	if (record)
		return (struct ssi_object *)record;
	object = (struct ssi_object *)ssi_index_find(&set->given, id);
	if (!object || !(object->flags & SSI_OBJECT_KEPT))
		return NULL;
	/* Its owner says so: it arrived. */
	ssi_index_remove(&set->given, &object->record);
	ssi_index_add(&set->backups, &object->record);
	ssi_directory_hint(set, id, object->owner, object->epoch, true);
	return object;
}

static void receive_backup(struct ssi_kddm_set *set, u16 from,
			   const struct ssi_packet *packet)
{
	struct ssi_object *object = find_backup(set, packet->id);
	struct ssi_packet answer = {
		.type = SSI_PACKET_BACKED,
		.id = packet->id,
		.version = packet->version,
	};

	if (!packet->data) {
		ssi_kddm_stray(set, packet->id, "a backup of nothing");
		return;
	}
	if (!object)
		object = ssi_object_create(set, &set->backups, packet->id);
	if (!object) {
		answer.error = -ENOMEM;
	} else if (packet->version >= object->version) {
		set->kddm->ops->hold(set->kddm->context, packet->data);
		ssi_object_set_data(set, object, packet->data,
				    SSI_OBJECT_WIRE);
		object->version = packet->version;
		object->epoch = packet->epoch;
		object->owner = from;
	}
	ssi_kddm_send(set, from, &answer);
}

/**
 * ssi_backup_forget() - this node keeps no backup of the object
 * @set: the set
 * @id: the object
 */
void ssi_backup_forget(struct ssi_kddm_set *set, u64 id)
{
	struct ssi_record *record = ssi_index_find(&set->backups, id);

	if (!record)
		return;
	ssi_index_remove(&set->backups, record);
	ssi_object_free(set, (struct ssi_object *)record);
}

static void remove_backups(struct ssi_kddm_set *set, struct ssi_object *object)
{
	struct ssi_waiter *first = ssi_object_first(object);
	struct ssi_packet packet = {
		.type = SSI_PACKET_DROP,
		.id = object->record.id,
		.version = object->version,
	};
	unsigned int i, nr = object->nr_backups;

	object->nr_backups = 0;
	object->awaited = nr;
	for (i = 0; i < nr; i++)
		ssi_kddm_send(set, object->backups[i], &packet);
	if (nr)
		return;
	if (first && first->op == SSI_KDDM_REMOVE)
		ssi_object_end(set, object, first, 0);
	ssi_owner_dissolve(set, object, SSI_NODE_NONE, 0);
}

/**
 * ssi_backup_remove() - make an object be no more
 * @set: the set
 * @object: owned, no pin, no copy; the first waiter removes it; may be gone
 *	afterwards
 */
void ssi_backup_remove(struct ssi_kddm_set *set, struct ssi_object *object)
{
	u16 home = ssi_set_home(set, object->record.id);
	struct ssi_packet packet = {
		.type = SSI_PACKET_REMOVE,
		.id = object->record.id,
		.epoch = object->epoch,
	};

	if (object->flags & SSI_OBJECT_UNACKED)
		ssi_directory_confirm(set, object);
	object->state = SSI_OBJECT_REMOVING;
	object->awaited = 1;
	if (home == set->kddm->self)
		remove_backups(set, object);
	else
		ssi_kddm_send(set, home, &packet);
}

static void receive_drop(struct ssi_kddm_set *set, u16 from,
			 const struct ssi_packet *packet)
{
	struct ssi_object *object = find_backup(set, packet->id);
	struct ssi_packet answer = {
		.type = SSI_PACKET_DROPPED,
		.id = packet->id,
	};

	if (object && object->version <= packet->version)
		ssi_backup_forget(set, packet->id);
	ssi_kddm_send(set, from, &answer);
}

static void receive_removed(struct ssi_kddm_set *set, struct ssi_object *object,
			    const struct ssi_packet *packet)
{
	struct ssi_waiter *first = ssi_object_first(object);

	if (object->state != SSI_OBJECT_REMOVING || !object->awaited) {
		ssi_kddm_stray(set, packet->id, "nothing to remove");
		return;
	}
	if (packet->type == SSI_PACKET_REMOVED) {
		remove_backups(set, object);
		return;
	}
	if (--object->awaited)
		return;
	if (first && first->op == SSI_KDDM_REMOVE)
		ssi_object_end(set, object, first, 0);
	ssi_owner_dissolve(set, object, SSI_NODE_NONE, 0);
}

/**
 * ssi_backup_receive() - another node has said something about a backup
 * @set: the set
 * @from: the node
 * @packet: BACKUP, BACKED, DROP, DROPPED or REMOVED
 */
void ssi_backup_receive(struct ssi_kddm_set *set, u16 from,
			const struct ssi_packet *packet)
{
	struct ssi_object *object = ssi_object_find(set, packet->id);

	if (packet->type == SSI_PACKET_BACKUP)
		receive_backup(set, from, packet);
	else if (packet->type == SSI_PACKET_DROP)
		receive_drop(set, from, packet);
	else if (!object)
		ssi_kddm_stray(set, packet->id, "no such object here");
	else if (packet->type == SSI_PACKET_BACKED)
		receive_backed(set, from, object, packet);
	else
		receive_removed(set, object, packet);
}
