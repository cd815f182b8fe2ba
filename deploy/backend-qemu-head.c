// SPDX-License-Identifier: GPL-2.0-only
/*
 * backend-qemu-head.c - what the head VM is given
 *
 * The head boots its image's kernel and initramfs directly; its disks, each
 * found by its serial number, read-only but for one:
 *
 *	xoshead		root.squashfs of its own image, the first disk (/dev/vda)
 *	xosconf		the configuration disk: a plain tar archive
 *	xosdata		what it has to keep: ext4, made here, written by the head
 *	IMAGE-ID	root.squashfs of an image that nodes boot
 *
 * The archive:
 *
 *	inventory.xml				resolved, no include, no overlay
 *	images/ID/{vmlinuz,initrd.img,manifest.json}
 *	keys/{admin-token,authorized_keys,id_ed25519.pub,ssh_host_ed25519_key}
 *
 * The disk keeps its size and is rewritten in place, so that a head that
 * reboots by itself reads what is current.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>

#include "../libxos/atomic.h"
#include "../libxos/spawn.h"
#include "backend-qemu.h"
#include "words.h"

#define HEAD_DISK_SIZE		(256LL << 20)	/* sparse; bounds the archive */
#define HEAD_DATA_SIZE		(1LL << 30)	/* sparse; what nodes may write */
#define HEAD_COMMAND_TIMEOUT_MS	60000
#define HEAD_IDS_MAX		65536

void qemu_head_disk_path(struct qemu *q, char *buf, size_t size)
{
	snprintf(buf, size, "%s/head.disk", q->b->paths->state);
}

static size_t image_index(const struct xos_inventory *inv, const struct xos_image *image)
{
	return (size_t)(image - inv->images);
}

static int link_file(const char *dir, const char *target_dir, const char *name,
		     struct xos_error *err)
{
	char from[4096], to[4096];

	snprintf(from, sizeof(from), "%s/%s", target_dir, name);
	snprintf(to, sizeof(to), "%s/%s", dir, name);
	if (symlink(from, to) < 0)
		return xos_error_set(err, -errno, XOS_EXIT_BACKEND, "%s: %s", to,
				     strerror(errno));
	return 0;
}

static int stage_images(struct qemu *q, const char *stage, struct xos_error *err)
{
	static const char *const files[] = { "vmlinuz", "initrd.img", "manifest.json" };
	const struct xos_inventory *inv = q->b->inv;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < inv->n_images; i++) {
		char dir[4096];

		if (!xos_inventory_image_is_used(inv, i))
			continue;
		snprintf(dir, sizeof(dir), "%s/images/%s", stage, q->b->images[i].id);
		rc = xos_mkdir_p(dir, 0700, err);
		for (size_t f = 0; rc == 0 && f < sizeof(files) / sizeof(files[0]); f++)
			rc = link_file(dir, q->b->images[i].dir, files[f], err);
	}
	return rc;
}

static int stage_keys(struct qemu *q, const char *stage, struct xos_error *err)
{
	char dir[4096], keys[4096], from[4096], to[4096];
	int rc;

	snprintf(keys, sizeof(keys), "%s/keys", q->b->paths->state);
	snprintf(dir, sizeof(dir), "%s/keys", stage);
	rc = xos_mkdir_p(dir, 0700, err);
	if (rc == 0)
		rc = link_file(dir, keys, "admin-token", err);
	if (rc == 0)
		rc = link_file(dir, keys, "id_ed25519.pub", err);
	if (rc == 0)
		rc = link_file(dir, keys, "ssh_host_ed25519_key", err);
	if (rc < 0)
		return rc;
	snprintf(from, sizeof(from), "%s/id_ed25519.pub", keys);
	snprintf(to, sizeof(to), "%s/authorized_keys", dir);
	if (symlink(from, to) < 0)
		return xos_error_set(err, -errno, XOS_EXIT_BACKEND, "%s: %s", to,
				     strerror(errno));
	return 0;
}

static int stage_inventory(struct qemu *q, const char *stage, struct xos_error *err)
{
	char path[4096];
	char *text = xos_inventory_format(q->b->inv, err);
	int rc;

	if (!text)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/inventory.xml", stage);
	rc = xos_file_write(path, text, strlen(text), 0600, false, err);
	free(text);
	return rc;
}

/* In place: a running head has the file open. */
static int copy_over(const char *tar, const char *disk, struct xos_error *err)
{
	int in = open(tar, O_RDONLY | O_CLOEXEC);
	int out = open(disk, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	char buf[65536];
	ssize_t n = -1;
	off_t size = 0;

	if (in >= 0 && out >= 0)
		while ((n = read(in, buf, sizeof(buf))) > 0) {
			errno = ENOSPC;		/* what a short write means */
			if (pwrite(out, buf, (size_t)n, size) != n) {
				n = -1;
				break;
			}
			size += n;
		}
	if (n == 0 && size > HEAD_DISK_SIZE)
		errno = EFBIG;
	else if (n == 0 && ftruncate(out, HEAD_DISK_SIZE) == 0)
		errno = 0;
	n = errno;
	close(in);
	close(out);
	if (n)
		return xos_error_set(err, -(int)n, XOS_EXIT_BACKEND, "%s: %s", disk,
				     strerror((int)n));
	return 0;
}

static int run(const char *const argv[], struct xos_error *err)
{
	char said[512];
	struct xos_spawn spawn = { .argv = argv, .timeout_ms = HEAD_COMMAND_TIMEOUT_MS,
				   .out = said, .out_size = sizeof(said) };

	return xos_spawn_check(&spawn, err);
}

static void stage_paths(const struct qemu *q, char stage[4096], char tar[4096])
{
	snprintf(stage, 4096, "%s/head.stage", q->b->paths->state);
	snprintf(tar, 4096, "%s/head.tar", q->b->paths->state);
}

static int remove_stage(const struct qemu *q, struct xos_error *err)
{
	char stage[4096], tar[4096];
	const char *const rm[] = { "rm", "-rf", "--", stage, tar, NULL };

	stage_paths(q, stage, tar);
	return run(rm, err);
}

int qemu_head_disk(struct qemu *q, struct xos_error *err)
{
	char stage[4096], tar[4096], disk[4096];
	const char *const pack[] = { "tar", "--sort=name", "--owner=0", "--group=0",
				     "--numeric-owner", "-chf", tar, "-C", stage,
				     ".", NULL };
	int rc;

	stage_paths(q, stage, tar);
	qemu_head_disk_path(q, disk, sizeof(disk));
	rc = remove_stage(q, err);
	if (rc == 0)
		rc = xos_mkdir_p(stage, 0700, err);
	if (rc == 0)
		rc = stage_inventory(q, stage, err);
	if (rc == 0)
		rc = stage_images(q, stage, err);
	if (rc == 0)
		rc = stage_keys(q, stage, err);
	if (rc == 0)
		rc = run(pack, err);
	if (rc == 0)
		rc = copy_over(tar, disk, err);
	remove_stage(q, NULL);
	return rc;
}

void qemu_head_disk_remove(struct qemu *q)
{
	char disk[4096];

	remove_stage(q, NULL);
	qemu_head_disk_path(q, disk, sizeof(disk));
	unlink(disk);
}

static void data_path(const struct qemu *q, char *buf, size_t size)
{
	snprintf(buf, size, "%s/head.data", q->b->paths->state);
}

int qemu_head_data(struct qemu *q, struct xos_error *err)
{
	char path[4096], new[4100];
	const char *const mkfs[] = { "mkfs.ext4", "-q", "-F", "-m", "0", "-L",
				     "xosdata", new, NULL };
	int fd, rc;

	data_path(q, path, sizeof(path));
	if (!access(path, F_OK))
		return 0;
	/* under its name only when it is whole: a killed run must not leave half */
	snprintf(new, sizeof(new), "%s.new", path);
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	rc = fd < 0 || ftruncate(fd, HEAD_DATA_SIZE) < 0 ?
		xos_error_set(err, -errno, XOS_EXIT_BACKEND, "%s: %s", new,
			      strerror(errno)) : run(mkfs, err);
	if (fd >= 0)
		close(fd);
	if (rc == 0 && rename(new, path) < 0)
		rc = xos_error_set(err, -errno, XOS_EXIT_BACKEND, "%s: %s", path,
				   strerror(errno));
	if (rc < 0)
		unlink(new);
	return rc < 0 ? rc : 1;
}

void qemu_head_data_remove(struct qemu *q)
{
	char path[4096], new[4100];

	data_path(q, path, sizeof(path));
	snprintf(new, sizeof(new), "%s.new", path);
	unlink(path);
	unlink(new);
}

/* The disks that depend on the inventory, as a line of words. */
static char *disk_ids(struct qemu *q)
{
	const struct xos_inventory *inv = q->b->inv;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fprintf(f, "xosdata %s", q->b->images[image_index(inv, inv->head.image)].id);
	for (size_t i = 0; i < inv->n_images; i++)
		if (xos_inventory_image_is_used(inv, i))
			fprintf(f, " %s", q->b->images[i].id);
	fputc('\n', f);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static void disk_ids_path(struct qemu *q, char *buf, size_t size)
{
	snprintf(buf, size, "%s/head.images", q->b->paths->run);
}

bool qemu_head_has_disks(struct qemu *q)
{
	char path[4096], *have, *want = disk_ids(q);
	bool same;

	disk_ids_path(q, path, sizeof(path));
	have = xos_file_read(path, HEAD_IDS_MAX, NULL, NULL);
	same = have && want && strcmp(have, want) == 0;
	free(have);
	free(want);
	return same;
}

int qemu_head_note_disks(struct qemu *q, struct xos_error *err)
{
	char path[4096], *want = disk_ids(q);
	int rc;

	if (!want)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "out of memory");
	disk_ids_path(q, path, sizeof(path));
	rc = xos_file_write(path, want, strlen(want), 0600, false, err);
	free(want);
	return rc;
}

static void add_disk(struct words *w, const char *id, const char *serial,
		     const char *file, bool writable)
{
	words_add(w, "-drive");
	words_add(w, "if=none,id=%s,format=raw,readonly=%s,file=%s", id,
		  writable ? "off" : "on", file);
	words_add(w, "-device");
	words_add(w, "virtio-blk-pci,drive=%s,serial=%s", id, serial);
}

char **qemu_head_args(struct qemu *q)
{
	const struct xos_inventory *inv = q->b->inv;
	const struct xos_head *head = &inv->head;
	const struct xos_built *own = &q->b->images[image_index(inv, head->image)];
	struct in_addr mask = { .s_addr = htonl(~0u << (32 - head->prefix)) };
	char address[INET_ADDRSTRLEN], netmask[INET_ADDRSTRLEN], path[4096];
	struct words w = { .n = 0 };

	inet_ntop(AF_INET, &head->address, address, sizeof(address));
	inet_ntop(AF_INET, &mask, netmask, sizeof(netmask));
	words_add(&w, "-kernel");
	words_add(&w, "%s/vmlinuz", own->dir);
	words_add(&w, "-initrd");
	words_add(&w, "%s/initrd.img", own->dir);
	words_add(&w, "-append");
	words_add(&w, "root=xos:disk:/dev/vda ip=%s:::%s:%s:%s:none %s", address,
		  netmask, head->name, head->interface, head->image->bootline);
	snprintf(path, sizeof(path), "%s/root.squashfs", own->dir);
	add_disk(&w, "head", "xoshead", path, false);
	qemu_head_disk_path(q, path, sizeof(path));
	add_disk(&w, "conf", "xosconf", path, false);
	data_path(q, path, sizeof(path));
	add_disk(&w, "data", "xosdata", path, true);
	for (size_t i = 0; i < inv->n_images; i++) {
		char id[32];

		if (!xos_inventory_image_is_used(inv, i))
			continue;
		snprintf(id, sizeof(id), "image%zu", i);
		snprintf(path, sizeof(path), "%s/root.squashfs", q->b->images[i].dir);
		add_disk(&w, id, q->b->images[i].id, path, false);
	}
	return words_take(&w);
}
