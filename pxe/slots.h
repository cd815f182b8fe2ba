/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * slots.h - how many nodes may load at once, and in which order
 *
 * Admission control as a pure state machine: events and the time go in, answers
 * come out.  No clock, no socket, no lock of its own.
 */
#ifndef _XOS_SLOTS_H
#define _XOS_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XOS_SLOTS_WAIT_MIN_S	1
#define XOS_SLOTS_WAIT_MAX_S	12
#define XOS_SLOTS_SILENCE_MS	120000	/* a holder that is not heard of */
#define XOS_SLOTS_HOLD_MAX_MS	900000	/* no slot is held for longer */
#define XOS_SLOTS_LATE_MS	30000	/* a waiting node that does not ask again */

struct xos_slots;

/**
 * struct xos_slots_counts - for status and metrics
 * @limit: slots, 0 = no limit
 * @used: slots that are held
 * @waiting: nodes in the queue
 * @expired: slots taken back from holders that were not heard of, since start
 */
struct xos_slots_counts {
	unsigned int limit, used, waiting;
	uint64_t expired;
};

/** xos_slots_create() - @limit slots, 0 = no limit; NULL: no memory */
struct xos_slots *xos_slots_create(unsigned int limit);
void xos_slots_destroy(struct xos_slots *slots);
/** xos_slots_set_limit() - holders beyond a lower limit keep theirs */
void xos_slots_set_limit(struct xos_slots *slots, unsigned int limit);

/**
 * xos_slots_ask() - may this node load now?
 * @key: who, a node's name; one that already holds a slot keeps it
 * @now_ms: monotonic
 * @ahead: set to the number of nodes before it in the queue
 * Return: 0 = yes, it holds a slot; n > 0 = no, ask again in n seconds,
 *	XOS_SLOTS_WAIT_MIN_S..XOS_SLOTS_WAIT_MAX_S; -ENOMEM.
 */
int xos_slots_ask(struct xos_slots *slots, const char *key, int64_t now_ms,
		  unsigned int *ahead);

/** xos_slots_touch() - the node was heard of, its slot lives on */
void xos_slots_touch(struct xos_slots *slots, const char *key, int64_t now_ms);
/** xos_slots_busy() - a transfer began (+1) or ended (-1): no silence meanwhile */
void xos_slots_busy(struct xos_slots *slots, const char *key, int delta,
		    int64_t now_ms);
/** xos_slots_release() - the node has loaded, or failed; unknown keys are fine */
void xos_slots_release(struct xos_slots *slots, const char *key, int64_t now_ms);

void xos_slots_count(struct xos_slots *slots, int64_t now_ms,
		     struct xos_slots_counts *counts);

#endif /* _XOS_SLOTS_H */
