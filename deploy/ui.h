/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ui.h - a deployment as a person or a program sees it
 *
 * On a terminal a table that is drawn over itself; else a line per transition;
 * with JSON the journal's own lines.
 */
#ifndef _XOS_DEPLOY_UI_H
#define _XOS_DEPLOY_UI_H

#include "engine.h"

enum xos_ui_mode {
	XOS_UI_AUTO,			/* table on a terminal, else lines */
	XOS_UI_JSON,
};

struct xos_ui;

/** xos_ui_create() - @out is a terminal or not; NULL without memory */
struct xos_ui *xos_ui_create(FILE *out, const struct xos_inventory *inv,
			     enum xos_ui_mode mode, bool verbose);
/** xos_ui_destroy() - the last table stays on the screen */
void xos_ui_destroy(struct xos_ui *ui);

/** xos_ui_record(), xos_ui_progress(), xos_ui_tick() - for struct xos_watch; @arg
 * is the ui */
void xos_ui_record(const struct xos_record *record, void *arg);
void xos_ui_progress(const char *text, void *arg);
void xos_ui_tick(const struct xos_machine *nodes, void *arg);

/** xos_ui_final() - on a terminal: draw once more, however short ago the last was */
void xos_ui_final(struct xos_ui *ui, const struct xos_machine *nodes);
/** xos_ui_list() - elsewhere: a line a node */
void xos_ui_list(struct xos_ui *ui, const struct xos_machine *nodes);

#endif /* _XOS_DEPLOY_UI_H */
