// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bootd-admin.c - what the admin asks: events, status, metrics
 *
 * A request for events that finds none is put on the list of waiters and
 * suspended; the next event or the ticker resumes it, and it is then answered
 * with what there is.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libxos/clock.h"
#include "bootd-private.h"

#define EVENTS_PER_ANSWER	512
#define WAIT_MAX_S		60
#define WAITERS_MAX		64

void bootd_wake_waiters(struct xos_bootd *b, int64_t due_ms)
{
	struct bootd_request **link = &b->waiters;

	while (*link) {
		struct bootd_request *r = *link;

		if (r->deadline_ms > due_ms) {
			link = &r->next;
			continue;
		}
		*link = r->next;
		b->n_waiters--;
		r->waited = true;
		MHD_resume_connection(r->connection);
	}
}

int64_t bootd_next_deadline(const struct xos_bootd *b)
{
	int64_t first_ms = INT64_MAX;

	for (const struct bootd_request *r = b->waiters; r; r = r->next) {
		if (r->deadline_ms < first_ms)
			first_ms = r->deadline_ms;
	}
	return first_ms;
}

/* Copies of the events from @since on, so that @lock is held for a moment only. */
static size_t copy_events(struct xos_bootd *b, uint64_t since,
			  struct xos_event *events, uint64_t *next)
{
	const struct xos_event *event;
	size_t n = 0;

	while (n < EVENTS_PER_ANSWER &&
	       (event = xos_event_ring_get(b->events, since))) {
		events[n++] = *event;
		since = event->seq + 1;
	}
	*next = n ? since : xos_event_ring_next(b->events);
	return n;
}

static char *format_events(struct xos_bootd *b, const struct xos_event *events,
			   size_t n, uint64_t next)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fprintf(f, "{\"epoch\":\"%s\",\"next\":%llu,\"now_ms\":%lld}\n",
		xos_event_ring_epoch(b->events), (unsigned long long)next,
		(long long)xos_clock_ms(CLOCK_REALTIME));
	for (size_t i = 0; i < n; i++) {
		char *line = xos_event_encode(&events[i]);

		if (line)
			fputs(line, f);
		free(line);
	}
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

static uint64_t get_since(struct bootd_request *r)
{
	const char *epoch = bootd_argument(r, "epoch");
	const char *since = bootd_argument(r, "since");

	/* numbers of another run of this server mean nothing here */
	if (epoch && strcmp(epoch, xos_event_ring_epoch(r->bootd->events)))
		return 0;
	return since ? strtoull(since, NULL, 10) : 0;
}

static int64_t get_wait_ms(struct bootd_request *r)
{
	const char *text = bootd_argument(r, "wait");
	double s = text ? strtod(text, NULL) : 0;

	if (!(s > 0))			/* also when it is no number */
		return 0;
	return (s < WAIT_MAX_S ? s : WAIT_MAX_S) * 1000;
}

/* Begin to wait, when there is no event yet; true: the request is suspended. */
static bool wait_for_event(struct bootd_request *r, uint64_t since)
{
	struct xos_bootd *b = r->bootd;
	int64_t wait_ms = get_wait_ms(r);

	if (r->waited || !wait_ms || b->stopping || b->n_waiters >= WAITERS_MAX ||
	    xos_event_ring_get(b->events, since))
		return false;
	r->deadline_ms = bootd_now_ms() + wait_ms;
	r->next = b->waiters;
	b->waiters = r;
	b->n_waiters++;
	MHD_suspend_connection(r->connection);
	pthread_cond_signal(&b->tick);
	return true;
}

enum MHD_Result bootd_events(struct bootd_request *r)
{
	struct xos_bootd *b = r->bootd;
	struct xos_event *events = NULL;
	uint64_t since = get_since(r), next = 0;
	bool waits;
	size_t n = 0;
	char *text;

	pthread_mutex_lock(&b->lock);
	waits = wait_for_event(r, since);
	if (!waits) {
		events = malloc(EVENTS_PER_ANSWER * sizeof(*events));
		if (events)
			n = copy_events(b, since, events, &next);
	}
	pthread_mutex_unlock(&b->lock);
	if (waits)
		return MHD_YES;
	if (!events)
		return MHD_NO;
	text = format_events(b, events, n, next);
	free(events);
	return bootd_answer_text(r, MHD_HTTP_OK, "application/x-ndjson", text);
}

static json_t *list_nodes(struct xos_bootd *b)
{
	json_t *list = json_array();
	const struct xos_event *e;

	for (size_t i = 0; (e = xos_node_table_get(b->nodes, i)); i++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}",
					"node", e->node, "kind", e->kind,
					"stage", e->stage, "detail", e->detail,
					"time_ms", (json_int_t)e->time_ms,
					"boot", e->boot));
	return list;
}

enum MHD_Result bootd_status(struct bootd_request *r)
{
	struct xos_bootd *b = r->bootd;
	struct xos_slots_counts counts;
	json_t *status, *nodes;
	char *text;

	pthread_mutex_lock(&b->lock);
	xos_slots_count(b->slots, bootd_now_ms(), &counts);
	nodes = list_nodes(b);
	pthread_mutex_unlock(&b->lock);
	status = json_pack("{s:s, s:{s:i, s:i, s:i}, s:o}",
			   "epoch", xos_event_ring_epoch(b->events),
			   "slots", "limit", (int)counts.limit,
			   "used", (int)counts.used,
			   "waiting", (int)counts.waiting, "nodes", nodes);
	text = json_dumps(status, JSON_COMPACT);
	json_decref(status);
	return bootd_answer_text(r, MHD_HTTP_OK, "application/json", text);
}

static void print_metric(FILE *f, const char *name, const char *type,
			 const char *help, uint64_t value)
{
	fprintf(f, "# HELP xos_bootd_%s %s\n# TYPE xos_bootd_%s %s\n"
		"xos_bootd_%s %llu\n", name, help, name, type, name,
		(unsigned long long)value);
}

static void print_answers(FILE *f, struct xos_bootd *b)
{
	static const char *const names[N_ROUTES] = {
		"boot", "img", "report", "config", "events", "status",
		"metrics", "none",
	};

	fputs("# HELP xos_bootd_answers_total Answers by route and code\n"
	      "# TYPE xos_bootd_answers_total counter\n", f);
	for (int i = 0; i < N_ROUTES; i++) {
		for (int code = 0; code < N_CODES; code++) {
			uint64_t n = atomic_load(&b->answers[i][code]);

			if (n)
				fprintf(f, "xos_bootd_answers_total{route=\"%s\",code=\"%d\"} %llu\n",
					names[i], code, (unsigned long long)n);
		}
	}
}

static const struct {
	const char *name, *help;
} counters[N_COUNTERS] = {
	[COUNT_STRANGERS] = { "strangers_total",
		"Requests from who is not in the inventory" },
	[COUNT_MALFORMED] = { "malformed_total",
		"Reports that could not be read" },
	[COUNT_SUPPRESSED] = { "suppressed_total",
		"Events of strangers beyond the rate limit" },
	[COUNT_SENT_BYTES] = { "sent_bytes_total",
		"Bytes of images in complete answers" },
	[COUNT_BROKEN_OFF] = { "broken_off_total",
		"Transfers of images that did not complete" },
};

enum MHD_Result bootd_metrics(struct bootd_request *r)
{
	struct xos_bootd *b = r->bootd;
	struct xos_slots_counts counts;
	uint64_t events;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return MHD_NO;
	pthread_mutex_lock(&b->lock);
	xos_slots_count(b->slots, bootd_now_ms(), &counts);
	events = xos_event_ring_next(b->events) - 1;
	pthread_mutex_unlock(&b->lock);
	print_metric(f, "slots", "gauge", "Nodes that may load at once, 0 = no limit",
		     counts.limit);
	print_metric(f, "slots_used", "gauge", "Nodes that load now", counts.used);
	print_metric(f, "slots_waiting", "gauge", "Nodes in the queue",
		     counts.waiting);
	print_metric(f, "slots_expired_total", "counter",
		     "Slots taken back from silent nodes", counts.expired);
	print_metric(f, "events_total", "counter", "Events", events);
	for (int i = 0; i < N_COUNTERS; i++)
		print_metric(f, counters[i].name, "counter", counters[i].help,
			     atomic_load(&b->counters[i]));
	print_answers(f, b);
	if (fclose(f)) {
		free(text);
		return MHD_NO;
	}
	return bootd_answer_text(r, MHD_HTTP_OK, "text/plain; version=0.0.4",
				 text);
}
