/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire.h: the records that nodes exchange about anything but views, which
 * message.h is about (pure C; see wire.c).
 *
 * Every record is one control record of rpc/ between two nodes: a header,
 * then a body whose layout the header's type gives.  All fields are little
 * endian and of fixed width, sizes are asserted, nothing is padded.
 */
#ifndef _SSI_WIRE_H
#define _SSI_WIRE_H

#include <ssi/portable.h>

#define SSI_WIRE_MAGIC		0x31495353	/* "SSI1" */
#define SSI_WIRE_VERSION	1

/* Largest record: what ssi_rpc_control() takes. */
#define SSI_WIRE_MAX_LEN	(64 * 1024)
#define SSI_WIRE_MAX_DATA	(32 * 1024)	/* bytes of an INFO's data */

/**
 * enum ssi_wire_type - what a record is
 * @SSI_WIRE_POWER: switch yourself off, or restart
 * @SSI_WIRE_INFO_GET: please send me a file about yourself
 * @SSI_WIRE_INFO: a piece of such a file
 */
enum ssi_wire_type {
	SSI_WIRE_POWER = 1,
	SSI_WIRE_INFO_GET,
	SSI_WIRE_INFO,
};

/**
 * enum ssi_power_op - what a POWER record asks for
 * @SSI_POWER_OFF: power off
 * @SSI_POWER_REBOOT: restart
 */
enum ssi_power_op {
	SSI_POWER_OFF = 1,
	SSI_POWER_REBOOT = 2,
};

/**
 * struct ssi_wire_header - start of every record
 * @magic: SSI_WIRE_MAGIC
 * @version: SSI_WIRE_VERSION of the sender
 * @type: &enum ssi_wire_type
 * @reserved: 0, ignored
 * @len_bytes: of the record, this header included
 * @id: of the request that this asks or answers, 0 where there is none
 */
struct ssi_wire_header {
	__le32 magic;
	u8 version;
	u8 type;
	__le16 reserved;
	__le32 len_bytes;
	__le32 id;
} __packed;
static_assert(sizeof(struct ssi_wire_header) == 16, "wire format");

/**
 * struct ssi_wire_value - body of POWER and INFO_GET
 * @header: header
 * @value: POWER: &enum ssi_power_op; INFO_GET: number of the file
 * @reserved: 0, ignored
 */
struct ssi_wire_value {
	struct ssi_wire_header header;
	__le32 value;
	__le32 reserved;
} __packed;
static_assert(sizeof(struct ssi_wire_value) == 24, "wire format");

/**
 * struct ssi_wire_info - a piece of a file
 * @header: header
 * @error: 0 or positive errno; there is no data then
 * @flags: SSI_WIRE_INFO_LAST
 * @data: the piece
 */
struct ssi_wire_info {
	struct ssi_wire_header header;
	__le32 error;
	__le32 flags;
	u8 data[];
} __packed;
static_assert(sizeof(struct ssi_wire_info) == 24, "wire format");

#define SSI_WIRE_INFO_LAST	0x0001	/* nothing follows */

int ssi_wire_check(const void *buf, size_t len);
u32 ssi_wire_id(const void *buf);

size_t ssi_wire_put_value(void *buf, enum ssi_wire_type type, u32 id, u32 value);
size_t ssi_wire_put_info(void *buf, u32 id, int error, bool last,
			 const void *data, size_t len);

int ssi_wire_get_value(const void *buf, size_t len, u32 *value);
int ssi_wire_get_info(const void *buf, size_t len, int *error, bool *last,
		      const void **data, size_t *data_len);

#endif /* _SSI_WIRE_H */
