// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-arbiter.c: kernel/cluster/arbiter.c: nodes claim, hold, release, die and
 * come back in random order, with messages that arrive late or not at all.
 *
 * After every step: a mutex is held by one live node at most, fences grow, and
 * who gets a mutex whose holder died is told so, nobody passes a barrier to which
 * a member has not come.  In the end all get what they want.  SEED=n repeats one schedule.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arbiter.h"

#define NODES		5
#define NAMES		3
#define WISHES		4	/* of one node at a time */
#define MESSAGES	64
#define SCHEDULES	400
#define STEPS		1500

enum kind { CLAIMS, MIRROR, GRANT, CLAIMS_END, MIRROR_END };

/* A call, its end, or a one-way call, on its way. */
struct message {
	enum kind kind;
	u16 from, to;
	u64 from_life, to_life;
	struct ssi_view_id view;
	int err;
	size_t len;
	unsigned char *buf;
};

/* What somebody on a node is at. */
struct wish {
	struct ssi_claim *claim;
	bool had;		/* it was held: the check knows of it */
};

static struct {
	struct ssi_arbiter *a;
	bool alive;
	u64 life;
	u64 number;		/* of the view that it has */
	struct wish wishes[WISHES];
	struct ssi_claim *passed, *waits;	/* at the barrier */
	u64 round;				/* of the one that is later */
} nodes[NODES + 1];

/* What ought to be: who holds a mutex, or died with it. */
static struct {
	int holder;		/* 0: nobody */
	u64 life;
	u64 fence;
	bool orphan;
	bool maybe;		/* an orphan, or not: two died at once */
} names[NAMES];

static struct ssi_view view;
static struct message messages[MESSAGES];
static int nr_messages, dead;
static unsigned char buf[SSI_CLAIMS_LEN];
static u64 first, seed, grants, told, passes;

static unsigned int chance(unsigned int n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % n;
}

#define require(condition) do {						\
	if (!(condition)) {						\
		fail_msg("SEED=%llu: %s", (unsigned long long)first, #condition); \
	}								\
} while (0)

static void send(enum kind kind, u16 from, u16 to, size_t len, int err)
{
	struct message *message = &messages[nr_messages];

	require(nr_messages < MESSAGES);
	nr_messages++;
	message->kind = kind;
	message->from = from;
	message->to = to;
	message->from_life = nodes[from].life;
	message->to_life = nodes[to].life;
	message->view = nodes[from].a->view;
	message->err = err;
	message->len = len;
	message->buf = malloc(len ? len : 1);
	memcpy(message->buf, buf, len);
}

static void free_gone(struct ssi_arbiter *a)
{
	struct ssi_claim *claim;

	while ((claim = a->gone)) {
		a->gone = claim->next;
		free(claim);
	}
}

static bool lives(u16 node, u64 life)
{
	return nodes[node].alive && nodes[node].life == life;
}

/* Have all come to the barrier that this node believes to be there? */
static void check_passing(u16 node, u64 round)
{
	int other;

	passes++;
	for (other = 1; other <= NODES; other++)
		require(!nodes[other].alive || nodes[other].round >= round ||
			!ssi_nodeset_contains(&nodes[node].a->members, other) ||
			nodes[node].a->life[other] != nodes[other].life);
}

static void take_grant(u16 node, struct ssi_claim *claim)
{
	u64 name;

	if (!claim)
		return;
	name = claim->name;
	if (claim->round) {
		check_passing(node, claim->round);
		return;
	}
	grants++;
	require(!names[name].holder);
	require(claim->fence > names[name].fence);
	require(!names[name].orphan || names[name].maybe || claim->died);
	told += claim->died;
	names[name].holder = node;
	names[name].life = nodes[node].life;
	names[name].fence = claim->fence;
	names[name].orphan = names[name].maybe = false;
}

static void end_call(const struct message *message, int err)
{
	if (!lives(message->from, message->from_life))
		return;
	nr_messages++;		/* room is there: one has just been taken */
	messages[nr_messages - 1] = *message;
	messages[nr_messages - 1].kind = message->kind == CLAIMS ? CLAIMS_END : MIRROR_END;
	messages[nr_messages - 1].err = err;
	messages[nr_messages - 1].buf = malloc(1);
}

/* One message arrives.  False: not yet, the other node has not that view. */
static bool arrive(const struct message *message)
{
	struct ssi_arbiter *a = nodes[message->to].a;

	if (message->kind == CLAIMS_END || message->kind == MIRROR_END) {
		if (!lives(message->from, message->from_life))
			return true;
		a = nodes[message->from].a;
		if (message->kind == CLAIMS_END)
			ssi_arbiter_claims_sent(a, &message->view, message->err);
		else
			ssi_arbiter_mirror_sent(a, &message->view, message->err);
		return true;
	}
	if (!lives(message->to, message->to_life)) {
		if (message->kind != GRANT)
			end_call(message, -EHOSTDOWN);
		return true;
	}
	/* What the dead have said last may get lost. */
	if (!lives(message->from, message->from_life) && chance(2))
		return true;
	if (nodes[message->to].number < message->view.number)
		return false;
	if (message->kind == GRANT)
		take_grant(message->to, ssi_arbiter_granted(a, message->buf, message->len));
	else if (message->kind == CLAIMS)
		end_call(message, ssi_arbiter_get_claims(a, message->from, message->buf,
							 message->len));
	else
		end_call(message, ssi_arbiter_get_mirror(a, message->from, message->buf,
							 message->len));
	return true;
}

static bool deliver(void)
{
	struct message message;
	int i;

	if (!nr_messages)
		return false;
	i = chance(nr_messages);
	message = messages[i];
	messages[i] = messages[--nr_messages];
	if (!arrive(&message)) {
		messages[nr_messages++] = message;
		return false;
	}
	free(message.buf);
	return true;
}

/* What a node's worker does. */
static bool work(u16 node)
{
	struct ssi_arbiter *a = nodes[node].a;
	struct ssi_entry *entry;
	size_t len;

	if (nr_messages + 3 > MESSAGES)
		return false;
	len = ssi_arbiter_put_claims(a, buf);
	if (len) {
		send(CLAIMS, node, a->master, len, 0);
		return true;
	}
	len = ssi_arbiter_put_mirror(a, buf);
	if (len) {
		send(MIRROR, node, a->backup, len, 0);
		return true;
	}
	entry = ssi_arbiter_put_grant(a, buf, &len);
	if (!entry)
		return false;
	send(GRANT, node, entry->node, len, 0);
	entry->state = SSI_ENTRY_HELD;
	return true;
}

static void install(u16 node)
{
	nodes[node].number = view.id.number;
	ssi_arbiter_view(nodes[node].a, &view,
			 ssi_view_has(&view, node, nodes[node].life));
}

static void drop_wish(u16 node, struct wish *wish)
{
	u64 name = wish->claim->name;

	if (wish->had) {
		require(names[name].holder == node);
		names[name].holder = 0;
	}
	require(!ssi_arbiter_release(nodes[node].a, wish->claim));
	memset(wish, 0, sizeof(*wish));
}

static void touch(u16 node)
{
	struct wish *wish = &nodes[node].wishes[chance(WISHES)];
	struct ssi_claim *claim;

	if (!wish->claim) {
		claim = malloc(sizeof(*claim));
		if (ssi_arbiter_claim(nodes[node].a, claim, chance(NAMES), 0))
			free(claim);
		else
			wish->claim = claim;
		return;
	}
	if (wish->claim->state == SSI_CLAIM_HELD)
		wish->had = true;
	if (wish->had || !chance(8))
		drop_wish(node, wish);
}

/* Come to the barrier, or find that it was passed. */
static bool come(u16 node)
{
	struct ssi_claim *claim = nodes[node].waits;

	if (claim && claim->state != SSI_CLAIM_HELD)
		return false;
	if (claim) {
		if (nodes[node].passed)
			ssi_arbiter_release(nodes[node].a, nodes[node].passed);
		nodes[node].passed = claim;
		nodes[node].waits = NULL;
		return true;
	}
	claim = malloc(sizeof(*claim));
	if (ssi_arbiter_claim(nodes[node].a, claim, 1, nodes[node].round + 1)) {
		free(claim);
		return false;
	}
	nodes[node].waits = claim;
	nodes[node].round++;
	return true;
}

/* Has everybody the view, and has the backup heard of the master once? */
static bool is_settled(void)
{
	int node;

	for (node = 1; node <= NODES; node++)
		if (nodes[node].alive &&
		    (nodes[node].number != view.id.number || !nodes[node].a->synced ||
		     (nodes[node].a->backup == node && !nodes[node].a->mirrored)))
			return false;
	return true;
}

static void stop_node(u16 node)
{
	struct ssi_claim *claim, *next;

	for (claim = nodes[node].a->claims; claim; claim = next) {
		next = claim->next;
		free(claim);
	}
	nodes[node].a->claims = NULL;
	free_gone(nodes[node].a);
	memset(nodes[node].wishes, 0, sizeof(nodes[node].wishes));
	nodes[node].passed = nodes[node].waits = NULL;
	nodes[node].alive = false;
}

static void kill_node(u16 node)
{
	bool settled = is_settled();
	int i;

	for (i = 0; i < NAMES; i++) {
		names[i].maybe |= names[i].orphan && !settled;
		if (names[i].holder == node) {
			names[i].holder = 0;
			names[i].orphan = true;
			names[i].maybe = !settled;
		}
	}
	stop_node(node);
	ssi_nodeset_remove(&view.members, node);
	view.id.number++;
	dead++;
}

/* Who is new is told which round is next: that of who is the furthest behind. */
static u64 find_round(void)
{
	u64 round = UINT64_MAX;
	int node;

	for (node = 1; node <= NODES; node++)
		if (nodes[node].alive && nodes[node].round - !!nodes[node].waits < round)
			round = nodes[node].round - !!nodes[node].waits;
	return round == UINT64_MAX ? 0 : round;
}

static void start_node(u16 node)
{
	static u64 life;

	ssi_arbiter_init(nodes[node].a, node);
	ssi_arbiter_serve(nodes[node].a, true);
	nodes[node].round = find_round();
	nodes[node].alive = true;
	nodes[node].life = ++life;
	nodes[node].number = 0;
	ssi_nodeset_add(&view.members, node);
	view.incarnation[node] = life;
	view.id.number++;
}

static void random_step(void)
{
	u16 node = 1 + chance(NODES);
	int i;

	switch (chance(60)) {
	case 0:
		if (nodes[node].alive && dead < NODES - 2)
			kill_node(node);
		return;
	case 1:
		if (!nodes[node].alive) {
			dead--;
			start_node(node);
		}
		return;
	default:
		break;
	}
	if (!nodes[node].alive)
		return;
	if (nodes[node].number != view.id.number) {
		if (!chance(3))
			install(node);
	} else if (chance(2)) {
		touch(node);
		come(node);
	}
	while (work(node) && chance(4))
		;
	for (i = chance(3); i; i--)
		deliver();
	free_gone(nodes[node].a);
}

/* Nobody dies any more: each claim is granted, and released. */
static void end_well(void)
{
	int node, i, quiet = 0;
	u64 last = 0;

	for (node = 1; node <= NODES; node++)
		if (nodes[node].alive && nodes[node].round > last)
			last = nodes[node].round;
	for (i = 0; quiet < 2000; i++) {
		bool busy = deliver();

		require(i < 1000000);
		node = 1 + i % NODES;
		if (!nodes[node].alive)
			continue;
		if (nodes[node].number != view.id.number)
			install(node);
		busy |= work(node);
		if (nodes[node].waits || nodes[node].round < last)
			busy |= come(node);
		free_gone(nodes[node].a);
		if (!nodes[node].wishes[i / NODES % WISHES].claim ||
		    nodes[node].wishes[i / NODES % WISHES].claim->state != SSI_CLAIM_HELD) {
			quiet = busy ? 0 : quiet + 1;
			continue;
		}
		nodes[node].wishes[i / NODES % WISHES].had = true;
		drop_wish(node, &nodes[node].wishes[i / NODES % WISHES]);
		quiet = 0;
	}
	for (node = 1; node <= NODES; node++) {
		for (i = 0; nodes[node].alive && i < WISHES; i++)
			require(!nodes[node].wishes[i].claim);
		require(!nodes[node].alive ||
			(nodes[node].round == last && !nodes[node].waits));
	}
}

static void run(u64 start)
{
	int i;

	seed = start;
	nr_messages = dead = 0;
	memset(names, 0, sizeof(names));
	ssi_view_clear(&view);
	view.id.lineage = 1;
	for (i = 1; i <= NODES; i++)
		start_node(i);
	for (i = 0; i < STEPS; i++)
		random_step();
	end_well();
	for (i = 1; i <= NODES; i++)
		stop_node(i);
	while (nr_messages)
		free(messages[--nr_messages].buf);
}

static void test_random(void **state)
{
	const char *only = getenv("SEED");
	u64 i, from = only && *only ? strtoull(only, NULL, 0) : 1;
	int node;

	(void)state;
	for (node = 1; node <= NODES; node++)
		nodes[node].a = calloc(1, sizeof(*nodes[node].a));
	for (i = from; i < from + (only && *only ? 1 : SCHEDULES); i++)
		run(first = i);
	print_message("# %llu grants, %llu of them after a death, %llu times through a barrier\n",
		      (unsigned long long)grants, (unsigned long long)told,
		      (unsigned long long)passes);
	for (node = 1; node <= NODES; node++)
		free(nodes[node].a);
}

/* A record of any bytes is refused, or does no harm. */
static void test_nonsense(void **state)
{
	struct ssi_arbiter *a = calloc(1, sizeof(*a));
	struct ssi_claims_record *record = (void *)buf;
	int i, j;

	(void)state;
	seed = 5;
	ssi_view_clear(&view);
	view.id.lineage = view.id.number = 1;
	for (i = 1; i <= 3; i++)
		ssi_nodeset_add(&view.members, i);
	for (i = 0; i < 20000; i++) {
		size_t len = chance(sizeof(*record) + 5 * sizeof(record->claims[0]));

		if (!(i % 100)) {
			ssi_arbiter_init(a, 1 + chance(2));
			ssi_arbiter_view(a, &view, true);
			ssi_arbiter_serve(a, true);
		}
		for (j = 0; j < (int)len; j++)
			buf[j] = chance(4) ? chance(6) : chance(256);
		if (chance(10)) {
			record->lineage = cpu_to_le64(1);
			record->number = cpu_to_le64(1);
			record->full = chance(3);
			if (len > sizeof(*record) && chance(10))
				len -= (len - sizeof(*record)) % sizeof(record->claims[0]);
		}
		ssi_arbiter_get_claims(a, 1 + chance(4), buf, len);
		ssi_arbiter_get_mirror(a, 1 + chance(4), buf, len);
		assert_null(ssi_arbiter_granted(a, buf, len));
		assert_true(a->nr_entries <= SSI_ENTRIES_MAX);
	}
	free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
