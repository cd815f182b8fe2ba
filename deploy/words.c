// SPDX-License-Identifier: GPL-2.0-only
/* words.c - build an argv word by word (see words.h) */
#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void words_add(struct words *w, const char *fmt, ...)
{
	va_list ap;

	if (w->n >= WORDS_MAX) {
		w->failed = true;
		return;
	}
	va_start(ap, fmt);
	if (vasprintf(&w->v[w->n], fmt, ap) < 0)
		w->failed = true;
	else
		w->n++;
	va_end(ap);
}

void words_add_all(struct words *w, const char *const *list)
{
	for (size_t i = 0; list && list[i]; i++)
		words_add(w, "%s", list[i]);
}

char **words_take(struct words *w)
{
	char **argv = w->failed ? NULL : calloc(w->n + 1, sizeof(*argv));

	for (size_t i = 0; i < w->n; i++) {
		if (argv)
			argv[i] = w->v[i];
		else
			free(w->v[i]);
	}
	w->n = 0;
	return argv;
}

void words_free(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}
