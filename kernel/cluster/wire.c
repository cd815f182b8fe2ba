// SPDX-License-Identifier: GPL-2.0-only
/*
 * wire.c: the records that nodes exchange, written and read (pure C).
 *
 * Owns the layout of every record.  A writer fills a buffer of at least
 * SSI_WIRE_MAX_LEN bytes and returns the length.  A reader trusts nothing: it
 * checks every length, count and value and returns -EBADMSG, and then leaves
 * its output undefined.  Sends and receives nothing itself.
 *
 *	node                                  linked node
 *	VIEW <-----------------------------> VIEW
 *	CHANGE ----> coordinator ----> VIEW to all ----> ACK ----> RESULT
 */
#include "wire.h"

static void put_header(void *buf, enum ssi_wire_type type, u32 id, size_t len)
{
	struct ssi_wire_header *header = buf;

	header->magic = cpu_to_le32(SSI_WIRE_MAGIC);
	header->version = SSI_WIRE_VERSION;
	header->type = type;
	header->reserved = 0;
	header->len_bytes = cpu_to_le32(len);
	header->id = cpu_to_le32(id);
}

/**
 * ssi_wire_check() - is this a record?
 * @buf: what a peer sent, @len bytes, any alignment
 * @len: length of @buf
 *
 * Return: its &enum ssi_wire_type, known or not; -EBADMSG when it is none,
 *	-EPROTO when it is of another version of the protocol.
 */
int ssi_wire_check(const void *buf, size_t len)
{
	const struct ssi_wire_header *header = buf;

	if (len < sizeof(*header) || len > SSI_WIRE_MAX_LEN ||
	    le32_to_cpu(header->magic) != SSI_WIRE_MAGIC ||
	    le32_to_cpu(header->len_bytes) != len)
		return -EBADMSG;
	if (header->version != SSI_WIRE_VERSION)
		return -EPROTO;
	return header->type;
}

/**
 * ssi_wire_id() - number of the request that a record asks or answers
 * @buf: a record that ssi_wire_check() accepted
 * Return: the number.
 */
u32 ssi_wire_id(const void *buf)
{
	const struct ssi_wire_header *header = buf;

	return le32_to_cpu(header->id);
}

/**
 * ssi_wire_put_view() - write a VIEW
 * @buf: SSI_WIRE_MAX_LEN bytes
 * @view: content
 * Return: length of the record.
 */
size_t ssi_wire_put_view(void *buf, const struct ssi_view *view)
{
	struct ssi_wire_view *record = buf;
	unsigned int count = 0;
	size_t len;
	int node;

	ssi_nodeset_for_each(node, &view->members) {
		record->members[count].node = cpu_to_le16(node);
		record->members[count].incarnation =
			cpu_to_le64(view->incarnation[node]);
		count++;
	}
	len = sizeof(*record) + count * sizeof(record->members[0]);
	put_header(buf, SSI_WIRE_VIEW, 0, len);
	record->epoch = cpu_to_le64(view->epoch);
	record->issuer_incarnation = cpu_to_le64(view->issuer_incarnation);
	record->issuer = cpu_to_le16(view->issuer);
	record->nr_members = cpu_to_le16(count);
	record->reserved = 0;
	return len;
}

/**
 * ssi_wire_get_view() - read a VIEW
 * @buf: the record, @len bytes
 * @len: length of @buf
 * @view: filled in
 * Return: 0, -EBADMSG.
 */
int ssi_wire_get_view(const void *buf, size_t len, struct ssi_view *view)
{
	const struct ssi_wire_view *record = buf;
	unsigned int i, count, node;
	int before = -1;

	if (len < sizeof(*record))
		return -EBADMSG;
	count = le16_to_cpu(record->nr_members);
	if (len != sizeof(*record) + count * sizeof(record->members[0]))
		return -EBADMSG;
	memset(view, 0, sizeof(*view));
	view->epoch = le64_to_cpu(record->epoch);
	view->issuer_incarnation = le64_to_cpu(record->issuer_incarnation);
	view->issuer = le16_to_cpu(record->issuer);
	/* Only the view of a node that has just started has no issuer. */
	if (view->issuer >= SSI_MAX_NODES &&
	    (view->issuer != SSI_NODE_NONE || view->epoch || count))
		return -EBADMSG;
	for (i = 0; i < count; i++) {
		node = le16_to_cpu(record->members[i].node);
		if (node >= SSI_MAX_NODES || (int)node <= before ||
		    !record->members[i].incarnation)
			return -EBADMSG;
		ssi_nodeset_add(&view->members, node);
		view->incarnation[node] =
			le64_to_cpu(record->members[i].incarnation);
		before = node;
	}
	return 0;
}

/**
 * ssi_wire_put_ack() - write an ACK
 * @buf: SSI_WIRE_MAX_LEN bytes
 * @epoch: epoch of this node's view
 * Return: length of the record.
 */
size_t ssi_wire_put_ack(void *buf, u64 epoch)
{
	struct ssi_wire_ack *record = buf;

	put_header(buf, SSI_WIRE_ACK, 0, sizeof(*record));
	record->epoch = cpu_to_le64(epoch);
	return sizeof(*record);
}

/**
 * ssi_wire_get_ack() - read an ACK
 * @buf: the record, @len bytes
 * @len: length of @buf
 * @epoch: filled in
 * Return: 0, -EBADMSG.
 */
int ssi_wire_get_ack(const void *buf, size_t len, u64 *epoch)
{
	const struct ssi_wire_ack *record = buf;

	if (len != sizeof(*record))
		return -EBADMSG;
	*epoch = le64_to_cpu(record->epoch);
	return 0;
}

/**
 * ssi_wire_put_change() - write a CHANGE
 * @buf: SSI_WIRE_MAX_LEN bytes
 * @id: number of the request
 * @op: what to do
 * @set: with which nodes
 * Return: length of the record.
 */
size_t ssi_wire_put_change(void *buf, u32 id, enum ssi_change_op op,
			   const struct ssi_nodeset *set)
{
	struct ssi_wire_change *record = buf;
	struct ssi_node_range range;
	unsigned int count = 0;
	size_t len;
	int after = -1;

	while (ssi_nodeset_next_range(set, after, &range)) {
		record->ranges[count].first = cpu_to_le16(range.first);
		record->ranges[count].last = cpu_to_le16(range.last);
		after = range.last;
		count++;
	}
	len = sizeof(*record) + count * sizeof(record->ranges[0]);
	put_header(buf, SSI_WIRE_CHANGE, id, len);
	record->op = cpu_to_le16(op);
	record->nr_ranges = cpu_to_le16(count);
	record->reserved = 0;
	return len;
}

/**
 * ssi_wire_get_change() - read a CHANGE
 * @buf: the record, @len bytes
 * @len: length of @buf
 * @op: filled in
 * @set: filled in
 * Return: 0, -EBADMSG.
 */
int ssi_wire_get_change(const void *buf, size_t len, enum ssi_change_op *op,
			struct ssi_nodeset *set)
{
	const struct ssi_wire_change *record = buf;
	struct ssi_node_range range;
	unsigned int i, count;
	u16 value;

	if (len < sizeof(*record))
		return -EBADMSG;
	count = le16_to_cpu(record->nr_ranges);
	value = le16_to_cpu(record->op);
	if (len != sizeof(*record) + count * sizeof(record->ranges[0]) ||
	    count > SSI_MAX_NODES / 2 ||
	    (value != SSI_CHANGE_ADD && value != SSI_CHANGE_REMOVE))
		return -EBADMSG;
	*op = value;
	ssi_nodeset_clear(set);
	for (i = 0; i < count; i++) {
		range.first = le16_to_cpu(record->ranges[i].first);
		range.last = le16_to_cpu(record->ranges[i].last);
		if (ssi_nodeset_add_range(set, &range))
			return -EBADMSG;
	}
	return 0;
}

/**
 * ssi_wire_put_value() - write a RESULT, POWER or INFO_GET
 * @buf: SSI_WIRE_MAX_LEN bytes
 * @type: which
 * @id: number of the request
 * @value: content
 * Return: length of the record.
 */
size_t ssi_wire_put_value(void *buf, enum ssi_wire_type type, u32 id, u32 value)
{
	struct ssi_wire_value *record = buf;

	put_header(buf, type, id, sizeof(*record));
	record->value = cpu_to_le32(value);
	record->reserved = 0;
	return sizeof(*record);
}

/**
 * ssi_wire_get_value() - read a RESULT, POWER or INFO_GET
 * @buf: the record, @len bytes
 * @len: length of @buf
 * @value: filled in, any value
 * Return: 0, -EBADMSG.
 */
int ssi_wire_get_value(const void *buf, size_t len, u32 *value)
{
	const struct ssi_wire_value *record = buf;

	if (len != sizeof(*record))
		return -EBADMSG;
	*value = le32_to_cpu(record->value);
	return 0;
}

/**
 * ssi_wire_put_info() - write an INFO
 * @buf: SSI_WIRE_MAX_LEN bytes
 * @id: number of the request it answers
 * @error: 0 or negative errno
 * @last: does nothing follow?
 * @data: @len bytes
 * @len: 0..SSI_WIRE_MAX_DATA
 * Return: length of the record.
 */
size_t ssi_wire_put_info(void *buf, u32 id, int error, bool last,
			 const void *data, size_t len)
{
	struct ssi_wire_info *record = buf;

	put_header(buf, SSI_WIRE_INFO, id, sizeof(*record) + len);
	record->error = cpu_to_le32(-error);
	record->flags = cpu_to_le32(last ? SSI_WIRE_INFO_LAST : 0);
	memcpy(record->data, data, len);
	return sizeof(*record) + len;
}

/**
 * ssi_wire_get_info() - read an INFO
 * @buf: the record, @len bytes
 * @len: length of @buf
 * @error: filled in: 0 or negative errno
 * @last: filled in
 * @data: filled in: points into @buf
 * @data_len: filled in: length of @data, 0..SSI_WIRE_MAX_DATA
 * Return: 0, -EBADMSG.
 */
int ssi_wire_get_info(const void *buf, size_t len, int *error, bool *last,
		      const void **data, size_t *data_len)
{
	const struct ssi_wire_info *record = buf;
	u32 value;

	if (len < sizeof(*record) || len > sizeof(*record) + SSI_WIRE_MAX_DATA)
		return -EBADMSG;
	value = le32_to_cpu(record->error);
	if (value > 4095 || (value && len != sizeof(*record)))
		return -EBADMSG;
	*error = -(int)value;
	*last = le32_to_cpu(record->flags) & SSI_WIRE_INFO_LAST;
	*data = record->data;
	*data_len = len - sizeof(*record);
	return 0;
}
