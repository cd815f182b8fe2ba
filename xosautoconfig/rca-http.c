// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * rca-http.c - HTTPS to the trust service with libcurl
 *
 * Before rca_http_trust() nothing is verified: only the CA's certificate may be
 * fetched that way, and it is held against its fingerprint.
 */
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rca-http.h"

#define CONNECT_TIMEOUT_MS 10000L
#define TIMEOUT_MS 30000L
#define ANSWER_MAX (4u << 20)

struct rca_http {
	CURL *curl;
	char base[320];
	const char *ca, *crl, *cert, *key;
};

struct rca_http *rca_http_open(const char *host, const char *port)
{
	struct rca_http *http = calloc(1, sizeof(*http));
	bool v6 = strchr(host, ':');

	if (!http)
		return NULL;
	snprintf(http->base, sizeof(http->base), "https://%s%.255s%s:%.5s", v6 ? "[" : "",
		 host, v6 ? "]" : "", port);
	http->curl = curl_easy_init();
	if (!http->curl) {
		free(http);
		return NULL;
	}
	return http;
}

void rca_http_close(struct rca_http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	free(http);
}

void rca_http_trust(struct rca_http *http, const char *ca, const char *crl)
{
	http->ca = ca;
	http->crl = crl;
}

void rca_http_identify(struct rca_http *http, const char *cert, const char *key)
{
	http->cert = cert;
	http->key = key;
}

static size_t take(char *data, size_t size, size_t n, void *arg)
{
	struct rca_answer *answer = arg;
	size_t more = size * n;
	char *body;

	if (answer->len + more > ANSWER_MAX)
		return 0;
	body = realloc(answer->body, answer->len + more + 1);
	if (!body)
		return 0;
	memcpy(body + answer->len, data, more);
	answer->body = body;
	answer->len += more;
	body[answer->len] = '\0';
	return more;
}

static void set_up(struct rca_http *http, const char *url, struct rca_answer *answer,
		   char *reason)
{
	CURL *curl = http->curl;
	bool trust = http->ca;

	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	/* what was opened with less trust is of no more use */
	curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");	/* never: it is our own grid */
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, trust ? 1L : 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, trust ? 2L : 0L);
	if (trust)
		curl_easy_setopt(curl, CURLOPT_CAINFO, http->ca);
	if (http->crl)
		curl_easy_setopt(curl, CURLOPT_CRLFILE, http->crl);
	if (http->cert) {
		curl_easy_setopt(curl, CURLOPT_SSLCERT, http->cert);
		curl_easy_setopt(curl, CURLOPT_SSLKEY, http->key);
	}
}

static int explain(const struct rca_http *http, CURLcode code, const char *reason,
		   struct xos_error *err)
{
	const char *text = *reason ? reason : curl_easy_strerror(code);

	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return xos_error_set(err, -EHOSTUNREACH, XOS_EXIT_BACKEND,
				     "%s: %s; is xos-rcad.service running on the core node? Try again later",
				     http->base, text);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CRL_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				     "%s is not the grid's core node: %s", http->base, text);
	default:
		return xos_error_set(err, -EIO, XOS_EXIT_FAILED, "%s: %s", http->base, text);
	}
}

static void set_body(CURL *curl, const char *method, const char *data, size_t len)
{
	if (!strcmp(method, "GET"))
		return;
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, data);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)len);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

int rca_http_do(struct rca_http *http, const char *method, const char *path,
		const char *data, size_t len, struct rca_answer *answer,
		struct xos_error *err)
{
	char url[512], reason[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers;
	struct curl_header *date;
	CURLcode code;

	memset(answer, 0, sizeof(*answer));
	snprintf(url, sizeof(url), "%s%s", http->base, path);
	set_up(http, url, answer, reason);
	set_body(http->curl, method, data, len);
	/* one round trip less, and no type that nobody reads */
	headers = curl_slist_append(NULL, "Expect:");
	curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(http->curl);
	curl_slist_free_all(headers);
	if (code)
		return explain(http, code, reason, err);
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
	answer->date = curl_easy_header(http->curl, "Date", 0, CURLH_HEADER, -1, &date) ?
		-1 : (long long)curl_getdate(date->value, NULL);
	return 0;
}
