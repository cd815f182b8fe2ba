/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remove-tree.h - for tests and benchmarks: away with a directory and all in it
 */
#ifndef _XOS_TESTS_REMOVE_TREE_H
#define _XOS_TESTS_REMOVE_TREE_H

#include <ftw.h>
#include <stdio.h>

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* Follows no link and does not leave the directory's file system. */
static inline void remove_tree(const char *dir)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

#endif /* _XOS_TESTS_REMOVE_TREE_H */
