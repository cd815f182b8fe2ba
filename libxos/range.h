/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * range.h - many names written as one
 *
 *	node-[1-3,7].site	node-1.site node-2.site node-3.site node-7.site
 *	node[08-10]		node08 node09 node10 (width is kept)
 *	r[1-2]n[1-2]		r1n1 r1n2 r2n1 r2n2
 *	head,node-[1-2]		head node-1 node-2
 */
#ifndef _XOS_RANGE_H
#define _XOS_RANGE_H

#include "arena.h"
#include "error.h"
#include "inventory.h"

#define XOS_RANGE_MAX	65536	/* names that one expression may stand for */

/**
 * xos_range_expand() - the names of an expression, in the order written
 * @arena: owns the names
 * @names: the names are added to it
 * @err: quotes the expression and says what is wrong in it
 * Return: 0; -EINVAL bad expression, -E2BIG too many names, -ENOMEM.
 */
int xos_range_expand(struct xos_arena *arena, const char *expr,
		     struct xos_strings *names, struct xos_error *err);

/**
 * xos_range_fold() - names as a short expression, for messages
 * Sorted, without repetition.  The number that is folded is the last one in the
 * first label: "node-[1-3].grid5000.fr".
 * Return: the expression, "" for no names; NULL: no memory.
 */
char *xos_range_fold(struct xos_arena *arena, const struct xos_strings *names);

#endif /* _XOS_RANGE_H */
