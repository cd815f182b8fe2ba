/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * event-ring.h - the boot server's memory of the latest events
 *
 * Bounded: the oldest event makes room.  Not locked: its owner does that.
 */
#ifndef _XOS_EVENT_RING_H
#define _XOS_EVENT_RING_H

#include "event.h"

struct xos_event_ring;

/**
 * xos_event_ring_create() - an empty ring with an epoch of its own
 * @size: events it holds, 1..65536
 * Return: the ring, for xos_event_ring_destroy(); NULL: no memory.
 */
struct xos_event_ring *xos_event_ring_create(size_t size);
void xos_event_ring_destroy(struct xos_event_ring *ring);

/** xos_event_ring_epoch() - 36 characters, another one for each ring */
const char *xos_event_ring_epoch(const struct xos_event_ring *ring);
/** xos_event_ring_next() - the seq that the next event will get; first is 1 */
uint64_t xos_event_ring_next(const struct xos_event_ring *ring);

/** xos_event_ring_add() - copy an event in; sets its seq, epoch and time */
void xos_event_ring_add(struct xos_event_ring *ring, struct xos_event *event);

/**
 * xos_event_ring_get() - the oldest event that is still there
 * @since: with at least this seq
 * Return: the event, valid until the next add; NULL: there is none.
 */
const struct xos_event *xos_event_ring_get(const struct xos_event_ring *ring,
					   uint64_t since);

#endif /* _XOS_EVENT_RING_H */
