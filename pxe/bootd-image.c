// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bootd-image.c - the files of images: whole, in ranges, or unchanged
 *
 * One range per request (RFC 9110 lets a server ignore others).  The kernel
 * sends the file; no byte of it passes through here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bootd-private.h"
#include "http-range.h"

static void remember_node(struct bootd_request *r)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr sender = bootd_sender(r, text);
	struct xos_node_text node = { 0 };

	if (xos_node_store_config(r->bootd->inventory, sender, &node, NULL))
		return;
	memcpy(r->fetch_node, node.name, sizeof(r->fetch_node));
	free(node.text);
}

static void image_event(struct bootd_request *r, struct xos_event *event,
			const char *kind, const char *file)
{
	*event = (struct xos_event){ .uptime_ms = -1 };
	xos_event_set(event->kind, sizeof(event->kind), kind);
	xos_event_set(event->stage, sizeof(event->stage), file);
	xos_event_set(event->node, sizeof(event->node), r->fetch_node);
}

static enum MHD_Result refuse_file(struct bootd_request *r, const char *name,
				   int rc, const struct xos_error *err)
{
	struct xos_event event;

	if (rc == -ENOENT)
		return bootd_answerf(r, MHD_HTTP_NOT_FOUND, "%s\n", err->text);
	remember_node(r);
	image_event(r, &event, "refused", name);
	xos_event_set(event.detail, sizeof(event.detail), err->text);
	if (bootd_event_limited(r->bootd, &event))
		bootd_log(r->bootd, "refused: %s", err->text);
	return bootd_answerf(r, MHD_HTTP_INTERNAL_SERVER_ERROR, "%s\n",
			     err->text);
}

static void begin(struct bootd_request *r, const char *name, uint64_t bytes,
		  bool last)
{
	struct xos_bootd *b = r->bootd;

	remember_node(r);
	xos_event_set(r->fetch_file, sizeof(r->fetch_file), name);
	r->fetch_bytes = bytes;
	r->fetch_last = last;
	r->fetch_ms = bootd_now_ms();
	pthread_mutex_lock(&b->lock);
	xos_slots_busy(b->slots, r->fetch_node, 1, r->fetch_ms);
	pthread_mutex_unlock(&b->lock);
}

void bootd_img_done(struct bootd_request *r, bool complete)
{
	struct xos_bootd *b = r->bootd;
	struct xos_event event;
	long long ms = bootd_now_ms() - r->fetch_ms;

	pthread_mutex_lock(&b->lock);
	xos_slots_busy(b->slots, r->fetch_node, -1, bootd_now_ms());
	pthread_mutex_unlock(&b->lock);
	if (complete)
		bootd_count(b, COUNT_SENT_BYTES, r->fetch_bytes);
	else
		bootd_count(b, COUNT_BROKEN_OFF, 1);
	/* a file that is read in pieces is one fetch, when its end is reached */
	if (complete && !r->fetch_last)
		return;
	image_event(r, &event, "fetch", r->fetch_file);
	snprintf(event.detail, sizeof(event.detail), complete ?
		 "%llu bytes in %lld ms" : "broken off, %llu bytes, after %lld ms",
		 (unsigned long long)r->fetch_bytes, ms);
	if (event.node[0])
		bootd_event(b, &event);
	else
		bootd_event_limited(b, &event);
}

static struct MHD_Response *make_response(const struct xos_image_file *file,
					  uint64_t first, uint64_t len)
{
	struct MHD_Response *response;
	char text[80];

	response = MHD_create_response_from_fd_at_offset64(len, file->fd, first);
	if (!response) {
		close(file->fd);
		return NULL;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, file->etag);
	MHD_add_response_header(response, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				"application/octet-stream");
	if (len != file->size) {
		snprintf(text, sizeof(text), "bytes %llu-%llu/%llu",
			 (unsigned long long)first,
			 (unsigned long long)(first + len - 1),
			 (unsigned long long)file->size);
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_RANGE,
					text);
	}
	return response;
}

static enum MHD_Result answer_empty(struct bootd_request *r, unsigned int code,
				    const struct xos_image_file *file,
				    const char *header, const char *value)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);

	close(file->fd);
	if (response)
		MHD_add_response_header(response, header, value);
	return bootd_answer(r, code, response);
}

static enum MHD_Result send_file(struct bootd_request *r, const char *name,
				 struct xos_image_file *file)
{
	const char *known = bootd_header(r, MHD_HTTP_HEADER_IF_NONE_MATCH);
	const char *wanted = bootd_header(r, MHD_HTTP_HEADER_RANGE);
	const char *if_range = bootd_header(r, MHD_HTTP_HEADER_IF_RANGE);
	struct xos_http_range range = { 0, file->size };
	unsigned int code = MHD_HTTP_OK;
	struct MHD_Response *response;
	char text[40];

	if (known && (strstr(known, file->etag) || !strcmp(known, "*")))
		return answer_empty(r, MHD_HTTP_NOT_MODIFIED, file,
				    MHD_HTTP_HEADER_ETAG, file->etag);
	if (wanted && (!if_range || !strcmp(if_range, file->etag))) {
		int rc = xos_http_range_parse(wanted, file->size, &range);

		if (rc == -ERANGE) {
			snprintf(text, sizeof(text), "bytes */%llu",
				 (unsigned long long)file->size);
			return answer_empty(r, MHD_HTTP_RANGE_NOT_SATISFIABLE,
					    file, MHD_HTTP_HEADER_CONTENT_RANGE,
					    text);
		}
		if (!rc)
			code = MHD_HTTP_PARTIAL_CONTENT;
	}
	if (!r->head)
		begin(r, name, range.len, range.first + range.len == file->size);
	response = make_response(file, range.first, range.len);
	return bootd_answer(r, code, response);
}

enum MHD_Result bootd_img(struct bootd_request *r)
{
	const char *slash = strchr(r->path, '/');
	struct xos_image_file file;
	struct xos_error err = { 0 };
	char id[17] = "";
	int rc;

	if (slash && slash - r->path == 16)
		memcpy(id, r->path, 16);
	rc = xos_image_store_open(r->bootd->images, id, slash ? slash + 1 : "",
				  &file, &err);
	if (rc)
		return refuse_file(r, slash ? slash + 1 : "", rc, &err);
	return send_file(r, slash + 1, &file);
}
