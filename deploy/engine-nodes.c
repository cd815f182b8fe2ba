// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine-nodes.c - the event loop that drives the nodes' state machines
 *
 *	engine_loop
 *	  start_nodes      START for who may, while slots are free
 *	  engine_cluster   ADD, ONLINE, OFFLINE
 *	  take_events      what the boot server saw: SCRIPT, reports, ...
 *	  check_deadlines  TIMEOUT or GONE for who is late
 *	each of them -> engine_input -> machine -> journal -> action
 *
 * A slot is a place in the power window.  It is taken when a node is powered and
 * given back when the node itself reports (or fails), not when the power command
 * returns, and the engine counts its own states: what the machines' owner
 * believes lags behind.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine-impl.h"
#include "keys.h"

#define TICK_MS		1000
#define HEAD_AWAY_PAUSE_MS	200	/* between questions to a head that is away */
#define HEAD_AWAY_MAX_MS	600000	/* then the nodes' time runs again */

static const struct {
	const char *stage;
	enum xos_input input;
} reports[] = {
	{ "initramfs", XOS_INPUT_INITRAMFS },
	{ "root", XOS_INPUT_ROOT },
	{ "up", XOS_INPUT_UP },
	{ "services", XOS_INPUT_SERVICES },
	{ "modules", XOS_INPUT_MODULES },
	{ "config", XOS_INPUT_CONFIG },
	{ "failed", XOS_INPUT_FAILED },
	{ "down", XOS_INPUT_DOWN },
};

static struct xos_backend *backend_of(struct xos_engine *e, size_t i)
{
	return xos_backends_of(&e->backends, &e->inv->nodes[i]);
}

static enum xos_power power_of(struct xos_engine *e, size_t i)
{
	struct xos_backend *b = backend_of(e, i);

	return b->ops->power_status(b, &e->inv->nodes[i]);
}

void engine_record(struct xos_engine *e, size_t i, const struct xos_step *step,
		   const struct xos_event *event)
{
	struct xos_backend *b = backend_of(e, i);
	struct xos_record r = { .uptime_ms = -1, .cpu_ms = -1, .step = *step };

	snprintf(r.node, sizeof(r.node), "%s", e->inv->nodes[i].name);
	snprintf(r.boot, sizeof(r.boot), "%s", e->nodes[i].boot);
	if (event) {
		snprintf(r.detail, sizeof(r.detail), "%s", event->detail);
		snprintf(r.epoch, sizeof(r.epoch), "%s", event->epoch);
		r.seq = event->seq;
		r.uptime_ms = event->uptime_ms;
	}
	if (step->to >= XOS_STATE_FIRMWARE && step->to <= XOS_STATE_ONLINE &&
	    b->ops->cpu_ms(b, &e->inv->nodes[i], &r.cpu_ms) < 0)
		r.cpu_ms = -1;
	r.time_ms = xos_now_ms();
	if (!e->fatal.code)
		xos_journal_write(e->journal, &r, step->action != XOS_ACTION_NONE,
				  &e->fatal);
	e->watch->record(&r, e->watch->arg);
}

static int do_action(struct xos_engine *e, size_t i, enum xos_action action,
		     struct xos_error *err)
{
	static const enum xos_reboot how[] = {
		[XOS_ACTION_KEXEC] = XOS_REBOOT_KEXEC,
		[XOS_ACTION_SOFT] = XOS_REBOOT_SOFT,
		[XOS_ACTION_CYCLE] = XOS_REBOOT_POWER,
	};
	struct xos_backend *b = backend_of(e, i);

	if (action == XOS_ACTION_ON)
		return b->ops->power(b, &e->inv->nodes[i], true, err);
	return b->ops->reboot(b, &e->inv->nodes[i], how[action], err);
}

void engine_input(struct xos_engine *e, size_t i, enum xos_input input,
		  const struct xos_event *event, const char *why)
{
	struct xos_error err = { 0 };
	struct xos_step step;
	int rc;

	xos_machine_step(&e->nodes[i], &e->limits, input, event ? event->boot : NULL,
			 why, xos_now_ms(), &step);
	if (step.noted)
		engine_record(e, i, &step, event);
	if (step.action == XOS_ACTION_NONE || e->fatal.code)
		return;
	e->unheard[i] = false;
	rc = do_action(e, i, step.action, &err);
	if (rc == -EINTR && engine_stopped(e))
		return;		/* no failure of the node: take_over() goes on from here */
	if (!rc)
		engine_input(e, i, XOS_INPUT_POWER_OK, NULL, NULL);
	else
		engine_input(e, i, rc == -EOPNOTSUPP ? XOS_INPUT_UNSUPPORTED :
			     XOS_INPUT_POWER_FAILED, NULL, err.text);
}

void engine_may_have_missed(struct xos_engine *e)
{
	size_t i;

	for (i = 0; i < e->inv->n_nodes; i++)
		e->unheard[i] |= e->nodes[i].state >= XOS_STATE_FIRMWARE &&
				 e->nodes[i].state < XOS_STATE_PRESENT;
}

static enum xos_input input_of(const struct xos_event *event)
{
	size_t n;

	if (!strcmp(event->kind, "script"))
		return XOS_INPUT_SCRIPT;
	if (!strcmp(event->kind, "wait"))
		return XOS_INPUT_WAIT;
	if (!strcmp(event->kind, "refused"))
		return XOS_INPUT_REFUSED;
	if (!strcmp(event->kind, "stranger"))
		return XOS_INPUT_STRANGER;
	if (strcmp(event->kind, "report"))
		return XOS_INPUTS;
	for (n = 0; n < sizeof(reports) / sizeof(*reports); n++)
		if (!strcmp(event->stage, reports[n].stage))
			return reports[n].input;
	return XOS_INPUTS;
}

static void trust(struct xos_engine *e, const struct xos_node *node,
		  const struct xos_event *event)
{
	static const char mark[] = "hostkey ";
	char address[INET_ADDRSTRLEN];
	struct xos_error err = { 0 };

	if (strncmp(event->detail, mark, sizeof(mark) - 1))
		return;
	inet_ntop(AF_INET, &node->address, address, sizeof(address));
	if (xos_keys_trust(e->paths->state, address,
			   event->detail + sizeof(mark) - 1, &err) < 0)
		engine_say(e, "%s: %s", node->name, err.text);
}

static void one_event(const struct xos_event *event, void *arg)
{
	struct xos_engine *e = arg;
	enum xos_input input = input_of(event);
	const struct xos_node *node;

	if (strcmp(event->epoch, e->epoch)) {
		if (*e->epoch)		/* its memory did not survive the head's reboot */
			engine_may_have_missed(e);
		snprintf(e->epoch, sizeof(e->epoch), "%s", event->epoch);
	} else if (event->seq <= e->seq) {
		return;			/* seen by the run that we resume */
	}
	e->seq = event->seq;
	node = *event->node ? xos_inventory_node(e->inv, event->node) : NULL;
	if (!node) {
		if (input == XOS_INPUT_STRANGER || input == XOS_INPUT_REFUSED)
			engine_say(e, "boot server: %s: %s", event->kind, event->detail);
		return;
	}
	if (input == XOS_INPUTS)
		return;
	if (input == XOS_INPUT_UP)
		trust(e, node, event);
	engine_input(e, node - e->inv->nodes, input, event, event->detail);
}

/* Counted anew each time: the states are few, and never out of step. */
static unsigned int slots_in_use(const struct xos_engine *e)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < e->inv->n_nodes; i++)
		n += xos_state_holds_slot(&e->nodes[i]);
	return n;
}

/* While the head reboots no node can boot, so none is started and none is late. */
static bool head_excuses(const struct xos_engine *e)
{
	return e->away_ms && xos_now_ms() - e->away_ms < HEAD_AWAY_MAX_MS;
}

static void start_nodes(struct xos_engine *e)
{
	unsigned int used = slots_in_use(e);
	int64_t now_ms = xos_now_ms();
	size_t i;

	for (i = 0; i < e->inv->n_nodes && !engine_stopped(e) && !head_excuses(e); i++) {
		if (!xos_machine_startable(&e->nodes[i], now_ms))
			continue;
		if (e->window && used >= e->window)
			return;
		if (e->window && e->opened >= e->window) {
			e->opened = 0;
			e->window_ms = now_ms + e->inv->policy.pause_s * 1000;
		}
		if (now_ms < e->window_ms)
			return;
		engine_input(e, i, XOS_INPUT_START, NULL, NULL);
		e->opened++;
		used += xos_state_holds_slot(&e->nodes[i]);
	}
}

/* Late, but is it lost?  Off, alive without being heard, or really silent. */
static void check_deadlines(struct xos_engine *e)
{
	int64_t now_ms = xos_now_ms();
	size_t i;

	for (i = 0; i < e->inv->n_nodes && !engine_stopped(e); i++) {
		if (e->nodes[i].deadline_ms > now_ms)
			continue;
		if (e->nodes[i].state != XOS_STATE_POWERING &&
		    power_of(e, i) == XOS_POWER_OFF)
			engine_input(e, i, XOS_INPUT_GONE, NULL, NULL);
		else if (e->nodes[i].state == XOS_STATE_PRESENT && engine_stuck(e))
			continue;
		else if ((!e->unheard[i] || !engine_probe(e, i)) && !engine_stopped(e))
			engine_input(e, i, XOS_INPUT_TIMEOUT, NULL, NULL);
	}
}

static bool all_settled(const struct xos_engine *e)
{
	size_t i;

	for (i = 0; i < e->inv->n_nodes; i++)
		if (!xos_state_settled(e->nodes[i].state))
			return false;
	return !e->verify;
}

/* Sleep until something is due; the boot server's events wake us earlier. */
static int next_wait_ms(const struct xos_engine *e)
{
	int64_t now_ms = xos_now_ms(), wait_ms = TICK_MS;
	size_t i;

	for (i = 0; i < e->inv->n_nodes; i++) {
		const struct xos_machine *m = &e->nodes[i];

		if (m->deadline_ms - now_ms < wait_ms)
			wait_ms = m->deadline_ms - now_ms;
		if (m->state == XOS_STATE_POWERING && m->pending != XOS_ACTION_NONE &&
		    m->due_ms > now_ms && m->due_ms - now_ms < wait_ms)
			wait_ms = m->due_ms - now_ms;
	}
	if (e->window_ms > now_ms && e->window_ms - now_ms < wait_ms)
		wait_ms = e->window_ms - now_ms;
	if (e->add_ms > now_ms && e->add_ms - now_ms < wait_ms)
		wait_ms = e->add_ms - now_ms;
	return wait_ms < 1 ? 1 : wait_ms;
}

/* The head is back after @away_ms; nodes could not boot, so their time stood still. */
static void head_is_back(struct xos_engine *e, int64_t away_ms)
{
	size_t i;

	engine_say(e, "head: answers again after %.1f s", away_ms / 1000.0);
	for (i = 0; i < e->inv->n_nodes; i++)
		xos_machine_postpone(&e->nodes[i], away_ms);
	e->away_ms = 0;
}

static void head_is_away(struct xos_engine *e)
{
	if (!e->away_ms) {
		e->away_ms = xos_now_ms();
		engine_say(e, "head: does not answer, waiting");
	}
	engine_may_have_missed(e);
	usleep(HEAD_AWAY_PAUSE_MS * 1000);
}

static void take_events(struct xos_engine *e, int wait_ms)
{
	struct xos_backend *head = &e->backends.list[0];
	struct xos_error err = { 0 };
	int rc = head->ops->events(head, wait_ms, one_event, e, &err);

	if (rc == -EHOSTUNREACH)
		head_is_away(e);
	else if (rc >= 0 && e->away_ms)
		head_is_back(e, xos_now_ms() - e->away_ms);
	else if (rc < 0 && rc != -EINTR)
		e->fatal = err;
}

void engine_catch_up(struct xos_engine *e)
{
	take_events(e, 0);
}

/*
 * Deadlines come right after the events: had this process slept, or been busy
 * with krgadm, what the nodes said meanwhile counts first.
 */
void engine_loop(struct xos_engine *e)
{
	while (!all_settled(e) && !engine_stopped(e)) {
		bool acted;

		start_nodes(e);
		acted = engine_keys(e);
		acted |= engine_cluster(e, xos_now_ms());
		if (!all_settled(e))
			take_events(e, acted ? 0 : next_wait_ms(e));
		if (!head_excuses(e))
			check_deadlines(e);
		e->watch->tick(e->nodes, e->watch->arg);
	}
}
