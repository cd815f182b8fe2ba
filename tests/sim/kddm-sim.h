/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kddm-sim.h: what the files of the object protocol's simulator share.
 *
 *	kddm-world.c   the protocol above the membership protocol of world.c:
 *	               packets, content, memory, io linker, stages
 *	kddm-load.c    users of each machine, by chance
 *	kddm-check.c   the invariants of kernel/kddm/object.c
 *	kddm-table.c   packets of an operation, by number of nodes
 *	kddm-sim.c     options, TAP
 */
#ifndef _KDDM_SIM_H
#define _KDDM_SIM_H

#include "kddm-private.h"
#include "sim.h"

#define SETS		2
#define MAX_OBJECTS	8
#define USERS		3	/* of a machine */
#define LINEAGES	16
#define TOUCHED		(1ULL << 63)	/* serial of what the io linker made */

/* Content of an object, in the memory of one machine. */
struct content {
	struct content *next, **at;
	int users;
	u64 serial;		/* no two have the same */
};

struct block {
	struct block *next, **at;
	size_t size;
};

struct parcel {
	struct parcel *next;
	struct ssi_view_id view;
	u64 serial;
	bool has_content;
	size_t len;
	u8 record[];
};

struct road {
	struct parcel *first, **last;
	u64 free_us;
	bool moving;
};

enum user_state { USER_IDLE, USER_WAITS, USER_READS, USER_WRITES };

struct user {
	struct ssi_kddm_request request;
	enum user_state state;
	u8 set;
	u64 id;
	u64 timers;
	bool impatient;
	u64 serial;		/* of what it writes */
	bool stale;		/* its machine was out of the cluster since */
	/* what it may rely on, as of when it asked */
	struct ssi_view_id view;
	u64 floor, since_us;
	u32 excuses, losses;
};

struct site {
	struct world *w;
	u16 node;
	bool up;
	u64 life;
	struct ssi_kddm kddm;
	struct ssi_kddm_set *sets[SETS];
	struct user users[USERS];
	struct block *blocks;
	struct content *contents;
	bool ticking;
	bool in_stage;
	struct event stage;	/* to be put in the heap when it is done */
};

/* What has been seen of an object, in one lineage of views. */
struct truth {
	u64 version, serial;
	u32 losses;		/* of nodes, by then */
	u64 since_us;		/* when that was last known to be so */
};

/* Who may have removed an object. */
struct removal {
	unsigned int active;
	u64 last_us;
};

struct lineage {
	u64 id;
	u64 newest;
	unsigned int worst;	/* members lost by the view newest */
	u64 worst_of;
	u32 excuses[SETS], losses;
	struct ssi_nodeset leavers;	/* who have handed over */
	struct truth truth[SETS][MAX_OBJECTS];
};

struct load {
	unsigned int sets, objects, users;
	struct ssi_set_definition definition[SETS];
	unsigned int no_memory;	/* one allocation in so many fails, 0: none */
	unsigned int bad_link;	/* likewise of the io linker's answers */
	u64 think_us, hold_us;
	u64 requests;		/* of all users, then they stop */
};

struct above {
	struct load load;
	struct site *sites;
	struct road *roads;	/* [from * n + to] */
	struct lineage lineages[LINEAGES];
	struct parcel *opened;	/* being delivered */
	u64 serials, lives, requests;
	struct removal removals[SETS][MAX_OBJECTS];
	bool stop;
	bool calm_memory;
	/* figures */
	u64 sent[SSI_PACKET_NR], completed, asked, hints;
};

enum upper_event { UP_DELIVER, UP_TICK, UP_USER, UP_LINK };

extern struct load kddm_load;		/* of worlds that are created */
extern const struct upper kddm_upper;
extern u64 kddm_packets, kddm_requests;

/* kddm-world.c */
struct above *above_of(struct world *w);
struct content *content_create(struct site *site, u64 serial);
void content_release(struct site *site, struct content *content);
void site_at(struct site *site, u64 delay_us, enum upper_event kind, u64 x,
	     u64 y);
void site_touched(struct site *site);

/* kddm-load.c */
void load_make(struct load *load, u64 seed);
void load_print(const struct load *load);
void load_start(struct site *site);
void load_user(struct site *site, unsigned int number, u64 timer);
void load_complete(struct site *site, struct ssi_kddm_request *request);
void load_out(struct site *site);
void load_crash(struct site *site);

/* kddm-check.c */
struct lineage *check_lineage(struct world *w, u64 id);
void check_begin(struct site *site, struct user *user);
void check_seen(struct site *site, struct user *user, u64 version, u64 serial);
void check_missing(struct site *site, struct user *user);
void check_alone(struct site *site, struct user *user);
void check_stage_lost(struct site *site, const struct ssi_nodeset *left);
void check_stable_left(struct site *site);
void check_object_lost(struct site *site, u32 set, u64 id);
void check_owners(struct world *w, unsigned int set, u64 id);
void check_quiet(struct world *w);

/* kddm-table.c */
int table_objects(const char *nodes);

#endif /* _KDDM_SIM_H */
