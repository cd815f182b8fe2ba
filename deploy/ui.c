// SPDX-License-Identifier: GPL-2.0-only
/*
 * ui.c - a deployment as a person or a program sees it
 *
 * The table is drawn over the one before: the cursor goes up by as many lines as
 * were drawn, what is there is erased.  The size of the terminal is asked for
 * each time.  More nodes than rows are folded into one line per state.
 */
#include "ui.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../libxos/arena.h"
#include "../libxos/cleanup.h"
#include "../libxos/range.h"

#define REDRAW_MS	100
#define BAR_WIDTH	20

struct xos_ui {
	FILE *out;
	const struct xos_inventory *inv;
	enum xos_ui_mode mode;
	bool verbose;
	bool terminal;
	bool colour;
	int drawn;			/* lines of the table on the screen */
	int64_t drawn_ms;
	int64_t begun_ms;
};

struct xos_ui *xos_ui_create(FILE *out, const struct xos_inventory *inv,
			     enum xos_ui_mode mode, bool verbose)
{
	struct xos_ui *ui = calloc(1, sizeof(*ui));
	const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");

	if (!ui)
		return NULL;
	ui->out = out;
	ui->inv = inv;
	ui->mode = mode;
	ui->verbose = verbose;
	ui->terminal = mode == XOS_UI_AUTO && isatty(fileno(out)) && term &&
		       strcmp(term, "dumb");
	ui->colour = ui->terminal && !(no_colour && *no_colour);
	ui->begun_ms = xos_now_ms();
	return ui;
}

void xos_ui_destroy(struct xos_ui *ui)
{
	free(ui);
}

static void terminal_size(const struct xos_ui *ui, int *rows, int *columns)
{
	struct winsize ws;

	*rows = 24;
	*columns = 80;
	if (!ioctl(fileno(ui->out), TIOCGWINSZ, &ws) && ws.ws_row && ws.ws_col) {
		*rows = ws.ws_row;
		*columns = ws.ws_col;
	}
}

static const char *colour_of(const struct xos_ui *ui, enum xos_state state)
{
	if (!ui->colour)
		return "";
	switch (state) {
	case XOS_STATE_ONLINE:
		return "\033[32m";
	case XOS_STATE_KO:
		return "\033[31m";
	case XOS_STATE_OFF:
	case XOS_STATE_EXCLUDED:
		return "\033[2m";
	default:
		return "\033[33m";
	}
}

static void put_bar(char bar[BAR_WIDTH + 1], int part, int whole)
{
	int full = whole ? (part * BAR_WIDTH + whole - 1) / whole : 0;

	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', full);
	bar[BAR_WIDTH] = '\0';
}

static void put_node(struct xos_ui *ui, const struct xos_node *node,
		     const struct xos_machine *m, int columns)
{
	bool moving = !xos_state_settled(m->state) && m->state != XOS_STATE_OFF;
	int part = m->state <= XOS_STATE_ONLINE ? (int)m->state : 0;
	char bar[BAR_WIDTH + 1], elapsed[16] = "", line[512];

	put_bar(bar, part, XOS_STATE_ONLINE);
	if (moving)
		snprintf(elapsed, sizeof(elapsed), "%.0f s",
			 (xos_now_ms() - m->since_ms) / 1000.0);
	snprintf(line, sizeof(line), "%-16s %s%-9s%s %7s %s %s", node->name,
		 colour_of(ui, m->state), xos_state_name(m->state),
		 ui->colour ? "\033[0m" : "", elapsed, bar, m->reason);
	if (ui->terminal)	/* a wrapped line would spoil the counting */
		fprintf(ui->out, "%.*s\033[K\n", columns - 1 + (ui->colour ? 9 : 0), line);
	else
		fprintf(ui->out, "%s\n", line);
	ui->drawn++;
}

static void put_folded(struct xos_ui *ui, const struct xos_machine *nodes,
		       enum xos_state state, int columns)
{
	struct xos_arena *arena = xos_arena_create();
	struct xos_strings names = { 0 };
	char bar[BAR_WIDTH + 1], *folded;
	size_t i;

	for (i = 0; arena && i < ui->inv->n_nodes; i++)
		if (nodes[i].state == state)
			xos_strings_add(arena, &names, ui->inv->nodes[i].name);
	if (names.n) {
		folded = xos_range_fold(arena, &names);
		put_bar(bar, names.n, ui->inv->n_nodes);
		fprintf(ui->out, "%s%-9s%s %5zu %s %.*s\033[K\n", colour_of(ui, state),
			xos_state_name(state), ui->colour ? "\033[0m" : "", names.n, bar,
			columns - 39 > 0 ? columns - 39 : 0, folded ? folded : "");
		ui->drawn++;
	}
	xos_arena_destroy(arena);
}

static void erase(struct xos_ui *ui)
{
	if (ui->drawn)
		fprintf(ui->out, "\033[%dA\033[J", ui->drawn);
	ui->drawn = 0;
}

static void draw(struct xos_ui *ui, const struct xos_machine *nodes)
{
	size_t n = ui->inv->n_nodes, online = 0, i;
	int rows, columns;
	enum xos_state state;

	terminal_size(ui, &rows, &columns);
	erase(ui);
	for (i = 0; i < n; i++)
		online += nodes[i].state == XOS_STATE_ONLINE;
	if (n + 2 < (size_t)rows)
		for (i = 0; i < n; i++)
			put_node(ui, &ui->inv->nodes[i], &nodes[i], columns);
	else
		for (state = 0; state < XOS_STATES; state++)
			put_folded(ui, nodes, state, columns);
	fprintf(ui->out, "%zu of %zu online, %.0f s\033[K\n", online, n,
		(xos_now_ms() - ui->begun_ms) / 1000.0);
	ui->drawn++;
	fflush(ui->out);
	ui->drawn_ms = xos_now_ms();
}

static void put_json(struct xos_ui *ui, const struct xos_record *record)
{
	cleanup_free char *line = xos_record_format(record);

	if (line)
		fprintf(ui->out, "%s\n", line);
	fflush(ui->out);
}

static double seconds(const struct xos_ui *ui, int64_t time_ms)
{
	return time_ms > ui->begun_ms ? (time_ms - ui->begun_ms) / 1000.0 : 0;
}

void xos_ui_record(const struct xos_record *r, void *arg)
{
	struct xos_ui *ui = arg;

	if (ui->mode == XOS_UI_JSON) {
		put_json(ui, r);
		return;
	}
	if (!*r->node) {
		char text[512];

		if (ui->verbose || !strcmp(r->name, "image") || !strcmp(r->name, "head") ||
		    !strcmp(r->name, "hook")) {
			snprintf(text, sizeof(text), "%s: %s", r->name, r->detail);
			xos_ui_progress(text, ui);
		}
		return;
	}
	if (ui->terminal)
		return;			/* the table shows it */
	fprintf(ui->out, "%8.1f %-16s %s -> %s%s%s (%s)\n", seconds(ui, r->time_ms), r->node,
		xos_state_name(r->step.from), xos_state_name(r->step.to),
		r->step.action ? ", " : "", xos_action_name(r->step.action), r->step.cause);
	fflush(ui->out);
}

void xos_ui_progress(const char *text, void *arg)
{
	struct xos_ui *ui = arg;

	if (ui->mode == XOS_UI_JSON)
		return;			/* words are for people; records say the same */
	erase(ui);
	fprintf(ui->out, "%8.1f %s\n", seconds(ui, xos_now_ms()), text);
	fflush(ui->out);
}

void xos_ui_tick(const struct xos_machine *nodes, void *arg)
{
	struct xos_ui *ui = arg;

	if (ui->terminal && (!ui->drawn || xos_now_ms() - ui->drawn_ms >= REDRAW_MS))
		draw(ui, nodes);
}

void xos_ui_final(struct xos_ui *ui, const struct xos_machine *nodes)
{
	if (ui->terminal)
		draw(ui, nodes);
}

void xos_ui_list(struct xos_ui *ui, const struct xos_machine *nodes)
{
	size_t i;

	for (i = 0; i < ui->inv->n_nodes && !ui->terminal && ui->mode == XOS_UI_AUTO; i++)
		put_node(ui, &ui->inv->nodes[i], &nodes[i], 0);
	fflush(ui->out);
}
