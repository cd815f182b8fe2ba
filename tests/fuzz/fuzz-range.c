// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fuzz-range.c - any bytes as a name range
 *
 * What expands is folded and expanded again: the folded form of both is equal.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libxos/range.h"

static void fold(struct xos_arena *arena, const struct xos_strings *names)
{
	char *once = xos_range_fold(arena, names), *twice;
	struct xos_strings again = { 0 };
	struct xos_error err;

	if (!once)
		abort();
	if (xos_range_expand(arena, once, &again, &err)) {
		fprintf(stderr, "%s: %s\n", once, err.text);
		abort();
	}
	twice = xos_range_fold(arena, &again);
	if (!twice || strcmp(once, twice)) {
		fprintf(stderr, "%s became %s\n", once, twice);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct xos_arena *arena = xos_arena_create();
	struct xos_strings names = { 0 };
	struct xos_error err;
	char *expr = xos_arena_strndup(arena, (const char *)data, len);

	if (!xos_range_expand(arena, expr, &names, &err) && names.n <= 1000)
		fold(arena, &names);
	xos_arena_destroy(arena);
	return 0;
}
