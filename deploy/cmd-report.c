// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-report.c - report: where each node's time went, as a table, JSON or SVG
 *
 * A row is the boot that brought a node online; seconds, and processor seconds
 * where the back-end can tell.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../libxos/cleanup.h"
#include "cmd.h"
#include "output.h"
#include "timeline.h"

struct collection {
	const struct xos_inventory *inv;
	struct xos_timeline *times;
	bool is_down;
};

static void collect(const struct xos_record *r, void *arg)
{
	struct collection *all = arg;
	const struct xos_node *node;

	if (!strcmp(r->name, "begin") && all->is_down) {
		memset(all->times, 0, all->inv->n_nodes * sizeof(*all->times));
		all->is_down = false;
	}
	if (!strcmp(r->name, "down"))
		all->is_down = true;
	if (!*r->node)
		return;
	node = xos_inventory_node(all->inv, r->node);
	if (node)
		xos_timeline_record(&all->times[node - all->inv->nodes], r);
}

static void print_row(const char *name, const int64_t ms[XOS_PHASES], int64_t total_ms,
		      int64_t cpu_ms)
{
	int phase;

	printf("%-16s", name);
	for (phase = 0; phase < XOS_PHASES; phase++)
		printf(" %9.1f", ms[phase] / 1000.0);
	printf(" %9.1f", total_ms / 1000.0);
	if (cpu_ms >= 0)
		printf(" %9.1f", cpu_ms / 1000.0);
	putchar('\n');
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Columns: the phases, the total, the processor time. */
static void column(const struct collection *all, int which, int64_t *values, size_t *n)
{
	size_t i;

	*n = 0;
	for (i = 0; i < all->inv->n_nodes; i++) {
		const struct xos_timeline *t = &all->times[i];

		if (t->complete)
			values[(*n)++] = which < XOS_PHASES ? xos_timeline_ms(t, which) :
					 which == XOS_PHASES ? xos_timeline_total_ms(t) :
					 t->cpu_ms;
	}
	qsort(values, *n, sizeof(*values), by_value);
}

static void print_medians(const struct collection *all, int64_t *values)
{
	int64_t middle[XOS_PHASES + 2], most[XOS_PHASES + 2];
	size_t n = 0;
	int which;

	for (which = 0; which < XOS_PHASES + 2; which++) {
		column(all, which, values, &n);
		middle[which] = n ? values[n / 2] : 0;
		most[which] = n ? values[n - 1] : 0;
	}
	if (n < 2)
		return;
	print_row("median", middle, middle[XOS_PHASES], middle[XOS_PHASES + 1]);
	print_row("most", most, most[XOS_PHASES], most[XOS_PHASES + 1]);
}

static int print_table(const struct collection *all, struct xos_error *err)
{
	cleanup_free int64_t *values = calloc(all->inv->n_nodes + 1, sizeof(*values));
	int64_t ms[XOS_PHASES];
	size_t i, shown = 0;
	int phase;

	if (!values)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	printf("%-16s", "seconds");
	for (phase = 0; phase < XOS_PHASES; phase++)
		printf(" %9s", xos_phase_name(phase));
	printf(" %9s %9s\n", "total", "cpu");
	for (i = 0; i < all->inv->n_nodes; i++) {
		const struct xos_timeline *t = &all->times[i];

		if (!t->complete)
			continue;
		shown++;
		for (phase = 0; phase < XOS_PHASES; phase++)
			ms[phase] = xos_timeline_ms(t, phase);
		print_row(all->inv->nodes[i].name, ms, xos_timeline_total_ms(t), t->cpu_ms);
	}
	print_medians(all, values);
	if (shown < all->inv->n_nodes)
		printf("%zu of %zu nodes never came online\n", all->inv->n_nodes - shown,
		       all->inv->n_nodes);
	return 0;
}

static void print_json(const struct collection *all)
{
	size_t i;
	int phase;

	for (i = 0; i < all->inv->n_nodes; i++) {
		const struct xos_timeline *t = &all->times[i];
		json_t *o;

		if (!t->complete)
			continue;
		o = json_pack("{s:s,s:I,s:I}", "node", all->inv->nodes[i].name, "total_ms",
			      (json_int_t)xos_timeline_total_ms(t), "cpu_ms",
			      (json_int_t)t->cpu_ms);
		for (phase = 0; phase < XOS_PHASES; phase++) {
			char key[32];

			snprintf(key, sizeof(key), "%s_ms", xos_phase_name(phase));
			json_object_set_new(o, key, json_integer(xos_timeline_ms(t, phase)));
		}
		json_dumpf(o, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(o);
	}
}

static int write_svg(const struct cmd *c, const struct collection *all,
		     struct xos_error *err)
{
	cleanup_free const char **names = calloc(c->inv->n_nodes + 1, sizeof(*names));
	cleanup_free char *text = NULL;
	char title[128];
	size_t len, i;
	FILE *f = open_memstream(&text, &len);

	if (!names || !f) {
		if (f)
			fclose(f);
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	}
	for (i = 0; i < c->inv->n_nodes; i++)
		names[i] = c->inv->nodes[i].name;
	snprintf(title, sizeof(title), "%s: from power-on to online", c->inv->name);
	xos_timeline_svg(f, title, names, all->times, c->inv->n_nodes);
	fclose(f);
	return xos_output_write(c->svg, text, len, err);
}

int cmd_report(struct cmd *c)
{
	struct collection all = { 0 };
	struct xos_error err = { 0 };
	int rc;

	if (c->argc)
		return cmd_usage(c, "unexpected '%s'", c->argv[0]);
	if (cmd_open(c, &err) < 0)
		return cmd_fail(&err);
	all.inv = c->inv;
	all.times = calloc(c->inv->n_nodes + 1, sizeof(*all.times));
	rc = all.times ? xos_journal_read(c->paths.state, NULL, NULL, collect, &all, &err) :
	     xos_error_set(&err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	if (!rc && c->svg)
		rc = write_svg(c, &all, &err);
	if (!rc && c->json)
		print_json(&all);
	else if (!rc)
		rc = print_table(&all, &err);
	free(all.times);
	return rc < 0 ? cmd_fail(&err) : 0;
}
