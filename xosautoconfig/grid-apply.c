// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * grid-apply.c - compares a node's files with those on disk, and writes them
 *
 * A list of what was written is the last file of every run: what is on it and is
 * no longer made (the node has another role now) is removed by the next run.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "../pxe/text-diff.h"
#include "grid-apply.h"
#include "grid-backup.h"

#define LIST_PATH XOS_GRID_STATE "/files"
#define PASSPHRASE_PATH XOS_GRID_TRUST "/private/passphrase"
#define PASSPHRASE_BYTES 24

static void at(const char *root, const char *path, char *full)
{
	snprintf(full, GRID_PATH_MAX, "%.3000s%.1000s", root, path);
}

/* The first line of a file, without its end; -ENOENT: there is no file. */
static int first_line(const char *path, char *line, size_t size, struct xos_error *err)
{
	struct xos_error why = { 0 };
	char *text = xos_file_read(path, XOS_GRID_SECRET_MAX, NULL, &why);
	size_t len = text ? strcspn(text, "\r\n") : 0;
	int rc = 0;

	if (!text)
		rc = xos_error_set(err, why.code, XOS_EXIT_USAGE, "%s", why.text);
	else if (!len || len >= size || strpbrk(text, " \t\\"))
		rc = xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
				   "%s: its first line has to be one word", path);
	else
		snprintf(line, size, "%.*s", (int)len, text);
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	return rc;
}

static int make_passphrase(char *text, struct xos_error *err)
{
	unsigned char bytes[PASSPHRASE_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return xos_error_set(err, -EIO, XOS_EXIT_FAILED, "no random bytes");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	explicit_bzero(bytes, sizeof(bytes));
	return 0;
}

int xos_grid_secrets(struct xos_grid_files *files, const char *root, const char *dir,
		     struct xos_error *err)
{
	const char *named = files->grid->value[XOS_GRID_CAPSECRETFILE];
	char path[GRID_PATH_MAX];
	int rc = 0;

	if (xos_grid_needs_secret(files->grid)) {
		snprintf(path, sizeof(path), "%s%s", *named ? named : dir,
			 *named ? "" : "/capsecret");
		rc = first_line(path, files->capsecret, sizeof(files->capsecret), err);
		if (rc)
			xos_error_prefix(err, "CAPSECRETFILE: ");
	}
	if (rc || !xos_grid_needs_passphrase(files->grid))
		return rc;
	at(root, PASSPHRASE_PATH, path);
	rc = first_line(path, files->passphrase, sizeof(files->passphrase), err);
	if (rc == -ENOENT)
		rc = make_passphrase(files->passphrase, err);
	if (!rc)
		xos_text_add(grid_file_new(files, PASSPHRASE_PATH, S_IFREG | 0600, NULL),
			     "%s\n", files->passphrase);
	return rc;
}

static bool is_same(const struct grid_content *content, const struct xos_grid_file *file)
{
	return content->mode == file->mode && content->len == file->text.len &&
		!memcmp(content->data, file->text.s, content->len);
}

static bool is_made(const struct xos_grid_files *files, const char *path)
{
	for (size_t i = 0; i < files->n; i++)
		if (!strcmp(files->file[i].path, path))
			return true;
	return false;
}

/**
 * struct change - what a run does with each file
 * @out: print a diff and do nothing; or
 * @say: do it, and say so; neither: only count
 * @n: files that are not as they should be
 */
struct change {
	const char *root;
	FILE *out;
	FILE *say;
	struct grid_backup *backup;
	int n;
};

static int print(struct change *change, const char *path, const struct grid_content *old,
		 const struct xos_grid_file *file)
{
	mode_t mode = file ? file->mode : old->mode;

	if (!(mode & 0004)) {
		fprintf(change->out, "--- %s\n+++ %s\n(secret, not shown)\n",
			old->mode ? path : "/dev/null", file ? path : "/dev/null");
		return 0;
	}
	if (file && old->mode && old->mode != file->mode)
		fprintf(change->out, "%s: mode %o becomes %o\n", path, old->mode & 07777,
			file->mode & 07777);
	return xos_text_diff(change->out, path, old->mode ? old->data : NULL,
			     file ? file->text.s : NULL);
}

static int put(struct change *change, const char *path, const char *full,
	       const struct grid_content *old, const struct xos_grid_file *file,
	       struct xos_error *err)
{
	struct grid_content new = { 0 };
	int rc;

	if (!*change->backup->dir) {
		rc = grid_backup_open(change->backup, err);
		if (rc)
			return rc;
	}
	rc = grid_backup_keep(change->backup, path, old, err);
	if (rc)
		return rc;
	if (file) {
		new.mode = file->mode;
		new.data = file->text.s;
		new.len = file->text.len;
		rc = grid_content_write(full, &new, err);
	} else if (unlink(full)) {
		rc = xos_error_set(err, -errno, XOS_EXIT_FAILED, "cannot remove '%s': %s",
				   full, strerror(errno));
	}
	if (!rc)
		fprintf(change->say, "%s %s\n", !file ? "removed" : old->mode ? "changed" :
			"new", path);
	return rc;
}

/* @file: NULL: it has to go */
static int one(struct change *change, const char *path, const struct xos_grid_file *file,
	       struct xos_error *err)
{
	struct grid_content old;
	char full[GRID_PATH_MAX];
	int rc;

	at(change->root, path, full);
	rc = grid_content_read(full, &old, err);
	if (rc || (file ? is_same(&old, file) : !old.mode)) {
		free(old.data);
		return rc;
	}
	change->n++;
	if (change->out)
		rc = print(change, path, &old, file);
	else if (change->say)
		rc = put(change, path, full, &old, file, err);
	free(old.data);
	return rc;
}

/* Files of the last run that are not made any more. */
static int remove_old(struct change *change, const struct xos_grid_files *files,
		      struct xos_error *err)
{
	struct grid_content list;
	char full[GRID_PATH_MAX];
	char *line, *rest;
	int rc;

	at(change->root, LIST_PATH, full);
	rc = grid_content_read(full, &list, err);
	if (rc || !list.mode)
		return rc;
	for (line = strtok_r(list.data, "\n", &rest); line && !rc;
	     line = strtok_r(NULL, "\n", &rest))
		if (!strncmp(line, "/etc/", 5) && !strstr(line, "/../") &&
		    !is_made(files, line))
			rc = one(change, line, NULL, err);
	free(list.data);
	return rc;
}

static int all(struct change *change, const struct xos_grid_files *files,
	       struct xos_error *err)
{
	struct xos_grid_file list = { .path = LIST_PATH, .mode = S_IFREG | 0644 };
	int rc = remove_old(change, files, err);

	for (size_t i = 0; i < files->n && !rc; i++) {
		rc = one(change, files->file[i].path, &files->file[i], err);
		xos_text_add(&list.text, "%s\n", files->file[i].path);
	}
	if (!rc && list.text.failed)
		rc = xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	if (!rc && change->say)
		rc = one(change, LIST_PATH, &list, err);
	free(list.text.s);
	return rc;
}

int xos_grid_diff(const struct xos_grid_files *files, const char *root, FILE *out,
		  struct xos_error *err)
{
	struct change change = { .root = root, .out = out };
	int rc = all(&change, files, err);

	return rc ? rc : change.n;
}

/* Before anything is in it: nobody else ever looks in. */
static int make_private(const char *root, struct xos_error *err)
{
	char path[GRID_PATH_MAX];
	int rc;

	at(root, XOS_GRID_TRUST, path);
	rc = xos_mkdir_p(path, 0755, err);
	if (rc)
		return rc;
	at(root, XOS_GRID_TRUST "/private", path);
	rc = xos_mkdir_p(path, 0700, err);
	if (!rc && chmod(path, 0700))
		rc = xos_error_set(err, -errno, XOS_EXIT_FAILED, "cannot close '%s': %s",
				   path, strerror(errno));
	return rc;
}

int xos_grid_apply(const struct xos_grid_files *files, const char *root, FILE *say,
		   struct xos_error *err)
{
	struct grid_backup backup = { .root = root };
	struct change change = { .root = root, .say = say, .backup = &backup };
	int rc = make_private(root, err);

	if (!rc)
		rc = all(&change, files, err);
	if (!rc && *backup.dir)
		rc = grid_backup_close(&backup, err);
	return rc ? rc : change.n;
}

int xos_grid_lock(const char *root, struct xos_error *err)
{
	char path[GRID_PATH_MAX];
	int rc, fd;

	at(root, XOS_GRID_STATE, path);
	rc = xos_mkdir_p(path, 0755, err);
	if (rc)
		return rc;
	at(root, XOS_GRID_STATE "/lock", path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB)) {
		rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
		if (fd >= 0)
			close(fd);
		return xos_error_set(err, rc, XOS_EXIT_FAILED, "%s: %s", path,
				     rc == -EBUSY ? "another xosautoconfig runs" :
				     strerror(-rc));
	}
	return fd;
}
