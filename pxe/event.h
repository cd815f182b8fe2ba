/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * event.h - something that was seen of a node, and its form on the wire
 *
 * The boot server makes events, its client reads them back, the engine acts on
 * them.  On the wire an event is one line of JSON with the members' names.
 */
#ifndef _XOS_EVENT_H
#define _XOS_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "../libxos/error.h"
#include "../libxos/inventory.h"

/**
 * struct xos_event - something that was seen of a node
 * @seq: grows by one within an @epoch
 * @epoch: names the run of the boot server (it forgets when its head reboots)
 * @time_ms: wall clock, ms since 1970, of the receiver of this event
 * @node: the node's name, "" where no node of the inventory is meant
 * @kind: "script", "wait", "refused", "fetch", "report", "stranger"
 * @stage: for "report": initramfs, root, up, services, modules, config,
 *	failed, down; for "fetch": the file's name
 * @detail: words, may be ""
 * @uptime_ms: the node's own uptime in a report, -1 else
 * @boot: the node's boot id in a report (a second boot has another), "" else
 */
struct xos_event {
	uint64_t seq;
	char epoch[37];
	int64_t time_ms;
	char node[XOS_NAME_MAX + 1];
	char kind[16];
	char stage[16];
	char detail[256];
	int64_t uptime_ms;
	char boot[37];
};

/**
 * xos_event_set() - copy a text into a member, cut where it does not fit
 * @to: the member, @size bytes, e.g. event->node, sizeof(event->node)
 */
void xos_event_set(char *to, size_t size, const char *text);

typedef void xos_event_fn(const struct xos_event *event, void *arg);

/**
 * xos_event_encode() - an event as one line of JSON
 * @event: the event; its strings are printable ASCII
 * Return: the line with its newline, to be freed; NULL: no memory.
 */
char *xos_event_encode(const struct xos_event *event);

/**
 * xos_event_decode() - read one line of JSON back
 * @line: @len bytes, without the newline
 * @event: filled on success; a string too long for its member is refused
 * Return: 0; -EBADMSG, with @err naming the member.
 */
int xos_event_decode(const char *line, size_t len, struct xos_event *event,
		     struct xos_error *err);

#endif /* _XOS_EVENT_H */
