/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bootd-client.h - the admin's side of the boot server
 *
 * Not for several threads at once; several clients are fine.
 */
#ifndef _XOS_BOOTD_CLIENT_H
#define _XOS_BOOTD_CLIENT_H

#include "event.h"

struct xos_bootd_client;

/**
 * xos_bootd_client_create() - a client; nothing is sent yet
 * @url: the server, "http://10.77.0.1:8069"
 * @token_file: file with the admin's token
 * @open_socket: makes the socket, e.g. in another network namespace; returns it
 *	or negative errno; NULL: socket(2)
 * @arg: handed to @open_socket
 * Return: the client; NULL with @err.
 */
struct xos_bootd_client *
xos_bootd_client_create(const char *url, const char *token_file,
			int (*open_socket)(void *arg, int domain, int type,
					   int protocol),
			void *arg, struct xos_error *err);
void xos_bootd_client_destroy(struct xos_bootd_client *client);

/**
 * xos_bootd_client_events() - hand out the events since the last call
 * @timeout_ms: longest wait for the first one, 0..60000
 * @fn: is called for each, oldest first; their time_ms is this machine's
 * Return: how many, 0 after @timeout_ms without any; -EHOSTUNREACH: the server
 *	is away, try again later; -EACCES: it does not know the token; -EBADMSG:
 *	it answers what cannot be read.  After a restart of the server all
 *	events of its new run are handed out.
 */
int xos_bootd_client_events(struct xos_bootd_client *client, int timeout_ms,
			    xos_event_fn *fn, void *arg, struct xos_error *err);

/**
 * xos_bootd_client_get() - fetch something else, "/status" or "/metrics"
 * @body: receives the text, to be freed
 * Return: as xos_bootd_client_events(), 0 on success.
 */
int xos_bootd_client_get(struct xos_bootd_client *client, const char *path,
			 int timeout_ms, char **body, struct xos_error *err);

#endif /* _XOS_BOOTD_CLIENT_H */
