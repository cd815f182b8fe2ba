// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-wire.c: kernel/cluster/wire.c: what is written is read back, what is
 * broken is refused, and nothing reads beyond a record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "wire.h"

#define FUZZ_ROUNDS	200000

static unsigned char record[SSI_WIRE_MAX_LEN];

/* Give @len bytes of record to every reader, in a block of exactly that size. */
static int read_any(size_t len)
{
	static struct ssi_view view;
	unsigned char *copy = malloc(len ? len : 1);
	enum ssi_change_op op;
	struct ssi_nodeset set;
	const void *data;
	size_t data_len;
	u32 value;
	u64 epoch;
	bool last;
	int ret, error;

	memcpy(copy, record, len);
	ret = ssi_wire_check(copy, len);
	switch (ret) {
	case SSI_WIRE_VIEW:
		ret = ssi_wire_get_view(copy, len, &view);
		break;
	case SSI_WIRE_ACK:
		ret = ssi_wire_get_ack(copy, len, &epoch);
		break;
	case SSI_WIRE_CHANGE:
		ret = ssi_wire_get_change(copy, len, &op, &set);
		break;
	case SSI_WIRE_RESULT:
	case SSI_WIRE_POWER:
	case SSI_WIRE_INFO_GET:
		ret = ssi_wire_get_value(copy, len, &value);
		break;
	case SSI_WIRE_INFO:
		ret = ssi_wire_get_info(copy, len, &error, &last, &data,
					&data_len);
		break;
	default:
		break;
	}
	free(copy);
	return ret;
}

/* A record of each type, number n; 0 after the last. */
static size_t make(unsigned int n)
{
	static struct ssi_view view;
	struct ssi_nodeset set;
	int node;

	ssi_nodeset_clear(&set);
	for (node = 1; node < SSI_MAX_NODES; node += 1 + node % 5)
		ssi_nodeset_add(&set, node);
	switch (n) {
	case 0:
		memset(&view, 0, sizeof(view));
		view.epoch = 7;
		view.issuer = 3;
		view.issuer_incarnation = 9;
		view.members = set;
		ssi_nodeset_for_each(node, &set)
			view.incarnation[node] = node + 1;
		return ssi_wire_put_view(record, &view);
	case 1:
		return ssi_wire_put_ack(record, 1ULL << 40);
	case 2:
		return ssi_wire_put_change(record, 5, SSI_CHANGE_REMOVE, &set);
	case 3:
		return ssi_wire_put_value(record, SSI_WIRE_RESULT, 5, 11);
	case 4:
		return ssi_wire_put_value(record, SSI_WIRE_POWER, 0, 1);
	case 5:
		return ssi_wire_put_value(record, SSI_WIRE_INFO_GET, 6, 2);
	case 6:
		return ssi_wire_put_info(record, 6, 0, true, "text", 4);
	default:
		return 0;
	}
}

static void test_view(void **state)
{
	static struct ssi_view view;
	size_t len = make(0);

	(void)state;
	assert_int_equal(ssi_wire_get_view(record, len, &view), 0);
	assert_true(view.epoch == 7);
	assert_int_equal(view.issuer, 3);
	assert_true(view.incarnation[1] == 2);
	/* The same member twice. */
	memcpy(record + 50, record + 40, 10);
	assert_int_equal(ssi_wire_get_view(record, len, &view), -EBADMSG);
}

static void test_change(void **state)
{
	enum ssi_change_op op;
	struct ssi_nodeset set;
	size_t len = make(2);

	(void)state;
	assert_int_equal(ssi_wire_get_change(record, len, &op, &set), 0);
	assert_int_equal(op, SSI_CHANGE_REMOVE);
	assert_true(ssi_nodeset_contains(&set, 1));
	assert_false(ssi_nodeset_contains(&set, 2));
	assert_int_equal(ssi_wire_id(record), 5);
}

static void test_every_shorter_record(void **state)
{
	size_t len, cut;
	unsigned int n;

	(void)state;
	for (n = 0; (len = make(n)); n++) {
		assert_true(read_any(len) >= 0);
		for (cut = 0; cut < len; cut += 1 + cut / 64) {
			make(n);
			assert_int_equal(read_any(cut), -EBADMSG);
			/* and with a length that fits */
			record[8] = cut & 0xff;
			record[9] = cut >> 8;
			if (cut >= 16 && n != 6)
				assert_true(read_any(cut) < 0);
			else
				read_any(cut);
		}
	}
}

static void test_random_changes(void **state)
{
	const char *text = getenv("SEED");
	unsigned int seed = text && *text ? atoi(text) : (int)time(NULL);
	unsigned int i, n, hits, good = 0;
	size_t len;

	(void)state;
	print_message("# seed %u\n", seed);
	srandom(seed);
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		n = random() % 7;
		len = make(n);
		for (hits = 1 + random() % 4; hits; hits--)
			record[random() % (random() % 2 ? len : 24)] = random();
		good += read_any(len) >= 0;
	}
	assert_int_not_equal(good, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_every_shorter_record),
		cmocka_unit_test(test_random_changes),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
