// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * head-apply.c - a head's files on disk
 *
 *	xos_head_apply()	all files: compare, write, remove
 *	xos_head_diff()		the same, but every change is printed, not made
 *	head_withdraw()		remove them all
 *	head_drop_image()	remove those of one image
 *
 * Files are written beside their place under a name that begins with a dot, and
 * renamed.  Nothing is synced: what a power cut takes,
 * the next install makes again.  The note is written last, so that it never
 * tells of a file that was not written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "head-index.h"
#include "node-store.h"
#include "text-diff.h"

#define STATE_DIR "/var/lib/xos-ssi"
#define DIFF_MAX XOS_NODE_STORE_MAX	/* the longest file there is */

/**
 * struct place - where files go
 * @root: in front of every path
 * @diff: print what would be done, and do nothing; NULL: do it
 */
struct place {
	const char *root;
	FILE *diff;
};

static int fail(struct xos_error *err, const char *what, const char *root,
		const char *path)
{
	int code = -errno;

	return xos_error_set(err, code, XOS_EXIT_FAILED, "cannot %s %s%s: %s",
			     what, root, path, strerror(-code));
}

/* Open a directory, made where @create and it is missing. */
static int open_or_make(const char *full, bool create)
{
	int fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT || !create)
		return fd;
	if (xos_mkdir_p(full, 0755, NULL))
		return -1;
	fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		fchmod(fd, 0755);	/* whatever the umask */
	return fd;
}

/* The directory of @path, open; negative errno; @name is what is behind it. */
static int open_dir(const struct place *place, const char *path, bool create,
		    const char **name)
{
	int len = strrchr(path, '/') - path;
	char full[4096];
	int fd;

	*name = path + len + 1;
	snprintf(full, sizeof(full), "%s%.*s", place->root, len, path);
	fd = open_or_make(full, create);
	return fd < 0 ? -errno : fd;
}

/* Does the file have this content and mode already?  @exists: is it there? */
static bool is_same(int dir, const char *name, const struct xos_head_file *file,
		    bool *exists)
{
	size_t len = strlen(file->text);
	cleanup_free char *old = NULL;
	cleanup_close int fd = -1;
	struct stat st;

	*exists = !fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW);
	if (!*exists || st.st_mode != file->mode || (size_t)st.st_size != len)
		return false;
	old = malloc(len + 1);
	if (!old)
		return false;
	if (S_ISLNK(file->mode))
		return readlinkat(dir, name, old, len + 1) == (ssize_t)len &&
			!memcmp(old, file->text, len);
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 && read(fd, old, len + 1) == (ssize_t)len &&
		!memcmp(old, file->text, len);
}

static int write_tmp(int dir, const char *tmp, const struct xos_head_file *file)
{
	size_t len = strlen(file->text);
	cleanup_close int fd = -1;

	if (S_ISLNK(file->mode)) {
		unlinkat(dir, tmp, 0);
		return symlinkat(file->text, dir, tmp);
	}
	/* never wider than wanted, not even for a moment */
	fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		    O_NOFOLLOW, 0600);
	if (fd < 0 || fchmod(fd, file->mode & 07777))
		return -1;
	errno = ENOSPC;			/* what a short write means */
	return write(fd, file->text, len) == (ssize_t)len ? 0 : -1;
}

static void tell(struct xos_head_changes *changes, const char *what,
		 const char *path)
{
	if (changes->fn)
		changes->fn(what, path, changes->arg);
}

/* What the file has now, for a diff; NULL: it is not there. */
static char *read_old(const struct place *place, const char *path)
{
	char full[4096], target[512];
	ssize_t len;

	snprintf(full, sizeof(full), "%s%s", place->root, path);
	len = readlink(full, target, sizeof(target) - 1);
	if (len >= 0)
		return strndup(target, len);
	return xos_file_read(full, DIFF_MAX, NULL, NULL);
}

/* @new: NULL where the file is removed. */
static int print_diff(struct place *place, const char *path, const char *new,
		      bool secret, struct xos_error *err)
{
	cleanup_free char *old = read_old(place, path);
	int rc = 0;

	if (secret)
		fprintf(place->diff, "--- %s\n+++ %s\n(secret, not shown)\n",
			old ? path : "/dev/null", path);
	else
		rc = xos_text_diff(place->diff, path, old, new);
	return rc ? xos_error_set(err, rc, XOS_EXIT_FAILED, "no memory") : 0;
}

static int replace(struct place *place, int dir, const char *name,
		   const struct xos_head_file *file, struct xos_error *err)
{
	char tmp[300];
	int rc;

	snprintf(tmp, sizeof(tmp), ".%.250s.xos", name);
	if (!write_tmp(dir, tmp, file) && !renameat(dir, tmp, dir, name))
		return 0;
	rc = fail(err, "write", place->root, file->path);
	unlinkat(dir, tmp, 0);
	return rc;
}

static int write_file(struct place *place, const struct xos_head_file *file,
		      struct xos_head_changes *changes, struct xos_error *err)
{
	const char *name;
	cleanup_close int dir = open_dir(place, file->path, !place->diff, &name);
	bool exists = false;
	int rc;

	if (dir < 0 && !place->diff) {
		errno = -dir;
		return fail(err, "write", place->root, file->path);
	}
	if (dir >= 0 && is_same(dir, name, file, &exists))
		return 0;
	rc = place->diff ?
		print_diff(place, file->path, file->text,
			   !(file->mode & 0077), err) :
		replace(place, dir, name, file, err);
	if (rc)
		return rc;
	changes->written++;
	changes->needs |= file->needs;
	tell(changes, exists ? "changed" : "new", file->path);
	return 0;
}

static int remove_file(struct place *place, const char *path,
		       unsigned int needs, struct xos_head_changes *changes,
		       struct xos_error *err)
{
	const char *name;
	cleanup_close int dir = open_dir(place, path, false, &name);
	int rc = 0;

	if (dir == -ENOENT ||
	    (dir >= 0 && faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW)))
		return 0;
	if (place->diff) {
		rc = print_diff(place, path, NULL, false, err);
	} else if (dir < 0 || unlinkat(dir, name, 0)) {
		errno = dir < 0 ? -dir : errno;
		rc = fail(err, "remove", place->root, path);
	}
	if (rc)
		return rc;
	changes->removed++;
	changes->needs |= needs;
	tell(changes, "removed", path);
	return 0;
}

/**
 * struct search - does another cluster's head on this machine need a file too?
 */
struct search {
	const char *cluster, *path;
};

static int find_path(const char *cluster, const struct head_index *index,
		     void *arg)
{
	const struct search *s = arg;

	return strcmp(cluster, s->cluster) && head_index_has_path(index, s->path);
}

static bool is_others(const char *root, const char *cluster, const char *path)
{
	struct search search = { .cluster = cluster, .path = path };

	return head_index_each(root, find_path, &search);
}

/* Files that were noted and are no longer wanted. */
static int remove_old_paths(struct place *place, const char *cluster,
			    const struct head_index *old,
			    const struct head_index *new,
			    struct xos_head_changes *changes,
			    struct xos_error *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < old->n_paths; i++) {
		const char *path = old->paths[i];

		if (head_index_has_path(new, path) ||
		    is_others(place->root, cluster, path))
			continue;
		rc = remove_file(place, path, head_removal_needs(path), changes, err);
	}
	return rc;
}

/* The services are no root and have to get to what is theirs. */
static void make_passable(const char *root)
{
	struct stat st;
	char path[4096];

	snprintf(path, sizeof(path), "%s" STATE_DIR, root);
	if (!stat(path, &st) && (st.st_mode & 0111) != 0111)
		chmod(path, (st.st_mode | 0111) & 07777);
}

static int write_files(struct place *place, const struct xos_head_files *files,
		       struct xos_head_changes *changes, struct xos_error *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < files->n; i++)
		rc = write_file(place, &files->file[i], changes, err);
	return rc;
}

static int apply(struct head_context *c, struct place *place,
		 const struct head_index *old,
		 struct xos_head_changes *changes, struct xos_error *err)
{
	const char *cluster = c->in->inv->name;
	struct xos_head_files *files = head_all_files(c, err);
	struct head_index new = { 0 };
	int rc = files ? head_index_make(files, &new, err) : -EINVAL;

	if (!rc)
		rc = write_files(place, files, changes, err);
	if (!rc)
		rc = remove_old_paths(place, cluster, old, &new, changes, err);
	if (!rc && !place->diff) {
		rc = head_index_write(place->root, cluster, &new, err);
		make_passable(place->root);
	}
	head_index_free(&new);
	xos_head_files_free(files);
	return rc;
}

static int run(const char *root, const struct xos_head_input *in, FILE *diff,
	       struct xos_head_changes *changes, struct xos_error *err)
{
	struct place place = { .root = root, .diff = diff };
	struct head_index old = { 0 };
	struct head_context c;
	int rc;

	changes->written = 0;
	changes->removed = 0;
	changes->needs = 0;
	rc = head_context_init(&c, in, err);
	if (!rc)
		rc = head_index_read(root, in->inv->name, &old, err);
	for (size_t i = 0; !rc && i < old.n_paths; i++)
		rc = head_context_keep(&c, root, old.paths[i], err);
	if (!rc)
		rc = apply(&c, &place, &old, changes, err);
	head_index_free(&old);
	head_context_exit(&c);
	return rc;
}

int xos_head_apply(const char *root, const struct xos_head_input *in,
		   struct xos_head_changes *changes, struct xos_error *err)
{
	return run(root, in, NULL, changes, err);
}

int xos_head_diff(FILE *out, const char *root, const struct xos_head_input *in,
		  struct xos_error *err)
{
	struct xos_head_changes changes = { 0 };
	int rc = run(root, in, out, &changes, err);

	return rc ? rc : (int)changes.needs;
}

/* Directories that were made for the files go when nothing else is in them. */
static void remove_dirs(const char *root, const char *cluster)
{
	const char *const formats[] = {
		HEAD_DIR "/%s", HEAD_DIR, HEAD_ETC,
		HEAD_UNIT_DIR "/xos-head@%s.target.wants", "/etc/exports.d",
		HEAD_EXPORT_DIR,
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char dir[512], full[4096];

		snprintf(dir, sizeof(dir), formats[i], cluster);
		snprintf(full, sizeof(full), "%s%s", root, dir);
		rmdir(full);
	}
}

int head_withdraw(const char *root, const char *cluster,
		  struct xos_head_changes *changes, struct xos_error *err)
{
	struct place place = { .root = root };
	struct head_index old, new = { 0 };
	char path[512];
	int rc;

	changes->written = 0;
	changes->removed = 0;
	changes->needs = 0;
	rc = head_index_read(root, cluster, &old, err);
	if (!rc)
		rc = remove_old_paths(&place, cluster, &old, &new, changes, err);
	snprintf(path, sizeof(path), HEAD_DIR "/%s/index", cluster);
	if (!rc)
		rc = remove_file(&place, path, 0, changes, err);
	/* last: as long as it is there, a removal that was cut short goes on */
	snprintf(path, sizeof(path), HEAD_DIR "/%s/" HEAD_BEFORE, cluster);
	if (!rc)
		rc = remove_file(&place, path, 0, changes, err);
	head_index_free(&old);
	if (!rc)
		remove_dirs(root, cluster);
	return rc;
}

/**
 * struct drop - an image that goes
 * @mount: path of its unit
 * @err: for all that is done
 */
struct drop {
	struct place place;
	const char *images, *id;
	char mount[128];
	struct xos_head_changes *changes;
	struct xos_error *err;
};

static char *read_text(const struct drop *d, const char *format,
		       const char *cluster, char *path, size_t size)
{
	int len = snprintf(path, size, "%s", d->place.root);

	snprintf(path + len, size - len, format, cluster);
	return xos_file_read(path, DIFF_MAX, NULL, NULL);
}

/* Does this cluster's head serve the image, and from that directory? */
static bool is_served(const struct drop *d, const char *cluster)
{
	cleanup_free char *conf = NULL;
	char path[4096], line[4200];

	conf = read_text(d, HEAD_ETC "/bootd-%s.conf", cluster, path, sizeof(path));
	snprintf(line, sizeof(line), "\nimage-dir %s\n", d->images);
	return conf && strstr(conf, line);
}

static int check_drop(const char *cluster, const struct head_index *index,
		      void *arg)
{
	struct drop *d = arg;
	int rc;

	if (!is_served(d, cluster))
		return 0;
	rc = head_check_unused_by_nodes(d->place.root, cluster, d->id, d->err);
	if (!rc && head_index_has_path(index, d->mount))
		rc = head_check_not_open(d->place.root, d->id, d->err);
	return rc;
}

/* Take the image's line out of the exports. */
static int drop_export(struct drop *d, const char *cluster)
{
	cleanup_free char *text = NULL;
	char path[4096], key[64], *line, *next;

	text = read_text(d, "/etc/exports.d/xos-%s.exports", cluster, path,
			 sizeof(path));
	snprintf(key, sizeof(key), "\n" HEAD_EXPORT_DIR "/%s ", d->id);
	line = text ? strstr(text, key) : NULL;
	if (!line)
		return 0;
	next = strchrnul(line + 1, '\n');
	memmove(line, next, strlen(next) + 1);
	tell(d->changes, "changed", path + strlen(d->place.root));
	return xos_file_write(path, text, strlen(text), 0644, false, d->err);
}

static int drop_one(const char *cluster, const struct head_index *index,
		    void *arg)
{
	struct drop *d = arg;
	struct head_index new = { 0 };
	char link[256];
	int rc;

	if (!head_index_has_path(index, d->mount) || !is_served(d, cluster))
		return 0;
	snprintf(link, sizeof(link),
		 HEAD_UNIT_DIR "/xos-head@%s.target.wants/" HEAD_MOUNT "%s.mount",
		 cluster, d->id);
	rc = head_index_without(index, d->mount, link, &new, d->err);
	if (!rc)
		rc = drop_export(d, cluster);
	if (!rc)
		rc = remove_old_paths(&d->place, cluster, index, &new, d->changes,
				      d->err);
	if (!rc)
		rc = head_index_write(d->place.root, cluster, &new, d->err);
	head_index_free(&new);
	return rc;
}

int head_drop_image(const char *root, const char *images, const char *id,
		    struct xos_head_changes *changes, struct xos_error *err)
{
	struct drop d = {
		.place = { .root = root }, .images = images, .id = id,
		.changes = changes, .err = err,
	};
	int rc;

	snprintf(d.mount, sizeof(d.mount), HEAD_UNIT_DIR "/" HEAD_MOUNT "%s.mount",
		 id);
	rc = head_index_each(root, check_drop, &d);
	return rc ? rc : head_index_each(root, drop_one, &d);
}
