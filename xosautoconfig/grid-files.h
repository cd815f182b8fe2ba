/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * grid-files.h - the files that make a machine a node of a grid, in memory
 *
 * Which files there are and what is in them follows from the input alone, so the
 * same input gives the same bytes on every run.
 */
#ifndef _XOS_GRID_FILES_H
#define _XOS_GRID_FILES_H

#include <sys/stat.h>

#include "../pxe/text.h"
#include "grid-input.h"

#define XOS_GRID_CONF "/etc/xos/grid.conf"
#define XOS_GRID_TRUST "/etc/xos/truststore"
#define XOS_GRID_SECRET_MAX 256

/**
 * struct xos_grid_file - one of them
 * @path: absolute, as on the node
 * @text: content; of a symbolic link its target
 * @mode: type (S_IFREG or S_IFLNK) and permissions; without bits for others it
 *	is a secret, which no diff shows
 */
struct xos_grid_file {
	const char *path;
	struct xos_text text;
	mode_t mode;
};

/**
 * struct xos_grid_files - all of them
 * @grid: what they are made from
 * @capsecret: what MRC and OSDs share; "" where no file needs it
 * @passphrase: of the node's PKCS12 files; "" where no file needs it
 */
struct xos_grid_files {
	const struct xos_grid *grid;
	char capsecret[XOS_GRID_SECRET_MAX];
	char passphrase[XOS_GRID_SECRET_MAX];
	struct xos_grid_file *file;
	size_t n;
	bool failed;
};

/** xos_grid_needs_secret() - does a file of this node have the capability secret? */
bool xos_grid_needs_secret(const struct xos_grid *grid);
/** xos_grid_needs_passphrase() - does one have the passphrase? */
bool xos_grid_needs_passphrase(const struct xos_grid *grid);

/**
 * xos_grid_files() - make all files of a node
 * @files: @grid and the secrets are set by the caller; the rest is zero
 * Return: 0; -ENOMEM with @err.  Either way xos_grid_files_free() frees it.
 */
int xos_grid_files(struct xos_grid_files *files, struct xos_error *err);
void xos_grid_files_free(struct xos_grid_files *files);

/**
 * grid_file_new() - one more file, which begins with a header unless @inputs is NULL
 * @inputs: the input files that it follows from
 * Return: its text, to be added to; never NULL (a failure is kept in @files).
 */
struct xos_text *grid_file_new(struct xos_grid_files *files, const char *path,
			       mode_t mode, const char *inputs);
/** grid_link_new() - one more symbolic link */
void grid_link_new(struct xos_grid_files *files, const char *path, const char *target);

/* Makers of files, in the order in which a node needs them. */
void grid_make_base(struct xos_grid_files *files);
void grid_make_xtreemfs(struct xos_grid_files *files);
void grid_make_services(struct xos_grid_files *files);

#endif /* _XOS_GRID_FILES_H */
