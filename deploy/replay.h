/* SPDX-License-Identifier: GPL-2.0-only */
/* replay.h - what a journal says about where a deployment stands */
#ifndef _XOS_DEPLOY_REPLAY_H
#define _XOS_DEPLOY_REPLAY_H

#include "journal.h"

/**
 * struct xos_replay - the sum of a journal
 * @inv: the inventory that the nodes are taken from
 * @machines: @inv->n_nodes, same order
 * @run: the last run
 * @begun_ms: when it began, 0 when the journal knows of no run
 * @ended_ms: when it ended, 0 while it goes on or when it was killed
 * @last_ms: time of the last record
 * @verdict: detail of its end: exit code and words
 * @epoch: of the last boot server event that was acted upon
 * @seq: its number
 * @head_started: the head was started, and no "down" came after
 * @images: ids of the images that were used last, as @inv's images; "" unknown
 * @offset: of the journal, up to where it was read
 * @damaged: lines that could not be read
 */
struct xos_replay {
	const struct xos_inventory *inv;
	struct xos_machine *machines;
	char run[XOS_RUN_MAX];
	int64_t begun_ms;
	int64_t ended_ms;
	int64_t last_ms;
	char verdict[256];
	char epoch[37];
	uint64_t seq;
	bool head_started;
	char (*images)[17];
	int64_t offset;
	size_t damaged;
};

/** xos_replay_init() - nothing happened yet; give back with xos_replay_free() */
int xos_replay_init(struct xos_replay *replay, const struct xos_inventory *inv,
		    struct xos_error *err);
void xos_replay_free(struct xos_replay *replay);

/** xos_replay_record() - add one record; nodes that @inv lacks are skipped */
void xos_replay_record(struct xos_replay *replay, const struct xos_record *record);

/** xos_replay_read() - add what the journal holds since the last call */
int xos_replay_read(struct xos_replay *replay, const char *dir, struct xos_error *err);

#endif /* _XOS_DEPLOY_REPLAY_H */
