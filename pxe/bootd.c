// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bootd.c - the boot server: start, stop, reload, and who gets which request
 *
 * Threads: libmicrohttpd's pool runs the requests; the ticker ends waits for
 * events in time; the checker reads the images once, so that the first node does
 * not wait for that.  Locks, outer first: conf_lock, lock.
 *
 * A request comes here once with its header, once per piece of its body, and
 * once at the end, when its route's function answers it.  A request for events
 * that has to wait is suspended and comes once more.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "../libxos/clock.h"
#include "bootd-private.h"

#define EVENTS_KEPT		16384	/* 8 MB; some thousand nodes' boots */
#define BACKLOG			4096	/* the kernel cuts it to somaxconn */
#define THREADS_MAX		4
#define FDS_WANTED		16384
#define FDS_OTHER		64	/* that are no connection and no image */
#define PER_ADDRESS_MAX		32	/* connections of one client */
#define MEMORY_PER_CONNECTION	8192
#define IDLE_S			60	/* a connection without any progress */
#define TICK_MS			5000
#define STRANGERS_PER_S		5	/* events that strangers may cause */
#define STRANGERS_BURST		50

static const struct {
	const char *path;		/* ends with '/': a prefix */
	const char *method;
	enum MHD_Result (*answer)(struct bootd_request *r);
	bool admin;
	bool head;			/* answers HEAD as well */
} routes[N_ROUTES] = {
	[ROUTE_BOOT] = { "/boot/", "GET", bootd_boot, false, false },
	[ROUTE_IMG] = { "/img/", "GET", bootd_img, false, true },
	[ROUTE_REPORT] = { "/report", "POST", bootd_report, false, false },
	[ROUTE_CONFIG] = { "/config", "GET", bootd_config, false, false },
	[ROUTE_EVENTS] = { "/events", "GET", bootd_events, true, false },
	[ROUTE_STATUS] = { "/status", "GET", bootd_status, true, false },
	[ROUTE_METRICS] = { "/metrics", "GET", bootd_metrics, true, false },
	[ROUTE_NONE] = { "", "", NULL, false, false },
};

int64_t bootd_now_ms(void)
{
	return xos_clock_ms(CLOCK_MONOTONIC);
}

void bootd_log(struct xos_bootd *b, const char *fmt, ...)
{
	char line[1200];
	va_list ap;

	if (!b->log)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	b->log(line);
}

const char *bootd_header(struct bootd_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

const char *bootd_argument(struct bootd_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection,
					   MHD_GET_ARGUMENT_KIND, name);
}

struct in_addr bootd_sender(struct bootd_request *r, char text[INET_ADDRSTRLEN])
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(r->connection,
					MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr_in *sin = (const void *)info->client_addr;

	inet_ntop(AF_INET, &sin->sin_addr, text, INET_ADDRSTRLEN);
	return sin->sin_addr;
}

enum MHD_Result bootd_answer(struct bootd_request *r, unsigned int code,
			     struct MHD_Response *response)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO;		/* closes the connection */
	atomic_fetch_add(&r->bootd->answers[r->route][code], 1);
	result = MHD_queue_response(r->connection, code, response);
	MHD_destroy_response(response);
	return result;
}

enum MHD_Result bootd_answer_text(struct bootd_request *r, unsigned int code,
				  const char *type, char *text)
{
	struct MHD_Response *response;

	if (!text)
		return MHD_NO;
	response = MHD_create_response_from_buffer(strlen(text), text,
						   MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	/* what it says of a node is true now only */
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
				"no-store");
	return bootd_answer(r, code, response);
}

enum MHD_Result bootd_answerf(struct bootd_request *r, unsigned int code,
			      const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	return bootd_answer_text(r, code, "text/plain", len < 0 ? NULL : text);
}

void bootd_count(struct xos_bootd *b, enum bootd_counter counter, uint64_t n)
{
	atomic_fetch_add(&b->counters[counter], n);
}

static void add_event(struct xos_bootd *b, struct xos_event *event)
{
	xos_event_ring_add(b->events, event);
	if (event->node[0])
		xos_node_table_see(b->nodes, event);
	bootd_wake_waiters(b, INT64_MAX);
}

void bootd_event(struct xos_bootd *b, struct xos_event *event)
{
	pthread_mutex_lock(&b->lock);
	add_event(b, event);
	pthread_mutex_unlock(&b->lock);
}

bool bootd_event_limited(struct xos_bootd *b, struct xos_event *event)
{
	int64_t now_ms = bootd_now_ms();
	int64_t tokens;
	bool allowed;

	pthread_mutex_lock(&b->lock);
	tokens = (now_ms - b->strangers_ms) * STRANGERS_PER_S / 1000;
	if (tokens) {
		b->strangers_ms = now_ms;
		tokens += b->strangers;
		b->strangers = tokens > STRANGERS_BURST ? STRANGERS_BURST : tokens;
	}
	allowed = b->strangers;
	if (allowed) {
		b->strangers--;
		add_event(b, event);
	}
	pthread_mutex_unlock(&b->lock);
	if (!allowed)
		bootd_count(b, COUNT_SUPPRESSED, 1);
	return allowed;
}

static enum bootd_route find_route(const char *url)
{
	enum bootd_route i;

	for (i = 0; i < ROUTE_NONE; i++) {
		size_t len = strlen(routes[i].path);

		if (routes[i].path[len - 1] == '/' ?
		    !strncmp(url, routes[i].path, len) :
		    !strcmp(url, routes[i].path))
			break;
	}
	return i;
}

/* Digests are compared, so that not even the token's length shows in the time. */
static bool is_admin(struct bootd_request *r)
{
	static const char scheme[] = "Bearer ";
	const char *token = r->bootd->conf->token;
	const char *given = bootd_header(r, MHD_HTTP_HEADER_AUTHORIZATION);
	unsigned char a[SHA256_DIGEST_LENGTH], b[SHA256_DIGEST_LENGTH];

	if (!token[0] || !given || strncmp(given, scheme, strlen(scheme)))
		return false;
	given += strlen(scheme);
	SHA256((const void *)token, strlen(token), a);
	SHA256((const void *)given, strlen(given), b);
	return !CRYPTO_memcmp(a, b, sizeof(a));
}

static enum MHD_Result refuse_admin(struct bootd_request *r)
{
	static char text[] = "This is for the admin: send the token.\n";
	struct MHD_Response *response =
		MHD_create_response_from_buffer(strlen(text), text,
						MHD_RESPMEM_PERSISTENT);

	if (response)
		MHD_add_response_header(response,
					MHD_HTTP_HEADER_WWW_AUTHENTICATE,
					"Bearer");
	return bootd_answer(r, MHD_HTTP_UNAUTHORIZED, response);
}

static enum MHD_Result refuse_method(struct bootd_request *r)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);

	if (response)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
					routes[r->route].method);
	return bootd_answer(r, MHD_HTTP_METHOD_NOT_ALLOWED, response);
}

static enum MHD_Result answer(struct bootd_request *r, const char *url,
			      const char *method)
{
	r->head = !strcmp(method, MHD_HTTP_METHOD_HEAD);
	if (r->route == ROUTE_NONE)
		return bootd_answerf(r, MHD_HTTP_NOT_FOUND,
				     "There is nothing here.\n");
	if (strcmp(method, routes[r->route].method) &&
	    !(r->head && routes[r->route].head))
		return refuse_method(r);
	if (routes[r->route].admin && !is_admin(r))
		return refuse_admin(r);
	r->path = url + strlen(routes[r->route].path);
	return routes[r->route].answer(r);
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *data,
			      size_t *size, void **con_cls)
{
	struct xos_bootd *b = cls;
	struct bootd_request *r = *con_cls;
	enum MHD_Result result;

	(void)version;
	if (!r) {
		r = calloc(1, sizeof(*r));
		if (!r)
			return MHD_NO;
		r->bootd = b;
		r->connection = connection;
		r->route = find_route(url);
		*con_cls = r;
		return MHD_YES;
	}
	if (*size) {
		if (*size > sizeof(r->body) - r->len) {
			r->too_long = true;
		} else {
			memcpy(r->body + r->len, data, *size);
			r->len += *size;
		}
		*size = 0;
		return MHD_YES;
	}
	pthread_rwlock_rdlock(&b->conf_lock);
	result = answer(r, url, method);
	pthread_rwlock_unlock(&b->conf_lock);
	return result;
}

static void completed(void *cls, struct MHD_Connection *connection,
		      void **con_cls, enum MHD_RequestTerminationCode how)
{
	struct bootd_request *r = *con_cls;

	(void)cls;
	(void)connection;
	if (!r)
		return;
	if (r->fetch_file[0])
		bootd_img_done(r, how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	free(r);
	*con_cls = NULL;
}

static void mhd_log(void *cls, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\n")] = '\0';
	bootd_log(cls, "http: %s", text);
}

/* The ticker: ends waits for events, and sees slots expire. */
static void *tick(void *arg)
{
	struct xos_bootd *b = arg;
	struct xos_slots_counts counts;
	uint64_t expired = 0;

	pthread_mutex_lock(&b->lock);
	while (!b->stopping) {
		int64_t now_ms = bootd_now_ms();
		int64_t until_ms = bootd_next_deadline(b);
		struct timespec until;

		if (until_ms > now_ms + TICK_MS)
			until_ms = now_ms + TICK_MS;
		until.tv_sec = until_ms / 1000;
		until.tv_nsec = until_ms % 1000 * 1000000;
		pthread_cond_timedwait(&b->tick, &b->lock, &until);
		now_ms = bootd_now_ms();
		bootd_wake_waiters(b, now_ms);
		xos_slots_count(b->slots, now_ms, &counts);
		if (counts.expired != expired)
			bootd_log(b, "%llu slots taken back from nodes that were not heard of",
				  (unsigned long long)(counts.expired - expired));
		expired = counts.expired;
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

/* The checker: makes the image store remember that the files are right. */
static void *check_images(void *arg)
{
	static const char *const names[] = { "vmlinuz", "initrd.img" };
	struct xos_bootd *b = arg;

	pthread_rwlock_rdlock(&b->conf_lock);
	for (size_t i = 0; i < b->conf->n_images * 2; i++) {
		struct xos_image_file file;
		struct xos_error err = { 0 };

		if (xos_image_store_open(b->images, b->conf->images[i / 2],
					 names[i % 2], &file, &err))
			bootd_log(b, "image %s: %s", b->conf->images[i / 2],
				  err.text);
		else
			close(file.fd);
	}
	pthread_rwlock_unlock(&b->conf_lock);
	return NULL;
}

/* Connections that the limit of open files allows for, after raising that. */
static unsigned int connection_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 256;
	if (limit.rlim_cur < FDS_WANTED) {
		limit.rlim_cur = limit.rlim_max < FDS_WANTED ? limit.rlim_max :
			FDS_WANTED;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur > FDS_WANTED)
		limit.rlim_cur = FDS_WANTED;
	/* one for the socket, one for the file */
	return limit.rlim_cur > 2 * FDS_OTHER ?
		(limit.rlim_cur - FDS_OTHER) / 2 : FDS_OTHER / 2;
}

static int listen_on(struct sockaddr_in *sin, struct xos_error *err)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t len = sizeof(*sin);
	char text[INET_ADDRSTRLEN];
	int one = 1, error;

	inet_ntop(AF_INET, &sin->sin_addr, text, sizeof(text));
	if (fd < 0)
		return xos_error_set(err, -errno, XOS_EXIT_FAILED,
				     "no socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* the interface may get its address after we have started */
	setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one));
	if (bind(fd, (void *)sin, sizeof(*sin)) || listen(fd, BACKLOG) ||
	    getsockname(fd, (void *)sin, &len)) {
		error = errno;
		close(fd);
		return xos_error_set(err, -error, XOS_EXIT_FAILED,
				     "%s port %u: %s%s", text,
				     ntohs(sin->sin_port), strerror(error),
				     error == EADDRINUSE ?
				     "; stop what listens there ('ss -ltnp' shows it)" : "");
	}
	return fd;
}

static int start_http(struct xos_bootd *b, struct xos_error *err)
{
	struct sockaddr_in sin = b->conf->listen;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int threads = cpus < 2 ? 2 :
		cpus > THREADS_MAX ? THREADS_MAX : cpus;
	int fd = listen_on(&sin, err);

	if (fd < 0)
		return fd;
	b->port = ntohs(sin.sin_port);
	b->mhd = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
		MHD_USE_ERROR_LOG, b->port, NULL, NULL, handle, b,
		MHD_OPTION_EXTERNAL_LOGGER, mhd_log, b,
		MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_THREAD_POOL_SIZE, threads,
		MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
		MHD_OPTION_CONNECTION_LIMIT, connection_limit(),
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, PER_ADDRESS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_PER_CONNECTION,
		MHD_OPTION_END);
	if (!b->mhd) {
		close(fd);
		return xos_error_set(err, -EIO, XOS_EXIT_FAILED,
				     "the HTTP library does not start");
	}
	return 0;
}

static void init_locks(struct xos_bootd *b)
{
	pthread_rwlockattr_t rwlock;
	pthread_condattr_t cond;

	/* a reload must come through while requests pour in */
	pthread_rwlockattr_init(&rwlock);
	pthread_rwlockattr_setkind_np(
		&rwlock, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&b->conf_lock, &rwlock);
	pthread_rwlockattr_destroy(&rwlock);
	pthread_mutex_init(&b->lock, NULL);
	pthread_condattr_init(&cond);
	pthread_condattr_setclock(&cond, CLOCK_MONOTONIC);
	pthread_cond_init(&b->tick, &cond);
	pthread_condattr_destroy(&cond);
}

static void destroy(struct xos_bootd *b)
{
	pthread_cond_destroy(&b->tick);
	pthread_mutex_destroy(&b->lock);
	pthread_rwlock_destroy(&b->conf_lock);
	xos_node_table_destroy(b->nodes);
	xos_slots_destroy(b->slots);
	xos_event_ring_destroy(b->events);
	xos_image_store_destroy(b->images);
	xos_node_store_destroy(b->inventory);
	xos_bootd_conf_free(b->conf);
	free(b);
}

static struct xos_bootd *create(struct xos_bootd_conf *conf,
				xos_bootd_log_fn *log)
{
	struct xos_bootd *b = calloc(1, sizeof(*b));

	if (!b) {
		xos_bootd_conf_free(conf);
		return NULL;
	}
	init_locks(b);
	b->conf = conf;
	b->log = log;
	b->strangers = STRANGERS_BURST;
	b->strangers_ms = bootd_now_ms();
	b->images = xos_image_store_create(conf->image_dir);
	b->inventory = xos_node_store_create(conf->nodes);
	b->events = xos_event_ring_create(EVENTS_KEPT);
	b->slots = xos_slots_create(conf->slots);
	b->nodes = xos_node_table_create();
	if (!b->images || !b->inventory || !b->events || !b->slots || !b->nodes) {
		destroy(b);
		return NULL;
	}
	return b;
}

struct xos_bootd *xos_bootd_start(struct xos_bootd_conf *conf,
				  xos_bootd_log_fn *log, struct xos_error *err)
{
	struct xos_bootd *b = create(conf, log);

	if (!b) {
		xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
		return NULL;
	}
	if (start_http(b, err)) {
		destroy(b);
		return NULL;
	}
	if (pthread_create(&b->ticker, NULL, tick, b)) {
		MHD_stop_daemon(b->mhd);
		destroy(b);
		xos_error_set(err, -EAGAIN, XOS_EXIT_FAILED, "no thread");
		return NULL;
	}
	/* without a checker the first node waits a little */
	if (pthread_create(&b->checker, NULL, check_images, b))
		b->checker = 0;
	return b;
}

void xos_bootd_stop(struct xos_bootd *b)
{
	if (!b)
		return;
	pthread_mutex_lock(&b->lock);
	b->stopping = true;
	bootd_wake_waiters(b, INT64_MAX);
	pthread_cond_signal(&b->tick);
	pthread_mutex_unlock(&b->lock);
	pthread_join(b->ticker, NULL);
	if (b->checker)
		pthread_join(b->checker, NULL);
	MHD_stop_daemon(b->mhd);
	destroy(b);
}

uint16_t xos_bootd_port(const struct xos_bootd *b)
{
	return b->port;
}

int xos_bootd_reload(struct xos_bootd *b, struct xos_bootd_conf *conf,
		     struct xos_error *err)
{
	struct xos_image_store *images;
	struct xos_node_store *inventory;

	if (conf->listen.sin_addr.s_addr != b->conf->listen.sin_addr.s_addr ||
	    conf->listen.sin_port != b->conf->listen.sin_port) {
		xos_bootd_conf_free(conf);
		return xos_error_set(err, -EOPNOTSUPP, XOS_EXIT_FAILED,
				     "another address or port needs a restart");
	}
	images = xos_image_store_create(conf->image_dir);
	inventory = xos_node_store_create(conf->nodes);
	if (!images || !inventory) {
		xos_image_store_destroy(images);
		xos_node_store_destroy(inventory);
		xos_bootd_conf_free(conf);
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	}
	if (b->checker)
		pthread_join(b->checker, NULL);
	pthread_rwlock_wrlock(&b->conf_lock);
	xos_bootd_conf_free(b->conf);
	xos_image_store_destroy(b->images);
	xos_node_store_destroy(b->inventory);
	b->conf = conf;
	b->images = images;
	b->inventory = inventory;
	pthread_mutex_lock(&b->lock);
	xos_slots_set_limit(b->slots, conf->slots);
	pthread_mutex_unlock(&b->lock);
	pthread_rwlock_unlock(&b->conf_lock);
	if (pthread_create(&b->checker, NULL, check_images, b))
		b->checker = 0;
	return 0;
}
