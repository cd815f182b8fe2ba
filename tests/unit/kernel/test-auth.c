// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-auth.c: kernel/rpc/auth.c: HKDF against RFC 5869, key files good and
 * bad, which key two nodes agree on, and that a proof is about everything.
 * HMAC is OpenSSL's here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "auth.h"

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS "2222222222222222222222222222222222222222222222222222222222222222"
#define HEAD "xos-ssi-key 1\nsession 7\n"
#define MUTATIONS 20000

int ssi_hmac_sha256(const void *key, size_t key_len, const struct ssi_bytes *parts,
		    unsigned int nr_parts, u8 *out)
{
	u8 all[4096];
	size_t len = 0;

	for (unsigned int i = 0; i < nr_parts; i++) {
		assert_true(len + parts[i].len <= sizeof(all));
		memcpy(all + len, parts[i].data, parts[i].len);
		len += parts[i].len;
	}
	return HMAC(EVP_sha256(), key, key_len, all, len, out, NULL) ? 0 : -EIO;
}

static size_t unhex(const char *hex, u8 *out)
{
	unsigned int byte;
	size_t len = 0;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		out[len++] = byte;
	return len;
}

static const struct {
	const char *secret, *salt, *info, *okm;
} rfc5869[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	  "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
	  "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	  "34007208d5b887185865" },
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	  "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
	  "404142434445464748494a4b4c4d4e4f",
	  "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
	  "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	  "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	  "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	  "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
	  "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	  "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
	  "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
	  "cc30c58179ec3e87c14c01d5c1f3434f1d87" },
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
	  "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	  "9d201395faa4b61a96c8" },
};

static void test_hkdf(void **state)
{
	u8 secret[80], salt[80], info[80], okm[82], out[82];

	(void)state;
	for (size_t i = 0; i < sizeof(rfc5869) / sizeof(*rfc5869); i++) {
		struct ssi_bytes s = { salt, unhex(rfc5869[i].salt, salt) };
		struct ssi_bytes k = { secret, unhex(rfc5869[i].secret, secret) };
		struct ssi_bytes f = { info, unhex(rfc5869[i].info, info) };
		size_t len = unhex(rfc5869[i].okm, okm);

		assert_int_equal(ssi_hkdf(&s, &k, &f, out, len), 0);
		assert_memory_equal(out, okm, len);
	}
}

static int parse(const char *text, struct ssi_keys *keys)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	int ret;

	memcpy(copy, text, len);	/* ASan sees who reads beyond it */
	ret = ssi_keys_parse(copy, len, 7, keys);
	free(copy);
	return ret;
}

static void test_good_files(void **state)
{
	struct ssi_keys keys, other;

	(void)state;
	assert_int_equal(parse(HEAD "send 3 " ONES "\n", &keys), 0);
	assert_int_equal(keys.key[0].generation, 3);
	assert_int_equal(keys.key[1].generation, 0);
	assert_int_equal(parse(HEAD "send 3 " ONES "\naccept 4 " TWOS "\n", &other), 0);
	assert_int_equal(other.key[1].generation, 4);
	assert_memory_equal(&keys.key[0], &other.key[0], sizeof(keys.key[0]));
	assert_memory_not_equal(other.key[0].id, other.key[1].id, SSI_KEY_ID_LEN);
	/* One secret, three uses: none is the start of another. */
	assert_memory_not_equal(keys.key[0].aead, keys.key[0].hello, SSI_KEY_ID_LEN);
	assert_memory_not_equal(keys.key[0].id, keys.key[0].hello, SSI_KEY_ID_LEN);
	assert_memory_not_equal(keys.key[0].id, keys.key[0].aead, SSI_KEY_ID_LEN);
}

static void test_bad_files(void **state)
{
	static const char *const bad[] = {
		"", "xos-ssi-key 2\nsession 7\nsend 3 " ONES "\n", HEAD, HEAD "send 3 ",
		HEAD "send 3 " ONES, HEAD "send 0 " ONES "\n", HEAD "send -1 " ONES "\n",
		HEAD "send 3  " ONES "\n", HEAD "send 3 1" ONES "\n",
		HEAD "send 3 x" TWOS "\n", HEAD "send 99999999999 " ONES "\n",
		HEAD "send 3 " ONES "\nsend 4 " TWOS "\n", HEAD "send 3 " ONES "\n\n",
		HEAD "accept 3 " ONES "\n", HEAD "send 3 " ONES "\naccept 4\n",
		HEAD "send 3 " "111111111111111111111111111111111111111111111111111111111111111g\n",
	};
	struct ssi_keys keys;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (parse(bad[i], &keys) != -EBADMSG)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(parse("xos-ssi-key 1\nsession 8\nsend 3 " ONES "\n", &keys), -EDOM);
}

static void test_mutated_files(void **state)
{
	static const char good[] = HEAD "send 3 " ONES "\naccept 4 " TWOS "\n";
	const char *seed = getenv("SEED");
	struct ssi_keys keys;
	char text[sizeof(good)];

	(void)state;
	srand(seed && *seed ? atoi(seed) : 1);
	for (int i = 0; i < MUTATIONS; i++) {
		memcpy(text, good, sizeof(good));
		for (int n = rand() % 4; n >= 0; n--)
			text[rand() % (sizeof(good) - 1)] = rand();
		text[rand() % sizeof(good)] = '\0';
		parse(text, &keys);
	}
}

static struct ssi_keys make(const char *text)
{
	struct ssi_keys keys;

	assert_int_equal(parse(text, &keys), 0);
	return keys;
}

static unsigned int agree(const struct ssi_keys *caller, const struct ssi_keys *callee)
{
	u8 ids[2][SSI_KEYS_MAX][SSI_KEY_ID_LEN];
	const struct ssi_key *a, *b;

	for (int i = 0; i < SSI_KEYS_MAX; i++) {
		memcpy(ids[0][i], caller->key[i].id, SSI_KEY_ID_LEN);
		memcpy(ids[1][i], callee->key[i].id, SSI_KEY_ID_LEN);
	}
	a = ssi_keys_common(caller, ids[1], false);
	b = ssi_keys_common(callee, ids[0], true);
	assert_true(!a == !b);
	if (a)
		assert_memory_equal(a, b, sizeof(*a));
	return a ? a->generation : 0;
}

static void test_agreement_in_each_phase(void **state)
{
	struct ssi_keys old = make(HEAD "send 3 " ONES "\n");
	struct ssi_keys told = make(HEAD "send 3 " ONES "\naccept 4 " TWOS "\n");
	struct ssi_keys gone_over = make(HEAD "send 4 " TWOS "\naccept 3 " ONES "\n");
	struct ssi_keys new = make(HEAD "send 4 " TWOS "\n");
	struct ssi_keys none = { 0 };

	(void)state;
	assert_int_equal(agree(&old, &old), 3);
	assert_int_equal(agree(&old, &told), 3);
	assert_int_equal(agree(&told, &old), 3);
	assert_int_equal(agree(&told, &gone_over), 3);
	assert_int_equal(agree(&gone_over, &told), 4);
	assert_int_equal(agree(&gone_over, &new), 4);
	assert_int_equal(agree(&new, &gone_over), 4);
	assert_int_equal(agree(&old, &gone_over), 3);
	assert_int_equal(agree(&old, &new), 0);
	assert_int_equal(agree(&none, &new), 0);
	assert_int_equal(agree(&none, &none), 0);
}

static void test_proof_is_about_everything(void **state)
{
	struct ssi_keys keys = make(HEAD "send 3 " ONES "\naccept 4 " TWOS "\n");
	u8 hello[2][152], proof[SSI_HMAC_LEN], other[SSI_HMAC_LEN];
	struct ssi_party a = { { hello[0], sizeof(hello[0]) }, 10, 20 };
	struct ssi_party b = { { hello[1], sizeof(hello[1]) }, 30, 40 }, c;

	(void)state;
	memset(hello, 5, sizeof(hello));
	hello[1][0] = 6;
	assert_int_equal(ssi_proof_make(&keys.key[0], true, &a, &b, proof), 0);
	ssi_proof_make(&keys.key[0], true, &a, &b, other);
	assert_true(ssi_proof_equal(proof, other));
#define DIFFERS(...) do { ssi_proof_make(__VA_ARGS__, other); \
	assert_false(ssi_proof_equal(proof, other)); } while (0)
	DIFFERS(&keys.key[1], true, &a, &b);
	DIFFERS(&keys.key[0], false, &a, &b);
	DIFFERS(&keys.key[0], true, &b, &a);
	c = a, c.port++;
	DIFFERS(&keys.key[0], true, &c, &b);
	c = b, c.port++;
	DIFFERS(&keys.key[0], true, &a, &c);
	c = a, c.address++;
	DIFFERS(&keys.key[0], true, &c, &b);
	c = b, c.address++;
	DIFFERS(&keys.key[0], true, &a, &c);
	c = a, c.hello.len--;
	DIFFERS(&keys.key[0], true, &c, &b);
	for (size_t i = 0; i < sizeof(hello); i++) {
		((u8 *)hello)[i] ^= 1;
		DIFFERS(&keys.key[0], true, &a, &b);
		((u8 *)hello)[i] ^= 1;
	}
	for (size_t i = 0; i < sizeof(proof); i++) {
		memcpy(other, proof, sizeof(other));
		other[i] ^= 0x80;
		assert_false(ssi_proof_equal(proof, other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hkdf),
		cmocka_unit_test(test_good_files),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_mutated_files),
		cmocka_unit_test(test_agreement_in_each_phase),
		cmocka_unit_test(test_proof_is_about_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
