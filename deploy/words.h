/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * words.h - build an argv word by word
 *
 * A failed allocation spoils the whole: words_take() then returns NULL, so a
 * builder needs no check of its own after each word.
 */
#ifndef _XOS_DEPLOY_WORDS_H
#define _XOS_DEPLOY_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_MAX 128

struct words {
	char *v[WORDS_MAX];
	size_t n;
	bool failed;
};

/** words_add() - append one word, printf style */
void words_add(struct words *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** words_add_all() - append the words of a NULL-terminated list; NULL: none */
void words_add_all(struct words *w, const char *const *list);
/** words_take() - the argv, to be given back with words_free(); NULL: no memory */
char **words_take(struct words *w);
void words_free(char **argv);

#endif /* _XOS_DEPLOY_WORDS_H */
