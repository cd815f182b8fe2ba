// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * slots.c - admission control of the boot server
 *
 * A node is unknown, waiting or holding:
 *
 *	unknown --ask--> waiting --ask, slot free--> holding --release--> unknown
 *	waiting --not back LATE_MS after its time--> unknown
 *	holding --silent for SILENCE_MS, or HOLD_MAX_MS--> unknown
 *
 * The queue is ordered by the first ask.  A free slot goes to whoever asks, but
 * one is kept back for every node that came earlier and is due soon: so a slot
 * is not idle while the next in the queue still sleeps.  "Soon" grows with each
 * refusal, until a node that was passed by often has a slot kept for as long as
 * it sleeps: nobody starves.  The wait that is told is half the time after which
 * it should be the node's turn, from the holders' usual time or, when nothing
 * moves, from the age of the oldest holder: it grows by itself.  Half, because a
 * node that sleeps too long costs its slot's time, and one that asks too early a
 * request of some 100 bytes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../libxos/inventory.h"
#include "slots.h"

#define SOON_MAX_MS	1000	/* times refusals; no more than a quarter of a turn */
#define OVERDUE_MS	5000	/* due that long ago: it may be on its way */
#define FIRST_HOLD_MS	2000	/* guess of a holder's time before any was seen */
#define JITTER_MIN	80	/* percent of the computed wait */
#define JITTER_MAX	120

struct entry {
	char key[XOS_NAME_MAX + 1];
	bool holding;
	unsigned int busy;	/* transfers under way */
	unsigned int asks;	/* refusals so far */
	uint64_t ticket;	/* place in the queue */
	int64_t since_ms;	/* when it began to hold */
	int64_t heard_ms;
	int64_t due_ms;		/* when a waiting node asks again */
};

struct xos_slots {
	unsigned int limit;
	uint64_t next_ticket;
	uint64_t expired;
	int64_t hold_ms;	/* moving average of holders' times */
	size_t n, room;
	struct entry *entries;	/* no order */
};

struct xos_slots *xos_slots_create(unsigned int limit)
{
	struct xos_slots *slots = calloc(1, sizeof(*slots));

	if (!slots)
		return NULL;
	slots->limit = limit;
	slots->hold_ms = FIRST_HOLD_MS;
	return slots;
}

void xos_slots_destroy(struct xos_slots *slots)
{
	if (!slots)
		return;
	free(slots->entries);
	free(slots);
}

void xos_slots_set_limit(struct xos_slots *slots, unsigned int limit)
{
	slots->limit = limit;
}

static struct entry *find(struct xos_slots *slots, const char *key)
{
	for (size_t i = 0; i < slots->n; i++) {
		if (!strcmp(slots->entries[i].key, key))
			return &slots->entries[i];
	}
	return NULL;
}

static struct entry *add(struct xos_slots *slots, const char *key)
{
	struct entry *e;

	if (slots->n == slots->room) {
		size_t room = slots->room ? 2 * slots->room : 64;

		e = realloc(slots->entries, room * sizeof(*e));
		if (!e)
			return NULL;
		slots->entries = e;
		slots->room = room;
	}
	e = &slots->entries[slots->n++];
	memset(e, 0, sizeof(*e));
	memcpy(e->key, key, strnlen(key, sizeof(e->key) - 1));
	e->ticket = slots->next_ticket++;
	return e;
}

static void drop(struct xos_slots *slots, struct entry *e)
{
	*e = slots->entries[--slots->n];
}

static bool is_over(const struct entry *e, int64_t now_ms)
{
	if (!e->holding)
		return now_ms > e->due_ms + XOS_SLOTS_LATE_MS;
	if (now_ms > e->since_ms + XOS_SLOTS_HOLD_MAX_MS)
		return true;
	return !e->busy && now_ms > e->heard_ms + XOS_SLOTS_SILENCE_MS;
}

static void expire(struct xos_slots *slots, int64_t now_ms)
{
	size_t i = 0;

	while (i < slots->n) {
		struct entry *e = &slots->entries[i];

		if (is_over(e, now_ms)) {
			slots->expired += e->holding;
			drop(slots, e);
		} else {
			i++;
		}
	}
}

/* What the queue looks like to one node. */
struct view {
	unsigned int used;	/* slots held */
	unsigned int ahead;	/* waiting nodes with an earlier ticket */
	unsigned int kept;	/* of these: due now, a slot is kept for each */
	int64_t oldest_ms;	/* longest time that a slot is held by now */
};

static struct view look(const struct xos_slots *slots, const struct entry *me,
			int64_t now_ms)
{
	int64_t soon_ms = slots->hold_ms / 4 < SOON_MAX_MS ? slots->hold_ms / 4 :
		SOON_MAX_MS;
	struct view v = { 0 };

	for (size_t i = 0; i < slots->n; i++) {
		const struct entry *e = &slots->entries[i];

		if (e->holding) {
			v.used++;
			if (now_ms - e->since_ms > v.oldest_ms)
				v.oldest_ms = now_ms - e->since_ms;
		} else if (e != me && e->ticket < me->ticket) {
			v.ahead++;
			v.kept += e->due_ms <= now_ms + soon_ms * e->asks &&
				  e->due_ms + OVERDUE_MS >= now_ms;
		}
	}
	return v;
}

/* The same for the same node and try: two nodes fall out of step. */
static int64_t jitter_percent(const struct entry *e)
{
	uint32_t hash = 2166136261u ^ e->asks;

	for (const char *s = e->key; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	hash ^= hash >> 15;
	return JITTER_MIN + hash % (JITTER_MAX - JITTER_MIN + 1);
}

static int wait_s(const struct xos_slots *slots, const struct entry *e,
		  const struct view *v)
{
	int64_t turn_ms = slots->hold_ms;
	int64_t ms;

	if (v->oldest_ms > turn_ms)
		turn_ms = v->oldest_ms;
	ms = turn_ms * (v->ahead + 1) / slots->limit / 2;
	/* bounded before the jitter, or all long waits would be the same */
	if (ms > XOS_SLOTS_WAIT_MAX_S * 1000 * 100 / JITTER_MAX)
		ms = XOS_SLOTS_WAIT_MAX_S * 1000 * 100 / JITTER_MAX;
	ms = ms * jitter_percent(e) / 100;
	if (ms < XOS_SLOTS_WAIT_MIN_S * 1000)
		return XOS_SLOTS_WAIT_MIN_S;
	return ms / 1000;
}

int xos_slots_ask(struct xos_slots *slots, const char *key, int64_t now_ms,
		  unsigned int *ahead)
{
	struct entry *e;
	struct view v;
	int s;

	expire(slots, now_ms);
	*ahead = 0;
	e = find(slots, key);
	if (!e)
		e = add(slots, key);
	if (!e)
		return -ENOMEM;
	e->heard_ms = now_ms;
	if (e->holding)
		return 0;
	v = look(slots, e, now_ms);
	if (!slots->limit || v.used + v.kept < slots->limit) {
		e->holding = true;
		e->since_ms = now_ms;
		return 0;
	}
	*ahead = v.ahead;
	e->asks++;
	s = wait_s(slots, e, &v);
	e->due_ms = now_ms + s * 1000;
	return s;
}

void xos_slots_touch(struct xos_slots *slots, const char *key, int64_t now_ms)
{
	struct entry *e = find(slots, key);

	if (e)
		e->heard_ms = now_ms;
}

void xos_slots_busy(struct xos_slots *slots, const char *key, int delta,
		    int64_t now_ms)
{
	struct entry *e = find(slots, key);

	if (!e)
		return;
	e->heard_ms = now_ms;
	/* its slot may have been taken back and given again in between */
	if (delta > 0)
		e->busy++;
	else if (e->busy)
		e->busy--;
}

void xos_slots_release(struct xos_slots *slots, const char *key, int64_t now_ms)
{
	struct entry *e = find(slots, key);

	if (!e)
		return;
	if (e->holding)
		slots->hold_ms += (now_ms - e->since_ms - slots->hold_ms) / 8;
	drop(slots, e);
}

void xos_slots_count(struct xos_slots *slots, int64_t now_ms,
		     struct xos_slots_counts *counts)
{
	expire(slots, now_ms);
	*counts = (struct xos_slots_counts){
		.limit = slots->limit,
		.expired = slots->expired,
	};
	for (size_t i = 0; i < slots->n; i++) {
		if (slots->entries[i].holding)
			counts->used++;
		else
			counts->waiting++;
	}
}
