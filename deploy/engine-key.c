// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine-key.c - bring the cluster's key to nodes that boot
 *
 * A node in the states services and modules has a secure shell and waits for the
 * key before it loads its modules.  The key is brought there once a boot.  Who
 * has it is not written down: bringing it twice, after a kill, does no harm.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine-impl.h"
#include "key-delivery.h"

#define PAUSE_MS	1000	/* after a try that failed */

struct engine_key {
	char boot[37];			/* that it was brought to */
	bool told;			/* that it could not be */
	int64_t due_ms;
};

int engine_keys_init(struct xos_engine *e, struct xos_error *err)
{
	struct xos_cluster_keys keys;
	int rc;

	if (!xos_inventory_needs_key(e->inv)) {
		if (!e->inv->secure)
			engine_say(e, "SECURITY IS OFF: nodes talk in clear and let anybody in; remove security=\"off\" from %s",
				   e->inv->file);
		return 0;
	}
	e->keys = calloc(e->inv->n_nodes + 1, sizeof(*e->keys));
	if (!e->keys)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	rc = xos_cluster_keys_load(e->paths->state, e->inv->session, &keys, err);
	xos_cluster_keys_wipe(&keys);
	return rc;
}

void engine_keys_free(struct xos_engine *e)
{
	free(e->keys);
}

static bool waits(const struct xos_engine *e, size_t i, int64_t now_ms)
{
	const struct xos_machine *m = &e->nodes[i];

	return (m->state == XOS_STATE_SERVICES || m->state == XOS_STATE_MODULES) &&
	       strcmp(e->keys[i].boot, m->boot) && now_ms >= e->keys[i].due_ms;
}

static void note(struct xos_engine *e, size_t i, const struct xos_delivery *d)
{
	struct engine_key *k = &e->keys[i];

	if (d->done) {
		snprintf(k->boot, sizeof(k->boot), "%s", e->nodes[i].boot);
		k->told = false;
		return;
	}
	k->due_ms = xos_now_ms() + PAUSE_MS;
	if (!k->told) {
		engine_say(e, "%s: the key cannot be brought there: %s", d->node->name, d->why);
		k->told = true;
	}
}

bool engine_keys(struct xos_engine *e)
{
	struct xos_delivery list[ENGINE_KEYS_AT_ONCE];
	size_t index[ENGINE_KEYS_AT_ONCE], n = 0, i;
	struct xos_cluster_keys keys;
	struct xos_error err = { 0 };
	int64_t now_ms = xos_now_ms();

	if (!e->keys)
		return false;
	for (i = 0; i < e->inv->n_nodes && n < ENGINE_KEYS_AT_ONCE; i++) {
		const struct xos_node *node = &e->inv->nodes[i];

		if (!waits(e, i, now_ms))
			continue;
		list[n] = (struct xos_delivery){
			.backend = xos_backends_of(&e->backends, node), .node = node };
		index[n++] = i;
	}
	if (!n)
		return false;
	if (!xos_cluster_keys_load(e->paths->state, e->inv->session, &keys, &err) &&
	    !xos_keys_deliver(list, n, &keys, &err))
		for (i = 0; i < n; i++)
			note(e, index[i], &list[i]);
	xos_cluster_keys_wipe(&keys);
	if (err.code)
		e->fatal = err;
	return true;
}

bool engine_keys_probe(struct xos_engine *e, size_t i)
{
	const struct xos_node *node = &e->inv->nodes[i];
	struct xos_delivery d = { .backend = xos_backends_of(&e->backends, node), .node = node };
	struct xos_cluster_keys keys;
	struct xos_error err = { 0 };
	bool done;

	if (!e->keys || e->nodes[i].state >= XOS_STATE_MODULES)
		return false;
	done = !xos_cluster_keys_load(e->paths->state, e->inv->session, &keys, &err) &&
	       !xos_keys_deliver(&d, 1, &keys, &err) && d.done;
	xos_cluster_keys_wipe(&keys);
	if (!done)
		return false;
	note(e, i, &d);
	engine_input(e, i, XOS_INPUT_WAITING, NULL, "answers, its reports were lost");
	return true;
}
