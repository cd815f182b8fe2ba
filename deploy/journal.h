/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * journal.h - what happened, one JSON object a line, only ever appended
 */
#ifndef _XOS_DEPLOY_JOURNAL_H
#define _XOS_DEPLOY_JOURNAL_H

#include <stdint.h>
#include <stdio.h>

#include "backend.h"
#include "states.h"

#define XOS_RUN_MAX	32

/**
 * struct xos_record - one line
 * @time_ms: wall clock, ms since 1970
 * @run: names the run of the tool that wrote it
 * @node: of a node's step, "" for a step of the whole deployment
 * @name: of a step of the whole deployment: begin, image, head, cluster, hook,
 *	end, failed, interrupted, down; "" for a node's
 * @step: of a node: states, action, cause
 * @detail: more words; of "image" the id, of the report "up" the host key
 * @boot: the node's boot id that is in force after the step, "" if unknown
 * @epoch: boot server's run that the last seen event belongs to, "" if none
 * @seq: number of that event
 * @uptime_ms: the node's own uptime, -1 if unknown
 * @cpu_ms: processor time spent on it since power-on, -1 if unknown
 */
struct xos_record {
	int64_t time_ms;
	char run[XOS_RUN_MAX];
	char node[XOS_NAME_MAX + 1];
	char name[16];
	struct xos_step step;
	char detail[256];
	char boot[37];
	char epoch[37];
	uint64_t seq;
	int64_t uptime_ms;
	int64_t cpu_ms;
};

/**
 * xos_record_parse() - read one line
 * @line: @len bytes without the newline, need not end in NUL, any content
 * Unknown fields are ignored, missing ones are empty; @record is valid then.
 * Return: 0; -EBADMSG when it is no record.
 */
int xos_record_parse(const char *line, size_t len, struct xos_record *record);

/** xos_record_format() - the reverse; the caller frees; NULL without memory */
char *xos_record_format(const struct xos_record *record);

struct xos_journal;

/**
 * xos_journal_open() - open for appending
 * @dir: the deployment's state directory; made (0700) when it is missing
 * @run: written into every record
 * Return: the journal; NULL with @err.
 */
struct xos_journal *xos_journal_open(const char *dir, const char *run,
				     struct xos_error *err);
void xos_journal_close(struct xos_journal *journal);

/**
 * xos_journal_write() - append one record with one write()
 * @record: its @run and @time_ms are set here when they are empty
 * @sync: return only when it is on the disk; for a step that destroys
 */
int xos_journal_write(struct xos_journal *journal, struct xos_record *record,
		      bool sync, struct xos_error *err);

/**
 * xos_journal_read() - call @fn for every record, oldest first
 * @dir: the deployment's state directory
 * @offset: where to begin, updated to the end of the last whole line; NULL: 0
 * @damaged: receives how many lines were no records; a torn last line is not
 *	counted; NULL allowed
 * Return: 0, also when there is no journal yet; negative errno with @err.
 */
int xos_journal_read(const char *dir, int64_t *offset, size_t *damaged,
		     void (*fn)(const struct xos_record *record, void *arg),
		     void *arg, struct xos_error *err);

#endif /* _XOS_DEPLOY_JOURNAL_H */
