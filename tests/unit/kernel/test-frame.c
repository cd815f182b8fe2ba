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

static const struct ssi_reply_info sample_reply = { .id = 7, .len = 3 };

static bool by_lane(int type)
{
	return type == SSI_FRAME_CALL || type == SSI_FRAME_REPLY ||
	       type == SSI_FRAME_CREDIT;
}

/* A frame that may be longer than what is there of it. */
static int read_begun(const unsigned char *copy, size_t len)
{
	struct ssi_reply_info reply;
	struct ssi_call_info info;
	size_t all;
	u64 bytes;
	int ret = ssi_frame_begin(copy, len, &all);

	switch (ret) {
	case SSI_FRAME_CALL:
		assert_in_range(all, len, SSI_FRAME_HEAD_LEN + SSI_FRAME_CALL_MAX);
		return ssi_frame_get_call(copy, &info);
	case SSI_FRAME_REPLY:
		assert_in_range(all, len, SSI_FRAME_HEAD_LEN + SSI_FRAME_CALL_MAX);
		ret = ssi_frame_get_reply(copy, &reply);
		if (!ret)
			assert_int_equal(reply.len, all - SSI_FRAME_HEAD_LEN);
		return ret;
	case SSI_FRAME_CREDIT:
		return ssi_frame_get_credit(copy, len, &bytes);
	default:
		return ret;
	}
}

static int read_whole(const unsigned char *copy, size_t len)
{
	enum ssi_refusal reason;
	struct ssi_hello hello;
	enum ssi_lane lane;
	const void *data;
	size_t data_len;
	int ret = ssi_frame_check(copy, len);

	switch (ret) {
	case SSI_FRAME_HELLO:
		return ssi_frame_get_hello(copy, len, &hello);
	case SSI_FRAME_REFUSE:
		return ssi_frame_get_refuse(copy, len, &reason);
	case SSI_FRAME_PROOF:
		return ssi_frame_get_proof(copy, len, hello.nonce);
	case SSI_FRAME_LANES:
		return ssi_frame_get_lanes(copy, len, hello.nonce);
	case SSI_FRAME_LANE:
		return ssi_frame_get_lane(copy, len, hello.nonce, &lane);
	case SSI_FRAME_CONTROL:
		ret = ssi_frame_get_control(copy, len, &data, &data_len);
		if (!ret) {
			assert_ptr_equal((char *)data + data_len, copy + len);
			record[0] += ((char *)data)[data_len - 1];
		}
		return ret;
	default:
		return ret;
	}
}

/* Give @len bytes of record to its reader, in a block of exactly that size. */
static int read_any(size_t len)
{
	unsigned char *copy = malloc(len ? len : 1);
	int ret;

	memcpy(copy, record, len);
	ret = by_lane(record[5]) ? read_begun(copy, len) :
				   read_whole(copy, len);
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
		return ssi_frame_put_call(record, &sample_call, 2);
	case 4:
		return ssi_frame_put_reply(record, &sample_reply);
	case 5:
		return ssi_frame_put_proof(record, sample.nonce);
	case 6:
		return ssi_frame_put_lanes(record, sample.nonce);
	case 7:
		return ssi_frame_put_lane(record, sample.nonce, SSI_LANE_BULK);
	case 8:
		return ssi_frame_put_ready(record);
	case 9:
		return ssi_frame_put_credit(record, 5000);
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
	size_t all, len = make(3);

	(void)state;
	assert_int_equal(ssi_frame_begin(record, SSI_FRAME_HEAD_LEN, &all),
			 SSI_FRAME_CALL);
	assert_int_equal(all, len);
	assert_int_equal(ssi_frame_get_call(record, &info), 0);
	assert_true(info.view.lineage == sample_call.view.lineage &&
		    info.view.number == sample_call.view.number);
	assert_true(info.id == sample_call.id);
	assert_int_equal(info.service, sample_call.service);
	assert_int_equal(info.out_size, sample_call.out_size);
	greedy.out_size++;
	ssi_frame_put_call(record, &greedy, 0);
	assert_int_equal(ssi_frame_get_call(record, &info), -EBADMSG);
	ssi_frame_put_call(record, &sample_call, SSI_FRAME_CALL_MAX + 1);
	assert_int_equal(ssi_frame_begin(record, SSI_FRAME_HEAD_LEN, &all),
			 -EBADMSG);
}

static void test_reply(void **state)
{
	struct ssi_reply_info info, reply = sample_reply;
	size_t all;

	(void)state;
	make(4);
	assert_int_equal(ssi_frame_begin(record, SSI_FRAME_HEAD_LEN, &all),
			 SSI_FRAME_REPLY);
	assert_int_equal(ssi_frame_get_reply(record, &info), 0);
	assert_true(info.id == 7 && !info.error && !info.stale);
	assert_int_equal(info.len, 3);
	reply.len = 0;
	reply.error = -ESTALE;
	reply.stale = true;
	ssi_frame_put_reply(record, &reply);
	assert_int_equal(ssi_frame_get_reply(record, &info), 0);
	assert_int_equal(info.error, -ESTALE);
	assert_true(info.stale);
	/* An error has no data, and is an errno. */
	reply.len = 1;
	ssi_frame_put_reply(record, &reply);
	assert_int_equal(ssi_frame_get_reply(record, &info), -EBADMSG);
	reply.len = 0;
	reply.error = -4096;
	ssi_frame_put_reply(record, &reply);
	assert_int_equal(ssi_frame_get_reply(record, &info), -EBADMSG);
	((struct ssi_frame_reply *)record)->error = cpu_to_le32(1u << 31);
	assert_int_equal(ssi_frame_get_reply(record, &info), -EBADMSG);
}

static void test_lanes(void **state)
{
	u8 token[SSI_TOKEN_LEN];
	enum ssi_lane lane;
	size_t len = make(6);
	u64 bytes;

	(void)state;
	assert_int_equal(ssi_frame_check(record, len), SSI_FRAME_LANES);
	assert_int_equal(ssi_frame_get_lanes(record, len, token), 0);
	assert_memory_equal(token, sample.nonce, SSI_TOKEN_LEN);
	len = make(7);
	assert_int_equal(ssi_frame_check(record, len), SSI_FRAME_LANE);
	assert_int_equal(ssi_frame_get_lane(record, len, token, &lane), 0);
	assert_int_equal(lane, SSI_LANE_BULK);
	len = ssi_frame_put_lane(record, token, SSI_LANES);
	assert_int_equal(ssi_frame_get_lane(record, len, token, &lane),
			 -EBADMSG);
	len = make(9);
	assert_int_equal(ssi_frame_get_credit(record, len, &bytes), 0);
	assert_true(bytes == 5000);
	len = ssi_frame_put_credit(record, 0);
	assert_int_equal(ssi_frame_get_credit(record, len, &bytes), -EBADMSG);
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
		sizeof(struct ssi_frame_lane),
		sizeof(struct ssi_frame_lane),
		sizeof(struct ssi_frame_header),
		sizeof(struct ssi_frame_credit),
	};
	size_t len, cut;
	unsigned int n;

	(void)state;
	for (n = 0; (len = make(n)); n++) {
		assert_true(read_any(len) >= 0);
		/* More than the head of these is not looked at. */
		if (by_lane(record[5]) && len > SSI_FRAME_HEAD_LEN)
			len = SSI_FRAME_HEAD_LEN;
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
		len = make(random() % 10);
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
		cmocka_unit_test(test_lanes),
		cmocka_unit_test(test_every_shorter_frame),
		cmocka_unit_test(test_random_changes),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
