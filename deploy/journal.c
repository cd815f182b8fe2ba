// SPDX-License-Identifier: GPL-2.0-only
/*
 * journal.c - append-only journal of a deployment: state/journal.jsonl
 *
 * One record is one line and one write() to a file opened with O_APPEND, so a
 * tool that is killed leaves at most one torn line, at the end.  Who appends
 * after that starts with a newline; who reads drops what does not parse.  A
 * record that announces a step which cannot be repeated is on the disk before
 * the step is made.  What the records mean is replay.c's business.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../libxos/cleanup.h"
#include "../libxos/clock.h"

#define LINE_MAX_BYTES	8192		/* a longer line is none of ours */

struct xos_journal {
	int fd;
	char run[XOS_RUN_MAX];
	char *path;
};

/* A string field of at most @size - 1 bytes; longer ones are cut. */
static void get_text(const json_t *o, const char *key, char *buf, size_t size)
{
	const char *s = json_string_value(json_object_get(o, key));

	snprintf(buf, size, "%s", s ? s : "");
}

/* All our numbers are counts and times: none is negative. */
static int64_t get_number(const json_t *o, const char *key, int64_t missing)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) && json_integer_value(v) >= 0 ? json_integer_value(v) : missing;
}

static enum xos_state get_state(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? xos_state_find(s) : XOS_STATES;
}

static enum xos_action get_action(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? xos_action_find(s) : XOS_ACTION_NONE;
}

int xos_record_parse(const char *line, size_t len, struct xos_record *r)
{
	json_t *o = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);

	memset(r, 0, sizeof(*r));
	if (!json_is_object(o))
		goto bad;
	r->time_ms = get_number(o, "t", 0);
	get_text(o, "run", r->run, sizeof(r->run));
	get_text(o, "node", r->node, sizeof(r->node));
	get_text(o, "step", r->name, sizeof(r->name));
	r->step.from = get_state(o, "from");
	r->step.to = get_state(o, "to");
	r->step.action = get_action(o, "do");
	r->step.next = get_action(o, "next");
	r->step.failed = json_is_true(json_object_get(o, "failed"));
	r->step.restarted = json_is_true(json_object_get(o, "restarted"));
	r->step.reset = json_is_true(json_object_get(o, "reset"));
	get_text(o, "cause", r->step.cause, sizeof(r->step.cause));
	get_text(o, "detail", r->detail, sizeof(r->detail));
	get_text(o, "boot", r->boot, sizeof(r->boot));
	get_text(o, "epoch", r->epoch, sizeof(r->epoch));
	r->seq = (uint64_t)get_number(o, "seq", 0);
	r->uptime_ms = get_number(o, "uptime_ms", -1);
	r->cpu_ms = get_number(o, "cpu_ms", -1);
	r->step.noted = true;
	if (!*r->node == !*r->name ||
	    (*r->node && (r->step.from == XOS_STATES || r->step.to == XOS_STATES)))
		goto bad;
	json_decref(o);
	return 0;
bad:
	json_decref(o);
	return -EBADMSG;
}

/* Text may come from a node: what is not UTF-8 must not lose the record. */
static void put_text(json_t *o, const char *key, const char *text)
{
	char clean[XOS_REASON_MAX];
	json_t *v;
	size_t i;

	if (!*text)
		return;
	v = json_string(text);
	if (!v) {
		snprintf(clean, sizeof(clean), "%s", text);
		for (i = 0; clean[i]; i++)
			if ((unsigned char)clean[i] >= 0x80)
				clean[i] = '?';
		v = json_string(clean);
	}
	json_object_set_new(o, key, v);
}

static void put_number(json_t *o, const char *key, int64_t value)
{
	if (value >= 0)
		json_object_set_new(o, key, json_integer(value));
}

static void put_flag(json_t *o, const char *key, bool value)
{
	if (value)
		json_object_set_new(o, key, json_true());
}

char *xos_record_format(const struct xos_record *r)
{
	json_t *o = json_object();
	char *line;

	put_number(o, "t", r->time_ms);
	put_text(o, "run", r->run);
	put_text(o, "step", r->name);
	if (*r->node) {
		put_text(o, "node", r->node);
		put_text(o, "from", xos_state_name(r->step.from));
		put_text(o, "to", xos_state_name(r->step.to));
		put_text(o, "do", xos_action_name(r->step.action));
		put_text(o, "next", xos_action_name(r->step.next));
		put_flag(o, "failed", r->step.failed);
		put_flag(o, "restarted", r->step.restarted);
		put_flag(o, "reset", r->step.reset);
		put_text(o, "cause", r->step.cause);
		put_text(o, "boot", r->boot);
		put_number(o, "uptime_ms", r->uptime_ms);
		put_number(o, "cpu_ms", r->cpu_ms);
	}
	put_text(o, "detail", r->detail);
	if (*r->epoch) {
		put_text(o, "epoch", r->epoch);
		put_number(o, "seq", (int64_t)r->seq);
	}
	line = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(o);
	return line;
}

static char *journal_path(const char *dir)
{
	char *path;

	return asprintf(&path, "%s/journal.jsonl", dir) < 0 ? NULL : path;
}

/* After a torn line the next record must not be glued to it. */
static int end_last_line(int fd)
{
	struct stat st;
	char last;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!st.st_size || (pread(fd, &last, 1, st.st_size - 1) == 1 && last == '\n'))
		return 0;
	return write(fd, "\n", 1) == 1 ? 0 : -errno;
}

struct xos_journal *xos_journal_open(const char *dir, const char *run,
				     struct xos_error *err)
{
	struct xos_journal *j = calloc(1, sizeof(*j));
	int rc;

	if (!j)
		goto no_memory;
	j->fd = -1;
	j->path = journal_path(dir);
	if (!j->path)
		goto no_memory;
	snprintf(j->run, sizeof(j->run), "%s", run);
	j->fd = open(j->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	rc = j->fd < 0 ? -errno : end_last_line(j->fd);
	if (rc < 0) {
		xos_error_set(err, rc, XOS_EXIT_FAILED, "%s: %s", j->path,
			      strerror(-rc));
		goto fail;
	}
	return j;

no_memory:
	xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "journal: no memory");
fail:
	xos_journal_close(j);
	return NULL;
}

void xos_journal_close(struct xos_journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	free(j->path);
	free(j);
}

int xos_journal_write(struct xos_journal *j, struct xos_record *record,
		      bool sync, struct xos_error *err)
{
	cleanup_free char *line = NULL;
	size_t len;
	ssize_t n;

	if (!record->time_ms)
		record->time_ms = xos_clock_ms(CLOCK_REALTIME);
	if (!*record->run)
		snprintf(record->run, sizeof(record->run), "%s", j->run);
	line = xos_record_format(record);
	if (!line)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "journal: no memory");
	len = strlen(line);
	line[len] = '\n';		/* in place of the NUL: one write() */
	n = write(j->fd, line, len + 1);
	if (n != (ssize_t)len + 1 || (sync && fdatasync(j->fd) < 0)) {
		int code = n < 0 || n == (ssize_t)len + 1 ? errno : ENOSPC;

		return xos_error_set(err, -code, XOS_EXIT_FAILED, "%s: %s",
				     j->path, strerror(code));
	}
	return 0;
}

int xos_journal_read(const char *dir, int64_t *offset, size_t *damaged,
		     void (*fn)(const struct xos_record *record, void *arg),
		     void *arg, struct xos_error *err)
{
	cleanup_free char *path = journal_path(dir);
	cleanup_fclose FILE *f = path ? fopen(path, "re") : NULL;
	cleanup_free char *line = NULL;
	struct xos_record record;
	size_t size = 0, bad = 0;
	ssize_t n;

	if (!f && errno != ENOENT)
		return xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s",
				     path ? path : dir, strerror(errno));
	if (f && offset && *offset)
		fseeko(f, *offset, SEEK_SET);
	while (f && (n = getline(&line, &size, f)) > 0) {
		if (line[n - 1] != '\n')
			break;		/* torn, or being written right now */
		if (offset)
			*offset += n;
		if (n == 1)
			continue;
		if (n <= LINE_MAX_BYTES && !xos_record_parse(line, n - 1, &record))
			fn(&record, arg);
		else
			bad++;
	}
	if (damaged)
		*damaged = bad;
	return 0;
}
