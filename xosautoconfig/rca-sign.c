// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * rca-sign.c - reads the spool, signs, rejects, revokes
 *
 *	in the spool		signed by itself	needs
 *	renewal			yes			a good certificate's signature
 *	application		in RCA_AUTOCONFIRM	its address, and a name that is free
 *	application		no			xos-rca confirm
 *
 * The spool belongs to the service, so a file in it may be anything: it is opened
 * without following a link, and its size is limited.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "rca-sign.h"

#define CRL_EVERY_S 3600
#define DAY_S 86400
#define PENDING_DAYS 7		/* then nobody waits any more */

static int read_spool(const char *path, char *text, size_t size)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return -EINVAL;
	n = read(fd, text, size - 1);
	if (n < 0 || st.st_size >= (off_t)size)
		return -EINVAL;
	text[n] = '\0';
	return (int)n;
}

int rca_issued_read(const struct rca_ca *ca, X509 *cert, struct rca_issued *issued,
		    struct xos_error *err)
{
	BIGNUM *bn = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char *hex = bn ? BN_bn2hex(bn) : NULL, path[RCA_PATH_MAX];
	struct tm tm;
	int rc = -EINVAL;

	memset(issued, 0, sizeof(*issued));
	if (hex && strlen(hex) < sizeof(issued->serial) &&
	    ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) &&
	    !rca_key_id(X509_get0_pubkey(cert), issued->id)) {
		snprintf(issued->serial, sizeof(issued->serial), "%s", hex);
		issued->until = timegm(&tm);
		issued->expired = issued->until < time(NULL);
		rca_path(path, ca->dir, "revoked/", issued->serial, "");
		issued->revoked = !access(path, F_OK);
		rc = rca_subject_read(cert, &issued->subject, err);
	}
	OPENSSL_free(hex);
	BN_free(bn);
	return rc;
}

/* The certificate of a renewal has to say what the request says. */
static int read_renewal(struct rca_ca *ca, const char *text, int len,
			struct rca_application *a, struct xos_error *err)
{
	struct rca_subject holder;
	struct rca_issued old;
	X509 *signer = NULL;
	size_t n;
	char *pem = rca_cms_verify(text, len, ca->issuer.cert, NULL, &signer, &n, err);
	int rc = pem ? 0 : -EBADMSG;

	if (!rc) {
		a->req = rca_request_read(pem, n, &a->subject, err);
		rc = a->req ? 0 : -EBADMSG;
	}
	if (!rc && (rca_issued_read(ca, signer, &old, err) || old.revoked))
		rc = xos_error_set(err, -EKEYREVOKED, XOS_EXIT_FAILED,
				   "its old certificate was revoked");
	if (!rc && (rca_subject_read(signer, &holder, err) ||
		    memcmp(&holder, &a->subject, sizeof(holder))))
		rc = xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				   "it asks for more than its old certificate has");
	a->renewal = true;
	X509_free(signer);
	free(pem);
	return rc;
}

static int read_application(struct rca_ca *ca, const char *id, struct rca_application *a,
			    struct xos_error *err)
{
	char path[RCA_PATH_MAX], text[RCA_PEM_MAX], own[RCA_ID_SIZE];
	int len, rc;

	memset(a, 0, sizeof(*a));
	memcpy(a->id, id, RCA_ID_SIZE - 1);
	rca_path(path, ca->dir, "spool/", a->id, ".from");
	if (read_spool(path, a->from, sizeof(a->from)) < 0)
		*a->from = '\0';
	rca_path(path, ca->dir, "spool/", a->id, ".csr");
	len = read_spool(path, text, sizeof(text));
	if (len < 0)
		return xos_error_set(err, len, XOS_EXIT_FAILED, "it cannot be read");
	if (strstr(text, "-----BEGIN CMS-----")) {
		rc = read_renewal(ca, text, len, a, err);
		if (rc)
			return rc;
	} else {
		a->req = rca_request_read(text, len, &a->subject, err);
	}
	if (!a->req)
		return err ? err->code : -EINVAL;
	if (rca_key_id(X509_REQ_get0_pubkey(a->req), own) || strcmp(own, a->id))
		return xos_error_set(err, -EINVAL, XOS_EXIT_FAILED, "it is another's");
	return 0;
}

static void forget(const struct rca_ca *ca, const char *id)
{
	char path[RCA_PATH_MAX];

	rca_path(path, ca->dir, "spool/", id, ".csr");
	unlink(path);
	rca_path(path, ca->dir, "spool/", id, ".from");
	unlink(path);
}

static int reject(const struct rca_ca *ca, const char *id, const char *name,
		  const char *why, FILE *say, struct xos_error *err)
{
	char path[RCA_PATH_MAX];
	int rc;

	rca_path(path, ca->dir, "rejected/", id, "");
	rc = xos_file_write(path, why, strlen(why), 0644, true, err);
	if (rc)
		return rc;
	forget(ca, id);
	fprintf(say, "rejected %s %s: %s\n", *name ? name : "?", id, why);
	return 0;
}

static bool is_id(const char *text, size_t len)
{
	return len < RCA_ID_SIZE && strspn(text, "0123456789abcdef") >= len;
}

int rca_spool_each(struct rca_ca *ca, rca_spool_fn *fn, void *arg, FILE *say,
		   struct xos_error *err)
{
	struct rca_application a;
	struct xos_error why;
	char path[RCA_PATH_MAX];
	struct dirent *entry;
	int rc = 0;
	DIR *dir;

	rca_path(path, ca->dir, "spool", "", "");
	dir = opendir(path);
	if (!dir)
		return xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s", path,
				     strerror(errno));
	while (!rc && (entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (strlen(name) != RCA_ID_SIZE + 3 || !is_id(name, RCA_ID_SIZE - 1) ||
		    strcmp(name + RCA_ID_SIZE - 1, ".csr"))
			continue;
		if (!read_application(ca, name, &a, &why))
			rc = fn(ca, &a, arg, err);
		else if (say)
			rc = reject(ca, a.id, a.subject.name, why.text, say, err);
		X509_REQ_free(a.req);
	}
	closedir(dir);
	return rc;
}

static int write_cert(const struct rca_ca *ca, X509 *cert, const char *part,
		      const char *name, struct xos_error *err)
{
	cleanup_free char *pem = rca_cert_pem(cert);
	char path[RCA_PATH_MAX];

	rca_path(path, ca->dir, part, name, ".pem");
	return pem ? xos_file_write(path, pem, strlen(pem), 0644, true, err) :
		rca_failed(err, -ENOMEM, "no memory");
}

static int issue(struct rca_ca *ca, const struct rca_application *a, const char *vo,
		 FILE *say, struct xos_error *err)
{
	struct rca_subject subject = a->subject;
	struct rca_issued *all;
	X509 *cert;
	int rc;

	if (vo)
		snprintf(subject.vo, sizeof(subject.vo), "%s", vo);
	all = realloc(ca->issued, (ca->n_issued + 1) * sizeof(*all));
	if (!all)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	ca->issued = all;
	cert = rca_cert_make(&ca->issuer, X509_REQ_get0_pubkey(a->req),
			     ca->conf->value[XOS_GRID_GRIDNAME], &subject,
			     strtoul(ca->conf->value[XOS_GRID_CERTDAYS], NULL, 10), err);
	rc = cert ? rca_issued_read(ca, cert, &all[ca->n_issued], err) : -EIO;
	if (!rc)
		rc = write_cert(ca, cert, "issued/", a->id, err);
	X509_free(cert);
	if (rc)
		return rc;
	ca->n_issued++;
	forget(ca, a->id);
	fprintf(say, "issued %s %s%s\n", subject.name, a->id, a->renewal ? " (renewal)" : "");
	return 0;
}

static bool is_in(const char *address, const char *networks)
{
	struct in_addr ip, base;
	char word[32];

	if (inet_pton(AF_INET, address, &ip) != 1)
		return false;
	for (; *networks; networks += strcspn(networks, ",") + !!networks[strcspn(networks, ",")]) {
		unsigned int bits = 0;
		size_t len = strcspn(networks, "/");

		if (len >= sizeof(word))
			return false;
		memcpy(word, networks, len);
		word[len] = '\0';
		bits = strtoul(networks + len + 1, NULL, 10);
		if (inet_pton(AF_INET, word, &base) == 1 &&
		    (!bits || (ntohl(ip.s_addr ^ base.s_addr) >> (32 - bits)) == 0))
			return true;
	}
	return false;
}

/* Does another key have a certificate for this name that is still good? */
static bool is_taken(const struct rca_ca *ca, const struct rca_application *a)
{
	for (size_t i = 0; i < ca->n_issued; i++) {
		const struct rca_issued *c = &ca->issued[i];

		if (!strcmp(c->subject.name, a->subject.name) && strcmp(c->id, a->id) &&
		    !c->revoked && !c->expired)
			return true;
	}
	return !strcmp(a->subject.name, ca->conf->value[XOS_GRID_MYHOSTNAME]);
}

static bool was_issued(const struct rca_ca *ca, const char *id)
{
	for (size_t i = 0; i < ca->n_issued; i++)
		if (!strcmp(ca->issued[i].id, id))
			return true;
	return false;
}

struct pass {
	FILE *say;
	int n;
};

static bool is_older(const char *path, time_t seconds)
{
	struct stat st;

	return stat(path, &st) || st.st_mtime + seconds < time(NULL);
}

static bool is_allowed(const struct rca_ca *ca, const struct rca_application *a)
{
	return a->renewal ||
		(!strcmp(a->from, a->subject.address) && !is_taken(ca, a) &&
		 is_in(a->from, ca->conf->value[XOS_GRID_RCA_AUTOCONFIRM]));
}

static int sign_one(struct rca_ca *ca, const struct rca_application *a, void *arg,
		    struct xos_error *err)
{
	struct pass *pass = arg;
	char path[RCA_PATH_MAX];
	int rc;

	/* also what was signed when the signer was killed */
	if (was_issued(ca, a->id)) {
		forget(ca, a->id);
		return 0;
	}
	if (!is_allowed(ca, a)) {
		rca_path(path, ca->dir, "spool/", a->id, ".csr");
		return is_older(path, PENDING_DAYS * DAY_S) ?
			reject(ca, a->id, a->subject.name, "nobody has confirmed it in a week",
			       pass->say, err) : 0;
	}
	rc = issue(ca, a, NULL, pass->say, err);
	pass->n += !rc;
	return rc;
}

int rca_ca_sign(struct rca_ca *ca, FILE *say, struct xos_error *err)
{
	struct pass pass = { .say = say };
	char path[RCA_PATH_MAX];
	struct stat server;
	int rc = rca_spool_each(ca, sign_one, &pass, say, err);

	rca_path(path, ca->dir, "", "crl.pem", "");
	if (!rc && is_older(path, CRL_EVERY_S))
		rc = rca_ca_crl(ca, err);
	rca_path(path, ca->dir, "server", "", "");
	if (!rc && !stat(path, &server))
		rc = rca_sign_server(ca, server.st_gid, err);
	return rc ? rc : pass.n;
}

struct wanted {
	const char *id, *vo, *why;
	FILE *say;
	int n;
};

static int decide(struct rca_ca *ca, const struct rca_application *a, void *arg,
		  struct xos_error *err)
{
	struct wanted *wanted = arg;

	if (strncmp(a->id, wanted->id, strlen(wanted->id)) || wanted->n)
		return 0;
	wanted->n++;
	if (wanted->why)
		return reject(ca, a->id, a->subject.name, wanted->why, wanted->say, err);
	return issue(ca, a, wanted->vo, wanted->say, err);
}

static int find(struct rca_ca *ca, struct wanted *wanted, struct xos_error *err)
{
	size_t len = strlen(wanted->id);
	int rc;

	if (len < RCA_ID_SHORTEST || !is_id(wanted->id, len))
		return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
				     "'%.80s' is not a fingerprint; at least %d digits of what the resource shows (xos-rca status)",
				     wanted->id, RCA_ID_SHORTEST);
	rc = rca_spool_each(ca, decide, wanted, NULL, err);
	if (!rc && !wanted->n)
		rc = xos_error_set(err, -ENOENT, XOS_EXIT_FAILED,
				   "no application has the fingerprint %s; see xos-rca list",
				   wanted->id);
	return rc;
}

int rca_ca_confirm(struct rca_ca *ca, const char *id, const char *vo, FILE *say,
		   struct xos_error *err)
{
	struct wanted wanted = { .id = id, .vo = vo, .say = say };

	return find(ca, &wanted, err);
}

int rca_ca_reject(struct rca_ca *ca, const char *id, const char *why, FILE *say,
		  struct xos_error *err)
{
	struct wanted wanted = { .id = id, .why = why, .say = say };

	return find(ca, &wanted, err);
}

int rca_ca_revoke(struct rca_ca *ca, const char *name, FILE *say, struct xos_error *err)
{
	char path[RCA_PATH_MAX], text[128];
	int n = 0, rc = 0;

	for (size_t i = 0; i < ca->n_issued && !rc; i++) {
		struct rca_issued *c = &ca->issued[i];

		if (strcmp(c->subject.name, name) || c->expired)
			continue;
		n++;
		if (c->revoked)
			continue;
		snprintf(text, sizeof(text), "%lld %s\n", (long long)time(NULL), name);
		rca_path(path, ca->dir, "revoked/", c->serial, "");
		rc = xos_file_write(path, text, strlen(text), 0644, true, err);
		c->revoked = !rc;
		if (!rc)
			fprintf(say, "revoked %s %s\n", name, c->id);
	}
	if (!rc && !n)
		rc = xos_error_set(err, -ENOENT, XOS_EXIT_FAILED,
				   "'%s' has no certificate; see xos-rca list", name);
	if (!rc)	/* also after one that was killed before its list */
		rc = rca_ca_crl(ca, err);
	return rc ? rc : n;
}

int rca_ca_crl(struct rca_ca *ca, struct xos_error *err)
{
	struct rca_revoked *revoked = calloc(ca->n_issued + 1, sizeof(*revoked));
	cleanup_free char *pem = NULL;
	char path[RCA_PATH_MAX];
	struct stat st;
	X509_CRL *crl;
	size_t n = 0;

	if (!revoked)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	for (size_t i = 0; i < ca->n_issued; i++) {
		rca_path(path, ca->dir, "revoked/", ca->issued[i].serial, "");
		if (!ca->issued[i].revoked || stat(path, &st))
			continue;
		memcpy(revoked[n].serial, ca->issued[i].serial, sizeof(revoked[n].serial));
		revoked[n++].when = st.st_mtime;
	}
	crl = rca_crl_make(&ca->issuer, revoked, n, err);
	free(revoked);
	pem = crl ? rca_crl_pem(crl) : NULL;
	X509_CRL_free(crl);
	rca_path(path, ca->dir, "", "crl.pem", "");
	return pem ? xos_file_write(path, pem, strlen(pem), 0644, true, err) : -EIO;
}

/* With a third of its time left a certificate is made anew. */
static bool is_fresh(const char *path, const char *days)
{
	X509 *cert = rca_cert_read(path, NULL);
	time_t soon = time(NULL) + strtol(days, NULL, 10) * DAY_S / 3;
	bool fresh = cert && X509_cmp_time(X509_get0_notAfter(cert), &soon) > 0;

	X509_free(cert);
	return fresh;
}

int rca_sign_server(struct rca_ca *ca, gid_t gid, struct xos_error *err)
{
	const struct xos_grid *conf = ca->conf;
	struct rca_subject subject = { 0 };
	char path[RCA_PATH_MAX];
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	int rc;

	rca_path(path, ca->dir, "server/", "cert", ".pem");
	if (is_fresh(path, conf->value[XOS_GRID_CERTDAYS]))
		return 0;
	snprintf(subject.name, sizeof(subject.name), "%s", conf->value[XOS_GRID_MYHOSTNAME]);
	snprintf(subject.address, sizeof(subject.address), "%s", conf->value[XOS_GRID_MYIP]);
	rca_path(path, ca->dir, "server/", "key", ".pem");
	key = access(path, F_OK) ? rca_key_make(conf->value[XOS_GRID_KEYALG], err) :
		rca_key_read(path, NULL, err);
	rc = key ? rca_key_write(path, key, NULL, err) : -EIO;
	/* root's, and to be read by the service */
	if (!rc && (chown(path, geteuid(), gid) || chmod(path, 0640)))
		rc = xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s", path,
				   strerror(errno));
	if (!rc) {
		cert = rca_cert_make(&ca->issuer, key, conf->value[XOS_GRID_GRIDNAME], &subject,
				     strtoul(conf->value[XOS_GRID_CERTDAYS], NULL, 10), err);
		rc = cert ? write_cert(ca, cert, "server/", "cert", err) : -EIO;
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	return rc;
}
