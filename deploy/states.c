// SPDX-License-Identifier: GPL-2.0-only
/*
 * states.c - the life of one node, as one table
 *
 *   off ─start─> powering ─done─> firmware ─script─> loading ─report─> initramfs
 *                 ^    ^                                                   │
 *         back-off│    └── failure with tries left, from every state       v
 *                 │                                                       root
 *                ko <──── failure without                                  │
 *                 └─ a node that reports after all goes on                 v
 *   online <─krgadm─ present <─ config <─ modules <─ services <─────── agent up
 *
 * A state says what the node is doing now, so its timeout bounds that.  The
 * reports "initramfs" and "root" are sent when it enters the state of that name;
 * "up" enters services, and "services", "modules" and "config" say that this is
 * done, so they enter the state after.
 *
 * Going backwards: a script or a report under another boot id means that the
 * node restarted by itself (panic, watchdog, a person); it goes on from there and
 * one of limits.restarts is spent.  The same boot id with an earlier stage, or
 * the id of the system that we have just rebooted, is a message that was late
 * and is dropped.
 *
 * Why it ends: every failure spends one of limits.retries of its state, every
 * self-made restart, every return from ko one of limits.restarts; between two of
 * these a node only moves forward, and each state but off, online, ko, excluded
 * has a deadline.  That of present is far off until the node is to be added: it
 * waits for the others.
 *
 * Reports come over the network: a stranger's report or a refusal only leaves a
 * note for the day the node fails, it cannot fail a good one.
 */
#include "states.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../libxos/inventory.h"

#define BACKOFF_DOUBLINGS	5	/* 2 s, 4 s, ... 64 s */
#define WAIT_FACTOR		10	/* a queue may hold a node that long */

/*
 * The table: one row an input, one column a state.
 *
 *   .  ignored
 *   a  release the action: power on, or what the back-off held back
 *   >  forward, to the input's state
 *   <  the node restarted by itself: to the input's state, one restart spent
 *   b  a report: > or < by its boot id and the order of states
 *   ^  as b, from ko: a node that was given up is back, one restart spent
 *   r  failed: retry by way of powering, or ko
 *   u  climb the ladder of reboots without spending a try
 *   l  left the cluster: back to present, one try of online spent
 *   g  given up at once: no reboot would help
 *   t  set the deadline anew
 *   n  leave a note
 *   x  excluded
 */
static const char table[XOS_INPUTS][2 * XOS_STATES] = {
	/*  states:                off
	 *                         | powering
	 *                         | | firmware
	 *                         | | | loading
	 *                         | | | | initramfs
	 *                         | | | | | root
	 *                         | | | | | | services
	 *                         | | | | | | | modules
	 *                         | | | | | | | | config
	 *                         | | | | | | | | | present
	 *                         | | | | | | | | | | online
	 *                         | | | | | | | | | | | ko
	 *                         | | | | | | | | | | | | excluded */
	[XOS_INPUT_START]	= "a a . . . . . . . . . . .",
	[XOS_INPUT_POWER_OK]	= ". > . . . . . . . . . . .",
	[XOS_INPUT_POWER_FAILED] = ". r . . . . . . . . . . .",
	[XOS_INPUT_UNSUPPORTED]	= ". u . . . . . . . . . . .",
	[XOS_INPUT_GONE]	= ". . r r r r r r r r r . .",
	[XOS_INPUT_WAIT]	= "> > t . < < < < < < < ^ .",
	[XOS_INPUT_REFUSED]	= "n n n n n n n n n n n . .",
	[XOS_INPUT_STRANGER]	= "n n n n n n n n n n n . .",
	[XOS_INPUT_SCRIPT]	= "> > > . < < < < < < < ^ .",
	[XOS_INPUT_INITRAMFS]	= "b b b b b b b b b b b ^ .",
	[XOS_INPUT_ROOT]	= "b b b b b b b b b b b ^ .",
	[XOS_INPUT_UP]		= "b b b b b b b b b b b ^ .",
	[XOS_INPUT_SERVICES]	= "b b b b b b b b b b b ^ .",
	[XOS_INPUT_MODULES]	= "b b b b b b b b b b b ^ .",
	[XOS_INPUT_CONFIG]	= "b b b b b b b b b b b ^ .",
	[XOS_INPUT_FAILED]	= ". . r r r r r r r r n . .",
	[XOS_INPUT_DOWN]	= ". . . . < < < < < < < . .",
	[XOS_INPUT_PRESENT]	= "> > > > > > > > > . . ^ .",
	[XOS_INPUT_WAITING]	= "> > > > > > > . . . . ^ .",
	[XOS_INPUT_ADD]		= ". . . . . . . . . t . . .",
	[XOS_INPUT_NO_QUORUM]	= ". . . . . . . . . g . . .",
	[XOS_INPUT_ONLINE]	= "> > . . . . > > > > . ^ .",
	[XOS_INPUT_OFFLINE]	= ". . . . . . . . . . l . .",
	[XOS_INPUT_TIMEOUT]	= ". r r r r r r r r r . . .",
	[XOS_INPUT_EXCLUDE]	= "x x x x x x x x x x . x .",
};

static const char *const state_names[XOS_STATES] = {
	[XOS_STATE_OFF] = "off",
	[XOS_STATE_POWERING] = "powering",
	[XOS_STATE_FIRMWARE] = "firmware",
	[XOS_STATE_LOADING] = "loading",
	[XOS_STATE_INITRAMFS] = "initramfs",
	[XOS_STATE_ROOT] = "root",
	[XOS_STATE_SERVICES] = "services",
	[XOS_STATE_MODULES] = "modules",
	[XOS_STATE_CONFIG] = "config",
	[XOS_STATE_PRESENT] = "present",
	[XOS_STATE_ONLINE] = "online",
	[XOS_STATE_KO] = "ko",
	[XOS_STATE_EXCLUDED] = "excluded",
};

/* @to: the state that a good input leads to */
static const struct {
	const char *name;
	enum xos_state to;
} inputs[XOS_INPUTS] = {
	[XOS_INPUT_START] = { "start", XOS_STATE_POWERING },
	[XOS_INPUT_POWER_OK] = { "power done", XOS_STATE_FIRMWARE },
	[XOS_INPUT_POWER_FAILED] = { "power failed", XOS_STATE_POWERING },
	[XOS_INPUT_UNSUPPORTED] = { "reboot refused", XOS_STATE_POWERING },
	[XOS_INPUT_GONE] = { "machine is off", XOS_STATE_POWERING },
	[XOS_INPUT_WAIT] = { "told to wait", XOS_STATE_FIRMWARE },
	[XOS_INPUT_REFUSED] = { "refused by the boot server", XOS_STATES },
	[XOS_INPUT_STRANGER] = { "reports from a wrong address", XOS_STATES },
	[XOS_INPUT_SCRIPT] = { "script", XOS_STATE_LOADING },
	[XOS_INPUT_INITRAMFS] = { "report initramfs", XOS_STATE_INITRAMFS },
	[XOS_INPUT_ROOT] = { "report root", XOS_STATE_ROOT },
	[XOS_INPUT_UP] = { "report up", XOS_STATE_SERVICES },
	[XOS_INPUT_SERVICES] = { "report services", XOS_STATE_MODULES },
	[XOS_INPUT_MODULES] = { "report modules", XOS_STATE_CONFIG },
	[XOS_INPUT_CONFIG] = { "report config", XOS_STATE_PRESENT },
	[XOS_INPUT_FAILED] = { "report failed", XOS_STATES },
	[XOS_INPUT_DOWN] = { "shut down by itself", XOS_STATE_FIRMWARE },
	[XOS_INPUT_PRESENT] = { "found present", XOS_STATE_PRESENT },
	[XOS_INPUT_WAITING] = { "found waiting for its key", XOS_STATE_MODULES },
	[XOS_INPUT_ADD] = { "added", XOS_STATES },
	[XOS_INPUT_NO_QUORUM] = { "the cluster has no quorum", XOS_STATES },
	[XOS_INPUT_ONLINE] = { "online in the cluster", XOS_STATE_ONLINE },
	[XOS_INPUT_OFFLINE] = { "left the cluster", XOS_STATE_PRESENT },
	[XOS_INPUT_TIMEOUT] = { "timeout", XOS_STATES },
	[XOS_INPUT_EXCLUDE] = { "excluded", XOS_STATE_EXCLUDED },
};

static const char *const action_names[XOS_ACTIONS] = {
	[XOS_ACTION_NONE] = "",
	[XOS_ACTION_ON] = "power-on",
	[XOS_ACTION_KEXEC] = "kexec",
	[XOS_ACTION_SOFT] = "soft-reboot",
	[XOS_ACTION_CYCLE] = "power-cycle",
};

/* Seconds: room for machines that are emulated in software, all at once. */
static const struct {
	unsigned int base_s;
	unsigned int per_node_ms;
	unsigned int retries;
} defaults[XOS_STATES] = {
	[XOS_STATE_POWERING] = { 30, 200, 2 },
	[XOS_STATE_FIRMWARE] = { 90, 2000, 2 },
	[XOS_STATE_LOADING] = { 120, 4000, 2 },
	[XOS_STATE_INITRAMFS] = { 90, 2000, 2 },
	[XOS_STATE_ROOT] = { 150, 4000, 2 },
	[XOS_STATE_SERVICES] = { 60, 1000, 2 },
	[XOS_STATE_MODULES] = { 60, 1000, 2 },
	[XOS_STATE_CONFIG] = { 60, 1000, 2 },
	[XOS_STATE_PRESENT] = { 90, 1000, 2 },
	[XOS_STATE_ONLINE] = { 0, 0, 2 },
};

const char *xos_state_name(enum xos_state state)
{
	return (unsigned int)state < XOS_STATES ? state_names[state] : "?";
}

enum xos_state xos_state_find(const char *name)
{
	int i;

	for (i = 0; i < XOS_STATES; i++)
		if (!strcmp(name, state_names[i]))
			break;
	return i;
}

const char *xos_input_name(enum xos_input input)
{
	return (unsigned int)input < XOS_INPUTS ? inputs[input].name : "?";
}

const char *xos_action_name(enum xos_action action)
{
	return (unsigned int)action < XOS_ACTIONS ? action_names[action] : "?";
}

enum xos_action xos_action_find(const char *name)
{
	int i;

	for (i = XOS_ACTIONS - 1; i > 0; i--)
		if (!strcmp(name, action_names[i]))
			break;
	return i;
}

bool xos_state_settled(enum xos_state state)
{
	return state == XOS_STATE_ONLINE || state == XOS_STATE_KO ||
	       state == XOS_STATE_EXCLUDED;
}

bool xos_state_holds_slot(const struct xos_machine *m)
{
	if (m->state == XOS_STATE_POWERING)
		return m->pending == XOS_ACTION_NONE;
	return m->state == XOS_STATE_FIRMWARE || m->state == XOS_STATE_LOADING;
}

int xos_limits_init(struct xos_limits *limits, const struct xos_policy *policy,
		    size_t n, struct xos_error *err)
{
	size_t i;

	for (i = 0; i < XOS_STATES; i++) {
		limits->timeout_ms[i] = defaults[i].base_s * 1000 +
					defaults[i].per_node_ms * (int64_t)n;
		limits->retries[i] = defaults[i].retries;
	}
	limits->backoff_ms = 2000;
	limits->restarts = 3;

	for (i = 0; policy && i < policy->n_timeouts; i++) {
		const struct xos_timeout *t = &policy->timeouts[i];
		enum xos_state state = xos_state_find(t->state);
		int64_t ms = (t->base_s + t->per_node_s * n) * 1000;

		if (!strcmp(t->state, "backoff")) {
			limits->backoff_ms = ms;
		} else if (!strcmp(t->state, "restart")) {
			limits->restarts = t->retries;
		} else if (state < XOS_STATES && defaults[state].retries) {
			limits->timeout_ms[state] = ms;
			limits->retries[state] = t->retries;
		} else {
			return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
				"%s:%d: '%s' is not a state with a timeout; one of powering, firmware, loading, initramfs, root, services, modules, config, present, online, backoff, restart",
				t->where.file, t->where.line, t->state);
		}
	}
	return 0;
}

void xos_machine_init(struct xos_machine *m, uint32_t seed, int64_t now_ms)
{
	memset(m, 0, sizeof(*m));
	m->since_ms = now_ms;
	m->deadline_ms = XOS_NEVER;
	m->random = seed * 2654435761u | 1;
}

static uint32_t jitter(struct xos_machine *m, uint32_t below)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 17;
	m->random ^= m->random << 5;
	return below ? m->random % below : 0;
}

static void enter(struct xos_machine *m, const struct xos_limits *limits,
		  enum xos_state to, int64_t now_ms)
{
	bool timed = !xos_state_settled(to) && to != XOS_STATE_OFF;
	int64_t timeout_ms = limits->timeout_ms[to];

	if (to == XOS_STATE_PRESENT)
		timeout_ms *= WAIT_FACTOR;	/* until ADD, for the others */
	m->state = to;
	m->since_ms = now_ms;
	m->deadline_ms = timed ? now_ms + timeout_ms : XOS_NEVER;
	m->pending = XOS_ACTION_NONE;
}

/* The reboot after a failure in @from: what may still answer, never milder. */
static enum xos_action choose_action(const struct xos_machine *m,
				     enum xos_state from, enum xos_input input)
{
	enum xos_action action = XOS_ACTION_CYCLE;

	if (input == XOS_INPUT_GONE)
		return XOS_ACTION_ON;
	if (from == XOS_STATE_POWERING && m->asked == XOS_ACTION_ON)
		return XOS_ACTION_ON;
	if (from >= XOS_STATE_SERVICES)
		action = XOS_ACTION_KEXEC;	/* its sshd was running */
	if (m->rung >= action)
		action = m->rung + 1;
	return action < XOS_ACTION_CYCLE ? action : XOS_ACTION_CYCLE;
}

static void give_up(struct xos_machine *m, const struct xos_limits *limits,
		    const char *why, int64_t now_ms, struct xos_step *step)
{
	enum xos_state from = m->state;

	snprintf(m->reason, sizeof(m->reason), "%s: %.200s%s%s",
		 xos_state_name(from), why, *m->note ? "; " : "", m->note);
	snprintf(step->cause, sizeof(step->cause), "%s", m->reason);
	enter(m, limits, XOS_STATE_KO, now_ms);
}

static void fail(struct xos_machine *m, const struct xos_limits *limits,
		 enum xos_input input, const char *why, int64_t now_ms,
		 struct xos_step *step)
{
	enum xos_state from = m->state;
	unsigned int tries = ++m->tries[from], doublings = tries - 1;
	enum xos_action action = choose_action(m, from, input);
	int64_t pause_ms;
	char text[XOS_REASON_MAX - 64];

	if (input == XOS_INPUT_TIMEOUT)
		snprintf(text, sizeof(text), "no progress in %.3g s",
			 (now_ms - m->since_ms) / 1000.0);
	else if (why && *why)
		snprintf(text, sizeof(text), "%.200s", why);
	else
		snprintf(text, sizeof(text), "%s", xos_input_name(input));
	step->failed = true;
	snprintf(step->cause, sizeof(step->cause), "%s: %s", xos_state_name(from), text);
	if (tries > limits->retries[from]) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 " (%u tries)", tries);
		give_up(m, limits, text, now_ms, step);
		return;
	}
	snprintf(m->reason, sizeof(m->reason), "%s: %s", xos_state_name(from), text);
	if (doublings > BACKOFF_DOUBLINGS)
		doublings = BACKOFF_DOUBLINGS;
	pause_ms = limits->backoff_ms << doublings;
	enter(m, limits, XOS_STATE_POWERING, now_ms);
	m->pending = action;
	m->deadline_ms = XOS_NEVER;
	m->due_ms = now_ms + pause_ms + jitter(m, pause_ms / 2 + 1);
}

/* Another system runs now: what the one before still says is out of date. */
static void set_boot(struct xos_machine *m, const char *boot)
{
	if (*m->boot && strcmp(m->boot, boot))
		snprintf(m->stale, sizeof(m->stale), "%s", m->boot);
	snprintf(m->boot, sizeof(m->boot), "%s", boot);
}

/* The node runs a system that we did not start. */
static void restart(struct xos_machine *m, const struct xos_limits *limits,
		    enum xos_input input, const char *boot, int64_t now_ms,
		    struct xos_step *step)
{
	char text[64];

	step->restarted = true;
	if (++m->restarts > limits->restarts) {
		if (m->state == XOS_STATE_KO) {
			m->restarts = limits->restarts + 1;
			step->restarted = step->noted = false;
			return;
		}
		snprintf(text, sizeof(text), "restarted by itself %u times", m->restarts);
		give_up(m, limits, text, now_ms, step);
		return;
	}
	snprintf(step->cause, sizeof(step->cause), "%s; %s", inputs[input].name,
		 m->state == XOS_STATE_KO ? "came back" : "restarted by itself");
	set_boot(m, boot);
	enter(m, limits, inputs[input].to, now_ms);
}

static void forward(struct xos_machine *m, const struct xos_limits *limits,
		    enum xos_input input, const char *boot, int64_t now_ms)
{
	if (*boot)
		set_boot(m, boot);
	enter(m, limits, inputs[input].to, now_ms);
	if (m->state == XOS_STATE_ONLINE)
		*m->reason = *m->note = '\0';
}

static void report(struct xos_machine *m, const struct xos_limits *limits,
		   enum xos_input input, const char *boot, int64_t now_ms,
		   struct xos_step *step)
{
	bool other = *boot && *m->boot && strcmp(boot, m->boot);

	if (other || m->state == XOS_STATE_KO)
		restart(m, limits, input, boot, now_ms, step);
	else if (inputs[input].to > m->state)
		forward(m, limits, input, boot, now_ms);
	else
		step->noted = false;
}

static void release(struct xos_machine *m, const struct xos_limits *limits,
		    int64_t now_ms, struct xos_step *step)
{
	enum xos_action action = m->pending;

	if (m->state == XOS_STATE_OFF)
		action = XOS_ACTION_ON;
	if (action == XOS_ACTION_NONE) {
		step->noted = false;
		return;
	}
	set_boot(m, "");
	enter(m, limits, XOS_STATE_POWERING, now_ms);
	m->asked = action;
	if (action > m->rung)
		m->rung = action;
	step->action = action;
}

static void climb(struct xos_machine *m, const struct xos_limits *limits,
		  int64_t now_ms, struct xos_step *step)
{
	if (m->pending != XOS_ACTION_NONE) {
		step->noted = false;
		return;
	}
	if (m->asked < XOS_ACTION_KEXEC || m->asked >= XOS_ACTION_CYCLE) {
		fail(m, limits, XOS_INPUT_POWER_FAILED, NULL, now_ms, step);
		return;
	}
	m->pending = m->asked + 1;
	m->due_ms = now_ms;
	m->deadline_ms = XOS_NEVER;
}

static void leave_cluster(struct xos_machine *m, const struct xos_limits *limits,
			  int64_t now_ms, struct xos_step *step)
{
	step->failed = true;
	if (++m->tries[XOS_STATE_ONLINE] > limits->retries[XOS_STATE_ONLINE])
		give_up(m, limits, "left the cluster too often", now_ms, step);
	else
		enter(m, limits, XOS_STATE_PRESENT, now_ms);
}

static void extend(struct xos_machine *m, const struct xos_limits *limits,
		   int64_t now_ms)
{
	int64_t timeout_ms = limits->timeout_ms[m->state];
	int64_t last_ms = m->since_ms + WAIT_FACTOR * timeout_ms;

	/* The first ADD counts; to be told to wait gives more time each time. */
	if (m->state == XOS_STATE_PRESENT)
		last_ms = m->deadline_ms;
	m->deadline_ms = now_ms + timeout_ms;
	if (m->deadline_ms > last_ms)
		m->deadline_ms = last_ms;
}

void xos_machine_step(struct xos_machine *m, const struct xos_limits *limits,
		      enum xos_input input, const char *boot, const char *why,
		      int64_t now_ms, struct xos_step *step)
{
	memset(step, 0, sizeof(*step));
	step->from = step->to = m->state;
	if (!boot)
		boot = "";
	if ((unsigned int)input >= XOS_INPUTS || (*boot && !strcmp(boot, m->stale)))
		return;
	snprintf(step->cause, sizeof(step->cause), "%s", inputs[input].name);
	step->noted = true;

	switch (table[input][2 * m->state]) {
	case 'a':
		release(m, limits, now_ms, step);
		break;
	case '>':
		forward(m, limits, input, boot, now_ms);
		break;
	case '<':
		restart(m, limits, input, boot, now_ms, step);
		break;
	case 'b':
		report(m, limits, input, boot, now_ms, step);
		break;
	case '^':
		restart(m, limits, input, boot, now_ms, step);
		break;
	case 'r':
		if (m->pending == XOS_ACTION_NONE)
			fail(m, limits, input, why, now_ms, step);
		else
			step->noted = false;
		break;
	case 'u':
		climb(m, limits, now_ms, step);
		break;
	case 'l':
		leave_cluster(m, limits, now_ms, step);
		break;
	case 'g':
		give_up(m, limits, why && *why ? why : inputs[input].name, now_ms,
			step);
		break;
	case 't':
		extend(m, limits, now_ms);
		step->noted = false;
		break;
	case 'n':
		snprintf(m->note, sizeof(m->note), "%s%s%.80s", inputs[input].name,
			 why && *why ? ": " : "", why ? why : "");
		break;
	case 'x':
		enter(m, limits, XOS_STATE_EXCLUDED, now_ms);
		break;
	default:
		step->noted = false;
	}
	step->to = m->state;
	step->next = m->pending;
}

void xos_machine_postpone(struct xos_machine *m, int64_t by_ms)
{
	if (m->deadline_ms != XOS_NEVER)
		m->deadline_ms += by_ms;
}

bool xos_machine_startable(const struct xos_machine *m, int64_t now_ms)
{
	if (m->state == XOS_STATE_OFF)
		return true;
	return m->state == XOS_STATE_POWERING && now_ms >= m->due_ms &&
	       m->pending != XOS_ACTION_NONE;
}

static void forget_tries(struct xos_machine *m)
{
	memset(m->tries, 0, sizeof(m->tries));
	m->restarts = 0;
	m->rung = m->asked = XOS_ACTION_NONE;
	*m->reason = *m->note = '\0';
}

void xos_machine_reset(struct xos_machine *m, bool off, int64_t now_ms,
		       struct xos_step *step)
{
	memset(step, 0, sizeof(*step));
	step->from = m->state;
	step->noted = step->reset = true;
	snprintf(step->cause, sizeof(step->cause), "new pass");
	forget_tries(m);
	if (m->state == XOS_STATE_EXCLUDED || off) {
		xos_machine_init(m, m->random, now_ms);
	} else if (m->state == XOS_STATE_KO) {
		/* what it runs, if anything, is of no use: not just "on" */
		m->state = XOS_STATE_POWERING;
		m->since_ms = m->due_ms = now_ms;
		m->pending = XOS_ACTION_CYCLE;
		m->deadline_ms = XOS_NEVER;
	}
	step->to = m->state;
	step->next = m->pending;
}

void xos_machine_restore(struct xos_machine *m, const struct xos_step *step,
			 const char *boot, int64_t now_ms)
{
	if (step->reset)
		forget_tries(m);
	if (step->failed && step->from < XOS_STATES)
		m->tries[step->from]++;
	m->restarts += step->restarted;
	if (m->state != step->to || step->action != XOS_ACTION_NONE || step->failed)
		m->since_ms = now_ms;
	m->state = step->to;
	m->due_ms = now_ms;
	m->deadline_ms = XOS_NEVER;
	m->pending = step->next;
	if (step->failed || step->to == XOS_STATE_KO)
		snprintf(m->reason, sizeof(m->reason), "%s", step->cause);
	else if (step->to == XOS_STATE_ONLINE)
		*m->reason = '\0';
	if (step->action != XOS_ACTION_NONE) {
		m->asked = step->action;
		if (m->asked > m->rung)
			m->rung = m->asked;
	}
	set_boot(m, boot ? boot : "");
}

void xos_machine_resume(struct xos_machine *m, const struct xos_limits *limits,
			int64_t now_ms)
{
	enum xos_action pending = m->pending;
	int64_t since_ms = m->since_ms;

	enter(m, limits, m->state, now_ms);
	m->since_ms = since_ms;
	m->pending = pending;
	if (pending != XOS_ACTION_NONE)
		m->deadline_ms = XOS_NEVER;
}
