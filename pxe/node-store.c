// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * node-store.c - read the file of nodes, find a node, make what it gets
 *
 *	xos-nodes 1 NUMBER
 *	all LINE...			in every node's config
 *	node NAME MAC ADDRESS
 *	boot IMAGE PAUSE COMMAND-LINE	what xos_ipxe_boot() is made from
 *	config LINE...			in this node's config only
 *
 * Comments and empty lines may stand between nodes.  The file is replaced by
 * rename, never written in place; the number tells one that a power cut left
 * short.  A file that cannot be understood is an error at each request, not a
 * reason to go on with what was read before: that may be wrong.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../libxos/atomic.h"
#include "ipxe.h"
#include "node-store.h"
#include "text.h"

/**
 * struct entry - a node; strings point into the file's text
 * @config: its first line of those that begin with "config ", @n_config of them
 */
struct entry {
	const char *name, *mac, *image, *bootline;
	struct in_addr address;
	unsigned int pause_s;
	char **config;
	size_t n_config;
};

/**
 * struct xos_node_store - the file as it was last read
 * @lock: protects all but @path
 * @st: of that file; a ctime of 0: none
 * @line, @n_lines: of @text, where each newline is a NUL now
 * @all, @n_all: lines that begin with "all "
 * @entries: @n, sorted by MAC
 * @by_address: the same, sorted by address
 */
struct xos_node_store {
	char *path;
	pthread_mutex_t lock;
	struct stat st;
	char *text, **line;
	size_t n_lines;
	char **all;
	size_t n_all;
	struct entry *entries, **by_address;
	size_t n;
};

int xos_mac_canonical(const char *text, char mac[18])
{
	for (int i = 0; i < 17; i++) {
		unsigned char c = text[i];

		if (i % 3 == 2) {
			if (c != '-' && c != ':')
				return -EINVAL;
			mac[i] = '-';
		} else {
			if (!isxdigit(c))
				return -EINVAL;
			mac[i] = tolower(c);
		}
	}
	mac[17] = '\0';
	return text[17] ? -EINVAL : 0;
}

struct xos_node_store *xos_node_store_create(const char *path)
{
	struct xos_node_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->path = strdup(path);
	if (!store->path) {
		free(store);
		return NULL;
	}
	pthread_mutex_init(&store->lock, NULL);
	return store;
}

static void forget(struct xos_node_store *store)
{
	free(store->text);
	free(store->line);
	free(store->entries);
	free(store->by_address);
	store->text = NULL;
	store->line = NULL;
	store->entries = NULL;
	store->by_address = NULL;
	store->n = 0;
	store->n_all = 0;
	store->n_lines = 0;
	store->st = (struct stat){ 0 };
}

void xos_node_store_destroy(struct xos_node_store *store)
{
	if (!store)
		return;
	forget(store);
	pthread_mutex_destroy(&store->lock);
	free(store->path);
	free(store);
}

static int compare_mac(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->mac, y->mac);
}

static int compare_address(const void *a, const void *b)
{
	const struct entry *const *x = a, *const *y = b;
	uint32_t i = (*x)->address.s_addr, j = (*y)->address.s_addr;

	return i < j ? -1 : i > j;
}

static bool begins(const char *line, const char *key)
{
	return !strncmp(line, key, strlen(key));
}

/* Lines without comments and empty ones. */
static bool split(struct xos_node_store *store)
{
	char *next = store->text, *line;
	size_t n = 1;

	for (const char *s = store->text; (s = strchr(s, '\n')); s++)
		n++;
	store->line = calloc(n, sizeof(*store->line));
	if (!store->line)
		return false;
	while ((line = strsep(&next, "\n"))) {
		if (line[0] && line[0] != '#')
			store->line[store->n_lines++] = line;
	}
	return true;
}

/* The next word of a line, cut off; "" at its end. */
static char *word(char **rest)
{
	char *s = *rest;
	size_t len = strcspn(s, " ");

	*rest = s + len + (s[len] == ' ');
	s[len] = '\0';
	return s;
}

static bool read_node(char *node, char *boot, struct entry *e)
{
	char *rest = node + strlen("node ");
	char mac[18];

	e->name = word(&rest);
	e->mac = word(&rest);
	if (!e->name[0] || strlen(e->name) > XOS_NAME_MAX ||
	    xos_mac_canonical(e->mac, mac) || strcmp(e->mac, mac) ||
	    inet_pton(AF_INET, rest, &e->address) != 1 ||
	    !begins(boot, "boot "))
		return false;
	rest = boot + strlen("boot ");
	e->image = word(&rest);
	e->pause_s = strtoul(word(&rest), NULL, 10);
	e->bootline = rest;
	return e->image[0] && e->pause_s && rest[0];
}

/* The lines from @i on; false: they are not what they should be. */
static bool read_entries(struct xos_node_store *store, size_t wanted)
{
	size_t i = 1;

	store->all = store->line + i;
	for (; i < store->n_lines && begins(store->line[i], "all "); i++)
		store->n_all++;
	while (i + 1 < store->n_lines && begins(store->line[i], "node ")) {
		struct entry *e = &store->entries[store->n];

		if (store->n == wanted ||
		    !read_node(store->line[i], store->line[i + 1], e))
			return false;
		i += 2;
		e->config = store->line + i;
		for (; i < store->n_lines &&
		       begins(store->line[i], "config "); i++)
			e->n_config++;
		store->n++;
	}
	return i == store->n_lines && store->n == wanted;
}

static int parse(struct xos_node_store *store, struct xos_error *err)
{
	size_t wanted = 0;
	bool ok = split(store);

	if (ok && store->n_lines && begins(store->line[0], XOS_NODE_STORE_FIRST))
		wanted = strtoul(store->line[0] + strlen(XOS_NODE_STORE_FIRST),
				 NULL, 10);
	/* no more nodes than lines, whatever the number says */
	if (ok && wanted <= store->n_lines) {
		store->entries = calloc(wanted + 1, sizeof(*store->entries));
		store->by_address = calloc(wanted + 1, sizeof(struct entry *));
		ok = store->entries && store->by_address;
	}
	if (!ok)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	if (!store->n_lines ||
	    !begins(store->line[0], XOS_NODE_STORE_FIRST) ||
	    wanted > store->n_lines || !read_entries(store, wanted))
		return xos_error_set(err, -EBADMSG, XOS_EXIT_FAILED,
				     "%s: is damaged; run 'xos-ssi-deploy head install' again",
				     store->path);
	qsort(store->entries, store->n, sizeof(*store->entries), compare_mac);
	for (size_t i = 0; i < store->n; i++)
		store->by_address[i] = &store->entries[i];
	qsort(store->by_address, store->n, sizeof(*store->by_address),
	      compare_address);
	return 0;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
		a->st_size == b->st_size &&
		a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
		a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* @store->lock is held. */
static int refresh(struct xos_node_store *store, struct xos_error *err)
{
	struct stat st;
	int rc;

	if (stat(store->path, &st)) {
		rc = -errno;
		forget(store);
		return xos_error_set(err, rc == -ENOENT ? -EBADMSG : rc,
				     XOS_EXIT_FAILED, "%s: %s", store->path,
				     strerror(-rc));
	}
	if (is_same_file(&st, &store->st))
		return 0;
	forget(store);
	store->text = xos_file_read(store->path, XOS_NODE_STORE_MAX, NULL, err);
	rc = store->text ? parse(store, err) : err->code;
	/* replaced since stat(): the next request sees that it differs */
	if (rc)
		forget(store);
	else
		store->st = st;
	return rc;
}

static int take(const struct entry *e, struct xos_node_text *node, char *text,
		struct xos_error *err)
{
	if (!text)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	strcpy(node->name, e->name);
	node->address = e->address;
	node->text = text;
	return 0;
}

static int no_such_node(struct xos_error *err)
{
	return xos_error_set(err, -ENOENT, XOS_EXIT_FAILED, "no such node");
}

int xos_node_store_boot(struct xos_node_store *store, const char *url,
			const char *mac, struct xos_node_text *node,
			struct xos_error *err)
{
	struct entry key = { .mac = mac };
	char address[INET_ADDRSTRLEN];
	struct xos_error local;
	const struct entry *e;
	int rc;

	err = err ? err : &local;	/* its code is needed */
	pthread_mutex_lock(&store->lock);
	rc = refresh(store, err);
	e = rc ? NULL : bsearch(&key, store->entries, store->n, sizeof(*e),
				compare_mac);
	if (e) {
		struct xos_ipxe_boot boot = {
			.node = e->name, .url = url, .image = e->image,
			.bootline = e->bootline, .stagger_s = e->pause_s,
			.address = xos_address_format(e->address, address),
		};

		rc = take(e, node, xos_ipxe_boot(&boot), err);
	} else if (!rc) {
		rc = no_such_node(err);
	}
	pthread_mutex_unlock(&store->lock);
	return rc;
}

static char *make_config(const struct xos_node_store *store,
			 const struct entry *e)
{
	struct xos_text text = { 0 };

	xos_text_puts(&text, "hostname ", e->name, "\n", NULL);
	for (size_t i = 0; i < e->n_config; i++)
		xos_text_puts(&text, e->config[i] + strlen("config "), "\n", NULL);
	for (size_t i = 0; i < store->n_all; i++)
		xos_text_puts(&text, store->all[i] + strlen("all "), "\n", NULL);
	return xos_text_take(&text);
}

int xos_node_store_config(struct xos_node_store *store, struct in_addr address,
			  struct xos_node_text *node, struct xos_error *err)
{
	const struct entry key = { .address = address }, *p = &key;
	struct entry *const *found = NULL;
	struct xos_error local;
	int rc;

	err = err ? err : &local;
	pthread_mutex_lock(&store->lock);
	rc = refresh(store, err);
	if (!rc)
		found = bsearch(&p, store->by_address, store->n, sizeof(*found),
				compare_address);
	if (found)
		rc = take(*found, node, make_config(store, *found), err);
	else if (!rc)
		rc = no_such_node(err);
	pthread_mutex_unlock(&store->lock);
	return rc;
}
