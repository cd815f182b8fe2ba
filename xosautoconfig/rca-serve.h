/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rca-serve.h - the trust service: HTTPS on the core node
 *
 *	GET  /ca.pem, /crl.pem	for everybody
 *	POST /requests		an application (for everybody), or a renewal, which
 *				needs the client's certificate; 202 with its state
 *	GET  /requests/ID	its state: pending, issued with the certificate,
 *				rejected with the reason
 *	PUT  /resources/NAME	a signed description, by NAME itself
 *	GET  /resources		all of them, as they were signed; for everybody
 *	GET  /			the same as a page for people
 *
 * It reads the CA's directory and writes its spool; it has no key but its own.
 */
#ifndef _XOS_RCA_SERVE_H
#define _XOS_RCA_SERVE_H

#include "rca-ca.h"

struct rca_server;

/**
 * rca_serve_start() - listen and answer, in threads of its own
 * @conf: outlives the server
 * Return: for rca_serve_stop(); NULL with @err.
 */
struct rca_server *rca_serve_start(const struct xos_grid *conf, struct xos_error *err);
void rca_serve_stop(struct rca_server *server);
/** rca_serve_is_stale() - has the service's certificate been renewed since? */
bool rca_serve_is_stale(const struct rca_server *server);

#endif /* _XOS_RCA_SERVE_H */
