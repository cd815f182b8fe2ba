// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * image-store.c - manifests, and files that are compared with them
 *
 * A file's hash is computed when it is first opened and remembered for as long
 * as inode, size and times stay the same; its size is compared at every open.
 * A block device (the testbed's head has its images as disks) is at least as
 * large as the manifest says, as disks end at a sector.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../libxos/cleanup.h"
#include "image-store.h"

#define ID_LEN 16
#define HEX_LEN 64
#define MANIFEST_MAX (1 << 20)
#define NAME_MAX_LEN 63

/* Tells whether a file is the one that was looked at before. */
struct identity {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
};

struct file {
	char name[NAME_MAX_LEN + 1];
	uint64_t size;
	char sha256[HEX_LEN + 1];
	struct identity hashed;		/* all zero: not hashed yet */
	bool hash_ok;
};

struct image {
	struct image *next;
	char id[ID_LEN + 1];
	struct identity manifest;
	size_t n_files;
	struct file *files;
};

struct xos_image_store {
	pthread_mutex_t lock;		/* protects what follows */
	struct image *images;
	char *dir;			/* constant */
};

struct xos_image_store *xos_image_store_create(const char *dir)
{
	struct xos_image_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->dir = strdup(dir);
	if (!store->dir) {
		free(store);
		return NULL;
	}
	pthread_mutex_init(&store->lock, NULL);
	return store;
}

static void destroy_image(struct image *image)
{
	free(image->files);
	free(image);
}

void xos_image_store_destroy(struct xos_image_store *store)
{
	struct image *image, *next;

	if (!store)
		return;
	for (image = store->images; image; image = next) {
		next = image->next;
		destroy_image(image);
	}
	pthread_mutex_destroy(&store->lock);
	free(store->dir);
	free(store);
}

static struct identity identity_of(const struct stat *st)
{
	struct identity i;

	memset(&i, 0, sizeof(i));	/* the padding is compared as well */
	i.dev = st->st_dev;
	i.ino = st->st_ino;
	i.size = st->st_size;
	i.mtime = st->st_mtim;
	i.ctime = st->st_ctim;
	return i;
}

static bool is_same(const struct identity *a, const struct identity *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool is_id(const char *id)
{
	return strlen(id) == ID_LEN && strspn(id, "0123456789abcdef") == ID_LEN;
}

static int bad_manifest(struct xos_error *err, const char *path,
			const char *why)
{
	return xos_error_set(err, -EIO, XOS_EXIT_FAILED,
			     "%s: %s; build the image again", path, why);
}

static int read_file(struct file *file, const char *name, const json_t *value,
		     const char *path, struct xos_error *err)
{
	const json_t *size = json_object_get(value, "size");
	const char *hash = json_string_value(json_object_get(value, "sha256"));

	if (strlen(name) > NAME_MAX_LEN || strchr(name, '/') || name[0] == '.')
		return bad_manifest(err, path, "a file has an unusable name");
	if (!json_is_integer(size) || json_integer_value(size) < 0 || !hash ||
	    strlen(hash) != HEX_LEN ||
	    strspn(hash, "0123456789abcdef") != HEX_LEN)
		return bad_manifest(err, path, "a file has no size or no sha256");
	strcpy(file->name, name);
	file->size = json_integer_value(size);
	strcpy(file->sha256, hash);
	return 0;
}

static int read_files(struct image *image, const json_t *files,
		      const char *path, struct xos_error *err)
{
	const char *name;
	json_t *value;
	int rc;

	if (!json_is_object(files) || !json_object_size(files))
		return bad_manifest(err, path, "names no files");
	image->files = calloc(json_object_size(files), sizeof(*image->files));
	if (!image->files)
		return -ENOMEM;
	json_object_foreach((json_t *)files, name, value) {
		rc = read_file(&image->files[image->n_files], name, value,
			       path, err);
		if (rc)
			return rc;
		image->n_files++;
	}
	return 0;
}

static int read_manifest(struct xos_image_store *store, const char *id,
			 struct image **result, struct xos_error *err)
{
	char path[4096];
	cleanup_close int fd = -1;
	struct image *image;
	json_t *manifest;
	struct stat st;
	int rc;

	snprintf(path, sizeof(path), "%s/%s/manifest.json", store->dir, id);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s",
				     path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > MANIFEST_MAX)
		return bad_manifest(err, path, "not a file, or too large");
	image = calloc(1, sizeof(*image));
	if (!image)
		return -ENOMEM;
	strcpy(image->id, id);
	image->manifest = identity_of(&st);
	manifest = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
	rc = manifest ?
		read_files(image, json_object_get(manifest, "files"), path, err) :
		bad_manifest(err, path, "not JSON");
	json_decref(manifest);
	if (rc) {
		destroy_image(image);
		return rc;
	}
	*result = image;
	return 0;
}

/* The image, with a manifest that is as on the disk now. */
static int get_image(struct xos_image_store *store, const char *id,
		     struct image **result, struct xos_error *err)
{
	struct image **link;
	struct identity now;
	char path[4096];
	struct stat st;
	int rc;

	if (!is_id(id))
		return xos_error_set(err, -ENOENT, XOS_EXIT_FAILED,
				     "no image has this id");
	for (link = &store->images; *link; link = &(*link)->next) {
		if (!strcmp((*link)->id, id))
			break;
	}
	snprintf(path, sizeof(path), "%s/%s/manifest.json", store->dir, id);
	if (stat(path, &st))
		return xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s",
				     path, strerror(errno));
	now = identity_of(&st);
	if (*link && !is_same(&now, &(*link)->manifest)) {
		struct image *old = *link;

		*link = old->next;
		destroy_image(old);
		link = &store->images;
		while (*link)
			link = &(*link)->next;
	}
	if (!*link) {
		rc = read_manifest(store, id, link, err);
		if (rc)
			return rc;
	}
	*result = *link;
	return 0;
}

static int hash_file(int fd, uint64_t size, char hex[HEX_LEN + 1])
{
	static const size_t chunk = 256 << 10;
	cleanup_free unsigned char *buf = malloc(chunk);
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = buf && ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	uint64_t done = 0;

	while (ok && done < size) {
		size_t want = size - done < chunk ? size - done : chunk;
		ssize_t got = pread(fd, buf, want, done);

		ok = got > 0 && EVP_DigestUpdate(ctx, buf, got);
		done += got > 0 ? got : 0;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, digest, NULL);
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return -EIO;
	for (int i = 0; i < HEX_LEN / 2; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	return 0;
}

/* Is the open file what the manifest says? */
static int check(struct file *file, int fd, const char *path,
		 struct xos_error *err)
{
	char hex[HEX_LEN + 1] = "";
	struct identity now;
	struct stat st;
	off_t size;

	if (fstat(fd, &st))
		return xos_error_set(err, -EIO, XOS_EXIT_FAILED, "%s: %s", path,
				     strerror(errno));
	size = S_ISBLK(st.st_mode) ? lseek(fd, 0, SEEK_END) : st.st_size;
	if (size < 0 || (uint64_t)size < file->size ||
	    (S_ISREG(st.st_mode) && (uint64_t)size != file->size))
		return xos_error_set(err, -EIO, XOS_EXIT_FAILED,
				     "%s: has %lld bytes, its manifest says %llu; build the image again",
				     path, (long long)size,
				     (unsigned long long)file->size);
	if (file->size > XOS_IMAGE_HASH_MAX)
		return 0;
	now = identity_of(&st);
	if (!is_same(&now, &file->hashed)) {
		if (hash_file(fd, file->size, hex))
			return xos_error_set(err, -EIO, XOS_EXIT_FAILED,
					     "%s: cannot be read", path);
		file->hashed = now;
		file->hash_ok = !strcmp(hex, file->sha256);
	}
	if (!file->hash_ok)
		return xos_error_set(err, -EIO, XOS_EXIT_FAILED,
				     "%s: its sha256 is not the manifest's; build the image again",
				     path);
	return 0;
}

static int open_file(struct xos_image_store *store, const char *id,
		     const char *name, struct xos_image_file *out,
		     struct xos_error *err)
{
	struct image *image = NULL;
	struct file *file = NULL;
	char path[4096];
	int fd, rc;

	rc = get_image(store, id, &image, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < image->n_files && !file; i++) {
		if (!strcmp(image->files[i].name, name))
			file = &image->files[i];
	}
	if (!file)
		return xos_error_set(err, -ENOENT, XOS_EXIT_FAILED,
				     "image %s has no such file", id);
	snprintf(path, sizeof(path), "%s/%s/%s", store->dir, id, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return xos_error_set(err, -EIO, XOS_EXIT_FAILED, "%s: %s", path,
				     strerror(errno));
	rc = check(file, fd, path, err);
	if (rc) {
		close(fd);
		return rc;
	}
	out->fd = fd;
	out->size = file->size;
	snprintf(out->etag, sizeof(out->etag), "\"%.32s\"", file->sha256);
	return 0;
}

int xos_image_store_open(struct xos_image_store *store, const char *id,
			 const char *name, struct xos_image_file *file,
			 struct xos_error *err)
{
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = open_file(store, id, name, file, err);
	pthread_mutex_unlock(&store->lock);
	return rc;
}
