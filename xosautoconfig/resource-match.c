// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * resource-match.c - does a resource fulfil a requirement?
 *
 *	or	= and ("||" and)*
 *	and	= term ("&&" term)*
 *	term	= "!" term | "(" or ")" | field op value
 *	op	= "==" | "!=" | ">=" | "<=" | ">" | "<"; words take the first two only
 *
 * "vo == x" holds when x is one of its VOs.  Both sides of || and && are always
 * read, so a requirement is right or wrong whatever the resource.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resource.h"

#define DEPTH_MAX 32

/** struct match - a requirement being read; @why: the first thing wrong in it */
struct match {
	const struct resource *r;
	const char *start, *p;
	unsigned int depth;
	const char *why;
};

static bool parse_or(struct match *m);

static void skip(struct match *m)
{
	m->p += strspn(m->p, " \t\n");
}

static bool wrong(struct match *m, const char *why)
{
	if (!m->why)
		m->why = why;
	return false;
}

static bool eat(struct match *m, const char *word)
{
	size_t len = strlen(word);

	skip(m);
	if (strncmp(m->p, word, len))
		return false;
	m->p += len;
	return true;
}

static bool take_word(struct match *m, char *word, size_t size)
{
	size_t n = 0;

	skip(m);
	while (isalnum((unsigned char)m->p[n]) || (m->p[n] && strchr("._-", m->p[n])))
		n++;
	if (!n || n >= size)
		return false;
	memcpy(word, m->p, n);
	word[n] = '\0';
	m->p += n;
	return true;
}

static bool compare(const char *op, long long a, long long b)
{
	switch (op[0]) {
	case '=':
		return a == b;
	case '!':
		return a != b;
	case '>':
		return op[1] ? a >= b : a > b;
	default:
		return op[1] ? a <= b : a < b;
	}
}

static bool has_vo(const struct resource *r, const char *vo)
{
	size_t len = strlen(vo);

	for (const char *p = r->vo; *p; p += strcspn(p, ",") + !!p[strcspn(p, ",")])
		if (strcspn(p, ",") == len && !strncmp(p, vo, len))
			return true;
	return false;
}

/* Return: the number, or -1: the field is none. */
static long long field_number(const struct resource *r, const char *field)
{
	if (!strcmp(field, "processors"))
		return r->processors;
	if (!strcmp(field, "memory"))
		return r->memory_mib;
	if (!strcmp(field, "available"))
		return r->available_mib;
	if (!strcmp(field, "members"))
		return (long long)r->n_members;
	if (!strcmp(field, "running"))
		return r->running;
	return -1;
}

static const char *field_text(const struct resource *r, const char *field)
{
	if (!strcmp(field, "name"))
		return r->name;
	if (!strcmp(field, "state"))
		return resource_state_name(r->state);
	if (!strcmp(field, "kernel"))
		return r->kernel;
	if (!strcmp(field, "os"))
		return r->os;
	if (!strcmp(field, "platform"))
		return r->platform;
	if (!strcmp(field, "checkpointer"))
		return r->checkpointer;
	if (!strcmp(field, "checkpoints"))
		return r->checkpoints ? "true" : "false";
	return NULL;
}

static bool parse_comparison(struct match *m)
{
	static const char *const ops[] = { "==", "!=", ">=", "<=", ">", "<" };
	char field[32], value[64], *end;
	const char *op = NULL, *text;
	long long number, wanted;
	bool same;

	if (!take_word(m, field, sizeof(field)))
		return wrong(m, "a field is missing");
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops) && !op; i++)
		if (eat(m, ops[i]))
			op = ops[i];
	if (!op)
		return wrong(m, "one of == != >= <= > < is missing");
	if (!take_word(m, value, sizeof(value)))
		return wrong(m, "a value is missing");
	number = field_number(m->r, field);
	if (number >= 0) {
		errno = 0;
		wanted = strtoll(value, &end, 10);
		if (*end || errno)
			return wrong(m, "this field needs a number");
		return compare(op, number, wanted);
	}
	text = field_text(m->r, field);
	if (!text && strcmp(field, "vo"))
		return wrong(m, "there is no such field");
	if (op[1] != '=' || op[0] == '>' || op[0] == '<')
		return wrong(m, "this field takes == and != only");
	same = text ? !strcmp(text, value) : has_vo(m->r, value);
	return *op == '=' ? same : !same;
}

static bool parse_term(struct match *m)
{
	bool result;

	if (++m->depth > DEPTH_MAX)
		return wrong(m, "it is nested too deep");
	skip(m);
	if (*m->p == '!' && m->p[1] != '=') {
		m->p++;
		result = !parse_term(m);
	} else if (eat(m, "(")) {
		result = parse_or(m);
		if (!eat(m, ")"))
			wrong(m, "a ) is missing");
	} else {
		result = parse_comparison(m);
	}
	m->depth--;
	return result;
}

static bool parse_and(struct match *m)
{
	bool result = parse_term(m);

	while (!m->why && eat(m, "&&"))
		result = parse_term(m) && result;
	return result;
}

static bool parse_or(struct match *m)
{
	bool result = parse_and(m);

	while (!m->why && eat(m, "||"))
		result = parse_and(m) || result;
	return result;
}

int resource_matches(const struct resource *resource, const char *expr,
		     struct xos_error *err)
{
	struct match m = { .r = resource, .start = expr, .p = expr };
	bool result = parse_or(&m);

	skip(&m);
	if (!m.why && *m.p)
		wrong(&m, "&& or || is missing");
	if (m.why)
		return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
				     "'%.200s': %s at '%.20s'; e.g. 'processors>=4 && memory>=2048 && vo==physics'",
				     expr, m.why, m.p);
	return result;
}
