/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bootd-private.h - what the files bootd*.c share, and nobody else
 *
 * bootd.c takes requests and hands them to one function per route; those are in
 * bootd-node.c (what nodes ask), bootd-image.c (files), bootd-admin.c (the rest).
 */
#ifndef _XOS_BOOTD_PRIVATE_H
#define _XOS_BOOTD_PRIVATE_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "bootd.h"
#include "event-ring.h"
#include "image-store.h"
#include "node-store.h"
#include "node-table.h"
#include "report.h"
#include "slots.h"

enum bootd_route {
	ROUTE_BOOT,
	ROUTE_IMG,
	ROUTE_REPORT,
	ROUTE_CONFIG,
	ROUTE_EVENTS,
	ROUTE_STATUS,
	ROUTE_METRICS,
	ROUTE_NONE,
	N_ROUTES,
};

enum bootd_counter {
	COUNT_STRANGERS,	/* requests from who is not in the inventory */
	COUNT_MALFORMED,	/* reports that could not be read */
	COUNT_SUPPRESSED,	/* events of strangers beyond the rate limit */
	COUNT_SENT_BYTES,	/* of images */
	COUNT_BROKEN_OFF,	/* transfers of images */
	N_COUNTERS,
};

#define N_CODES 600		/* HTTP status codes */

/**
 * struct xos_bootd - a running server
 * @mhd: the HTTP library's part
 * @port: that it listens on
 * @log: takes log lines, may be NULL
 * @conf_lock: read-held by every request; protects @conf, @images, @inventory
 * @lock: protects everything up to @stopping; taken after @conf_lock
 * @inventory: the nodes that have files here
 * @events, @slots, @nodes: see their headers
 * @waiters: requests for events that wait for one; linked by @next
 * @n_waiters: their number
 * @strangers: what is left of the rate limit for events that strangers cause
 * @strangers_ms: when it was last refilled
 * @stopping: no request may begin to wait any more
 * @tick: signalled when the ticker has something new to watch
 * @ticker: ends waits in time
 * @checker: checks the images once after a start or reload
 * @answers, @counters: for /metrics
 */
struct xos_bootd {
	struct MHD_Daemon *mhd;
	uint16_t port;
	xos_bootd_log_fn *log;
	pthread_rwlock_t conf_lock;
	struct xos_bootd_conf *conf;
	struct xos_image_store *images;
	struct xos_node_store *inventory;
	pthread_mutex_t lock;
	struct xos_event_ring *events;
	struct xos_slots *slots;
	struct xos_node_table *nodes;
	struct bootd_request *waiters;
	unsigned int n_waiters;
	unsigned int strangers;
	int64_t strangers_ms;
	bool stopping;
	pthread_cond_t tick;
	pthread_t ticker;
	pthread_t checker;
	atomic_uint_fast64_t answers[N_ROUTES][N_CODES];
	atomic_uint_fast64_t counters[N_COUNTERS];
};

/**
 * struct bootd_request - one request, from its header to its end
 * @bootd, @connection: whose
 * @route: where it goes
 * @path: what follows the route's prefix
 * @head: a HEAD request
 * @body, @len: of a POST
 * @too_long: it had more than fits
 * @next: in the list of waiters
 * @deadline_ms: monotonic; when its wait for an event ends
 * @waited: has waited: now it is answered, whatever there is
 * @fetch_node: who fetches an image file, "" = nobody of the inventory
 * @fetch_file: which; "" = this is no fetch
 * @fetch_bytes: that this answer has
 * @fetch_last: the answer holds the file's last byte
 * @fetch_ms: monotonic, when it began
 */
struct bootd_request {
	struct xos_bootd *bootd;
	struct MHD_Connection *connection;
	enum bootd_route route;
	const char *path;
	bool head;
	char body[XOS_REPORT_MAX];
	size_t len;
	bool too_long;
	struct bootd_request *next;
	int64_t deadline_ms;
	bool waited;
	char fetch_node[XOS_NAME_MAX + 1];
	char fetch_file[64];
	uint64_t fetch_bytes;
	bool fetch_last;
	int64_t fetch_ms;
};

/* bootd.c */
int64_t bootd_now_ms(void);
void bootd_log(struct xos_bootd *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Text of a request's header or argument; NULL when it has none. */
const char *bootd_header(struct bootd_request *r, const char *name);
const char *bootd_argument(struct bootd_request *r, const char *name);
struct in_addr bootd_sender(struct bootd_request *r, char text[INET_ADDRSTRLEN]);
/* Send @response, which is used up, also when it is NULL for lack of memory. */
enum MHD_Result bootd_answer(struct bootd_request *r, unsigned int code,
			     struct MHD_Response *response);
/* Send @text, which is freed. */
enum MHD_Result bootd_answer_text(struct bootd_request *r, unsigned int code,
				  const char *type, char *text);
enum MHD_Result bootd_answerf(struct bootd_request *r, unsigned int code,
			      const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void bootd_count(struct xos_bootd *b, enum bootd_counter counter, uint64_t n);
/* Keep an event and wake who waits for one; @lock is not held. */
void bootd_event(struct xos_bootd *b, struct xos_event *event);
/* The same for what anybody can cause; false: too many, not even worth a log line. */
bool bootd_event_limited(struct xos_bootd *b, struct xos_event *event);

/* One function per route. */
enum MHD_Result bootd_boot(struct bootd_request *r);
enum MHD_Result bootd_report(struct bootd_request *r);
enum MHD_Result bootd_config(struct bootd_request *r);
enum MHD_Result bootd_img(struct bootd_request *r);
void bootd_img_done(struct bootd_request *r, bool complete);
enum MHD_Result bootd_events(struct bootd_request *r);
enum MHD_Result bootd_status(struct bootd_request *r);
enum MHD_Result bootd_metrics(struct bootd_request *r);

/* bootd-admin.c: waiting for events; @lock is held */
void bootd_wake_waiters(struct xos_bootd *b, int64_t due_ms);
int64_t bootd_next_deadline(const struct xos_bootd *b);

#endif /* _XOS_BOOTD_PRIVATE_H */
