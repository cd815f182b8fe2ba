// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-power.c - power, reboot: act on single nodes, now
 *
 * These are for a person at work.  They do not wait for the nodes.  That one was
 * switched off or on is written down, so that "status" tells it; the rest
 * "resume" sees for itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../libxos/cleanup.h"
#include "cmd.h"
#include "journal.h"
#include "paths.h"
#include "replay.h"

enum verb { VERB_ON, VERB_OFF, VERB_STATUS, VERB_REBOOT, VERB_KEXEC };

static int act(struct xos_backend *b, const struct xos_node *node, enum verb verb,
	       struct xos_error *err)
{
	int rc;

	if (verb == VERB_ON || verb == VERB_OFF)
		return b->ops->power(b, node, verb == VERB_ON, err);
	if (verb == VERB_KEXEC) {
		if (b->ops->reboot(b, node, XOS_REBOOT_KEXEC, err) == 0)
			return 0;
		fprintf(stderr, "xos-ssi-deploy: %s; rebooting with its firmware\n", err->text);
	}
	rc = b->ops->reboot(b, node, XOS_REBOOT_SOFT, err);
	return rc < 0 ? b->ops->reboot(b, node, XOS_REBOOT_POWER, err) : rc;
}

static void print_status(const struct cmd *c, const struct xos_node *node,
			 enum xos_power power)
{
	static const char *const words[] = {
		[XOS_POWER_UNKNOWN] = "unknown", [XOS_POWER_OFF] = "off", [XOS_POWER_ON] = "on",
	};

	if (c->json)
		printf("{\"node\":\"%s\",\"power\":\"%s\"}\n", node->name, words[power]);
	else
		printf("%-16s %s\n", node->name, words[power]);
}

/* A node that was given up or left out stays so, with its reason. */
static int note(const struct cmd *c, size_t i, enum verb verb,
		const struct xos_replay *replay, struct xos_error *err)
{
	const struct xos_machine *m = &replay->machines[i];
	struct xos_record record = { .uptime_ms = -1, .cpu_ms = -1, .step.from = m->state };
	struct xos_journal *journal;
	int rc;

	if (verb == VERB_OFF && m->state > XOS_STATE_OFF && m->state <= XOS_STATE_ONLINE)
		record.step.to = XOS_STATE_OFF;
	else if (verb == VERB_ON && m->state == XOS_STATE_OFF)
		record.step.to = XOS_STATE_FIRMWARE;
	else
		return 0;
	snprintf(record.node, sizeof(record.node), "%s", c->inv->nodes[i].name);
	snprintf(record.step.cause, sizeof(record.step.cause), "switched %s by hand",
		 verb == VERB_ON ? "on" : "off");
	journal = xos_journal_open(c->paths.state, "power", err);
	rc = journal ? xos_journal_write(journal, &record, false, err) : err->code;
	xos_journal_close(journal);
	return rc;
}

/* One after the other, with the pauses of the policy; a failure stops nobody. */
static int act_on_all(struct cmd *c, const bool *picked, enum verb verb,
		      struct xos_backends *backends, const struct xos_replay *replay)
{
	unsigned int window = c->window ? c->window : c->inv->policy.window, started = 0;
	struct xos_error err = { 0 };
	int rc = 0;
	size_t i;

	for (i = 0; i < c->inv->n_nodes; i++) {
		const struct xos_node *node = &c->inv->nodes[i];
		struct xos_backend *b = xos_backends_of(backends, node);

		if (!picked[i])
			continue;
		if (verb == VERB_STATUS) {
			print_status(c, node, b->ops->power_status(b, node));
			continue;
		}
		if (window && started == window) {
			usleep(c->inv->policy.pause_s * 1000000);
			started = 0;
		}
		started++;
		if (act(b, node, verb, &err) < 0 || note(c, i, verb, replay, &err) < 0) {
			xos_error_prefix(&err, "%s: ", node->name);
			rc = cmd_fail(&err);
		}
	}
	return rc;
}

static int power_nodes(struct cmd *c, char **words, int n, enum verb verb)
{
	struct xos_replay replay = { 0 };
	struct xos_backends backends;
	struct xos_error err = { 0 };
	cleanup_free bool *picked = NULL;
	cleanup_close int lock = -1;
	int rc;

	if (cmd_open(c, &err) < 0)
		return cmd_fail(&err);
	picked = cmd_pick(c, words, n, &err);
	if (!picked)
		return cmd_fail(&err);
	if (verb != VERB_STATUS) {	/* not under the feet of a run */
		lock = xos_paths_make(&c->paths, &err) < 0 ? -1 : xos_paths_lock(&c->paths, &err);
		if (lock < 0)
			return cmd_fail(&err);
	}
	if (xos_backends_open(&backends, c->inv, &c->paths, &err) < 0)
		return cmd_fail(&err);
	if (xos_replay_init(&replay, c->inv, &err) < 0 ||
	    xos_replay_read(&replay, c->paths.state, &err) < 0)
		rc = cmd_fail(&err);
	else
		rc = act_on_all(c, picked, verb, &backends, &replay);
	xos_replay_free(&replay);
	xos_backends_close(&backends);
	return rc;
}

int cmd_power(struct cmd *c)
{
	static const char *const verbs[] = { "on", "off", "status" };
	size_t i;

	if (c->argc < 2)
		return cmd_usage(c, "too few words");
	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(c->argv[0], verbs[i]))
			return power_nodes(c, c->argv + 1, c->argc - 1, i);
	return cmd_usage(c, "'%s' is none of on, off, status", c->argv[0]);
}

int cmd_reboot(struct cmd *c)
{
	if (!c->argc)
		return cmd_usage(c, "no node");
	return power_nodes(c, c->argv, c->argc, c->kexec ? VERB_KEXEC : VERB_REBOOT);
}
