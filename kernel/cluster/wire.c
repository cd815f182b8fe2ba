// SPDX-License-Identifier: GPL-2.0-only
/*
 * wire.c: the records that nodes exchange, written and read (pure C).
 *
 * Owns the layout of every record.  A writer fills a buffer of at least
 * SSI_WIRE_MAX_LEN bytes and returns the length.  A reader trusts nothing: it
 * checks every length, count and value and returns -EBADMSG, and then leaves
 * its output undefined.  Sends and receives nothing itself.
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
 * ssi_wire_put_value() - write a POWER or INFO_GET
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
 * ssi_wire_get_value() - read a POWER or INFO_GET
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
