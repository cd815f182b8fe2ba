/* SPDX-License-Identifier: GPL-2.0-only */
/* timeline.h - where a node's time went, from power-on to online */
#ifndef _XOS_DEPLOY_TIMELINE_H
#define _XOS_DEPLOY_TIMELINE_H

#include <stdio.h>

#include "journal.h"

enum xos_phase {
	XOS_PHASE_FIRMWARE,		/* power, firmware, network boot, queue */
	XOS_PHASE_LOADING,		/* iPXE fetches kernel and initramfs */
	XOS_PHASE_KERNEL,		/* kernel starts, by the node's own clock */
	XOS_PHASE_INITRAMFS,		/* network up, root mounted */
	XOS_PHASE_ROOT,			/* systemd to our agent */
	XOS_PHASE_SERVICES,		/* units, modules, configuration */
	XOS_PHASE_CLUSTER,		/* ready, until online */
	XOS_PHASES
};

/**
 * struct xos_timeline - of one node
 * @at_ms: wall clock when each state was entered last, 0: not since power-on
 * @uptime_ms: its own uptime when the initramfs reported, -1 unknown
 * @cpu_ms: processor time from power-on to online, -1 unknown
 * @complete: it is online
 */
struct xos_timeline {
	int64_t at_ms[XOS_STATES];
	int64_t uptime_ms;
	int64_t cpu_ms;
	bool complete;
};

const char *xos_phase_name(enum xos_phase phase);

/** xos_timeline_record() - take one record of the node, oldest first */
void xos_timeline_record(struct xos_timeline *t, const struct xos_record *record);

/** xos_timeline_ms() - how long a phase took */
int64_t xos_timeline_ms(const struct xos_timeline *t, enum xos_phase phase);

/** xos_timeline_total_ms() - from power-on to online */
int64_t xos_timeline_total_ms(const struct xos_timeline *t);

/**
 * xos_timeline_svg() - draw one bar a node
 * @title: of the drawing
 * @names: @n names, @t their timelines; incomplete ones are left out
 */
void xos_timeline_svg(FILE *out, const char *title, const char *const *names,
		      const struct xos_timeline *t, size_t n);

#endif /* _XOS_DEPLOY_TIMELINE_H */
