// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * event.c - events to JSON and back
 *
 * Owns the wire form of struct xos_event, in both directions, so that server
 * and client cannot disagree.  Knows nothing of sockets or of who keeps events.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "event.h"

void xos_event_set(char *to, size_t size, const char *text)
{
	size_t len = strnlen(text, size - 1);

	memcpy(to, text, len);
	to[len] = '\0';
}

char *xos_event_encode(const struct xos_event *event)
{
	json_t *object;
	char *text, *line;
	size_t len;

	object = json_pack("{s:I, s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:s}",
			   "seq", (json_int_t)event->seq,
			   "epoch", event->epoch,
			   "time_ms", (json_int_t)event->time_ms,
			   "node", event->node, "kind", event->kind,
			   "stage", event->stage, "detail", event->detail,
			   "uptime_ms", (json_int_t)event->uptime_ms,
			   "boot", event->boot);
	if (!object)
		return NULL;
	text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	if (!text)
		return NULL;
	len = strlen(text);
	line = realloc(text, len + 2);
	if (!line) {
		free(text);
		return NULL;
	}
	memcpy(line + len, "\n", 2);
	return line;
}

static int bad(struct xos_error *err, const char *member)
{
	return xos_error_set(err, -EBADMSG, XOS_EXIT_FAILED,
			     "event: member '%s' is missing, of another type or too long",
			     member);
}

/* The members that are strings: name, place, room. */
#define STRING(member) \
	{ #member, offsetof(struct xos_event, member), \
	  sizeof(((struct xos_event *)0)->member) }
static const struct {
	const char *name;
	size_t offset, size;
} strings[] = {
	STRING(epoch), STRING(node), STRING(kind), STRING(stage),
	STRING(detail), STRING(boot),
};

static int get_strings(const json_t *object, struct xos_event *event,
		       struct xos_error *err)
{
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		const json_t *value = json_object_get(object, strings[i].name);
		size_t len = json_string_length(value);

		if (!json_is_string(value) || len >= strings[i].size)
			return bad(err, strings[i].name);
		memcpy((char *)event + strings[i].offset,
		       json_string_value(value), len + 1);
	}
	return 0;
}

static int get_integer(const json_t *object, const char *member,
		       json_int_t min, int64_t *number, struct xos_error *err)
{
	const json_t *value = json_object_get(object, member);

	if (!json_is_integer(value) || json_integer_value(value) < min)
		return bad(err, member);
	*number = json_integer_value(value);
	return 0;
}

int xos_event_decode(const char *line, size_t len, struct xos_event *event,
		     struct xos_error *err)
{
	json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	struct xos_event e = { 0 };
	int64_t seq = 0;
	int rc;

	if (!json_is_object(object)) {
		json_decref(object);
		return xos_error_set(err, -EBADMSG, XOS_EXIT_FAILED,
				     "event: not a JSON object");
	}
	rc = get_integer(object, "seq", 0, &seq, err);
	if (!rc)
		rc = get_integer(object, "time_ms", 0, &e.time_ms, err);
	if (!rc)
		rc = get_integer(object, "uptime_ms", -1, &e.uptime_ms, err);
	if (!rc)
		rc = get_strings(object, &e, err);
	json_decref(object);
	if (rc)
		return rc;
	e.seq = seq;
	*event = e;
	return 0;
}
