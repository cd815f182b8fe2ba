// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz-frame.c - any bytes as a frame of rpc/
 *
 * What is read is written and read again: both writings are equal.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/rpc/frame.h"

static unsigned char once[SSI_FRAME_MAX_LEN], twice[SSI_FRAME_MAX_LEN];

/* A frame of a lane, of which the head is read first.  As copy_frame(). */
static size_t copy_head(const void *from, size_t len, unsigned char *to)
{
	size_t head = len < SSI_FRAME_HEAD_LEN ? len : SSI_FRAME_HEAD_LEN, all;
	struct ssi_reply_info reply;
	struct ssi_call_info call;
	u64 bytes;

	switch (ssi_frame_begin(from, head, &all)) {
	case SSI_FRAME_CALL:
		if (ssi_frame_get_call(from, &call))
			return 0;
		ssi_frame_put_call(to, &call, all - SSI_FRAME_HEAD_LEN);
		return SSI_FRAME_HEAD_LEN;
	case SSI_FRAME_REPLY:
		if (ssi_frame_get_reply(from, &reply))
			return 0;
		ssi_frame_put_reply(to, &reply);
		return SSI_FRAME_HEAD_LEN;
	case SSI_FRAME_CREDIT:
		return ssi_frame_get_credit(from, head, &bytes) ? 0 :
		       ssi_frame_put_credit(to, bytes);
	default:
		return 0;
	}
}

/* Read @len bytes of @from, write them to @to.  Return: bytes written, 0 for no frame. */
static size_t copy_frame(const void *from, size_t len, unsigned char *to)
{
	unsigned char proof[SSI_HMAC_LEN], token[SSI_TOKEN_LEN];
	enum ssi_refusal reason;
	struct ssi_hello hello;
	enum ssi_lane lane;
	const void *data;
	size_t data_len;

	switch (ssi_frame_check(from, len)) {
	case SSI_FRAME_HELLO:
		return ssi_frame_get_hello(from, len, &hello) ? 0 :
		       ssi_frame_put_hello(to, &hello);
	case SSI_FRAME_REFUSE:
		return ssi_frame_get_refuse(from, len, &reason) ? 0 :
		       ssi_frame_put_refuse(to, reason);
	case SSI_FRAME_PROOF:
		return ssi_frame_get_proof(from, len, proof) ? 0 :
		       ssi_frame_put_proof(to, proof);
	case SSI_FRAME_CONTROL:
		return ssi_frame_get_control(from, len, &data, &data_len) ? 0 :
		       ssi_frame_put_control(to, data, data_len);
	case SSI_FRAME_LANES:
		return ssi_frame_get_lanes(from, len, token) ? 0 :
		       ssi_frame_put_lanes(to, token);
	case SSI_FRAME_LANE:
		return ssi_frame_get_lane(from, len, token, &lane) ? 0 :
		       ssi_frame_put_lane(to, token, lane);
	default:
		return copy_head(from, len, to);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t n = copy_frame(data, len, once);

	/* A hello of another version is read, and not written. */
	if (n && once[4] == data[4] &&
	    (copy_frame(once, n, twice) != n || memcmp(once, twice, n)))
		abort();
	return 0;
}
