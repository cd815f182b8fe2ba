/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engine.h - one run of a deployment: from whatever there is to a cluster
 */
#ifndef _XOS_DEPLOY_ENGINE_H
#define _XOS_DEPLOY_ENGINE_H

#include <signal.h>

#include "backends.h"
#include "journal.h"
#include "replay.h"

/**
 * struct xos_options - what a command adds to the inventory
 * @resume: go on with the last run
 * @min_nodes: fewest nodes that make a success; 0: the inventory's policy
 * @window: machines powered at once; 0: the inventory's policy
 * @excluded: per node: leave it out; NULL: none
 * @ok_file: gets the names of the nodes that are online, NULL: none
 * @ko_file: gets the other names, NULL: none
 * @stop: set by a signal handler: end soon, in good order
 */
struct xos_options {
	bool resume;
	unsigned int min_nodes;
	unsigned int window;
	const bool *excluded;
	const char *ok_file;
	const char *ko_file;
	const volatile sig_atomic_t *stop;
};

/**
 * struct xos_watch - who looks on
 * @record: what was just written into the journal
 * @progress: a line about a step that takes long
 * @tick: called at least every second and after each batch of events; @nodes
 *	are the inventory's nodes, in order
 */
struct xos_watch {
	void (*record)(const struct xos_record *record, void *arg);
	void (*progress)(const char *text, void *arg);
	void (*tick)(const struct xos_machine *nodes, void *arg);
	void *arg;
};

/**
 * struct xos_summary - the outcome
 * @exit: what the command ends with
 * @online, @ko, @excluded: numbers of nodes
 * @min_nodes: how many were asked for
 * @elapsed_ms: of this run
 * @text: one line
 */
struct xos_summary {
	enum xos_exit exit;
	size_t online;
	size_t ko;
	size_t excluded;
	size_t min_nodes;
	int64_t elapsed_ms;
	char text[256];
};

/**
 * xos_engine_run() - deploy, or go on deploying
 * The caller holds the lock of @paths (xos_paths_lock()).
 * Return: 0 with @summary, also when nodes were lost; negative errno with @err
 *	when the run could not be carried through (-EINTR: stopped by a signal).
 */
int xos_engine_run(const struct xos_inventory *inv, const struct xos_paths *paths,
		   const struct xos_options *options, const struct xos_watch *watch,
		   struct xos_summary *summary, struct xos_error *err);

/** xos_now_ms() - wall clock, ms since 1970, that never steps back in a process */
int64_t xos_now_ms(void);

#endif /* _XOS_DEPLOY_ENGINE_H */
