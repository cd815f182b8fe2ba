// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bench-generate.c - how long a head's files take for 5000 nodes
 *
 *	full		all files into an empty directory; the peer writes the same
 *			files with open, write, close, rename and nothing else
 *	image		all nodes get another image: all that is said of them changes
 *	again		all files compared with what is there, nothing to do
 *	one node	one bootline changed
 *
 * On the disk that the result is written to, or where XOS_BENCH_DIR says.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libxos/atomic.h"
#include "pxe/head.h"
#include "tests/remove-tree.h"

#define NODES 5000
#define RUNS 5

enum { FULL, PLAIN, IMAGE, AGAIN, ONE, N_TIMES };

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void check(int rc, const struct xos_error *err)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "bench-generate: %s\n", err->text);
	exit(1);
}

static struct xos_inventory *make_inventory(const char *dir)
{
	struct xos_inventory *inv;
	struct xos_error err = { 0 };
	char path[128], text[1024];
	int len;

	len = snprintf(text, sizeof(text),
		       "<cluster xmlns='urn:xos-ssi:inventory:1' name='bench' session='1' backend='fake'>"
		       "<head address='10.0.0.1' prefix='16' backend='local' config='/srv/xos/config' config-on='/config'/>"
		       "<image name='node'><bootline>norandmaps nokaslr mitigations=off net.ifnames=0 console=ttyS0,115200</bootline></image>"
		       "<nodes name='n[1-%d]' id='1'><enable>a.service</enable></nodes>"
		       "<module>loop</module></cluster>", NODES);
	snprintf(path, sizeof(path), "%s/inventory.xml", dir);
	check(xos_file_write(path, text, len, 0644, false, &err), &err);
	inv = xos_inventory_load(path, NULL, &err);
	check(inv ? 0 : -1, &err);
	return inv;
}

/* The same files by the shortest way; the directories are there. */
static void write_plainly(const char *root, const struct xos_head_files *files)
{
	char path[4096], tmp[4200];

	for (size_t i = 0; i < files->n; i++) {
		const struct xos_head_file *file = &files->file[i];
		int fd;

		if (!S_ISREG(file->mode))
			continue;
		snprintf(path, sizeof(path), "%s%s", root, file->path);
		snprintf(tmp, sizeof(tmp), "%s.tmp", path);
		fd = open(tmp, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0 || write(fd, file->text, strlen(file->text)) < 0 ||
		    close(fd) || rename(tmp, path)) {
			perror(path);
			exit(1);
		}
	}
}

static void make_dirs(const char *root, const struct xos_head_files *files)
{
	char path[4096];

	for (size_t i = 0; i < files->n; i++) {
		snprintf(path, sizeof(path), "%s%s", root, files->file[i].path);
		*strrchr(path, '/') = '\0';
		xos_mkdir_p(path, 0755, NULL);
	}
}

static void run(const char *dir, struct xos_inventory *inv, int n, double *times)
{
	static const char *const ids[] = { "0123456789abcdef", "0123456789abcdef" };
	static const char *const new_ids[] = { "fedcba9876543210", "fedcba9876543210" };
	struct xos_head_input in = { .inv = inv, .image_ids = ids,
				     .authorized_keys = "ssh-ed25519 AAAA bench" };
	struct xos_head_changes changes = { 0 };
	struct xos_head_files *files;
	struct xos_error err = { 0 };
	char root[128], line[64];
	double begin;

	snprintf(root, sizeof(root), "%s/ours-%d", dir, n);
	begin = now_s();
	check(xos_head_apply(root, &in, &changes, &err), &err);
	times[FULL] = now_s() - begin;
	if (changes.written < 10)
		exit(1);
	in.image_ids = new_ids;
	begin = now_s();
	check(xos_head_apply(root, &in, &changes, &err), &err);
	times[IMAGE] = now_s() - begin;
	if (!changes.written)
		exit(1);
	begin = now_s();
	check(xos_head_apply(root, &in, &changes, &err), &err);
	times[AGAIN] = now_s() - begin;
	snprintf(line, sizeof(line), "changed=%d", n);
	inv->nodes[NODES / 2].bootline = line;
	begin = now_s();
	check(xos_head_apply(root, &in, &changes, &err), &err);
	times[ONE] = now_s() - begin;
	if (changes.written != 1 || changes.removed || changes.needs)
		exit(1);
	inv->nodes[NODES / 2].bootline = "";
	files = xos_head_files(&in, &err);
	snprintf(root, sizeof(root), "%s/plain-%d", dir, n);
	make_dirs(root, files);
	begin = now_s();
	write_plainly(root, files);
	times[PLAIN] = now_s() - begin;
	xos_head_files_free(files);
	remove_tree(root);
	snprintf(root, sizeof(root), "%s/ours-%d", dir, n);
	remove_tree(root);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double times[N_TIMES][RUNS];

static void print(FILE *json, const char *name, const char *unit, double scale,
		  int ours, int peer, double target, bool last)
{
	double o = times[ours][RUNS / 2] * scale, p = times[peer][RUNS / 2] * scale;
	double spread = (times[ours][RUNS - 1] - times[ours][0]) * scale;

	printf("%-24s %10.2f %10.2f %8.2f %8.0f %8.2f  %s\n", name, o, p, o / p,
	       target, spread, unit);
	fprintf(json, " {\"name\": \"%s\", \"unit\": \"%s\", \"ours\": %.4f, \"peer\": %.4f, "
		"\"ratio\": %.4f, \"target\": %g, \"runs\": %d, \"spread\": %.4f}%s\n",
		name, unit, o, p, o / p, target, RUNS, spread, last ? "" : ",");
}

int main(int argc, char **argv)
{
	const char *parent = getenv("XOS_BENCH_DIR");
	const char *result = argc == 2 ? argv[1] : "";
	const char *slash = strrchr(result, '/');
	struct xos_inventory *inv;
	double one[N_TIMES];
	char dir[128];
	FILE *json;

	if (parent)
		snprintf(dir, sizeof(dir), "%s/generate-XXXXXX", parent);
	else
		snprintf(dir, sizeof(dir), "%.*sgenerate-XXXXXX",
			 slash ? (int)(slash - result + 1) : 0, result);
	if (argc != 2 || !mkdtemp(dir)) {
		fputs("usage: bench-generate FILE.json\n", stderr);
		return 2;
	}
	inv = make_inventory(dir);
	for (int i = 0; i < RUNS; i++) {
		run(dir, inv, i, one);
		for (int t = 0; t < N_TIMES; t++)
			times[t][i] = one[t];
	}
	for (int t = 0; t < N_TIMES; t++)
		qsort(times[t], RUNS, sizeof(double), compare);
	xos_inventory_free(inv);
	remove_tree(dir);
	json = fopen(result, "we");
	if (!json) {
		perror(result);
		return 1;
	}
	printf("%d nodes, medians of %d\n%-24s %10s %10s %8s %8s %8s\n", NODES, RUNS,
	       "", "ours", "peer", "ratio", "target", "spread");
	fputs("[\n", json);
	print(json, "generate full", "ms", 1e3, FULL, PLAIN, 1000, false);
	print(json, "generate another image", "ms", 1e3, IMAGE, PLAIN, 1000, false);
	print(json, "generate again", "ms", 1e3, AGAIN, FULL, 1000, false);
	print(json, "generate one node", "ms", 1e3, ONE, FULL, 10, true);
	fputs("]\n", json);
	return fclose(json) ? 1 : 0;
}
