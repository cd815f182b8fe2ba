// SPDX-License-Identifier: GPL-2.0-only
/*
 * packet.c: packets of the object protocol to bytes and back (pure C).
 *
 * Owns the layout: a record of fixed size, then items.  Content is not part of
 * it: pages travel apart, and the record says how long they are.  Every reader
 * checks; what a packet means is object.c's.
 */
#include "kddm-private.h"

#define HAS_DATA	0x01	/* content may follow */
#define HAS_ITEMS	0x02	/* items follow, one at least */
#define HAS_NODE	0x04	/* node is a node id */

static const u8 parts[SSI_PACKET_NR] = {
	[SSI_PACKET_ASK] = HAS_NODE,
	[SSI_PACKET_COPY] = HAS_DATA,
	[SSI_PACKET_GRANT] = HAS_DATA,
	[SSI_PACKET_INVALIDATE] = HAS_NODE,
	[SSI_PACKET_BACKUP] = HAS_DATA,
	[SSI_PACKET_RECEIVED] = HAS_ITEMS,
	[SSI_PACKET_MOVED] = HAS_ITEMS,
	[SSI_PACKET_REPORT] = HAS_ITEMS,
	[SSI_PACKET_VERDICT] = HAS_ITEMS,
	[SSI_PACKET_HAND_OVER] = HAS_DATA,
};

static void put_item(struct ssi_item_record *record,
		     const struct ssi_item *item)
{
	unsigned int i;

	record->id = cpu_to_le64(item->id);
	record->epoch = cpu_to_le64(item->epoch);
	record->version = cpu_to_le64(item->version);
	record->seq = cpu_to_le32(item->seq);
	record->node = cpu_to_le16(item->node);
	record->what = item->what;
	record->nr_backups = item->nr_backups;
	for (i = 0; i < SSI_MAX_BACKUPS; i++)
		record->backups[i] = cpu_to_le16(i < item->nr_backups ?
						 item->backups[i] : 0);
}

/**
 * ssi_packet_put() - write a packet
 * @buf: SSI_PACKET_MAX_LEN bytes, any alignment
 * @packet: what to write, without its content
 * Return: length of the record.
 */
size_t ssi_packet_put(void *buf, const struct ssi_packet *packet)
{
	struct ssi_packet_record *record = buf;
	struct ssi_item_record *items = (void *)(record + 1);
	unsigned int i;

	memset(record, 0, sizeof(*record));
	record->magic = cpu_to_le32(SSI_PACKET_MAGIC);
	record->version_nr = SSI_PACKET_VERSION;
	record->type = packet->type;
	record->flags = cpu_to_le16(packet->flags);
	record->set = cpu_to_le32(packet->set);
	record->seq = cpu_to_le32(packet->seq);
	record->error = cpu_to_le32(-packet->error);
	record->node = cpu_to_le16(packet->node);
	record->op = packet->op;
	record->hops = packet->hops;
	record->id = cpu_to_le64(packet->id);
	record->clock = cpu_to_le64(packet->clock);
	record->epoch = cpu_to_le64(packet->epoch);
	record->version = cpu_to_le64(packet->version);
	record->stale = cpu_to_le64(packet->stale);
	record->has_data = !!packet->data;
	record->data_len = cpu_to_le32(packet->data ? packet->data_len : 0);
	record->nr_backups = packet->nr_backups;
	for (i = 0; i < packet->nr_backups; i++)
		record->backups[i] = cpu_to_le16(packet->backups[i]);
	record->nr_items = cpu_to_le16(packet->nr_items);
	for (i = 0; i < packet->nr_items; i++)
		put_item(&items[i], &packet->items[i]);
	return sizeof(*record) + packet->nr_items * sizeof(*items);
}

/* Node ids, each once. */
static bool get_backups(const void *from, unsigned int nr, u16 *to)
{
	__le16 nodes[SSI_MAX_BACKUPS];
	unsigned int i, j;

	if (nr > SSI_MAX_BACKUPS)
		return false;
	memcpy(nodes, from, sizeof(nodes));
	for (i = 0; i < nr; i++) {
		to[i] = le16_to_cpu(nodes[i]);
		if (to[i] >= SSI_MAX_NODES)
			return false;
		for (j = 0; j < i; j++)
			if (to[j] == to[i])
				return false;
	}
	return true;
}

static bool get_item(const struct ssi_item_record *record,
		     struct ssi_item *item, bool plain)
{
	memset(item, 0, sizeof(*item));
	item->id = le64_to_cpu(record->id);
	item->epoch = le64_to_cpu(record->epoch);
	item->version = le64_to_cpu(record->version);
	item->seq = le32_to_cpu(record->seq);
	item->node = le16_to_cpu(record->node);
	item->what = record->what;
	item->nr_backups = record->nr_backups;
	if (plain ? item->what : !item->what || item->what >= SSI_ITEM_NR)
		return false;
	return item->node < SSI_MAX_NODES &&
	       get_backups(&record->backups, record->nr_backups, item->backups);
}

static bool fields_fit(const struct ssi_packet_record *record, size_t len)
{
	u8 has = parts[record->type];
	unsigned int nr_items = le16_to_cpu(record->nr_items);
	u32 data_len = le32_to_cpu(record->data_len);

	if (nr_items > SSI_PACKET_MAX_ITEMS ||
	    !(has & HAS_ITEMS) != !nr_items ||
	    len != sizeof(*record) + nr_items * sizeof(struct ssi_item_record))
		return false;
	if (record->has_data > !!(has & HAS_DATA) ||
	    data_len > SSI_DATA_MAX_LEN || (data_len && !record->has_data))
		return false;
	if (has & HAS_NODE && le16_to_cpu(record->node) >= SSI_MAX_NODES)
		return false;
	if (record->type == SSI_PACKET_ASK ?
	    !record->op || record->op > SSI_ASK_WRITE : record->op)
		return false;
	return le32_to_cpu(record->error) <= 4095 && !record->zero &&
	       !(le16_to_cpu(record->flags) & ~SSI_PACKET_FLAGS);
}

/**
 * ssi_packet_get() - read a packet
 * @buf: what a peer sent, @len bytes, any alignment
 * @len: length of @buf
 * @packet: filled in, undefined on error; data is not NULL, and no pointer,
 *	when content of data_len bytes has to be there
 * @items: SSI_PACKET_MAX_ITEMS of them, for packet->items
 * Return: 0; -EBADMSG when it is no packet, -EPROTO when it is of another
 *	version.
 */
int ssi_packet_get(const void *buf, size_t len, struct ssi_packet *packet,
		   struct ssi_item *items)
{
	const struct ssi_packet_record *record = buf;
	const struct ssi_item_record *from = (const void *)(record + 1);
	unsigned int i;

	if (len < sizeof(*record) ||
	    le32_to_cpu(record->magic) != SSI_PACKET_MAGIC)
		return -EBADMSG;
	if (record->version_nr != SSI_PACKET_VERSION)
		return -EPROTO;
	if (!record->type || record->type >= SSI_PACKET_NR ||
	    !fields_fit(record, len))
		return -EBADMSG;
	memset(packet, 0, sizeof(*packet));
	packet->type = record->type;
	packet->op = record->op;
	packet->hops = record->hops;
	packet->flags = le16_to_cpu(record->flags);
	packet->set = le32_to_cpu(record->set);
	packet->seq = le32_to_cpu(record->seq);
	packet->error = -(int)le32_to_cpu(record->error);
	packet->node = le16_to_cpu(record->node);
	packet->id = le64_to_cpu(record->id);
	packet->clock = le64_to_cpu(record->clock);
	packet->epoch = le64_to_cpu(record->epoch);
	packet->version = le64_to_cpu(record->version);
	packet->stale = le64_to_cpu(record->stale);
	packet->data_len = le32_to_cpu(record->data_len);
	packet->data = record->has_data ? packet : NULL;
	packet->nr_backups = record->nr_backups;
	if (!get_backups(&record->backups, record->nr_backups, packet->backups))
		return -EBADMSG;
	packet->items = items;
	packet->nr_items = le16_to_cpu(record->nr_items);
	for (i = 0; i < packet->nr_items; i++)
		if (!get_item(&from[i], &items[i],
			      packet->type == SSI_PACKET_RECEIVED ||
			      packet->type == SSI_PACKET_MOVED))
			return -EBADMSG;
	return 0;
}
