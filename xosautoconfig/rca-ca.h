/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rca-ca.h - the grid's CA on the core node, a directory
 *
 *	ca.pem			the CA's certificate, for everybody
 *	private/ca.key		its key: root's alone, read for as long as it signs
 *	server/cert.pem, key.pem	the trust service's own; the key is the service's
 *	spool/ID.csr		applications and renewals, as they came in
 *	spool/ID.from		the address that it came from, as the service says
 *	issued/ID.pem		certificates; ID is the SHA-256 of the public key
 *	rejected/ID		applications that got none, and why
 *	revoked/SERIAL		when, and whose
 *	crl.pem			what follows from that, signed
 *
 * The service runs as a user of its own and writes into spool/ only.  So whoever
 * takes it over can neither sign nor hide a revocation; he can hand in
 * applications under any address, which RCA_AUTOCONFIRM would believe.
 *
 * A file is whole or not there, and an application leaves the spool after its
 * certificate is on disk: a signer that was killed is simply run again.
 */
#ifndef _XOS_RCA_CA_H
#define _XOS_RCA_CA_H

#include <stdio.h>

#include "grid-input.h"
#include "rca-cert.h"

#define RCA_USER	"xos-rca"
#define RCA_SPOOL_MAX	4096	/* applications that wait at once */
#define RCA_PATH_MAX	4096
#define RCA_ID_SHORTEST	32	/* hex digits: 128 bits, nobody makes a key for those */

/**
 * struct rca_issued - a certificate that was signed
 * @serial: in hex
 * @revoked, @expired: why it is worth nothing any more
 */
struct rca_issued {
	char id[RCA_ID_SIZE];
	char serial[64];
	struct rca_subject subject;
	time_t until;
	bool revoked, expired;
};

/**
 * struct rca_ca - an open CA
 * @conf: the grid's parameters
 * @dir: CADIR
 * @issuer: certificate and key
 * @issued: all that was signed, @n_issued of them
 */
struct rca_ca {
	const struct xos_grid *conf;
	const char *dir;
	struct rca_issuer issuer;
	struct rca_issued *issued;
	size_t n_issued;
};

/** rca_conf_read() - grid.conf, for xos_grid_destroy(); NULL with @err */
struct xos_grid *rca_conf_read(const char *path, struct xos_error *err);

/** rca_path() - a path below a directory, into @path of RCA_PATH_MAX bytes */
void rca_path(char *path, const char *dir, const char *part, const char *name,
	      const char *suffix);

/**
 * rca_ca_init() - make a CA, or finish one; its fingerprint goes to @say
 * @user: whom spool and server key belong to; must exist
 * Return: 0, also when all is there; negative errno with @err.
 */
int rca_ca_init(const struct xos_grid *conf, const char *user, const char *passphrase,
		FILE *say, struct xos_error *err);

/** rca_ca_open() - load certificate, key (with @key) and what was issued */
int rca_ca_open(struct rca_ca *ca, const struct xos_grid *conf, bool key,
		const char *passphrase, struct xos_error *err);
void rca_ca_close(struct rca_ca *ca);

/**
 * rca_ca_sign() - one pass over the spool: renewals, and what needs no admin
 * Also renews the revocation list and the service's certificate when it is time.
 * @say: a line for each that was signed or rejected
 * Return: number of certificates; negative errno with @err.
 */
int rca_ca_sign(struct rca_ca *ca, FILE *say, struct xos_error *err);

/**
 * rca_ca_confirm() - sign an application
 * @id: of its key, at least RCA_ID_SHORTEST digits of it
 * @vo: VOs instead of those it asks for; NULL: those
 */
int rca_ca_confirm(struct rca_ca *ca, const char *id, const char *vo, FILE *say,
		   struct xos_error *err);
/** rca_ca_reject() - throw an application away */
int rca_ca_reject(struct rca_ca *ca, const char *id, const char *why, FILE *say,
		  struct xos_error *err);
/** rca_ca_revoke() - every certificate of a host; number of them */
int rca_ca_revoke(struct rca_ca *ca, const char *name, FILE *say, struct xos_error *err);
/** rca_ca_crl() - make and write the revocation list */
int rca_ca_crl(struct rca_ca *ca, struct xos_error *err);
/** rca_ca_list() - applications and certificates, one a line; @json: as JSON */
int rca_ca_list(struct rca_ca *ca, bool json, FILE *out, struct xos_error *err);

#endif /* _XOS_RCA_CA_H */
