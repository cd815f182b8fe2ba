/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * arena.h - memory that is given back all at once
 *
 * For trees which are built once, read often and dropped as a whole.  An
 * allocation returns NULL when memory is short, as malloc() does.
 */
#ifndef _XOS_ARENA_H
#define _XOS_ARENA_H

#include <stddef.h>

struct xos_arena;
struct xos_strings;

struct xos_arena *xos_arena_create(void);
/** xos_arena_destroy() - give back all of it; NULL allowed */
void xos_arena_destroy(struct xos_arena *arena);

/** xos_arena_alloc() - @size zeroed bytes, aligned for any type */
void *xos_arena_alloc(struct xos_arena *arena, size_t size);
char *xos_arena_strdup(struct xos_arena *arena, const char *s);
char *xos_arena_strndup(struct xos_arena *arena, const char *s, size_t len);
char *xos_arena_printf(struct xos_arena *arena, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * xos_arena_grow() - room for one more element at the end of an array
 * @array: array of @n elements, or NULL where @n is 0; grown by this function only
 * @n: elements in use
 * @size: bytes of one element
 * Return: the array, moved or not, with element @n zeroed; NULL: no memory.
 */
void *xos_arena_grow(struct xos_arena *arena, void *array, size_t n, size_t size);

/** xos_strings_add() - append a copy of @s; 0 or -ENOMEM */
int xos_strings_add(struct xos_arena *arena, struct xos_strings *list,
		    const char *s);

#endif /* _XOS_ARENA_H */
