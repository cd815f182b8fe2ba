// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * grid-backup.c - keeps files before they are changed, and brings them back
 *
 * A file is kept before it is touched, so whatever a run that was killed has
 * done can be taken back.  Bringing back copies; the backup goes last.
 */
#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "grid-apply.h"
#include "grid-backup.h"

#define CONTENT_MAX (1u << 20)

static int failed(struct xos_error *err, const char *what, const char *path)
{
	int code = -errno;

	return xos_error_set(err, code, XOS_EXIT_FAILED, "cannot %s '%s': %s", what, path,
			     strerror(-code));
}

int grid_content_read(const char *path, struct grid_content *content,
		      struct xos_error *err)
{
	char target[GRID_PATH_MAX];
	struct stat st;
	ssize_t n;

	memset(content, 0, sizeof(*content));
	if (lstat(path, &st))
		return errno == ENOENT || errno == ENOTDIR ? 0 :
			failed(err, "read", path);
	if (S_ISLNK(st.st_mode)) {
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			return failed(err, "read", path);
		content->data = strndup(target, n);
		content->len = n;
		content->mode = S_IFLNK | 0777;
	} else {
		content->data = xos_file_read(path, CONTENT_MAX, &content->len, err);
		content->mode = st.st_mode;
		if (!content->data)
			return err ? err->code : -EIO;
	}
	return content->data ? 0 : failed(err, "read", path);
}

static int write_link(const char *path, const char *target, struct xos_error *err)
{
	char tmp[GRID_PATH_MAX];

	snprintf(tmp, sizeof(tmp), "%s.xos", path);
	unlink(tmp);
	if (symlink(target, tmp) || rename(tmp, path)) {
		failed(err, "write", path);
		unlink(tmp);
		return err ? err->code : -EIO;
	}
	return 0;
}

int grid_content_write(const char *path, const struct grid_content *content,
		       struct xos_error *err)
{
	cleanup_free char *parent = strdup(path);
	int rc;

	if (!parent)
		return failed(err, "write", path);
	*strrchr(parent, '/') = '\0';
	rc = *parent ? xos_mkdir_p(parent, 0755, err) : 0;
	if (rc)
		return rc;
	if (S_ISLNK(content->mode))
		return write_link(path, content->data, err);
	return xos_file_write(path, content->data, content->len, content->mode & 07777,
			      true, err);
}

static void backup_path(const struct grid_backup *backup, const char *part,
			const char *path, char *full)
{
	snprintf(full, GRID_PATH_MAX, "%.3000s/%s%.1000s", backup->dir, part, path);
}

/* Number of the last backup; 0: there is none. */
static unsigned long last_backup(const char *root)
{
	char path[GRID_PATH_MAX];
	unsigned long last = 0, n;
	struct dirent *entry;
	char *end;
	DIR *dir;

	snprintf(path, sizeof(path), "%s" XOS_GRID_STATE "/backup", root);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		n = strtoul(entry->d_name, &end, 10);
		if (!*end && n > last)
			last = n;
	}
	closedir(dir);
	return last;
}

static void name(struct grid_backup *backup, unsigned long n)
{
	snprintf(backup->dir, sizeof(backup->dir), "%s" XOS_GRID_STATE "/backup/%lu",
		 backup->root, n);
}

int grid_backup_open(struct grid_backup *backup, struct xos_error *err)
{
	unsigned long last = last_backup(backup->root);
	char path[GRID_PATH_MAX];

	name(backup, last);
	backup_path(backup, "done", "", path);
	if (!last || !access(path, F_OK))
		name(backup, last + 1);
	return xos_mkdir_p(backup->dir, 0700, err);
}

int grid_backup_keep(struct grid_backup *backup, const char *path,
		     const struct grid_content *content, struct xos_error *err)
{
	const struct grid_content nothing = { .mode = S_IFREG | 0600, .data = "" };
	char had[GRID_PATH_MAX], new[GRID_PATH_MAX];
	struct stat st;

	backup_path(backup, "had", path, had);
	backup_path(backup, "new", path, new);
	if (!lstat(had, &st) || !lstat(new, &st))
		return 0;
	return content->mode ? grid_content_write(had, content, err) :
		grid_content_write(new, &nothing, err);
}

int grid_backup_close(struct grid_backup *backup, struct xos_error *err)
{
	char path[GRID_PATH_MAX];

	backup_path(backup, "done", "", path);
	return xos_file_write(path, "", 0, 0600, true, err);
}

static int bring_back(const char *root, const char *path, const char *from, FILE *say,
		      struct xos_error *err)
{
	struct grid_content content;
	char full[GRID_PATH_MAX];
	int rc;

	snprintf(full, sizeof(full), "%.3000s%.1000s", root, path);
	rc = grid_content_read(from, &content, err);
	if (!rc)
		rc = grid_content_write(full, &content, err);
	free(content.data);
	if (!rc)
		fprintf(say, "restored %s\n", path);
	return rc;
}

static int take_away(const char *root, const char *path, FILE *say, struct xos_error *err)
{
	char full[GRID_PATH_MAX];

	snprintf(full, sizeof(full), "%.3000s%.1000s", root, path);
	if (unlink(full) && errno != ENOENT)
		return failed(err, "remove", full);
	fprintf(say, "removed %s\n", path);
	return 0;
}

/* Calls for each file below DIR/part; with @remove it deletes all there is. */
static int walk(const struct grid_backup *backup, const char *part, bool remove, FILE *say,
		struct xos_error *err)
{
	char top[GRID_PATH_MAX], *paths[] = { top, NULL };
	bool had = !strcmp(part, "had");
	int rc = 0, n = 0;
	FTSENT *entry;
	FTS *fts;

	backup_path(backup, part, "", top);
	fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!fts)
		return failed(err, "read", top);
	while (!rc && (entry = fts_read(fts))) {
		bool dir = entry->fts_info == FTS_D || entry->fts_info == FTS_DP ||
			   entry->fts_info == FTS_NS;

		if (remove) {
			if (entry->fts_info == FTS_DP)
				rmdir(entry->fts_path);
			else if (!dir)
				unlink(entry->fts_path);
		} else if (!dir) {
			const char *path = entry->fts_path + strlen(top);

			rc = had ? bring_back(backup->root, path, entry->fts_path, say, err) :
				take_away(backup->root, path, say, err);
			n++;
		}
	}
	fts_close(fts);
	return rc ? rc : n;
}

int xos_grid_rollback(const char *root, FILE *say, struct xos_error *err)
{
	struct grid_backup backup = { .root = root };
	unsigned long last = last_backup(root);
	int had, new;

	if (!last)
		return xos_error_set(err, -ENOENT, XOS_EXIT_FAILED,
				     "there is no run to take back");
	name(&backup, last);
	had = walk(&backup, "had", false, say, err);
	if (had < 0)
		return had;
	new = walk(&backup, "new", false, say, err);
	if (new < 0)
		return new;
	walk(&backup, "", true, say, err);
	return had + new;
}
