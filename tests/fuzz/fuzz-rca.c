// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fuzz-rca.c - any bytes as what a stranger sends to the trust service
 *
 * A request that is taken gives a certificate that says the same of its holder.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xosautoconfig/rca-cert.h"

static struct rca_issuer ca;

static void sign(X509_REQ *req, const struct rca_subject *subject)
{
	struct rca_subject again;
	X509 *cert = rca_cert_make(&ca, X509_REQ_get0_pubkey(req), "g", subject, 1, NULL);

	if (!cert || rca_subject_read(cert, &again, NULL) ||
	    memcmp(&again, subject, sizeof(again)))
		abort();
	X509_free(cert);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	ca.key = rca_key_make("ec:P-256", NULL);
	ca.cert = rca_ca_make(ca.key, "g", NULL);
	return ca.cert ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rca_subject subject;
	X509 *signer = NULL;
	X509_REQ *req;
	size_t n;
	char *inside;

	req = rca_request_read((const char *)data, len, &subject, NULL);
	if (req)
		sign(req, &subject);
	X509_REQ_free(req);
	inside = rca_cms_verify((const char *)data, len, ca.cert, NULL, &signer, &n, NULL);
	if (inside)	/* nobody has the key of this run's CA */
		abort();
	return 0;
}
