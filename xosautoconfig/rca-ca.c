// SPDX-License-Identifier: LGPL-2.1-or-later
/* rca-ca.c - makes, opens and lists a CA; see rca-ca.h for its directory */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "rca-ca.h"
#include "rca-sign.h"

#define CONF_MAX (1u << 16)

void rca_path(char *path, const char *dir, const char *part, const char *name,
	      const char *suffix)
{
	snprintf(path, RCA_PATH_MAX, "%.3000s/%.100s%.300s%.30s", dir, part, name, suffix);
}

struct xos_grid *rca_conf_read(const char *path, struct xos_error *err)
{
	cleanup_free char *text = xos_file_read(path, CONF_MAX, NULL, err);
	struct xos_grid *grid = text ? xos_grid_create() : NULL;
	char *line, *rest, *value, why[160];
	enum xos_grid_key key;

	if (!grid) {
		xos_error_prefix(err, "run xosautoconfig first: ");
		return NULL;
	}
	for (key = 0; key < XOS_GRID_KEYS; key++)
		grid->value[key] = "";
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		value = strchr(line, '=');
		if (*line == '#' || !value)
			continue;
		*value++ = '\0';
		key = xos_grid_key_find(line);
		if (key == XOS_GRID_KEYS)
			continue;	/* of a later version */
		if (!xos_grid_value_check(key, value, why, sizeof(why))) {
			xos_error_set(err, -EINVAL, XOS_EXIT_USAGE, "%s: %s: '%.80s' %s",
				      path, line, value, why);
			xos_grid_destroy(grid);
			return NULL;
		}
		grid->value[key] = xos_arena_strdup(grid->arena, value);
	}
	if (*grid->value[XOS_GRID_MYHOSTNAME] && *grid->value[XOS_GRID_CADIR] &&
	    *grid->value[XOS_GRID_RCAHOSTIP] && *grid->value[XOS_GRID_RCAPORT])
		return grid;
	xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
		      "%s: is not whole; run xosautoconfig again", path);
	xos_grid_destroy(grid);
	return NULL;
}

static int make_dir(const char *dir, const char *name, mode_t mode, uid_t uid, gid_t gid,
		    struct xos_error *err)
{
	char path[RCA_PATH_MAX];
	int rc;

	rca_path(path, dir, name, "", "");
	rc = xos_mkdir_p(path, mode, err);
	if (!rc && (chmod(path, mode) || lchown(path, uid, gid)))
		rc = xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s", path,
				   strerror(errno));
	return rc;
}

static int make_dirs(const char *dir, const struct passwd *user, struct xos_error *err)
{
	uid_t me = geteuid();
	gid_t my = getegid();
	int rc = make_dir(dir, "", 0755, me, my, err);

	rc = rc ? rc : make_dir(dir, "private", 0700, me, my, err);
	rc = rc ? rc : make_dir(dir, "issued", 0755, me, my, err);
	rc = rc ? rc : make_dir(dir, "rejected", 0755, me, my, err);
	rc = rc ? rc : make_dir(dir, "revoked", 0755, me, my, err);
	rc = rc ? rc : make_dir(dir, "server", 0750, me, user->pw_gid, err);
	rc = rc ? rc : make_dir(dir, "spool", 0700, user->pw_uid, user->pw_gid, err);
	return rc ? rc : make_dir(dir, "resources", 0750, user->pw_uid, user->pw_gid, err);
}

/* Key first: a certificate without its key would have to be thrown away. */
static int make_ca(const struct xos_grid *conf, const char *dir, const char *passphrase,
		   struct xos_error *err)
{
	char path[RCA_PATH_MAX];
	cleanup_free char *pem = NULL;
	EVP_PKEY *key;
	X509 *cert;
	int rc;

	rca_path(path, dir, "private/", "ca.key", "");
	if (access(path, F_OK)) {
		key = rca_key_make(conf->value[XOS_GRID_KEYALG], err);
		rc = key ? rca_key_write(path, key, passphrase, err) : -EIO;
	} else {
		key = rca_key_read(path, passphrase, err);
		rc = key ? 0 : -EINVAL;
	}
	cert = rc ? NULL : rca_ca_make(key, conf->value[XOS_GRID_GRIDNAME], err);
	pem = cert ? rca_cert_pem(cert) : NULL;
	rca_path(path, dir, "", "ca.pem", "");
	if (!rc)
		rc = pem ? xos_file_write(path, pem, strlen(pem), 0644, true, err) : -EIO;
	X509_free(cert);
	EVP_PKEY_free(key);
	return rc;
}

static int check_host(const struct xos_grid *conf, struct xos_error *err)
{
	const char *host = conf->value[XOS_GRID_RCAHOSTIP];

	if (strcmp(conf->value[XOS_GRID_MYNODETYPE], "core"))
		return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
				     "this is no core node; nodeTypes names it");
	if (strcmp(host, conf->value[XOS_GRID_MYIP]) &&
	    strcmp(host, conf->value[XOS_GRID_MYHOSTNAME]))
		return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
				     "RCAHOSTIP is %s, but this is %s (%s)", host,
				     conf->value[XOS_GRID_MYHOSTNAME],
				     conf->value[XOS_GRID_MYIP]);
	return 0;
}

int rca_ca_init(const struct xos_grid *conf, const char *user, const char *passphrase,
		FILE *say, struct xos_error *err)
{
	const char *dir = conf->value[XOS_GRID_CADIR];
	const struct passwd *pw = getpwnam(user);
	char path[RCA_PATH_MAX], digest[RCA_ID_SIZE];
	struct rca_ca ca;
	int rc = check_host(conf, err);

	if (rc)
		return rc;
	if (!pw)
		return xos_error_set(err, -ENOENT, XOS_EXIT_FAILED,
				     "there is no user '%s'; systemd-sysusers makes it", user);
	rc = make_dirs(dir, pw, err);
	rca_path(path, dir, "", "ca.pem", "");
	if (!rc && access(path, F_OK))
		rc = make_ca(conf, dir, passphrase, err);
	if (!rc)
		rc = rca_ca_open(&ca, conf, true, passphrase, err);
	if (rc)
		return rc;
	rc = rca_sign_server(&ca, pw->pw_gid, err);
	if (!rc)
		rc = rca_ca_crl(&ca, err);
	if (!rc)
		rc = rca_cert_digest(ca.issuer.cert, digest);
	if (!rc)
		fprintf(say, "CAFINGERPRINT=%s\n", digest);
	rca_ca_close(&ca);
	return rc;
}

static int add_issued(struct rca_ca *ca, const char *file, struct xos_error *err)
{
	char path[RCA_PATH_MAX];
	struct rca_issued *all;
	X509 *cert;
	int rc;

	rca_path(path, ca->dir, "issued/", file, "");
	cert = rca_cert_read(path, err);
	if (!cert)
		return err ? err->code : -EINVAL;
	all = realloc(ca->issued, (ca->n_issued + 1) * sizeof(*all));
	if (all)
		ca->issued = all;
	rc = all ? rca_issued_read(ca, cert, &all[ca->n_issued], err) :
		xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	X509_free(cert);
	if (!rc)
		ca->n_issued++;
	else
		xos_error_prefix(err, "%s: ", path);
	return rc;
}

static int read_issued(struct rca_ca *ca, struct xos_error *err)
{
	char path[RCA_PATH_MAX];
	struct dirent *entry;
	int rc = 0;
	DIR *dir;

	rca_path(path, ca->dir, "issued", "", "");
	dir = opendir(path);
	if (!dir)
		return xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s; see xos-rca init",
				     path, strerror(errno));
	while (!rc && (entry = readdir(dir)))
		if (strlen(entry->d_name) == RCA_ID_SIZE + 3)	/* not a file half written */
			rc = add_issued(ca, entry->d_name, err);
	closedir(dir);
	return rc;
}

int rca_ca_open(struct rca_ca *ca, const struct xos_grid *conf, bool key,
		const char *passphrase, struct xos_error *err)
{
	char path[RCA_PATH_MAX];
	int rc;

	memset(ca, 0, sizeof(*ca));
	ca->conf = conf;
	ca->dir = conf->value[XOS_GRID_CADIR];
	rca_path(path, ca->dir, "", "ca.pem", "");
	ca->issuer.cert = rca_cert_read(path, err);
	if (!ca->issuer.cert)
		return err ? err->code : -EINVAL;
	if (key) {
		rca_path(path, ca->dir, "private/", "ca.key", "");
		ca->issuer.key = rca_key_read(path, passphrase, err);
		if (!ca->issuer.key) {
			rca_ca_close(ca);
			return err ? err->code : -EINVAL;
		}
	}
	rc = read_issued(ca, err);
	if (rc)
		rca_ca_close(ca);
	return rc;
}

void rca_ca_close(struct rca_ca *ca)
{
	X509_free(ca->issuer.cert);
	EVP_PKEY_free(ca->issuer.key);
	free(ca->issued);
	memset(ca, 0, sizeof(*ca));
}

static void print(bool json, FILE *out, const char *state, const struct rca_subject *subject,
		  const char *id, const char *more)
{
	json_t *object;

	if (!json) {
		fprintf(out, "%-8s %-24s %-15s %s %s%s%s\n", state, subject->name,
			*subject->address ? subject->address : "-", id,
			*subject->vo ? subject->vo : "-", *more ? " from " : "", more);
		return;
	}
	object = json_pack("{ss ss ss ss ss ss}", "state", state, "name", subject->name,
			   "address", subject->address, "id", id, "vo", subject->vo,
			   "from", more);
	if (object) {
		json_dumpf(object, out, JSON_COMPACT);
		fputc('\n', out);
	}
	json_decref(object);
}

struct list {
	bool json;
	FILE *out;
};

static int print_pending(struct rca_ca *ca, const struct rca_application *a, void *arg,
			 struct xos_error *err)
{
	const struct list *list = arg;

	(void)ca;
	(void)err;
	print(list->json, list->out, a->renewal ? "renewal" : "pending", &a->subject, a->id,
	      a->from);
	return 0;
}

int rca_ca_list(struct rca_ca *ca, bool json, FILE *out, struct xos_error *err)
{
	struct list list = { json, out };

	for (size_t i = 0; i < ca->n_issued; i++) {
		const struct rca_issued *c = &ca->issued[i];

		print(json, out, c->revoked ? "revoked" : c->expired ? "expired" : "issued",
		      &c->subject, c->id, "");
	}
	return rca_spool_each(ca, print_pending, &list, NULL, err);
}
