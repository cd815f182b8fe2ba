// SPDX-License-Identifier: LGPL-2.1-or-later
/* event-ring.c - bounded memory of events, addressed by their seq */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../libxos/clock.h"
#include "event-ring.h"

struct xos_event_ring {
	char epoch[37];
	uint64_t next;
	size_t size;
	struct xos_event events[];	/* event with seq s is at s % size */
};

/* In the form of a uuid, which is what people expect such a name to be. */
static bool make_epoch(char epoch[37])
{
	unsigned char r[16];

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		return false;
	r[6] = (r[6] & 0x0f) | 0x40;
	r[8] = (r[8] & 0x3f) | 0x80;
	snprintf(epoch, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		 "%02x%02x%02x%02x%02x%02x", r[0], r[1], r[2], r[3], r[4], r[5],
		 r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14], r[15]);
	return true;
}

struct xos_event_ring *xos_event_ring_create(size_t size)
{
	struct xos_event_ring *ring;

	ring = calloc(1, sizeof(*ring) + size * sizeof(ring->events[0]));
	if (!ring)
		return NULL;
	ring->size = size;
	ring->next = 1;
	if (!make_epoch(ring->epoch)) {
		free(ring);
		return NULL;
	}
	return ring;
}

void xos_event_ring_destroy(struct xos_event_ring *ring)
{
	free(ring);
}

const char *xos_event_ring_epoch(const struct xos_event_ring *ring)
{
	return ring->epoch;
}

uint64_t xos_event_ring_next(const struct xos_event_ring *ring)
{
	return ring->next;
}

void xos_event_ring_add(struct xos_event_ring *ring, struct xos_event *event)
{
	event->time_ms = xos_clock_ms(CLOCK_REALTIME);
	event->seq = ring->next++;
	memcpy(event->epoch, ring->epoch, sizeof(event->epoch));
	ring->events[event->seq % ring->size] = *event;
}

const struct xos_event *xos_event_ring_get(const struct xos_event_ring *ring,
					   uint64_t since)
{
	uint64_t oldest = ring->next > ring->size ? ring->next - ring->size : 1;

	if (since < oldest)
		since = oldest;
	return since < ring->next ? &ring->events[since % ring->size] : NULL;
}
