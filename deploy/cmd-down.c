// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-down.c - down: stop everything, leave nothing behind
 *
 * The journal stays, with a record that says so: why and report still work, and
 * the next run begins from the start.
 */
#include <errno.h>
#include <unistd.h>

#include "../libxos/cleanup.h"
#include "cmd.h"
#include "paths.h"

static int note_down(const struct xos_paths *paths, struct xos_error *err)
{
	struct xos_journal *journal = xos_journal_open(paths->state, "down", err);
	struct xos_record record = { .name = "down", .uptime_ms = -1, .cpu_ms = -1 };
	int rc = journal ? xos_journal_write(journal, &record, true, err) : err->code;

	xos_journal_close(journal);
	return rc;
}

int cmd_down(struct cmd *c)
{
	struct xos_backends backends;
	struct xos_error err = { 0 };
	cleanup_close int lock = -1;
	size_t i;
	int rc = 0;

	if (c->argc)
		return cmd_usage(c, "unexpected '%s'", c->argv[0]);
	if (cmd_open(c, &err) < 0 || xos_paths_make(&c->paths, &err) < 0)
		return cmd_fail(&err);
	lock = xos_paths_lock(&c->paths, &err);
	if (lock < 0 || xos_backends_open(&backends, c->inv, &c->paths, &err) < 0)
		return cmd_fail(&err);
	for (i = 0; i < backends.n; i++)
		if (backends.list[i].ops->down(&backends.list[i], &err) < 0)
			rc = cmd_fail(&err);
	xos_backends_close(&backends);
	if (rc)
		return rc;
	rmdir(c->paths.run);
	return note_down(&c->paths, &err) < 0 ? cmd_fail(&err) : 0;
}
