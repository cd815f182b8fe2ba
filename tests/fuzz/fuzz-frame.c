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

/* Read @len bytes of @from, write them to @to.  Return: length, 0 for no frame. */
static size_t copy_frame(const void *from, size_t len, unsigned char *to)
{
	unsigned char proof[SSI_HMAC_LEN];
	struct ssi_call_info info;
	enum ssi_refusal reason;
	struct ssi_hello hello;
	const void *data;
	size_t data_len;
	bool stale;
	int error;
	u64 id;

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
	case SSI_FRAME_CALL:
		return ssi_frame_get_call(from, len, &info, &data, &data_len) ? 0 :
		       ssi_frame_put_call(to, &info, data, data_len);
	case SSI_FRAME_REPLY:
		return ssi_frame_get_reply(from, len, &id, &error, &stale, &data,
					   &data_len) ? 0 :
		       ssi_frame_put_reply(to, id, error, stale, data, data_len);
	default:
		return 0;
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
