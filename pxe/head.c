// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * head.c - install, status, plan and removal of a head on this machine
 *
 * The order of an install: check everything; write the files; withdraw exports
 * and mounts that are no longer wanted; let systemd read its units; start what
 * does not run; tell what ran already, each service at most once.
 */
#include <errno.h>
#include <jansson.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "../libxos/spawn.h"
#include "bootd-client.h"
#include "head-index.h"

#define COMMAND_TIMEOUT_MS	60000
#define STATUS_TIMEOUT_MS	3000
#define WORDS_MAX		64

/* How a unit is called; %s is the cluster. */
static const struct {
	enum head_unit bit;
	const char *name;
	unsigned int reload, restart;	/* enum xos_head_need */
} units[] = {
	{ HEAD_UNIT_DNSMASQ, "xos-dnsmasq@%s.service",
	  XOS_HEAD_DNSMASQ_RELOAD, XOS_HEAD_DNSMASQ_RESTART },
	{ HEAD_UNIT_BOOTD, "xos-bootd@%s.service",
	  XOS_HEAD_BOOTD_RELOAD, XOS_HEAD_BOOTD_RESTART },
	/* its reload is "exportfs -r" */
	{ HEAD_UNIT_NFS, "nfs-server.service",
	  XOS_HEAD_EXPORTS, XOS_HEAD_NFS_RESTART },
};

#define N_UNITS (sizeof(units) / sizeof(units[0]))

/**
 * struct words - a command, put together word by word
 * @argv: ends with NULL
 * @failed: no memory, or too many words
 */
struct words {
	char *argv[WORDS_MAX + 1];
	size_t n;
	bool failed;
};

static void words_add(struct words *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void words_add(struct words *w, const char *fmt, ...)
{
	va_list ap;
	int len = -1;

	va_start(ap, fmt);
	if (w->n < WORDS_MAX)
		len = vasprintf(&w->argv[w->n], fmt, ap);
	va_end(ap);
	if (len >= 0)
		w->n++;
	else
		w->failed = true;
	w->argv[w->n] = NULL;
}

static void words_free(struct words *w)
{
	while (w->n)
		free(w->argv[--w->n]);
}

/**
 * struct head - one install, removal or plan under way
 * @cluster: its name
 * @out: takes lines about what is done, or NULL
 * @dry: commands are printed, not run
 * @gone: mount units that were removed
 */
struct head {
	const char *cluster;
	FILE *out;
	bool dry;
	struct words gone;
};

static void say(struct head *h, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct head *h, const char *fmt, ...)
{
	va_list ap;

	if (!h->out)
		return;
	va_start(ap, fmt);
	vfprintf(h->out, fmt, ap);
	va_end(ap);
}

/* Run a command and free its words. */
static int run(struct head *h, struct words *w, struct xos_error *err)
{
	struct xos_spawn spawn = {
		.argv = (const char *const *)w->argv,
		.timeout_ms = COMMAND_TIMEOUT_MS,
	};
	int rc;

	say(h, "run");
	for (size_t i = 0; i < w->n; i++)
		say(h, " %s", w->argv[i]);
	say(h, "\n");
	if (w->failed)
		rc = xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	else
		rc = h->dry ? 0 : xos_spawn_check(&spawn, err);
	words_free(w);
	return rc;
}

static int systemctl(struct head *h, const char *verb, const char *unit,
		     struct xos_error *err)
{
	struct words w = { .n = 0 };

	words_add(&w, "systemctl");
	words_add(&w, "%s", verb);
	if (unit)
		words_add(&w, unit, h->cluster);
	return run(h, &w, err);
}

/* enum head_unit bits of the services that run. */
static unsigned int active_units(const char *cluster)
{
	unsigned int active = 0;

	for (size_t i = 0; i < N_UNITS; i++) {
		char unit[128];
		const char *argv[] = { "systemctl", "is-active", "--quiet", unit,
				       NULL };
		struct xos_spawn spawn = {
			.argv = argv,
			.timeout_ms = COMMAND_TIMEOUT_MS,
		};

		snprintf(unit, sizeof(unit), units[i].name, cluster);
		if (!xos_spawn_run(&spawn, NULL))
			active |= units[i].bit;
	}
	return active;
}

static const char *mount_unit(const char *path)
{
	static const char prefix[] = HEAD_UNIT_DIR "/" HEAD_MOUNT;

	return strncmp(path, prefix, strlen(prefix)) ? NULL :
		path + strlen(HEAD_UNIT_DIR) + 1;
}

/* Called for each file. */
static void on_change(const char *what, const char *path, void *arg)
{
	struct head *h = arg;

	say(h, "%s %s\n", what, path);
	if (!strcmp(what, "removed") && mount_unit(path))
		words_add(&h->gone, "%s", mount_unit(path));
}

/* Where images were mounted: directories that systemd made. */
static void remove_mount_points(const struct head *h)
{
	for (size_t i = 0; i < h->gone.n; i++) {
		const char *id = h->gone.argv[i] + strlen(HEAD_MOUNT);
		char path[128];

		snprintf(path, sizeof(path), HEAD_EXPORT_DIR "/%.16s", id);
		rmdir(path);
	}
	rmdir(HEAD_EXPORT_DIR);
}

/* Exports first: what is exported cannot be unmounted. */
static int drop_mounts(struct head *h, struct xos_error *err)
{
	struct words reexport = { .n = 0 }, stop = { .n = 0 };
	int rc;

	if (!h->gone.n)
		return 0;
	words_add(&reexport, "exportfs");
	words_add(&reexport, "-r");
	rc = run(h, &reexport, err);
	words_add(&stop, "systemctl");
	words_add(&stop, "stop");
	for (size_t i = 0; i < h->gone.n; i++)
		words_add(&stop, "%s", h->gone.argv[i]);
	if (rc)
		words_free(&stop);
	else
		rc = run(h, &stop, err);
	if (!rc && !h->dry)
		remove_mount_points(h);
	return rc;
}

/* @active: what ran before; started by now is everything. */
static int tell_services(struct head *h, unsigned int needs,
			 unsigned int active, struct xos_error *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < N_UNITS; i++) {
		if (!(active & units[i].bit))
			continue;
		if (needs & units[i].restart)
			rc = systemctl(h, "restart", units[i].name, err);
		else if (needs & units[i].reload)
			rc = systemctl(h, "reload", units[i].name, err);
	}
	return rc;
}

static int commands(struct head *h, unsigned int needs, unsigned int active,
		    struct xos_error *err)
{
	int rc = drop_mounts(h, err);

	if (!rc && (needs & XOS_HEAD_UNITS))
		rc = systemctl(h, "daemon-reload", NULL, err);
	/* starts what does not run: also mounts that are new */
	if (!rc && (needs & XOS_HEAD_UNITS || active !=
		    (HEAD_UNIT_DNSMASQ | HEAD_UNIT_BOOTD | HEAD_UNIT_NFS)))
		rc = systemctl(h, "start", "xos-head@%s.target", err);
	return rc ? rc : tell_services(h, needs, active, err);
}

/* A node mounts this directory; what is made here must be what it gets. */
static int make_config_dir(const char *dir, struct xos_error *err)
{
	struct statfs fs;
	int rc;

	if (!dir)
		return 0;
	rc = xos_mkdir_p(dir, 0755, err);
	if (rc)
		return rc;
	if (!statfs(dir, &fs) && fs.f_type == OVERLAYFS_SUPER_MAGIC)
		return xos_error_set(err, -EXDEV, XOS_EXIT_FAILED,
				     "%s: is on an overlay, which NFS cannot export; mount another file system there",
				     dir);
	return 0;
}

/*
 * The boot server is nobody in particular; where an image is a disk, its device
 * must let it read.  Whoever is on the boot network gets the image anyway.
 */
static void open_devices(const struct xos_head_input *in)
{
	const char *dir = in->image_dir ? in->image_dir : XOS_HEAD_IMAGE_DIR;
	struct stat st;
	char path[4096];

	for (size_t i = 0; i < in->inv->n_images; i++) {
		if (!in->image_ids[i] ||
		    in->inv->images[i].root != XOS_ROOT_RAM)
			continue;
		snprintf(path, sizeof(path), "%s/%s/root.squashfs", dir,
			 in->image_ids[i]);
		if (!stat(path, &st) && S_ISBLK(st.st_mode))
			chmod(path, (st.st_mode & 07777) | 0444);
	}
}

static void before_path(const char *cluster, char *buf, size_t size)
{
	snprintf(buf, size, HEAD_DIR "/%s/" HEAD_BEFORE, cluster);
}

/* What ran before the first install runs after the removal. */
static int note_before(const char *cluster, unsigned int active,
		       struct xos_error *err)
{
	const char *text = active & HEAD_UNIT_NFS ? "nfs active\n" : "";
	char path[512];
	int rc;

	before_path(cluster, path, sizeof(path));
	if (!access(path, F_OK))
		return 0;
	*strrchr(path, '/') = '\0';
	rc = xos_mkdir_p(path, 0755, err);
	before_path(cluster, path, sizeof(path));
	return rc ? rc : xos_file_write(path, text, strlen(text), 0644, false,
					err);
}

int xos_head_check(const struct xos_head_input *in, struct xos_error *err)
{
	return head_check(in, active_units(in->inv->name), err);
}

static int install_here(struct head *h, const struct xos_head_input *in,
			struct xos_head_changes *changes, struct xos_error *err)
{
	unsigned int active = active_units(h->cluster);
	int rc = head_check(in, active, err);

	if (!rc)
		rc = make_config_dir(in->inv->head.config, err);
	if (!rc)
		rc = note_before(h->cluster, active, err);
	if (rc)
		return rc;
	open_devices(in);
	rc = xos_head_apply("", in, changes, err);
	return rc ? rc : commands(h, changes->needs, active, err);
}

int xos_head_install(const struct xos_head_input *in, const char *root,
		     FILE *out, struct xos_error *err)
{
	struct head h = { .cluster = in->inv->name, .out = out };
	struct xos_head_changes changes = { .fn = on_change, .arg = &h };
	int rc;

	if (root && root[0])
		rc = xos_head_apply(root, in, &changes, err);
	else
		rc = install_here(&h, in, &changes, err);
	words_free(&h.gone);
	return rc;
}

int xos_head_plan(const struct xos_head_input *in, const char *root, FILE *out,
		  struct xos_error *err)
{
	struct head h = { .cluster = in->inv->name, .out = out, .dry = true };
	bool here = !root || !root[0];
	int needs = xos_head_diff(out, here ? "" : root, in, err);

	if (needs < 0)
		return needs;
	return here ? commands(&h, needs, active_units(h.cluster), err) : 0;
}

/* 0: well; 1: not. */
static int status_of(struct head *h, const char *unit)
{
	const char *argv[] = { "systemctl", "is-active", unit, NULL };
	char text[64] = "";
	struct xos_spawn spawn = {
		.argv = argv, .out = text, .out_size = sizeof(text),
		.timeout_ms = COMMAND_TIMEOUT_MS,
	};
	int rc = xos_spawn_run(&spawn, NULL);

	text[strcspn(text, "\n")] = '\0';
	say(h, "%-40s %s\n", unit, text[0] ? text : "unknown");
	return !!rc;
}

static int status_of_slots(struct head *h, const struct head_context *c)
{
	struct xos_error err = { 0 };
	struct xos_bootd_client *client;
	cleanup_free char *text = NULL;
	int limit, used, waiting, rc = -1;
	json_t *status = NULL;
	char token[256];

	snprintf(token, sizeof(token), HEAD_ETC "/admin-token-%s", h->cluster);
	client = xos_bootd_client_create(c->url, token, NULL, NULL, &err);
	if (client)
		rc = xos_bootd_client_get(client, "/status", STATUS_TIMEOUT_MS,
					  &text, &err);
	xos_bootd_client_destroy(client);
	if (rc) {
		say(h, "%-40s %s\n", c->url, err.text);
		return 1;
	}
	status = json_loads(text, 0, NULL);
	rc = json_unpack(status, "{s:{s:i, s:i, s:i}}", "slots", "limit", &limit,
			 "used", &used, "waiting", &waiting);
	json_decref(status);
	if (rc)
		say(h, "%-40s answers what is no status\n", c->url);
	else if (limit)
		say(h, "%-40s %d of %d slots used, %d nodes wait\n", c->url, used,
		    limit, waiting);
	else
		say(h, "%-40s %d nodes load\n", c->url, used);
	return !!rc;
}

int xos_head_status(const struct xos_inventory *inv, const char *root,
		    FILE *out, struct xos_error *err)
{
	static const char *const no_ids[1];
	struct xos_head_input in = { .inv = inv, .image_ids = no_ids };
	struct head h = { .cluster = inv->name, .out = out };
	struct xos_inventory bare = *inv;
	struct head_index index;
	struct head_context c;
	char unit[128];
	int bad = 0, rc;

	rc = head_index_read(root ? root : "", inv->name, &index, err);
	if (rc)
		return rc;
	if (!index.n_paths)
		return xos_error_set(err, -ENOENT, XOS_EXIT_FAILED,
				     "no head of cluster '%s' is installed here",
				     inv->name);
	say(&h, "%zu files\n", index.n_paths);
	bare.n_images = 0;	/* only address and URL are needed */
	in.inv = &bare;
	rc = head_context_init(&c, &in, err);
	for (size_t i = 0; !rc && i < N_UNITS; i++) {
		snprintf(unit, sizeof(unit), units[i].name, inv->name);
		bad += status_of(&h, unit);
	}
	for (size_t i = 0; !rc && i < index.n_paths; i++) {
		if (mount_unit(index.paths[i]))
			bad += status_of(&h, mount_unit(index.paths[i]));
	}
	if (!rc)
		bad += status_of_slots(&h, &c);
	head_context_exit(&c);
	head_index_free(&index);
	if (!rc && bad)
		rc = xos_error_set(err, -EIO, XOS_EXIT_FAILED,
				   "head of cluster '%s': %d of its parts are not well; 'systemctl status' tells more",
				   inv->name, bad);
	return rc;
}

/* After the files are gone: the kernel's NFS server as it was before. */
static int restore(struct head *h, bool nfs_was_active, struct xos_error *err)
{
	struct words stop = { .n = 0 };
	int rc;

	/* the export table without ours; then nothing holds the mounts */
	if (h->gone.n) {
		rc = drop_mounts(h, err);
	} else {
		words_add(&stop, "exportfs");
		words_add(&stop, "-r");
		rc = run(h, &stop, err);
	}
	if (!rc)
		rc = systemctl(h, "daemon-reload", NULL, err);
	/* another cluster's head still needs it */
	if (rc || !access(HEAD_NFS_CONF, F_OK))
		return rc;
	return systemctl(h, nfs_was_active ? "restart" : "stop",
			 "nfs-server.service", err);
}

static int remove_here(struct head *h, struct xos_head_changes *changes,
		       struct xos_error *err)
{
	cleanup_free char *before = NULL;
	char path[512];
	int rc;

	before_path(h->cluster, path, sizeof(path));
	if (access(path, F_OK)) {
		say(h, "no head of cluster '%s' is installed here\n", h->cluster);
		return 0;
	}
	if (geteuid())
		return xos_error_set(err, -EPERM, XOS_EXIT_FAILED,
				     "only root can remove a head");
	before = xos_file_read(path, 4096, NULL, err);
	if (!before)
		return err ? err->code : -EIO;
	rc = systemctl(h, "stop", "xos-head@%s.target", err);
	if (!rc)
		rc = head_withdraw("", h->cluster, changes, err);
	return rc ? rc : restore(h, strstr(before, "nfs active"), err);
}

int xos_head_remove(const struct xos_inventory *inv, const char *root,
		    FILE *out, struct xos_error *err)
{
	struct head h = { .cluster = inv->name, .out = out };
	struct xos_head_changes changes = { .fn = on_change, .arg = &h };
	int rc;

	if (root && root[0])
		rc = head_withdraw(root, inv->name, &changes, err);
	else
		rc = remove_here(&h, &changes, err);
	words_free(&h.gone);
	return rc;
}

int xos_head_drop_image(const char *root, const char *images, const char *id,
			FILE *out, struct xos_error *err)
{
	struct head h = { .cluster = "", .out = out };
	struct xos_head_changes changes = { .fn = on_change, .arg = &h };
	int rc = head_drop_image(root ? root : "", images, id, &changes, err);

	if (!rc && h.gone.n && (!root || !root[0])) {
		rc = drop_mounts(&h, err);
		if (!rc)
			rc = systemctl(&h, "daemon-reload", NULL, err);
	}
	words_free(&h.gone);
	return rc;
}
