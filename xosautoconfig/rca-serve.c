// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * rca-serve.c - answers the requests of rca-serve.h with libmicrohttpd
 *
 * A client's certificate is asked for and not demanded, since an applicant has
 * none; who has shown one is looked at where it matters, with the same rules and
 * the revocation list of this moment.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <jansson.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "rca-serve.h"
#include "resource-store.h"

#define THREADS 2
#define CONNECTIONS_MAX 2048
#define FDS_OTHER 64
#define IDLE_S 20
#define BODY_MAX (2 * RESOURCE_TEXT_MAX)
#define PRIORITIES "SECURE256:+SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct rca_server {
	const struct xos_grid *conf;
	const char *dir;
	struct MHD_Daemon *mhd;
	X509 *ca;
	char *cert_pem, *key_pem, *ca_pem;
	time_t cert_time;
};

/** struct exchange - a request with its body so far */
struct exchange {
	char body[BODY_MAX];
	size_t len;
	bool too_long;
};

/* No script, nothing from elsewhere, in nobody's frame. */
#define PAGE_POLICY "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

static enum MHD_Result reply(struct MHD_Connection *c, unsigned int status,
			     const char *type, const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", type);
	MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Content-Security-Policy", PAGE_POLICY);
	rc = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return rc;
}

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned int status,
			      const char *why)
{
	char text[600];

	snprintf(text, sizeof(text), "%.500s\n", why);
	return reply(c, status, "text/plain", text);
}

static enum MHD_Result send_file(struct rca_server *s, struct MHD_Connection *c,
				 const char *name)
{
	char path[RCA_PATH_MAX];
	cleanup_free char *text = NULL;

	rca_path(path, s->dir, "", name, "");
	text = xos_file_read(path, 1u << 22, NULL, NULL);
	return text ? reply(c, MHD_HTTP_OK, "application/x-pem-file", text) :
		refuse(c, MHD_HTTP_SERVICE_UNAVAILABLE, "not there yet");
}

static enum MHD_Result send_state(struct MHD_Connection *c, unsigned int status,
				  const char *state, const char *text)
{
	json_t *json = json_pack("{ss ss}", "state", state, "text", text);
	cleanup_free char *body = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	return body ? reply(c, status, "application/json", body) : MHD_NO;
}

static bool is_id(const char *id)
{
	return strlen(id) == RCA_ID_SIZE - 1 && strspn(id, "0123456789abcdef") == strlen(id);
}

/* Issued first: a signer that was killed leaves the application in the spool. */
static enum MHD_Result get_request(struct rca_server *s, struct MHD_Connection *c,
				   const char *id)
{
	static const struct {
		const char *part, *suffix, *state;
	} where[] = {
		{ "issued/", ".pem", "issued" },
		{ "rejected/", "", "rejected" },
		{ "spool/", ".csr", "pending" },
	};
	char path[RCA_PATH_MAX];

	if (!is_id(id))
		return refuse(c, MHD_HTTP_BAD_REQUEST, "not a fingerprint");
	for (size_t i = 0; i < sizeof(where) / sizeof(*where); i++) {
		cleanup_free char *text = NULL;

		rca_path(path, s->dir, where[i].part, id, where[i].suffix);
		text = xos_file_read(path, RCA_PEM_MAX, NULL, NULL);
		if (text)
			return send_state(c, MHD_HTTP_OK, where[i].state,
					  i == 2 ? "" : text);
	}
	return refuse(c, MHD_HTTP_NOT_FOUND, "no such application");
}

/* The certificate that the client has proved to hold; NULL: it has shown none. */
static X509 *peer_cert(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	const gnutls_datum_t *certs;
	const unsigned char *der;
	unsigned int n = 0;

	certs = info ? gnutls_certificate_get_peers(info->tls_session, &n) : NULL;
	if (!certs || !n)
		return NULL;
	der = certs[0].data;
	return d2i_X509(NULL, &der, certs[0].size);
}

/* The list of this moment; NULL: there is none. */
static X509_CRL *load_crl(const struct rca_server *s)
{
	char path[RCA_PATH_MAX];
	cleanup_free char *text = NULL;

	rca_path(path, s->dir, "", "crl.pem", "");
	text = xos_file_read(path, 1u << 22, NULL, NULL);
	return text ? rca_crl_parse(text, strlen(text)) : NULL;
}

/* Who is it?  0 with @subject, or the reason why it may not be trusted. */
static int check_peer(struct rca_server *s, struct MHD_Connection *c,
		      struct rca_subject *subject, struct xos_error *err)
{
	X509 *cert = peer_cert(c);
	X509_CRL *crl = cert ? load_crl(s) : NULL;
	int rc = 0;

	if (!cert)
		rc = xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				   "this needs the certificate of a node of the grid");
	else if (!crl)
		rc = xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				   "the core node has no revocation list");
	else
		rc = rca_cert_verify(cert, s->ca, crl, err);
	if (!rc)
		rc = rca_subject_read(cert, subject, err);
	X509_free(cert);
	X509_CRL_free(crl);
	return rc;
}

static void address_of(struct MHD_Connection *c, char *text, size_t size)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info ? info->client_addr : NULL;

	*text = '\0';
	if (sa && sa->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)sa)->sin_addr, text, size);
	else if (sa && sa->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)sa)->sin6_addr, text, size);
}

static size_t count_spool(const struct rca_server *s)
{
	char path[RCA_PATH_MAX];
	size_t n = 0;
	DIR *dir;

	rca_path(path, s->dir, "spool", "", "");
	dir = opendir(path);
	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n / 2;		/* two files each */
}

/* The address first: without it the signer could not tell where it came from. */
static int spool(struct rca_server *s, const char *id, const char *from,
		 const struct exchange *x, struct xos_error *err)
{
	char path[RCA_PATH_MAX];
	int rc;

	if (count_spool(s) >= RCA_SPOOL_MAX)
		return xos_error_set(err, -EAGAIN, XOS_EXIT_FAILED,
				     "too many applications wait; try again later");
	rca_path(path, s->dir, "spool/", id, ".from");
	rc = xos_file_write(path, from, strlen(from), 0600, false, err);
	rca_path(path, s->dir, "spool/", id, ".csr");
	return rc ? rc : xos_file_write(path, x->body, x->len, 0600, true, err);
}

/* The request inside a renewal, which is its sender's; malloc'ed. */
static char *open_renewal(struct rca_server *s, struct MHD_Connection *c,
			  const struct exchange *x, size_t *len, struct xos_error *err)
{
	struct rca_subject peer, holder;
	X509 *signer = NULL;
	char *pem;

	if (check_peer(s, c, &peer, err))
		return NULL;
	pem = rca_cms_verify(x->body, x->len, s->ca, NULL, &signer, len, err);
	if (pem && (rca_subject_read(signer, &holder, err) ||
		    strcmp(holder.name, peer.name))) {
		xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
			      "the renewal is not its sender's");
		free(pem);
		pem = NULL;
	}
	X509_free(signer);
	return pem;
}

static enum MHD_Result post_request(struct rca_server *s, struct MHD_Connection *c,
				    struct exchange *x)
{
	char id[RCA_ID_SIZE], from[64];
	struct rca_subject subject;
	cleanup_free char *renewal = NULL;
	struct xos_error err = { 0 };
	X509_REQ *req = NULL;
	size_t len = x->len;
	int rc;

	if (x->len >= RCA_PEM_MAX)
		return refuse(c, MHD_HTTP_CONTENT_TOO_LARGE, "too long");
	if (strstr(x->body, "-----BEGIN CMS-----")) {
		renewal = open_renewal(s, c, x, &len, &err);
		if (!renewal)
			return refuse(c, MHD_HTTP_FORBIDDEN, err.text);
	}
	req = rca_request_read(renewal ? renewal : x->body, len, &subject, &err);
	rc = req ? rca_key_id(X509_REQ_get0_pubkey(req), id) : -EINVAL;
	X509_REQ_free(req);
	if (rc)
		return refuse(c, MHD_HTTP_BAD_REQUEST, err.text);
	address_of(c, from, sizeof(from));
	rc = spool(s, id, from, x, &err);
	if (rc)
		return refuse(c, MHD_HTTP_SERVICE_UNAVAILABLE, err.text);
	return send_state(c, MHD_HTTP_ACCEPTED, "pending", id);
}

static enum MHD_Result put_resource(struct rca_server *s, struct MHD_Connection *c,
				    const char *name, const struct exchange *x)
{
	struct rca_subject peer;
	struct xos_error err = { 0 };
	X509_CRL *crl;
	int rc;

	if (check_peer(s, c, &peer, &err))
		return refuse(c, MHD_HTTP_FORBIDDEN, err.text);
	if (strcmp(peer.name, name))
		return refuse(c, MHD_HTTP_FORBIDDEN, "a resource describes itself only");
	crl = load_crl(s);
	rc = resource_store_put(s->dir, s->conf->value[XOS_GRID_GRIDNAME], name, x->body,
				s->ca, crl, &err);
	X509_CRL_free(crl);
	if (rc)
		return refuse(c, rc == -EKEYREJECTED ? MHD_HTTP_FORBIDDEN :
			      MHD_HTTP_SERVICE_UNAVAILABLE, err.text);
	return reply(c, MHD_HTTP_OK, "text/plain", "published\n");
}

static enum MHD_Result get_resources(struct rca_server *s, struct MHD_Connection *c)
{
	cleanup_free char *text = resource_store_json(s->dir);

	return text ? reply(c, MHD_HTTP_OK, "application/json", text) : MHD_NO;
}

static enum MHD_Result get_page(struct rca_server *s, struct MHD_Connection *c)
{
	struct xos_text page = { 0 };
	X509_CRL *crl = load_crl(s);
	enum MHD_Result rc;

	resource_store_page(s->dir, s->conf->value[XOS_GRID_GRIDNAME], s->ca, crl, &page);
	X509_CRL_free(crl);
	rc = page.failed ? MHD_NO :
		reply(c, MHD_HTTP_OK, "text/html; charset=utf-8", page.s);
	free(page.s);
	return rc;
}

static enum MHD_Result answer(struct rca_server *s, struct MHD_Connection *c,
			      const char *url, const char *method, struct exchange *x)
{
	bool get = !strcmp(method, MHD_HTTP_METHOD_GET);

	if (x->too_long)
		return refuse(c, MHD_HTTP_CONTENT_TOO_LARGE, "too long");
	if (get && !strcmp(url, "/ca.pem"))
		return send_file(s, c, "ca.pem");
	if (get && !strcmp(url, "/crl.pem"))
		return send_file(s, c, "crl.pem");
	if (get && !strncmp(url, "/requests/", 10))
		return get_request(s, c, url + 10);
	if (get && !strcmp(url, "/resources"))
		return get_resources(s, c);
	if (get && !strcmp(url, "/"))
		return get_page(s, c);
	if (!strcmp(method, MHD_HTTP_METHOD_PUT) && !strncmp(url, "/resources/", 11))
		return put_resource(s, c, url + 11, x);
	if (!strcmp(method, MHD_HTTP_METHOD_POST) && !strcmp(url, "/requests"))
		return post_request(s, c, x);
	return refuse(c, MHD_HTTP_NOT_FOUND, "no such thing here");
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *c, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *size, void **state)
{
	struct exchange *x = *state;

	(void)version;
	if (!x) {
		*state = calloc(1, sizeof(*x));
		return *state ? MHD_YES : MHD_NO;
	}
	if (!*size)
		return answer(arg, c, url, method, x);
	if (x->len + *size < sizeof(x->body)) {
		memcpy(x->body + x->len, data, *size);
		x->len += *size;
	} else {
		x->too_long = true;
	}
	*size = 0;
	return MHD_YES;
}

static void completed(void *arg, struct MHD_Connection *c, void **state,
		      enum MHD_RequestTerminationCode code)
{
	(void)arg;
	(void)c;
	(void)code;
	free(*state);
	*state = NULL;
}

static char *load(struct rca_server *s, const char *name, struct xos_error *err)
{
	char path[RCA_PATH_MAX];

	rca_path(path, s->dir, "", name, "");
	return xos_file_read(path, RCA_PEM_MAX, NULL, err);
}

static time_t cert_time(const struct rca_server *s)
{
	char path[RCA_PATH_MAX];
	struct stat st;

	rca_path(path, s->dir, "server/", "cert", ".pem");
	return stat(path, &st) ? 0 : st.st_mtime;
}

bool rca_serve_is_stale(const struct rca_server *server)
{
	return cert_time(server) != server->cert_time;
}

static int listen_at(const struct xos_grid *conf, struct sockaddr_storage *ss,
		     struct xos_error *err)
{
	unsigned int port = strtoul(conf->value[XOS_GRID_RCAPORT], NULL, 10);
	struct sockaddr_in *in = (void *)ss;
	struct sockaddr_in6 *in6 = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET, conf->value[XOS_GRID_MYIP], &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		return 0;
	}
	if (inet_pton(AF_INET6, conf->value[XOS_GRID_MYIP], &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		return MHD_USE_IPv6;
	}
	return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE, "MYIP is not an address");
}

/* As many as there are descriptors for, shared among the threads. */
static unsigned int connection_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return FDS_OTHER;
	limit.rlim_cur = limit.rlim_max < CONNECTIONS_MAX + FDS_OTHER ? limit.rlim_max :
		CONNECTIONS_MAX + FDS_OTHER;
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur > 2 * FDS_OTHER ? limit.rlim_cur - FDS_OTHER : FDS_OTHER;
}

struct rca_server *rca_serve_start(const struct xos_grid *conf, struct xos_error *err)
{
	struct rca_server *s = calloc(1, sizeof(*s));
	struct sockaddr_storage ss;
	int v6;

	if (!s) {
		xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
		return NULL;
	}
	s->conf = conf;
	s->dir = conf->value[XOS_GRID_CADIR];
	s->cert_time = cert_time(s);
	s->cert_pem = load(s, "server/cert.pem", err);
	s->key_pem = s->cert_pem ? load(s, "server/key.pem", err) : NULL;
	s->ca_pem = s->key_pem ? load(s, "ca.pem", err) : NULL;
	s->ca = s->ca_pem ? rca_cert_parse(s->ca_pem, strlen(s->ca_pem)) : NULL;
	v6 = s->ca ? listen_at(conf, &ss, err) : -EINVAL;
	if (v6 >= 0) {
		s->mhd = MHD_start_daemon(
			MHD_USE_TLS | MHD_USE_EPOLL_INTERNAL_THREAD | v6, 0, NULL, NULL,
			handle, s, MHD_OPTION_SOCK_ADDR, &ss,
			MHD_OPTION_HTTPS_MEM_CERT, s->cert_pem,
			MHD_OPTION_HTTPS_MEM_KEY, s->key_pem,
			MHD_OPTION_HTTPS_MEM_TRUST, s->ca_pem,
			MHD_OPTION_HTTPS_PRIORITIES, PRIORITIES,
			MHD_OPTION_THREAD_POOL_SIZE, THREADS,
			MHD_OPTION_CONNECTION_LIMIT, connection_limit(),
			MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
			MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
		if (!s->mhd)
			xos_error_set(err, -EIO, XOS_EXIT_FAILED, "%s port %s: cannot listen: %s",
				      conf->value[XOS_GRID_MYIP],
				      conf->value[XOS_GRID_RCAPORT], strerror(errno));
	}
	if (!s->mhd) {
		rca_serve_stop(s);
		s = NULL;
	}
	return s;
}

void rca_serve_stop(struct rca_server *server)
{
	if (!server)
		return;
	if (server->mhd)
		MHD_stop_daemon(server->mhd);
	X509_free(server->ca);
	if (server->key_pem)
		explicit_bzero(server->key_pem, strlen(server->key_pem));
	free(server->key_pem);
	free(server->cert_pem);
	free(server->ca_pem);
	free(server);
}
