// SPDX-License-Identifier: GPL-2.0-only
/*
 * message.c: messages of the membership protocol on the wire (pure C).
 *
 * Owns their layout, which is one for all types: a fixed part, then lists
 * whose lengths it gives.  Sets are lists of ranges, so a record grows with the
 * change it is about, not with the number of possible nodes.  A reader trusts
 * nothing: it checks every length, count, order and value, and that no list
 * stands where the type has none.
 */
#include "message.h"

#define HAS_SET		0x1	/* the list removed */
#define HAS_CHANGE	0x2	/* all four lists */
#define HAS_BALLOT	0x4
#define HAS_RULE	0x8	/* a rule where the view is the first, or full */
#define MAY_LACK	0x10	/* the change is optional */
#define HAS_OP		0x20

/* [type] = what it has */
static const u8 parts[SSI_MESSAGE_NR] = {
	[SSI_MESSAGE_FULL] = HAS_CHANGE | HAS_RULE,
	[SSI_MESSAGE_INSTALL] = HAS_CHANGE | HAS_RULE,
	[SSI_MESSAGE_PREPARE] = HAS_BALLOT,
	[SSI_MESSAGE_PROMISE] = HAS_BALLOT | HAS_CHANGE | MAY_LACK,
	[SSI_MESSAGE_ACCEPT] = HAS_BALLOT | HAS_CHANGE,
	[SSI_MESSAGE_ACCEPTED] = HAS_BALLOT,
	[SSI_MESSAGE_REFUSE] = HAS_BALLOT,
	[SSI_MESSAGE_SUSPECT] = HAS_SET,
	[SSI_MESSAGE_REQUEST] = HAS_SET | HAS_OP,
	[SSI_MESSAGE_INVITE] = HAS_SET,
};

static u8 *put_set(u8 *at, const struct ssi_nodeset *set)
{
	struct ssi_message_range record;
	struct ssi_node_range range;
	int after = -1;

	while (ssi_nodeset_next_range(set, after, &range)) {
		record.first = cpu_to_le16(range.first);
		record.last = cpu_to_le16(range.last);
		memcpy(at, &record, sizeof(record));
		at += sizeof(record);
		after = range.last;
	}
	return at;
}

static __le16 nr_ranges(const u8 *from, const u8 *to)
{
	return cpu_to_le16((to - from) / sizeof(struct ssi_message_range));
}

static u8 *put_change(u8 *at, const struct ssi_change *change,
		      struct ssi_message_record *record)
{
	struct ssi_message_life life;
	u8 *from = at;
	int node;

	record->cause = change->cause;
	record->new_lineage = cpu_to_le64(change->lineage);
	at = put_set(from, &change->leaving);
	record->nr_leaving = nr_ranges(from, at);
	from = at;
	at = put_set(from, &change->barred);
	record->nr_barred = nr_ranges(from, at);
	ssi_nodeset_for_each(node, &change->added) {
		life.incarnation = cpu_to_le64(change->incarnation[node]);
		life.node = cpu_to_le16(node);
		memcpy(at, &life, sizeof(life));
		at += sizeof(life);
	}
	record->nr_added = cpu_to_le16(ssi_nodeset_weight(&change->added));
	return at;
}

/**
 * ssi_message_put() - write a message
 * @buf: SSI_MESSAGE_MAX_LEN bytes
 * @message: content; change is not NULL where the type needs one
 * Return: length of the record.
 */
size_t ssi_message_put(void *buf, const struct ssi_message *message)
{
	struct ssi_message_record *record = buf;
	u8 *at = (u8 *)(record + 1);
	u8 has = parts[message->type];

	memset(record, 0, sizeof(*record));
	record->magic = cpu_to_le32(SSI_MESSAGE_MAGIC);
	record->version = SSI_MESSAGE_VERSION;
	record->type = message->type;
	record->flags = cpu_to_le16(message->flags);
	record->id = cpu_to_le32(message->id);
	record->lineage = cpu_to_le64(message->view.lineage);
	record->number = cpu_to_le64(message->view.number);
	record->parent = cpu_to_le64(message->parent);
	record->ballot = cpu_to_le64(message->ballot);
	record->accepted = cpu_to_le64(message->accepted);
	record->error = cpu_to_le32(-message->error);
	record->nr_members = cpu_to_le16(message->nr_members);
	record->head = cpu_to_le16(message->head);
	record->step = message->step;
	record->op = message->op;
	record->rule = message->rule;
	if (message->change && has & (HAS_SET | HAS_CHANGE))
		at = put_set(at, &message->change->removed);
	record->nr_removed = nr_ranges((u8 *)(record + 1), at);
	if (message->change && has & HAS_CHANGE)
		at = put_change(at, message->change, record);
	record->len_bytes = cpu_to_le32(at - (u8 *)buf);
	return at - (u8 *)buf;
}

static const u8 *get_set(const u8 *at, unsigned int count,
			 struct ssi_nodeset *set)
{
	struct ssi_message_range record;
	struct ssi_node_range range;
	int before = -1;

	ssi_nodeset_clear(set);
	while (count--) {
		memcpy(&record, at, sizeof(record));
		range.first = le16_to_cpu(record.first);
		range.last = le16_to_cpu(record.last);
		if ((int)range.first <= before ||
		    ssi_nodeset_add_range(set, &range))
			return NULL;
		before = range.last;
		at += sizeof(record);
	}
	return at;
}

static int get_lives(const u8 *at, unsigned int count,
		     struct ssi_change *change)
{
	struct ssi_message_life life;
	unsigned int node;
	int before = -1;

	ssi_nodeset_clear(&change->added);
	while (count--) {
		memcpy(&life, at, sizeof(life));
		node = le16_to_cpu(life.node);
		if (node >= SSI_MAX_NODES || (int)node <= before ||
		    !life.incarnation)
			return -EBADMSG;
		ssi_nodeset_add(&change->added, node);
		change->incarnation[node] = le64_to_cpu(life.incarnation);
		before = node;
		at += sizeof(life);
	}
	return 0;
}

/* The lists, once their counts are known to fill the record exactly. */
static int get_change(const struct ssi_message_record *record,
		      struct ssi_change *change)
{
	const u8 *at = (const u8 *)(record + 1);

	change->cause = record->cause;
	change->lineage = le64_to_cpu(record->new_lineage);
	at = get_set(at, le16_to_cpu(record->nr_removed), &change->removed);
	if (at)
		at = get_set(at, le16_to_cpu(record->nr_leaving),
			     &change->leaving);
	if (at)
		at = get_set(at, le16_to_cpu(record->nr_barred),
			     &change->barred);
	if (!at)
		return -EBADMSG;
	return get_lives(at, le16_to_cpu(record->nr_added), change);
}

static bool lists_fit(const struct ssi_message_record *record, size_t len)
{
	unsigned int removed = le16_to_cpu(record->nr_removed);
	unsigned int others = le16_to_cpu(record->nr_leaving) +
			      le16_to_cpu(record->nr_barred);
	unsigned int added = le16_to_cpu(record->nr_added);
	u8 has = parts[record->type];

	if ((others || added) && !(has & HAS_CHANGE))
		return false;
	if (removed && !(has & (HAS_SET | HAS_CHANGE)))
		return false;
	return len == sizeof(*record) +
		      (removed + others) * sizeof(struct ssi_message_range) +
		      added * sizeof(struct ssi_message_life);
}

static bool fields_fit(const struct ssi_message_record *record)
{
	bool whole = record->type == SSI_MESSAGE_FULL ||
		     (record->type == SSI_MESSAGE_INSTALL &&
		      record->number == cpu_to_le64(1));
	u8 has = parts[record->type];

	if (!record->lineage != !record->number ||
	    le16_to_cpu(record->nr_members) > SSI_MAX_NODES ||
	    le32_to_cpu(record->error) > 4095)
		return false;
	if (has & HAS_BALLOT && !record->ballot)
		return false;
	if (has & HAS_OP && (record->op < SSI_OP_ADD || record->op > SSI_OP_FAIL))
		return false;
	if (has & HAS_RULE && !record->lineage)
		return false;
	if (has & HAS_CHANGE && record->cause > SSI_CAUSE_SYNC)
		return false;
	return !whole || (record->rule >= SSI_RULE_MAJORITY &&
			  record->rule <= SSI_RULE_ANY);
}

/**
 * ssi_message_get() - read a message
 * @buf: what a peer sent, @len bytes, any alignment
 * @len: length of @buf
 * @message: filled in; undefined on error
 * @change: filled in, and message->change points to it, when there is one
 * Return: 0; -EBADMSG when it is no message, -EPROTO when it is of another
 *	version.
 */
int ssi_message_get(const void *buf, size_t len, struct ssi_message *message,
		    struct ssi_change *change)
{
	const struct ssi_message_record *record = buf;
	bool optional;

	if (len < sizeof(*record) || len > SSI_MESSAGE_MAX_LEN ||
	    le32_to_cpu(record->magic) != SSI_MESSAGE_MAGIC ||
	    le32_to_cpu(record->len_bytes) != len)
		return -EBADMSG;
	if (record->version != SSI_MESSAGE_VERSION)
		return -EPROTO;
	if (!record->type || record->type >= SSI_MESSAGE_NR ||
	    !fields_fit(record) || !lists_fit(record, len))
		return -EBADMSG;
	memset(message, 0, sizeof(*message));
	message->type = record->type;
	message->flags = le16_to_cpu(record->flags);
	message->id = le32_to_cpu(record->id);
	message->view.lineage = le64_to_cpu(record->lineage);
	message->view.number = le64_to_cpu(record->number);
	message->parent = le64_to_cpu(record->parent);
	message->ballot = le64_to_cpu(record->ballot);
	message->accepted = le64_to_cpu(record->accepted);
	message->error = -(int)le32_to_cpu(record->error);
	message->nr_members = le16_to_cpu(record->nr_members);
	message->head = le16_to_cpu(record->head);
	message->step = record->step;
	message->op = record->op;
	message->rule = record->rule;
	optional = parts[record->type] & MAY_LACK && !record->accepted;
	if (!(parts[record->type] & (HAS_SET | HAS_CHANGE)) || optional)
		return 0;
	message->change = change;
	return get_change(record, change);
}
