/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rca-sign.h - the spool, and what of it is signed; used by rca-ca.c */
#ifndef _XOS_RCA_SIGN_H
#define _XOS_RCA_SIGN_H

#include "rca-ca.h"

/**
 * struct rca_application - a file of the spool, taken apart and checked
 * @id: of its key
 * @from: address that it came from, as the service says; or ""
 * @renewal: signed by the holder of a certificate, which is good
 * @req: the request
 */
struct rca_application {
	char id[RCA_ID_SIZE];
	char from[64];
	struct rca_subject subject;
	bool renewal;
	X509_REQ *req;
};

typedef int rca_spool_fn(struct rca_ca *ca, const struct rca_application *application,
			 void *arg, struct xos_error *err);

/**
 * rca_spool_each() - call @fn for each application that may be signed
 * @say: what may not is rejected, and said here; NULL: it is only skipped
 * Return: 0; what @fn returned, when that was not 0.
 */
int rca_spool_each(struct rca_ca *ca, rca_spool_fn *fn, void *arg, FILE *say,
		   struct xos_error *err);

/** rca_issued_read() - what a certificate says, and whether it was revoked */
int rca_issued_read(const struct rca_ca *ca, X509 *cert, struct rca_issued *issued,
		    struct xos_error *err);

/** rca_sign_server() - make or renew the trust service's own certificate */
int rca_sign_server(struct rca_ca *ca, gid_t gid, struct xos_error *err);

#endif /* _XOS_RCA_SIGN_H */
