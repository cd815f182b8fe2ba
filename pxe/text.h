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

/** xos_text_puts() - append strings up to a NULL; for what is done often */
void xos_text_puts(struct xos_text *text, ...) __attribute__((sentinel));

/** xos_text_take() - the text itself, to be freed; NULL when it has failed */
char *xos_text_take(struct xos_text *text);

#endif /* _XOS_TEXT_H */
