/* SPDX-License-Identifier: GPL-2.0-only */
/* paths.h - where a deployment keeps its things, and who holds it */
#ifndef _XOS_DEPLOY_PATHS_H
#define _XOS_DEPLOY_PATHS_H

#include "backend.h"

/**
 * xos_paths_init() - work out the directories; makes none
 * @name: of the cluster
 * Return: 0; -ENOMEM.  Give back with xos_paths_free().
 */
int xos_paths_init(struct xos_paths *paths, const char *name, struct xos_error *err);
void xos_paths_free(struct xos_paths *paths);

/** xos_paths_make() - make state (0700) and run directories with their parents */
int xos_paths_make(const struct xos_paths *paths, struct xos_error *err);

/**
 * xos_paths_lock() - be the only one that changes this deployment
 * Return: a file descriptor, the lock goes with it; -EBUSY naming the holder.
 */
int xos_paths_lock(const struct xos_paths *paths, struct xos_error *err);

/** xos_paths_holder() - process id of who holds the lock, 0 when nobody */
int xos_paths_holder(const struct xos_paths *paths);

/**
 * xos_data_dir() - the tree that holds deploy/image-build, deploy/overlay,
 * initramfs/: $XOS_DATA_DIR, else the source tree while the program lies in its
 * build directory, else the installed one.
 * Return: a static string.
 */
const char *xos_data_dir(void);

/** xos_build_dir() - where that tree was built: its modules and programs */
const char *xos_build_dir(void);

#endif /* _XOS_DEPLOY_PATHS_H */
