/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * states.h - the life of one node during a deployment
 *
 * A pure state machine: inputs and the time go in, a step and an action come
 * out.  It reads no clock, does no I/O and allocates nothing.
 */
#ifndef _XOS_DEPLOY_STATES_H
#define _XOS_DEPLOY_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../libxos/error.h"

struct xos_policy;

#define XOS_REASON_MAX	384

/* What a node is doing now; the order is the order of a good deployment. */
enum xos_state {
	XOS_STATE_OFF,			/* not touched yet */
	XOS_STATE_POWERING,		/* power or reboot asked, or due later */
	XOS_STATE_FIRMWARE,		/* powered, not heard of yet */
	XOS_STATE_LOADING,		/* has its boot script */
	XOS_STATE_INITRAMFS,		/* its network is up */
	XOS_STATE_ROOT,			/* root mounted, systemd starts */
	XOS_STATE_SERVICES,		/* its agent switches units */
	XOS_STATE_MODULES,		/* loads modules */
	XOS_STATE_CONFIG,		/* mounts configuration */
	XOS_STATE_PRESENT,		/* ready to be added to the cluster */
	XOS_STATE_ONLINE,		/* krgadm says so */
	XOS_STATE_KO,			/* given up, with a reason */
	XOS_STATE_EXCLUDED,		/* left out by the admin */
	XOS_STATES
};

enum xos_input {
	XOS_INPUT_START,		/* a slot is free */
	XOS_INPUT_POWER_OK,		/* the action was done */
	XOS_INPUT_POWER_FAILED,
	XOS_INPUT_UNSUPPORTED,		/* this kind of reboot cannot be had */
	XOS_INPUT_GONE,			/* the machine is seen to be off */
	XOS_INPUT_WAIT,			/* boot server: told to wait */
	XOS_INPUT_REFUSED,		/* boot server: refused */
	XOS_INPUT_STRANGER,		/* reports from a wrong address */
	XOS_INPUT_SCRIPT,		/* boot server: got its script */
	XOS_INPUT_INITRAMFS,		/* reports of the node */
	XOS_INPUT_ROOT,
	XOS_INPUT_UP,
	XOS_INPUT_SERVICES,
	XOS_INPUT_MODULES,
	XOS_INPUT_CONFIG,
	XOS_INPUT_FAILED,
	XOS_INPUT_DOWN,
	XOS_INPUT_PRESENT,		/* seen by a probe, not by a report */
	XOS_INPUT_WAITING,		/* the same; it waits for its key */
	XOS_INPUT_ADD,			/* the cluster is asked to take it */
	XOS_INPUT_NO_QUORUM,		/* the deadline has passed, and nobody can add it */
	XOS_INPUT_ONLINE,
	XOS_INPUT_OFFLINE,		/* was online, is not any more */
	XOS_INPUT_TIMEOUT,		/* the deadline has passed */
	XOS_INPUT_EXCLUDE,
	XOS_INPUTS
};

enum xos_action {
	XOS_ACTION_NONE,
	XOS_ACTION_ON,
	XOS_ACTION_KEXEC,		/* the ladder, mildest first */
	XOS_ACTION_SOFT,
	XOS_ACTION_CYCLE,
	XOS_ACTIONS
};

/**
 * struct xos_limits - what a deployment grants its nodes
 * @timeout_ms: per state, a + b * nodes
 * @retries: per state, tries after the first
 * @backoff_ms: pause before the first retry; doubles, at most 32 times it
 * @restarts: how often a node may restart by itself
 */
struct xos_limits {
	int64_t timeout_ms[XOS_STATES];
	unsigned int retries[XOS_STATES];
	int64_t backoff_ms;
	unsigned int restarts;
};

/**
 * struct xos_machine - one node's state
 * @state: where it is
 * @since_ms: when it came there
 * @deadline_ms: when TIMEOUT is due, XOS_NEVER for none
 * @due_ms: in POWERING: when @pending may be started
 * @pending: in POWERING: action that START will release; NONE: asked already
 * @asked: in POWERING: the action that was released
 * @rung: highest reboot used so far; the next one is never milder
 * @tries: failures per state
 * @restarts: times it restarted by itself
 * @random: state of the jitter's generator
 * @boot: boot id of the running system, "" while unknown
 * @stale: boot id of the system before the last reboot we asked for
 * @reason: last failure, in words, "" when none
 * @note: something seen that explains a later failure, "" when none
 */
struct xos_machine {
	enum xos_state state;
	int64_t since_ms;
	int64_t deadline_ms;
	int64_t due_ms;
	enum xos_action pending;
	enum xos_action asked;
	enum xos_action rung;
	unsigned int tries[XOS_STATES];
	unsigned int restarts;
	uint32_t random;
	char boot[37];
	char stale[37];
	char reason[XOS_REASON_MAX];
	char note[128];
};

#define XOS_NEVER	INT64_MAX

/**
 * struct xos_step - what an input did
 * @from: state before
 * @to: state after, may be the same
 * @action: what the caller has to do now, after writing the step down
 * @next: what will be done after the back-off, NONE if nothing
 * @noted: the step is worth a line in the journal
 * @failed: a failure was counted against @from
 * @restarted: the node restarted by itself
 * @reset: a new pass: its tries and restarts are forgotten
 * @cause: why, in words; valid until the next step of the same machine
 */
struct xos_step {
	enum xos_state from;
	enum xos_state to;
	enum xos_action action;
	enum xos_action next;
	bool noted;
	bool failed;
	bool restarted;
	bool reset;
	char cause[XOS_REASON_MAX];
};

/** xos_state_name() - "off", "powering"...; "?" out of range */
const char *xos_state_name(enum xos_state state);
/** xos_state_find() - the reverse; XOS_STATES when unknown */
enum xos_state xos_state_find(const char *name);
const char *xos_input_name(enum xos_input input);
const char *xos_action_name(enum xos_action action);
enum xos_action xos_action_find(const char *name);

/** xos_state_settled() - is there nothing left to wait for? */
bool xos_state_settled(enum xos_state state);
/** xos_state_holds_slot() - does it count against the power window? */
bool xos_state_holds_slot(const struct xos_machine *m);

/**
 * xos_limits_init() - defaults, overridden by the inventory's policy
 * @policy: its timeouts name states, or "backoff" or "restart"
 * @n: nodes of the deployment
 * Return: 0; -EINVAL with XOS_EXIT_USAGE for an unknown state.
 */
int xos_limits_init(struct xos_limits *limits, const struct xos_policy *policy,
		    size_t n, struct xos_error *err);

/** xos_machine_init() - a node that was never touched; @seed feeds the jitter */
void xos_machine_init(struct xos_machine *m, uint32_t seed, int64_t now_ms);

/**
 * xos_machine_step() - feed one input
 * @limits: of the deployment
 * @input: what happened
 * @boot: boot id that came with it, "" or NULL when none
 * @why: words that explain it, "" or NULL when none
 * @now_ms: the time, ms since any fixed moment, never decreasing
 * @step: receives the outcome, also when nothing happened
 */
void xos_machine_step(struct xos_machine *m, const struct xos_limits *limits,
		      enum xos_input input, const char *boot, const char *why,
		      int64_t now_ms, struct xos_step *step);

/** xos_machine_postpone() - for @by_ms nothing could be expected of it */
void xos_machine_postpone(struct xos_machine *m, int64_t by_ms);

/** xos_machine_startable() - would START release an action now? */
bool xos_machine_startable(const struct xos_machine *m, int64_t now_ms);

/**
 * xos_machine_reset() - a new pass: fresh tries
 * @off: its machine is off now: it starts from there, which is no failure
 */
void xos_machine_reset(struct xos_machine *m, bool off, int64_t now_ms,
		       struct xos_step *step);

/**
 * xos_machine_restore() - repeat a step that the journal remembers
 * @step: as it was written
 * @boot: boot id in force after it
 * @now_ms: the step's time; deadlines are set by xos_machine_resume()
 */
void xos_machine_restore(struct xos_machine *m, const struct xos_step *step,
			 const char *boot, int64_t now_ms);

/** xos_machine_resume() - after the last restore: deadlines count from now */
void xos_machine_resume(struct xos_machine *m, const struct xos_limits *limits,
			int64_t now_ms);

#endif /* _XOS_DEPLOY_STATES_H */
