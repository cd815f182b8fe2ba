// SPDX-License-Identifier: GPL-2.0-only
/*
 * frame.c: the records of rpc/, written and read (pure C).
 *
 * Owns the layout of every frame.  A writer fills a buffer of at least
 * SSI_FRAME_MAX_LEN bytes, or as many as it says, and returns the length.  A
 * reader trusts nothing: it checks every length, count and value and returns
 * -EBADMSG, and then leaves its output undefined.  Sends and receives nothing
 * itself.
 *
 *	connecting node                       accepting node
 *	HELLO ------------------------------> \ each judges the other's:
 *	<------------------------------ HELLO /	REFUSE and end, or go on
 *	<------------------------------ LANES	once both are content
 *	LANE (other connections) ----------->	then READY, or end
 *	<------------------------------ READY
 *	CONTROL <-----------------------> CONTROL	of the layer above
 *	CALL ----> the handler of the service ----> REPLY
 *	<------------------------------ CREDIT	for a large CALL or REPLY
 */
#include "frame.h"

static void put_header(void *buf, enum ssi_frame_type type, size_t len)
{
	struct ssi_frame_header *header = buf;

	header->magic = cpu_to_le32(SSI_FRAME_MAGIC);
	header->version = SSI_FRAME_VERSION;
	header->type = type;
	header->reserved = 0;
	header->len_bytes = cpu_to_le32(len);
	header->reserved2 = 0;
}

/**
 * ssi_frame_check() - is this a frame?
 * @buf: what a peer sent, @len bytes, any alignment
 * @len: length of @buf
 *
 * The version is not judged for a HELLO, whose layout never changes.
 *
 * Return: its &enum ssi_frame_type, known or not; -EBADMSG when it is none,
 *	-EPROTO when it is of another version of the protocol.
 */
int ssi_frame_check(const void *buf, size_t len)
{
	const struct ssi_frame_header *header = buf;

	if (len < sizeof(*header) || len > SSI_FRAME_MAX_LEN ||
	    le32_to_cpu(header->magic) != SSI_FRAME_MAGIC ||
	    le32_to_cpu(header->len_bytes) != len)
		return -EBADMSG;
	if (header->version != SSI_FRAME_VERSION &&
	    header->type != SSI_FRAME_HELLO)
		return -EPROTO;
	return header->type;
}

/**
 * ssi_frame_begin() - does a CALL, a REPLY or a CREDIT begin like this?
 * @buf: first bytes of the frame, @len of them
 * @len: SSI_FRAME_HEAD_LEN, or less when the message has no more
 * @frame_len: filled in: bytes of the whole frame
 * Return: its &enum ssi_frame_type, one of these three; -EBADMSG, -EPROTO.
 */
int ssi_frame_begin(const void *buf, size_t len, size_t *frame_len)
{
	const struct ssi_frame_header *header = buf;
	u32 all;

	if (len < sizeof(*header) ||
	    le32_to_cpu(header->magic) != SSI_FRAME_MAGIC)
		return -EBADMSG;
	if (header->version != SSI_FRAME_VERSION)
		return -EPROTO;
	all = le32_to_cpu(header->len_bytes);
	*frame_len = all;
	switch (header->type) {
	case SSI_FRAME_CALL:
	case SSI_FRAME_REPLY:
		if (len < SSI_FRAME_HEAD_LEN || all < len ||
		    all > SSI_FRAME_HEAD_LEN + SSI_FRAME_CALL_MAX)
			return -EBADMSG;
		return header->type;
	case SSI_FRAME_CREDIT:
		return all == len ? SSI_FRAME_CREDIT : -EBADMSG;
	default:
		return -EPROTO;
	}
}

/**
 * ssi_frame_put_hello() - write a HELLO
 * @buf: SSI_FRAME_MAX_LEN bytes
 * @hello: content; its version is ignored, it is always ours
 * Return: length of the frame.
 */
size_t ssi_frame_put_hello(void *buf, const struct ssi_hello *hello)
{
	struct ssi_frame_hello *record = buf;

	put_header(buf, SSI_FRAME_HELLO, sizeof(*record));
	record->session = cpu_to_le32(hello->session);
	record->node = cpu_to_le16(hello->node);
	record->flags = cpu_to_le16(hello->online ? SSI_FRAME_HELLO_ONLINE : 0);
	record->incarnation = cpu_to_le64(hello->incarnation);
	memcpy(record->build, hello->build, sizeof(record->build));
	memcpy(record->machine, hello->machine, sizeof(record->machine));
	record->reserved = 0;
	memcpy(record->nonce, hello->nonce, sizeof(record->nonce));
	memcpy(record->key_ids, hello->key_ids, sizeof(record->key_ids));
	return sizeof(*record);
}

/**
 * ssi_frame_get_hello() - read a HELLO of any version
 * @buf: the frame, @len bytes
 * @len: length of @buf
 * @hello: filled in
 * Return: 0, -EBADMSG.
 */
int ssi_frame_get_hello(const void *buf, size_t len, struct ssi_hello *hello)
{
	const struct ssi_frame_hello *record = buf;
	size_t i;

	if (len < SSI_FRAME_HELLO_MIN_LEN ||
	    (record->header.version == SSI_FRAME_VERSION &&
	     len != sizeof(*record)))
		return -EBADMSG;
	memset(hello, 0, sizeof(*hello));
	hello->version = record->header.version;
	hello->session = le32_to_cpu(record->session);
	hello->node = le16_to_cpu(record->node);
	hello->online = le16_to_cpu(record->flags) & SSI_FRAME_HELLO_ONLINE;
	hello->incarnation = le64_to_cpu(record->incarnation);
	memcpy(hello->build, record->build, sizeof(hello->build));
	if (record->header.version == SSI_FRAME_VERSION) {
		memcpy(hello->machine, record->machine, sizeof(hello->machine));
		memcpy(hello->nonce, record->nonce, sizeof(hello->nonce));
		memcpy(hello->key_ids, record->key_ids, sizeof(hello->key_ids));
	}
	if (hello->node >= SSI_MAX_NODES || !hello->incarnation ||
	    hello->build[SSI_FRAME_BUILD_LEN - 1])
		return -EBADMSG;
	/* It goes into the log. */
	for (i = 0; hello->build[i]; i++)
		if (hello->build[i] < '!' || hello->build[i] > '~')
			return -EBADMSG;
	return 0;
}

/**
 * ssi_hello_judge() - may the sender of a hello talk to this node?
 * @mine: this node's hello
 * @theirs: the other's
 *
 * A node id that others have already is for the caller to see; the same id as
 * this node's is seen here.
 *
 * Return: SSI_REFUSAL_NONE when it may, otherwise why not.
 */
enum ssi_refusal ssi_hello_judge(const struct ssi_hello *mine,
				 const struct ssi_hello *theirs)
{
	if (theirs->version != SSI_FRAME_VERSION)
		return SSI_REFUSAL_PROTOCOL;
	if (theirs->session != mine->session)
		return SSI_REFUSAL_SESSION;
	if (memcmp(theirs->build, mine->build, sizeof(mine->build)))
		return SSI_REFUSAL_BUILD;
	if (theirs->node == mine->node)
		return SSI_REFUSAL_DUPLICATE;
	return SSI_REFUSAL_NONE;
}

/**
 * ssi_hello_yields() - which of two machines with one node id leaves?
 * @mine: this node's hello
 * @theirs: the other's, with the same node id
 *
 * The member of a cluster stays; of two or no members the older life stays.
 *
 * Return: true when this one has to leave.  The other's answer to the same
 *	question is the opposite.
 */
bool ssi_hello_yields(const struct ssi_hello *mine,
		      const struct ssi_hello *theirs)
{
	if (mine->online != theirs->online)
		return theirs->online;
	return mine->incarnation > theirs->incarnation;
}

/**
 * ssi_frame_put_refuse() - write a REFUSE
 * @buf: SSI_FRAME_MAX_LEN bytes
 * @reason: why
 * Return: length of the frame.
 */
size_t ssi_frame_put_refuse(void *buf, enum ssi_refusal reason)
{
	struct ssi_frame_refuse *record = buf;

	put_header(buf, SSI_FRAME_REFUSE, sizeof(*record));
	record->reason = cpu_to_le32(reason);
	record->reserved = 0;
	return sizeof(*record);
}

/**
 * ssi_frame_get_refuse() - read a REFUSE
 * @buf: the frame, @len bytes
 * @len: length of @buf
 * @reason: filled in
 * Return: 0, -EBADMSG.
 */
int ssi_frame_get_refuse(const void *buf, size_t len, enum ssi_refusal *reason)
{
	const struct ssi_frame_refuse *record = buf;
	u32 value;

	if (len != sizeof(*record))
		return -EBADMSG;
	value = le32_to_cpu(record->reason);
	if (value == SSI_REFUSAL_NONE || value > SSI_REFUSAL_KEY)
		return -EBADMSG;
	*reason = value;
	return 0;
}

/**
 * ssi_frame_put_proof() - write a PROOF
 * @buf: SSI_FRAME_MAX_LEN bytes
 * @proof: SSI_HMAC_LEN bytes
 * Return: length of the frame.
 */
size_t ssi_frame_put_proof(void *buf, const u8 *proof)
{
	struct ssi_frame_proof *record = buf;

	put_header(buf, SSI_FRAME_PROOF, sizeof(*record));
	memcpy(record->proof, proof, sizeof(record->proof));
	return sizeof(*record);
}

/**
 * ssi_frame_get_proof() - read a PROOF
 * @buf: the frame, @len bytes
 * @len: length of @buf
 * @proof: SSI_HMAC_LEN bytes
 * Return: 0, -EBADMSG.
 */
int ssi_frame_get_proof(const void *buf, size_t len, u8 *proof)
{
	const struct ssi_frame_proof *record = buf;

	if (len != sizeof(*record))
		return -EBADMSG;
	memcpy(proof, record->proof, sizeof(record->proof));
	return 0;
}

/**
 * ssi_frame_put_control() - write a CONTROL
 * @buf: @len + sizeof(struct ssi_frame_header) bytes
 * @data: the record of the layer above, @len bytes
 * @len: length of @data
 * Return: length of the frame.
 */
size_t ssi_frame_put_control(void *buf, const void *data, size_t len)
{
	struct ssi_frame_header *header = buf;

	put_header(buf, SSI_FRAME_CONTROL, sizeof(*header) + len);
	memcpy(header + 1, data, len);
	return sizeof(*header) + len;
}

/**
 * ssi_frame_get_control() - read a CONTROL
 * @buf: the frame, @len bytes
 * @len: length of @buf
 * @data: filled in: points into @buf
 * @data_len: filled in: length of @data, not 0
 * Return: 0, -EBADMSG.
 */
int ssi_frame_get_control(const void *buf, size_t len, const void **data,
			  size_t *data_len)
{
	const struct ssi_frame_header *header = buf;

	if (len <= sizeof(*header))
		return -EBADMSG;
	*data = header + 1;
	*data_len = len - sizeof(*header);
	return 0;
}

static size_t put_lane(void *buf, enum ssi_frame_type type, const u8 *token,
		       u32 lane)
{
	struct ssi_frame_lane *frame = buf;

	put_header(buf, type, sizeof(*frame));
	memcpy(frame->token, token, sizeof(frame->token));
	frame->lane = cpu_to_le32(lane);
	frame->reserved = 0;
	return sizeof(*frame);
}

/**
 * ssi_frame_put_lanes() - write a LANES
 * @buf: SSI_FRAME_MAX_LEN bytes
 * @token: SSI_TOKEN_LEN bytes
 * Return: length of the frame.
 */
size_t ssi_frame_put_lanes(void *buf, const u8 *token)
{
	return put_lane(buf, SSI_FRAME_LANES, token, 0);
}

/**
 * ssi_frame_get_lanes() - read a LANES
 * @buf: the frame, @len bytes
 * @len: length of @buf
 * @token: SSI_TOKEN_LEN bytes
 * Return: 0, -EBADMSG.
 */
int ssi_frame_get_lanes(const void *buf, size_t len, u8 *token)
{
	const struct ssi_frame_lane *frame = buf;

	if (len != sizeof(*frame))
		return -EBADMSG;
	memcpy(token, frame->token, sizeof(frame->token));
	return 0;
}

/**
 * ssi_frame_put_lane() - write a LANE
 * @buf: SSI_FRAME_MAX_LEN bytes
 * @token: SSI_TOKEN_LEN bytes
 * @lane: which one this connection is
 * Return: length of the frame.
 */
size_t ssi_frame_put_lane(void *buf, const u8 *token, enum ssi_lane lane)
{
	return put_lane(buf, SSI_FRAME_LANE, token, lane);
}

/**
 * ssi_frame_get_lane() - read a LANE
 * @buf: the frame, @len bytes
 * @len: length of @buf
 * @token: SSI_TOKEN_LEN bytes
 * @lane: filled in
 * Return: 0, -EBADMSG.
 */
int ssi_frame_get_lane(const void *buf, size_t len, u8 *token,
		       enum ssi_lane *lane)
{
	const struct ssi_frame_lane *frame = buf;
	u32 value;

	if (len != sizeof(*frame))
		return -EBADMSG;
	value = le32_to_cpu(frame->lane);
	if (value >= SSI_LANES)
		return -EBADMSG;
	memcpy(token, frame->token, sizeof(frame->token));
	*lane = value;
	return 0;
}

/**
 * ssi_frame_put_ready() - write a READY, which is nothing but a header
 * @buf: SSI_FRAME_MAX_LEN bytes
 * Return: length of the frame.
 */
size_t ssi_frame_put_ready(void *buf)
{
	put_header(buf, SSI_FRAME_READY, sizeof(struct ssi_frame_header));
	return sizeof(struct ssi_frame_header);
}

/**
 * ssi_frame_put_credit() - write a CREDIT
 * @buf: sizeof(struct ssi_frame_credit) bytes
 * @bytes: not 0
 * Return: length of the frame.
 */
size_t ssi_frame_put_credit(void *buf, u64 bytes)
{
	struct ssi_frame_credit *frame = buf;

	put_header(buf, SSI_FRAME_CREDIT, sizeof(*frame));
	frame->bytes = cpu_to_le64(bytes);
	return sizeof(*frame);
}

/**
 * ssi_frame_get_credit() - read a CREDIT
 * @buf: the frame, @len bytes
 * @len: length of @buf
 * @bytes: filled in, not 0
 * Return: 0, -EBADMSG.
 */
int ssi_frame_get_credit(const void *buf, size_t len, u64 *bytes)
{
	const struct ssi_frame_credit *frame = buf;

	if (len != sizeof(*frame) || !frame->bytes)
		return -EBADMSG;
	*bytes = le64_to_cpu(frame->bytes);
	return 0;
}

/**
 * ssi_frame_put_call() - write what is before the data of a CALL
 * @buf: SSI_FRAME_HEAD_LEN bytes
 * @info: content
 * @len: of the data, 0..SSI_FRAME_CALL_MAX
 * Return: length of the frame.
 */
size_t ssi_frame_put_call(void *buf, const struct ssi_call_info *info,
			  size_t len)
{
	struct ssi_frame_call *frame = buf;

	put_header(buf, SSI_FRAME_CALL, sizeof(*frame) + len);
	frame->lineage = cpu_to_le64(info->view.lineage);
	frame->number = cpu_to_le64(info->view.number);
	frame->id = cpu_to_le64(info->id);
	frame->service = cpu_to_le16(info->service);
	frame->reserved = 0;
	frame->out_size = cpu_to_le32(info->out_size);
	return sizeof(*frame) + len;
}

/**
 * ssi_frame_get_call() - read what is before the data of a CALL
 * @buf: SSI_FRAME_HEAD_LEN bytes that ssi_frame_begin() found good
 * @info: filled in
 * Return: 0, -EBADMSG.
 */
int ssi_frame_get_call(const void *buf, struct ssi_call_info *info)
{
	const struct ssi_frame_call *frame = buf;

	info->view.lineage = le64_to_cpu(frame->lineage);
	info->view.number = le64_to_cpu(frame->number);
	info->id = le64_to_cpu(frame->id);
	info->service = le16_to_cpu(frame->service);
	info->out_size = le32_to_cpu(frame->out_size);
	return info->out_size > SSI_FRAME_CALL_MAX ? -EBADMSG : 0;
}

/**
 * ssi_frame_put_reply() - write what is before the data of a REPLY
 * @buf: SSI_FRAME_HEAD_LEN bytes
 * @info: content; its length is that of the data
 * Return: length of the frame.
 */
size_t ssi_frame_put_reply(void *buf, const struct ssi_reply_info *info)
{
	struct ssi_frame_reply *frame = buf;

	put_header(buf, SSI_FRAME_REPLY, sizeof(*frame) + info->len);
	frame->id = cpu_to_le64(info->id);
	frame->error = cpu_to_le32(-info->error);
	frame->flags = cpu_to_le32(info->stale ? SSI_FRAME_REPLY_STALE : 0);
	memset(frame->reserved, 0, sizeof(frame->reserved));
	return sizeof(*frame) + info->len;
}

/**
 * ssi_frame_get_reply() - read what is before the data of a REPLY
 * @buf: SSI_FRAME_HEAD_LEN bytes that ssi_frame_begin() found good
 * @info: filled in; undefined on error
 * Return: 0, -EBADMSG.
 */
int ssi_frame_get_reply(const void *buf, struct ssi_reply_info *info)
{
	const struct ssi_frame_reply *frame = buf;
	u32 value = le32_to_cpu(frame->error);

	info->len = le32_to_cpu(frame->header.len_bytes) - sizeof(*frame);
	if (value > 4095 || (value && info->len))
		return -EBADMSG;
	info->id = le64_to_cpu(frame->id);
	info->error = -(int)value;
	info->stale = le32_to_cpu(frame->flags) & SSI_FRAME_REPLY_STALE;
	return 0;
}
