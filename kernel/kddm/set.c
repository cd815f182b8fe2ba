// SPDX-License-Identifier: GPL-2.0-only
/*
 * set.c: sets of objects that have something in common (pure C).
 *
 * Owns a set's definition and tables at one node, who is home of an object,
 * and freeze.  Does not own how nodes agree that there is a set: all members
 * create it with one number and one definition.
 */
#include "kddm-private.h"

static bool is_valid(const struct ssi_set_definition *definition)
{
	return definition->policy <= SSI_HOME_CALLBACK &&
	       definition->backups <= SSI_MAX_BACKUPS &&
	       definition->node < SSI_MAX_NODES;
}

static int init_tables(struct ssi_kddm_set *set)
{
	int error = ssi_index_init(&set->objects, set->kddm);

	if (!error)
		error = ssi_index_init(&set->given, set->kddm);
	if (!error)
		error = ssi_index_init(&set->backups, set->kddm);
	if (!error)
		error = ssi_index_init(&set->entries, set->kddm);
	if (!error)
		error = ssi_index_init(&set->old, set->kddm);
	return error;
}

static void free_set(struct ssi_kddm_set *set)
{
	ssi_index_exit(&set->objects);
	ssi_index_exit(&set->given);
	ssi_index_exit(&set->backups);
	ssi_index_exit(&set->entries);
	ssi_index_exit(&set->old);
	if (set->hints)
		ssi_kddm_free(set->kddm, set->hints,
			      SSI_HINTS * sizeof(*set->hints));
	ssi_kddm_free(set->kddm, set, sizeof(*set));
}

/**
 * ssi_set_create() - make a set at this node
 * @kddm: the node
 * @number: not that of another set
 * @definition: the same on all nodes; copied
 * Return: the set; NULL when the definition or the number is no good, or
 *	without memory.
 */
struct ssi_kddm_set *ssi_set_create(struct ssi_kddm *kddm, u32 number,
				    const struct ssi_set_definition *definition)
{
	struct ssi_kddm_set *set;

	if (!is_valid(definition) || ssi_set_find(kddm, number))
		return NULL;
	set = ssi_kddm_alloc(kddm, sizeof(*set));
	if (!set)
		return NULL;
	set->kddm = kddm;
	set->number = number;
	set->definition = *definition;
	set->trust = SSI_TRUST_MAX / 2;
	set->hints = ssi_kddm_alloc(kddm, SSI_HINTS * sizeof(*set->hints));
	if (init_tables(set) || !set->hints) {
		free_set(set);
		return NULL;
	}
	set->next = kddm->sets;
	kddm->sets = set;
	return set;
}

static void drop_object(struct ssi_kddm_set *set, struct ssi_record *record)
{
	struct ssi_object *object = (struct ssi_object *)record;
	struct ssi_waiter *waiter;

	while ((waiter = ssi_object_first(object)))
		ssi_object_end(set, object, waiter, -EIDRM);
	ssi_index_remove(&set->objects, record);
	ssi_object_free(set, object);
}

static void drop_given(struct ssi_kddm_set *set, struct ssi_record *record)
{
	ssi_index_remove(&set->given, record);
	ssi_object_free(set, (struct ssi_object *)record);
}

static void drop_backup(struct ssi_kddm_set *set, struct ssi_record *record)
{
	ssi_backup_forget(set, record->id);
}

static void drop_entry(struct ssi_kddm_set *set, struct ssi_record *record)
{
	ssi_directory_erase(set, record->id);
}

/**
 * ssi_set_destroy() - end a set at this node
 * @set: freed, with all its objects; nobody uses one, recovery is not under
 *	way; waiting requests end with -EIDRM
 */
void ssi_set_destroy(struct ssi_kddm_set *set)
{
	struct ssi_kddm_set **at = &set->kddm->sets;

	set->going = true;
	ssi_object_fail_local(set, -EIDRM);
	ssi_index_walk(&set->objects, drop_object, set);
	ssi_index_walk(&set->given, drop_given, set);
	ssi_index_walk(&set->backups, drop_backup, set);
	ssi_index_walk(&set->entries, drop_entry, set);
	while (*at != set)
		at = &(*at)->next;
	*at = set->next;
	free_set(set);
}

/**
 * ssi_set_find() - a set by its number
 * @kddm: the node
 * @number: of the set
 * Return: the set, or NULL.
 */
struct ssi_kddm_set *ssi_set_find(struct ssi_kddm *kddm, u32 number)
{
	struct ssi_kddm_set *set = kddm->sets;

	while (set && set->number != number)
		set = set->next;
	return set;
}

/* The first of the ascending members that is @node or greater, or the first. */
static u16 member_from(const struct ssi_kddm *kddm, unsigned int node)
{
	unsigned int low = 0, high = kddm->nr_members, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (kddm->ranks[middle] < node)
			low = middle + 1;
		else
			high = middle;
	}
	return kddm->ranks[low < kddm->nr_members ? low : 0];
}

/**
 * ssi_set_home() - who keeps account of an object
 * @set: the set
 * @id: the object
 * Return: a member that does not leave; this node when there is none.
 */
u16 ssi_set_home(const struct ssi_kddm_set *set, u64 id)
{
	const struct ssi_kddm *kddm = set->kddm;

	if (!kddm->nr_members)
		return kddm->self;
	switch (set->definition.policy) {
	case SSI_HOME_SPREAD:
		return kddm->ranks[id % kddm->nr_members];
	case SSI_HOME_ORIGIN:
		return member_from(kddm, id >> 48);
	case SSI_HOME_CALLBACK:
		return member_from(kddm, kddm->ops->home(kddm->context,
							 set->number, id));
	default:
		return member_from(kddm, set->definition.node);
	}
}

/**
 * ssi_set_is_home() - is this node the home of an object?
 * @set: the set
 * @id: the object
 * Return: true when it is.
 */
bool ssi_set_is_home(const struct ssi_kddm_set *set, u64 id)
{
	return ssi_set_home(set, id) == set->kddm->self;
}

/**
 * ssi_set_nr_backups() - how many nodes beside the owner have to have a version
 * @set: the set
 * Return: as the definition says, or all other members when they are fewer.
 */
unsigned int ssi_set_nr_backups(const struct ssi_kddm_set *set)
{
	const struct ssi_kddm *kddm = set->kddm;
	unsigned int others = kddm->nr_members ? kddm->nr_members - 1 : 0;

	return set->definition.backups < others ? set->definition.backups :
						  others;
}

static void pump(struct ssi_kddm_set *set, struct ssi_record *record)
{
	ssi_object_pump(set, (struct ssi_object *)record);
}

/**
 * ssi_set_freeze() - let nobody begin anything in a set, or go on
 * @set: the set, frozen on all members alike
 * @freeze: true: who holds an object keeps it and may put it, nobody else gets
 *	one; false: go on
 */
void ssi_set_freeze(struct ssi_kddm_set *set, bool freeze)
{
	set->frozen = freeze;
	if (!freeze)
		ssi_index_walk(&set->objects, pump, set);
}
