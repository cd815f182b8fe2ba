// SPDX-License-Identifier: GPL-2.0-only
/*
 * index.c: records by object id (pure C).
 *
 * Owns buckets, never records.  It grows as records come; without memory to
 * grow it goes on with longer buckets.
 */
#include "kddm-private.h"

#define FIRST_BUCKETS	8

static u32 hash(u64 id)
{
	return id * 0x9e3779b97f4a7c15ULL >> 32;
}

static struct ssi_record **bucket_of(const struct ssi_index *table, u64 id)
{
	return &table->buckets[hash(id) & table->mask];
}

static size_t size_of(u32 buckets)
{
	return buckets * sizeof(struct ssi_record *);
}

/**
 * ssi_index_exit() - free the buckets
 * @table: empty
 */
void ssi_index_exit(struct ssi_index *table)
{
	if (table->buckets)
		ssi_kddm_free(table->kddm, table->buckets,
			      size_of(table->mask + 1));
	table->buckets = NULL;
}

static int resize(struct ssi_index *table, u32 buckets)
{
	struct ssi_index larger = *table;
	struct ssi_record *record;
	u32 i;

	larger.mask = buckets - 1;
	larger.buckets = ssi_kddm_alloc(table->kddm, size_of(buckets));
	if (!larger.buckets)
		return -ENOMEM;
	for (i = 0; table->buckets && i <= table->mask; i++) {
		while ((record = table->buckets[i])) {
			struct ssi_record **to = bucket_of(&larger, record->id);

			table->buckets[i] = record->next;
			record->next = *to;
			*to = record;
		}
	}
	ssi_index_exit(table);
	*table = larger;
	return 0;
}

/**
 * ssi_index_init() - an empty table
 * @table: overwritten
 * @kddm: whose memory is used
 * Return: 0, -ENOMEM.
 */
int ssi_index_init(struct ssi_index *table, struct ssi_kddm *kddm)
{
	memset(table, 0, sizeof(*table));
	table->kddm = kddm;
	return resize(table, FIRST_BUCKETS);
}

/**
 * ssi_index_find() - look for a record
 * @table: the table
 * @id: of the object
 * Return: the record, or NULL.
 */
struct ssi_record *ssi_index_find(const struct ssi_index *table, u64 id)
{
	struct ssi_record *record;

	for (record = *bucket_of(table, id); record; record = record->next)
		if (record->id == id)
			return record;
	return NULL;
}

/**
 * ssi_index_add() - put a record in
 * @table: has none for this object
 * @record: the record, its id set
 */
void ssi_index_add(struct ssi_index *table, struct ssi_record *record)
{
	struct ssi_record **bucket;

	if (table->count > 2 * table->mask && !table->walks)
		resize(table, 4 * (table->mask + 1));
	bucket = bucket_of(table, record->id);
	record->next = *bucket;
	*bucket = record;
	table->count++;
}

/**
 * ssi_index_remove() - take a record out
 * @table: the table
 * @record: is in it
 */
void ssi_index_remove(struct ssi_index *table, struct ssi_record *record)
{
	struct ssi_record **at = bucket_of(table, record->id);

	while (*at != record)
		at = &(*at)->next;
	*at = record->next;
	table->count--;
}

/**
 * ssi_index_walk() - visit all records
 * @table: the table
 * @visit: is called for each; may remove that one, and add others, which are
 *	visited or not
 * @set: first argument of @visit
 */
void ssi_index_walk(struct ssi_index *table,
		    void (*visit)(struct ssi_kddm_set *set,
				  struct ssi_record *record),
		    struct ssi_kddm_set *set)
{
	struct ssi_record *record, *next;
	u32 i;

	table->walks++;
	for (i = 0; i <= table->mask; i++) {
		for (record = table->buckets[i]; record; record = next) {
			next = record->next;
			visit(set, record);
		}
	}
	table->walks--;
}
