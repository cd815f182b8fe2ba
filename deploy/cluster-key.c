// SPDX-License-Identifier: GPL-2.0-only
/*
 * cluster-key.c - the key of what a cluster's nodes say to each other
 *
 * Owns the file and the order of a rotation; who gets the key is elsewhere
 * (engine-key.c, cmd-key.c).
 */
#include "cluster-key.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "../libxos/atomic.h"

#define FILE_NAME	"keys/cluster-key"
#define MAGIC		"xos-ssi-key 1\n"
/* As in kernel/rpc/auth.c: a node and its deployment give a key the same id. */
#define ID_SALT		"LinuxSSI deployment key"
#define ID_INFO		"id"

void xos_cluster_keys_wipe(struct xos_cluster_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof(*keys));
}

static char *put_key(char *at, const char *word, const struct xos_cluster_key *key)
{
	if (!key->generation)
		return at;
	at += sprintf(at, "%s %u ", word, key->generation);
	for (size_t i = 0; i < XOS_SECRET_LEN; i++)
		at += sprintf(at, "%02x", key->secret[i]);
	return stpcpy(at, "\n");
}

void xos_cluster_keys_text(const struct xos_cluster_keys *keys, char *text)
{
	char *at = text + sprintf(text, MAGIC "session %u\n", keys->session);

	at = put_key(at, "send", &keys->send);
	put_key(at, "accept", &keys->accept);
}

static int get_key(const char **text, const char *word, struct xos_cluster_key *key)
{
	char format[32];
	int len = -1;

	snprintf(format, sizeof(format), "%s %%u %%n", word);
	if (sscanf(*text, format, &key->generation, &len) != 1 || len < 0 || !key->generation)
		return -EBADMSG;
	*text += len;
	if (strspn(*text, "0123456789abcdef") != 2 * XOS_SECRET_LEN ||
	    (*text)[2 * XOS_SECRET_LEN] != '\n')
		return -EBADMSG;
	for (size_t i = 0; i < XOS_SECRET_LEN; i++)
		sscanf(*text + 2 * i, "%2hhx", &key->secret[i]);
	*text += 2 * XOS_SECRET_LEN + 1;
	return 0;
}

int xos_cluster_keys_parse(const char *text, struct xos_cluster_keys *keys)
{
	int len = -1;

	memset(keys, 0, sizeof(*keys));
	if (sscanf(text, MAGIC "session %u%n", &keys->session, &len) != 1 || len < 0 ||
	    text[len] != '\n')
		return -EBADMSG;
	text += len + 1;
	if (get_key(&text, "send", &keys->send) < 0)
		return -EBADMSG;
	return !*text ? 0 : get_key(&text, "accept", &keys->accept) < 0 || *text ? -EBADMSG : 0;
}

static int make(struct xos_cluster_key *key, unsigned int generation, struct xos_error *err)
{
	if (getrandom(key->secret, sizeof(key->secret), 0) != sizeof(key->secret))
		return xos_error_set(err, -EIO, XOS_EXIT_FAILED, "no random bytes: %s",
				     strerror(errno));
	key->generation = generation;
	return 0;
}

int xos_cluster_keys_store(const char *state, const struct xos_cluster_keys *keys,
			   struct xos_error *err)
{
	char path[4096], text[XOS_KEY_TEXT_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/keys", state);
	rc = xos_mkdir_p(path, 0700, err);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "%s/" FILE_NAME, state);
	xos_cluster_keys_text(keys, text);
	rc = xos_file_write(path, text, strlen(text), 0600, true, err);
	OPENSSL_cleanse(text, sizeof(text));
	return rc;
}

int xos_cluster_keys_load(const char *state, unsigned int session,
			  struct xos_cluster_keys *keys, struct xos_error *err)
{
	char path[4096], *text;
	int rc;

	snprintf(path, sizeof(path), "%s/" FILE_NAME, state);
	if (access(path, F_OK) == 0) {
		text = xos_file_read(path, XOS_KEY_TEXT_MAX - 1, NULL, err);
		if (!text)
			return err->code;
		rc = xos_cluster_keys_parse(text, keys);
		OPENSSL_cleanse(text, strlen(text));
		free(text);
		if (rc < 0)
			return xos_error_set(err, rc, XOS_EXIT_FAILED,
				"%s: damaged; remove it and reboot all nodes, they get a new key",
				path);
		if (keys->session == session)
			return 0;
	}
	memset(keys, 0, sizeof(*keys));
	keys->session = session;
	rc = make(&keys->send, 1, err);
	return rc < 0 ? rc : xos_cluster_keys_store(state, keys, err);
}

enum xos_rotation xos_cluster_keys_rotation(const struct xos_cluster_keys *keys)
{
	if (!keys->accept.generation)
		return XOS_ROTATION_NONE;
	return keys->accept.generation > keys->send.generation ? XOS_ROTATION_DISTRIBUTE :
	       XOS_ROTATION_SWITCH;
}

int xos_cluster_keys_advance(struct xos_cluster_keys *keys, struct xos_error *err)
{
	struct xos_cluster_key old = keys->send;

	switch (xos_cluster_keys_rotation(keys)) {
	case XOS_ROTATION_NONE:
		return make(&keys->accept, keys->send.generation + 1, err);
	case XOS_ROTATION_DISTRIBUTE:
		keys->send = keys->accept;
		keys->accept = old;
		break;
	case XOS_ROTATION_SWITCH:
		OPENSSL_cleanse(&keys->accept, sizeof(keys->accept));
		break;
	}
	OPENSSL_cleanse(&old, sizeof(old));
	return 0;
}

int xos_cluster_key_id(const struct xos_cluster_key *key, char *hex, struct xos_error *err)
{
	unsigned char id[XOS_KEY_ID_HEX / 2];
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key->secret,
						  sizeof(key->secret)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (char *)ID_SALT,
						  sizeof(ID_SALT) - 1),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (char *)ID_INFO,
						  sizeof(ID_INFO) - 1),
		OSSL_PARAM_construct_end(),
	};
	int made = ctx ? EVP_KDF_derive(ctx, id, sizeof(id), params) : 0;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	if (made <= 0)
		return xos_error_set(err, -EIO, XOS_EXIT_FAILED, "OpenSSL has no HKDF");
	for (size_t i = 0; i < sizeof(id); i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
	return 0;
}

int xos_cluster_keys_expected(const struct xos_cluster_keys *keys, char *text,
			      struct xos_error *err)
{
	char id[XOS_KEY_ID_HEX + 1];
	int rc = xos_cluster_key_id(&keys->send, id, err);

	if (rc < 0)
		return rc;
	text += sprintf(text, "send %u %s\n", keys->send.generation, id);
	if (!keys->accept.generation)
		return 0;
	rc = xos_cluster_key_id(&keys->accept, id, err);
	sprintf(text, "accept %u %s\n", keys->accept.generation, id);
	return rc;
}
