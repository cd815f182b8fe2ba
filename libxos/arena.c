// SPDX-License-Identifier: LGPL-2.1-or-later
/* arena.c - a list of blocks; large requests get a block of their own */
#include <errno.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "inventory.h"

#define BLOCK_BYTES 16384

struct block {
	struct block *next;
	size_t used, size;		/* bytes of @data */
	alignas(max_align_t) char data[];
};

struct xos_arena {
	struct block *blocks;		/* the first one has the free space */
};

struct xos_arena *xos_arena_create(void)
{
	return calloc(1, sizeof(struct xos_arena));
}

void xos_arena_destroy(struct xos_arena *arena)
{
	struct block *next;

	if (!arena)
		return;
	for (struct block *b = arena->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	free(arena);
}

void *xos_arena_alloc(struct xos_arena *arena, size_t size)
{
	struct block *b = arena->blocks;
	size_t room;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!b || b->size - b->used < size) {
		room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
		b = calloc(1, sizeof(*b) + room);
		if (!b)
			return NULL;
		b->size = room;
		b->next = arena->blocks;
		arena->blocks = b;
	}
	b->used += size;
	return b->data + b->used - size;
}

char *xos_arena_strndup(struct xos_arena *arena, const char *s, size_t len)
{
	char *copy = xos_arena_alloc(arena, len + 1);

	return copy ? memcpy(copy, s, len) : NULL;
}

char *xos_arena_strdup(struct xos_arena *arena, const char *s)
{
	return xos_arena_strndup(arena, s, strlen(s));
}

char *xos_arena_printf(struct xos_arena *arena, const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len >= 0)
		s = xos_arena_alloc(arena, (size_t)len + 1);
	if (!s)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(s, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return s;
}

/* The capacity is not kept: an array is full when @n is 0 or a power of two. */
void *xos_arena_grow(struct xos_arena *arena, void *array, size_t n, size_t size)
{
	void *bigger;

	if (n & (n - 1))
		return array;
	bigger = xos_arena_alloc(arena, (n ? 2 * n : 1) * size);
	if (bigger && n)
		memcpy(bigger, array, n * size);
	return bigger;
}

int xos_strings_add(struct xos_arena *arena, struct xos_strings *list,
		    const char *s)
{
	char *copy = xos_arena_strdup(arena, s);
	char **bigger;

	/* One element more than @n is in use: the NULL at the end. */
	bigger = xos_arena_grow(arena, list->s, list->s ? list->n + 1 : 0,
				sizeof(*bigger));
	if (!copy || !bigger)
		return -ENOMEM;
	if (!list->s) {
		bigger = xos_arena_grow(arena, bigger, 1, sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
	}
	list->s = bigger;
	list->s[list->n++] = copy;
	list->s[list->n] = NULL;
	return 0;
}
