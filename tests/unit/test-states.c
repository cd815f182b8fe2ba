// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-states.c - the state machine of one node
 *
 * Every (state, input) pair keeps the invariants; named journeys end where they
 * should; whatever comes in, in any order, the machine acts a bounded number of
 * times and comes to an end when nothing more comes in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "deploy/states.h"
#include "libxos/inventory.h"

#define WALKS		3000
#define WALK_STEPS	2000

static struct xos_limits limits;

static int setup(void **state)
{
	(void)state;
	return xos_limits_init(&limits, NULL, 3, NULL);
}

/* A machine that is in @state in a believable way. */
static void make(struct xos_machine *m, enum xos_state state)
{
	xos_machine_init(m, 7, 1000);
	m->state = state;
	if (state > XOS_STATE_OFF && state <= XOS_STATE_PRESENT)
		m->deadline_ms = 5000;
	if (state == XOS_STATE_POWERING)
		m->asked = XOS_ACTION_ON;
	if (state >= XOS_STATE_INITRAMFS && state <= XOS_STATE_ONLINE)
		strcpy(m->boot, "boot-1");
	if (state == XOS_STATE_KO)
		strcpy(m->reason, "firmware: no progress");
}

static void check_invariants(const struct xos_machine *m, const struct xos_step *s)
{
	assert_true(m->state < XOS_STATES);
	assert_int_equal(m->state, s->to);
	if (!s->noted) {
		assert_int_equal(s->from, s->to);
		assert_int_equal(s->action, XOS_ACTION_NONE);
		assert_false(s->failed || s->restarted);
	}
	if (xos_state_settled(m->state) || m->state == XOS_STATE_OFF)
		assert_true(m->deadline_ms == XOS_NEVER);
	else if (m->pending == XOS_ACTION_NONE)
		assert_true(m->deadline_ms != XOS_NEVER);
	if (m->pending != XOS_ACTION_NONE)
		assert_int_equal(m->state, XOS_STATE_POWERING);
	if (m->state == XOS_STATE_KO)
		assert_true(*m->reason);
}

static void test_every_pair(void **unused)
{
	static const char *const boots[] = { "", "boot-1", "boot-2" };
	struct xos_machine m;
	struct xos_step s;
	int state, input, boot;

	(void)unused;
	for (state = 0; state < XOS_STATES; state++)
		for (input = 0; input < XOS_INPUTS; input++)
			for (boot = 0; boot < 3; boot++) {
				make(&m, state);
				xos_machine_step(&m, &limits, input, boots[boot], "why",
						 2000, &s);
				assert_int_equal(s.from, state);
				check_invariants(&m, &s);
				if (state == XOS_STATE_EXCLUDED)
					assert_int_equal(s.to, XOS_STATE_EXCLUDED);
			}
}

static void test_pairs_that_matter(void **unused)
{
	static const struct {
		enum xos_state from;
		enum xos_input input;
		const char *boot;
		enum xos_state to;
		bool restarted;
	} rows[] = {
		{ XOS_STATE_OFF, XOS_INPUT_START, "", XOS_STATE_POWERING, false },
		{ XOS_STATE_POWERING, XOS_INPUT_POWER_OK, "", XOS_STATE_FIRMWARE, false },
		{ XOS_STATE_FIRMWARE, XOS_INPUT_SCRIPT, "", XOS_STATE_LOADING, false },
		{ XOS_STATE_LOADING, XOS_INPUT_SCRIPT, "", XOS_STATE_LOADING, false },
		{ XOS_STATE_LOADING, XOS_INPUT_INITRAMFS, "b", XOS_STATE_INITRAMFS, false },
		{ XOS_STATE_FIRMWARE, XOS_INPUT_CONFIG, "b", XOS_STATE_PRESENT, false },
		{ XOS_STATE_ROOT, XOS_INPUT_INITRAMFS, "boot-1", XOS_STATE_ROOT, false },
		{ XOS_STATE_ROOT, XOS_INPUT_INITRAMFS, "boot-2", XOS_STATE_INITRAMFS, true },
		{ XOS_STATE_ROOT, XOS_INPUT_SERVICES, "boot-2", XOS_STATE_MODULES, true },
		{ XOS_STATE_ONLINE, XOS_INPUT_SCRIPT, "", XOS_STATE_LOADING, true },
		{ XOS_STATE_ONLINE, XOS_INPUT_DOWN, "boot-1", XOS_STATE_FIRMWARE, true },
		{ XOS_STATE_ONLINE, XOS_INPUT_OFFLINE, "", XOS_STATE_PRESENT, false },
		{ XOS_STATE_ONLINE, XOS_INPUT_FAILED, "boot-1", XOS_STATE_ONLINE, false },
		{ XOS_STATE_ONLINE, XOS_INPUT_GONE, "", XOS_STATE_POWERING, false },
		{ XOS_STATE_MODULES, XOS_INPUT_STRANGER, "", XOS_STATE_MODULES, false },
		{ XOS_STATE_FIRMWARE, XOS_INPUT_ONLINE, "", XOS_STATE_FIRMWARE, false },
		{ XOS_STATE_PRESENT, XOS_INPUT_ONLINE, "", XOS_STATE_ONLINE, false },
		{ XOS_STATE_PRESENT, XOS_INPUT_NO_QUORUM, "", XOS_STATE_KO, false },
		{ XOS_STATE_ONLINE, XOS_INPUT_NO_QUORUM, "", XOS_STATE_ONLINE, false },
		{ XOS_STATE_KO, XOS_INPUT_CONFIG, "b", XOS_STATE_PRESENT, true },
		{ XOS_STATE_KO, XOS_INPUT_TIMEOUT, "", XOS_STATE_KO, false },
		{ XOS_STATE_OFF, XOS_INPUT_EXCLUDE, "", XOS_STATE_EXCLUDED, false },
	};
	struct xos_machine m;
	struct xos_step s;
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		make(&m, rows[i].from);
		xos_machine_step(&m, &limits, rows[i].input, rows[i].boot, NULL, 2000, &s);
		if (s.to != rows[i].to || s.restarted != rows[i].restarted)
			fail_msg("row %zu: %s + %s -> %s", i, xos_state_name(rows[i].from),
				 xos_input_name(rows[i].input), xos_state_name(s.to));
	}
}

static void step(struct xos_machine *m, enum xos_input input, const char *boot,
		 int64_t now_ms, struct xos_step *s)
{
	xos_machine_step(m, &limits, input, boot, NULL, now_ms, s);
	check_invariants(m, s);
}

/* Fails in services again and again: kexec, soft, power cycle, ko. */
static void test_ladder(void **unused)
{
	static const enum xos_action ladder[] = {
		XOS_ACTION_KEXEC, XOS_ACTION_SOFT, XOS_ACTION_CYCLE, XOS_ACTION_CYCLE,
	};
	struct xos_machine m;
	struct xos_step s;
	char boot[16] = "boot-1";
	int i;

	(void)unused;
	limits.retries[XOS_STATE_SERVICES] = 4;
	make(&m, XOS_STATE_SERVICES);
	for (i = 0; i < 4; i++) {
		step(&m, XOS_INPUT_FAILED, m.boot, 2000, &s);
		assert_int_equal(s.next, ladder[i]);
		assert_false(xos_machine_startable(&m, 2000));
		assert_true(xos_machine_startable(&m, m.due_ms));
		step(&m, XOS_INPUT_START, "", m.due_ms, &s);
		assert_int_equal(s.action, ladder[i]);
		step(&m, XOS_INPUT_POWER_OK, "", m.due_ms, &s);
		boot[5]++;
		step(&m, XOS_INPUT_UP, boot, m.due_ms, &s);
		assert_int_equal(m.state, XOS_STATE_SERVICES);
	}
	step(&m, XOS_INPUT_FAILED, m.boot, 2000, &s);
	assert_int_equal(m.state, XOS_STATE_KO);
	limits.retries[XOS_STATE_SERVICES] = 2;
}

/* "Cannot kexec" is no failure of the node: the next rung at once. */
static void test_unsupported_climbs(void **unused)
{
	struct xos_machine m;
	struct xos_step s;

	(void)unused;
	make(&m, XOS_STATE_CONFIG);
	step(&m, XOS_INPUT_TIMEOUT, "", 2000, &s);
	step(&m, XOS_INPUT_START, "", m.due_ms, &s);
	assert_int_equal(s.action, XOS_ACTION_KEXEC);
	step(&m, XOS_INPUT_UNSUPPORTED, "", m.due_ms, &s);
	assert_int_equal(s.next, XOS_ACTION_SOFT);
	assert_int_equal(m.tries[XOS_STATE_POWERING], 0);
	assert_true(xos_machine_startable(&m, m.due_ms));
}

static void test_backoff(void **unused)
{
	struct xos_machine m, other;
	int64_t last = 0;
	struct xos_step s;
	int i, same = 0;

	(void)unused;
	limits.retries[XOS_STATE_FIRMWARE] = 20;
	make(&m, XOS_STATE_FIRMWARE);
	make(&other, XOS_STATE_FIRMWARE);
	xos_machine_init(&other, 8, 0);
	for (i = 0; i < 20; i++) {
		int64_t pause;

		m.state = other.state = XOS_STATE_FIRMWARE;
		m.pending = other.pending = XOS_ACTION_NONE;
		step(&m, XOS_INPUT_TIMEOUT, "", 2000, &s);
		step(&other, XOS_INPUT_TIMEOUT, "", 2000, &s);
		pause = m.due_ms - 2000;
		assert_true(pause >= limits.backoff_ms << (i < 5 ? i : 5));
		assert_true(pause <= (limits.backoff_ms << (i < 5 ? i : 5)) * 3 / 2);
		assert_true(i > 5 || pause > last);
		last = pause;
		same += m.due_ms == other.due_ms;
	}
	assert_true(same < 3);		/* nodes do not retry in step */
	limits.retries[XOS_STATE_FIRMWARE] = 2;
}

static void test_late_words_of_old_boot(void **unused)
{
	struct xos_machine m;
	struct xos_step s;

	(void)unused;
	make(&m, XOS_STATE_MODULES);
	step(&m, XOS_INPUT_TIMEOUT, "", 2000, &s);
	step(&m, XOS_INPUT_START, "", m.due_ms, &s);
	step(&m, XOS_INPUT_POWER_OK, "", m.due_ms, &s);
	step(&m, XOS_INPUT_MODULES, "boot-1", m.due_ms, &s);
	assert_int_equal(m.state, XOS_STATE_FIRMWARE);
	step(&m, XOS_INPUT_INITRAMFS, "boot-2", m.due_ms, &s);
	assert_int_equal(m.state, XOS_STATE_INITRAMFS);
}

/* Late by a little: what it says during the back-off saves it the reboot. */
static void test_report_during_backoff(void **unused)
{
	struct xos_machine m;
	struct xos_step s;

	(void)unused;
	make(&m, XOS_STATE_MODULES);
	step(&m, XOS_INPUT_TIMEOUT, "", 2000, &s);
	assert_int_equal(m.pending, XOS_ACTION_KEXEC);
	step(&m, XOS_INPUT_MODULES, "boot-1", 2001, &s);
	assert_int_equal(m.state, XOS_STATE_CONFIG);
	assert_false(xos_machine_startable(&m, 1 << 30));
}

static void test_wait_extends_but_ends(void **unused)
{
	struct xos_machine m;
	struct xos_step s;
	int64_t now = 2000, first;

	(void)unused;
	make(&m, XOS_STATE_FIRMWARE);
	m.since_ms = now;
	first = now + 10 * limits.timeout_ms[XOS_STATE_FIRMWARE];
	for (; now < first + 1000; now += 1000)
		step(&m, XOS_INPUT_WAIT, "", now, &s);
	assert_true(m.deadline_ms == first);
}

/* Long before it is to be added, a while after; asked again does not help. */
static void test_present_ends(void **unused)
{
	int64_t limit = limits.timeout_ms[XOS_STATE_PRESENT];
	struct xos_machine m;
	struct xos_step s;

	(void)unused;
	make(&m, XOS_STATE_CONFIG);
	step(&m, XOS_INPUT_CONFIG, "boot-1", 2000, &s);
	assert_int_equal(m.state, XOS_STATE_PRESENT);
	assert_true(m.deadline_ms == 2000 + 10 * limit);
	step(&m, XOS_INPUT_ADD, "", 3000, &s);
	assert_true(m.deadline_ms == 3000 + limit);
	step(&m, XOS_INPUT_ADD, "", 4000, &s);
	assert_true(m.deadline_ms == 3000 + limit);
	xos_machine_step(&m, &limits, XOS_INPUT_NO_QUORUM, "", "ask node 1",
			 m.deadline_ms, &s);
	assert_int_equal(m.state, XOS_STATE_KO);
	assert_int_equal(s.next, XOS_ACTION_NONE);
	assert_non_null(strstr(m.reason, "present: ask node 1"));
}

static void test_stranger_explains_only(void **unused)
{
	struct xos_machine m;
	struct xos_step s;
	int i;

	(void)unused;
	make(&m, XOS_STATE_FIRMWARE);
	xos_machine_step(&m, &limits, XOS_INPUT_STRANGER, "", "from 10.0.0.9", 2000, &s);
	assert_int_equal(m.state, XOS_STATE_FIRMWARE);
	for (i = 0; i < 3; i++) {
		m.state = XOS_STATE_FIRMWARE;
		m.pending = XOS_ACTION_NONE;
		step(&m, XOS_INPUT_TIMEOUT, "", 2000, &s);
	}
	assert_int_equal(m.state, XOS_STATE_KO);
	assert_non_null(strstr(m.reason, "from 10.0.0.9"));
}

static void test_reset(void **unused)
{
	struct xos_machine m;
	struct xos_step s;

	(void)unused;
	make(&m, XOS_STATE_KO);
	m.tries[XOS_STATE_FIRMWARE] = 3;
	xos_machine_reset(&m, false, 2000, &s);
	assert_int_equal(m.state, XOS_STATE_POWERING);
	assert_int_equal(m.pending, XOS_ACTION_CYCLE);
	assert_int_equal(m.tries[XOS_STATE_FIRMWARE], 0);
	make(&m, XOS_STATE_ONLINE);
	xos_machine_reset(&m, false, 2000, &s);
	assert_int_equal(m.state, XOS_STATE_ONLINE);
	/* Switched off between two runs: no failure, so no try is lost. */
	make(&m, XOS_STATE_LOADING);
	xos_machine_reset(&m, true, 2000, &s);
	assert_int_equal(m.state, XOS_STATE_OFF);
	assert_int_equal(s.to, XOS_STATE_OFF);
	assert_false(s.failed);
	assert_int_equal(m.tries[XOS_STATE_LOADING], 0);
}

static void test_limits(void **unused)
{
	struct xos_timeout t[] = {
		{ "root", 10, 0.5, 4, { "f", 1 } }, { "backoff", 0.25, 0, 0, { "f", 2 } },
		{ "restart", 0, 0, 9, { "f", 3 } },
	};
	struct xos_timeout bad = { "online-ish", 1, 0, 0, { "file.xml", 12 } };
	struct xos_policy policy = { .timeouts = t, .n_timeouts = 3 };
	struct xos_limits l;
	struct xos_error err = { 0 };

	(void)unused;
	assert_int_equal(xos_limits_init(&l, &policy, 100, &err), 0);
	assert_int_equal(l.timeout_ms[XOS_STATE_ROOT], 60000);
	assert_int_equal(l.retries[XOS_STATE_ROOT], 4);
	assert_int_equal(l.backoff_ms, 250);
	assert_int_equal(l.restarts, 9);
	policy.timeouts = &bad;
	policy.n_timeouts = 1;
	assert_true(xos_limits_init(&l, &policy, 100, &err) < 0);
	assert_int_equal(err.exit, XOS_EXIT_USAGE);
	assert_non_null(strstr(err.text, "file.xml:12"));
}

static void test_names(void **unused)
{
	int i;

	(void)unused;
	for (i = 0; i < XOS_STATES; i++)
		assert_int_equal(xos_state_find(xos_state_name(i)), i);
	for (i = 0; i < XOS_ACTIONS; i++)
		assert_int_equal(xos_action_find(xos_action_name(i)), i);
	assert_int_equal(xos_state_find("nowhere"), XOS_STATES);
	assert_string_equal(xos_state_name(99), "?");
}

static uint32_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

/* All that may still happen when the world has gone silent. */
static int end_in_silence(struct xos_machine *m, int64_t now)
{
	struct xos_step s;
	int n;

	for (n = 0; !xos_state_settled(m->state); n++) {
		assert_true(n < 500);
		if (m->state == XOS_STATE_OFF || m->pending != XOS_ACTION_NONE) {
			now = now > m->due_ms ? now : m->due_ms;
			step(m, XOS_INPUT_START, "", now, &s);
			step(m, XOS_INPUT_POWER_OK, "", now, &s);
		} else {
			now = now > m->deadline_ms ? now : m->deadline_ms;
			step(m, XOS_INPUT_TIMEOUT, "", now, &s);
		}
	}
	return n;
}

static void test_random_walks(void **unused)
{
	int most = 1, seed, i;

	(void)unused;
	for (i = 0; i < XOS_STATES; i++)
		most += limits.retries[i];
	most += XOS_ACTION_CYCLE - XOS_ACTION_KEXEC;	/* rungs climbed for free */
	for (seed = 1; seed <= WALKS; seed++) {
		struct xos_machine m;
		struct xos_step s;
		int64_t now = 1000;
		char boot[16];
		int actions = 0;

		random_state = seed;
		xos_machine_init(&m, seed, now);
		for (i = 0; i < WALK_STEPS; i++) {
			now += draw(3000);
			snprintf(boot, sizeof(boot), "boot-%u", draw(6));
			xos_machine_step(&m, &limits, draw(XOS_INPUT_EXCLUDE),
					 draw(3) ? boot : "", "random", now, &s);
			check_invariants(&m, &s);
			actions += s.action != XOS_ACTION_NONE;
		}
		if (actions > most)
			fail_msg("seed %d: %d actions, at most %d allowed", seed, actions, most);
		end_in_silence(&m, now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_pairs_that_matter),
		cmocka_unit_test(test_ladder),
		cmocka_unit_test(test_unsupported_climbs),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_late_words_of_old_boot),
		cmocka_unit_test(test_report_during_backoff),
		cmocka_unit_test(test_wait_extends_but_ends),
		cmocka_unit_test(test_present_ends),
		cmocka_unit_test(test_stranger_explains_only),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_random_walks),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
