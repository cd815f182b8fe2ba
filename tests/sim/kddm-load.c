// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddm-load.c: users of each machine, who want objects by chance.
 *
 * Owns what a user does next: it thinks, asks for an object, perhaps gives up,
 * holds it for a while, writes, puts it.  Tells kddm-check.c what it has seen.
 */
#include "kddm-sim.h"

#include <inttypes.h>

static u64 below(u64 *rng, u64 limit)
{
	return sim_random(rng) % limit;
}

void load_make(struct load *load, u64 seed)
{
	u64 rng = seed ^ 0x9216d5d98979fb1bULL;
	unsigned int i;

	memset(load, 0, sizeof(*load));
	load->sets = 1 + below(&rng, SETS);
	load->objects = 1 + below(&rng, MAX_OBJECTS);
	load->users = 1 + below(&rng, USERS);
	for (i = 0; i < load->sets; i++) {
		load->definition[i].policy = below(&rng, 4);
		load->definition[i].backups = below(&rng, 4);
		load->definition[i].touch_home = below(&rng, 2);
		load->definition[i].node = below(&rng, 4);
	}
	load->no_memory = below(&rng, 4) ? 0 : 20 + below(&rng, 2000);
	load->bad_link = below(&rng, 4) ? 0 : 10 + below(&rng, 500);
	load->think_us = below(&rng, 2) ? 12 * MS : 80 * MS;
	load->hold_us = below(&rng, 2) ? MS : 40 * MS;
	load->requests = 40000;
}

void load_print(const struct load *load)
{
	unsigned int i;

	printf("#   %u objects, %u users a node, who think %" PRIu64
	       " us and hold %" PRIu64 " us; %" PRIu64 " requests\n",
	       load->objects, load->users, load->think_us, load->hold_us,
	       load->requests);
	printf("#   memory fails 1 in %u, io linker 1 in %u\n", load->no_memory,
	       load->bad_link);
	for (i = 0; i < load->sets; i++)
		printf("#   set %u: home policy %u node %u, %u backups%s\n",
		       i + 1, load->definition[i].policy,
		       load->definition[i].node, load->definition[i].backups,
		       load->definition[i].touch_home ? ", home touches" : "");
}

static void later(struct site *site, unsigned int number, u64 most_us)
{
	/* One at a time: the one before counts no more. */
	site_at(site, 1 + sim_below(site->w, most_us), UP_USER, number,
		++site->users[number].timers);
}

void load_start(struct site *site)
{
	const struct load *load = &above_of(site->w)->load;
	unsigned int i;

	for (i = 0; i < load->users && !site->w->calm; i++)
		later(site, i, SECOND);
}

/* Objects of all policies: the upper bits are the origin. */
static u64 object_id(u64 number)
{
	return number | (number % 3) << 48;
}

static void submit(struct site *site, struct user *user, enum ssi_kddm_op op,
		   unsigned int flags)
{
	struct ssi_kddm_request *request = &user->request;
	struct above *above = above_of(site->w);

	memset(request, 0, sizeof(*request));
	request->set = site->sets[user->set];
	request->id = object_id(user->id);
	request->waiter.op = op;
	request->waiter.flags = flags;
	request->node = sim_below(site->w, site->w->n);
	if (op == SSI_KDDM_SET) {
		user->serial = ++above->serials;
		request->data = content_create(site, user->serial);
	}
	user->state = USER_WAITS;
	user->impatient = !sim_below(site->w, 8);
	if (op == SSI_KDDM_REMOVE)
		above->removals[user->set][user->id].active++;
	check_begin(site, user);
	sim_trace(site->w, "%u user %u wants op %u flags %x object %" PRIu64 " of %u",
		  site->node, (unsigned int)(user - site->users), op, flags,
		  user->id, user->set + 1);
	ssi_object_submit(request);
	site_touched(site);
	check_owners(site->w, user->set, request->id);
}

static void ask(struct site *site, struct user *user)
{
	static const u8 ops[16] = {
		SSI_KDDM_GET, SSI_KDDM_GET, SSI_KDDM_GET, SSI_KDDM_GET,
		SSI_KDDM_GET, SSI_KDDM_GET, SSI_KDDM_GET, SSI_KDDM_GRAB,
		SSI_KDDM_GRAB, SSI_KDDM_GRAB, SSI_KDDM_GRAB, SSI_KDDM_GRAB,
		SSI_KDDM_SET, SSI_KDDM_SET, SSI_KDDM_REMOVE, SSI_KDDM_FLUSH,
	};
	struct world *w = site->w;
	const struct load *load = &above_of(w)->load;
	unsigned int flags = 0;

	user->set = sim_below(w, load->sets);
	user->id = sim_below(w, load->objects);
	if (!sim_below(w, 8))
		flags |= SSI_KDDM_TRY;
	if (!sim_below(w, 8))
		flags |= SSI_KDDM_NO_CREATE;
	if (!sim_below(w, 16))
		flags |= SSI_KDDM_NO_PIN;
	submit(site, user, ops[sim_below(w, 16)], flags);
}

/* It has held the object long enough. */
static void put(struct site *site, struct user *user)
{
	struct ssi_kddm_set *set = site->sets[user->set];
	struct content *content = user->request.data;

	if (user->state == USER_WRITES) {
		user->serial = ++above_of(site->w)->serials;
		content->serial = user->serial;
		submit(site, user, SSI_KDDM_PUT, 0);
		return;
	}
	user->state = USER_IDLE;
	if (ssi_object_put_read(set, user->request.id))
		sim_fail(site->w, "%u can not put object %" PRIu64, site->node,
			 user->id);
	site_touched(site);
	check_owners(site->w, user->set, user->request.id);
}

void load_user(struct site *site, unsigned int number, u64 timer)
{
	struct world *w = site->w;
	struct above *above = above_of(w);
	struct user *user = &site->users[number];

	if (user->timers != timer)
		return;
	switch (user->state) {
	case USER_IDLE:
		if (above->stop || above->requests >= above->load.requests)
			return;
		above->requests++;
		later(site, number, above->load.think_us);
		ask(site, user);
		return;
	case USER_WAITS:
		/* Most never give up: what hangs is there in the end. */
		if (user->impatient && !above->stop && !sim_below(w, 8)) {
			sim_trace(w, "%u user %u gives up", site->node, number);
			ssi_object_cancel(&user->request);
			site_touched(site);
		}
		break;
	case USER_READS:
	case USER_WRITES:
		later(site, number, above->load.think_us);
		put(site, user);
		return;
	}
	if (user->state == USER_WAITS)
		later(site, number, above->load.think_us);
}

/* One that did not end well may still happen. */
static void removed(struct site *site, struct user *user, bool well)
{
	struct removal *removal =
		&above_of(site->w)->removals[user->set][user->id];

	removal->active--;
	removal->last_us = site->w->now_us + (well ? 0 : 30 * SECOND);
}

void load_complete(struct site *site, struct ssi_kddm_request *request)
{
	struct user *user = (struct user *)request;
	unsigned int number = user - site->users;
	struct world *w = site->w;
	struct content *content = request->data;
	bool no_pin = request->waiter.flags & SSI_KDDM_NO_PIN;

	if (user->state != USER_WAITS)
		sim_fail(w, "%u user %u: a request ends twice", site->node,
			 number);
	above_of(w)->completed++;
	sim_trace(w, "%u user %u has: %d version %" PRIu64, site->node, number,
		  request->error, request->version);
	user->state = USER_IDLE;
	if (w->calm)
		return;
	/* Out of the cluster there is no hurry. */
	later(site, number, request->error == -EHOSTDOWN ? SECOND :
	      above_of(w)->load.think_us);
	switch (request->waiter.op) {
	case SSI_KDDM_SET:
		if (content)
			content_release(site, content);
		if (!request->error)
			check_seen(site, user, request->version, user->serial);
		break;
	case SSI_KDDM_REMOVE:
		removed(site, user, !request->error);
		if (request->error == -ENOENT)
			check_missing(site, user);
		break;
	case SSI_KDDM_GET:
	case SSI_KDDM_GRAB:
		if (request->error == -ENOENT)
			check_missing(site, user);
		if (request->error)
			break;
		check_seen(site, user, request->version, content->serial);
		if (no_pin)
			break;
		user->state = request->waiter.op == SSI_KDDM_GET ? USER_READS :
								   USER_WRITES;
		user->stale = false;
		check_alone(site, user);
		later(site, number, above_of(w)->load.hold_us);
		break;
	case SSI_KDDM_PUT:
		if (!request->error)
			check_seen(site, user, request->version, user->serial);
		break;
	}
}

/* The machine is out of the cluster: what users hold is nobody's. */
void load_out(struct site *site)
{
	unsigned int i;

	for (i = 0; i < USERS; i++)
		site->users[i].stale = true;
}

/* The machine is no more: what users wanted may still happen. */
void load_crash(struct site *site)
{
	unsigned int i;

	for (i = 0; i < USERS; i++)
		if (site->users[i].state == USER_WAITS &&
		    site->users[i].request.waiter.op == SSI_KDDM_REMOVE)
			removed(site, &site->users[i], false);
}
