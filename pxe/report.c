// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * report.c - parser of a node's report
 *
 * Input is hostile: every length is checked, nothing is allocated, and what
 * comes out is printable, so that it can go to logs and terminals as it is.
 */
#include <errno.h>
#include <string.h>

#include "report.h"

/* In the order of a boot; the ones after initramfs no longer load anything. */
static const struct {
	const char *name;
	bool frees_slot;
} stages[] = {
	{ "initramfs", false },
	{ "root", true },
	{ "up", true },
	{ "services", true },
	{ "modules", true },
	{ "config", true },
	{ "failed", true },
	{ "down", true },
};

#define N_STAGES (sizeof(stages) / sizeof(stages[0]))

/* A piece of the body: not terminated. */
struct piece {
	const char *s;
	size_t len;
};

static bool is(struct piece p, const char *word)
{
	return p.len == strlen(word) && !memcmp(p.s, word, p.len);
}

static const char *set_stage(struct xos_report *report, struct piece value)
{
	for (size_t i = 0; i < N_STAGES; i++) {
		if (is(value, stages[i].name)) {
			strcpy(report->stage, stages[i].name);
			return NULL;
		}
	}
	return "unknown stage";
}

static const char *set_boot(struct xos_report *report, struct piece value)
{
	if (!value.len || value.len >= sizeof(report->boot))
		return "boot id of a wrong length";
	for (size_t i = 0; i < value.len; i++) {
		if (!strchr("0123456789abcdef-", value.s[i]) || !value.s[i])
			return "boot id has other than hex digits and '-'";
	}
	memcpy(report->boot, value.s, value.len);
	report->boot[value.len] = '\0';
	return NULL;
}

static const char *set_uptime(struct xos_report *report, struct piece value)
{
	int64_t ms = 0;

	/* 15 digits of ms are 31 thousand years, and exact in JSON */
	if (!value.len || value.len > 15)
		return "uptime of a wrong length";
	for (size_t i = 0; i < value.len; i++) {
		if (value.s[i] < '0' || value.s[i] > '9')
			return "uptime is no number";
		ms = ms * 10 + (value.s[i] - '0');
	}
	report->uptime_ms = ms;
	return NULL;
}

static const char *set_detail(struct xos_report *report, struct piece value)
{
	size_t len = value.len;

	if (len >= sizeof(report->detail))
		len = sizeof(report->detail) - 1;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = value.s[i];

		report->detail[i] = c >= 0x20 && c < 0x7f ? c : '?';
	}
	report->detail[len] = '\0';
	return NULL;
}

/* Return what is wrong with it, or NULL. */
static const char *parse_line(struct xos_report *report, struct piece line,
			      unsigned int *seen)
{
	static const struct {
		const char *key;
		const char *(*set)(struct xos_report *report, struct piece value);
	} keys[] = {
		{ "stage", set_stage },
		{ "boot", set_boot },
		{ "uptime", set_uptime },
		{ "detail", set_detail },
	};
	const char *space = memchr(line.s, ' ', line.len);
	struct piece key = { line.s, space ? (size_t)(space - line.s) : line.len };
	struct piece value = { line.s + line.len, 0 };

	if (!key.len)
		return "no key";
	if (space) {
		value.s = space + 1;
		value.len = line.len - key.len - 1;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!is(key, keys[i].key))
			continue;
		if (*seen & 1u << i)
			return "a key is there twice";
		*seen |= 1u << i;
		return keys[i].set(report, value);
	}
	return NULL;
}

int xos_report_parse(const char *body, size_t len, struct xos_report *report,
		     struct xos_error *err)
{
	struct xos_report r = { .uptime_ms = -1 };
	unsigned int seen = 0, n = 0;

	if (len > XOS_REPORT_MAX)
		return xos_error_set(err, -EBADMSG, XOS_EXIT_FAILED,
				     "report has %zu bytes, at most %d are allowed",
				     len, XOS_REPORT_MAX);
	while (len) {
		const char *end = memchr(body, '\n', len);
		struct piece line = { body, end ? (size_t)(end - body) : len };
		const char *wrong = parse_line(&r, line, &seen);

		n++;
		if (wrong)
			return xos_error_set(err, -EBADMSG, XOS_EXIT_FAILED,
					     "report line %u: %s", n, wrong);
		len -= line.len + !!end;
		body += line.len + !!end;
	}
	if (!r.stage[0])
		return xos_error_set(err, -EBADMSG, XOS_EXIT_FAILED,
				     "report names no stage");
	*report = r;
	return 0;
}

bool xos_report_frees_slot(const char *stage)
{
	for (size_t i = 0; i < N_STAGES; i++) {
		if (!strcmp(stage, stages[i].name))
			return stages[i].frees_slot;
	}
	return false;
}
