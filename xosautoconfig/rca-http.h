/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rca-http.h - requests to the trust service, each bounded in time and size */
#ifndef _XOS_RCA_HTTP_H
#define _XOS_RCA_HTTP_H

#include <stddef.h>

#include "../libxos/error.h"

/**
 * struct rca_answer - what came back
 * @status: of HTTP
 * @body: @len bytes and a NUL, malloc'ed; NULL: empty
 * @date: what the service's clock says, seconds since 1970; -1: not said
 */
struct rca_answer {
	long status;
	char *body;
	size_t len;
	long long date;
};

/** struct rca_http - a connection; the strings belong to the caller */
struct rca_http;

/** rca_http_open() - @host: name or address, @port: as text; NULL: no memory */
struct rca_http *rca_http_open(const char *host, const char *port);
void rca_http_close(struct rca_http *http);
/** rca_http_trust() - from now on only a server that the CA has signed, not revoked */
void rca_http_trust(struct rca_http *http, const char *ca, const char *crl);
/** rca_http_identify() - show a certificate; NULL: none any more */
void rca_http_identify(struct rca_http *http, const char *cert, const char *key);

/**
 * rca_http_do() - one request
 * @method: "GET", "POST" or "PUT"
 * @data: @len bytes of body, NULL: none
 * @answer: its body is to be freed, also after a failure
 * Return: 0 whatever the status; -EHOSTUNREACH nobody answers; -EKEYREJECTED the
 *	server is not trusted, or does not trust us; -EIO.
 */
int rca_http_do(struct rca_http *http, const char *method, const char *path,
		const char *data, size_t len, struct rca_answer *answer,
		struct xos_error *err);

#endif /* _XOS_RCA_HTTP_H */
