// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * text-diff.c - unified diff
 *
 * Longest common subsequence by a table, after what is common at both ends is
 * set aside.  A middle that is too large for it (the file of nodes, when two far
 * apart were changed) is walked instead: where the texts part, they meet again at
 * the nearest lines that both have.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../libxos/cleanup.h"
#include "text-diff.h"

#define CONTEXT 3
#define CELLS_MAX (4 << 20)
#define MEETING 3		/* lines in a row that are no coincidence */
#define AHEAD_MAX 2000		/* lines, to look for where texts meet again */

struct line {
	const char *s;
	int len;			/* without the newline */
};

struct lines {
	struct line *line;
	size_t n;
};

/* One line of the result: ' ' in both, '-' in the old, '+' in the new one. */
struct step {
	char sign;
	struct line line;
};

struct steps {
	struct step *step;
	size_t n;
};

static int split(const char *text, struct lines *lines)
{
	size_t n = 1;

	for (const char *s = text; s && *s; s++)
		n += *s == '\n';
	lines->line = calloc(n, sizeof(*lines->line));
	if (!lines->line)
		return -ENOMEM;
	while (text && *text) {
		size_t len = strcspn(text, "\n");

		lines->line[lines->n++] = (struct line){ text, len };
		text += len + (text[len] == '\n');
	}
	return 0;
}

static bool is_same(struct line a, struct line b)
{
	return a.len == b.len && !memcmp(a.s, b.s, a.len);
}

static void add(struct steps *steps, char sign, struct line line)
{
	steps->step[steps->n++] = (struct step){ sign, line };
}

/* table[i][j] = length of the longest common subsequence of a[i..], b[j..] */
static void fill(uint32_t *table, const struct line *a, size_t na,
		 const struct line *b, size_t nb)
{
	for (size_t i = na; i-- > 0;) {
		for (size_t j = nb; j-- > 0;) {
			uint32_t *cell = &table[i * (nb + 1) + j];
			uint32_t down = table[(i + 1) * (nb + 1) + j];
			uint32_t right = cell[1];

			*cell = is_same(a[i], b[j]) ?
				table[(i + 1) * (nb + 1) + j + 1] + 1 :
				down > right ? down : right;
		}
	}
}

static int compare_small(const struct line *a, size_t na, const struct line *b,
			 size_t nb, struct steps *steps)
{
	cleanup_free uint32_t *table = calloc((na + 1) * (nb + 1),
					      sizeof(*table));
	size_t i = 0, j = 0;

	if (!table)
		return -ENOMEM;
	fill(table, a, na, b, nb);
	while (i < na || j < nb) {
		if (i < na && j < nb && is_same(a[i], b[j])) {
			add(steps, ' ', a[i++]);
			j++;
		} else if (i < na && (j == nb || table[(i + 1) * (nb + 1) + j] >=
				      table[i * (nb + 1) + j + 1])) {
			add(steps, '-', a[i++]);
		} else {
			add(steps, '+', b[j++]);
		}
	}
	return 0;
}

/* Do both go on with the same lines?  One alone may be a line that is everywhere. */
static bool meet(const struct line *a, size_t na, const struct line *b, size_t nb)
{
	size_t n = 0;

	while (n < MEETING && n < na && n < nb && is_same(a[n], b[n]))
		n++;
	return n == MEETING || (n && n == na && n == nb);
}

/* How many lines of @a and @b to pass, so that the next ones are the same. */
static void find_meeting(const struct line *a, size_t na, const struct line *b,
			 size_t nb, size_t *skip_a, size_t *skip_b)
{
	for (size_t sum = 1; sum < AHEAD_MAX; sum++) {
		for (size_t i = 0; i <= sum; i++) {
			if (i < na && sum - i < nb &&
			    meet(a + i, na - i, b + sum - i, nb - sum + i)) {
				*skip_a = i;
				*skip_b = sum - i;
				return;
			}
		}
	}
	*skip_a = na;
	*skip_b = nb;
}

static void compare_large(const struct line *a, size_t na, const struct line *b,
			  size_t nb, struct steps *steps)
{
	size_t i = 0, j = 0, skip_a, skip_b;

	while (i < na || j < nb) {
		if (i < na && j < nb && is_same(a[i], b[j])) {
			add(steps, ' ', a[i++]);
			j++;
			continue;
		}
		find_meeting(a + i, na - i, b + j, nb - j, &skip_a, &skip_b);
		while (skip_a--)
			add(steps, '-', a[i++]);
		while (skip_b--)
			add(steps, '+', b[j++]);
	}
}

static int compare_middle(const struct line *a, size_t na, const struct line *b,
			  size_t nb, struct steps *steps)
{
	if ((na + 1) * (nb + 1) <= CELLS_MAX)
		return compare_small(a, na, b, nb, steps);
	compare_large(a, na, b, nb, steps);
	return 0;
}

static int compare(const struct lines *a, const struct lines *b,
		   struct steps *steps)
{
	size_t head = 0, tail = 0;
	int rc;

	while (head < a->n && head < b->n &&
	       is_same(a->line[head], b->line[head]))
		add(steps, ' ', a->line[head++]);
	while (tail < a->n - head && tail < b->n - head &&
	       is_same(a->line[a->n - tail - 1], b->line[b->n - tail - 1]))
		tail++;
	rc = compare_middle(a->line + head, a->n - head - tail, b->line + head,
			    b->n - head - tail, steps);
	for (size_t i = a->n - tail; !rc && i < a->n; i++)
		add(steps, ' ', a->line[i]);
	return rc;
}

/* End of the hunk that begins at @i: where more than 2 * CONTEXT lines agree. */
static size_t hunk_end(const struct steps *steps, size_t i)
{
	size_t end = i, same = 0;

	for (; i < steps->n && same <= 2 * CONTEXT; i++) {
		same = steps->step[i].sign == ' ' ? same + 1 : 0;
		if (!same)
			end = i + 1;
	}
	return end + CONTEXT < steps->n ? end + CONTEXT : steps->n;
}

static void print_hunk(FILE *out, const struct step *step, size_t n,
		       size_t old_at, size_t new_at)
{
	size_t n_old = 0, n_new = 0;

	for (size_t i = 0; i < n; i++) {
		n_old += step[i].sign != '+';
		n_new += step[i].sign != '-';
	}
	fprintf(out, "@@ -%zu,%zu +%zu,%zu @@\n", old_at + !!n_old, n_old,
		new_at + !!n_new, n_new);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%c%.*s\n", step[i].sign, step[i].line.len,
			step[i].line.s);
}

static void print(FILE *out, const struct steps *steps)
{
	size_t old_at = 0, new_at = 0, done = 0;

	for (size_t i = 0; i < steps->n; i++) {
		size_t begin, end;

		if (steps->step[i].sign == ' ')
			continue;
		begin = i > done + CONTEXT ? i - CONTEXT : done;
		end = hunk_end(steps, i);
		for (; done < begin; done++) {
			old_at++;
			new_at++;
		}
		print_hunk(out, steps->step + begin, end - begin, old_at, new_at);
		for (; done < end; done++) {
			old_at += steps->step[done].sign != '+';
			new_at += steps->step[done].sign != '-';
		}
		i = end - 1;
	}
}

int xos_text_diff(FILE *out, const char *path, const char *old, const char *new)
{
	struct lines a = { 0 }, b = { 0 };
	struct steps steps = { 0 };
	int rc;

	if (old && new && !strcmp(old, new))
		return 0;
	rc = split(old, &a);
	if (!rc)
		rc = split(new, &b);
	if (!rc) {
		steps.step = calloc(a.n + b.n + 1, sizeof(*steps.step));
		rc = steps.step ? compare(&a, &b, &steps) : -ENOMEM;
	}
	if (!rc) {
		fprintf(out, "--- %s\n+++ %s\n", old ? path : "/dev/null",
			new ? path : "/dev/null");
		print(out, &steps);
	}
	free(steps.step);
	free(a.line);
	free(b.line);
	return rc;
}
