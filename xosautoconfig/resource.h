/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * resource.h - what a resource of a grid says of itself
 *
 * It is measured (resource-measure.c), written as XML (schema conf/resource.rng),
 * signed, published on the core node, and read by whoever looks for a resource.
 */
#ifndef _XOS_RESOURCE_H
#define _XOS_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "../libxos/error.h"

#define RESOURCE_TEXT_MAX	(96u << 10)	/* bytes of XML */
#define RESOURCE_STALE_S	900		/* refreshed every five minutes */

struct xos_grid;

enum resource_state {
	RESOURCE_JOINED,		/* good certificate, fresh description */
	RESOURCE_STALE,			/* has not been heard of lately */
	RESOURCE_REVOKED,		/* its certificate was revoked */
	RESOURCE_REFUSED,		/* anything else that is wrong with it */
};

struct resource_member {
	unsigned int id;
	char state[16];
};

/**
 * struct resource - one of them
 * @vo: as its certificate says; not part of what it says itself
 * @memory_mib, @available_mib: of all its machines
 * @member: of a cluster, @n_members of them, malloc'ed
 * @checkpointer: its name; @checkpoints: it is there
 * @state: as seen by who reads it
 */
struct resource {
	char name[64];
	char grid[64];
	long long time;
	unsigned int processors;
	char model[128];
	char platform[32];
	unsigned int memory_mib, available_mib;
	char os[128];
	char kernel[128];
	unsigned int running;
	struct resource_member *member;
	size_t n_members;
	char checkpointer[32];
	bool checkpoints, threads, sockets, sysvipc, incremental;
	char vo[512];
	enum resource_state state;
};

/** resource_state_name() - "joined", "stale", "revoked" or "refused" */
const char *resource_state_name(enum resource_state state);

/**
 * resource_measure() - this machine, or the cluster that it is part of
 * @gcp: gcp.conf, which names the checkpointer
 * Return: 0; negative errno with @err.
 */
int resource_measure(struct resource *resource, const struct xos_grid *conf,
		     const char *gcp, struct xos_error *err);

/** resource_write() - malloc'ed XML, checked against the schema; NULL with @err */
char *resource_write(const struct resource *resource, struct xos_error *err);

/**
 * resource_read() - take a description apart
 * Return: 0; -EINVAL with @err: not XML, or not as the schema has it.
 */
int resource_read(struct resource *resource, const char *xml, size_t len,
		  struct xos_error *err);
/** resource_free() - give back what one holds */
void resource_free(struct resource *resource);

/**
 * resource_matches() - does a requirement hold?
 * @expr: FIELD OP VALUE, with && || ! ( ); fields: processors memory available
 *	members running name vo state kernel os platform checkpointer checkpoints
 * Return: 1 yes, 0 no; -EINVAL with @err: it is no requirement.
 */
int resource_matches(const struct resource *resource, const char *expr,
		     struct xos_error *err);

#endif /* _XOS_RESOURCE_H */
