// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-power.c - power, reboot: act on single nodes, now
 *
 * These are for a person at work.  They do not wait for the nodes and write no
 * journal: "resume" sees for itself which nodes are gone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../libxos/cleanup.h"
#include "cmd.h"
#include "paths.h"

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

/* One after the other, with the pauses of the policy; a failure stops nobody. */
static int act_on_all(struct cmd *c, const bool *picked, enum verb verb,
		      struct xos_backends *backends)
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
		if (act(b, node, verb, &err) < 0) {
			xos_error_prefix(&err, "%s: ", node->name);
			rc = cmd_fail(&err);
		}
	}
	return rc;
}

static int power_nodes(struct cmd *c, char **words, int n, enum verb verb)
{
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
	rc = act_on_all(c, picked, verb, &backends);
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
