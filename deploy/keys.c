// SPDX-License-Identifier: GPL-2.0-only
/*
 * keys.c - the secrets of one deployment (see keys.h)
 */
#include "keys.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/spawn.h"
#include "words.h"

#define KEY_TYPE	"ssh-ed25519"
#define KEYGEN_TIMEOUT_MS 20000

static const char *const key_files[] = {
	"keys/id_ed25519", "keys/id_ed25519.pub", "keys/ssh_host_ed25519_key",
	"keys/ssh_host_ed25519_key.pub", "keys/admin-token", "keys/cluster-key",
	"known_hosts",
};

static int make_ssh_key(const char *path, const char *comment, struct xos_error *err)
{
	const char *const argv[] = { "ssh-keygen", "-q", "-t", "ed25519", "-N", "",
				     "-C", comment, "-f", path, NULL };
	struct xos_spawn spawn = { .argv = argv, .timeout_ms = KEYGEN_TIMEOUT_MS };

	if (access(path, F_OK) == 0)
		return 0;
	return xos_spawn_check(&spawn, err);
}

static int make_token(const char *path, struct xos_error *err)
{
	unsigned char random[32];
	char hex[2 * sizeof(random) + 2];

	if (access(path, F_OK) == 0)
		return 0;
	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return xos_error_set(err, -EIO, XOS_EXIT_FAILED, "no random bytes: %s",
				     strerror(errno));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(hex + 2 * i, 3, "%02x", random[i]);
	strcat(hex, "\n");
	return xos_file_write(path, hex, strlen(hex), 0600, true, err);
}

static int read_line(const char *path, char *buf, size_t size, struct xos_error *err)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s", path,
				     strerror(errno));
	if (!fgets(buf, (int)size, f))
		buf[0] = '\0';
	fclose(f);
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int xos_keys_create(const char *state, const char *head_address,
		    struct xos_error *err)
{
	char path[4096], key[512];
	int rc;

	snprintf(path, sizeof(path), "%s/keys", state);
	rc = xos_mkdir_p(path, 0700, err);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "%s/keys/id_ed25519", state);
	rc = make_ssh_key(path, "xos-ssi-deploy", err);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "%s/keys/admin-token", state);
	rc = make_token(path, err);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "%s/keys/ssh_host_ed25519_key", state);
	rc = make_ssh_key(path, "head", err);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "%s/keys/ssh_host_ed25519_key.pub", state);
	rc = read_line(path, key, sizeof(key), err);
	return rc < 0 ? rc : xos_keys_trust(state, head_address, key, err);
}

void xos_keys_remove(const char *state)
{
	for (size_t i = 0; i < sizeof(key_files) / sizeof(key_files[0]); i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", state, key_files[i]);
		unlink(path);
	}
}

/* Only the type and the base64 text get into known_hosts, nothing after them. */
static int parse_key(const char *key, char *base64, size_t size)
{
	size_t n = 0;

	if (strncmp(key, KEY_TYPE " ", strlen(KEY_TYPE " ")) != 0)
		return -EBADMSG;
	key += strlen(KEY_TYPE " ");
	while (isalnum((unsigned char)key[n]) || (key[n] && strchr("+/=", key[n])))
		n++;
	if (n < 64 || n >= size || (key[n] && key[n] != ' '))
		return -EBADMSG;
	memcpy(base64, key, n);
	base64[n] = '\0';
	return 0;
}

int xos_keys_trust(const char *state, const char *address, const char *key,
		   struct xos_error *err)
{
	char path[4096], base64[512], line[1024], *text = NULL;
	size_t size, len = strlen(address);
	FILE *in, *out;
	int rc;

	rc = parse_key(key, base64, sizeof(base64));
	if (rc < 0)
		return xos_error_set(err, rc, XOS_EXIT_FAILED,
				     "%s: not an ssh host key: %.40s", address, key);
	snprintf(path, sizeof(path), "%s/known_hosts", state);
	out = open_memstream(&text, &size);
	if (!out)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "out of memory");
	in = fopen(path, "re");
	while (in && fgets(line, sizeof(line), in))
		if (strncmp(line, address, len) != 0 || line[len] != ' ')
			fputs(line, out);
	if (in)
		fclose(in);
	fprintf(out, "%s " KEY_TYPE " %s\n", address, base64);
	if (fclose(out) == 0)
		rc = xos_file_write(path, text, size, 0600, false, err);
	else
		rc = xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "out of memory");
	free(text);
	return rc;
}

/* 'word' with every ' inside as '\'' : what a remote POSIX shell reads as one word. */
static char *shell_quote(const char *word)
{
	char *quoted = malloc(4 * strlen(word) + 3), *p = quoted;

	if (!quoted)
		return NULL;
	*p++ = '\'';
	for (; *word; word++) {
		if (*word == '\'')
			p = stpcpy(p, "'\\''");
		else
			*p++ = *word;
	}
	*p++ = '\'';
	*p = '\0';
	return quoted;
}

char **xos_keys_ssh(const char *state, const char *address,
		    const char *const *prefix, const char *const *command,
		    bool interactive)
{
	static const char *const fixed[] = {
		"ssh", "-F", "none", "-o", "IdentitiesOnly=yes",
		"-o", "StrictHostKeyChecking=yes", "-o", "UpdateHostKeys=no",
		"-o", "ConnectTimeout=15", "-o", "LogLevel=ERROR", NULL,
	};
	static const char *const batch[] = { "-T", "-o", "BatchMode=yes", NULL };
	struct words w = { .n = 0 };

	words_add_all(&w, prefix);
	words_add_all(&w, fixed);
	if (!interactive)
		words_add_all(&w, batch);
	else if (isatty(STDIN_FILENO))
		words_add(&w, "-t");
	words_add(&w, "-i");
	words_add(&w, "%s/keys/id_ed25519", state);
	words_add(&w, "-o");
	words_add(&w, "UserKnownHostsFile=%s/known_hosts", state);
	words_add(&w, "root@%s", address);
	/* A person's words are the remote shell's to read, as with ssh itself. */
	if (interactive)
		words_add_all(&w, command);
	for (size_t i = 0; !interactive && command && command[i]; i++) {
		char *quoted = shell_quote(command[i]);

		if (quoted)
			words_add(&w, "%s", quoted);
		else
			w.failed = true;
		free(quoted);
	}
	return words_take(&w);
}
