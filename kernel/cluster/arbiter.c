// SPDX-License-Identifier: GPL-2.0-only
/*
 * arbiter.c: who has which cluster-wide mutex, and who has come to which
 * barrier (pure C).
 *
 * Owns the claims of this node and, where this node is the master or its
 * backup, those of all.  Sends nothing and waits for nothing: who calls asks what
 * there is to be sent, and says when it has arrived.
 *
 *	who claims               master, lowest member      backup, next one
 *	put_claims ------------> get_claims
 *	claims_sent <----------- 0
 *	                         put_mirror --------------> get_mirror
 *	                         mirror_sent <------------- 0
 *	granted <--------------- put_grant
 *
 *	claim     event                                     next
 *	NEW       the master has got it                     WAITING
 *	NEW, WAITING   GRANT with its number                HELD
 *	any       release                                   LEAVING
 *	LEAVING   the master has got it, or another view    gone
 *	any       this node is out of the cluster           LOST, gone if LEAVING
 *
 * A view begins anew: each member tells its master all that it claims, and
 * nothing is given away before every member has.  So a mutex is held by one
 * node at most, whoever dies; a member that is out, and does not know it yet,
 * may still believe that it holds one, which is what fences are for.
 *
 * A barrier has rounds, and each node is at one of them: it waits for it, or has
 * passed it.  Who waits may pass when no member is at a lower one, or at none.
 *
 * That a holder has died is known to the master and, as it is told before the
 * holder, to the backup: either of them may die along with a holder, and the
 * next one is still told.  Only when both do so in one view is it not.  Told
 * too often is possible: a mutex may just have been released.
 */
#include "arbiter.h"

/**
 * ssi_arbiter_init() - no cluster, no claims
 * @a: the state, overwritten
 * @self: this node
 */
void ssi_arbiter_init(struct ssi_arbiter *a, u16 self)
{
	memset(a, 0, sizeof(*a));
	a->self = self;
	a->master = a->backup = SSI_NODE_NONE;
}

static void drop_entry(struct ssi_arbiter *a, unsigned int i)
{
	memmove(&a->entries[i], &a->entries[i + 1],
		(--a->nr_entries - i) * sizeof(a->entries[0]));
}

static bool add_entry(struct ssi_arbiter *a, const struct ssi_entry *entry)
{
	if (a->nr_entries == SSI_ENTRIES_MAX)
		return false;
	a->entries[a->nr_entries++] = *entry;
	return true;
}

static bool is_hold(const struct ssi_entry *entry)
{
	return entry->state != SSI_ENTRY_QUEUED && !entry->round &&
	       entry->state != SSI_ENTRY_ORPHAN;
}

/* The hold, or the orphan, of a mutex; -1 for none. */
static int find_name(const struct ssi_arbiter *a, u64 name, bool hold)
{
	unsigned int i;

	for (i = 0; i < a->nr_entries; i++)
		if (a->entries[i].name == name &&
		    (hold ? is_hold(&a->entries[i]) :
			    a->entries[i].state == SSI_ENTRY_ORPHAN))
			return i;
	return -1;
}

/*
 * Of what this node knows as master or backup, the next master has to hear what
 * nobody else can say: who held a mutex and died, also if the one who was to be
 * told of a death may not have been.
 */
static void keep_orphans(struct ssi_arbiter *a, const struct ssi_view *view)
{
	unsigned int i = 0;

	while (i < a->nr_entries) {
		struct ssi_entry *entry = &a->entries[i];
		bool stays = entry->state != SSI_ENTRY_ORPHAN &&
			     ssi_view_has(view, entry->node,
					  a->life[entry->node]);

		if (entry->state == SSI_ENTRY_QUEUED || entry->round ||
		    (stays && !entry->died)) {
			drop_entry(a, i);
			continue;
		}
		entry->state = SSI_ENTRY_ORPHAN;
		i++;
	}
}

/* The link that points to a claim in the list. */
static struct ssi_claim **find_link(struct ssi_arbiter *a,
				    const struct ssi_claim *claim)
{
	struct ssi_claim **link = &a->claims;

	while (*link && *link != claim)
		link = &(*link)->next;
	return link;
}

static void remove_claim(struct ssi_arbiter *a, struct ssi_claim **link)
{
	struct ssi_claim *claim = *link;

	*link = claim->next;
	claim->next = a->gone;
	a->gone = claim;
	a->nr_claims--;
}

static void renew_claims(struct ssi_arbiter *a)
{
	struct ssi_claim **link = &a->claims, *claim;

	while ((claim = *link)) {
		claim->sent = 0;
		claim->told = false;
		if (claim->state == SSI_CLAIM_LEAVING) {
			remove_claim(a, link);
			continue;
		}
		if (!a->member)
			claim->state = SSI_CLAIM_LOST;
		else if (claim->state == SSI_CLAIM_WAITING)
			claim->state = SSI_CLAIM_NEW;
		link = &claim->next;
	}
}

/**
 * ssi_arbiter_view() - there is another view, or this node is out
 * @a: the state
 * @view: the view
 * @member: is this node in it?
 *
 * May add to a->gone.
 */
void ssi_arbiter_view(struct ssi_arbiter *a, const struct ssi_view *view,
		      bool member)
{
	int backup;

	if (member && a->member)
		keep_orphans(a, view);
	else
		a->nr_entries = 0;
	a->member = member;
	a->view = view->id;
	a->members = view->members;
	memcpy(a->life, view->incarnation, sizeof(a->life));
	a->synced = a->sending = a->mirrored = false;
	a->mirroring = a->dirty = a->opened = false;
	a->fences = 0;
	ssi_nodeset_clear(&a->heard);
	a->master = a->backup = SSI_NODE_NONE;
	if (member) {
		a->master = ssi_nodeset_next(&a->members, -1);
		backup = ssi_nodeset_next(&a->members, a->master);
		a->backup = backup < 0 ? SSI_NODE_NONE : backup;
	}
	renew_claims(a);
}

/* A mutex whose holder is alive has not lost it. */
static void drop_false_orphans(struct ssi_arbiter *a)
{
	unsigned int i = 0;

	while (i < a->nr_entries) {
		if (a->entries[i].state == SSI_ENTRY_ORPHAN &&
		    find_name(a, a->entries[i].name, true) >= 0)
			drop_entry(a, i);
		else
			i++;
	}
}

/* Is every member at this round of the barrier, or beyond? */
static bool may_pass(const struct ssi_arbiter *a, const struct ssi_entry *who)
{
	struct ssi_nodeset here;
	unsigned int i;

	ssi_nodeset_clear(&here);
	for (i = 0; i < a->nr_entries; i++)
		if (a->entries[i].name == who->name &&
		    a->entries[i].round >= who->round)
			ssi_nodeset_add(&here, a->entries[i].node);
	return ssi_nodeset_covers(&here, &a->members);
}

/* It is this one's turn. */
static void grant(struct ssi_arbiter *a, unsigned int i)
{
	int orphan = find_name(a, a->entries[i].name, false);

	a->entries[i].state = SSI_ENTRY_GRANTING;
	a->entries[i].mirrored = false;
	a->entries[i].died = orphan >= 0;
	a->dirty = true;
	if (orphan >= 0)
		drop_entry(a, orphan);
}

/* Give away what can be given away. */
static void advance(struct ssi_arbiter *a)
{
	unsigned int i;

	if (!a->member || a->master != a->self || !a->serving ||
	    !ssi_nodeset_covers(&a->heard, &a->members))
		return;
	if (!a->opened) {
		drop_false_orphans(a);
		a->opened = a->dirty = true;
	}
	for (i = 0; i < a->nr_entries; i++) {
		if (a->entries[i].state != SSI_ENTRY_QUEUED)
			continue;
		/* An orphan that goes moves this one: it is looked at again. */
		if (!a->entries[i].round &&
		    find_name(a, a->entries[i].name, true) < 0)
			grant(a, i--);
		else if (a->entries[i].round && may_pass(a, &a->entries[i]))
			a->entries[i].state = SSI_ENTRY_SENDING;
	}
	if (a->backup != SSI_NODE_NONE)
		return;
	for (i = 0; i < a->nr_entries; i++)
		if (a->entries[i].state == SSI_ENTRY_GRANTING)
			a->entries[i].state = SSI_ENTRY_SENDING;
}

/**
 * ssi_arbiter_serve() - this node reaches a quorum, or does not any more
 * @a: the state
 * @serve: which
 */
void ssi_arbiter_serve(struct ssi_arbiter *a, bool serve)
{
	a->serving = serve;
	advance(a);
}

/**
 * ssi_arbiter_claim() - this node wants a mutex, or has come to a barrier
 * @a: the state
 * @claim: overwritten; owned by the list until it is in a->gone
 * @name: of the mutex or the barrier
 * @round: of the barrier, 0 for a mutex
 * Return: 0; -EHOSTDOWN when this node is in no cluster, -ENOSPC when it has
 *	SSI_CLAIMS_MAX.
 */
int ssi_arbiter_claim(struct ssi_arbiter *a, struct ssi_claim *claim, u64 name,
		      u64 round)
{
	if (!a->member)
		return -EHOSTDOWN;
	if (a->nr_claims == SSI_CLAIMS_MAX)
		return -ENOSPC;
	memset(claim, 0, sizeof(*claim));
	claim->name = name;
	claim->round = round;
	claim->seq = ++a->seq;
	claim->next = a->claims;
	a->claims = claim;
	a->nr_claims++;
	return 0;
}

/**
 * ssi_arbiter_release() - and does not want, or hold, it any more
 * @a: the state
 * @claim: of this node; in a->gone at once, or later
 * Return: 0; -ESTALE when it was lost in between.
 */
int ssi_arbiter_release(struct ssi_arbiter *a, struct ssi_claim *claim)
{
	bool lost = claim->state == SSI_CLAIM_LOST;

	claim->state = SSI_CLAIM_LEAVING;
	if (lost || (!claim->told && !claim->sent))
		remove_claim(a, find_link(a, claim));
	return lost ? -ESTALE : 0;
}

static struct ssi_claim_record *begin(struct ssi_arbiter *a, void *buf,
				      bool full)
{
	struct ssi_claims_record *record = buf;

	memset(record, 0, sizeof(*record));
	record->lineage = cpu_to_le64(a->view.lineage);
	record->number = cpu_to_le64(a->view.number);
	record->full = full;
	return record->claims;
}

static struct ssi_claim_record *put(struct ssi_claim_record *at, u8 what,
				    u64 name, u64 seq)
{
	memset(at, 0, sizeof(*at));
	at->name = cpu_to_le64(name);
	at->seq = cpu_to_le64(seq);
	at->what = what;
	return at + 1;
}

/* What the master has to be told of a claim now, 0 for nothing. */
static u8 news_of(const struct ssi_arbiter *a, const struct ssi_claim *claim)
{
	if (claim->state == SSI_CLAIM_LEAVING)
		return a->synced ? SSI_CLAIM_RELEASE : 0;
	if (claim->told)
		return 0;
	if (claim->state == SSI_CLAIM_HELD)
		return SSI_CLAIM_HOLD;
	/* What no master knew yet comes later: it might find no room. */
	return a->synced || claim->known ? SSI_CLAIM_WAIT : 0;
}

/**
 * ssi_arbiter_put_claims() - what is to be sent to the master
 * @a: the state
 * @buf: SSI_CLAIMS_LEN bytes
 *
 * Nothing more is to be sent until ssi_arbiter_claims_sent().
 *
 * Return: length; 0 when there is nothing.
 */
size_t ssi_arbiter_put_claims(struct ssi_arbiter *a, void *buf)
{
	struct ssi_claim_record *at, *first = begin(a, buf, !a->synced);
	struct ssi_claim *claim;
	unsigned int i;

	if (!a->member || a->sending)
		return 0;
	at = first;
	for (claim = a->claims; claim; claim = claim->next) {
		claim->sent = news_of(a, claim);
		if (!claim->sent)
			continue;
		put(at, claim->sent, claim->name, claim->seq);
		at->died = claim->sent == SSI_CLAIM_RELEASE && claim->fence;
		if (claim->sent != SSI_CLAIM_RELEASE)
			at->fence = cpu_to_le64(claim->round);
		at++;
	}
	/* The master has its own. */
	for (i = 0; !a->synced && a->master != a->self && i < a->nr_entries;
	     i++)
		if (a->entries[i].state == SSI_ENTRY_ORPHAN)
			at = put(at, SSI_CLAIM_ORPHAN, a->entries[i].name, 0);
	if (at == first && a->synced)
		return 0;
	a->sending = true;
	return (u8 *)at - (u8 *)buf;
}

/**
 * ssi_arbiter_claims_sent() - the master has it, or has not
 * @a: the state
 * @view: as it was when it was written
 * @err: 0 or why not: it will be sent again
 *
 * May add to a->gone.
 */
void ssi_arbiter_claims_sent(struct ssi_arbiter *a,
			     const struct ssi_view_id *view, int err)
{
	struct ssi_claim **link = &a->claims, *claim;

	if (!ssi_view_same(view, &a->view) || !a->sending)
		return;
	a->sending = false;
	if (!err && !a->synced) {
		a->synced = true;
		if (a->master != a->self && !a->mirrored)
			a->nr_entries = 0;
	}
	while ((claim = *link)) {
		u8 sent = claim->sent;

		claim->sent = 0;
		if (!err && sent == SSI_CLAIM_RELEASE) {
			remove_claim(a, link);
			continue;
		}
		if (!err && sent) {
			claim->told = claim->known = true;
			if (claim->state == SSI_CLAIM_NEW)
				claim->state = SSI_CLAIM_WAITING;
		} else if (err && claim->state == SSI_CLAIM_LEAVING &&
			   sent != SSI_CLAIM_RELEASE) {
			claim->told = true;	/* perhaps: say it */
		}
		link = &claim->next;
	}
}

/* Return: number of claims, or -EBADMSG, -ESTALE. */
static int check_record(const struct ssi_arbiter *a, const void *buf,
			size_t len)
{
	const struct ssi_claims_record *record = buf;
	size_t rest = len - sizeof(*record);

	if (len < sizeof(*record) || len > SSI_CLAIMS_LEN ||
	    rest % sizeof(record->claims[0]) || record->full > 1)
		return -EBADMSG;
	if (!a->member || le64_to_cpu(record->lineage) != a->view.lineage ||
	    le64_to_cpu(record->number) != a->view.number)
		return -ESTALE;
	return rest / sizeof(record->claims[0]);
}

static bool records_fit(const struct ssi_claims_record *record, int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		u8 what = record->claims[i].what;

		if (what < SSI_CLAIM_WAIT || what > SSI_CLAIM_ORPHAN ||
		    record->claims[i].died > 1 ||
		    le16_to_cpu(record->claims[i].node) >= SSI_MAX_NODES)
			return false;
	}
	return true;
}

/* The same, of a list that is no grant. */
static int check_list(const struct ssi_arbiter *a, const void *buf, size_t len)
{
	int nr = check_record(a, buf, len);

	return nr < 0 || records_fit(buf, nr) ? nr : -EBADMSG;
}

static int find_claim(const struct ssi_arbiter *a, u16 node, u64 seq)
{
	unsigned int i;

	for (i = 0; i < a->nr_entries; i++)
		if (a->entries[i].node == node && a->entries[i].seq == seq &&
		    a->entries[i].state != SSI_ENTRY_ORPHAN)
			return i;
	return -1;
}

/* @held: it has been told that it had the mutex, and of a death before. */
static void release_entry(struct ssi_arbiter *a, unsigned int i, bool held)
{
	a->dirty |= is_hold(&a->entries[i]);
	if (is_hold(&a->entries[i]) && a->entries[i].died && !held)
		a->entries[i].state = SSI_ENTRY_ORPHAN;
	else
		drop_entry(a, i);
}

static void take_record(struct ssi_arbiter *a, u16 node,
			const struct ssi_claim_record *record)
{
	struct ssi_entry entry = {
		.name = le64_to_cpu(record->name),
		.round = le64_to_cpu(record->fence),
		.seq = le64_to_cpu(record->seq),
		.node = node,
	};
	int i = find_claim(a, node, entry.seq);

	switch (record->what) {
	case SSI_CLAIM_WAIT:
		entry.state = SSI_ENTRY_QUEUED;
		break;
	case SSI_CLAIM_HOLD:
		entry.state = SSI_ENTRY_HELD;
		break;
	case SSI_CLAIM_ORPHAN:
		entry.state = SSI_ENTRY_ORPHAN;
		entry.round = 0;
		i = find_name(a, entry.name, false);
		break;
	default:
		if (i >= 0)
			release_entry(a, i, record->died);
		return;
	}
	if (i < 0)
		add_entry(a, &entry);
}

/* Is there room for what is new in it?  What is released makes room first. */
static bool has_room(const struct ssi_arbiter *a, u16 node,
		     const struct ssi_claim_record *claims, int nr)
{
	unsigned int more = 0;
	int i;

	for (i = 0; i < nr; i++)
		if (claims[i].what == SSI_CLAIM_ORPHAN)
			more += find_name(a, le64_to_cpu(claims[i].name),
					  false) < 0;
		else if (claims[i].what != SSI_CLAIM_RELEASE)
			more += find_claim(a, node,
					   le64_to_cpu(claims[i].seq)) < 0;
	return a->nr_entries + more <= SSI_ENTRIES_MAX;
}

/**
 * ssi_arbiter_get_claims() - a node says what it claims
 * @a: the state
 * @node: which
 * @buf: what it sent, @len bytes, any content
 * @len: length of @buf
 * Return: 0; -ESTALE when it is for another view or another node, -ENOSPC when
 *	there is no room: it has to come again; -EBADMSG.
 */
int ssi_arbiter_get_claims(struct ssi_arbiter *a, u16 node, const void *buf,
			   size_t len)
{
	const struct ssi_claims_record *record = buf;
	int i, nr = check_list(a, buf, len);

	if (nr < 0)
		return nr;
	if (a->master != a->self || !ssi_nodeset_contains(&a->members, node))
		return -ESTALE;
	if (!record->full && !ssi_nodeset_contains(&a->heard, node))
		return -ESTALE;
	for (i = 0; i < nr; i++)
		if (record->claims[i].what == SSI_CLAIM_RELEASE)
			take_record(a, node, &record->claims[i]);
	if (!has_room(a, node, record->claims, nr))
		return -ENOSPC;
	for (i = 0; i < nr; i++)
		if (record->claims[i].what != SSI_CLAIM_RELEASE)
			take_record(a, node, &record->claims[i]);
	ssi_nodeset_add(&a->heard, node);
	advance(a);
	return 0;
}

/**
 * ssi_arbiter_put_mirror() - what is to be sent to the backup
 * @a: the state
 * @buf: SSI_CLAIMS_LEN bytes
 *
 * Nothing more is to be sent until ssi_arbiter_mirror_sent().
 *
 * Return: length; 0 when there is nothing.
 */
size_t ssi_arbiter_put_mirror(struct ssi_arbiter *a, void *buf)
{
	struct ssi_claim_record *at = begin(a, buf, true);
	unsigned int i;

	if (!a->opened || !a->serving || a->backup == SSI_NODE_NONE || a->mirroring ||
	    !a->dirty)
		return 0;
	for (i = 0; i < a->nr_entries; i++) {
		struct ssi_entry *entry = &a->entries[i];

		entry->mirrored = false;
		if (entry->state == SSI_ENTRY_QUEUED || entry->round)
			continue;
		entry->mirrored = true;
		put(at, entry->state == SSI_ENTRY_ORPHAN ? SSI_CLAIM_ORPHAN :
		    SSI_CLAIM_HOLD, entry->name, entry->seq);
		at->node = cpu_to_le16(entry->node);
		at->died = entry->died;
		at++;
	}
	a->dirty = false;
	a->mirroring = true;
	return (u8 *)at - (u8 *)buf;
}

/**
 * ssi_arbiter_mirror_sent() - the backup has it, or has not
 * @a: the state
 * @view: as it was when it was written
 * @err: 0 or why not: it will be sent again
 */
void ssi_arbiter_mirror_sent(struct ssi_arbiter *a,
			     const struct ssi_view_id *view, int err)
{
	unsigned int i;

	if (!ssi_view_same(view, &a->view) || !a->mirroring)
		return;
	a->mirroring = false;
	if (err)
		a->dirty = true;
	for (i = 0; !err && i < a->nr_entries; i++)
		if (a->entries[i].state == SSI_ENTRY_GRANTING &&
		    a->entries[i].mirrored)
			a->entries[i].state = SSI_ENTRY_SENDING;
}

/**
 * ssi_arbiter_get_mirror() - the master says who holds what
 * @a: the state
 * @node: who says so
 * @buf: what it sent, @len bytes, any content
 * @len: length of @buf
 * Return: 0; -ESTALE when it is for another view or another node; -EBADMSG.
 */
int ssi_arbiter_get_mirror(struct ssi_arbiter *a, u16 node, const void *buf,
			   size_t len)
{
	const struct ssi_claims_record *record = buf;
	int i, nr = check_list(a, buf, len);

	if (nr < 0)
		return nr;
	if (a->backup != a->self || a->master != node)
		return -ESTALE;
	a->nr_entries = 0;
	for (i = 0; i < nr; i++) {
		const struct ssi_claim_record *claim = &record->claims[i];
		struct ssi_entry entry = {
			.name = le64_to_cpu(claim->name),
			.seq = le64_to_cpu(claim->seq),
			.node = le16_to_cpu(claim->node),
			.died = claim->died,
			.state = claim->what == SSI_CLAIM_ORPHAN ?
				 SSI_ENTRY_ORPHAN : SSI_ENTRY_HELD,
		};

		add_entry(a, &entry);
	}
	a->mirrored = true;
	return 0;
}

/**
 * ssi_arbiter_put_grant() - who is to be told that it has a mutex
 * @a: the state
 * @buf: SSI_CLAIMS_LEN bytes
 * @len: filled in: how many of them
 * Return: whose turn it is, its state to be set to SSI_ENTRY_HELD when it has
 *	been sent; NULL when there is nobody.
 */
struct ssi_entry *ssi_arbiter_put_grant(struct ssi_arbiter *a, void *buf,
					size_t *len)
{
	struct ssi_claim_record *at = begin(a, buf, false);
	struct ssi_entry *entry;
	unsigned int i;

	for (i = 0; a->serving && i < a->nr_entries; i++) {
		entry = &a->entries[i];
		if (entry->state != SSI_ENTRY_SENDING)
			continue;
		put(at, SSI_CLAIM_GRANT, entry->name, entry->seq);
		at->fence = cpu_to_le64(a->view.number << 32 | ++a->fences);
		at->died = entry->died;
		*len = (u8 *)(at + 1) - (u8 *)buf;
		return entry;
	}
	return NULL;
}

/**
 * ssi_arbiter_granted() - the master says that this node has a mutex
 * @a: the state
 * @buf: what it sent, @len bytes, any content
 * @len: length of @buf
 * Return: the claim that is held now; NULL when nobody waits for it.
 */
struct ssi_claim *ssi_arbiter_granted(struct ssi_arbiter *a, const void *buf,
				      size_t len)
{
	const struct ssi_claims_record *record = buf;
	struct ssi_claim *claim;

	if (check_record(a, buf, len) != 1 ||
	    record->claims[0].what != SSI_CLAIM_GRANT)
		return NULL;
	for (claim = a->claims; claim; claim = claim->next)
		if (claim->seq == le64_to_cpu(record->claims[0].seq))
			break;
	if (!claim || (claim->state != SSI_CLAIM_NEW &&
		       claim->state != SSI_CLAIM_WAITING))
		return NULL;
	claim->state = SSI_CLAIM_HELD;
	claim->fence = le64_to_cpu(record->claims[0].fence);
	claim->died = record->claims[0].died;
	return claim;
}
