// SPDX-License-Identifier: GPL-2.0-only
/*
 * backend-fake.c - machines that exist only on paper, with faults on demand
 *
 * Everything that happens to them is a line of run/fake.log:
 *
 *	H ms			head started
 *	P ms NODE WORD		power-on, power-off, power-cycle, soft-reboot,
 *				kexec; restart: by itself
 *	E ms NODE STAGE		an event of the boot server
 *	C ms NODE		joined the cluster
 *	K ms NODE KEYS		got keys: generation sent with/accepted
 *
 * A new process reads it and goes on, so the machines outlive a tool that is
 * killed, and a test counts in it what was done to them.  Time is real: each
 * step of a boot takes fake-delay-ms.
 *
 * Node options (<option>):
 *	fake-delay-ms=N		a step of its boot (5)
 *	fake-dead		power-on changes nothing
 *	fake-power-fail=N	the first N power commands fail
 *	fake-no-kexec		cannot kexec
 *	fake-hang=STATE		stays in STATE
 *	fake-fail=STATE:WHY	reports "failed WHY" in STATE
 *	fake-panic=STATE	restarts by itself in STATE
 *	fake-flap=N		restarts by itself N times, in root
 *	fake-until=N		hang, fail, panic only in its first N boots
 *	fake-stranger		its reports come from a wrong address
 *	fake-join-fail=N	the first N krgadm add do not bring it in
 *	fake-key-fail=N		the first N times that it is brought a key are lost
 *	fake-key-lost=N		the same, of the keys after the one that it booted with
 * of any node, for all:
 *	fake-head-down-at=MS, fake-head-down-for=MS   the head reboots
 *	fake-unavailable	the back-end cannot be used
 *	fake-remote-ms=MS	krgadm on a node takes that long
 *	fake-no-quorum		the cluster takes nobody, its members do not serve
 *	fake-hook=EXIT		the grid hook is installed and ends with EXIT
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../libxos/cleanup.h"
#include "../libxos/clock.h"
#include "backend.h"
#include "cluster-key.h"
#include "keys.h"
#include "states.h"

#define DEFAULT_DELAY_MS	5
#define UP_STAGE		4	/* stages done when sshd answers */
#define KEY_STAGE		5	/* the next stage needs the key */

/* What a boot says, in order; stage n is said on leaving state n. */
static const struct {
	const char *stage;
	enum xos_state leaves;
} stages[] = {
	{ "script", XOS_STATE_FIRMWARE },
	{ "initramfs", XOS_STATE_LOADING },
	{ "root", XOS_STATE_INITRAMFS },
	{ "up", XOS_STATE_ROOT },
	{ "services", XOS_STATE_SERVICES },
	{ "modules", XOS_STATE_MODULES },
	{ "config", XOS_STATE_CONFIG },
};
#define N_STAGES	(sizeof(stages) / sizeof(*stages))

struct fake_node {
	int64_t delay_ms;
	int64_t since_ms;		/* of this boot's last stage */
	size_t stage;			/* next one to be said */
	unsigned int boots;
	unsigned int power_calls;
	unsigned int joins;
	unsigned int keys;
	bool has_key;
	bool on;
	bool stuck;
	bool online;
};

struct fake_event {
	int64_t time_ms;
	const struct xos_node *node;
	char stage[16];
	unsigned int boots;
};

struct fake {
	struct fake_node *nodes;
	struct fake_event *events;
	size_t n_events, max_events;
	size_t delivered;
	int64_t head_ms;
	int64_t down_from_ms, down_to_ms;	/* 0: the head stays up */
	int log;
};

static int64_t now_ms(void)
{
	return xos_clock_ms(CLOCK_REALTIME);
}

/* Value of an option, "" where it has none, NULL where it is not set. */
static const char *option(const struct xos_node *node, const char *key)
{
	size_t len = strlen(key), i;

	for (i = 0; i < node->options.n; i++) {
		const char *s = node->options.s[i];

		if (!strncmp(s, key, len) && (s[len] == '=' || !s[len]))
			return s + len + (s[len] == '=');
	}
	return NULL;
}

static long option_number(const struct xos_node *node, const char *key, long missing)
{
	const char *s = option(node, key);

	return s ? strtol(s, NULL, 10) : missing;
}

static const char *option_of_any(const struct xos_backend *b, const char *key)
{
	const char *s = NULL;
	size_t i;

	for (i = 0; i < b->inv->n_nodes && !s; i++)
		s = option(&b->inv->nodes[i], key);
	return s;
}

static size_t index_of(const struct xos_backend *b, const struct xos_node *node)
{
	return node - b->inv->nodes;
}

static void add_event(struct fake *f, int64_t time_ms, const struct xos_node *node,
		      const char *stage, unsigned int boots)
{
	struct fake_event *e;

	if (f->n_events == f->max_events) {
		size_t max = f->max_events ? 2 * f->max_events : 256;

		e = realloc(f->events, max * sizeof(*e));
		if (!e)
			return;
		f->events = e;
		f->max_events = max;
	}
	e = &f->events[f->n_events++];
	e->time_ms = time_ms;
	e->node = node;
	e->boots = boots;
	snprintf(e->stage, sizeof(e->stage), "%s", stage);
}

/* One line of the log, as it happens or as it is read again. */
static void apply(struct xos_backend *b, char kind, int64_t time_ms,
		  const struct xos_node *node, const char *word)
{
	struct fake *f = b->priv;
	struct fake_node *n = node ? &f->nodes[index_of(b, node)] : NULL;
	const char *from = option_of_any(b, "fake-head-down-at");
	const char *length = option_of_any(b, "fake-head-down-for");

	if (kind == 'H' && !f->head_ms) {
		f->head_ms = time_ms;
		f->down_from_ms = from ? time_ms + atol(from) : 0;
		f->down_to_ms = f->down_from_ms + (length ? atol(length) : 1000);
	} else if (kind == 'C' && n) {
		n->joins++;
		n->online = n->joins > option_number(node, "fake-join-fail", 0);
	} else if (kind == 'K' && n) {
		n->keys++;
		n->has_key = n->keys > option_number(node, "fake-key-fail", 0);
		if (n->stage == KEY_STAGE && n->has_key)
			n->since_ms = time_ms;
	} else if (kind == 'E' && n) {
		add_event(f, time_ms, node, word, n->boots);
		n->since_ms = time_ms;
		n->stage++;
		n->stuck = !strcmp(word, "failed");
	} else if (kind == 'P' && n) {
		n->power_calls += strcmp(word, "restart") != 0;
		n->online = n->stuck = n->has_key = false;
		n->stage = !strcmp(word, "kexec");	/* no firmware, no script */
		n->since_ms = time_ms;
		n->on = strcmp(word, "power-off") && !option(node, "fake-dead");
		n->boots += n->on;
	}
}

static void happen(struct xos_backend *b, char kind, int64_t time_ms,
		   const struct xos_node *node, const char *word)
{
	struct fake *f = b->priv;
	char line[256];
	int len = snprintf(line, sizeof(line), "%c %" PRId64 " %s %s\n", kind, time_ms,
			   node ? node->name : "-", word);

	apply(b, kind, time_ms, node, word);
	if (f->log >= 0 && write(f->log, line, len) != len)
		f->log = -1;
}

static bool faulty(const struct xos_node *node, const struct fake_node *n,
		   const char *key, enum xos_state state)
{
	const char *s = option(node, key), *name = xos_state_name(state);
	size_t len = strlen(name);

	return s && !strncmp(s, name, len) && (!s[len] || s[len] == ':') &&
	       n->boots <= (unsigned int)option_number(node, "fake-until", INT32_MAX);
}

/* When the next stage of a node is due; the head must be there to hear it. */
static int64_t due_ms(const struct xos_backend *b, const struct fake_node *n)
{
	const struct fake *f = b->priv;
	int64_t due = n->since_ms + n->delay_ms;

	if (!n->on || n->stuck || n->stage >= N_STAGES ||
	    (n->stage == KEY_STAGE && !n->has_key && xos_inventory_needs_key(b->inv)))
		return INT64_MAX;
	if (f->down_from_ms && due >= f->down_from_ms && due < f->down_to_ms)
		due = f->down_to_ms;
	return due;
}

static void advance_node(struct xos_backend *b, size_t i, int64_t until_ms)
{
	struct fake *f = b->priv;
	struct fake_node *n = &f->nodes[i];
	const struct xos_node *node = &b->inv->nodes[i];
	int64_t due;

	while ((due = due_ms(b, n)) <= until_ms) {
		enum xos_state state = stages[n->stage].leaves;
		bool flaps = n->boots <= (unsigned int)option_number(node, "fake-flap", 0);

		if (faulty(node, n, "fake-hang", state))
			n->stuck = true;
		else if (faulty(node, n, "fake-fail", state))
			happen(b, 'E', due, node, "failed");
		else if (faulty(node, n, "fake-panic", state) ||
			 (flaps && state == XOS_STATE_ROOT))
			happen(b, 'P', due, node, "restart");
		else
			happen(b, 'E', due, node, stages[n->stage].stage);
	}
}

static void advance(struct xos_backend *b, int64_t until_ms)
{
	size_t i;

	for (i = 0; i < b->inv->n_nodes; i++)
		advance_node(b, i, until_ms);
}

static void read_log(struct xos_backend *b, FILE *log)
{
	char kind, name[XOS_NAME_MAX + 1], word[32];
	int64_t time_ms;
	char line[256];

	while (fgets(line, sizeof(line), log))
		if (sscanf(line, "%c %" SCNd64 " %63s %31s", &kind, &time_ms, name, word) == 4)
			apply(b, kind, time_ms, xos_inventory_node(b->inv, name), word);
}

static const char *const known_options[] = {
	"fake-delay-ms", "fake-dead", "fake-power-fail", "fake-no-kexec", "fake-hang",
	"fake-fail", "fake-panic", "fake-flap", "fake-until", "fake-stranger",
	"fake-join-fail", "fake-key-fail", "fake-key-lost", "fake-head-down-at",
	"fake-head-down-for", "fake-unavailable", "fake-remote-ms", "fake-hook",
	"fake-no-quorum", NULL
};

/* A fault with a typing error in its name would be a test that tests nothing. */
static int check_options(const struct xos_node *node, struct xos_error *err)
{
	const char *const *known;
	size_t i, len;

	for (i = 0; i < node->options.n; i++) {
		const char *s = node->options.s[i];

		len = strcspn(s, "=");
		if (strncmp(s, "fake-", 5))
			continue;
		for (known = known_options; *known; known++)
			if (strlen(*known) == len && !strncmp(*known, s, len))
				break;
		if (!*known)
			return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
				"%s:%d: back-end fake has no option '%s'", node->where.file,
				node->where.line, s);
	}
	return 0;
}

static int fake_check(struct xos_backend *b, struct xos_error *err)
{
	size_t i;

	for (i = 0; i < b->inv->n_nodes; i++)
		if (check_options(&b->inv->nodes[i], err) < 0)
			return -EINVAL;
	if (option_of_any(b, "fake-unavailable"))
		return xos_error_set(err, -ENODEV, XOS_EXIT_BACKEND,
			"back-end fake: not available; remove the option fake-unavailable");
	return 0;
}

static void fake_close(struct xos_backend *b)
{
	struct fake *f = b->priv;

	if (!f)
		return;
	if (f->log >= 0)
		close(f->log);
	free(f->events);
	free(f->nodes);
	free(f);
	b->priv = NULL;
}

static int fake_open(struct xos_backend *b, struct xos_error *err)
{
	cleanup_free char *path = NULL;
	cleanup_fclose FILE *log = NULL;
	struct fake *f = calloc(1, sizeof(*f));
	size_t i;

	b->priv = f;
	if (!f)
		goto no_memory;
	f->log = -1;
	f->nodes = calloc(b->inv->n_nodes + 1, sizeof(*f->nodes));
	if (!f->nodes || asprintf(&path, "%s/fake.log", b->paths->run) < 0)
		goto no_memory;
	for (i = 0; i < b->inv->n_nodes; i++)
		f->nodes[i].delay_ms = option_number(&b->inv->nodes[i], "fake-delay-ms",
						     DEFAULT_DELAY_MS);
	log = fopen(path, "re");
	if (log)
		read_log(b, log);
	f->log = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	return 0;	/* without a directory for the log: good for "plan" only */

no_memory:
	fake_close(b);
	return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "back-end fake: no memory");
}

static int fake_plan(struct xos_backend *b, FILE *out, struct xos_error *err)
{
	(void)err;
	fprintf(out, "fake: start head %s\n", b->inv->head.name);
	return 0;
}

static int fake_head_start(struct xos_backend *b, int timeout_ms,
			   void (*progress)(const char *text, void *arg), void *arg,
			   struct xos_error *err)
{
	struct fake *f = b->priv;

	(void)timeout_ms;
	(void)progress;
	(void)arg;
	if (f->log < 0)
		return xos_error_set(err, -EIO, XOS_EXIT_BACKEND,
				     "%s/fake.log: cannot be written", b->paths->run);
	if (!f->head_ms)
		happen(b, 'H', now_ms(), NULL, "head");
	return 0;
}

static int fake_head_update(struct xos_backend *b, struct xos_error *err)
{
	(void)b;
	(void)err;
	return 0;
}

/* Injected failure of a power command; the attempt is counted in the log. */
static int power_fault(struct xos_backend *b, const struct xos_node *node,
		       struct xos_error *err)
{
	struct fake_node *n = &((struct fake *)b->priv)->nodes[index_of(b, node)];

	if (n->power_calls >= (unsigned int)option_number(node, "fake-power-fail", 0))
		return 0;
	happen(b, 'P', now_ms(), node, "power-off");
	return xos_error_set(err, -EIO, XOS_EXIT_FAILED, "power command failed");
}

static int fake_power(struct xos_backend *b, const struct xos_node *node, bool on,
		      struct xos_error *err)
{
	struct fake_node *n = &((struct fake *)b->priv)->nodes[index_of(b, node)];

	advance(b, now_ms());
	if (on == n->on)
		return 0;
	if (on && power_fault(b, node, err) < 0)
		return -EIO;
	happen(b, 'P', now_ms(), node, on ? "power-on" : "power-off");
	return 0;
}

static enum xos_power fake_power_status(struct xos_backend *b, const struct xos_node *node)
{
	const struct fake *f = b->priv;

	return f->nodes[index_of(b, node)].on ? XOS_POWER_ON : XOS_POWER_OFF;
}

static bool answers(const struct fake_node *n)
{
	return n->on && n->stage >= UP_STAGE;
}

static int fake_reboot(struct xos_backend *b, const struct xos_node *node,
		       enum xos_reboot how, struct xos_error *err)
{
	struct fake_node *n = &((struct fake *)b->priv)->nodes[index_of(b, node)];

	advance(b, now_ms());
	if (how == XOS_REBOOT_KEXEC && option(node, "fake-no-kexec"))
		return xos_error_set(err, -EOPNOTSUPP, XOS_EXIT_FAILED, "no kexec");
	if (how != XOS_REBOOT_POWER && !answers(n))
		return xos_error_set(err, -EHOSTUNREACH, XOS_EXIT_FAILED,
				     "the node does not answer");
	if (how == XOS_REBOOT_POWER && power_fault(b, node, err) < 0)
		return -EIO;
	happen(b, 'P', now_ms(), node, how == XOS_REBOOT_KEXEC ? "kexec" :
	       how == XOS_REBOOT_SOFT ? "soft-reboot" : "power-cycle");
	return 0;
}

static void deliver(struct xos_backend *b, size_t seq, const struct fake_event *fe,
		    unsigned int epoch, xos_event_fn *fn, void *arg)
{
	static const char other[] = "reports stage %s from an address that is not its own";
	struct xos_event e = { .seq = seq, .time_ms = fe->time_ms, .uptime_ms = -1 };
	const struct fake *f = b->priv;
	const char *why = option(fe->node, "fake-fail");
	size_t stage;

	snprintf(e.epoch, sizeof(e.epoch), "fake-%" PRId64 "-%u", f->head_ms, epoch);
	snprintf(e.node, sizeof(e.node), "%s", fe->node->name);
	if (!strcmp(fe->stage, "script")) {
		snprintf(e.kind, sizeof(e.kind), "script");
		fn(&e, arg);
		return;
	}
	snprintf(e.kind, sizeof(e.kind), "report");
	snprintf(e.stage, sizeof(e.stage), "%s", fe->stage);
	snprintf(e.boot, sizeof(e.boot), "%08x-fake-boot-%08x", fe->node->id, fe->boots);
	for (stage = 1; stage < N_STAGES && strcmp(stages[stage].stage, fe->stage); stage++)
		;
	e.uptime_ms = stage * f->nodes[index_of(b, fe->node)].delay_ms;
	if (!strcmp(fe->stage, "failed") && why && strchr(why, ':'))
		snprintf(e.detail, sizeof(e.detail), "%s", strchr(why, ':') + 1);
	if (option(fe->node, "fake-stranger")) {
		snprintf(e.kind, sizeof(e.kind), "stranger");
		snprintf(e.detail, sizeof(e.detail), other, fe->stage);
	}
	fn(&e, arg);
}

static int deliver_new(struct xos_backend *b, xos_event_fn *fn, void *arg)
{
	struct fake *f = b->priv;
	bool rebooted = f->down_from_ms && now_ms() >= f->down_to_ms;
	size_t forgotten = 0;
	int n = 0;

	while (rebooted && forgotten < f->n_events &&
	       f->events[forgotten].time_ms < f->down_from_ms)
		forgotten++;		/* the head's memory does not outlive it */
	if (f->delivered < forgotten)
		f->delivered = forgotten;
	for (; f->delivered < f->n_events; n++) {
		size_t at = f->delivered++;

		deliver(b, at + 1 - forgotten, &f->events[at], rebooted, fn, arg);
	}
	return n;
}

static int fake_events(struct xos_backend *b, int timeout_ms, xos_event_fn *fn,
		       void *arg, struct xos_error *err)
{
	struct fake *f = b->priv;
	int64_t start = now_ms(), next = start + timeout_ms, now;
	size_t i;
	int n;

	for (;;) {
		now = now_ms();
		if (f->down_from_ms && now >= f->down_from_ms && now < f->down_to_ms)
			return xos_error_set(err, -EHOSTUNREACH, XOS_EXIT_FAILED,
					     "the head does not answer");
		advance(b, now);
		n = deliver_new(b, fn, arg);
		if (n || now >= start + timeout_ms)
			return n;
		next = start + timeout_ms;
		for (i = 0; i < b->inv->n_nodes; i++)
			if (due_ms(b, &f->nodes[i]) < next)
				next = due_ms(b, &f->nodes[i]);
		if (next > now && usleep((next - now) * 1000) < 0)
			return 0;
	}
}

static bool in_list(const char *list, unsigned int id)
{
	char *end;

	while (*list) {
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (id >= first && id <= last)
			return true;
		list = *end ? end + 1 : end;
	}
	return false;
}

static bool key_lost(const struct fake_node *n, const struct xos_node *node)
{
	return n->keys < option_number(node, "fake-key-fail", 0) ||
	       (n->has_key && n->keys <= option_number(node, "fake-key-lost", 0));
}

static int take_key(struct xos_backend *b, const struct xos_node *node, const char *input,
		    char *out, struct xos_error *err)
{
	struct fake_node *n = &((struct fake *)b->priv)->nodes[index_of(b, node)];
	bool lost = key_lost(n, node);
	struct xos_cluster_keys keys;
	char word[32];
	int rc = xos_cluster_keys_parse(input, &keys);

	if (rc < 0)
		return 1;
	snprintf(word, sizeof(word), "%u/%u", keys.send.generation, keys.accept.generation);
	happen(b, 'K', now_ms(), node, word);
	if (lost)
		rc = xos_error_set(err, -EHOSTUNREACH, XOS_EXIT_FAILED,
				   "%s does not answer", node->name);
	else if (n->stage >= N_STAGES)
		rc = xos_cluster_keys_expected(&keys, out, err);
	xos_cluster_keys_wipe(&keys);
	return rc;
}

static void krgadm_add(struct xos_backend *b, const char *list)
{
	struct fake *f = b->priv;
	size_t i;

	if (option_of_any(b, "fake-no-quorum"))
		return;
	for (i = 0; i < b->inv->n_nodes; i++)
		if (f->nodes[i].stage >= N_STAGES && !f->nodes[i].online &&
		    in_list(list, b->inv->nodes[i].id))
			happen(b, 'C', now_ms(), &b->inv->nodes[i], "joins");
}

static void krgadm_status(struct xos_backend *b, char *out, size_t size)
{
	struct fake *f = b->priv;
	size_t i, len = 0;

	for (i = 0; i < b->inv->n_nodes && len < size; i++)
		if (f->nodes[i].on && f->nodes[i].stage >= N_STAGES)
			len += snprintf(out + len, size - len, "%u:%s\n", b->inv->nodes[i].id,
					f->nodes[i].online ? "online" : "present");
}

static void krgadm_cluster(struct xos_backend *b, char *out, size_t size)
{
	snprintf(out, size, "{\"status\":\"up\",\"nodes\":1,\"serving\":%s}\n",
		 option_of_any(b, "fake-no-quorum") ? "false" : "true");
}

/* As long as krgadm on a node takes; false: stopped before its end. */
static bool spend_remote_time(const struct xos_backend *b)
{
	const char *ms = option_of_any(b, "fake-remote-ms");
	int64_t end = now_ms() + (ms ? atol(ms) : 0);

	while (now_ms() < end && !(b->stop && *b->stop))
		usleep(1000);
	return now_ms() >= end;
}

static int fake_run_on(struct xos_backend *b, const struct xos_node *node,
		       const char *const argv[], const char *input, char *out,
		       size_t size, int timeout_ms, struct xos_error *err)
{
	struct fake *f = b->priv;
	const char *hook = option_of_any(b, "fake-hook");

	(void)timeout_ms;
	*out = '\0';
	advance(b, now_ms());
	if (!node)
		return !hook ? 1 : !strncmp(argv[2], "command", 7) ? 0 : atoi(hook);
	if (!answers(&f->nodes[index_of(b, node)]))
		return xos_error_set(err, -EHOSTUNREACH, XOS_EXIT_FAILED,
				     "%s does not answer", node->name);
	if (!strcmp(argv[0], "krgadm") && !spend_remote_time(b))
		return xos_error_set(err, -EINTR, XOS_EXIT_FAILED, "interrupted");
	if (!strcmp(argv[0], "krgadm") && argv[2] && !strcmp(argv[2], "add") && argv[4])
		krgadm_add(b, argv[4]);
	else if (!strcmp(argv[0], "krgadm") && !strcmp(argv[1], "cluster"))
		krgadm_cluster(b, out, size);
	else if (!strcmp(argv[0], "krgadm"))
		krgadm_status(b, out, size);
	else if (strstr(argv[0], "/ssi-key"))
		return take_key(b, node, input, out, err);
	else
		return 127;
	return 0;
}

static int fake_exec_on(struct xos_backend *b, const struct xos_node *node,
			const char *const argv[], bool console, struct xos_error *err)
{
	(void)b;
	if (console || !argv)
		return xos_error_set(err, -EOPNOTSUPP, XOS_EXIT_FAILED,
				     "a fake machine has no console and no shell");
	setenv("XOS_FAKE_NODE", node ? node->name : "", 1);
	execvp(argv[0], (char *const *)argv);
	return xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s", argv[0],
			     strerror(errno));
}

static int fake_console_tail(struct xos_backend *b, const struct xos_node *node,
			     char *buf, size_t size)
{
	const struct fake_node *n;

	if (!node)
		return snprintf(buf, size, "fake console of the head\n");
	n = &((struct fake *)b->priv)->nodes[index_of(b, node)];
	return snprintf(buf, size, "fake console of %s: boot %u, %s\n", node->name,
			n->boots, !n->on ? "off" : n->stage >= N_STAGES ? "all done" :
			xos_state_name(stages[n->stage].leaves));
}

static int fake_cpu_ms(struct xos_backend *b, const struct xos_node *node, int64_t *ms)
{
	const struct fake_node *n = &((struct fake *)b->priv)->nodes[index_of(b, node)];

	*ms = n->stage * n->delay_ms / 2;
	return 0;
}

static int fake_down(struct xos_backend *b, struct xos_error *err)
{
	cleanup_free char *path = NULL;
	struct fake *f = b->priv;

	if (asprintf(&path, "%s/fake.log", b->paths->run) < 0)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	unlink(path);
	xos_keys_remove(b->paths->state);
	memset(f->nodes, 0, b->inv->n_nodes * sizeof(*f->nodes));
	f->head_ms = 0;
	return 0;
}

const struct xos_backend_ops xos_backend_fake = {
	.name = "fake",
	.summary = "no machines at all: tests and demonstrations",
	.check = fake_check,
	.open = fake_open,
	.close = fake_close,
	.plan = fake_plan,
	.head_start = fake_head_start,
	.head_update = fake_head_update,
	.power = fake_power,
	.power_status = fake_power_status,
	.reboot = fake_reboot,
	.events = fake_events,
	.run_on = fake_run_on,
	.exec_on = fake_exec_on,
	.console_tail = fake_console_tail,
	.cpu_ms = fake_cpu_ms,
	.down = fake_down,
	.no_images = true,
};
