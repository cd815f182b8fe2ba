// SPDX-License-Identifier: LGPL-2.1-or-later
/* rca-make.c - makes keys, requests, certificates, lists, signatures, PKCS12 files */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>	/* before cms.h, which else has no PEM */
#include <openssl/cms.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "../libxos/atomic.h"
#include "../pxe/text.h"
#include "rca-cert.h"
#include "rca-private.h"

#define CA_DAYS		3650
#define CRL_DAYS	7
#define BACKDATE_S	300	/* clocks of a grid agree to this */
#define SERIAL_BYTES	16
#define DAY_S		86400L
/* Java takes a certificate of a PKCS12 file as trusted when it has this. */
#define JAVA_TRUSTED_OID "2.16.840.1.113894.746875.1.1"
#define ANY_USAGE_OID	 "2.5.29.37.0"

EVP_PKEY *rca_key_make(const char *alg, struct xos_error *err)
{
	EVP_PKEY *key = strcmp(alg, "rsa:3072") ? EVP_EC_gen("P-256") :
		EVP_RSA_gen(3072);

	if (!key)
		rca_failed(err, -EIO, "no key can be made");
	return key;
}

int rca_key_write(const char *path, EVP_PKEY *key, const char *passphrase,
		  struct xos_error *err)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *pem;
	long len;
	int rc;

	if (bio && PEM_write_bio_PrivateKey(bio, key, passphrase ? EVP_aes_256_cbc() : NULL,
					    (const unsigned char *)passphrase,
					    passphrase ? (int)strlen(passphrase) : 0, NULL, NULL)) {
		len = BIO_get_mem_data(bio, &pem);
		rc = xos_file_write(path, pem, len, 0600, true, err);
	} else {
		rc = rca_failed(err, -EIO, "the key cannot be written");
	}
	BIO_free(bio);
	return rc;
}

static char *text_of(BIO *bio)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	return strndup(data, len);
}

char *rca_cert_pem(X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = bio && PEM_write_bio_X509(bio, cert) ? text_of(bio) : NULL;

	BIO_free(bio);
	return text;
}

char *rca_crl_pem(X509_CRL *crl)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = bio && PEM_write_bio_X509_CRL(bio, crl) ? text_of(bio) : NULL;

	BIO_free(bio);
	return text;
}

static bool add_name(X509_NAME *name, const char *field, const char *value)
{
	return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
					  (const unsigned char *)value, -1, -1, 0);
}

static bool set_name(X509_NAME *name, const char *grid, const char *unit, const char *cn)
{
	return add_name(name, "O", grid) && add_name(name, "OU", unit) &&
		add_name(name, "CN", cn);
}

static bool push(STACK_OF(X509_EXTENSION) *list, X509_EXTENSION *ext)
{
	return ext && sk_X509_EXTENSION_push(list, ext) > 0;
}

/* What both a request and its certificate say of the holder. */
static bool add_subject(STACK_OF(X509_EXTENSION) *list, const struct rca_subject *subject)
{
	struct xos_text names = { 0 };
	const char *vo = subject->vo;
	bool ok;

	xos_text_add(&names, "DNS:%s%s%s", subject->name, *subject->address ? ",IP:" : "",
		     subject->address);
	while (*vo) {
		size_t len = strcspn(vo, ",");

		xos_text_add(&names, ",URI:" RCA_VO_URI "%.*s", (int)len, vo);
		vo += len + (vo[len] == ',');
	}
	ok = !names.failed &&
		push(list, X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names.s));
	free(names.s);
	return ok;
}

char *rca_request_make(EVP_PKEY *key, const char *grid, const struct rca_subject *subject,
		       struct xos_error *err)
{
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	X509_REQ *req = X509_REQ_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;

	if (list && req && bio &&
	    set_name(X509_REQ_get_subject_name(req), grid, "resources", subject->name) &&
	    X509_REQ_set_pubkey(req, key) && add_subject(list, subject) &&
	    X509_REQ_add_extensions(req, list) && X509_REQ_sign(req, key, EVP_sha256()) &&
	    PEM_write_bio_X509_REQ(bio, req))
		pem = text_of(bio);
	if (!pem)
		rca_failed(err, -EIO, "no request can be made");
	BIO_free(bio);
	X509_REQ_free(req);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return pem;
}

static bool set_serial(X509 *cert)
{
	unsigned char bytes[SERIAL_BYTES];
	BIGNUM *bn = NULL;
	bool ok;

	ok = RAND_bytes(bytes, sizeof(bytes)) == 1;
	bytes[0] = (bytes[0] & 0x7f) | 0x40;	/* positive, and of one length */
	ok = ok && (bn = BN_bin2bn(bytes, sizeof(bytes), NULL)) &&
		BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert));
	BN_free(bn);
	return ok;
}

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext && X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	return ok;
}

static bool fill(X509 *cert, EVP_PKEY *key, long days)
{
	return X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
		X509_gmtime_adj(X509_getm_notBefore(cert), -BACKDATE_S) &&
		X509_gmtime_adj(X509_getm_notAfter(cert), days * DAY_S) &&
		X509_set_pubkey(cert, key);
}

X509 *rca_ca_make(EVP_PKEY *key, const char *grid, struct xos_error *err)
{
	X509 *cert = X509_new();

	if (cert && fill(cert, key, CA_DAYS) &&
	    set_name(X509_get_subject_name(cert), grid, "CA", "CA") &&
	    X509_set_issuer_name(cert, X509_get_subject_name(cert)) &&
	    add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	    add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	    add_extension(cert, cert, NID_subject_key_identifier, "hash") &&
	    X509_sign(cert, key, EVP_sha256()))
		return cert;
	X509_free(cert);
	rca_failed(err, -EIO, "no certificate of a CA can be made");
	return NULL;
}

static bool add_holder(X509 *cert, const struct rca_subject *subject)
{
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	bool ok = list && add_subject(list, subject);

	for (int i = 0; ok && i < sk_X509_EXTENSION_num(list); i++)
		ok = X509_add_ext(cert, sk_X509_EXTENSION_value(list, i), -1);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return ok;
}

X509 *rca_cert_make(const struct rca_issuer *ca, EVP_PKEY *key, const char *grid,
		    const struct rca_subject *subject, unsigned int days,
		    struct xos_error *err)
{
	X509 *cert = X509_new();

	if (cert && fill(cert, key, days) &&
	    set_name(X509_get_subject_name(cert), grid, "resources", subject->name) &&
	    X509_set_issuer_name(cert, X509_get_subject_name(ca->cert)) &&
	    add_extension(cert, ca->cert, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(cert, ca->cert, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(cert, ca->cert, NID_ext_key_usage, "clientAuth,serverAuth") &&
	    add_extension(cert, ca->cert, NID_subject_key_identifier, "hash") &&
	    add_extension(cert, ca->cert, NID_authority_key_identifier, "keyid") &&
	    add_holder(cert, subject) && X509_sign(cert, ca->key, EVP_sha256()))
		return cert;
	X509_free(cert);
	rca_failed(err, -EIO, "no certificate can be made");
	return NULL;
}

static bool add_revoked(X509_CRL *crl, const struct rca_revoked *r)
{
	X509_REVOKED *revoked = X509_REVOKED_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, r->when);
	ASN1_INTEGER *serial = NULL;
	BIGNUM *bn = NULL;
	bool ok;

	ok = revoked && when && BN_hex2bn(&bn, r->serial) &&
		(serial = BN_to_ASN1_INTEGER(bn, NULL)) &&
		X509_REVOKED_set_serialNumber(revoked, serial) &&
		X509_REVOKED_set_revocationDate(revoked, when) &&
		X509_CRL_add0_revoked(crl, revoked);
	if (!ok)
		X509_REVOKED_free(revoked);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(when);
	BN_free(bn);
	return ok;
}

X509_CRL *rca_crl_make(const struct rca_issuer *ca, const struct rca_revoked *revoked,
		       size_t n, struct xos_error *err)
{
	ASN1_TIME *now = X509_gmtime_adj(NULL, -BACKDATE_S);
	ASN1_TIME *next = X509_gmtime_adj(NULL, CRL_DAYS * DAY_S);
	X509_CRL *crl = X509_CRL_new();
	bool ok;

	ok = crl && now && next && X509_CRL_set_version(crl, X509_CRL_VERSION_2) &&
		X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->cert)) &&
		X509_CRL_set1_lastUpdate(crl, now) && X509_CRL_set1_nextUpdate(crl, next);
	for (size_t i = 0; ok && i < n; i++)
		ok = add_revoked(crl, &revoked[i]);
	ok = ok && X509_CRL_sort(crl) && X509_CRL_sign(crl, ca->key, EVP_sha256());
	ASN1_TIME_free(now);
	ASN1_TIME_free(next);
	if (ok)
		return crl;
	X509_CRL_free(crl);
	rca_failed(err, -EIO, "no revocation list can be made");
	return NULL;
}

char *rca_cms_sign(X509 *cert, EVP_PKEY *key, const char *data, size_t len,
		   struct xos_error *err)
{
	BIO *in = BIO_new_mem_buf(data, (int)len), *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = NULL;
	char *pem = NULL;

	if (in && out) {
		cms = CMS_sign(cert, key, NULL, in, CMS_BINARY | CMS_NOSMIMECAP);
		if (cms && PEM_write_bio_CMS(out, cms))
			pem = text_of(out);
	}
	if (!pem)
		rca_failed(err, -EIO, "it cannot be signed");
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	BIO_free(out);
	return pem;
}

/* A PKCS12 file of one trusted certificate, in the form that Java reads. */
static PKCS12 *make_trusted(X509 *ca, const char *passphrase)
{
	PKCS12_SAFEBAG *bag = PKCS12_SAFEBAG_create_cert(ca);
	STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
	STACK_OF(PKCS7) *safes = NULL;
	ASN1_OBJECT *any = OBJ_txt2obj(ANY_USAGE_OID, 1);
	int nid = OBJ_txt2nid(JAVA_TRUSTED_OID);
	PKCS12 *p12 = NULL;

	if (nid == NID_undef)
		nid = OBJ_create(JAVA_TRUSTED_OID, "javaTrusted", "Java trusted usage");
	if (bag && bags && any && PKCS12_add_friendlyname_utf8(bag, "ca", -1) &&
	    PKCS12_add1_attr_by_NID(bag, nid, V_ASN1_OBJECT, (void *)any, -1) &&
	    sk_PKCS12_SAFEBAG_push(bags, bag)) {
		bag = NULL;
		if (PKCS12_add_safe(&safes, bags, NID_aes_256_cbc, 10000, passphrase))
			p12 = PKCS12_add_safes(safes, 0);
		if (p12 && !PKCS12_set_mac(p12, passphrase, -1, NULL, 0, 10000, EVP_sha256())) {
			PKCS12_free(p12);
			p12 = NULL;
		}
	}
	ASN1_OBJECT_free(any);
	PKCS12_SAFEBAG_free(bag);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return p12;
}

int rca_p12_write(const char *path, EVP_PKEY *key, X509 *cert, X509 *ca,
		  const char *passphrase, struct xos_error *err)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	unsigned char *der = NULL;
	PKCS12 *p12 = NULL;
	int len = -1, rc;

	if (!key)
		p12 = make_trusted(ca, passphrase);
	else if (chain && sk_X509_push(chain, ca))
		p12 = PKCS12_create(passphrase, "resource", key, cert, chain,
				    NID_aes_256_cbc, NID_aes_256_cbc, 10000, 10000, 0);
	if (p12)
		len = i2d_PKCS12(p12, &der);
	rc = len < 0 ? rca_failed(err, -EIO, "no PKCS12 file can be made") :
		xos_file_write(path, der, len, key ? 0600 : 0644, true, err);
	OPENSSL_free(der);
	PKCS12_free(p12);
	sk_X509_free(chain);
	return rc;
}
