// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz-journal.c - any bytes as a line of the journal
 *
 * What is read is written and read again: both are the same.  And whatever a
 * sequence of lines says, the machine that is rebuilt from it stays sane.
 */
#include <stdint.h>

#include "deploy/journal.c"
#include "deploy/states.c"

static void check_round_trip(const struct xos_record *record)
{
	char *line = xos_record_format(record), *twice;
	struct xos_record again;

	if (!line || xos_record_parse(line, strlen(line), &again))
		abort();
	twice = xos_record_format(&again);
	if (!twice || strcmp(line, twice)) {
		fprintf(stderr, "%s became %s\n", line, twice);
		abort();
	}
	free(line);
	free(twice);
}

static void check_machine(struct xos_machine *m, const struct xos_limits *limits)
{
	struct xos_machine copy = *m;
	struct xos_step step;
	int i;

	xos_machine_resume(&copy, limits, 1000);
	for (i = 0; i < XOS_INPUTS; i++)
		xos_machine_step(&copy, limits, i, "boot", "why", 2000 + i, &step);
	if (copy.state >= XOS_STATES)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *line = (const char *)data, *end = line + len, *next;
	struct xos_limits limits;
	struct xos_machine m;
	struct xos_record r;

	xos_limits_init(&limits, NULL, 3, NULL);
	xos_machine_init(&m, 1, 0);
	for (; line < end; line = next + 1) {
		next = memchr(line, '\n', end - line);
		next = next ? next : end;
		if (xos_record_parse(line, next - line, &r))
			continue;
		check_round_trip(&r);
		if (*r.node)
			xos_machine_restore(&m, &r.step, r.boot, r.time_ms);
		check_machine(&m, &limits);
	}
	return 0;
}
