/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim.h: what the files of the membership simulator share.
 *
 *	world.c     machines, links between them, virtual time
 *	check.c     the invariants of kernel/cluster/membership.c
 *	schedule.c  what happens to the machines, by chance, and until when they
 *	            have to agree; shrinking
 *	table.c     messages and bytes of a view change, by number of nodes
 *	sim.c       options, TAP
 */
#ifndef _SIM_H
#define _SIM_H

#include "membership.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#define MS		1000ULL		/* of virtual time, which is in us */
#define SECOND		(1000 * MS)
#define DETECTION	(1500 * MS)	/* until a dead link is noticed */
#define HISTORY		64		/* views a machine remembers to be in */

/* A way from one machine to another: what is under way, in order. */
struct item {
	struct item *next;
	enum { HELLO, DATA, BYE } kind;
	u64 session;
	u64 incarnation;
	size_t len;
	u8 data[];
};

struct lane {
	struct item *first;
	struct item **last;
	u64 free_us;		/* the last item arrives */
	bool moving;		/* an EV_DELIVER is in the heap */
};

/* Between two machines: the last connection, and who has not closed it. */
struct pair {
	u64 session;
	bool open[2];
	bool trying;
};

struct stay {
	struct ssi_view_id id;
	u64 incarnation;
	u64 from_us, to_us;	/* to_us 0: still */
};

struct machine {
	bool alive;
	bool frozen;
	u64 incarnation;
	u64 tick_us;
	unsigned int ticks;
	struct ssi_membership *m;
	/* for check.c */
	struct stay stays[HISTORY];
	unsigned int nr_stays;
	struct ssi_view_id view;
	u64 suspended_us;
	bool serving;
	u64 consented[8];	/* the last lives in which it agreed to join */
	unsigned int nr_consented;
	bool told_conflict;
	u8 steps;		/* of the stages of view, finished */
	bool in_stage;
	u32 request;		/* 0: none */
	u32 asking;		/* it is just being asked for */
	unsigned int request_tick;
	u32 requests;
	/* lineages seen in this life, and the highest number of each */
	struct ssi_view_id seen[16];
	unsigned int nr_seen;
};

enum event_kind {
	EV_DELIVER, EV_TICK, EV_DETECT, EV_CONNECT, EV_STAGE, EV_RESET, EV_THAW,
	EV_OP, EV_UPPER,
};

struct event {
	u64 time_us, order;
	enum event_kind kind;
	u16 a, b;
	u64 x;
	struct ssi_view_id view;
	u8 layer;
};

enum op_kind {
	OP_CRASH, OP_RESTART, OP_BOUNCE, OP_CUT, OP_ONE_WAY, OP_SPLIT,
	OP_SPLIT_ONE_WAY, OP_HEAL, OP_FREEZE, OP_ADD, OP_REMOVE, OP_FAIL,
	OP_CANCEL, OP_LEAVE, OP_NR,
};

struct world;

struct op {
	enum op_kind kind;
	u64 time_us;
	u16 node, other;
	u64 mask;
	u64 length_us;
	bool dropped;		/* by shrinking */
};

#define MAX_OPS		64

struct config {
	unsigned int nodes;
	enum ssi_rule rule;
	u16 head;
	u8 layers;
	u64 latency_us;		/* largest */
	u64 stage_us;		/* largest */
	unsigned int lost;	/* percent of detections that come late */
	u64 faults_end_us;
	bool lasting;		/* one pair stays cut while alone */
	u16 cut_a, cut_b;
	u64 seed;
	unsigned int nr_ops;
	struct op ops[MAX_OPS];
};

/*
 * What runs above the membership protocol, if anything does: it is told what
 * becomes of each machine and carries out stages itself, each of which it ends
 * with an EV_STAGE.
 */
struct upper {
	void (*create)(struct world *w);
	void (*destroy)(struct world *w);
	void (*start)(struct world *w, u16 node);
	void (*crash)(struct world *w, u16 node);
	void (*action)(struct world *w, u16 node,
		       const struct ssi_action *action);
	void (*event)(struct world *w, const struct event *event);
	void (*end)(struct world *w);	/* all is well, and quiet soon */
};

struct world {
	const struct config *config;
	const struct upper *upper;
	void *above;
	unsigned int n;
	u64 now_us;
	u64 rng;
	u64 orders, sessions, incarnations;
	struct event *heap;
	unsigned int heap_len, heap_room;
	struct machine *machines;
	struct lane *lanes;	/* [from * n + to] */
	u64 *up;		/* [at * n + of] = session, 0: not linked */
	u8 *cut;		/* [from * n + to] */
	struct pair *pairs;	/* [low * n + high] */
	struct ssi_change change;	/* of the message that is delivered */
	u8 buf[SSI_MESSAGE_MAX_LEN];
	u64 messages, bytes, events;
	bool trace;
	bool calm;		/* table.c: all alike, nothing by chance */
	struct registry *registry;
	jmp_buf failed;
	char why[256];
};

/* world.c */
extern const struct upper *world_upper;	/* of worlds that are created */
u64 sim_random(u64 *state);
u64 sim_below(struct world *w, u64 limit);
void sim_trace(struct world *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void sim_fail(struct world *w, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
struct world *world_create(const struct config *config);
void world_destroy(struct world *w);
bool world_step(struct world *w, u64 until_us);
void world_at(struct world *w, const struct event *event);
void world_handle(struct world *w, u16 node, struct ssi_event *event);
void world_start(struct world *w, u16 node);
void world_crash(struct world *w, u16 node);
void world_cut(struct world *w, u16 from, u16 to, bool cut);
void world_freeze(struct world *w, u16 node, u64 length_us);
bool world_linked(const struct world *w, u16 a, u16 b);
int world_request(struct world *w, u16 node, enum ssi_op op,
		  const struct ssi_nodeset *set);
int world_leave(struct world *w, u16 node);
const char *world_text(const struct ssi_nodeset *set);

/* check.c */
struct registry *registry_create(void);
void registry_destroy(struct registry *r);
void check_action(struct world *w, u16 node, const struct ssi_action *action);
void check_life(struct world *w, u16 node);
void check_tick(struct world *w, u16 node);
void check_stage_done(struct world *w, u16 node);

/* schedule.c */
void schedule_make(struct config *config, u64 seed, unsigned int nodes);
bool schedule_run(struct config *config, bool trace, char *why, size_t size);
void schedule_op(struct world *w, unsigned int number);
void schedule_print(const struct config *config);
void schedule_shrink(struct config *config);
extern u64 schedule_messages, schedule_events;

/* table.c */
void table_print(const char *nodes);

#endif /* _SIM_H */
