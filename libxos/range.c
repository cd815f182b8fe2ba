// SPDX-License-Identifier: LGPL-2.1-or-later
/* range.c - expands name ranges and folds them back; see range.h */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "range.h"

#define DIGITS_MAX	9	/* of a number; fits an unsigned int */
#define BRACKETS_MAX	8	/* in one name */
#define RANGE_NAME_MAX	255

struct span {
	unsigned int first, last;
	int width;			/* 0: no padding */
};

/**
 * struct expansion - one expression at work
 * @expr: the whole, for messages
 * @buf: the name that is being put together
 * @count: names made so far, of all parts of the expression
 */
struct expansion {
	struct xos_arena *arena;
	struct xos_strings *names;
	struct xos_error *err;
	const char *expr;
	char buf[RANGE_NAME_MAX + 1];
	size_t count;
};

static int refuse(struct expansion *x, int code, const char *why)
{
	return xos_error_set(x->err, code, XOS_EXIT_USAGE,
			     "bad range '%.80s': %s; write it as node-[1-16] or node-[1-3,7]",
			     x->expr, why);
}

/* Digits at *@p as a number; returns how many there were, 0 for none or too many. */
static int digits(const char **p, unsigned int *value)
{
	int n = 0;

	*value = 0;
	while (isdigit((unsigned char)(*p)[n]) && n <= DIGITS_MAX) {
		*value = *value * 10 + ((*p)[n] - '0');
		if (++n > DIGITS_MAX)
			return 0;
	}
	*p += n;
	return n;
}

/* One "N" or "N-M" at *@p. */
static int parse_span(struct expansion *x, const char **p, struct span *s)
{
	const char *start = *p;
	int len, last_len;
	bool padded;

	len = last_len = digits(p, &s->first);
	if (!len)
		return refuse(x, -EINVAL, "a number of one to nine digits is missing");
	s->last = s->first;
	padded = len > 1 && *start == '0';
	if (**p == '-') {
		const char *second = ++*p;

		last_len = digits(p, &s->last);
		if (!last_len)
			return refuse(x, -EINVAL, "a number of one to nine digits is missing");
		padded |= last_len > 1 && *second == '0';
	}
	if (padded && len != last_len)
		return refuse(x, -EINVAL, "zero-padded numbers must be equally long");
	if (s->last < s->first)
		return refuse(x, -EINVAL, "it counts down");
	s->width = padded ? len : 0;
	return 0;
}

static int expand(struct expansion *x, const char *p, const char *end,
		  size_t used, int brackets);

static int expand_span(struct expansion *x, const struct span *s,
		       const char *rest, const char *end, size_t used,
		       int brackets)
{
	int rc = 0;

	for (unsigned int i = s->first; i <= s->last && !rc; i++) {
		int n = snprintf(x->buf + used, sizeof(x->buf) - used, "%0*u",
				 s->width, i);

		if (used + n >= sizeof(x->buf))
			return refuse(x, -EINVAL, "the name is too long");
		rc = expand(x, rest, end, used + n, brackets);
	}
	return rc;
}

/* The bracket at @p, and behind it the rest of the name, once for each number. */
static int expand_bracket(struct expansion *x, const char *p, const char *end,
			  size_t used, int brackets)
{
	const char *close = memchr(p, ']', end - p);
	struct span s;
	int rc;

	if (!close)
		return refuse(x, -EINVAL, "a ']' is missing");
	if (brackets >= BRACKETS_MAX)
		return refuse(x, -EINVAL, "too many brackets");
	for (;;) {
		p++;
		rc = parse_span(x, &p, &s);
		if (!rc && p != close && *p != ',')
			rc = refuse(x, -EINVAL, "only digits, '-' and ',' may stand in brackets");
		if (!rc)
			rc = expand_span(x, &s, close + 1, end, used, brackets + 1);
		if (rc || p == close)
			return rc;
	}
}

/* Names that begin with the @used bytes in the buffer and go on as at @p. */
static int expand(struct expansion *x, const char *p, const char *end,
		  size_t used, int brackets)
{
	for (; p < end && *p != '['; p++) {
		if (*p == ']')
			return refuse(x, -EINVAL, "a '[' is missing");
		if (used + 1 >= sizeof(x->buf))
			return refuse(x, -EINVAL, "the name is too long");
		x->buf[used++] = *p;
	}
	if (p < end)
		return expand_bracket(x, p, end, used, brackets);
	x->buf[used] = '\0';
	if (x->count++ >= XOS_RANGE_MAX)
		return refuse(x, -E2BIG, "it stands for more than 65536 names");
	if (xos_strings_add(x->arena, x->names, x->buf))
		return refuse(x, -ENOMEM, "no memory");
	return 0;
}

/* The end of the part at @p: a ',' outside brackets, or the end of all. */
static const char *part_end(const char *p)
{
	bool inside = false;

	for (; *p && (inside || *p != ','); p++)
		inside = *p == '[' || (inside && *p != ']');
	return p;
}

int xos_range_expand(struct xos_arena *arena, const char *expr,
		     struct xos_strings *names, struct xos_error *err)
{
	struct expansion x = { .arena = arena, .names = names, .err = err,
			       .expr = expr };
	const char *end;
	int rc;

	for (const char *p = expr;; p = end + 1) {
		end = part_end(p);
		if (end == p)
			return refuse(&x, -EINVAL, "a name is missing");
		rc = expand(&x, p, end, 0, 0);
		if (rc || !*end)
			return rc;
	}
}

/**
 * struct piece - a name cut at its number
 * @digits: how many, 0: the name has no number and @tail is empty
 */
struct piece {
	const char *name;
	int head_len;
	int digits;
	unsigned int number;
	const char *tail;
};

static struct piece cut(const char *name)
{
	size_t label = strcspn(name, "."), end = label, start;
	struct piece p = { .name = name };
	const char *at;

	while (end && !isdigit((unsigned char)name[end - 1]))
		end--;
	start = end;
	while (start && end - start < DIGITS_MAX &&
	       isdigit((unsigned char)name[start - 1]))
		start--;
	p.head_len = (int)(end ? start : strlen(name));
	at = name + p.head_len;
	p.digits = digits(&at, &p.number);
	p.tail = at;
	return p;
}

static bool is_padded(const struct piece *p)
{
	return p->digits > 1 && p->name[p->head_len] == '0';
}

static int compare_family(const struct piece *a, const struct piece *b)
{
	int shorter = a->head_len < b->head_len ? a->head_len : b->head_len;
	int diff = strncmp(a->name, b->name, shorter);

	if (!diff)
		diff = a->head_len - b->head_len;
	if (!diff)
		diff = !!a->digits - !!b->digits;
	return diff ? diff : strcmp(a->tail, b->tail);
}

static int compare(const void *va, const void *vb)
{
	const struct piece *a = va, *b = vb;
	int diff = compare_family(a, b);

	if (!diff)
		diff = (a->number > b->number) - (a->number < b->number);
	return diff ? diff : a->digits - b->digits;
}

/* Can @p stand in one bracket that began with @first? */
static bool fits(const struct piece *first, const struct piece *p)
{
	if (!first->digits || compare_family(first, p))
		return false;
	return is_padded(first) ? p->digits == first->digits : !is_padded(p);
}

/* Prints the pieces from @i on that fit into one bracket; returns the next. */
static size_t fold_family(FILE *out, const struct piece *p, size_t i, size_t n)
{
	const struct piece *first = p + i;
	size_t end = i + 1;

	while (end < n && fits(first, p + end))
		end++;
	fprintf(out, "%.*s", first->head_len, first->name);
	if (end == i + 1) {
		fprintf(out, "%s", first->name + first->head_len);
		return end;
	}
	for (size_t from = i, to; from < end; from = to) {
		for (to = from + 1; to < end &&
		     p[to].number == p[to - 1].number + 1; to++)
			;
		fprintf(out, "%c%0*u", from == i ? '[' : ',', p[from].digits,
			p[from].number);
		if (to > from + 1)
			fprintf(out, "-%0*u", p[to - 1].digits, p[to - 1].number);
	}
	fprintf(out, "]%s", first->tail);
	return end;
}

static size_t sort_unique(struct piece *p, size_t n)
{
	size_t kept = 0;

	qsort(p, n, sizeof(*p), compare);
	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp(p[kept - 1].name, p[i].name))
			p[kept++] = p[i];
	return kept;
}

char *xos_range_fold(struct xos_arena *arena, const struct xos_strings *names)
{
	cleanup_free struct piece *p = calloc(names->n + 1, sizeof(*p));
	cleanup_free char *text = NULL;
	size_t len, n;
	FILE *out;

	if (!p)
		return NULL;
	for (size_t i = 0; i < names->n; i++)
		p[i] = cut(names->s[i]);
	n = sort_unique(p, names->n);
	out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	for (size_t i = 0; i < n;) {
		if (i)
			fputc(',', out);
		i = fold_family(out, p, i, n);
	}
	if (fclose(out))
		return NULL;
	return xos_arena_strdup(arena, text);
}
