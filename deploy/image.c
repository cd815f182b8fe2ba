// SPDX-License-Identifier: GPL-2.0-only
/*
 * image.c - the cache of built images
 *
 * cache/images/ID appears when image-build has renamed it there; ID is the hash
 * of the inputs (image-inputs.c).  cache/images/.ID.lock is held during a build,
 * so of two that want the same image one builds and the other finds it.
 */
#include "image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "../libxos/spawn.h"
#include "../pxe/head.h"
#include "image-inputs.h"
#include "journal.h"
#include "paths.h"

#define MANIFEST_MAX	(1 << 20)

extern char **environ;

static bool is_there(const char *dir)
{
	cleanup_free char *manifest = NULL;

	return asprintf(&manifest, "%s/manifest.json", dir) >= 0 && !access(manifest, R_OK);
}

static int name_it(const struct xos_image_inputs *in, const struct xos_paths *paths,
		   struct xos_built *built, struct xos_error *err)
{
	snprintf(built->id, sizeof(built->id), "%s", in->id);
	if (asprintf(&built->dir, "%s/images/%s", paths->cache, in->id) >= 0)
		return is_there(built->dir);
	built->dir = NULL;
	return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
}

int xos_image_name(const struct xos_inventory *inv, size_t i,
		   const struct xos_paths *paths, struct xos_built *built,
		   struct xos_error *err)
{
	struct xos_image_inputs in;
	int rc = xos_image_inputs_read(inv, i, &in, err);

	return rc < 0 ? rc : name_it(&in, paths, built, err);
}

static void put_list(FILE *f, const char *key, const struct xos_strings *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		fprintf(f, "%s=%s\n", key, list->s[i]);
}

/* The SPEC of image-build; its header says what the keys mean. */
static char *make_spec(const struct xos_image *image, const struct xos_image_inputs *in)
{
	char *spec = NULL;
	size_t len, i;
	FILE *f = open_memstream(&spec, &len);

	if (!f)
		return NULL;
	fprintf(f, "id=%s\nname=%s\nkind=%s\nsuite=%s\nroot=%s\ndrivers=%s\nkernel=%s\n",
		in->id, image->name, in->kind, image->suite,
		image->root == XOS_ROOT_NFS ? "nfs" : "ram", image->drivers, in->kernel);
	fprintf(f, "modules=all\nsource=%s\nbuild=%s\nepoch=%lld\n", xos_data_dir(),
		xos_build_dir(), (long long)in->epoch);
	put_list(f, "packages", &image->packages);
	put_list(f, "enable", &image->enable);
	put_list(f, "disable", &image->disable);
	put_list(f, "overlay", &image->overlay);
	for (i = 0; i < XOS_IMAGE_INPUTS; i++)
		fprintf(f, "input=%s %s\n", in->name[i], in->hash[i]);
	fclose(f);
	return spec;
}

/* Lines of the builder's stdout go to @progress; a signal to us ends it. */
static int follow(pid_t pid, int fd, const char *name, xos_progress_fn *progress, void *arg)
{
	char line[512], text[600];
	size_t len = 0;
	ssize_t n;
	int status;

	while ((n = read(fd, line + len, 1)) != 0) {
		if (n < 0) {
			kill(pid, SIGTERM);
			break;
		}
		if (line[len] != '\n' && len < sizeof(line) - 2) {
			len++;
			continue;
		}
		line[len] = '\0';
		len = 0;
		snprintf(text, sizeof(text), "image %s: %s", name, line);
		progress(text, arg);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		kill(pid, SIGTERM);
	return status;
}

/* image-build has our exit codes, but a shell that fails has its own. */
static enum xos_exit exit_of(int status)
{
	return status == XOS_EXIT_USAGE || status == XOS_EXIT_BACKEND ? status :
		XOS_EXIT_FAILED;
}

static int run_builder(const struct xos_image *image, const char *spec, const char *dir,
		       const char *said, xos_progress_fn *progress, void *arg,
		       struct xos_error *err)
{
	cleanup_free char *program = NULL, *why = NULL;
	char *argv[] = { NULL, (char *)spec, (char *)dir, NULL };
	posix_spawn_file_actions_t actions;
	int out[2], status, code;
	pid_t pid;

	if (asprintf(&program, "%s/deploy/image-build", xos_data_dir()) < 0 ||
	    pipe2(out, O_CLOEXEC) < 0)
		return xos_error_set(err, -errno, XOS_EXIT_FAILED, "image %s: %s", image->name,
				     strerror(errno));
	argv[0] = program;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_addopen(&actions, 2, said, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	code = posix_spawn(&pid, program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	if (code) {
		close(out[0]);
		return xos_error_set(err, -code, XOS_EXIT_FAILED, "%s: %s; is XOS_DATA_DIR right?",
				     program, strerror(code));
	}
	status = follow(pid, out[0], image->name, progress, arg);
	close(out[0]);
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (WIFSIGNALED(status))
		return xos_error_set(err, -EINTR, XOS_EXIT_FAILED,
				     "image %s: the build was stopped", image->name);
	why = xos_file_read(said, MANIFEST_MAX, NULL, NULL);
	if (why)
		why[strcspn(why, "\n")] = '\0';
	return xos_error_set(err, -EIO, exit_of(WEXITSTATUS(status)), "image %s: %.800s",
			     image->name, why && *why ? why : "the build failed without a word");
}

static int build(const struct xos_image *image, const struct xos_image_inputs *in,
		 const struct xos_paths *paths, const struct xos_built *built,
		 xos_progress_fn *progress, void *arg, struct xos_error *err)
{
	cleanup_free char *spec = make_spec(image, in), *spec_file = NULL, *said = NULL;
	int rc;

	if (!spec ||
	    asprintf(&spec_file, "%s/images/.%s.spec", paths->cache, in->id) < 0 ||
	    asprintf(&said, "%s/images/.%s.said", paths->cache, in->id) < 0)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	rc = xos_file_write(spec_file, spec, strlen(spec), 0644, false, err);
	if (!rc)
		rc = run_builder(image, spec_file, built->dir, said, progress, arg, err);
	unlink(spec_file);
	unlink(said);
	if (!rc && !is_there(built->dir))
		rc = xos_error_set(err, -EIO, XOS_EXIT_FAILED,
				   "image %s: the build made no %s", image->name, built->dir);
	return rc;
}

static int open_lock(const struct xos_paths *paths, const char *id, const char *name,
		     xos_progress_fn *progress, void *arg, struct xos_error *err)
{
	cleanup_free char *dir = NULL, *path = NULL;
	char text[128];
	int fd, rc;

	if (asprintf(&dir, "%s/images", paths->cache) < 0 ||
	    asprintf(&path, "%s/.%s.lock", dir, id) < 0)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	rc = xos_mkdir_p(dir, 0755, err);
	if (rc < 0)
		return rc;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		snprintf(text, sizeof(text), "image %s: another process builds it, waiting", name);
		progress(text, arg);
		rc = flock(fd, LOCK_EX);
	}
	if (fd < 0 || rc < 0) {
		rc = xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return rc;
	}
	return fd;
}

int xos_image_ensure(const struct xos_inventory *inv, size_t i,
		     const struct xos_paths *paths, struct xos_built *built, bool *made,
		     xos_progress_fn *progress, void *arg, struct xos_error *err)
{
	const struct xos_image *image = &inv->images[i];
	struct xos_image_inputs in;
	cleanup_close int lock = -1;
	int rc;

	*made = false;
	rc = xos_image_inputs_read(inv, i, &in, err);
	if (rc < 0)
		return rc;
	rc = name_it(&in, paths, built, err);
	if (rc)
		return rc < 0 ? rc : 0;
	lock = open_lock(paths, in.id, image->name, progress, arg, err);
	if (lock < 0)
		return lock;
	if (is_there(built->dir))
		return 0;
	*made = true;
	return build(image, &in, paths, built, progress, arg, err);
}

bool xos_image_find(const struct xos_paths *paths, const char *id,
		    struct xos_built *built)
{
	char *dir;

	if (asprintf(&dir, "%s/images/%s", paths->cache, id) < 0)
		return false;
	if (!is_there(dir)) {
		free(dir);
		return false;
	}
	snprintf(built->id, sizeof(built->id), "%s", id);
	built->dir = dir;
	return true;
}

int xos_image_each(const struct xos_paths *paths,
		   void (*fn)(const char *id, const char *dir, const char *manifest,
			      void *arg),
		   void *arg, struct xos_error *err)
{
	cleanup_free char *images = NULL;
	struct dirent **list = NULL;
	int n, i;

	if (asprintf(&images, "%s/images", paths->cache) < 0)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	n = scandir(images, &list, NULL, alphasort);
	for (i = 0; i < n; i++) {
		cleanup_free char *dir = NULL, *manifest = NULL, *text = NULL;
		const char *id = list[i]->d_name;

		if (*id != '.' && asprintf(&dir, "%s/%s", images, id) >= 0 &&
		    asprintf(&manifest, "%s/manifest.json", dir) >= 0)
			text = xos_file_read(manifest, MANIFEST_MAX, NULL, NULL);
		if (text)
			fn(id, dir, text, arg);
		free(list[i]);
	}
	free(list);
	return 0;
}

struct use {
	const char *id;
	bool used;
};

/* "image" records of the last run say "NAME ID ..." */
static void look_for_use(const struct xos_record *r, void *arg)
{
	struct use *use = arg;

	if (!strcmp(r->name, "begin") || !strcmp(r->name, "down"))
		use->used = false;
	else if (!strcmp(r->name, "image") && strstr(r->detail, use->id))
		use->used = true;
}

static int check_unused(const struct xos_paths *paths, const char *id,
			struct xos_error *err)
{
	cleanup_free char *parent = strdup(paths->state);
	struct dirent *entry;
	struct use use = { id, false };
	char name[256] = "";
	DIR *dir;

	if (!parent)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	*strrchr(parent, '/') = '\0';
	dir = opendir(parent);
	while (dir && !use.used && (entry = readdir(dir))) {
		cleanup_free char *state = NULL;

		if (*entry->d_name == '.' ||
		    asprintf(&state, "%s/%s", parent, entry->d_name) < 0)
			continue;
		snprintf(name, sizeof(name), "%s", entry->d_name);
		xos_journal_read(state, NULL, NULL, look_for_use, &use, NULL);
	}
	if (dir)
		closedir(dir);
	if (use.used)
		return xos_error_set(err, -EBUSY, XOS_EXIT_FAILED,
			"image %s is used by the cluster %s; end that first: xos-ssi-deploy down",
			id, name);
	return 0;
}

int xos_image_remove(const struct xos_paths *paths, const char *id, FILE *out,
		     struct xos_error *err)
{
	cleanup_free char *dir = NULL, *images = NULL;
	const char *argv[] = { "rm", "-rf", "--one-file-system", "--", NULL, NULL };
	struct xos_spawn spawn = { .argv = argv };
	int rc;

	if (strlen(id) != 16 || strspn(id, "0123456789abcdef") != 16)
		return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
				     "'%s' is no image id; see: xos-ssi-deploy image list", id);
	if (asprintf(&images, "%s/images", paths->cache) < 0 ||
	    asprintf(&dir, "%s/%s", images, id) < 0)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	if (access(dir, F_OK))
		return xos_error_set(err, -ENOENT, XOS_EXIT_USAGE,
				     "there is no image %s; see: xos-ssi-deploy image list", id);
	rc = check_unused(paths, id, err);
	if (!rc)
		rc = xos_head_drop_image("", images, id, out, err);
	if (rc < 0)
		return rc;
	argv[4] = dir;
	return xos_spawn_check(&spawn, err);
}
