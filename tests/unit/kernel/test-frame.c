// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-frame.c: kernel/rpc/frame.c: what is written is read back, what is
 * broken is refused, and nothing reads beyond a frame.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "frame.h"

#define FUZZ_ROUNDS	200000

static unsigned char record[SSI_FRAME_MAX_LEN];

static const struct ssi_hello sample = {
	.version = SSI_FRAME_VERSION,
	.session = 9999,
	.node = 1023,
	.online = true,
	.incarnation = 0x123456789abcdef0,
	.build = "1.2.3",
	.machine = { 1, 2, 3, 4, 5, 6 },
	.nonce = { 7, 8, 9 },
	.key_ids = { { 10 }, { 11 } },
};

static const struct ssi_call_info sample_call = {
	.view = { .lineage = 1ULL << 63, .number = 12 },
	.id = 1ULL << 40,
	.service = 255,
	.out_size = SSI_FRAME_CALL_MAX,
};

/* Give @len bytes of record to its reader, in a block of exactly that size. */
static int read_any(size_t len)
{
	unsigned char *copy = malloc(len ? len : 1);
	struct ssi_call_info info;
	enum ssi_refusal reason;
	struct ssi_hello hello;
	const void *data;
	size_t data_len;
	int ret, error;
	bool stale;
	u64 id;

	memcpy(copy, record, len);
	ret = ssi_frame_check(copy, len);
	switch (ret) {
	case SSI_FRAME_HELLO:
		ret = ssi_frame_get_hello(copy, len, &hello);
		break;
	case SSI_FRAME_REFUSE:
		ret = ssi_frame_get_refuse(copy, len, &reason);
		break;
	case SSI_FRAME_PROOF:
		ret = ssi_frame_get_proof(copy, len, hello.nonce);
		break;
	case SSI_FRAME_CONTROL:
		ret = ssi_frame_get_control(copy, len, &data, &data_len);
		if (!ret) {
			assert_ptr_equal((char *)data + data_len, copy + len);
			record[0] += ((char *)data)[data_len - 1];
		}
		break;
	case SSI_FRAME_CALL:
		ret = ssi_frame_get_call(copy, len, &info, &data, &data_len);
		if (!ret)
			assert_ptr_equal((char *)data + data_len, copy + len);
		break;
	case SSI_FRAME_REPLY:
		ret = ssi_frame_get_reply(copy, len, &id, &error, &stale,
					  &data, &data_len);
		if (!ret)
			assert_ptr_equal((char *)data + data_len, copy + len);
		break;
	default:
		break;
	}
	free(copy);
	return ret;
}

/* A frame of each type, number n; 0 after the last. */
static size_t make(unsigned int n)
{
	switch (n) {
	case 0:
		return ssi_frame_put_hello(record, &sample);
	case 1:
		return ssi_frame_put_refuse(record, SSI_REFUSAL_BUILD);
	case 2:
		return ssi_frame_put_control(record, "record", 6);
	case 3:
		return ssi_frame_put_call(record, &sample_call, "hi", 2);
	case 4:
		return ssi_frame_put_reply(record, 7, 0, false, "yes", 3);
	case 5:
		return ssi_frame_put_proof(record, sample.nonce);
	default:
		return 0;
	}
}

static void test_hello(void **state)
{
	struct ssi_hello hello;
	size_t len = ssi_frame_put_hello(record, &sample);

	(void)state;
	assert_int_equal(ssi_frame_check(record, len), SSI_FRAME_HELLO);
	assert_int_equal(ssi_frame_get_hello(record, len, &hello), 0);
	assert_int_equal(hello.session, sample.session);
	assert_int_equal(hello.node, sample.node);
	assert_true(hello.online);
	assert_true(hello.incarnation == sample.incarnation);
	assert_string_equal(hello.build, sample.build);
	assert_memory_equal(hello.machine, sample.machine, sizeof(hello.machine));
	assert_memory_equal(hello.nonce, sample.nonce, sizeof(hello.nonce));
	assert_memory_equal(hello.key_ids, sample.key_ids, sizeof(hello.key_ids));
	assert_int_equal(ssi_frame_get_hello(record, len - 1, &hello), -EBADMSG);
	record[4] = 200;	/* of another version only the start is known */
	assert_int_equal(ssi_frame_get_hello(record, SSI_FRAME_HELLO_MIN_LEN, &hello), 0);
	assert_int_equal(hello.nonce[0], 0);
}

static void test_proof(void **state)
{
	size_t len = ssi_frame_put_proof(record, sample.nonce);
	u8 proof[SSI_HMAC_LEN];

	(void)state;
	assert_int_equal(ssi_frame_check(record, len), SSI_FRAME_PROOF);
	assert_int_equal(ssi_frame_get_proof(record, len, proof), 0);
	assert_memory_equal(proof, sample.nonce, sizeof(proof));
	assert_int_equal(ssi_frame_get_proof(record, len - 1, proof), -EBADMSG);
}

static void test_hello_of_other_version(void **state)
{
	struct ssi_hello hello;
	size_t len = ssi_frame_put_hello(record, &sample);

	(void)state;
	record[4] = 200;
	assert_int_equal(ssi_frame_check(record, len), SSI_FRAME_HELLO);
	assert_int_equal(ssi_frame_get_hello(record, len, &hello), 0);
	assert_int_equal(hello.version, 200);
	len = ssi_frame_put_refuse(record, SSI_REFUSAL_BUILD);
	record[4] = 200;
	assert_int_equal(ssi_frame_check(record, len), -EPROTO);
}

static void test_hello_that_lies(void **state)
{
	struct ssi_hello hello = sample, got;
	size_t len;

	(void)state;
	hello.node = SSI_MAX_NODES;
	len = ssi_frame_put_hello(record, &hello);
	assert_int_equal(ssi_frame_get_hello(record, len, &got), -EBADMSG);
	hello = sample;
	hello.incarnation = 0;
	len = ssi_frame_put_hello(record, &hello);
	assert_int_equal(ssi_frame_get_hello(record, len, &got), -EBADMSG);
	hello = sample;
	memset(hello.build, 'x', sizeof(hello.build));
	len = ssi_frame_put_hello(record, &hello);
	assert_int_equal(ssi_frame_get_hello(record, len, &got), -EBADMSG);
	hello = sample;
	strcpy(hello.build, "1\n<0>panic");
	len = ssi_frame_put_hello(record, &hello);
	assert_int_equal(ssi_frame_get_hello(record, len, &got), -EBADMSG);
}

static void test_judge(void **state)
{
	struct ssi_hello theirs = sample;

	(void)state;
	assert_int_equal(ssi_hello_judge(&sample, &theirs),
			 SSI_REFUSAL_DUPLICATE);
	theirs.node = 1;
	assert_int_equal(ssi_hello_judge(&sample, &theirs), SSI_REFUSAL_NONE);
	strcpy(theirs.build, "1.2.4");
	assert_int_equal(ssi_hello_judge(&sample, &theirs), SSI_REFUSAL_BUILD);
	theirs.session = 1;
	assert_int_equal(ssi_hello_judge(&sample, &theirs),
			 SSI_REFUSAL_SESSION);
	theirs.version = 0;
	assert_int_equal(ssi_hello_judge(&sample, &theirs),
			 SSI_REFUSAL_PROTOCOL);
}

static void test_one_of_two_yields(void **state)
{
	struct ssi_hello a = sample, b = sample;
	int i;

	(void)state;
	b.incarnation++;
	for (i = 0; i < 4; i++) {
		a.online = i & 1;
		b.online = i & 2;
		assert_int_not_equal(ssi_hello_yields(&a, &b),
				     ssi_hello_yields(&b, &a));
	}
	b.online = a.online;
	assert_true(ssi_hello_yields(&b, &a));
}

static void test_control(void **state)
{
	const void *data;
	size_t data_len, len = make(2);

	(void)state;
	assert_int_equal(ssi_frame_check(record, len), SSI_FRAME_CONTROL);
	assert_int_equal(ssi_frame_get_control(record, len, &data, &data_len),
			 0);
	assert_int_equal(data_len, 6);
	assert_memory_equal(data, "record", 6);
	len = ssi_frame_put_control(record, "", 0);
	assert_int_equal(ssi_frame_get_control(record, len, &data, &data_len),
			 -EBADMSG);
}

static void test_call(void **state)
{
	struct ssi_call_info info, greedy = sample_call;
	const void *data;
	size_t data_len, len = make(3);

	(void)state;
	assert_int_equal(ssi_frame_check(record, len), SSI_FRAME_CALL);
	assert_int_equal(ssi_frame_get_call(record, len, &info, &data,
					    &data_len), 0);
	assert_true(info.view.lineage == sample_call.view.lineage &&
		    info.view.number == sample_call.view.number);
	assert_true(info.id == sample_call.id);
	assert_int_equal(info.service, sample_call.service);
	assert_int_equal(info.out_size, sample_call.out_size);
	assert_int_equal(data_len, 2);
	assert_memory_equal(data, "hi", 2);
	greedy.out_size++;
	len = ssi_frame_put_call(record, &greedy, NULL, 0);
	assert_int_equal(ssi_frame_get_call(record, len, &info, &data,
					    &data_len), -EBADMSG);
}

static void test_reply(void **state)
{
	const void *data;
	size_t data_len, len = make(4);
	bool stale;
	int error;
	u64 id;

	(void)state;
	assert_int_equal(ssi_frame_get_reply(record, len, &id, &error, &stale,
					     &data, &data_len), 0);
	assert_true(id == 7 && !error && !stale);
	assert_memory_equal(data, "yes", 3);
	len = ssi_frame_put_reply(record, 8, -ESTALE, true, NULL, 0);
	assert_int_equal(ssi_frame_get_reply(record, len, &id, &error, &stale,
					     &data, &data_len), 0);
	assert_int_equal(error, -ESTALE);
	assert_true(stale);
	/* An error has no data, and is an errno. */
	len = ssi_frame_put_reply(record, 8, -ESTALE, false, "x", 1);
	assert_int_equal(ssi_frame_get_reply(record, len, &id, &error, &stale,
					     &data, &data_len), -EBADMSG);
	len = ssi_frame_put_reply(record, 8, -4096, false, NULL, 0);
	assert_int_equal(ssi_frame_get_reply(record, len, &id, &error, &stale,
					     &data, &data_len), -EBADMSG);
}

static void test_every_shorter_frame(void **state)
{
	static const size_t least[] = {
		sizeof(struct ssi_frame_hello),
		sizeof(struct ssi_frame_refuse),
		sizeof(struct ssi_frame_header) + 1,
		sizeof(struct ssi_frame_call),
		sizeof(struct ssi_frame_reply),
		sizeof(struct ssi_frame_proof),
	};
	size_t len, cut;
	unsigned int n;

	(void)state;
	for (n = 0; (len = make(n)); n++) {
		assert_true(read_any(len) >= 0);
		for (cut = 0; cut < len; cut++) {
			make(n);
			assert_int_equal(read_any(cut), -EBADMSG);
			/* and with a length that fits */
			make(n);
			record[8] = cut & 0xff;
			if (cut < least[n])
				assert_true(read_any(cut) < 0);
		}
	}
}

static void test_random_changes(void **state)
{
	const char *text = getenv("SEED");
	unsigned int seed = text && *text ? atoi(text) : (int)time(NULL);
	unsigned int i, hits, good = 0;
	size_t len;

	(void)state;
	print_message("# seed %u\n", seed);
	srandom(seed);
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		len = make(random() % 6);
		for (hits = 1 + random() % 4; hits; hits--)
			record[random() % (random() % 2 ? len : 24)] = random();
		good += read_any(len) >= 0;
	}
	assert_int_not_equal(good, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_proof),
		cmocka_unit_test(test_hello_of_other_version),
		cmocka_unit_test(test_hello_that_lies),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_one_of_two_yields),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_every_shorter_frame),
		cmocka_unit_test(test_random_changes),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
