/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * frame.h: the records of rpc/ (pure C; see frame.c).
 *
 * A frame is a header, then a body whose layout the header's type gives.  It is
 * one message on a connection between two nodes; a CALL or a REPLY may go on in
 * further messages, which are nothing but its next bytes.  All fields are little
 * endian and of fixed width, sizes are asserted, nothing is padded.
 */
#ifndef _SSI_FRAME_H
#define _SSI_FRAME_H

#include "auth.h"

#include <ssi/nodeset.h>
#include <ssi/viewid.h>

#define SSI_FRAME_MAGIC		0x31495353	/* "SSI1" */
#define SSI_FRAME_VERSION	3
#define SSI_FRAME_BUILD_LEN	64		/* bytes, with the final 0 */
#define SSI_MACHINE_LEN		6		/* of an Ethernet address */

/* Largest frame in one message: a TIPC message holds 66000 bytes. */
#define SSI_FRAME_MAX_LEN	(64 * 1024 + 256)

/**
 * enum ssi_frame_type - what a frame is
 * @SSI_FRAME_HELLO: first frame in both directions, who I am
 * @SSI_FRAME_REFUSE: I do not talk to you, and why; last frame
 * @SSI_FRAME_CONTROL: a control record of the layer above
 * @SSI_FRAME_CALL: please run this service
 * @SSI_FRAME_REPLY: what became of a call
 * @SSI_FRAME_LANES: call me again, and say this
 * @SSI_FRAME_LANE: first frame of such a connection
 * @SSI_FRAME_READY: all of them are there
 * @SSI_FRAME_CREDIT: so many bytes of large frames were taken
 * @SSI_FRAME_PROOF: answer to a HELLO: I have the key
 */
enum ssi_frame_type {
	SSI_FRAME_HELLO = 1,
	SSI_FRAME_REFUSE,
	SSI_FRAME_CONTROL,
	SSI_FRAME_CALL,
	SSI_FRAME_REPLY,
	SSI_FRAME_LANES,
	SSI_FRAME_LANE,
	SSI_FRAME_READY,
	SSI_FRAME_CREDIT,
	SSI_FRAME_PROOF = 16,
};

/**
 * enum ssi_refusal - why a node does not talk to another
 * @SSI_REFUSAL_NONE: it does
 * @SSI_REFUSAL_PROTOCOL: other version of these records
 * @SSI_REFUSAL_BUILD: other version of the module
 * @SSI_REFUSAL_SESSION: other session
 * @SSI_REFUSAL_DUPLICATE: another machine already has that node id
 * @SSI_REFUSAL_KEY: no proof that it has a key that we have
 */
enum ssi_refusal {
	SSI_REFUSAL_NONE,
	SSI_REFUSAL_PROTOCOL,
	SSI_REFUSAL_BUILD,
	SSI_REFUSAL_SESSION,
	SSI_REFUSAL_DUPLICATE,
	SSI_REFUSAL_KEY,
};

/**
 * struct ssi_frame_header - start of every frame
 * @magic: SSI_FRAME_MAGIC
 * @version: SSI_FRAME_VERSION of the sender
 * @type: &enum ssi_frame_type
 * @reserved: 0, ignored
 * @len_bytes: of the frame, this header included
 * @reserved2: 0, ignored
 */
struct ssi_frame_header {
	__le32 magic;
	u8 version;
	u8 type;
	__le16 reserved;
	__le32 len_bytes;
	__le32 reserved2;
} __packed;
static_assert(sizeof(struct ssi_frame_header) == 16, "wire format");

/**
 * struct ssi_frame_hello - who I am
 * @header: header
 * @session: session id
 * @node: node id
 * @flags: SSI_FRAME_HELLO_ONLINE
 * @incarnation: number of this life of the node
 * @build: version of the module, padded with 0, the last byte is 0
 * @machine: Ethernet address
 * @reserved: 0, ignored
 * @nonce: chance, never the same twice
 * @key_ids: keys that it has, the one it sends with first, then 0
 *
 * The layout up to @build is the same in every version of the protocol, so that
 * nodes of different versions can tell each other.
 */
struct ssi_frame_hello {
	struct ssi_frame_header header;
	__le32 session;
	__le16 node;
	__le16 flags;
	__le64 incarnation;
	char build[SSI_FRAME_BUILD_LEN];
	u8 machine[SSI_MACHINE_LEN];
	__le16 reserved;
	u8 nonce[SSI_NONCE_LEN];
	u8 key_ids[SSI_KEYS_MAX][SSI_KEY_ID_LEN];
} __packed;
static_assert(sizeof(struct ssi_frame_hello) == 152, "wire format");
#define SSI_FRAME_HELLO_MIN_LEN	96	/* @build ends here */

#define SSI_FRAME_HELLO_ONLINE	0x0001	/* member of a cluster */

/**
 * struct ssi_frame_refuse - why I do not talk to you
 * @header: header
 * @reason: &enum ssi_refusal
 * @reserved: 0, ignored
 */
struct ssi_frame_refuse {
	struct ssi_frame_header header;
	__le32 reason;
	__le32 reserved;
} __packed;
static_assert(sizeof(struct ssi_frame_refuse) == 24, "wire format");

/**
 * struct ssi_frame_proof - I have the key
 * @header: header
 * @proof: of ssi_proof_make()
 */
struct ssi_frame_proof {
	struct ssi_frame_header header;
	u8 proof[SSI_HMAC_LEN];
} __packed;
static_assert(sizeof(struct ssi_frame_proof) == 48, "wire format");

#define SSI_TOKEN_LEN	32		/* bytes of chance */

/**
 * enum ssi_lane - what a further connection of two nodes carries
 * @SSI_LANE_CALL: small calls and replies
 * @SSI_LANE_BULK: large ones
 * @SSI_LANES: how many there are
 */
enum ssi_lane {
	SSI_LANE_CALL,
	SSI_LANE_BULK,
	SSI_LANES,
};

/**
 * struct ssi_frame_lane - LANES, and its answer LANE, on another connection
 * @header: header
 * @token: chance that only the two nodes know
 * @lane: &enum ssi_lane; 0 in LANES
 * @reserved: 0, ignored
 */
struct ssi_frame_lane {
	struct ssi_frame_header header;
	u8 token[SSI_TOKEN_LEN];
	__le32 lane;
	__le32 reserved;
} __packed;
static_assert(sizeof(struct ssi_frame_lane) == 56, "wire format");

/**
 * struct ssi_frame_credit - so many bytes of large frames were taken
 * @header: header
 * @bytes: since the last one, not 0
 */
struct ssi_frame_credit {
	struct ssi_frame_header header;
	__le64 bytes;
} __packed;
static_assert(sizeof(struct ssi_frame_credit) == 24, "wire format");

/**
 * struct ssi_frame_call - please run this service
 * @header: header
 * @lineage: of the view under which this was sent
 * @number: of that view
 * @id: number of the call, chosen by the node that calls
 * @service: number of the service
 * @reserved: 0, ignored
 * @out_size: bytes that a reply may hold
 * @data: what the handler gets
 */
struct ssi_frame_call {
	struct ssi_frame_header header;
	__le64 lineage;
	__le64 number;
	__le64 id;
	__le16 service;
	__le16 reserved;
	__le32 out_size;
	u8 data[];
} __packed;
static_assert(sizeof(struct ssi_frame_call) == 48, "wire format");

/**
 * struct ssi_frame_reply - what became of a call
 * @header: header
 * @id: number of the call
 * @error: 0 or positive errno
 * @flags: SSI_FRAME_REPLY_STALE
 * @reserved: 0, ignored; so that all of these frames begin with as many bytes
 * @data: what the handler gave; nothing unless @error is 0
 */
struct ssi_frame_reply {
	struct ssi_frame_header header;
	__le64 id;
	__le32 error;
	__le32 flags;
	__le64 reserved[2];
	u8 data[];
} __packed;
static_assert(sizeof(struct ssi_frame_reply) == 48, "wire format");

#define SSI_FRAME_REPLY_STALE	0x0001	/* call again under a newer view */
#define SSI_FRAME_CALL_MAX	(1024 * 1024) /* bytes of data, both ways */
/* Before the data of a CALL and of a REPLY. */
#define SSI_FRAME_HEAD_LEN	sizeof(struct ssi_frame_call)

/**
 * struct ssi_call_info - a CALL, as the program uses it
 * @view: under which it was sent
 * @id: number of the call
 * @service: number of the service
 * @out_size: bytes that a reply may hold, 0..SSI_FRAME_CALL_MAX
 */
struct ssi_call_info {
	struct ssi_view_id view;
	u64 id;
	u16 service;
	u32 out_size;
};

/**
 * struct ssi_reply_info - a REPLY, as the program uses it
 * @id: number of the call it answers
 * @error: 0 or negative errno
 * @stale: is the call of a view that is over there?
 * @len: bytes of data, 0..SSI_FRAME_CALL_MAX, 0 unless @error is 0
 */
struct ssi_reply_info {
	u64 id;
	int error;
	bool stale;
	size_t len;
};

/**
 * struct ssi_hello - a hello, as the program uses it
 * @version: SSI_FRAME_VERSION of the sender
 * @session: session id
 * @node: node id
 * @online: is the sender member of a cluster?
 * @incarnation: number of this life of the sender
 * @build: version of the sender's module, ends with 0
 * @machine: Ethernet address of the sender
 * @nonce: chance, never the same twice
 * @key_ids: keys that the sender has
 */
struct ssi_hello {
	u8 version;
	u32 session;
	u16 node;
	bool online;
	u64 incarnation;
	char build[SSI_FRAME_BUILD_LEN];
	u8 machine[SSI_MACHINE_LEN];
	u8 nonce[SSI_NONCE_LEN];
	u8 key_ids[SSI_KEYS_MAX][SSI_KEY_ID_LEN];
};

/**
 * ssi_frame_type() - what a frame of ours is
 * @buf: the frame
 * Return: its &enum ssi_frame_type.
 */
static inline int ssi_frame_type(const void *buf)
{
	return ((const struct ssi_frame_header *)buf)->type;
}

int ssi_frame_check(const void *buf, size_t len);
int ssi_frame_begin(const void *buf, size_t len, size_t *frame_len);

size_t ssi_frame_put_hello(void *buf, const struct ssi_hello *hello);
size_t ssi_frame_put_refuse(void *buf, enum ssi_refusal reason);
size_t ssi_frame_put_proof(void *buf, const u8 *proof);
size_t ssi_frame_put_control(void *buf, const void *data, size_t len);

int ssi_frame_get_hello(const void *buf, size_t len, struct ssi_hello *hello);
int ssi_frame_get_refuse(const void *buf, size_t len, enum ssi_refusal *reason);
int ssi_frame_get_proof(const void *buf, size_t len, u8 *proof);
int ssi_frame_get_control(const void *buf, size_t len, const void **data,
			  size_t *data_len);

size_t ssi_frame_put_lanes(void *buf, const u8 *token);
int ssi_frame_get_lanes(const void *buf, size_t len, u8 *token);
size_t ssi_frame_put_lane(void *buf, const u8 *token, enum ssi_lane lane);
int ssi_frame_get_lane(const void *buf, size_t len, u8 *token,
		       enum ssi_lane *lane);
size_t ssi_frame_put_ready(void *buf);
size_t ssi_frame_put_credit(void *buf, u64 bytes);
int ssi_frame_get_credit(const void *buf, size_t len, u64 *bytes);

size_t ssi_frame_put_call(void *buf, const struct ssi_call_info *info,
			  size_t len);
int ssi_frame_get_call(const void *buf, struct ssi_call_info *info);
size_t ssi_frame_put_reply(void *buf, const struct ssi_reply_info *info);
int ssi_frame_get_reply(const void *buf, struct ssi_reply_info *info);

enum ssi_refusal ssi_hello_judge(const struct ssi_hello *mine,
				 const struct ssi_hello *theirs);
bool ssi_hello_yields(const struct ssi_hello *mine,
		      const struct ssi_hello *theirs);

#endif /* _SSI_FRAME_H */
