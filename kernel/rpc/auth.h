/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * auth.h: keys, and the proof that a node has one (pure C; see auth.c).
 */
#ifndef _SSI_AUTH_H
#define _SSI_AUTH_H

#include <ssi/portable.h>

#define SSI_SECRET_LEN		32	/* of a deployment's key */
#define SSI_KEY_ID_LEN		8	/* public: names a key */
#define SSI_AEAD_LEN		20	/* AES-128, then TIPC's 4 bytes of salt */
#define SSI_HMAC_LEN		32
#define SSI_NONCE_LEN		32
#define SSI_KEYS_MAX		2	/* one to send with, one more accepted */
#define SSI_KEY_TEXT_MAX	512	/* bytes of a key file */

/**
 * struct ssi_bytes - some bytes
 * @data: where
 * @len: how many
 */
struct ssi_bytes {
	const void *data;
	size_t len;
};

/**
 * struct ssi_key - what a deployment's key is made into
 * @generation: counts a deployment's keys from 1; 0: there is no key here
 * @id: names it, in hellos and to people
 * @aead: key of TIPC's encryption
 * @hello: key of the proofs
 */
struct ssi_key {
	u32 generation;
	u8 id[SSI_KEY_ID_LEN];
	u8 aead[SSI_AEAD_LEN];
	u8 hello[SSI_HMAC_LEN];
};

/**
 * struct ssi_keys - the keys of a node
 * @key: [0] is the one to send with; [1] is accepted too, while a key is being
 *	replaced
 */
struct ssi_keys {
	struct ssi_key key[SSI_KEYS_MAX];
};

/**
 * struct ssi_party - one end of a connection, as a proof names it
 * @hello: the hello it said, as it was on the wire
 * @port: its TIPC port
 * @address: its TIPC address
 */
struct ssi_party {
	struct ssi_bytes hello;
	u32 port;
	u32 address;
};

/*
 * Not in auth.c: the kernel's crypto API, or what a test has instead.  HMAC
 * with SHA-256 of all of @parts, one after the other, into @out, SSI_HMAC_LEN
 * bytes.  Sleeps.  Return: 0, negative errno.
 */
int ssi_hmac_sha256(const void *key, size_t key_len,
		    const struct ssi_bytes *parts, unsigned int nr_parts,
		    u8 *out);

int ssi_hkdf(const struct ssi_bytes *salt, const struct ssi_bytes *secret,
	     const struct ssi_bytes *info, u8 *out, size_t len);
int ssi_keys_parse(const char *text, size_t len, u32 session,
		   struct ssi_keys *keys);
const struct ssi_key *ssi_keys_common(const struct ssi_keys *mine,
				      const u8 ids[][SSI_KEY_ID_LEN],
				      bool theirs_first);
int ssi_proof_make(const struct ssi_key *key, bool by_caller,
		   const struct ssi_party *caller,
		   const struct ssi_party *callee, u8 *proof);
bool ssi_proof_equal(const u8 *a, const u8 *b);

#endif /* _SSI_AUTH_H */
