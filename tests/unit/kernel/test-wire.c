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
	unsigned char *copy = malloc(len ? len : 1);
	const void *data;
	size_t data_len;
	u32 value;
	bool last;
	int ret, error;

	memcpy(copy, record, len);
	ret = ssi_wire_check(copy, len);
	switch (ret) {
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
	switch (n) {
	case 0:
		return ssi_wire_put_value(record, SSI_WIRE_POWER, 0, 1);
	case 1:
		return ssi_wire_put_value(record, SSI_WIRE_INFO_GET, 6, 2);
	case 2:
		return ssi_wire_put_info(record, 6, 0, true, "text", 4);
	default:
		return 0;
	}
}

static void test_values(void **state)
{
	const void *data;
	size_t len = make(1), data_len;
	u32 value;
	bool last;
	int error;

	(void)state;
	assert_int_equal(ssi_wire_id(record), 6);
	assert_int_equal(ssi_wire_get_value(record, len, &value), 0);
	assert_int_equal(value, 2);
	len = make(2);
	assert_int_equal(ssi_wire_get_info(record, len, &error, &last, &data,
					   &data_len), 0);
	assert_true(last && !error && data_len == 4);
	assert_memory_equal(data, "text", 4);
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
			if (cut >= 16 && n != 2)
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
		n = random() % 3;
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
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_every_shorter_record),
		cmocka_unit_test(test_random_changes),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
