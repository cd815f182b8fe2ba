/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* text.h - a text that is put together piece by piece */
#ifndef _XOS_TEXT_H
#define _XOS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct xos_text - the text so far; all zero is an empty one
 * @s: @len bytes and a NUL, to be freed; NULL before the first piece
 * @failed: memory ran short: pieces are missing
 */
struct xos_text {
	char *s;
	size_t len, room;
	bool failed;
};

void xos_text_add(struct xos_text *text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* _XOS_TEXT_H */
