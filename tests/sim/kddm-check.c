// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddm-check.c: the invariants in the header of kernel/kddm/object.c.
 *
 * Owns what users have seen of each object.  Trusts the protocol's version
 * numbers only as far as two contents of one version have to be the same one;
 * contents have serial numbers of their own.
 *
 * A node that has not noticed that the others are in a newer view may see old
 * content: only users on nodes of the newest view of a lineage count.
 */
#include "kddm-sim.h"

#include <inttypes.h>

struct lineage *check_lineage(struct world *w, u64 id)
{
	struct above *above = above_of(w);
	unsigned int i;

	for (i = 0; i < LINEAGES; i++) {
		if (!above->lineages[i].id)
			above->lineages[i].id = id;
		if (above->lineages[i].id == id)
			return &above->lineages[i];
	}
	return &above->lineages[LINEAGES - 1];
}

static struct truth *truth_of(struct lineage *lineage, const struct user *user)
{
	return &lineage->truth[user->set][user->id];
}

static const struct ssi_view_id *view_of(const struct site *site)
{
	return &site->w->machines[site->node].m->view.id;
}

static bool is_newest(const struct site *site, const struct lineage *lineage)
{
	return view_of(site)->number == lineage->newest &&
	       ssi_membership_is_member(site->w->machines[site->node].m);
}

/* A user asks: what it gets may not be older than what is known now. */
void check_begin(struct site *site, struct user *user)
{
	struct lineage *lineage = check_lineage(site->w,
						view_of(site)->lineage);

	user->view = *view_of(site);
	user->excuses = lineage->excuses[user->set];
	user->floor = 0;
	if (!is_newest(site, lineage))
		return;
	user->floor = truth_of(lineage, user)->version;
	user->since_us = truth_of(lineage, user)->since_us;
	user->losses = truth_of(lineage, user)->losses;
}

/* Content that was there is not, and nobody has removed it. */
static void check_vanished(struct site *site, const struct user *user,
			   const struct lineage *lineage)
{
	struct above *above = above_of(site->w);
	const struct removal *removal = &above->removals[user->set][user->id];

	if (!user->floor || lineage->excuses[user->set] != user->excuses ||
	    (!above->load.definition[user->set].backups &&
	     lineage->losses != user->losses) ||
	    removal->active || removal->last_us >= user->since_us)
		return;
	sim_fail(site->w, "%u does not find object %" PRIu64
		 " of %u, whose version %" PRIu64 " was safe", site->node,
		 user->id, user->set + 1, user->floor);
}

/* A user is told that there is no such object. */
void check_missing(struct site *site, struct user *user)
{
	struct lineage *lineage = check_lineage(site->w,
						view_of(site)->lineage);

	if (is_newest(site, lineage) &&
	    user->view.lineage == view_of(site)->lineage)
		check_vanished(site, user, lineage);
}

/* A user has read this version, or was told that it is safe. */
void check_seen(struct site *site, struct user *user, u64 version, u64 serial)
{
	struct lineage *lineage = check_lineage(site->w,
						view_of(site)->lineage);
	struct truth *truth = truth_of(lineage, user);

	if (!is_newest(site, lineage) ||
	    user->view.lineage != view_of(site)->lineage)
		return;
	if (version < user->floor && lineage->excuses[user->set] ==
	    user->excuses)
		sim_fail(site->w, "%u sees version %" PRIu64 " of object %"
			 PRIu64 " of %u, %" PRIu64 " was before", site->node,
			 version, user->id, user->set + 1, user->floor);
	if (version == truth->version && serial != truth->serial)
		sim_fail(site->w, "version %" PRIu64 " of object %" PRIu64
			 " of %u has two contents", version, user->id,
			 user->set + 1);
	if (version > truth->version && truth->version && serial & TOUCHED)
		check_vanished(site, user, lineage);
	if (version < truth->version)
		return;
	truth->version = version;
	truth->serial = serial;
	truth->since_us = site->w->now_us;
	truth->losses = lineage->losses;
}

/* A user holds an object: who else does? */
void check_alone(struct site *site, struct user *user)
{
	struct above *above = above_of(site->w);
	unsigned int i, j;

	for (i = 0; i < site->w->n; i++) {
		struct site *other = &above->sites[i];

		if (!other->up || !ssi_view_same(view_of(site), view_of(other)))
			continue;
		for (j = 0; j < USERS; j++) {
			struct user *rival = &other->users[j];

			if (rival == user || rival->stale ||
			    rival->set != user->set || rival->id != user->id ||
			    (rival->state != USER_WRITES &&
			     (rival->state != USER_READS ||
			      user->state != USER_WRITES)))
				continue;
			sim_fail(site->w, "%u and %u hold object %" PRIu64
				 " of %u, and one writes", site->node, i,
				 user->id, user->set + 1);
		}
	}
}

static void excuse(struct lineage *lineage, unsigned int set)
{
	unsigned int i;

	lineage->excuses[set]++;
	for (i = 0; i < MAX_OBJECTS; i++)
		memset(&lineage->truth[set][i], 0, sizeof(struct truth));
}

/* All have finished a view: who was about to leave has handed over. */
void check_stable_left(struct site *site)
{
	const struct ssi_view *view = &site->w->machines[site->node].m->view;

	struct ssi_nodeset *leavers =
		&check_lineage(site->w, view->id.lineage)->leavers;

	/* Some have come back. */
	ssi_nodeset_subtract(leavers, &view->members);
	ssi_nodeset_unite(leavers, &view->leaving);
}

/*
 * A view without @left, members of the last stable one.  More than a set has
 * backups may take anything along; a set without backups has copies only,
 * which are never old.
 */
void check_stage_lost(struct site *site, const struct ssi_nodeset *left)
{
	struct above *above = above_of(site->w);
	struct lineage *lineage = check_lineage(site->w,
						view_of(site)->lineage);
	struct ssi_nodeset gone = *left;
	unsigned int i, backups, lost;

	ssi_nodeset_subtract(&gone, &lineage->leavers);
	lost = ssi_nodeset_weight(&gone);
	if (lineage->worst_of != lineage->newest) {
		lineage->worst_of = lineage->newest;
		lineage->worst = 0;
	}
	if (lost <= lineage->worst)
		return;
	for (i = 0; i < above->load.sets; i++) {
		backups = above->load.definition[i].backups;
		if (backups && (lost > backups || above->load.no_memory ||
				above->load.bad_link))
			excuse(lineage, i);
	}
	lineage->worst = lost;
	lineage->losses++;
}

void check_object_lost(struct site *site, u32 set, u64 id)
{
	struct above *above = above_of(site->w);
	struct lineage *lineage = check_lineage(site->w,
						view_of(site)->lineage);

	sim_trace(site->w, "%u: object %" PRIu64 " of %u is lost", site->node,
		  id, set);
	/* Without memory or the io linker a backup may not be made again. */
	if (lineage->worst <= above->load.definition[set - 1].backups &&
	    !above->load.no_memory && !above->load.bad_link)
		sim_fail(site->w, "%u: object %" PRIu64
			 " of %u is lost, it had backups", site->node, id, set);
}

/* Whose home has forgotten it is the owner of what is no more. */
static bool owns(const struct ssi_object *object)
{
	return object && ssi_object_is_owned(object) &&
	       object->state != SSI_OBJECT_REMOVING;
}

static struct ssi_object *object_at(const struct site *site, unsigned int set,
				    u64 id)
{
	return ssi_object_find(site->sets[set], id);
}

/* After each event: one owner, and a writer is alone. */
void check_owners(struct world *w, unsigned int set, u64 id)
{
	struct above *above = above_of(w);
	struct ssi_object *object, *other;
	unsigned int i, j;

	for (i = 0; i < w->n; i++) {
		struct site *site = &above->sites[i];

		if (!site->up || site->kddm.recovering)
			continue;
		object = object_at(site, set, id);
		if (!owns(object))
			continue;
		for (j = 0; j < w->n; j++) {
			struct site *peer = &above->sites[j];

			if (j == i || !peer->up || peer->kddm.recovering ||
			    !ssi_view_same(view_of(site), view_of(peer)))
				continue;
			other = object_at(peer, set, id);
			if (!other)
				continue;
			if (owns(other))
				sim_fail(w, "%u and %u own object %" PRIu64
					 " of %u", i, j, id, set + 1);
			if (object->flags & SSI_OBJECT_HELD &&
			    other->state == SSI_OBJECT_READ)
				sim_fail(w, "%u writes object %" PRIu64
					 " of %u, %u has a copy", i, id,
					 set + 1, j);
		}
	}
}

/* Not by ssi_set_nr_backups(). */
static unsigned int wanted_backups(struct world *w, unsigned int set,
				   const struct site *owner)
{
	unsigned int others = ssi_nodeset_weight(&owner->kddm.all) - 1;
	unsigned int wanted = above_of(w)->load.definition[set].backups;

	return wanted < others ? wanted : others;
}

static void check_holders(struct world *w, unsigned int set, u64 id,
			  const struct site *owner,
			  const struct ssi_object *object)
{
	struct above *above = above_of(w);
	unsigned int i, backups = 0;

	for (i = 0; i < w->n; i++) {
		struct site *site = &above->sites[i];
		const struct ssi_object *copy, *backup;

		if (!site->up || site == owner)
			continue;
		copy = object_at(site, set, id);
		backup = (struct ssi_object *)
			ssi_index_find(&site->sets[set]->backups, id);
		if (copy && copy->state == SSI_OBJECT_READ &&
		    (!object || !ssi_copyset_contains(&object->copies, i)))
			sim_fail(w, "%u has a copy of object %" PRIu64
				 " of %u that nobody knows of", i, id, set + 1);
		if (backup && (!object || !ssi_backup_is_at(object, i)))
			sim_fail(w, "%u has a backup of object %" PRIu64
				 " of %u that nobody knows of", i, id, set + 1);
		backups += backup && object &&
			   backup->version == object->version;
	}
	if (object && !(object->flags & (SSI_OBJECT_EMPTY | SSI_OBJECT_DIRTY)) &&
	    backups != wanted_backups(w, set, owner))
		sim_fail(w, "object %" PRIu64 " of %u has %u backups", id,
			 set + 1, backups);
}

static void check_object(struct world *w, unsigned int set, u64 id)
{
	struct above *above = above_of(w);
	struct site *owner = NULL, *home = NULL;
	struct ssi_object *object, *owned = NULL;
	struct ssi_entry *entry;
	unsigned int i;

	for (i = 0; i < w->n; i++) {
		struct site *site = &above->sites[i];

		if (!site->up)
			continue;
		if (ssi_set_is_home(site->sets[set], id))
			home = site;
		object = object_at(site, set, id);
		if (!owns(object))
			continue;
		owner = site;
		owned = object;
	}
	check_holders(w, set, id, owner, owned);
	entry = home ? ssi_directory_entry(home->sets[set], id) : NULL;
	if (owner && owner != home && (!entry || entry->owner != owner->node))
		sim_fail(w, "home %u of object %" PRIu64
			 " of %u does not know that %u owns it",
			 home ? home->node : -1, id, set + 1, owner->node);
	if (entry && entry->owner != SSI_NODE_NONE && (!owner || owner == home))
		sim_fail(w, "home %u thinks that %u owns object %" PRIu64
			 " of %u", home->node, entry->owner, id, set + 1);
}

static void check_set_quiet(struct world *w, struct site *site,
			    struct ssi_kddm_set *set)
{
	unsigned int i;

	if (site->kddm.recovering || !site->kddm.serving)
		sim_fail(w, "%u does not serve", site->node);
	if (set->given.count || set->nr_unacked || set->flushes ||
	    set->old.count)
		sim_fail(w, "%u has under way in %u: %u given, %u arrived, %u old%s",
			 site->node, set->number, set->given.count,
			 set->nr_unacked, set->old.count,
			 set->flushes ? ", flushes" : "");
	for (i = 0; i < SSI_HINTS; i++)
		if (set->hints[i].untold)
			sim_fail(w, "%u has something to tell", site->node);
}

void check_quiet(struct world *w)
{
	struct above *above = above_of(w);
	unsigned int set, i;

	for (set = 0; set < above->load.sets; set++) {
		for (i = 0; i < w->n; i++)
			if (above->sites[i].up)
				check_set_quiet(w, &above->sites[i],
						above->sites[i].sets[set]);
		for (i = 0; i < above->load.objects; i++)
			check_object(w, set, i | (u64)(i % 3) << 48);
	}
}
