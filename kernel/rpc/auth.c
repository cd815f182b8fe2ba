// SPDX-License-Identifier: GPL-2.0-only
/*
 * auth.c: keys, and the proof that a node has one (pure C).
 *
 * Owns the text of a key file, what a deployment's key is made into, and what a
 * proof is about.  Owns no key, reads no file and sends nothing.
 *
 * A key file, as a deployment's tool writes it:
 *
 *	xos-ssi-key 1
 *	session 7
 *	send 3 <64 hex digits>		generation and key
 *	accept 4 <64 hex digits>	the same; while a key is being replaced
 *
 * One secret, three uses (HKDF, RFC 5869, one info each): TIPC's encryption,
 * which keeps machines out; proofs, which keep out programs on the machines
 * that are in; and an id, which may be seen by all.
 *
 * A proof is a HMAC of all that was said before it, by both: so of both nonces,
 * ids, sessions, incarnations and versions; and of who called whom, from which
 * port to which: so it is worth nothing on another connection, and whoever
 * passes it on has only proved that somebody else has the key.
 */
#include "auth.h"

#include "memneq.h"

#define KEY_MAGIC	"xos-ssi-key 1\n"
#define SALT		"LinuxSSI deployment key"
#define HEX_LEN		(2 * SSI_SECRET_LEN)

/**
 * ssi_hkdf() - make a key of a secret (RFC 5869 with SHA-256)
 * @salt: not secret
 * @secret: what to make it of
 * @info: what the key is for
 * @out: @len bytes
 * @len: at most 255 * SSI_HMAC_LEN
 * Return: 0; error of ssi_hmac_sha256().
 */
int ssi_hkdf(const struct ssi_bytes *salt, const struct ssi_bytes *secret,
	     const struct ssi_bytes *info, u8 *out, size_t len)
{
	u8 extracted[SSI_HMAC_LEN], block[SSI_HMAC_LEN], counter = 0;
	struct ssi_bytes parts[] = {
		{ block, 0 }, { info->data, info->len }, { &counter, 1 },
	};
	size_t done, piece;
	int err;

	err = ssi_hmac_sha256(salt->data, salt->len, secret, 1, extracted);
	for (done = 0; !err && done < len; done += piece) {
		counter++;
		err = ssi_hmac_sha256(extracted, sizeof(extracted), parts, 3,
				      block);
		piece = len - done < sizeof(block) ? len - done : sizeof(block);
		memcpy(out + done, block, piece);
		parts[0].len = sizeof(block);
	}
	memzero_explicit(extracted, sizeof(extracted));
	memzero_explicit(block, sizeof(block));
	return err;
}

static int derive(const u8 *secret, const char *use, u8 *out, size_t len)
{
	const struct ssi_bytes salt = { SALT, sizeof(SALT) - 1 };
	const struct ssi_bytes from = { secret, SSI_SECRET_LEN };
	const struct ssi_bytes info = { use, strlen(use) };

	return ssi_hkdf(&salt, &from, &info, out, len);
}

/* Is @word what comes next?  Then go past it. */
static bool skip(const char **at, const char *end, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(end - *at) < len || memcmp(*at, word, len))
		return false;
	*at += len;
	return true;
}

/* Decimal, then the character @after; 0 is no number here. */
static u32 take_number(const char **at, const char *end, char after)
{
	u32 value = 0;

	for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
		if (value > 100000000)
			return 0;
		value = value * 10 + **at - '0';
	}
	if (*at == end || **at != after)
		return 0;
	++*at;
	return value;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "GENERATION KEY\n" */
static int take_key(const char **at, const char *end, struct ssi_key *key)
{
	u8 secret[SSI_SECRET_LEN] = { };
	int i, high, low, err = 0;

	key->generation = take_number(at, end, ' ');
	if (!key->generation || end - *at < HEX_LEN + 1 ||
	    (*at)[HEX_LEN] != '\n')
		return -EBADMSG;
	for (i = 0; i < SSI_SECRET_LEN; i++) {
		high = hex_value((*at)[2 * i]);
		low = hex_value((*at)[2 * i + 1]);
		if (high < 0 || low < 0)
			err = -EBADMSG;
		else
			secret[i] = high << 4 | low;
	}
	*at += HEX_LEN + 1;
	if (!err)
		err = derive(secret, "id", key->id, sizeof(key->id));
	if (!err)
		err = derive(secret, "TIPC AEAD", key->aead, sizeof(key->aead));
	if (!err)
		err = derive(secret, "hello", key->hello, sizeof(key->hello));
	memzero_explicit(secret, sizeof(secret));
	return err;
}

/**
 * ssi_keys_parse() - read a key file
 * @text: its content, @len bytes
 * @len: length of @text
 * @session: the session that it has to be for
 * @keys: filled in, also with parts of keys on failure: to be wiped by the
 *	caller
 * Return: 0; -EBADMSG when it is no key file; -EDOM when it is of another
 *	session; error of ssi_hmac_sha256().
 */
int ssi_keys_parse(const char *text, size_t len, u32 session,
		   struct ssi_keys *keys)
{
	const char *at = text, *end = text + len;
	u32 theirs;
	int err;

	memset(keys, 0, sizeof(*keys));
	if (!skip(&at, end, KEY_MAGIC) || !skip(&at, end, "session "))
		return -EBADMSG;
	theirs = take_number(&at, end, '\n');
	if (!theirs || !skip(&at, end, "send "))
		return -EBADMSG;
	if (theirs != session)
		return -EDOM;
	err = take_key(&at, end, &keys->key[0]);
	if (!err && skip(&at, end, "accept "))
		err = take_key(&at, end, &keys->key[1]);
	if (!err && at != end)
		err = -EBADMSG;
	return err;
}

static const struct ssi_key *find(const struct ssi_keys *keys, const u8 *id)
{
	int i;

	for (i = 0; i < SSI_KEYS_MAX; i++)
		if (keys->key[i].generation &&
		    !memcmp(keys->key[i].id, id, SSI_KEY_ID_LEN))
			return &keys->key[i];
	return NULL;
}

/**
 * ssi_keys_common() - the key that two nodes use between them
 * @mine: this node's keys
 * @ids: of the other's, SSI_KEYS_MAX, in its order; all 0 where it has none
 * @theirs_first: the other's order counts; the other says the opposite
 * Return: the first in that order that both have, the same on both nodes; NULL
 *	when there is none.
 */
const struct ssi_key *ssi_keys_common(const struct ssi_keys *mine,
				      const u8 ids[][SSI_KEY_ID_LEN],
				      bool theirs_first)
{
	const struct ssi_key *key;
	int i, j;

	for (i = 0; i < SSI_KEYS_MAX; i++) {
		if (theirs_first) {
			key = find(mine, ids[i]);
			if (key)
				return key;
			continue;
		}
		key = &mine->key[i];
		for (j = 0; key->generation && j < SSI_KEYS_MAX; j++)
			if (!memcmp(key->id, ids[j], SSI_KEY_ID_LEN))
				return key;
	}
	return NULL;
}

/**
 * ssi_proof_make() - the proof that one end of a connection has to send
 * @key: what both have
 * @by_caller: it is the caller's; a proof is never good for the other end
 * @caller: who called
 * @callee: who was called
 * @proof: SSI_HMAC_LEN bytes
 * Return: 0; error of ssi_hmac_sha256().
 */
int ssi_proof_make(const struct ssi_key *key, bool by_caller,
		   const struct ssi_party *caller,
		   const struct ssi_party *callee, u8 *proof)
{
	static const char what[] = "LinuxSSI proof 1";
	struct {
		__le32 by_caller;
		__le32 port[2];
		__le32 address[2];
		__le32 len[2];
	} ends = {
		cpu_to_le32(by_caller),
		{ cpu_to_le32(caller->port), cpu_to_le32(callee->port) },
		{ cpu_to_le32(caller->address), cpu_to_le32(callee->address) },
		{ cpu_to_le32(caller->hello.len),
		  cpu_to_le32(callee->hello.len) },
	};
	const struct ssi_bytes parts[] = {
		{ what, sizeof(what) }, { &ends, sizeof(ends) },
		caller->hello, callee->hello,
	};

	return ssi_hmac_sha256(key->hello, sizeof(key->hello), parts, 4, proof);
}

/**
 * ssi_proof_equal() - are two proofs the same?
 * @a: SSI_HMAC_LEN bytes
 * @b: SSI_HMAC_LEN bytes
 *
 * Takes the same time whatever they are.
 *
 * Return: true when they are.
 */
bool ssi_proof_equal(const u8 *a, const u8 *b)
{
	return !crypto_memneq(a, b, SSI_HMAC_LEN);
}
