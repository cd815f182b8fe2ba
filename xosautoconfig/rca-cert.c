// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * rca-cert.c - reads and checks keys, requests, certificates, lists, signatures
 *
 * What a stranger sends comes through rca_request_read() and rca_cms_verify()
 * only.  A request may say of its sender a host name, an address and VOs, in one
 * form; anything more is a refusal and not left out, so that what an admin saw
 * is what is signed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/pem.h>	/* before cms.h, which else has no PEM */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "../libxos/nodefile.h"
#include "grid-keys.h"
#include "rca-cert.h"
#include "rca-private.h"

#define RSA_BITS_MIN 3072

int rca_failed(struct xos_error *err, int code, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return xos_error_set(err, code, XOS_EXIT_FAILED, "%s%s%s", what,
			     reason ? ": " : "", reason ? reason : "");
}

static void hex(const unsigned char *bytes, size_t len, char *text)
{
	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

int rca_key_id(EVP_PKEY *key, char id[RCA_ID_SIZE])
{
	unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
	int len = i2d_PUBKEY(key, &der);
	unsigned int n = 0;

	if (len < 0 || !EVP_Digest(der, len, digest, &n, EVP_sha256(), NULL))
		n = 0;
	OPENSSL_free(der);
	hex(digest, n, id);
	return n ? 0 : -EIO;
}

int rca_cert_digest(const X509 *cert, char id[RCA_ID_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (!X509_digest(cert, EVP_sha256(), digest, &n))
		return -EIO;
	hex(digest, n, id);
	return 0;
}

EVP_PKEY *rca_key_read(const char *path, const char *passphrase, struct xos_error *err)
{
	size_t len;
	char *pem = xos_file_read(path, RCA_PEM_MAX, &len, err);
	BIO *bio = pem ? BIO_new_mem_buf(pem, (int)len) : NULL;
	EVP_PKEY *key = NULL;

	if (bio)	/* "": never ask at the terminal */
		key = PEM_read_bio_PrivateKey(bio, NULL, NULL,
					      (void *)(passphrase ? passphrase : ""));
	if (pem && !key) {
		rca_failed(err, -EINVAL, "the key cannot be read");
		xos_error_prefix(err, "%s: ", path);
	}
	BIO_free(bio);
	if (pem)
		OPENSSL_cleanse(pem, len);
	free(pem);
	return key;
}

X509 *rca_cert_parse(const char *pem, size_t len)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	return cert;
}

X509_CRL *rca_crl_parse(const char *pem, size_t len)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	X509_CRL *crl = bio ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	return crl;
}

X509 *rca_cert_read(const char *path, struct xos_error *err)
{
	size_t len;
	cleanup_free char *pem = xos_file_read(path, RCA_PEM_MAX, &len, err);
	X509 *cert = pem ? rca_cert_parse(pem, len) : NULL;

	if (pem && !cert)
		xos_error_set(err, -EINVAL, XOS_EXIT_FAILED, "%s: is not a certificate", path);
	return cert;
}

/* One more VO, behind those that were read before. */
static int read_vo(const ASN1_IA5STRING *uri, struct rca_subject *subject)
{
	const char *text = (const char *)ASN1_STRING_get0_data(uri);
	size_t len = ASN1_STRING_length(uri), used = strlen(subject->vo);
	size_t prefix = strlen(RCA_VO_URI);
	char why[160];

	/* a NUL inside would hide what is behind it */
	if (len <= prefix || memcmp(text, RCA_VO_URI, prefix) ||
	    memchr(text, '\0', len) || memchr(text, ',', len) ||
	    used + 1 + len - prefix >= sizeof(subject->vo))
		return -EINVAL;
	snprintf(subject->vo + used, sizeof(subject->vo) - used, "%s%.*s", used ? "," : "",
		 (int)(len - prefix), text + prefix);
	return xos_grid_value_check(XOS_GRID_VO, subject->vo, why, sizeof(why)) ? 0 : -EINVAL;
}

static int read_address(const ASN1_OCTET_STRING *ip, struct rca_subject *subject)
{
	int len = ASN1_STRING_length(ip);
	int family = len == 4 ? AF_INET : len == 16 ? AF_INET6 : 0;

	if (!family || *subject->address)
		return -EINVAL;
	inet_ntop(family, ASN1_STRING_get0_data(ip), subject->address,
		  sizeof(subject->address));
	return 0;
}

/* The names have to be the CN, at most one address, and VOs. */
static int read_names(GENERAL_NAMES *names, struct rca_subject *subject)
{
	bool named = false;
	int rc = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !rc; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_IPADD) {
			rc = read_address(name->d.iPAddress, subject);
		} else if (name->type == GEN_URI) {
			rc = read_vo(name->d.uniformResourceIdentifier, subject);
		} else if (name->type == GEN_DNS &&
			   (size_t)ASN1_STRING_length(name->d.dNSName) ==
			   strlen(subject->name) &&
			   !memcmp(ASN1_STRING_get0_data(name->d.dNSName), subject->name,
				   strlen(subject->name))) {
			named = true;
		} else {
			rc = -EINVAL;
		}
	}
	return named ? rc : -EINVAL;
}

static int read_subject(const X509_NAME *x509_name, STACK_OF(X509_EXTENSION) *list,
			struct rca_subject *subject, struct xos_error *err)
{
	int at = X509_NAME_get_index_by_NID(x509_name, NID_commonName, -1);
	GENERAL_NAMES *names;
	int len, rc;

	memset(subject, 0, sizeof(*subject));
	len = at < 0 ? -1 : X509_NAME_get_text_by_NID(x509_name, NID_commonName,
						       subject->name, sizeof(subject->name));
	if (len < 1 || (int)strlen(subject->name) != len || !xos_name_is_valid(subject->name))
		return xos_error_set(err, -EINVAL, XOS_EXIT_FAILED,
				     "its CN is not a host name");
	names = X509V3_get_d2i(list, NID_subject_alt_name, NULL, NULL);
	rc = names ? read_names(names, subject) : -EINVAL;
	GENERAL_NAMES_free(names);
	if (rc)
		return xos_error_set(err, rc, XOS_EXIT_FAILED,
				     "its names are not its CN, one address and VOs");
	return 0;
}

static bool is_strong(EVP_PKEY *key)
{
	char group[32] = "";

	if (EVP_PKEY_is_a(key, "RSA"))
		return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN;
	return EVP_PKEY_is_a(key, "EC") &&
		EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) &&
		!strcmp(group, "prime256v1");
}

static int check_request(X509_REQ *req, struct rca_subject *subject, struct xos_error *err)
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(req);
	STACK_OF(X509_EXTENSION) *list;
	int rc;

	if (!key || !is_strong(key))
		return xos_error_set(err, -EINVAL, XOS_EXIT_FAILED,
				     "its key is neither EC P-256 nor RSA of 3072 bits");
	if (X509_REQ_verify(req, key) != 1)
		return xos_error_set(err, -EINVAL, XOS_EXIT_FAILED,
				     "it is not signed with its own key");
	list = X509_REQ_get_extensions(req);
	rc = read_subject(X509_REQ_get_subject_name(req), list, subject, err);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return rc;
}

X509_REQ *rca_request_read(const char *pem, size_t len, struct rca_subject *subject,
			   struct xos_error *err)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	X509_REQ *req = bio ? PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	if (!req)
		xos_error_set(err, -EINVAL, XOS_EXIT_FAILED, "it is not a request");
	else if (check_request(req, subject, err)) {
		X509_REQ_free(req);
		req = NULL;
	}
	ERR_clear_error();
	return req;
}

int rca_subject_read(const X509 *cert, struct rca_subject *subject, struct xos_error *err)
{
	return read_subject(X509_get_subject_name(cert),
			    (STACK_OF(X509_EXTENSION) *)X509_get0_extensions(cert),
			    subject, err);
}

/* Words for a person; a wrong clock is the usual cause, so it is named. */
static int refuse(int why, const X509 *cert, struct xos_error *err)
{
	char now[32], from[32] = "?", to[32] = "?";
	time_t t = time(NULL);
	struct tm tm;

	strftime(now, sizeof(now), "%F %T UTC", gmtime_r(&t, &tm));
	if (ASN1_TIME_to_tm(X509_get0_notBefore(cert), &tm))
		strftime(from, sizeof(from), "%F %T UTC", &tm);
	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm))
		strftime(to, sizeof(to), "%F %T UTC", &tm);
	switch (why) {
	case X509_V_ERR_CERT_REVOKED:
		return xos_error_set(err, -EKEYREVOKED, XOS_EXIT_FAILED,
				     "the certificate was revoked");
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return xos_error_set(err, -EKEYEXPIRED, XOS_EXIT_FAILED,
				     "the certificate is valid from %s, but this machine's clock says %s; is the clock right?",
				     from, now);
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return xos_error_set(err, -EKEYEXPIRED, XOS_EXIT_FAILED,
				     "the certificate was valid to %s, and this machine's clock says %s",
				     to, now);
	default:
		return xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				     "the certificate is refused: %s",
				     X509_verify_cert_error_string(why));
	}
}

static X509_STORE *make_store(X509 *ca, X509_CRL *crl)
{
	X509_STORE *store = X509_STORE_new();

	if (!store || !X509_STORE_add_cert(store, ca) ||
	    (crl && (!X509_STORE_add_crl(store, crl) ||
		     !X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK)))) {
		X509_STORE_free(store);
		return NULL;
	}
	return store;
}

int rca_cert_verify(X509 *cert, X509 *ca, X509_CRL *crl, struct xos_error *err)
{
	X509_STORE *store = make_store(ca, crl);
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int rc = -ENOMEM;

	if (store && ctx && X509_STORE_CTX_init(ctx, store, cert, NULL)) {
		X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT);
		rc = X509_verify_cert(ctx) == 1 ? 0 :
			refuse(X509_STORE_CTX_get_error(ctx), cert, err);
	}
	if (rc == -ENOMEM)
		rca_failed(err, rc, "no memory");
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return rc;
}

int rca_crl_verify(X509_CRL *crl, X509 *ca, struct xos_error *err)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);

	if (X509_CRL_verify(crl, X509_get0_pubkey(ca)) != 1) {
		ERR_clear_error();
		return xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				     "the revocation list is not signed by the CA");
	}
	if (!next || X509_cmp_current_time(next) < 0)
		return xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				     "the revocation list is too old; is xos-rca-sign.service running on the core node, and the clock right?");
	return 0;
}

/* The one signer of a message, found among the certificates it carries. */
static X509 *signer_of(CMS_ContentInfo *cms)
{
	STACK_OF(X509) *signers = CMS_get0_signers(cms);
	X509 *signer = NULL;

	if (signers && sk_X509_num(signers) == 1) {
		signer = sk_X509_value(signers, 0);
		X509_up_ref(signer);
	}
	sk_X509_free(signers);
	return signer;
}

/* Signature first, against any signer; then whether that one may be trusted. */
static X509 *verify_message(CMS_ContentInfo *cms, X509 *ca, X509_CRL *crl, BIO *data,
			    struct xos_error *err)
{
	X509 *signer;

	if (CMS_verify(cms, NULL, NULL, NULL, data, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) != 1) {
		rca_failed(err, -EBADMSG, "the signature is wrong");
		return NULL;
	}
	signer = signer_of(cms);
	if (!signer)
		xos_error_set(err, -EBADMSG, XOS_EXIT_FAILED, "it has not one signer");
	else if (rca_cert_verify(signer, ca, crl, err)) {
		X509_free(signer);
		signer = NULL;
	}
	return signer;
}

char *rca_cms_verify(const char *pem, size_t pem_len, X509 *ca, X509_CRL *crl,
		     X509 **signer, size_t *len, struct xos_error *err)
{
	BIO *in = BIO_new_mem_buf(pem, (int)pem_len), *data = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = in && data ? PEM_read_bio_CMS(in, NULL, NULL, NULL) : NULL;
	char *bytes, *copy = NULL;
	long n;

	*signer = NULL;
	if (!cms)
		rca_failed(err, -EBADMSG, "it is not a signed message");
	else
		*signer = verify_message(cms, ca, crl, data, err);
	if (*signer) {
		n = BIO_get_mem_data(data, &bytes);
		copy = malloc(n + 1);
		if (copy) {
			memcpy(copy, bytes, n);
			copy[n] = '\0';
			*len = n;
		} else {
			rca_failed(err, -ENOMEM, "no memory");
			X509_free(*signer);
			*signer = NULL;
		}
	}
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	BIO_free(data);
	ERR_clear_error();
	return copy;
}
