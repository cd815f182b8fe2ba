// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddm.c: one node's part in the object protocol (pure C).
 *
 * Owns the node's clock and passes packets to their handlers.  The layer below
 * says who the members are (recovery.c), delivers packets in order between
 * each two of them, and refuses those of an older view.
 */
#include "kddm-private.h"

/**
 * ssi_kddm_init() - begin, outside of any view
 * @kddm: overwritten
 * @ops: the surroundings
 * @context: first argument of all of them
 * @self: this node
 */
void ssi_kddm_init(struct ssi_kddm *kddm, const struct ssi_kddm_ops *ops,
		   void *context, u16 self)
{
	memset(kddm, 0, sizeof(*kddm));
	kddm->ops = ops;
	kddm->context = context;
	kddm->self = self;
	kddm->recovering = true;
}

/**
 * ssi_kddm_exit() - end
 * @kddm: its sets are destroyed as ssi_set_destroy() does
 */
void ssi_kddm_exit(struct ssi_kddm *kddm)
{
	ssi_recovery_reset(kddm);
	while (kddm->sets)
		ssi_set_destroy(kddm->sets);
}

/**
 * ssi_kddm_alloc() - memory
 * @kddm: whose
 * @size: bytes
 * Return: zeroes, or NULL.
 */
void *ssi_kddm_alloc(struct ssi_kddm *kddm, size_t size)
{
	void *block = kddm->ops->alloc(kddm->context, size);

	if (block)
		memset(block, 0, size);
	return block;
}

/**
 * ssi_kddm_free() - give memory back
 * @kddm: whose
 * @block: of ssi_kddm_alloc()
 * @size: as there
 */
void ssi_kddm_free(struct ssi_kddm *kddm, void *block, size_t size)
{
	kddm->ops->free(kddm->context, block, size);
}

/**
 * ssi_kddm_stamp() - a new time
 * @kddm: the node
 * Return: a number greater than any that this node has seen.
 */
u64 ssi_kddm_stamp(struct ssi_kddm *kddm)
{
	return ++kddm->clock;
}

/**
 * ssi_kddm_send() - send a packet
 * @set: what it is about
 * @node: another member
 * @packet: set and clock are filled in
 */
void ssi_kddm_send(struct ssi_kddm_set *set, u16 node,
		   struct ssi_packet *packet)
{
	struct ssi_kddm *kddm = set->kddm;

	packet->set = set->number;
	packet->clock = kddm->clock;
	kddm->ops->send(kddm->context, node, packet);
}

/**
 * ssi_kddm_stray() - something happened that no correct peer makes happen
 * @set: the set
 * @id: the object
 * @what: what
 */
void ssi_kddm_stray(struct ssi_kddm_set *set, u64 id, const char *what)
{
	set->kddm->ops->stray(set->kddm->context, set->number, id, what);
}

static void receive(struct ssi_kddm_set *set, u16 from,
		    const struct ssi_packet *packet)
{
	switch (packet->type) {
	case SSI_PACKET_ASK:
	case SSI_PACKET_REMOVE:
	case SSI_PACKET_RECEIVED:
	case SSI_PACKET_MOVED:
	case SSI_PACKET_FLUSH:
	case SSI_PACKET_FLUSHED:
		ssi_directory_receive(set, from, packet);
		break;
	case SSI_PACKET_COPY:
	case SSI_PACKET_GRANT:
	case SSI_PACKET_NAK:
	case SSI_PACKET_INVALIDATE:
	case SSI_PACKET_INVALIDATED:
		ssi_object_receive(set, from, packet);
		break;
	case SSI_PACKET_BACKUP:
	case SSI_PACKET_BACKED:
	case SSI_PACKET_DROP:
	case SSI_PACKET_DROPPED:
	case SSI_PACKET_REMOVED:
		ssi_backup_receive(set, from, packet);
		break;
	case SSI_PACKET_REPORT:
	case SSI_PACKET_VERDICT:
	case SSI_PACKET_HANDED:
	case SSI_PACKET_HAND_OVER:
	case SSI_PACKET_TAKEN:
		ssi_recovery_receive(set, from, packet);
		break;
	}
}

/**
 * ssi_kddm_receive() - another node has said something
 * @kddm: this node
 * @from: the other
 * @packet: what ssi_packet_get() read, with its content; valid during the call
 */
void ssi_kddm_receive(struct ssi_kddm *kddm, u16 from,
		      const struct ssi_packet *packet)
{
	struct ssi_kddm_set *set = ssi_set_find(kddm, packet->set);

	if (!set || !ssi_nodeset_contains(&kddm->all, from) ||
	    from == kddm->self)
		return;
	if (packet->clock > kddm->clock)
		kddm->clock = packet->clock;
	receive(set, from, packet);
}

/**
 * ssi_kddm_tick() - some time has passed, 10 ms or so
 * @kddm: this node
 */
void ssi_kddm_tick(struct ssi_kddm *kddm)
{
	struct ssi_kddm_set *set;

	ssi_recovery_tick(kddm);
	for (set = kddm->sets; set; set = set->next)
		ssi_directory_tick(set);
}

/**
 * ssi_kddm_serve() - may this node decide anything?
 * @kddm: this node
 * @serve: false: it may be in a minority; all that its users wait for ends
 *	with -EHOSTDOWN, and so does what they ask for until true
 */
void ssi_kddm_serve(struct ssi_kddm *kddm, bool serve)
{
	struct ssi_kddm_set *set;

	kddm->serving = serve;
	for (set = kddm->sets; set && !serve; set = set->next)
		ssi_object_fail_local(set, -EHOSTDOWN);
}
