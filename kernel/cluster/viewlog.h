/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * viewlog.h: the last views and how long they took (pure C; see viewlog.c).
 */
#ifndef _SSI_VIEWLOG_H
#define _SSI_VIEWLOG_H

#include "view.h"

#define SSI_VIEWLOG_LEN		32	/* views remembered */

/**
 * struct ssi_viewlog_entry - one view, as this node saw it come
 * @id: which
 * @cause: &enum ssi_cause
 * @nr_members: number of members
 * @joined: members of it, and not of the one before
 * @left: the other way round
 * @first_us: the first sign of it, time of the caller's clock
 * @installed_us: this node took it
 * @stable_us: all members had finished its stages; 0: not yet, or never
 */
struct ssi_viewlog_entry {
	struct ssi_view_id id;
	u8 cause;
	u16 nr_members;
	struct ssi_nodeset joined;
	struct ssi_nodeset left;
	u64 first_us;
	u64 installed_us;
	u64 stable_us;
};

/**
 * struct ssi_viewlog - the last views
 * @count: views ever logged; the last is entry (@count - 1) % SSI_VIEWLOG_LEN
 * @entries: the ring
 */
struct ssi_viewlog {
	u64 count;
	struct ssi_viewlog_entry entries[SSI_VIEWLOG_LEN];
};

void ssi_viewlog_add(struct ssi_viewlog *log, const struct ssi_view *old,
		     const struct ssi_view *next, u8 cause);
struct ssi_viewlog_entry *ssi_viewlog_last(struct ssi_viewlog *log);
const struct ssi_viewlog_entry *ssi_viewlog_get(const struct ssi_viewlog *log,
						unsigned int back);

#endif /* _SSI_VIEWLOG_H */
