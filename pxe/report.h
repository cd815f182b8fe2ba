/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * report.h - what a node says of itself in POST /report
 *
 * The body has lines "key value".  It says nothing of who sends it: that is
 * known by the sender's address alone.
 */
#ifndef _XOS_REPORT_H
#define _XOS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../libxos/error.h"

#define XOS_REPORT_MAX	1024		/* bytes of a body */

/**
 * struct xos_report - one report
 * @stage: initramfs, root, up, services, modules, config, failed, down
 * @boot: boot id, "" where the node does not know it
 * @uptime_ms: since the node's kernel started; -1 when not said
 * @detail: printable ASCII, may be ""; other bytes have become '?'
 */
struct xos_report {
	char stage[16];
	char boot[37];
	int64_t uptime_ms;
	char detail[256];
};

/**
 * xos_report_parse() - read a body that anybody may have sent
 * @body: @len bytes, not NUL-terminated
 * @report: filled on success
 * Return: 0; -EBADMSG, with @err naming the line and what is wrong with it.
 *	Unknown keys are ignored, so that a newer node can say more.
 */
int xos_report_parse(const char *body, size_t len, struct xos_report *report,
		     struct xos_error *err);

/** xos_report_frees_slot() - is a node that says @stage done with loading? */
bool xos_report_frees_slot(const char *stage);

#endif /* _XOS_REPORT_H */
