/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * head-index.h - a head's note of the files that it has
 *
 * One text file per cluster.  What is in it and is no longer wanted is removed.
 */
#ifndef _XOS_HEAD_INDEX_H
#define _XOS_HEAD_INDEX_H

#include "head-private.h"

/**
 * struct head_index - the note
 * @paths: files, without the root they are under
 */
struct head_index {
	char **paths;
	size_t n_paths;
};

/** head_index_make() - the note that belongs to these files */
int head_index_make(const struct xos_head_files *files,
		    struct head_index *index, struct xos_error *err);
/** head_index_read() - empty where there is none or it cannot be understood */
int head_index_read(const char *root, const char *cluster,
		    struct head_index *index, struct xos_error *err);
/** head_index_without() - a copy without two paths */
int head_index_without(const struct head_index *index, const char *a,
		       const char *b, struct head_index *copy,
		       struct xos_error *err);
int head_index_write(const char *root, const char *cluster,
		     const struct head_index *index, struct xos_error *err);
void head_index_free(struct head_index *index);

/** head_index_has_path() - is it among @paths? */
bool head_index_has_path(const struct head_index *index, const char *path);

/**
 * head_index_each() - call @fn for the note of each cluster that has a head here
 * Return: the first value of @fn that is not 0, which ends it; 0.
 */
int head_index_each(const char *root,
		    int (*fn)(const char *cluster, const struct head_index *index,
			      void *arg), void *arg);

#endif /* _XOS_HEAD_INDEX_H */
