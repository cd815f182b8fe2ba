// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bootd-client.c - long polls for events, by libcurl
 *
 * The server may be a machine that reboots: whatever goes wrong on the way there
 * is -EHOSTUNREACH, and the next call starts afresh.  What it answers is checked
 * like any input.
 */
#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "../libxos/cleanup.h"
#include "../libxos/clock.h"
#include "bootd-client.h"
#include "bootd-conf.h"

#define BODY_MAX		(8 << 20)
#define CONNECT_TIMEOUT_MS	3000
#define GRACE_MS		10000	/* for an answer, beyond the wait asked for */
#define WAIT_MAX_MS		60000

struct xos_bootd_client {
	CURL *curl;
	struct curl_slist *headers;
	char *url;
	int (*open_socket)(void *arg, int domain, int type, int protocol);
	void *arg;
	char epoch[37];			/* "" before the first answer */
	uint64_t since;
	char *body;			/* of the answer under way */
	size_t len, room;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose,
				 struct curl_sockaddr *address)
{
	struct xos_bootd_client *client = arg;
	int fd;

	(void)purpose;
	fd = client->open_socket(client->arg, address->family,
				 address->socktype, address->protocol);
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static size_t take(char *data, size_t one, size_t n, void *arg)
{
	struct xos_bootd_client *client = arg;

	(void)one;
	if (n > BODY_MAX - client->len)
		return 0;		/* ends the transfer */
	if (client->len + n + 1 > client->room) {
		size_t room = 2 * (client->len + n + 1);
		char *body = realloc(client->body, room);

		if (!body)
			return 0;
		client->body = body;
		client->room = room;
	}
	memcpy(client->body + client->len, data, n);
	client->len += n;
	client->body[client->len] = '\0';
	return n;
}

static int set_options(struct xos_bootd_client *client, const char *token)
{
	char header[XOS_TOKEN_MAX + 32];
	CURL *curl = client->curl;

	snprintf(header, sizeof(header), "Authorization: Bearer %s", token);
	client->headers = curl_slist_append(NULL, header);
	if (!client->headers)
		return -ENOMEM;
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->headers);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
	/* the token must not go to a proxy that the environment names */
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
			 (long)CONNECT_TIMEOUT_MS);
	if (client->open_socket) {
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, client);
	}
	return 0;
}

struct xos_bootd_client *
xos_bootd_client_create(const char *url, const char *token_file,
			int (*open_fn)(void *arg, int domain, int type,
				       int protocol),
			void *arg, struct xos_error *err)
{
	char token[XOS_TOKEN_MAX + 1];
	struct xos_bootd_client *client;

	if (xos_token_read(token_file, token, err))
		return NULL;
	pthread_once(&once, init_curl);
	client = calloc(1, sizeof(*client));
	if (!client)
		goto err_memory;
	client->open_socket = open_fn;
	client->arg = arg;
	client->url = strdup(url);
	client->curl = curl_easy_init();
	if (!client->url || !client->curl || set_options(client, token))
		goto err_memory;
	explicit_bzero(token, sizeof(token));
	return client;

err_memory:
	explicit_bzero(token, sizeof(token));
	xos_bootd_client_destroy(client);
	xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	return NULL;
}

void xos_bootd_client_destroy(struct xos_bootd_client *client)
{
	if (!client)
		return;
	curl_easy_cleanup(client->curl);
	curl_slist_free_all(client->headers);
	free(client->url);
	free(client->body);
	free(client);
}

/* The answer to a GET is in @client->body, terminated. */
static int get(struct xos_bootd_client *client, const char *path,
	       int timeout_ms, struct xos_error *err)
{
	cleanup_free char *url = NULL;
	CURLcode result;
	long code = 0;

	if (asprintf(&url, "%s%s", client->url, path) < 0) {
		url = NULL;
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	}
	client->len = 0;
	if (client->body)
		client->body[0] = '\0';
	curl_easy_setopt(client->curl, CURLOPT_URL, url);
	curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	result = curl_easy_perform(client->curl);
	if (result == CURLE_WRITE_ERROR)
		return xos_error_set(err, -EBADMSG, XOS_EXIT_FAILED,
				     "%s: answers more than %d bytes",
				     client->url, BODY_MAX);
	if (result)
		return xos_error_set(err, -EHOSTUNREACH, XOS_EXIT_FAILED,
				     "boot server %s: %s", client->url,
				     curl_easy_strerror(result));
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &code);
	if (code == 401 || code == 403)
		return xos_error_set(err, -EACCES, XOS_EXIT_FAILED,
				     "boot server %s: does not know our token",
				     client->url);
	if (code != 200)
		return xos_error_set(err, -EHOSTUNREACH, XOS_EXIT_FAILED,
				     "boot server %s: answers with code %ld",
				     client->url, code);
	return 0;
}

static int bad_answer(struct xos_bootd_client *client, struct xos_error *err)
{
	return xos_error_set(err, -EBADMSG, XOS_EXIT_FAILED,
			     "boot server %s: answers what is no list of events",
			     client->url);
}

/* What the first line of an answer says. */
struct header {
	char epoch[37];
	uint64_t next;
	int64_t ahead_ms;		/* of our clock before the server's */
};

static int read_header(struct xos_bootd_client *client, const char *line,
		       size_t len, struct header *header, struct xos_error *err)
{
	json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *epoch = json_object_get(object, "epoch");
	const json_t *next = json_object_get(object, "next");
	const json_t *now = json_object_get(object, "now_ms");
	int rc = 0;

	if (json_is_string(epoch) && json_is_integer(next) &&
	    json_is_integer(now) && json_integer_value(next) >= 0 &&
	    json_string_length(epoch) < sizeof(header->epoch)) {
		strcpy(header->epoch, json_string_value(epoch));
		header->next = json_integer_value(next);
		header->ahead_ms = xos_clock_ms(CLOCK_REALTIME) -
			json_integer_value(now);
	} else {
		rc = bad_answer(client, err);
	}
	json_decref(object);
	return rc;
}

/* Hand out the events in @client->body. */
static int hand_out(struct xos_bootd_client *client, xos_event_fn *fn,
		    void *arg, struct xos_error *err)
{
	const char *s = client->body ? client->body : "";
	const char *end = strchr(s, '\n');
	struct header header;
	int rc, n = 0;

	if (!end)
		return bad_answer(client, err);
	rc = read_header(client, s, end - s, &header, err);
	if (rc)
		return rc;
	/* before the events: one that cannot be read must not come for ever */
	strcpy(client->epoch, header.epoch);
	client->since = header.next;
	for (s = end + 1; (end = strchr(s, '\n')); s = end + 1) {
		struct xos_event event;

		rc = xos_event_decode(s, end - s, &event, err);
		if (rc)
			return rc;
		event.time_ms += header.ahead_ms;
		fn(&event, arg);
		n++;
	}
	return n;
}

int xos_bootd_client_events(struct xos_bootd_client *client, int timeout_ms,
			    xos_event_fn *fn, void *arg, struct xos_error *err)
{
	char path[160];
	int rc;

	if (timeout_ms < 0)
		timeout_ms = 0;
	if (timeout_ms > WAIT_MAX_MS)
		timeout_ms = WAIT_MAX_MS;
	/* a server of another epoch takes since as 0 */
	snprintf(path, sizeof(path), "/events?epoch=%s&since=%llu&wait=%d.%03d",
		 client->epoch, (unsigned long long)client->since,
		 timeout_ms / 1000, timeout_ms % 1000);
	rc = get(client, path, timeout_ms + GRACE_MS, err);
	return rc ? rc : hand_out(client, fn, arg, err);
}

int xos_bootd_client_get(struct xos_bootd_client *client, const char *path,
			 int timeout_ms, char **body, struct xos_error *err)
{
	int rc = get(client, path, timeout_ms, err);

	if (rc)
		return rc;
	*body = strdup(client->body ? client->body : "");
	return *body ? 0 : xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED,
					 "no memory");
}
