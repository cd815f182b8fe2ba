// SPDX-License-Identifier: GPL-2.0-only
/*
 * timeline.c - where a node's time went, from the journal
 *
 * A phase is the time between two states, with one exception: between "loading"
 * and the initramfs' first report both iPXE and the kernel work, and the report
 * carries the kernel's uptime, which divides the two.  A reboot starts anew: what
 * is shown is the boot that led to "online".
 */
#include "timeline.h"

#include <string.h>

#define BAR_HEIGHT	18
#define ROW_HEIGHT	24
#define LEFT		130
#define CHART_WIDTH	760
#define TOP		70

static const struct {
	const char *name;
	enum xos_state from, to;
	const char *colour;
} phases[XOS_PHASES] = {
	{ "firmware", XOS_STATE_POWERING, XOS_STATE_LOADING, "#9e9e9e" },
	{ "loading", XOS_STATE_LOADING, XOS_STATE_INITRAMFS, "#f2a541" },
	{ "kernel", XOS_STATE_LOADING, XOS_STATE_INITRAMFS, "#d1495b" },
	{ "initramfs", XOS_STATE_INITRAMFS, XOS_STATE_ROOT, "#7b5ea7" },
	{ "root", XOS_STATE_ROOT, XOS_STATE_SERVICES, "#2e86ab" },
	{ "services", XOS_STATE_SERVICES, XOS_STATE_PRESENT, "#3c9d6b" },
	{ "cluster", XOS_STATE_PRESENT, XOS_STATE_ONLINE, "#1d3557" },
};

const char *xos_phase_name(enum xos_phase phase)
{
	return (unsigned int)phase < XOS_PHASES ? phases[phase].name : "?";
}

static void forget_from(struct xos_timeline *t, enum xos_state state)
{
	memset(&t->at_ms[state], 0, (XOS_STATES - state) * sizeof(t->at_ms[0]));
	if (state <= XOS_STATE_INITRAMFS)
		t->uptime_ms = -1;
	t->complete = false;
}

void xos_timeline_record(struct xos_timeline *t, const struct xos_record *r)
{
	enum xos_state to = r->step.to;

	if (r->step.action != XOS_ACTION_NONE) {
		forget_from(t, XOS_STATE_OFF);
		t->at_ms[XOS_STATE_POWERING] = r->time_ms;
		return;
	}
	if (r->step.from == to)
		return;
	if (to < r->step.from && to != XOS_STATE_POWERING)
		forget_from(t, to);
	if (to != XOS_STATE_POWERING)	/* a back-off belongs to no boot */
		t->at_ms[to] = r->time_ms;
	if (!t->at_ms[XOS_STATE_POWERING])	/* rebooted by itself */
		t->at_ms[XOS_STATE_POWERING] = r->time_ms;
	if (to == XOS_STATE_INITRAMFS)
		t->uptime_ms = r->uptime_ms;
	t->complete = to == XOS_STATE_ONLINE;
	t->cpu_ms = r->cpu_ms;
}

/* When it came to @state, or, where that was never seen, to a later one. */
static int64_t reached(const struct xos_timeline *t, enum xos_state state)
{
	int s;

	for (s = state; s <= XOS_STATE_ONLINE; s++)
		if (t->at_ms[s])
			return t->at_ms[s];
	return 0;
}

int64_t xos_timeline_ms(const struct xos_timeline *t, enum xos_phase phase)
{
	int64_t ms = reached(t, phases[phase].to) - reached(t, phases[phase].from);
	int64_t kernel_ms = t->uptime_ms < 0 ? 0 : t->uptime_ms < ms ? t->uptime_ms : ms;

	if (phase == XOS_PHASE_KERNEL)
		ms = kernel_ms;
	else if (phase == XOS_PHASE_LOADING)
		ms -= kernel_ms;
	return ms > 0 ? ms : 0;
}

int64_t xos_timeline_total_ms(const struct xos_timeline *t)
{
	return t->at_ms[XOS_STATE_ONLINE] - t->at_ms[XOS_STATE_POWERING];
}

static void put_text(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '&' || *text == '<' || *text == '>' || *text == '"')
			fprintf(out, "&#%d;", *text);
		else
			fputc(*text, out);
}

static void put_legend(FILE *out)
{
	int i;

	for (i = 0; i < XOS_PHASES; i++)
		fprintf(out, "<rect x=\"%d\" y=\"34\" width=\"12\" height=\"12\" fill=\"%s\"/>"
			"<text x=\"%d\" y=\"44\">%s</text>\n", LEFT + i * 105, phases[i].colour,
			LEFT + i * 105 + 17, phases[i].name);
}

/* A tick every 1, 2 or 5 times a power of ten: at most ten of them. */
static double tick_length(double seconds)
{
	static const double steps[] = { 1, 2, 5 };
	double unit = 0.001;
	int i;

	for (;; unit *= 10)
		for (i = 0; i < 3; i++)
			if (seconds / (steps[i] * unit) <= 10)
				return steps[i] * unit;
}

static void put_axis(FILE *out, double seconds, int height)
{
	double tick = tick_length(seconds), at;

	for (at = 0; at <= seconds; at += tick) {
		double x = LEFT + at / seconds * CHART_WIDTH;

		fprintf(out, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#ddd\"/>"
			"<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g s</text>\n",
			x, TOP - 6, x, height - 22, x, height - 8, at);
	}
}

static void put_bar(FILE *out, const char *name, const struct xos_timeline *t,
		    int64_t first_ms, double seconds, int y)
{
	double x = LEFT + (t->at_ms[XOS_STATE_POWERING] - first_ms) / 1000.0 / seconds *
		   CHART_WIDTH;
	int i;

	fputs("<g class=\"node\">", out);
	fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT - 8, y + 13);
	put_text(out, name);
	fputs("</text>", out);
	for (i = 0; i < XOS_PHASES; i++) {
		double s = xos_timeline_ms(t, i) / 1000.0;
		double width = s / seconds * CHART_WIDTH;

		fprintf(out, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\">"
			"<title>%s %.1f s</title></rect>", x, y, width, BAR_HEIGHT,
			phases[i].colour, phases[i].name, s);
		x += width;
	}
	fprintf(out, "<text x=\"%.1f\" y=\"%d\">%.1f s</text></g>\n", x + 5, y + 13,
		xos_timeline_total_ms(t) / 1000.0);
}

void xos_timeline_svg(FILE *out, const char *title, const char *const *names,
		      const struct xos_timeline *t, size_t n)
{
	int64_t first_ms = INT64_MAX, last_ms = 0;
	int rows = 0, height, y = TOP;
	double seconds;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!t[i].complete)
			continue;
		rows++;
		if (t[i].at_ms[XOS_STATE_POWERING] < first_ms)
			first_ms = t[i].at_ms[XOS_STATE_POWERING];
		if (t[i].at_ms[XOS_STATE_ONLINE] > last_ms)
			last_ms = t[i].at_ms[XOS_STATE_ONLINE];
	}
	seconds = rows && last_ms > first_ms ? (last_ms - first_ms) / 1000.0 : 1;
	height = TOP + rows * ROW_HEIGHT + 28;
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"font-family=\"sans-serif\" font-size=\"12\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
		"<text x=\"%d\" y=\"20\" font-size=\"14\" font-weight=\"bold\">",
		LEFT + CHART_WIDTH + 70, height, LEFT);
	put_text(out, title);
	fputs("</text>\n", out);
	put_legend(out);
	put_axis(out, seconds, height);
	for (i = 0; i < n; i++)
		if (t[i].complete) {
			put_bar(out, names[i], &t[i], first_ms, seconds, y);
			y += ROW_HEIGHT;
		}
	fputs("</svg>\n", out);
}
