// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine-cluster.c - from present nodes to a cluster: krgadm, and the grid hook
 *
 * A pass, on the live node with the lowest id:
 *	krgadm nodes status	who is present, who online
 *	krgadm nodes add -n	those that we hold for ready and it sees present
 *	krgadm nodes status	who really is online: only this makes a node so
 * The first pass waits until every node that needed no second try is ready; who
 * comes later is added by a later pass.  A pass that leaves somebody out is
 * repeated after a back-off, until that node's own deadline fails it.  When the
 * cluster has no quorum nobody can be added: the admin has to act, no node has to
 * reboot.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libxos/cleanup.h"
#include "engine-impl.h"

#define STATUS_TIMEOUT_MS	20000
#define ADD_TIMEOUT_MS		60000
#define PROBE_TIMEOUT_MS	10000
#define HOOK_TIMEOUT_MS		600000
#define STATUS_MAX		(XOS_NODE_ID_MAX * 16 + 256)
#define ADD_PAUSE_MS		500
#define ADD_PAUSE_DOUBLINGS	5

/* What krgadm says of a node id. */
enum seen {
	SEEN_NOT,
	SEEN_PRESENT,
	SEEN_ONLINE,
};

/* "<id>:<state>" a line; anything else is not ours to judge. */
static void parse_status(const char *out, unsigned char seen[XOS_NODE_ID_MAX + 1])
{
	const char *line;

	memset(seen, SEEN_NOT, XOS_NODE_ID_MAX + 1);
	for (line = out; line && *line; line = strchr(line, '\n')) {
		char *end;
		unsigned long id;

		line += *line == '\n';
		id = strtoul(line, &end, 10);
		if (end == line || *end != ':' || id > XOS_NODE_ID_MAX)
			continue;
		if (!strncmp(end, ":online", 7))
			seen[id] = SEEN_ONLINE;
		else if (!strncmp(end, ":present", 8))
			seen[id] = SEEN_PRESENT;
	}
}

static int ask_status(struct xos_engine *e, const struct xos_node *node, int timeout_ms,
		      unsigned char seen[XOS_NODE_ID_MAX + 1])
{
	static const char *const argv[] = { "krgadm", "nodes", "status", NULL };
	struct xos_backend *b = xos_backends_of(&e->backends, node);
	cleanup_free char *out = calloc(1, STATUS_MAX);
	struct xos_error err = { 0 };
	int rc = out ? b->ops->run_on(b, node, argv, NULL, out, STATUS_MAX,
				      timeout_ms, &err) : -ENOMEM;

	if (rc)
		return rc < 0 ? rc : -EIO;
	parse_status(out, seen);
	return 0;
}

static bool is_live(const struct xos_machine *m)
{
	return m->state == XOS_STATE_PRESENT || m->state == XOS_STATE_ONLINE;
}

/* The live node with the lowest id that answers; the others are its witnesses. */
static const struct xos_node *ask_anyone(struct xos_engine *e,
					 unsigned char seen[XOS_NODE_ID_MAX + 1])
{
	unsigned int refusals = 0;
	size_t i;

	for (i = 0; i < e->inv->n_nodes && refusals < 3 && !engine_stopped(e); i++) {
		if (!is_live(&e->nodes[i]))
			continue;
		if (!ask_status(e, &e->inv->nodes[i], STATUS_TIMEOUT_MS, seen))
			return &e->inv->nodes[i];
		refusals++;
	}
	return NULL;
}

static void put_range(FILE *f, unsigned int first, unsigned int last)
{
	if (!first)
		return;
	fprintf(f, "%s%u", ftell(f) ? "," : "", first);
	if (last > first)
		fprintf(f, "-%u", last);
}

/* "1-3,7": ids of nodes that are ready here and present there; NULL for none. */
static char *list_ready(const struct xos_engine *e, const unsigned char *seen)
{
	unsigned int first = 0, last = 0;
	char *list = NULL;
	size_t size, i;
	FILE *f = open_memstream(&list, &size);

	if (!f)
		return NULL;
	for (i = 0; i < e->inv->n_nodes; i++) {
		unsigned int id = e->inv->nodes[i].id;

		if (e->nodes[i].state != XOS_STATE_PRESENT || seen[id] != SEEN_PRESENT)
			continue;
		if (first && id == last + 1) {
			last = id;
			continue;
		}
		put_range(f, first, last);
		first = last = id;
	}
	put_range(f, first, last);
	fclose(f);
	if (!first) {
		free(list);
		list = NULL;
	}
	return list;
}

static void add_nodes(struct xos_engine *e, const struct xos_node *on, const char *list)
{
	const char *const argv[] = { "krgadm", "nodes", "add", "-n", list, NULL };
	struct xos_backend *b = xos_backends_of(&e->backends, on);
	char out[1024] = "";
	struct xos_error err = { 0 };
	int rc;

	engine_say(e, "cluster: adding nodes %s", list);
	rc = b->ops->run_on(b, on, argv, NULL, out, sizeof(out),
			    ADD_TIMEOUT_MS + 1000 * (int)e->inv->n_nodes, &err);
	if (rc < 0)
		engine_say(e, "cluster: krgadm on %s: %s", on->name, err.text);
	else if (rc)
		engine_say(e, "cluster: krgadm on %s: exit %d: %.200s", on->name, rc, out);
}

static void apply_status(struct xos_engine *e, const unsigned char *seen)
{
	size_t i;

	for (i = 0; i < e->inv->n_nodes; i++) {
		enum xos_state state = e->nodes[i].state;
		bool online = seen[e->inv->nodes[i].id] == SEEN_ONLINE;

		if (online && state != XOS_STATE_ONLINE)
			engine_input(e, i, XOS_INPUT_ONLINE, NULL, NULL);
		else if (!online && state == XOS_STATE_ONLINE)
			engine_input(e, i, XOS_INPUT_OFFLINE, NULL, NULL);
	}
}

/* Is everybody there whom a pass should wait for? */
static bool is_due(const struct xos_engine *e, int64_t now_ms)
{
	bool any = e->verify;
	size_t i;

	if (now_ms < e->add_ms)
		return false;
	for (i = 0; i < e->inv->n_nodes; i++) {
		const struct xos_machine *m = &e->nodes[i];
		unsigned int tries = m->restarts, s;

		any |= m->state == XOS_STATE_PRESENT;
		if (xos_state_settled(m->state) || m->state == XOS_STATE_PRESENT)
			continue;
		for (s = 0; s < XOS_STATES; s++)
			tries += m->tries[s];
		if (!tries)
			return false;
	}
	return any;
}

static size_t count_present(const struct xos_engine *e)
{
	size_t i, n = 0;

	for (i = 0; i < e->inv->n_nodes; i++)
		n += e->nodes[i].state == XOS_STATE_PRESENT;
	return n;
}

static void pass(struct xos_engine *e)
{
	unsigned char seen[XOS_NODE_ID_MAX + 1];
	const struct xos_node *on = ask_anyone(e, seen);
	cleanup_free char *list = NULL;
	size_t i;

	if (engine_stopped(e))		/* its silence says nothing about a node */
		return;
	for (i = 0; i < e->inv->n_nodes; i++)
		if (e->nodes[i].state == XOS_STATE_PRESENT)
			engine_input(e, i, XOS_INPUT_ADD, NULL, NULL);
	if (!on) {
		memset(seen, SEEN_NOT, sizeof(seen));
		if (e->verify)		/* nobody answers: believe nobody online */
			apply_status(e, seen);
		return;
	}
	list = list_ready(e, seen);
	if (list) {
		add_nodes(e, on, list);
		if (ask_status(e, on, STATUS_TIMEOUT_MS, seen) < 0)
			return;
	}
	apply_status(e, seen);
}

bool engine_cluster(struct xos_engine *e, int64_t now_ms)
{
	unsigned int doublings;

	if (!is_due(e, now_ms))
		return false;
	pass(e);
	e->verify = false;
	if (!count_present(e)) {
		e->adds = 0;
		return true;
	}
	doublings = e->adds < ADD_PAUSE_DOUBLINGS ? e->adds : ADD_PAUSE_DOUBLINGS;
	e->add_ms = xos_now_ms() + (ADD_PAUSE_MS << doublings);
	e->adds++;
	return true;
}

/* The node that is online with the lowest id; NULL if none is seen so. */
static const struct xos_node *find_member(const struct xos_engine *e,
					  const unsigned char *seen)
{
	size_t i;

	for (i = 0; i < e->inv->n_nodes; i++)
		if (e->nodes[i].state == XOS_STATE_ONLINE &&
		    seen[e->inv->nodes[i].id] == SEEN_ONLINE)
			return &e->inv->nodes[i];
	return NULL;
}

static bool is_suspended(struct xos_engine *e, const struct xos_node *node)
{
	static const char *const argv[] = { "krgadm", "cluster", "status", "--json", NULL };
	struct xos_backend *b = xos_backends_of(&e->backends, node);
	struct xos_error err = { 0 };
	char out[256] = "";

	return !b->ops->run_on(b, node, argv, NULL, out, sizeof(out), STATUS_TIMEOUT_MS,
			       &err) && strstr(out, "\"serving\":false");
}

bool engine_stuck(struct xos_engine *e)
{
	unsigned char seen[XOS_NODE_ID_MAX + 1];
	const struct xos_node *member = NULL;
	int64_t now_ms = xos_now_ms();
	char why[XOS_REASON_MAX];
	size_t i;

	if (ask_anyone(e, seen))
		member = find_member(e, seen);
	if (!member || !is_suspended(e, member) || engine_stopped(e))
		return false;
	snprintf(why, sizeof(why),
		 "the cluster has no quorum; if its lost members stay lost: xos-ssi-deploy ssh %.64s krgadm nodes fail ID, then resume",
		 member->name);
	for (i = 0; i < e->inv->n_nodes; i++)
		if (e->nodes[i].state == XOS_STATE_PRESENT &&
		    e->nodes[i].deadline_ms <= now_ms)
			engine_input(e, i, XOS_INPUT_NO_QUORUM, NULL, why);
	return true;
}

bool engine_probe(struct xos_engine *e, size_t i)
{
	unsigned char seen[XOS_NODE_ID_MAX + 1];
	const struct xos_node *node = &e->inv->nodes[i];

	e->unheard[i] = false;		/* asked once: a dead node costs its time */
	if (e->nodes[i].state >= XOS_STATE_PRESENT)
		return false;
	if (ask_status(e, node, PROBE_TIMEOUT_MS, seen) < 0 || seen[node->id] == SEEN_NOT)
		return engine_keys_probe(e, i);
	engine_input(e, i, XOS_INPUT_PRESENT, NULL, "answers, its reports were lost");
	return true;
}

void engine_hook(struct xos_engine *e)
{
	const char *hook = e->inv->grid_hook;
	const char *const find[] = { "sh", "-c", "command -v \"${1%% *}\"", "sh", hook, NULL };
	const char *const run[] = { "sh", "-c", hook, NULL };
	struct xos_backend *head = &e->backends.list[0];
	struct xos_error err = { 0 };
	char out[1024] = "", text[256];
	int rc;

	if (!hook || !*hook)
		return;
	rc = head->ops->run_on(head, NULL, find, NULL, out, sizeof(out),
			       STATUS_TIMEOUT_MS, &err);
	if (rc > 0) {
		snprintf(text, sizeof(text), "%.100s: not installed on the head, skipped", hook);
	} else if (rc < 0) {
		snprintf(text, sizeof(text), "%.100s: not run: %.120s", hook, err.text);
	} else {
		rc = head->ops->run_on(head, NULL, run, NULL, out, sizeof(out),
				       HOOK_TIMEOUT_MS, &err);
		out[strcspn(out, "\n")] = '\0';
		snprintf(text, sizeof(text), "%.100s: %s%.120s", hook,
			 !rc ? "done" : rc < 0 ? "failed: " : "exit code not 0: ",
			 !rc ? "" : rc < 0 ? err.text : out);
	}
	if (!engine_stopped(e))
		engine_step(e, "hook", text, false);
}
