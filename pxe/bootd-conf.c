// SPDX-License-Identifier: LGPL-2.1-or-later
/* bootd-conf.c - read the boot server's settings, refuse what is not whole */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libxos/cleanup.h"
#include "bootd-conf.h"

#define SLOTS_MAX 65535

/* Each returns what is wrong with @value, or NULL. */
static const char *set_string(char **where, const char *value)
{
	if (*where)
		return "is there twice";
	*where = strdup(value);
	return *where ? NULL : "no memory";
}

static const char *set_path(char **where, const char *value)
{
	return value[0] == '/' ? set_string(where, value) :
		"must be an absolute path";
}

static const char *set_number(unsigned int *where, const char *value,
			      unsigned int max)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end || n > max)
		return "is no number, or too large";
	*where = n;
	return NULL;
}

static const char *set_image(struct xos_bootd_conf *conf, const char *id)
{
	void *images;

	if (strlen(id) != 16 || strspn(id, "0123456789abcdef") != 16)
		return "is no image id (16 hex digits)";
	images = reallocarray(conf->images, conf->n_images + 1,
			      sizeof(*conf->images));
	if (!images)
		return "no memory";
	conf->images = images;
	strcpy(conf->images[conf->n_images++], id);
	return NULL;
}

static const char *set(struct xos_bootd_conf *conf, char **token_file,
		       const char *key, const char *value)
{
	unsigned int port;
	const char *wrong;

	if (!strcmp(key, "listen"))
		return inet_pton(AF_INET, value, &conf->listen.sin_addr) == 1 ?
			NULL : "is no IPv4 address";
	if (!strcmp(key, "port")) {
		wrong = set_number(&port, value, 65535);
		if (!wrong)
			conf->listen.sin_port = htons(port);
		return wrong;
	}
	if (!strcmp(key, "url"))
		return strncmp(value, "http://", 7) ? "must begin with http://" :
			set_string(&conf->url, value);
	if (!strcmp(key, "slots"))
		return set_number(&conf->slots, value, SLOTS_MAX);
	if (!strcmp(key, "nodes"))
		return set_path(&conf->nodes, value);
	if (!strcmp(key, "image-dir"))
		return set_path(&conf->image_dir, value);
	if (!strcmp(key, "token-file"))
		return set_path(token_file, value);
	if (!strcmp(key, "image"))
		return set_image(conf, value);
	return "is an unknown key";
}

static int read_lines(struct xos_bootd_conf *conf, char **token_file, FILE *f,
		      const char *file, struct xos_error *err)
{
	cleanup_free char *line = NULL;
	const char *wrong;
	size_t room = 0;
	ssize_t len;
	int n = 0;

	while ((len = getline(&line, &room, f)) >= 0) {
		char *value;

		n++;
		while (len && strchr("\n \t", line[len - 1]))
			line[--len] = '\0';
		if (!line[0] || line[0] == '#')
			continue;
		value = line + strcspn(line, " \t");
		if (*value)
			*value++ = '\0';
		value += strspn(value, " \t");
		wrong = *value ? set(conf, token_file, line, value) :
			"has no value";
		if (wrong)
			return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
					     "%s:%d: '%s' %s", file, n, line, wrong);
	}
	return 0;
}

static int check(const struct xos_bootd_conf *conf, const char *file,
		 struct xos_error *err)
{
	const struct {
		const char *key, *value;
	} needed[] = {
		{ "url", conf->url },
		{ "nodes", conf->nodes },
		{ "image-dir", conf->image_dir },
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!needed[i].value)
			return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
					     "%s: '%s' is missing", file,
					     needed[i].key);
	}
	return 0;
}

struct xos_bootd_conf *xos_bootd_conf_load(const char *file,
					   const char *token_file,
					   struct xos_error *err)
{
	cleanup_fclose FILE *f = fopen(file, "re");
	cleanup_free char *own_token_file = NULL;
	struct xos_bootd_conf *conf;
	int rc;

	if (!f) {
		xos_error_set(err, -errno, XOS_EXIT_USAGE, "%s: %s", file,
			      strerror(errno));
		return NULL;
	}
	conf = calloc(1, sizeof(*conf));
	if (!conf) {
		xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
		return NULL;
	}
	conf->listen.sin_family = AF_INET;
	conf->listen.sin_port = htons(XOS_BOOTD_PORT);
	rc = read_lines(conf, &own_token_file, f, file, err);
	if (!rc)
		rc = check(conf, file, err);
	if (!token_file)
		token_file = own_token_file;
	if (!rc && token_file)
		rc = xos_token_read(token_file, conf->token, err);
	if (rc) {
		xos_bootd_conf_free(conf);
		return NULL;
	}
	return conf;
}

void xos_bootd_conf_free(struct xos_bootd_conf *conf)
{
	if (!conf)
		return;
	free(conf->url);
	free(conf->nodes);
	free(conf->image_dir);
	free(conf->images);
	explicit_bzero(conf->token, sizeof(conf->token));
	free(conf);
}
