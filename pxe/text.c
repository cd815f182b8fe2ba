// SPDX-License-Identifier: LGPL-2.1-or-later
/* text.c - growing text; a failure is remembered and looked at once, at the end */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define FIRST_ROOM 512

static bool grow(struct xos_text *text, size_t more)
{
	size_t room = text->room ? text->room : FIRST_ROOM;
	char *s;

	while (room < text->len + more + 1)
		room *= 2;
	s = realloc(text->s, room);
	if (!s) {
		text->failed = true;
		return false;
	}
	text->s = s;
	text->room = room;
	return true;
}

void xos_text_add(struct xos_text *text, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (text->failed || (!text->room && !grow(text, 0)))
		return;
	va_start(ap, fmt);
	n = vsnprintf(text->s + text->len, text->room - text->len, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text->failed = true;
		return;
	}
	if (text->len + n >= text->room) {
		if (!grow(text, n))
			return;
		va_start(ap, fmt);
		vsnprintf(text->s + text->len, text->room - text->len, fmt, ap);
		va_end(ap);
	}
	text->len += n;
}

void xos_text_puts(struct xos_text *text, ...)
{
	const char *s;
	va_list ap;

	va_start(ap, text);
	while ((s = va_arg(ap, const char *)) && !text->failed) {
		size_t len = strlen(s);

		if (text->len + len >= text->room && !grow(text, len))
			break;
		memcpy(text->s + text->len, s, len + 1);
		text->len += len;
	}
	va_end(ap);
}

char *xos_text_take(struct xos_text *text)
{
	char *s = text->s;

	if (text->failed) {
		free(s);
		s = NULL;
	}
	*text = (struct xos_text){ 0 };
	return s;
}
