// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * head-index.c - read, make and write a head's note
 *
 *	xos-head-index 1
 *	common DIGEST
 *	node NAME MAC ADDRESS DIGEST
 *	file PATH
 *
 * The digests take in whatever head-node.c reads, and the version of the
 * program: another version may write other files from the same input.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "head-index.h"

#define FIRST_LINE "xos-head-index 1"
#define INDEX_MAX (64 << 20)
#define DIGEST_SEED 14695981039346656037u

static uint64_t digest_strings(uint64_t d, const struct xos_strings *list)
{
	d = head_digest(d, &list->n, sizeof(list->n));
	for (size_t i = 0; i < list->n; i++)
		d = head_digest_string(d, list->s[i]);
	return d;
}

static uint64_t digest_common(const struct head_context *c)
{
	const struct xos_inventory *inv = c->in->inv;
	uint64_t d = head_digest_string(DIGEST_SEED, XOS_VERSION);

	d = head_digest_string(d, inv->name);
	d = head_digest(d, &inv->session, sizeof(inv->session));
	d = head_digest_string(d, c->url);
	d = head_digest(d, &inv->head.prefix, sizeof(inv->head.prefix));
	d = head_digest_string(d, inv->head.config);
	d = head_digest_string(d, inv->head.config_on);
	d = head_digest_string(d, c->in->authorized_keys);
	d = digest_strings(d, &inv->modules);
	return d ? d : 1;
}

/* What a node has from its image; computed once for all its nodes. */
static uint64_t digest_image(const struct head_context *c, size_t i)
{
	const struct xos_image *image = &c->in->inv->images[i];
	uint64_t d = head_digest_string(DIGEST_SEED, c->in->image_ids[i]);

	d = head_digest_string(d, c->sha256[i]);
	d = head_digest_string(d, image->bootline);
	return head_digest(d, &image->root, sizeof(image->root));
}

static uint64_t digest_node(const struct xos_node *node, uint64_t image)
{
	uint64_t d = head_digest_string(image, node->name);

	d = head_digest(d, &node->id, sizeof(node->id));
	d = head_digest(d, node->mac, sizeof(node->mac));
	d = head_digest(d, &node->address, sizeof(node->address));
	d = head_digest_string(d, node->interface);
	d = head_digest_string(d, node->bootline);
	d = digest_strings(d, &node->enable);
	return digest_strings(d, &node->disable);
}

static int no_memory(struct head_index *index, struct xos_error *err)
{
	head_index_free(index);
	return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
}

int head_index_make(const struct head_context *c,
		    const struct xos_head_files *cluster_files,
		    struct head_index *index, struct xos_error *err)
{
	const struct xos_inventory *inv = c->in->inv;
	cleanup_free uint64_t *images = calloc(inv->n_images + 1,
					       sizeof(*images));

	*index = (struct head_index){ .common = digest_common(c) };
	index->nodes = calloc(inv->n_nodes + 1, sizeof(*index->nodes));
	index->paths = calloc(cluster_files->n + 1, sizeof(*index->paths));
	if (!images || !index->nodes || !index->paths)
		return no_memory(index, err);
	for (size_t i = 0; i < inv->n_images; i++)
		images[i] = digest_image(c, i);
	for (size_t i = 0; i < inv->n_nodes; i++) {
		const struct xos_node *node = &inv->nodes[i];
		struct head_index_node *n = &index->nodes[index->n_nodes++];

		memcpy(n->name, node->name,
		       strnlen(node->name, sizeof(n->name) - 1));
		memcpy(n->mac, node->mac, sizeof(n->mac));
		n->address = node->address;
		n->digest = digest_node(node, images[node->image - inv->images]);
	}
	for (size_t i = 0; i < cluster_files->n; i++) {
		index->paths[i] = strdup(cluster_files->file[i].path);
		if (!index->paths[i])
			return no_memory(index, err);
		index->n_paths++;
	}
	return 0;
}

static void index_path(const char *root, const char *cluster, char *buf,
		       size_t size)
{
	snprintf(buf, size, "%s" HEAD_DIR "/%s/index", root, cluster);
}

/* The next word of a line; "" at its end. */
static char *word(char **line)
{
	char *s = *line;
	size_t len = strcspn(s, " ");

	*line = s + len + (s[len] == ' ');
	s[len] = '\0';
	return s;
}

static bool read_node(char *line, struct head_index_node *node)
{
	char *name = word(&line), *mac = word(&line);
	char *address = word(&line), *digest = word(&line);

	if (!name[0] || strlen(name) >= sizeof(node->name) ||
	    !xos_mac_parse(mac, node->mac) ||
	    inet_pton(AF_INET, address, &node->address) != 1 || !digest[0])
		return false;
	strcpy(node->name, name);
	node->digest = strtoull(digest, NULL, 16);
	return true;
}

/* Room for one more; arrays grow when their number is a power of two. */
static bool grow(void *array, size_t n, size_t size)
{
	void **p = array, *bigger;

	if (n & (n - 1))
		return true;
	bigger = reallocarray(*p, n ? 2 * n : 1, size);
	if (!bigger)
		return false;
	*p = bigger;
	return true;
}

static bool read_line(char *line, struct head_index *index)
{
	char *key = word(&line);

	if (!strcmp(key, "common")) {
		index->common = strtoull(line, NULL, 16);
		return true;
	}
	if (!strcmp(key, "node"))
		return grow(&index->nodes, index->n_nodes,
			    sizeof(*index->nodes)) &&
			read_node(line, &index->nodes[index->n_nodes++]);
	if (!strcmp(key, "file") && line[0] == '/') {
		if (!grow(&index->paths, index->n_paths, sizeof(*index->paths)))
			return false;
		index->paths[index->n_paths] = strdup(line);
		return index->paths[index->n_paths] && ++index->n_paths;
	}
	return false;
}

int head_index_read(const char *root, const char *cluster,
		    struct head_index *index, struct xos_error *err)
{
	struct xos_error local = { 0 };
	cleanup_free char *text = NULL;
	char *next, *line;
	char path[4096];
	bool ok = true;

	*index = (struct head_index){ 0 };
	index_path(root, cluster, path, sizeof(path));
	text = xos_file_read(path, INDEX_MAX, NULL, &local);
	if (!text) {
		if (local.code == -ENOENT)
			return 0;
		return xos_error_set(err, local.code, XOS_EXIT_FAILED, "%s",
				     local.text);
	}
	next = text;
	line = strsep(&next, "\n");
	ok = !strcmp(line, FIRST_LINE);
	while (ok && (line = strsep(&next, "\n"))) {
		if (line[0])
			ok = read_line(line, index);
	}
	/* of another version, or damaged: everything is compared again */
	if (!ok)
		head_index_free(index);
	return 0;
}

int head_index_write(const char *root, const char *cluster,
		     const struct head_index *index, struct xos_error *err)
{
	char path[4096], mac[18], address[INET_ADDRSTRLEN];
	struct xos_text text = { 0 };
	int rc;

	xos_text_add(&text, FIRST_LINE "\ncommon %" PRIx64 "\n", index->common);
	for (size_t i = 0; i < index->n_nodes; i++) {
		const struct head_index_node *n = &index->nodes[i];

		xos_text_add(&text, "node %s %s %s %" PRIx64 "\n", n->name,
			     xos_mac_format(n->mac, ':', mac),
			     inet_ntop(AF_INET, &n->address, address,
				       sizeof(address)), n->digest);
	}
	for (size_t i = 0; i < index->n_paths; i++)
		xos_text_add(&text, "file %s\n", index->paths[i]);
	index_path(root, cluster, path, sizeof(path));
	rc = text.failed ?
		xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory") :
		xos_file_write_if_changed(path, text.s, text.len, 0644, err);
	free(text.s);
	return rc < 0 ? rc : 0;
}

void head_index_free(struct head_index *index)
{
	for (size_t i = 0; i < index->n_paths; i++)
		free(index->paths[i]);
	free(index->paths);
	free(index->nodes);
	*index = (struct head_index){ 0 };
}

const struct head_index_node *head_index_find(const struct head_index *index,
					      const char *name, size_t guess)
{
	/* a node was added or removed: what follows it moved by one */
	for (size_t i = guess ? guess - 1 : 0; i <= guess + 1; i++) {
		if (i < index->n_nodes && !strcmp(index->nodes[i].name, name))
			return &index->nodes[i];
	}
	for (size_t i = 0; i < index->n_nodes; i++) {
		if (!strcmp(index->nodes[i].name, name))
			return &index->nodes[i];
	}
	return NULL;
}

bool head_index_has_path(const struct head_index *index, const char *path)
{
	for (size_t i = 0; i < index->n_paths; i++) {
		if (!strcmp(index->paths[i], path))
			return true;
	}
	return false;
}
