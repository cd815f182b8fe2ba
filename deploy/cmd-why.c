// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-why.c - why NODE: how it came to its state, and what to do next
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../libxos/cleanup.h"
#include "cmd.h"

#define CONSOLE_BYTES	65536
#define CONSOLE_LINES	20

/* By the state in which the node was when it failed, or is now. */
static const char *const hints[XOS_STATES] = {
	[XOS_STATE_OFF] = "it was not started: xos-ssi-deploy run",
	[XOS_STATE_POWERING] = "its power cannot be switched: try xos-ssi-deploy power status, check its back-end and options",
	[XOS_STATE_FIRMWARE] = "it never asked for its boot script: is network boot first in its firmware, is its MAC right in the inventory, does its cable reach the head?",
	[XOS_STATE_LOADING] = "it got its boot script but its initramfs did not report: kernel or initramfs did not load, or its network driver is missing there (drivers=\"full\")",
	[XOS_STATE_INITRAMFS] = "the initramfs could not mount the root: is the head's NFS server up, is the image exported (xos-ssi-deploy ssh HEAD)?",
	[XOS_STATE_ROOT] = "systemd did not reach our agent: look for a failed unit on the console",
	[XOS_STATE_SERVICES] = "a unit could not be switched: xos-ssi-deploy ssh NODE systemctl --failed",
	[XOS_STATE_MODULES] = "a module did not load: xos-ssi-deploy ssh NODE dmesg",
	[XOS_STATE_CONFIG] = "the configuration directory could not be mounted: xos-ssi-deploy ssh HEAD exportfs -v",
	[XOS_STATE_PRESENT] = "it is ready but not in the cluster: xos-ssi-deploy ssh NODE krgadm nodes; do the nodes see each other, has the cluster a quorum (krgadm cluster status --json)?",
	[XOS_STATE_EXCLUDED] = "it was left out by --exclude; run without it",
};

/* Records since the last "down", of one node. */
struct history {
	const char *node;
	struct xos_record *records;
	size_t n, max;
	bool is_down;
};

static void collect(const struct xos_record *r, void *arg)
{
	struct history *h = arg;

	if (!strcmp(r->name, "begin") && h->is_down)
		h->n = h->is_down = 0;
	if (!strcmp(r->name, "down"))
		h->is_down = true;
	if (strcmp(r->node, h->node))
		return;
	if (h->n == h->max) {
		size_t max = h->max ? 2 * h->max : 64;
		struct xos_record *grown = realloc(h->records, max * sizeof(*grown));

		if (!grown)
			return;
		h->records = grown;
		h->max = max;
	}
	h->records[h->n++] = *r;
}

static void print_record(const struct xos_record *r)
{
	time_t seconds = r->time_ms / 1000;
	char when[16];
	struct tm tm;

	strftime(when, sizeof(when), "%T", localtime_r(&seconds, &tm));
	printf("%s.%03d %s -> %s%s%s: %s", when, (int)(r->time_ms % 1000),
	       xos_state_name(r->step.from), xos_state_name(r->step.to),
	       r->step.action ? ", " : "", xos_action_name(r->step.action), r->step.cause);
	if (r->step.next)
		printf(", then %s", xos_action_name(r->step.next));
	if (*r->detail && !strstr(r->step.cause, r->detail) && strncmp(r->detail, "hostkey ", 8))
		printf(" (%s)", r->detail);
	putchar('\n');
}

/*
 * A node that panicked has rebooted since: its last lines are its firmware's.
 * The last complaint of its kernel is worth more.
 */
static void print_complaint(const char *log)
{
	static const char *const words[] = {
		"Kernel panic", "Oops:", "BUG:", "WARNING:", "Out of memory",
	};
	const char *last = NULL, *p;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words) && !last; i++)
		for (p = log; (p = strstr(p, words[i])); p++)
			last = p;
	if (!last)
		return;
	while (last > log && last[-1] != '\n')
		last--;
	printf("its kernel complained: %.*s\n", (int)strcspn(last, "\r\n"), last);
}

static void print_console(struct cmd *c, const struct xos_node *node, bool trouble)
{
	struct xos_backends backends;
	struct xos_backend *b;
	struct xos_error err;
	char *buf, *from;
	int lines = 0;

	if (xos_backends_open(&backends, c->inv, &c->paths, &err) < 0)
		return;
	b = xos_backends_of(&backends, node);
	buf = calloc(1, CONSOLE_BYTES);
	if (buf && b->ops->console_tail(b, node, buf, CONSOLE_BYTES) > 0) {
		if (trouble)
			print_complaint(buf);
		for (from = buf + strlen(buf); from > buf; from--)
			if (from[-1] == '\n' && ++lines > CONSOLE_LINES)
				break;
		printf("last lines of its console:\n%s", from);
	}
	free(buf);
	xos_backends_close(&backends);
}

/* "ko" says little; the state before it is where to look. */
static enum xos_state place_of_trouble(const struct history *h)
{
	const struct xos_record *last = h->n ? &h->records[h->n - 1] : NULL;

	if (!last)
		return XOS_STATE_OFF;
	return last->step.to == XOS_STATE_KO || last->step.to == XOS_STATE_POWERING ?
	       last->step.from : last->step.to;
}

int cmd_why(struct cmd *c)
{
	const struct xos_node *node;
	struct history h = { 0 };
	struct xos_error err = { 0 };
	const char *hint;
	size_t i;
	int rc;

	if (c->argc != 1)
		return cmd_usage(c, "one node is needed");
	if (cmd_open(c, &err) < 0)
		return cmd_fail(&err);
	if (!strcmp(c->argv[0], c->inv->head.name)) {
		print_console(c, NULL, true);	/* it has no states, but a console */
		return 0;
	}
	node = cmd_node(c, c->argv[0], &err);
	if (!node)
		return cmd_fail(&err);
	h.node = node->name;
	rc = xos_journal_read(c->paths.state, NULL, NULL, collect, &h, &err);
	if (rc < 0)
		return cmd_fail(&err);

	for (i = 0; i < h.n && !c->json; i++)
		print_record(&h.records[i]);
	for (i = 0; i < h.n && c->json; i++) {
		cleanup_free char *line = xos_record_format(&h.records[i]);

		puts(line ? line : "");
	}
	hint = hints[place_of_trouble(&h)];
	if (!c->json) {
		printf("%s is %s%s\n", node->name,
		       xos_state_name(h.n ? h.records[h.n - 1].step.to : XOS_STATE_OFF),
		       h.is_down ? "; the cluster was taken down since" : "");
		if (hint)
			printf("next: %s\n", hint);
		print_console(c, node,
			      !h.n || h.records[h.n - 1].step.to != XOS_STATE_ONLINE);
	}
	free(h.records);
	return 0;
}
