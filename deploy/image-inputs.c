// SPDX-License-Identifier: GPL-2.0-only
/*
 * image-inputs.c - what an image is made of, as hashes
 *
 *	spec	its part of the inventory: suite, packages, units, drivers
 *	trees	overlays of the inventory, in order
 *	recipe	image-build and its parts, our own overlay
 *	boot	the dracut module
 *	built	our modules and programs
 *	kernel	release of the distribution's kernel
 *	archive	the package index, as this machine last saw it
 *
 * The boot line is no input: it is handed out at boot.  A tree is hashed as the
 * sorted list of path, type, mode and content, so neither times nor places count.
 * Of the archive only the checksums of the package lists count: an index that was
 * signed again, or comes from another mirror, does not rename an image.
 */
#include "image-inputs.h"

#include <errno.h>
#include <fts.h>
#include <glob.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../libxos/cleanup.h"
#include "paths.h"

#if defined(__x86_64__)
#define DEBIAN_ARCH	"amd64"
#elif defined(__aarch64__)
#define DEBIAN_ARCH	"arm64"
#else
#error "say how Debian calls this architecture"
#endif

#define APT_LISTS	"/var/lib/apt/lists"

static void hash_text(EVP_MD_CTX *md, const char *text)
{
	EVP_DigestUpdate(md, text, strlen(text) + 1);	/* the NUL ends it */
}

static void hash_strings(EVP_MD_CTX *md, const char *key, const struct xos_strings *list)
{
	size_t i;

	hash_text(md, key);
	for (i = 0; i < list->n; i++)
		hash_text(md, list->s[i]);
}

static int hash_file(EVP_MD_CTX *md, const char *path, struct xos_error *err)
{
	cleanup_fclose FILE *f = fopen(path, "re");
	char buf[65536];
	size_t n;

	if (!f)
		return xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s", path,
				     strerror(errno));
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		EVP_DigestUpdate(md, buf, n);
	return 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int hash_entry(EVP_MD_CTX *md, const FTSENT *e, const char *suffix, size_t skip,
		      struct xos_error *err)
{
	char text[4200], target[4096];
	ssize_t n;

	if (e->fts_info == FTS_DP || e->fts_info == FTS_D)
		return 0;		/* a directory counts by what is in it */
	if (e->fts_info == FTS_ERR || e->fts_info == FTS_DNR || e->fts_info == FTS_NS)
		return xos_error_set(err, -e->fts_errno, XOS_EXIT_FAILED, "%s: %s", e->fts_path,
				     strerror(e->fts_errno));
	if (*suffix && (e->fts_namelen < strlen(suffix) ||
			strcmp(e->fts_name + e->fts_namelen - strlen(suffix), suffix)))
		return 0;
	snprintf(text, sizeof(text), "%s %o", e->fts_path + skip, e->fts_statp->st_mode);
	hash_text(md, text);
	if (e->fts_info == FTS_SL || e->fts_info == FTS_SLNONE) {
		n = readlink(e->fts_accpath, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		hash_text(md, target);
		return 0;
	}
	return e->fts_info == FTS_F ? hash_file(md, e->fts_path, err) : 0;
}

/* Whatever is below @dir and ends with @suffix; nothing where it is missing. */
static int hash_tree(EVP_MD_CTX *md, const char *dir, const char *suffix,
		     struct xos_error *err)
{
	char *const roots[] = { (char *)dir, NULL };
	FTS *fts;
	FTSENT *e;
	int rc = 0;

	if (access(dir, F_OK))
		return 0;
	fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	if (!fts)
		return xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s", dir,
				     strerror(errno));
	while (!rc && (e = fts_read(fts)))
		rc = hash_entry(md, e, suffix, strlen(dir), err);
	fts_close(fts);
	return rc;
}

static int hash_below(EVP_MD_CTX *md, const char *parent, const char *name,
		      const char *suffix, struct xos_error *err)
{
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/%s", parent, name) < 0)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	hash_text(md, name);
	return hash_tree(md, path, suffix, err);
}

struct source {
	const struct xos_inventory *inv;
	const struct xos_image *image;
	struct xos_image_inputs *in;
};

static int hash_spec(EVP_MD_CTX *md, const struct source *s, struct xos_error *err)
{
	(void)err;
	hash_text(md, s->image->name);
	hash_text(md, s->in->kind);
	hash_text(md, s->image->suite);
	hash_text(md, s->image->drivers);
	hash_text(md, s->image->root == XOS_ROOT_NFS ? "nfs" : "ram");
	hash_strings(md, "packages", &s->image->packages);
	hash_strings(md, "enable", &s->image->enable);
	hash_strings(md, "disable", &s->image->disable);
	return 0;
}

static int hash_trees(EVP_MD_CTX *md, const struct source *s, struct xos_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < s->image->overlay.n && !rc; i++)
		rc = hash_tree(md, s->image->overlay.s[i], "", err);
	return rc;
}

static int hash_recipe(EVP_MD_CTX *md, const struct source *s, struct xos_error *err)
{
	bool head = !strcmp(s->in->kind, "head");
	const char *data = xos_data_dir();
	int rc = hash_below(md, data, "deploy/image-build", "", err);

	if (!rc)
		rc = hash_below(md, data, "deploy/image-build.d", "", err);
	if (!rc)
		rc = hash_below(md, data, head ? "deploy/overlay/head" : "deploy/overlay/node",
				"", err);
	return rc;
}

static int hash_boot(EVP_MD_CTX *md, const struct source *s, struct xos_error *err)
{
	(void)s;
	return hash_below(md, xos_data_dir(), "initramfs/90xos-root", "", err);
}

static int hash_built(EVP_MD_CTX *md, const struct source *s, struct xos_error *err)
{
	static const char *const for_node[] = { "initramfs/xos-report", "userland/krgadm",
						"userland/libkerrighed.so.2", NULL };
	static const char *const for_head[] = { "initramfs/xos-report", "pxe/xos-bootd",
						"deploy/xos-ssi-deploy", NULL };
	bool head = !strcmp(s->in->kind, "head");
	const char *const *name = head ? for_head : for_node;
	char modules[128];
	int rc = 0;

	for (; *name && !rc; name++)
		rc = hash_below(md, xos_build_dir(), *name, "", err);
	snprintf(modules, sizeof(modules), "kernel/%s", s->in->kernel);
	return rc ? rc : hash_below(md, xos_build_dir(), modules, ".ko", err);
}

static int hash_kernel(EVP_MD_CTX *md, const struct source *s, struct xos_error *err)
{
	(void)err;
	hash_text(md, s->in->kernel);
	return 0;
}

/* " HEX SIZE COMPONENT/binary-ARCH/Packages" is all that counts of an index. */
static void hash_index(EVP_MD_CTX *md, FILE *f, int64_t *date)
{
	static const char list[] = "/binary-" DEBIAN_ARCH "/Packages";
	char line[512], path[256], sum[130];
	struct tm tm = { 0 };
	unsigned long size;

	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "Date: ", 6) && strptime(line + 6, "%a, %d %b %Y %T", &tm) &&
		    date)
			*date = timegm(&tm);
		if (sscanf(line, " %129s %lu %255s", sum, &size, path) != 3 || strlen(sum) != 64)
			continue;
		if (strchr(path, '/') && !strcmp(strchr(path, '/'), list)) {
			hash_text(md, path);
			hash_text(md, sum);
		}
	}
}

static int hash_archive(EVP_MD_CTX *md, const struct source *s, struct xos_error *err)
{
	static const char *const parts[] = { "", "-updates", "-security" };
	const char *lists = getenv("XOS_APT_LISTS");
	char pattern[512];
	size_t part, i, found = 0;
	glob_t files;

	for (part = 0; part < 3; part++) {
		snprintf(pattern, sizeof(pattern), "%s/*_dists_%s%s_InRelease",
			 lists ? lists : APT_LISTS, s->image->suite, parts[part]);
		hash_text(md, parts[part]);
		if (glob(pattern, 0, NULL, &files))
			continue;
		for (i = 0; i < files.gl_pathc; i++) {
			cleanup_fclose FILE *f = fopen(files.gl_pathv[i], "re");

			if (f)
				hash_index(md, f, part ? NULL : &s->in->epoch);
			found++;
		}
		globfree(&files);
	}
	if (!found)
		return xos_error_set(err, -ENOENT, XOS_EXIT_BACKEND,
			"image %s: this machine has no package index of suite '%s'; add it to /etc/apt/sources.list and run: apt-get update",
			s->image->name, s->image->suite);
	return 0;
}

static const struct {
	const char *name;
	int (*hash)(EVP_MD_CTX *md, const struct source *s, struct xos_error *err);
} inputs[XOS_IMAGE_INPUTS] = {
	{ "spec", hash_spec },
	{ "trees", hash_trees },
	{ "recipe", hash_recipe },
	{ "boot", hash_boot },
	{ "built", hash_built },
	{ "kernel", hash_kernel },
	{ "archive", hash_archive },
};

static void finish(EVP_MD_CTX *md, char *hex, size_t bytes)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	size_t i;

	EVP_DigestFinal_ex(md, sum, NULL);
	for (i = 0; i < bytes; i++)
		sprintf(hex + 2 * i, "%02x", sum[i]);
}

/* The newest release that modules were built for, build/kernel/RELEASE/X.ko. */
static bool find_built(char *release, size_t size)
{
	char pattern[PATH_MAX];
	const char *newest = "";
	glob_t files;
	size_t i;

	snprintf(pattern, sizeof(pattern), "%s/kernel/*/*.ko", xos_build_dir());
	if (glob(pattern, 0, NULL, &files))
		return false;
	for (i = 0; i < files.gl_pathc; i++) {
		char *path = files.gl_pathv[i];

		*strrchr(path, '/') = '\0';
		if (strverscmp(strrchr(path, '/') + 1, newest) > 0)
			newest = strrchr(path, '/') + 1;
	}
	snprintf(release, size, "%s", newest);
	globfree(&files);
	return true;
}

static int find_kernel(struct xos_image_inputs *in, struct xos_error *err)
{
	const char *wanted = getenv("KERNELRELEASE");

	if (wanted && *wanted)
		snprintf(in->kernel, sizeof(in->kernel), "%s", wanted);
	else if (!find_built(in->kernel, sizeof(in->kernel)))
		return xos_error_set(err, -ENOENT, XOS_EXIT_BACKEND,
			"%s/kernel: no modules, for no kernel; run: make -C %s/kernel O=%s",
			xos_build_dir(), xos_data_dir(), xos_build_dir());
	return 0;
}

int xos_image_inputs_read(const struct xos_inventory *inv, size_t i,
			  struct xos_image_inputs *in, struct xos_error *err)
{
	const struct xos_image *image = &inv->images[i];
	struct source s = { inv, image, in };
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t n;
	int rc;

	memset(in, 0, sizeof(*in));
	in->kind = image == inv->head.image ? "head" : "node";
	rc = md ? find_kernel(in, err) :
	     xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	for (n = 0; n < XOS_IMAGE_INPUTS && !rc; n++) {
		EVP_DigestInit_ex(md, EVP_sha256(), NULL);
		in->name[n] = inputs[n].name;
		rc = inputs[n].hash(md, &s, err);
		finish(md, in->hash[n], 32);
	}
	if (!rc) {
		EVP_DigestInit_ex(md, EVP_sha256(), NULL);
		for (n = 0; n < XOS_IMAGE_INPUTS; n++)
			hash_text(md, in->hash[n]);
		finish(md, in->id, 8);
	}
	EVP_MD_CTX_free(md);
	return rc;
}
