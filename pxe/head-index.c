// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * head-index.c - read, make and write a head's note
 *
 *	xos-head-index 2
 *	file PATH
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "head-index.h"

#define FIRST_LINE "xos-head-index 2"
#define INDEX_MAX (1 << 20)

static int add_path(struct head_index *index, const char *path)
{
	char **paths = reallocarray(index->paths, index->n_paths + 1,
				    sizeof(*paths));

	if (!paths)
		return -ENOMEM;
	index->paths = paths;
	paths[index->n_paths] = strdup(path);
	if (!paths[index->n_paths])
		return -ENOMEM;
	index->n_paths++;
	return 0;
}

static int no_memory(struct head_index *index, struct xos_error *err)
{
	head_index_free(index);
	return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
}

int head_index_make(const struct xos_head_files *files,
		    struct head_index *index, struct xos_error *err)
{
	*index = (struct head_index){ 0 };
	for (size_t i = 0; i < files->n; i++) {
		if (add_path(index, files->file[i].path))
			return no_memory(index, err);
	}
	return 0;
}

int head_index_without(const struct head_index *index, const char *a,
		       const char *b, struct head_index *copy,
		       struct xos_error *err)
{
	*copy = (struct head_index){ 0 };
	for (size_t i = 0; i < index->n_paths; i++) {
		const char *path = index->paths[i];

		if (strcmp(path, a) && strcmp(path, b) && add_path(copy, path))
			return no_memory(copy, err);
	}
	return 0;
}

static void index_path(const char *root, const char *cluster, char *buf,
		       size_t size)
{
	snprintf(buf, size, "%s" HEAD_DIR "/%s/index", root, cluster);
}

int head_index_read(const char *root, const char *cluster,
		    struct head_index *index, struct xos_error *err)
{
	static const char key[] = "file ";
	struct xos_error local = { 0 };
	cleanup_free char *text = NULL;
	char *next, *line;
	char path[4096];
	bool ok;

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
		if (!line[0])
			continue;
		ok = !strncmp(line, key, strlen(key)) && line[strlen(key)] == '/';
		if (ok && add_path(index, line + strlen(key)))
			return no_memory(index, err);
	}
	/* of another version, or damaged: nothing in it is believed */
	if (!ok)
		head_index_free(index);
	return 0;
}

int head_index_write(const char *root, const char *cluster,
		     const struct head_index *index, struct xos_error *err)
{
	struct xos_text text = { 0 };
	char path[4096];
	int rc;

	xos_text_add(&text, FIRST_LINE "\n");
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
	*index = (struct head_index){ 0 };
}

bool head_index_has_path(const struct head_index *index, const char *path)
{
	for (size_t i = 0; i < index->n_paths; i++) {
		if (!strcmp(index->paths[i], path))
			return true;
	}
	return false;
}

int head_index_each(const char *root,
		    int (*fn)(const char *cluster, const struct head_index *index,
			      void *arg), void *arg)
{
	struct dirent *entry;
	char path[4096];
	DIR *dir;
	int rc = 0;

	snprintf(path, sizeof(path), "%s" HEAD_DIR, root);
	dir = opendir(path);
	while (dir && !rc && (entry = readdir(dir))) {
		struct head_index index;

		if (entry->d_name[0] == '.' ||
		    head_index_read(root, entry->d_name, &index, NULL))
			continue;
		rc = fn(entry->d_name, &index, arg);
		head_index_free(&index);
	}
	if (dir)
		closedir(dir);
	return rc;
}
