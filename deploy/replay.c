// SPDX-License-Identifier: GPL-2.0-only
/*
 * replay.c - what a journal says about where a deployment stands
 *
 * "begin" opens a run and "end" closes it; a run without "end" was killed and can
 * be resumed.  "down" puts everything back to the start.
 */
#include "replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void forget_nodes(struct xos_replay *r, int64_t now_ms)
{
	size_t i;

	for (i = 0; i < r->inv->n_nodes; i++)
		xos_machine_init(&r->machines[i], r->inv->nodes[i].id, now_ms);
}

int xos_replay_init(struct xos_replay *r, const struct xos_inventory *inv,
		    struct xos_error *err)
{
	memset(r, 0, sizeof(*r));
	r->inv = inv;
	r->machines = calloc(inv->n_nodes + 1, sizeof(*r->machines));
	r->images = calloc(inv->n_images + 1, sizeof(*r->images));
	if (!r->machines || !r->images) {
		xos_replay_free(r);
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "replay: no memory");
	}
	forget_nodes(r, 0);
	return 0;
}

void xos_replay_free(struct xos_replay *r)
{
	free(r->machines);
	free(r->images);
	r->machines = NULL;
	r->images = NULL;
}

/* "NAME ID built|cached|kept" */
static void replay_image(struct xos_replay *r, const char *detail)
{
	char name[XOS_NAME_MAX + 1], id[17];
	size_t i;

	if (sscanf(detail, "%63s %16[0-9a-f]", name, id) != 2 || strlen(id) != 16)
		return;
	for (i = 0; i < r->inv->n_images; i++)
		if (!strcmp(r->inv->images[i].name, name))
			memcpy(r->images[i], id, sizeof(id));
}

static void replay_step(struct xos_replay *r, const struct xos_record *rec)
{
	if (!strcmp(rec->name, "begin")) {
		snprintf(r->run, sizeof(r->run), "%s", rec->run);
		r->begun_ms = rec->time_ms;
		r->ended_ms = 0;
		*r->verdict = '\0';
	} else if (!strcmp(rec->name, "end")) {
		r->ended_ms = rec->time_ms;
		snprintf(r->verdict, sizeof(r->verdict), "%s", rec->detail);
	} else if (!strcmp(rec->name, "failed") || !strcmp(rec->name, "interrupted")) {
		snprintf(r->verdict, sizeof(r->verdict), "%s", rec->detail);
	} else if (!strcmp(rec->name, "image")) {
		replay_image(r, rec->detail);
	} else if (!strcmp(rec->name, "head")) {
		r->head_started = true;
	} else if (!strcmp(rec->name, "down")) {
		r->head_started = false;
		*r->run = *r->epoch = *r->verdict = '\0';
		r->begun_ms = r->ended_ms = 0;
		r->seq = 0;
		memset(r->images, 0, r->inv->n_images * sizeof(*r->images));
		forget_nodes(r, rec->time_ms);
	}
}

void xos_replay_record(struct xos_replay *r, const struct xos_record *rec)
{
	const struct xos_node *node;

	r->last_ms = rec->time_ms;
	if (*rec->epoch) {
		snprintf(r->epoch, sizeof(r->epoch), "%s", rec->epoch);
		r->seq = rec->seq;
	}
	if (!*rec->node) {
		replay_step(r, rec);
		return;
	}
	node = xos_inventory_node(r->inv, rec->node);
	if (node)
		xos_machine_restore(&r->machines[node - r->inv->nodes],
				    &rec->step, rec->boot, rec->time_ms);
}

static void one_record(const struct xos_record *rec, void *arg)
{
	xos_replay_record(arg, rec);
}

int xos_replay_read(struct xos_replay *r, const char *dir, struct xos_error *err)
{
	size_t damaged = 0;
	int rc = xos_journal_read(dir, &r->offset, &damaged, one_record, r, err);

	r->damaged += damaged;
	return rc;
}
