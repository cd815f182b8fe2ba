/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet.h: what the object protocol says between nodes (pure C; see packet.c).
 */
#ifndef _SSI_PACKET_H
#define _SSI_PACKET_H

#include <ssi/nodeset.h>

#define SSI_PACKET_MAGIC	0x4b495353	/* "SSIK" */
#define SSI_PACKET_VERSION	1

#define SSI_MAX_BACKUPS		3	/* nodes that hold a version beside the owner */
#define SSI_PACKET_MAX_ITEMS	64
#define SSI_DATA_MAX_LEN	(4 * 1024 * 1024)

/**
 * enum ssi_packet_type - what a packet is
 * @SSI_PACKET_ASK: may I have a copy, or the ownership? op, flags, node (who
 *	asks), seq, epoch (under which the receiver is thought to be owner, 0
 *	as home), stale (epochs up to here are proven past), hops
 * @SSI_PACKET_COPY: a copy; seq, epoch, version, data
 * @SSI_PACKET_GRANT: the ownership; seq, epoch, version, backups, data unless
 *	flag NO_DATA or EMPTY
 * @SSI_PACKET_NAK: neither; seq, error
 * @SSI_PACKET_INVALIDATE: drop your copy; flag TRY: unless it is in use; node
 *	will be the owner under epoch
 * @SSI_PACKET_INVALIDATED: done; error -EAGAIN: it is in use
 * @SSI_PACKET_BACKUP: keep this; version, data
 * @SSI_PACKET_BACKED: kept, or not; version, error
 * @SSI_PACKET_REMOVE: the object is no more; epoch
 * @SSI_PACKET_REMOVED: I have forgotten where it is
 * @SSI_PACKET_DROP: forget the backup; version
 * @SSI_PACKET_DROPPED: forgotten
 * @SSI_PACKET_RECEIVED: the ownership arrived; items: id, epoch
 * @SSI_PACKET_MOVED: the ownership went on; items: id, epoch, node
 * @SSI_PACKET_REPORT: what I hold; items
 * @SSI_PACKET_VERDICT: what becomes of it; items
 * @SSI_PACKET_HANDED: answer to either of them; seq, error
 * @SSI_PACKET_HAND_OVER: be the owner instead of me, who leaves; epoch,
 *	version, backups, data unless EMPTY
 * @SSI_PACKET_TAKEN: I am, or not; seq, error
 * @SSI_PACKET_FLUSH: ask for the ownership of this; seq
 * @SSI_PACKET_FLUSHED: asked and got, or not; seq, error
 * @SSI_PACKET_NR: not a type
 *
 * The values travel on the wire.
 */
enum ssi_packet_type {
	SSI_PACKET_ASK = 1,
	SSI_PACKET_COPY,
	SSI_PACKET_GRANT,
	SSI_PACKET_NAK,
	SSI_PACKET_INVALIDATE,
	SSI_PACKET_INVALIDATED,
	SSI_PACKET_BACKUP,
	SSI_PACKET_BACKED,
	SSI_PACKET_REMOVE,
	SSI_PACKET_REMOVED,
	SSI_PACKET_DROP,
	SSI_PACKET_DROPPED,
	SSI_PACKET_RECEIVED,
	SSI_PACKET_MOVED,
	SSI_PACKET_REPORT,
	SSI_PACKET_VERDICT,
	SSI_PACKET_HANDED,
	SSI_PACKET_HAND_OVER,
	SSI_PACKET_TAKEN,
	SSI_PACKET_FLUSH,
	SSI_PACKET_FLUSHED,
	SSI_PACKET_NR,
};

#define SSI_PACKET_TRY		0x0001	/* rather fail than wait */
#define SSI_PACKET_NO_CREATE	0x0002	/* not if there is no such object */
#define SSI_PACKET_OVERWRITE	0x0004	/* content does not matter */
#define SSI_PACKET_HAS_COPY	0x0008	/* who asks has a copy */
#define SSI_PACKET_NO_DATA	0x0010	/* the copy you have is good */
#define SSI_PACKET_EMPTY	0x0020	/* never touched */
#define SSI_PACKET_FLAGS	0x003f

/**
 * enum ssi_item_what - what an item of a REPORT or VERDICT says
 * @SSI_ITEM_OWNER: I own it; backups; seq 1: I was removing it / own it;
 *	backups; seq 1: what you gave away
 * @SSI_ITEM_GIVEN: I gave it to node, who asked with seq, under epoch / it
 *	is another's, forget it
 * @SSI_ITEM_WAITING: I asked for the ownership with seq and have no answer
 * @SSI_ITEM_COPY: I have a copy that node owned / node owns it
 * @SSI_ITEM_BACKUP: I have a backup / forget it
 * @SSI_ITEM_KNOWN: I was its home; seq 1: more nodes are gone than the set
 *	has backups / node has a copy
 * @SSI_ITEM_LOST: it is lost / -
 * @SSI_ITEM_UNSAFE: - / it has too few backups
 * @SSI_ITEM_NR: not one
 *
 * The values travel on the wire.
 */
enum ssi_item_what {
	SSI_ITEM_OWNER = 1,
	SSI_ITEM_GIVEN,
	SSI_ITEM_WAITING,
	SSI_ITEM_COPY,
	SSI_ITEM_BACKUP,
	SSI_ITEM_KNOWN,
	SSI_ITEM_LOST,
	SSI_ITEM_UNSAFE,
	SSI_ITEM_NR,
};

/**
 * struct ssi_item - about one object; the packet's type says what counts
 * @id: the object
 * @epoch: of an ownership
 * @version: of its content
 * @seq: of a request
 * @node: see &enum ssi_item_what
 * @what: &enum ssi_item_what; 0 in RECEIVED and MOVED
 * @nr_backups: number of @backups
 * @backups: nodes that hold a backup
 */
struct ssi_item {
	u64 id;
	u64 epoch;
	u64 version;
	u32 seq;
	u16 node;
	u8 what;
	u8 nr_backups;
	u16 backups[SSI_MAX_BACKUPS];
};

/**
 * struct ssi_packet - a packet, as the program uses it
 * @type: &enum ssi_packet_type; says which of the fields below count
 * @op: ASK: &enum ssi_ask
 * @hops: ASK: how often it was passed on
 * @nr_backups: number of @backups
 * @flags: SSI_PACKET_...
 * @set: number of the set
 * @seq: number of a request of who asks
 * @error: 0 or negative errno
 * @node: see @type
 * @backups: nodes that hold a backup
 * @id: the object
 * @clock: the sender's
 * @epoch: see @type
 * @version: see @type
 * @stale: see @type
 * @data: content, or NULL; belongs to the caller
 * @data_len: its length
 * @items: @nr_items of them; belongs to the caller
 * @nr_items: 0..SSI_PACKET_MAX_ITEMS
 */
struct ssi_packet {
	u8 type;
	u8 op;
	u8 hops;
	u8 nr_backups;
	u16 flags;
	u32 set;
	u32 seq;
	int error;
	u16 node;
	u16 backups[SSI_MAX_BACKUPS];
	u64 id;
	u64 clock;
	u64 epoch;
	u64 version;
	u64 stale;
	void *data;
	u32 data_len;
	const struct ssi_item *items;
	unsigned int nr_items;
};

/**
 * struct ssi_packet_record - a packet on the wire
 * @magic: SSI_PACKET_MAGIC
 * @version_nr: SSI_PACKET_VERSION
 * @type: see &struct ssi_packet, as all up to @stale
 * @flags: -
 * @set: -
 * @seq: -
 * @error: 0 or positive errno
 * @node: -
 * @op: -
 * @hops: -
 * @id: -
 * @clock: -
 * @epoch: -
 * @version: -
 * @stale: -
 * @data_len: bytes of content, which travel apart
 * @nr_items: items that follow
 * @has_data: is there content?
 * @nr_backups: -
 * @backups: -
 * @zero: 0
 */
struct ssi_packet_record {
	__le32 magic;
	u8 version_nr;
	u8 type;
	__le16 flags;
	__le32 set;
	__le32 seq;
	__le32 error;
	__le16 node;
	u8 op;
	u8 hops;
	__le64 id;
	__le64 clock;
	__le64 epoch;
	__le64 version;
	__le64 stale;
	__le32 data_len;
	__le16 nr_items;
	u8 has_data;
	u8 nr_backups;
	__le16 backups[SSI_MAX_BACKUPS];
	__le16 zero;
} __packed;
static_assert(sizeof(struct ssi_packet_record) == 80, "wire format");

/**
 * struct ssi_item_record - an item on the wire
 * @id: see &struct ssi_item, as all
 * @epoch: -
 * @version: -
 * @seq: -
 * @node: -
 * @what: -
 * @nr_backups: -
 * @backups: -
 */
struct ssi_item_record {
	__le64 id;
	__le64 epoch;
	__le64 version;
	__le32 seq;
	__le16 node;
	u8 what;
	u8 nr_backups;
	__le16 backups[SSI_MAX_BACKUPS];
} __packed;
static_assert(sizeof(struct ssi_item_record) == 38, "wire format");

/* The largest packet, without its content. */
#define SSI_PACKET_MAX_LEN						\
	(sizeof(struct ssi_packet_record) +				\
	 SSI_PACKET_MAX_ITEMS * sizeof(struct ssi_item_record))

size_t ssi_packet_put(void *buf, const struct ssi_packet *packet);
int ssi_packet_get(const void *buf, size_t len, struct ssi_packet *packet,
		   struct ssi_item *items);

#endif /* _SSI_PACKET_H */
