/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rca-client.h - a node's side of trust: its key, its certificate, the CA
 *
 *	certs/ca.pem		the CA, once it was seen with the fingerprint of grid.conf
 *	certs/crl.pem		what it has revoked
 *	certs/resource.pem	this node's certificate
 *	certs/trusted.p12	the CA, as Java wants it
 *	private/resource.key	this node's key, which never leaves it
 *	private/next.key	of an application or a renewal under way
 *	private/resource.p12	key and certificate, as XtreemFS wants them
 */
#ifndef _XOS_RCA_CLIENT_H
#define _XOS_RCA_CLIENT_H

#include <stdio.h>

#include "grid-input.h"
#include "rca-cert.h"

struct rca_http;

enum rca_state {
	RCA_NOTHING,			/* no key yet */
	RCA_PENDING,			/* applied, nobody has confirmed */
	RCA_JOINED,			/* has a certificate that is good */
};

/**
 * struct rca_client - this node
 * @conf: the grid's parameters
 * @dir: of the trust store
 * @http: the connection to the core node, NULL before rca_client_open()
 * @ca: the CA
 * @crl: its revocation list, NULL before there is one
 * @ca_path, @crl_path: their files, for the connection
 */
struct rca_client {
	const struct xos_grid *conf;
	const char *dir;
	struct rca_http *http;
	X509 *ca;
	X509_CRL *crl;
	char ca_path[4096];
	char crl_path[4096];
};

/**
 * rca_client_open() - reach the core node, know it for the right one
 * The CA is taken when its fingerprint is the one in grid.conf; the clocks are
 * compared; the revocation list is fetched and checked.
 * Return: 0; -EHOSTUNREACH, -EKEYREJECTED, -ETIME (clocks) and others with @err.
 */
int rca_client_open(struct rca_client *client, const struct xos_grid *conf,
		    const char *dir, struct xos_error *err);
/**
 * rca_client_look() - the same for who only reads, and may write nothing
 * The CA is the one that an earlier rca_client_open() has taken.
 */
int rca_client_look(struct rca_client *client, const struct xos_grid *conf,
		    const char *dir, struct xos_error *err);
void rca_client_close(struct rca_client *client);

/** rca_client_apply() - make key and request, hand it in; 0 also when that was done */
int rca_client_apply(struct rca_client *client, FILE *say, struct xos_error *err);
/** rca_client_request() - fetch the certificate; 1 installed, 0 not confirmed yet */
int rca_client_request(struct rca_client *client, FILE *say, struct xos_error *err);
/**
 * rca_client_renew() - ask for the next certificate when a third of the time is left
 * @force: now
 * Return: 1 asked for, 0 not yet time.
 */
int rca_client_renew(struct rca_client *client, bool force, FILE *say,
		     struct xos_error *err);
/**
 * rca_client_join() - whatever has to be done now of these
 * @wait_s: wait so long for a confirmation
 * Return: enum rca_state; negative errno.
 */
int rca_client_join(struct rca_client *client, unsigned int wait_s, FILE *say,
		    struct xos_error *err);
/**
 * rca_client_publish() - sign a description and hand it in
 * Return: 0; -ENOENT this node has not joined; -EKEYREJECTED with the reason.
 */
int rca_client_publish(struct rca_client *client, const char *xml, struct xos_error *err);
/** rca_client_resources() - what all have published, JSON, malloc'ed; NULL with @err */
char *rca_client_resources(struct rca_client *client, struct xos_error *err);
/** rca_client_pause() - sleep about so long; the next pause, which is longer */
unsigned int rca_client_pause(unsigned int pause_ms);
/** rca_client_state() - from the files alone; @id: of the key that waits, or "" */
enum rca_state rca_client_state(const struct rca_client *client, char id[RCA_ID_SIZE]);

/** rca_client_path() - a path below the trust store, into @path of 4096 bytes */
void rca_client_path(const struct rca_client *client, const char *name, char *path);

#endif /* _XOS_RCA_CLIENT_H */
