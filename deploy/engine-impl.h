/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engine-impl.h - what the engine's files share
 *
 *	engine.c	the steps of a run, in order
 *	engine-nodes.c	the event loop that drives the nodes' state machines
 *	engine-key.c	the cluster's key, before a node loads its modules
 *	engine-cluster.c  krgadm: add, verify; the grid hook
 */
#ifndef _XOS_DEPLOY_ENGINE_IMPL_H
#define _XOS_DEPLOY_ENGINE_IMPL_H

#include "engine.h"

#define ENGINE_KEYS_AT_ONCE	16

struct engine_key;

/**
 * struct xos_engine - one run
 * @nodes: state machines, in the inventory's order
 * @epoch, @seq: of the last event of the boot server
 * @unheard: per node: it may have reported while nobody listened
 * @keys: per node: whether it has the key; NULL: none needs it
 * @window: machines that may hold a slot
 * @opened: slots given since the last pause
 * @window_ms: when the pause between windows ends
 * @away_ms: since when the head does not answer, 0: it does
 * @verify: nodes are believed online without having been seen so in this run
 * @adds: passes of krgadm that did not bring everybody in, in a row
 * @add_ms: when the next pass is due
 * @fatal: why the loop must end, code 0 while it need not
 */
struct xos_engine {
	const struct xos_inventory *inv;
	const struct xos_paths *paths;
	const struct xos_options *options;
	const struct xos_watch *watch;
	struct xos_limits limits;
	struct xos_machine *nodes;
	struct xos_backends backends;
	struct xos_built *images;
	struct xos_journal *journal;
	char epoch[37];
	uint64_t seq;
	bool *unheard;
	struct engine_key *keys;
	unsigned int window;
	unsigned int opened;
	int64_t window_ms;
	int64_t away_ms;
	bool verify;
	unsigned int adds;
	int64_t add_ms;
	struct xos_error fatal;
};

/** engine_step() - write down that a step of the whole deployment is done */
void engine_step(struct xos_engine *e, const char *name, const char *detail, bool sync);

/** engine_say() - tell the watcher */
void engine_say(struct xos_engine *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

bool engine_stopped(const struct xos_engine *e);

/**
 * engine_input() - feed a node's machine, write down and do what follows
 * @i: index of the node
 * @event: the boot server's event behind it, NULL if none
 */
void engine_input(struct xos_engine *e, size_t i, enum xos_input input,
		  const struct xos_event *event, const char *why);

/** engine_may_have_missed() - events of the nodes that are booting may be lost */
void engine_may_have_missed(struct xos_engine *e);

/** engine_record() - write down a step of a node */
void engine_record(struct xos_engine *e, size_t i, const struct xos_step *step,
		   const struct xos_event *event);

/** engine_catch_up() - take in what came while nobody listened */
void engine_catch_up(struct xos_engine *e);
/** engine_loop() - drive the nodes until all are settled, or stopped */
void engine_loop(struct xos_engine *e);

/** engine_cluster() - bring present nodes online when it is time; true if it acted */
bool engine_cluster(struct xos_engine *e, int64_t now_ms);

/**
 * engine_stuck() - late nodes are present: give them up if the cluster has no quorum
 * Return: true if it has none.
 */
bool engine_stuck(struct xos_engine *e);

/** engine_probe() - ask a silent node itself how far it is; true if it answered */
bool engine_probe(struct xos_engine *e, size_t i);

/** engine_keys_init() - make the key, if there is none; say so where none is used */
int engine_keys_init(struct xos_engine *e, struct xos_error *err);
void engine_keys_free(struct xos_engine *e);
/** engine_keys() - bring the key to nodes that wait for it; true if there were any */
bool engine_keys(struct xos_engine *e);

/** engine_keys_probe() - bring a silent node the key; true if it waited for it */
bool engine_keys_probe(struct xos_engine *e, size_t i);

/** engine_hook() - run the grid hook on the head, where it is installed */
void engine_hook(struct xos_engine *e);

#endif /* _XOS_DEPLOY_ENGINE_IMPL_H */
