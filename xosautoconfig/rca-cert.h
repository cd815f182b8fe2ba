/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rca-cert.h - keys, requests, certificates and revocation lists
 *
 * Everything that touches a certificate is here and in rca-cert.c, rca-make.c:
 * the rules of who may be trusted exist once, for the core node and for all others.
 */
#ifndef _XOS_RCA_CERT_H
#define _XOS_RCA_CERT_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <time.h>

#include "../libxos/error.h"

#define RCA_ID_SIZE	65		/* 64 hex digits and a NUL */
#define RCA_NAME_SIZE	64
#define RCA_VO_SIZE	512
#define RCA_PEM_MAX	16384

/**
 * struct rca_subject - what a certificate says of its holder
 * @name: host name, the CN and the DNS name
 * @address: IPv4 or IPv6, or ""
 * @vo: VOs separated by commas, or ""
 */
struct rca_subject {
	char name[RCA_NAME_SIZE];
	char address[46];
	char vo[RCA_VO_SIZE];
};

/** struct rca_issuer - a CA, its key loaded */
struct rca_issuer {
	X509 *cert;
	EVP_PKEY *key;
};

/** rca_failed() - an error with what OpenSSL says last; returns @code */
int rca_failed(struct xos_error *err, int code, const char *what);

/** rca_key_make() - a key of a kind that KEYALG names; NULL with @err */
EVP_PKEY *rca_key_make(const char *alg, struct xos_error *err);
/** rca_key_read() - @passphrase: NULL where it has none */
EVP_PKEY *rca_key_read(const char *path, const char *passphrase, struct xos_error *err);
/** rca_key_write() - mode 0600, on disk before it returns */
int rca_key_write(const char *path, EVP_PKEY *key, const char *passphrase,
		  struct xos_error *err);

/** rca_key_id() - SHA-256 of the public key, as hex digits; 0 or -EIO */
int rca_key_id(EVP_PKEY *key, char id[RCA_ID_SIZE]);
/** rca_cert_digest() - SHA-256 of a certificate, what CAFINGERPRINT has */
int rca_cert_digest(const X509 *cert, char id[RCA_ID_SIZE]);

X509 *rca_cert_read(const char *path, struct xos_error *err);
X509 *rca_cert_parse(const char *pem, size_t len);
X509_CRL *rca_crl_parse(const char *pem, size_t len);
/** rca_cert_pem() - malloc'ed text, NULL: no memory */
char *rca_cert_pem(X509 *cert);
char *rca_crl_pem(X509_CRL *crl);

/** rca_request_make() - a request for a certificate, as malloc'ed PEM; NULL with @err */
char *rca_request_make(EVP_PKEY *key, const char *grid, const struct rca_subject *subject,
		       struct xos_error *err);

/**
 * rca_request_read() - take a request apart, and check everything in it
 * @err: says which rule it breaks
 * Return: the request, to be freed; NULL: it is not one that may be signed.
 */
X509_REQ *rca_request_read(const char *pem, size_t len, struct rca_subject *subject,
			   struct xos_error *err);

/** rca_subject_read() - what a certificate of this grid says; 0 or -EINVAL */
int rca_subject_read(const X509 *cert, struct rca_subject *subject, struct xos_error *err);

/** rca_ca_make() - a CA's own certificate; NULL with @err */
X509 *rca_ca_make(EVP_PKEY *key, const char *grid, struct xos_error *err);

/**
 * rca_cert_make() - a certificate
 * @ca: who signs
 * @key: the public half of the holder's
 * @days: from now
 * Return: it; NULL with @err.
 */
X509 *rca_cert_make(const struct rca_issuer *ca, EVP_PKEY *key, const char *grid,
		    const struct rca_subject *subject, unsigned int days,
		    struct xos_error *err);

/** struct rca_revoked - a line of a revocation list; @serial in hex */
struct rca_revoked {
	char serial[64];
	time_t when;
};

/** rca_crl_make() - a list of @n revoked certificates, good for a week; NULL with @err */
X509_CRL *rca_crl_make(const struct rca_issuer *ca, const struct rca_revoked *revoked,
		       size_t n, struct xos_error *err);

/**
 * rca_cert_verify() - may the holder of a certificate be trusted now?
 * @crl: NULL: not looked at
 * Return: 0; -EKEYREVOKED, -EKEYEXPIRED (also: not valid yet), -EKEYREJECTED with
 *	the reason in @err.
 */
int rca_cert_verify(X509 *cert, X509 *ca, X509_CRL *crl, struct xos_error *err);

/** rca_crl_verify() - is it the CA's, and not too old? 0 or -EKEYREJECTED */
int rca_crl_verify(X509_CRL *crl, X509 *ca, struct xos_error *err);

/** rca_cms_sign() - @data signed by the holder of a certificate, malloc'ed PEM */
char *rca_cms_sign(X509 *cert, EVP_PKEY *key, const char *data, size_t len,
		   struct xos_error *err);
/**
 * rca_cms_verify() - check a signature by someone who may be trusted now
 * @signer: receives the certificate, to be freed
 * @len: receives the length of the data
 * Return: the data, malloc'ed, with a NUL behind it; NULL with @err.
 */
char *rca_cms_verify(const char *pem, size_t pem_len, X509 *ca, X509_CRL *crl,
		     X509 **signer, size_t *len, struct xos_error *err);

/** rca_p12_write() - key and chain, or with no @key what is trusted, as PKCS12 */
int rca_p12_write(const char *path, EVP_PKEY *key, X509 *cert, X509 *ca,
		  const char *passphrase, struct xos_error *err);

#endif /* _XOS_RCA_CERT_H */
