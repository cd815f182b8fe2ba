// SPDX-License-Identifier: GPL-2.0-only
/*
 * viewlog.c: the last views and how long they took (pure C).
 *
 * Owns the ring that `krgadm cluster log` shows.  Has no clock.
 */
#include "viewlog.h"

static void only_in(struct ssi_nodeset *set, const struct ssi_view *in,
		    const struct ssi_view *not_in)
{
	int node;

	*set = in->members;
	ssi_nodeset_for_each(node, &in->members)
		if (ssi_view_has(not_in, node, in->incarnation[node]))
			ssi_nodeset_remove(set, node);
}

/**
 * ssi_viewlog_add() - log a view
 * @log: the log
 * @old: the view before
 * @next: the view
 * @cause: &enum ssi_cause
 *
 * The times are the caller's to fill in, see ssi_viewlog_last().
 */
void ssi_viewlog_add(struct ssi_viewlog *log, const struct ssi_view *old,
		     const struct ssi_view *next, u8 cause)
{
	struct ssi_viewlog_entry *entry;

	log->count++;
	entry = ssi_viewlog_last(log);
	memset(entry, 0, sizeof(*entry));
	entry->id = next->id;
	entry->cause = cause;
	entry->nr_members = ssi_nodeset_weight(&next->members);
	only_in(&entry->joined, next, old);
	only_in(&entry->left, old, next);
}

/**
 * ssi_viewlog_last() - the newest entry
 * @log: a log that is not empty
 * Return: the entry.
 */
struct ssi_viewlog_entry *ssi_viewlog_last(struct ssi_viewlog *log)
{
	return &log->entries[(log->count - 1) % SSI_VIEWLOG_LEN];
}

/**
 * ssi_viewlog_get() - an entry
 * @log: the log
 * @back: 0 for the newest, 1 for the one before
 * Return: the entry, NULL when there is none that old.
 */
const struct ssi_viewlog_entry *ssi_viewlog_get(const struct ssi_viewlog *log,
						unsigned int back)
{
	if (back >= SSI_VIEWLOG_LEN || back >= log->count)
		return NULL;
	return &log->entries[(log->count - 1 - back) % SSI_VIEWLOG_LEN];
}
