// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * rca-client.c - apply, request, renew, in steps that may each be cut short
 *
 *	nothing -- apply --> next.key, request handed in
 *		-- request --> certificate that fits next.key is installed
 *	joined  -- renew --> next.key, request signed with the old certificate
 *		-- request --> as above
 *
 * Installing is: certificate under a name of its own, then the key renamed, then
 * the certificate renamed.  rca_client_open() finishes what was cut short there.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <jansson.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "rca-client.h"
#include "rca-http.h"

#define PATH_SIZE 4096
#define CLOCK_MAX_S 300		/* certificates are dated back by as much */
#define PASSPHRASE_BYTES 24
#define POLL_MIN_MS 1000	/* and from there on longer, up to */
#define POLL_MAX_MS 8000

void rca_client_path(const struct rca_client *client, const char *name, char *path)
{
	snprintf(path, PATH_SIZE, "%.3800s/%.200s", client->dir, name);
}

static bool is_there(const struct rca_client *client, const char *name)
{
	char path[PATH_SIZE];

	rca_client_path(client, name, path);
	return !access(path, F_OK);
}

static int write_file(const struct rca_client *client, const char *name, const char *text,
		      mode_t mode, struct xos_error *err)
{
	char path[PATH_SIZE];
	int rc;

	rca_client_path(client, name, path);
	rc = xos_file_write_if_changed(path, text, strlen(text), mode, err);
	return rc < 0 ? rc : 0;
}

static int move(const struct rca_client *client, const char *from, const char *to,
		struct xos_error *err)
{
	char old[PATH_SIZE], new[PATH_SIZE];

	rca_client_path(client, from, old);
	rca_client_path(client, to, new);
	return rename(old, new) ? xos_error_set(err, -errno, XOS_EXIT_FAILED,
						"cannot move '%s' to '%s': %s", old, new,
						strerror(errno)) : 0;
}

static EVP_PKEY *read_key(const struct rca_client *client, const char *name,
			  struct xos_error *err)
{
	char path[PATH_SIZE];

	rca_client_path(client, name, path);
	return rca_key_read(path, NULL, err);
}

static X509 *read_cert(const struct rca_client *client, const char *name,
		       struct xos_error *err)
{
	char path[PATH_SIZE];

	rca_client_path(client, name, path);
	return rca_cert_read(path, err);
}

static int refused(const struct rca_answer *answer, const char *what, struct xos_error *err)
{
	return xos_error_set(err, answer->status == 403 ? -EKEYREJECTED :
			     answer->status == 503 ? -EAGAIN : -EIO, XOS_EXIT_FAILED,
			     "the core node refuses %s: %.*s", what,
			     answer->body ? (int)strcspn(answer->body, "\n") : 0,
			     answer->body ? answer->body : "");
}

static int get(struct rca_client *client, const char *path, const char *what,
	       struct rca_answer *answer, struct xos_error *err)
{
	int rc = rca_http_do(client->http, "GET", path, NULL, 0, answer, err);

	return rc || answer->status == 200 ? rc : refused(answer, what, err);
}

static int check_clock(const struct rca_answer *answer, struct xos_error *err)
{
	long long off = answer->date < 0 ? 0 : (long long)time(NULL) - answer->date;

	if (llabs(off) <= CLOCK_MAX_S)
		return 0;
	return xos_error_set(err, -ETIME, XOS_EXIT_FAILED,
			     "this machine's clock is %lld seconds %s the core node's; set it, certificates need clocks that agree (chronyc makestep)",
			     llabs(off), off > 0 ? "ahead of" : "behind");
}

/* The one fetch that trusts nobody: what comes has to have the fingerprint. */
static int fetch_ca(struct rca_client *client, struct xos_error *err)
{
	const char *pinned = client->conf->value[XOS_GRID_CAFINGERPRINT];
	char digest[RCA_ID_SIZE];
	struct rca_answer answer;
	int rc;

	if (!*pinned)
		return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
				     "CAFINGERPRINT is not set in globalDefs; xos-rca init on the core node prints it");
	rc = get(client, "/ca.pem", "its certificate", &answer, err);
	if (!rc)
		rc = check_clock(&answer, err);
	client->ca = rc || !answer.body ? NULL : rca_cert_parse(answer.body, answer.len);
	if (!rc && (!client->ca || rca_cert_digest(client->ca, digest) ||
		    strcmp(digest, pinned)))
		rc = xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				   "the CA of %s is not the one of CAFINGERPRINT: it has %s; is somebody between us, or was it made anew?",
				   client->conf->value[XOS_GRID_RCAHOSTIP],
				   client->ca ? digest : "no certificate");
	if (!rc)
		rc = write_file(client, "certs/ca.pem", answer.body, 0644, err);
	free(answer.body);
	return rc;
}

/* @keep: write it beside the certificates */
static int fetch_crl(struct rca_client *client, bool keep, struct xos_error *err)
{
	struct rca_answer answer;
	int rc = get(client, "/crl.pem", "its revocation list", &answer, err);

	client->crl = rc || !answer.body ? NULL : rca_crl_parse(answer.body, answer.len);
	if (!rc && !client->crl)
		rc = xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				   "the core node has no revocation list");
	if (!rc)
		rc = rca_crl_verify(client->crl, client->ca, err);
	if (!rc && keep)
		rc = write_file(client, "certs/crl.pem", answer.body, 0644, err);
	free(answer.body);
	return rc;
}

static bool fits(EVP_PKEY *key, const X509 *cert)
{
	bool same = key && cert && X509_check_private_key((X509 *)cert, key) == 1;

	ERR_clear_error();
	return same;
}

/* Of an installation that was cut short: the new certificate fits one of the keys. */
static int finish_install(struct rca_client *client, struct xos_error *err)
{
	X509 *cert = read_cert(client, "certs/next.pem", NULL);
	EVP_PKEY *next = read_key(client, "private/next.key", NULL);
	EVP_PKEY *key = read_key(client, "private/resource.key", NULL);
	int rc = 0;

	if (fits(next, cert))
		rc = move(client, "private/next.key", "private/resource.key", err);
	if (!rc && (fits(next, cert) || fits(key, cert)))
		rc = move(client, "certs/next.pem", "certs/resource.pem", err);
	X509_free(cert);
	EVP_PKEY_free(next);
	EVP_PKEY_free(key);
	return rc;
}

static int make_dirs(const struct rca_client *client, struct xos_error *err)
{
	char path[PATH_SIZE];
	int rc;

	rca_client_path(client, "certs", path);
	rc = xos_mkdir_p(path, 0755, err);
	rca_client_path(client, "private", path);
	rc = rc ? rc : xos_mkdir_p(path, 0700, err);
	if (!rc && chmod(path, 0700))
		rc = xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s", path,
				   strerror(errno));
	return rc;
}

int rca_client_open(struct rca_client *client, const struct xos_grid *conf,
		    const char *dir, struct xos_error *err)
{
	int rc;

	memset(client, 0, sizeof(*client));
	client->conf = conf;
	client->dir = dir;
	rc = make_dirs(client, err);
	if (rc)
		return rc;
	client->http = rca_http_open(conf->value[XOS_GRID_RCAHOSTIP],
				     conf->value[XOS_GRID_RCAPORT]);
	if (!client->http)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	rc = fetch_ca(client, err);
	rca_client_path(client, "certs/ca.pem", client->ca_path);
	rca_client_path(client, "certs/crl.pem", client->crl_path);
	rca_http_trust(client->http, client->ca_path, NULL);
	if (!rc)
		rc = fetch_crl(client, true, err);
	rca_http_trust(client->http, client->ca_path, client->crl_path);
	if (!rc)
		rc = finish_install(client, err);
	if (rc)
		rca_client_close(client);
	return rc;
}

static bool is_good(const struct rca_client *client, struct xos_error *err)
{
	X509 *cert = read_cert(client, "certs/resource.pem", err);
	EVP_PKEY *key = read_key(client, "private/resource.key", err);
	X509 *ca = client->ca ? client->ca : read_cert(client, "certs/ca.pem", err);
	bool good = cert && ca && fits(key, cert) &&
		!rca_cert_verify(cert, ca, client->crl, err);

	if (ca != client->ca)
		X509_free(ca);
	X509_free(cert);
	EVP_PKEY_free(key);
	return good;
}

int rca_client_look(struct rca_client *client, const struct xos_grid *conf,
		    const char *dir, struct xos_error *err)
{
	int rc;

	memset(client, 0, sizeof(*client));
	client->conf = conf;
	client->dir = dir;
	client->ca = read_cert(client, "certs/ca.pem", err);
	if (!client->ca) {
		xos_error_prefix(err, "this machine has not joined: ");
		return -ENOENT;
	}
	client->http = rca_http_open(conf->value[XOS_GRID_RCAHOSTIP],
				     conf->value[XOS_GRID_RCAPORT]);
	if (!client->http) {
		rca_client_close(client);
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	}
	rca_client_path(client, "certs/ca.pem", client->ca_path);
	rca_http_trust(client->http, client->ca_path, NULL);
	rc = fetch_crl(client, false, err);
	if (rc)
		rca_client_close(client);
	return rc;
}

int rca_client_publish(struct rca_client *client, const char *xml, struct xos_error *err)
{
	char url[128], cert_path[PATH_SIZE], key_path[PATH_SIZE];
	struct rca_answer answer = { 0 };
	X509 *cert = NULL;
	EVP_PKEY *key = NULL;
	char *cms = NULL;
	int rc;

	if (!is_good(client, err))
		return -ENOENT;
	rca_client_path(client, "certs/resource.pem", cert_path);
	rca_client_path(client, "private/resource.key", key_path);
	cert = read_cert(client, "certs/resource.pem", err);
	key = cert ? read_key(client, "private/resource.key", err) : NULL;
	cms = key ? rca_cms_sign(cert, key, xml, strlen(xml), err) : NULL;
	X509_free(cert);
	EVP_PKEY_free(key);
	if (!cms)
		return -EIO;
	snprintf(url, sizeof(url), "/resources/%s", client->conf->value[XOS_GRID_MYHOSTNAME]);
	rca_http_identify(client->http, cert_path, key_path);
	rc = rca_http_do(client->http, "PUT", url, cms, strlen(cms), &answer, err);
	rca_http_identify(client->http, NULL, NULL);
	if (!rc && answer.status != 200)
		rc = refused(&answer, "the description", err);
	free(answer.body);
	free(cms);
	return rc;
}

char *rca_client_resources(struct rca_client *client, struct xos_error *err)
{
	struct rca_answer answer;

	if (get(client, "/resources", "the list of resources", &answer, err)) {
		free(answer.body);
		return NULL;
	}
	return answer.body;
}

void rca_client_close(struct rca_client *client)
{
	rca_http_close(client->http);
	X509_free(client->ca);
	X509_CRL_free(client->crl);
	client->http = NULL;
	client->ca = NULL;
	client->crl = NULL;
}

enum rca_state rca_client_state(const struct rca_client *client, char id[RCA_ID_SIZE])
{
	EVP_PKEY *next = is_there(client, "private/next.key") ?
		read_key(client, "private/next.key", NULL) : NULL;

	*id = '\0';
	if (next)
		rca_key_id(next, id);
	EVP_PKEY_free(next);
	return is_good(client, NULL) ? RCA_JOINED : *id ? RCA_PENDING : RCA_NOTHING;
}

/* Hands in what is signed with next.key, @old: also with the old certificate. */
static int hand_in(struct rca_client *client, EVP_PKEY *next, bool renewal, FILE *say,
		   struct xos_error *err)
{
	char id[RCA_ID_SIZE], cert_path[PATH_SIZE], key_path[PATH_SIZE];
	const struct xos_grid *conf = client->conf;
	struct rca_subject subject = { 0 };
	char *pem, *signed_pem = NULL;
	struct rca_answer answer;
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	int rc = 0;

	snprintf(subject.name, sizeof(subject.name), "%s", conf->value[XOS_GRID_MYHOSTNAME]);
	snprintf(subject.address, sizeof(subject.address), "%s", conf->value[XOS_GRID_MYIP]);
	snprintf(subject.vo, sizeof(subject.vo), "%s", conf->value[XOS_GRID_VO]);
	rca_client_path(client, "certs/resource.pem", cert_path);
	rca_client_path(client, "private/resource.key", key_path);
	if (renewal) {
		key = read_key(client, "private/resource.key", err);
		cert = key ? read_cert(client, "certs/resource.pem", err) : NULL;
		rc = cert ? rca_subject_read(cert, &subject, err) : -EINVAL;
	}
	pem = rc ? NULL : rca_request_make(next, conf->value[XOS_GRID_GRIDNAME], &subject, err);
	if (pem && renewal)
		signed_pem = rca_cms_sign(cert, key, pem, strlen(pem), err);
	X509_free(cert);
	EVP_PKEY_free(key);
	if (!pem || (renewal && !signed_pem)) {
		free(pem);
		return -EIO;
	}
	if (renewal)
		rca_http_identify(client->http, cert_path, key_path);
	rc = rca_http_do(client->http, "POST", "/requests", renewal ? signed_pem : pem,
			 strlen(renewal ? signed_pem : pem), &answer, err);
	rca_http_identify(client->http, NULL, NULL);
	if (!rc && answer.status != 202)
		rc = refused(&answer, "the application", err);
	if (!rc && !rca_key_id(next, id))
		fprintf(say, "%s %s %s\n", renewal ? "renewal" : "applied", subject.name, id);
	free(answer.body);
	free(signed_pem);
	free(pem);
	return rc;
}

/* The key of an application under way, or a new one. */
static EVP_PKEY *next_key(const struct rca_client *client, struct xos_error *err)
{
	char path[PATH_SIZE];
	EVP_PKEY *key;

	if (is_there(client, "private/next.key"))
		return read_key(client, "private/next.key", err);
	key = rca_key_make(client->conf->value[XOS_GRID_KEYALG], err);
	rca_client_path(client, "private/next.key", path);
	if (key && rca_key_write(path, key, NULL, err)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

int rca_client_apply(struct rca_client *client, FILE *say, struct xos_error *err)
{
	EVP_PKEY *next;
	int rc;

	if (is_good(client, NULL))
		return 0;
	next = next_key(client, err);
	rc = next ? hand_in(client, next, false, say, err) : -EIO;
	EVP_PKEY_free(next);
	return rc;
}

static int read_passphrase(const struct rca_client *client, char *text, size_t size,
			   struct xos_error *err)
{
	unsigned char bytes[PASSPHRASE_BYTES];
	char path[PATH_SIZE], *old;

	rca_client_path(client, "private/passphrase", path);
	if (is_there(client, "private/passphrase")) {
		old = xos_file_read(path, size - 1, NULL, err);
		if (!old)
			return err ? err->code : -EIO;
		snprintf(text, size, "%.*s", (int)strcspn(old, "\r\n"), old);
		OPENSSL_cleanse(old, strlen(old));
		free(old);
		return 0;
	}
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return xos_error_set(err, -EIO, XOS_EXIT_FAILED, "no random bytes");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return write_file(client, "private/passphrase", text, 0600, err);
}

/* PKCS12 files follow from the PEM files; they may be made again at any time. */
static int write_p12(const struct rca_client *client, struct xos_error *err)
{
	char passphrase[256], path[PATH_SIZE];
	X509 *cert = read_cert(client, "certs/resource.pem", err);
	EVP_PKEY *key = cert ? read_key(client, "private/resource.key", err) : NULL;
	int rc = key ? read_passphrase(client, passphrase, sizeof(passphrase), err) : -EINVAL;

	rca_client_path(client, "private/resource.p12", path);
	if (!rc)
		rc = rca_p12_write(path, key, cert, client->ca, passphrase, err);
	rca_client_path(client, "certs/trusted.p12", path);
	if (!rc)
		rc = rca_p12_write(path, NULL, NULL, client->ca, passphrase, err);
	OPENSSL_cleanse(passphrase, sizeof(passphrase));
	EVP_PKEY_free(key);
	X509_free(cert);
	return rc;
}

static int install(struct rca_client *client, const char *pem, EVP_PKEY *next, FILE *say,
		   struct xos_error *err)
{
	X509 *cert = rca_cert_parse(pem, strlen(pem));
	struct rca_subject subject;
	int rc;

	if (!fits(next, cert))
		rc = xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				   "the certificate that came is not for this node's key");
	else
		rc = rca_cert_verify(cert, client->ca, client->crl, err);
	if (!rc)
		rc = rca_subject_read(cert, &subject, err);
	if (!rc && strcmp(subject.name, client->conf->value[XOS_GRID_MYHOSTNAME]))
		rc = xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				   "the certificate that came is for '%s'", subject.name);
	X509_free(cert);
	if (!rc)
		rc = write_file(client, "certs/next.pem", pem, 0644, err);
	if (!rc)
		rc = finish_install(client, err);
	if (!rc)
		rc = write_p12(client, err);
	if (!rc)
		fprintf(say, "joined %s%s%s\n", subject.name, *subject.vo ? " vo " : "",
			subject.vo);
	return rc;
}

/* Says why, and drops the key: the next application begins anew. */
static int was_rejected(const struct rca_client *client, const char *why,
			struct xos_error *err)
{
	char path[PATH_SIZE];

	rca_client_path(client, "private/next.key", path);
	unlink(path);
	return xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
			     "the application was rejected: %.300s", why);
}

int rca_client_request(struct rca_client *client, FILE *say, struct xos_error *err)
{
	EVP_PKEY *next = is_there(client, "private/next.key") ?
		read_key(client, "private/next.key", err) : NULL;
	char id[RCA_ID_SIZE], path[128];
	struct rca_answer answer = { 0 };
	const char *state, *text = "";
	json_t *json;
	int rc;

	if (!next)
		return is_good(client, NULL) ? 0 :
			xos_error_set(err, -ENOENT, XOS_EXIT_FAILED,
				      "nothing was applied for; see xos-rca apply");
	rca_key_id(next, id);
	snprintf(path, sizeof(path), "/requests/%s", id);
	rc = get(client, path, "an answer", &answer, err);
	json = rc || !answer.body ? NULL : json_loads(answer.body, 0, NULL);
	if (!rc && json_unpack(json, "{s:s, s?s}", "state", &state, "text", &text))
		rc = xos_error_set(err, -EIO, XOS_EXIT_FAILED, "the core node's answer is wrong");
	else if (!rc && !strcmp(state, "rejected"))
		rc = was_rejected(client, text, err);
	else if (!rc && !strcmp(state, "issued"))
		rc = install(client, text, next, say, err) ?: 1;
	json_decref(json);
	free(answer.body);
	EVP_PKEY_free(next);
	return rc;
}

static bool is_time(const struct rca_client *client, struct xos_error *err)
{
	X509 *cert = read_cert(client, "certs/resource.pem", err);
	int days, seconds;
	bool soon = false;

	if (cert && ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)))
		soon = 3L * (days * 86400L + seconds) <
			strtol(client->conf->value[XOS_GRID_CERTDAYS], NULL, 10) * 86400L;
	X509_free(cert);
	return soon;
}

int rca_client_renew(struct rca_client *client, bool force, FILE *say,
		     struct xos_error *err)
{
	EVP_PKEY *next;
	int rc;

	if (!is_good(client, err))
		return err && err->code ? err->code : -EKEYREJECTED;
	if (!force && !is_time(client, err) && !is_there(client, "private/next.key"))
		return 0;
	next = next_key(client, err);
	rc = next ? hand_in(client, next, true, say, err) : -EIO;
	EVP_PKEY_free(next);
	return rc ? rc : 1;
}

unsigned int rca_client_pause(unsigned int pause_ms)
{
	uint32_t random = 0;

	RAND_bytes((unsigned char *)&random, sizeof(random));
	/* many that began together must not stay together */
	usleep((pause_ms / 2 + random % pause_ms) * 1000);
	return 2 * pause_ms < POLL_MAX_MS ? 2 * pause_ms : POLL_MAX_MS;
}

int rca_client_join(struct rca_client *client, unsigned int wait_s, FILE *say,
		    struct xos_error *err)
{
	struct xos_error why = { 0 };
	bool good = is_good(client, &why);
	int rc;

	if (why.code == -EKEYREVOKED) {
		*err = why;
		return why.code;
	}
	rc = good ? rca_client_renew(client, false, say, err) :
		rca_client_apply(client, say, err);
	if (rc < 0 || (good && !rc))
		return rc < 0 ? rc : RCA_JOINED;
	for (unsigned int pause = POLL_MIN_MS, waited = 0; ; waited += pause) {
		rc = rca_client_request(client, say, err);
		if (rc || waited >= 1000 * wait_s)
			break;
		pause = rca_client_pause(pause);
	}
	return rc < 0 ? rc : rc || good ? RCA_JOINED : RCA_PENDING;
}
