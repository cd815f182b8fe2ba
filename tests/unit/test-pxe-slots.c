// SPDX-License-Identifier: LGPL-2.1-or-later
/* test-pxe-slots.c - admission control: limit, order, expiry, nobody starves */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pxe/slots.h"

static unsigned int ahead;

static void no_limit(void **state)
{
	struct xos_slots *slots = xos_slots_create(0);
	struct xos_slots_counts counts;
	char key[16];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "n%d", i);
		assert_int_equal(xos_slots_ask(slots, key, i, &ahead), 0);
	}
	xos_slots_count(slots, 1000, &counts);
	assert_int_equal(counts.used, 1000);
	xos_slots_destroy(slots);
}

static void limit_and_order(void **state)
{
	struct xos_slots *slots = xos_slots_create(1);
	int wait;

	(void)state;
	assert_int_equal(xos_slots_ask(slots, "a", 0, &ahead), 0);
	/* it asks again after a power cycle: still its own slot */
	assert_int_equal(xos_slots_ask(slots, "a", 10, &ahead), 0);
	wait = xos_slots_ask(slots, "b", 20, &ahead);
	assert_in_range(wait, XOS_SLOTS_WAIT_MIN_S, XOS_SLOTS_WAIT_MAX_S);
	assert_int_equal(ahead, 0);
	assert_true(xos_slots_ask(slots, "c", 30, &ahead) > 0);
	assert_int_equal(ahead, 1);
	/* the slot is free and b is due: c must not get ahead of it */
	xos_slots_release(slots, "a", wait * 1000);
	assert_true(xos_slots_ask(slots, "c", wait * 1000, &ahead) > 0);
	assert_int_equal(xos_slots_ask(slots, "b", wait * 1000 + 20, &ahead), 0);
	xos_slots_destroy(slots);
}

static void slot_is_not_idle_while_the_next_sleeps(void **state)
{
	struct xos_slots *slots = xos_slots_create(1);

	(void)state;
	assert_int_equal(xos_slots_ask(slots, "a", 0, &ahead), 0);
	/* a holds for long: b is told to wait for long */
	assert_true(xos_slots_ask(slots, "b", 10000, &ahead) > 3);
	xos_slots_release(slots, "a", 11000);
	assert_int_equal(xos_slots_ask(slots, "c", 11000, &ahead), 0);
	xos_slots_destroy(slots);
}

static void silent_holder_expires(void **state)
{
	struct xos_slots *slots = xos_slots_create(1);
	struct xos_slots_counts counts;
	int64_t now = 0;

	(void)state;
	assert_int_equal(xos_slots_ask(slots, "a", now, &ahead), 0);
	now += XOS_SLOTS_SILENCE_MS - 1;
	xos_slots_touch(slots, "a", now);
	now += XOS_SLOTS_SILENCE_MS;
	assert_true(xos_slots_ask(slots, "b", now, &ahead) > 0);
	assert_int_equal(xos_slots_ask(slots, "b", now + 1, &ahead), 0);
	xos_slots_count(slots, now, &counts);
	assert_int_equal(counts.expired, 1);
	xos_slots_destroy(slots);
}

static void transfer_is_no_silence_but_ends(void **state)
{
	struct xos_slots *slots = xos_slots_create(1);
	struct xos_slots_counts counts;

	(void)state;
	assert_int_equal(xos_slots_ask(slots, "a", 0, &ahead), 0);
	xos_slots_busy(slots, "a", 1, 0);
	xos_slots_count(slots, XOS_SLOTS_HOLD_MAX_MS, &counts);
	assert_int_equal(counts.used, 1);
	xos_slots_count(slots, XOS_SLOTS_HOLD_MAX_MS + 1, &counts);
	assert_int_equal(counts.used, 0);
	/* the end of a transfer whose slot is gone */
	xos_slots_busy(slots, "a", -1, XOS_SLOTS_HOLD_MAX_MS + 2);
	assert_int_equal(xos_slots_ask(slots, "a", XOS_SLOTS_HOLD_MAX_MS + 2,
				       &ahead), 0);
	xos_slots_busy(slots, "a", -1, XOS_SLOTS_HOLD_MAX_MS + 2);
	xos_slots_destroy(slots);
}

static void vanished_waiter_is_forgotten(void **state)
{
	struct xos_slots *slots = xos_slots_create(1);
	struct xos_slots_counts counts;
	int wait;

	(void)state;
	xos_slots_ask(slots, "a", 0, &ahead);
	wait = xos_slots_ask(slots, "b", 0, &ahead);
	xos_slots_count(slots, wait * 1000 + XOS_SLOTS_LATE_MS, &counts);
	assert_int_equal(counts.waiting, 1);
	xos_slots_count(slots, wait * 1000 + XOS_SLOTS_LATE_MS + 1, &counts);
	assert_int_equal(counts.waiting, 0);
	xos_slots_destroy(slots);
}

static void waits_grow_and_differ(void **state)
{
	struct xos_slots *slots = xos_slots_create(2);
	int first, last, seen[XOS_SLOTS_WAIT_MAX_S + 1] = { 0 }, different = 0;
	char key[16];

	(void)state;
	xos_slots_ask(slots, "x", 0, &ahead);
	xos_slots_ask(slots, "y", 0, &ahead);
	first = xos_slots_ask(slots, "n0", 0, &ahead);
	for (int i = 1; i < 100; i++) {
		snprintf(key, sizeof(key), "n%d", i);
		last = xos_slots_ask(slots, key, 0, &ahead);
		assert_in_range(last, 1, XOS_SLOTS_WAIT_MAX_S);
		seen[last]++;
	}
	assert_true(last > first);
	for (int i = 0; i <= XOS_SLOTS_WAIT_MAX_S; i++)
		different += seen[i] > 0;
	assert_true(different >= 8);
	/* nothing moves: who is first in the queue is told to wait longer */
	assert_true(xos_slots_ask(slots, "n0", 50000, &ahead) > first);
	xos_slots_destroy(slots);
}

/*
 * 300 nodes, 5 slots, random load times, some nodes vanish, in virtual time:
 * all others get a slot, and the limit holds at every moment.
 */
static void nobody_starves(void **state)
{
	enum { NODES = 300, SLOTS = 5 };
	struct xos_slots *slots = xos_slots_create(SLOTS);
	int64_t next[NODES], until[NODES] = { 0 };
	bool done[NODES] = { false };
	struct xos_slots_counts counts;
	int left = NODES, served = 0;
	char key[16];

	(void)state;
	srand(1);
	for (int i = 0; i < NODES; i++)
		next[i] = rand() % 5000;
	for (int64_t now = 0; left; now += 100) {
		/* 300 loads of at most 8 s by 5 at once, and what vanishes */
		assert_true(now < 3600 * 1000);
		for (int i = 0; i < NODES; i++) {
			int wait;

			if (done[i] || next[i] > now)
				continue;
			snprintf(key, sizeof(key), "n%d", i);
			if (until[i]) {
				xos_slots_release(slots, key, now);
				done[i] = true;
				left--;
				served++;
				continue;
			}
			wait = xos_slots_ask(slots, key, now, &ahead);
			if (wait) {
				next[i] = now + wait * 1000 + rand() % 500;
				if (rand() % 100)
					continue;
			} else if (rand() % 50) {
				until[i] = next[i] = now + 1000 + rand() % 7000;
				continue;
			}
			done[i] = true;		/* power cut */
			left--;
		}
		xos_slots_count(slots, now, &counts);
		assert_true(counts.used <= SLOTS);
	}
	assert_true(served > NODES / 2);
	xos_slots_destroy(slots);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_limit),
		cmocka_unit_test(limit_and_order),
		cmocka_unit_test(slot_is_not_idle_while_the_next_sleeps),
		cmocka_unit_test(silent_holder_expires),
		cmocka_unit_test(transfer_is_no_silence_but_ends),
		cmocka_unit_test(vanished_waiter_is_forgotten),
		cmocka_unit_test(waits_grow_and_differ),
		cmocka_unit_test(nobody_starves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
