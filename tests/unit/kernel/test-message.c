// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-message.c: kernel/cluster/message.c: what is written is read back, what
 * is broken is refused, and nothing reads beyond a record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

#define FUZZ_ROUNDS	300000

static unsigned char record[SSI_MESSAGE_MAX_LEN];
static struct ssi_change change, back;

/* Read @len bytes of record, in a block of exactly that size. */
static int read_copy(size_t len, struct ssi_message *message)
{
	unsigned char *copy = malloc(len ? len : 1);
	int err;

	memcpy(copy, record, len);
	err = ssi_message_get(copy, len, message, &back);
	free(copy);
	return err;
}

static void fill(struct ssi_nodeset *set, int step)
{
	int node;

	ssi_nodeset_clear(set);
	for (node = step; node < SSI_MAX_NODES; node += step)
		ssi_nodeset_add(set, node);
}

static void make_change(void)
{
	int node;

	ssi_change_clear(&change, SSI_CAUSE_ADD);
	change.lineage = 77;
	fill(&change.removed, 3);
	fill(&change.added, 2);
	fill(&change.leaving, 5);
	fill(&change.barred, 7);
	ssi_nodeset_for_each(node, &change.added)
		change.incarnation[node] = node + 1000;
}

static size_t make(unsigned int type)
{
	struct ssi_message message = {
		.type = type,
		.view = { 5, 6 },
		.parent = 4,
		.nr_members = 1024,
		.flags = SSI_MESSAGE_MEMBER,
		.ballot = 9,
		.accepted = 8,
		.id = 12,
		.error = -17,
		.step = 3,
		.op = SSI_OP_FAIL,
		.rule = SSI_RULE_HEAD,
		.head = 1023,
		.change = &change,
	};

	make_change();
	return ssi_message_put(record, &message);
}

static void test_round_trip(void **state)
{
	struct ssi_message message;
	unsigned int type;
	size_t len;
	int node;

	(void)state;
	for (type = 1; type < SSI_MESSAGE_NR; type++) {
		len = make(type);
		assert_true(len <= SSI_MESSAGE_MAX_LEN);
		assert_int_equal(read_copy(len, &message), 0);
		assert_int_equal(message.type, type);
		assert_true(message.view.lineage == 5 &&
			    message.view.number == 6 && message.parent == 4);
		assert_true(message.ballot == 9 && message.accepted == 8);
		assert_int_equal(message.error, -17);
		assert_int_equal(message.id, 12);
		assert_int_equal(message.head, 1023);
		if (!message.change)
			continue;
		assert_memory_equal(&change.removed, &back.removed,
				    sizeof(change.removed));
	}
	len = make(SSI_MESSAGE_ACCEPT);
	assert_int_equal(read_copy(len, &message), 0);
	assert_true(back.lineage == 77);
	assert_memory_equal(&change.added, &back.added, sizeof(change.added));
	assert_memory_equal(&change.barred, &back.barred,
			    sizeof(change.barred));
	ssi_nodeset_for_each(node, &change.added)
		assert_true(change.incarnation[node] == back.incarnation[node]);
}

/* The largest change there can be fits. */
static void test_largest(void **state)
{
	struct ssi_message message = {
		.type = SSI_MESSAGE_ACCEPT,
		.view = { 1, 1 },
		.ballot = 1,
		.change = &change,
	};
	int node;

	(void)state;
	ssi_change_clear(&change, SSI_CAUSE_ADD);
	fill(&change.removed, 2);
	change.leaving = change.removed;
	change.barred = change.removed;
	for (node = 0; node < SSI_MAX_NODES; node++) {
		ssi_nodeset_add(&change.added, node);
		change.incarnation[node] = ~0ULL;
	}
	assert_int_equal(read_copy(ssi_message_put(record, &message), &message),
			 0);
}

static void test_truncated(void **state)
{
	struct ssi_message message;
	unsigned int type;
	size_t len, cut;

	(void)state;
	for (type = 1; type < SSI_MESSAGE_NR; type++) {
		len = make(type);
		for (cut = 0; cut < len; cut += 1 + cut / 64)
			assert_int_equal(read_copy(cut, &message), -EBADMSG);
	}
}

static void test_bad(void **state)
{
	struct ssi_message_record *header = (void *)record;
	struct ssi_message message;
	size_t len;

	(void)state;
	len = make(SSI_MESSAGE_STATUS);
	header->version++;
	assert_int_equal(read_copy(len, &message), -EPROTO);
	len = make(SSI_MESSAGE_STATUS);
	header->type = SSI_MESSAGE_NR;
	assert_int_equal(read_copy(len, &message), -EBADMSG);
	len = make(SSI_MESSAGE_STATUS);
	header->number = 0;
	assert_int_equal(read_copy(len, &message), -EBADMSG);
	len = make(SSI_MESSAGE_REQUEST);
	header->op = 4;
	assert_int_equal(read_copy(len, &message), -EBADMSG);
	len = make(SSI_MESSAGE_PREPARE);
	header->ballot = 0;
	assert_int_equal(read_copy(len, &message), -EBADMSG);
	len = make(SSI_MESSAGE_FULL);
	header->rule = 0;
	assert_int_equal(read_copy(len, &message), -EBADMSG);
	/* A list where the type has none. */
	len = make(SSI_MESSAGE_ACCEPT);
	header->type = SSI_MESSAGE_ACCEPTED;
	assert_int_equal(read_copy(len, &message), -EBADMSG);
	/* Ranges and lives out of order. */
	len = make(SSI_MESSAGE_SUSPECT);
	memset(record + sizeof(*header) + 4, 0, 4);
	assert_int_equal(read_copy(len, &message), -EBADMSG);
	len = make(SSI_MESSAGE_ACCEPT);
	memset(record + len - 10, 0, 10);
	assert_int_equal(read_copy(len, &message), -EBADMSG);
}

static void test_mutated(void **state)
{
	struct ssi_message message;
	unsigned int i, flips;
	size_t len = 0;

	(void)state;
	srandom(1);
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		if (i % 64 == 0 || i % 64 > 60)
			len = make(1 + random() % (SSI_MESSAGE_NR - 1));
		for (flips = 1 + random() % 4; flips; flips--)
			record[random() % (len < 200 ? len : 200)] = random();
		read_copy(len, &message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_mutated),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
