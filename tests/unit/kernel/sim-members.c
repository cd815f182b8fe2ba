// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim-members.c: kernel/cluster/members.c on random schedules.
 *
 * Some machines, each with its own struct ssi_members, and between each two a
 * connection with a queue of messages in each direction, in order, nothing
 * lost while it lasts.  Each step, chance picks one: deliver a message, let
 * half a second pass on a machine, ask for a change, kill a machine, restart
 * one, break a connection (both ends hear of it at a time of their own), mend
 * one.  After each step the invariants below hold; at the end all is mended,
 * and all machines have to agree and to carry out what is asked.
 *
 * SEED and RUNS in the environment; a failure prints the seed of its run, and
 * SEED=that RUNS=1 repeats it.
 */
#include "members.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_MACHINES	12
#define STEPS		400
#define DEFAULT_RUNS	400
#define SETTLE_ROUNDS	40

enum message_type { UP, DOWN, VIEW, ACK, CHANGE, RESULT };

struct message {
	struct message *next;
	enum message_type type;
	u64 incarnation;
	u64 epoch;
	u32 id;
	enum ssi_change_op op;
	int error;
	struct ssi_nodeset set;
	struct ssi_view *view;
};

struct queue {
	struct message *first;
	struct message **last;
};

struct machine {
	bool alive;
	u64 incarnation;
	u32 next_id;
	bool asked;		/* a request is under way */
	int result;
	struct ssi_members members;
	u8 told[SSI_MAX_NODES];	/* states as told by actions */
	struct ssi_view seen;	/* view after the last step */
};

static struct machine machines[MAX_MACHINES];
/* queues[a][b]: from a to b.  connected: messages sent now arrive. */
static struct queue queues[MAX_MACHINES][MAX_MACHINES];
static bool connected[MAX_MACHINES][MAX_MACHINES];
static int count;
static u64 incarnations;
/* allowed[i]: somebody was asked to add the machine whose life he knew as i */
static bool allowed[1 << 16];
static unsigned int run_seed;
static int step;

/* What each machine thinks: * is online, ! is a life that has ended. */
static void dump(void)
{
	const struct ssi_members *m;
	int i, node;

	for (i = 0; i < count; i++) {
		m = &machines[i].members;
		printf("# %d%s: epoch %llu issuer %u members", i,
		       machines[i].alive ? "" : " (dead)",
		       (unsigned long long)m->view.epoch, m->view.issuer);
		ssi_nodeset_for_each(node, &m->view.members)
			printf(" %d%s%s", node,
			       m->view.incarnation[node] ==
			       machines[node].incarnation ? "" : "!",
			       m->state[node] == SSI_NODE_ONLINE ? "*" : "");
		putchar('\n');
	}
}

static void fail(const char *what)
{
	printf("not ok 1 - %s\n# SEED=%u RUNS=1, step %d, %d machines\n", what,
	       run_seed, step, count);
	dump();
	exit(EXIT_FAILURE);
}

static int chance(int limit)
{
	return random() % limit;
}

static struct message *push(int from, int to, enum message_type type)
{
	struct queue *queue = &queues[from][to];
	struct message *message = calloc(1, sizeof(*message));

	message->type = type;
	*queue->last = message;
	queue->last = &message->next;
	return message;
}

static void drop(struct message *message)
{
	free(message->view);
	free(message);
}

static struct message *pop(int from, int to)
{
	struct queue *queue = &queues[from][to];
	struct message *message = queue->first;

	if (!message)
		return NULL;
	queue->first = message->next;
	if (!queue->first)
		queue->last = &queue->first;
	return message;
}

static void clear(int from, int to)
{
	struct message *message;

	while ((message = pop(from, to)))
		drop(message);
	queues[from][to].last = &queues[from][to].first;
}

static void send_one(int from, int to, const struct ssi_action *action)
{
	struct message *message;

	if (!connected[from][to])
		return;
	switch (action->type) {
	case SSI_ACTION_SEND_VIEW:
		message = push(from, to, VIEW);
		message->view = malloc(sizeof(*message->view));
		*message->view = machines[from].members.view;
		break;
	case SSI_ACTION_SEND_ACK:
		message = push(from, to, ACK);
		message->epoch = action->epoch;
		break;
	case SSI_ACTION_SEND_CHANGE:
		message = push(from, to, CHANGE);
		message->op = action->op;
		message->set = *action->set;
		message->id = action->id;
		break;
	default:
		message = push(from, to, RESULT);
		message->id = action->id;
		message->error = action->error;
		break;
	}
}

static void emit(void *context, const struct ssi_action *action)
{
	struct machine *machine = context;
	int self = machine - machines;
	int to;

	switch (action->type) {
	case SSI_ACTION_COMPLETE:
		if (!machine->asked)
			fail("a request ends twice");
		machine->asked = false;
		machine->result = action->error;
		return;
	case SSI_ACTION_STATE:
		if (machine->told[action->node] != action->old_state)
			fail("a state is told twice");
		machine->told[action->node] = action->new_state;
		return;
	default:
		break;
	}
	if (action->node != SSI_NODE_ALL) {
		if (!ssi_nodeset_contains(&machine->members.linked,
					  action->node))
			fail("a message to who is not linked");
		send_one(self, action->node, action);
		return;
	}
	ssi_nodeset_for_each(to, &machine->members.linked)
		send_one(self, to, action);
}

static void connect_pair(int a, int b)
{
	/* Both ends have to know that the last connection ended. */
	if (a == b || !machines[a].alive || !machines[b].alive ||
	    connected[a][b] || queues[a][b].first || queues[b][a].first)
		return;
	connected[a][b] = connected[b][a] = true;
	push(a, b, UP)->incarnation = machines[a].incarnation;
	push(b, a, UP)->incarnation = machines[b].incarnation;
}

static void break_pair(int a, int b)
{
	if (!connected[a][b])
		return;
	connected[a][b] = connected[b][a] = false;
	clear(a, b);
	clear(b, a);
	if (machines[b].alive)
		push(a, b, DOWN);
	if (machines[a].alive)
		push(b, a, DOWN);
}

static void start(int self)
{
	struct machine *machine = &machines[self];

	machine->alive = true;
	machine->incarnation = ++incarnations;
	machine->asked = false;
	ssi_members_init(&machine->members, self, machine->incarnation, emit,
			 machine);
	memset(machine->told, SSI_NODE_POSSIBLE, sizeof(machine->told));
	machine->told[self] = SSI_NODE_PRESENT;
	machine->seen = machine->members.view;
}

static void kill_machine(int self)
{
	int other;

	machines[self].alive = false;
	for (other = 0; other < count; other++) {
		break_pair(self, other);
		clear(other, self);
	}
}

/* @self may carry out an addition of @set now. */
static void allow(int self, const struct ssi_nodeset *set)
{
	const struct ssi_members *members = &machines[self].members;
	int node;

	allowed[machines[self].incarnation] |= ssi_nodeset_contains(set, self);
	ssi_nodeset_for_each(node, set)
		allowed[members->link_incarnation[node]] = true;
}

static bool deliver(int from, int to)
{
	static const enum ssi_event_type events[] = {
		[UP] = SSI_EVENT_LINK_UP,
		[DOWN] = SSI_EVENT_LINK_DOWN,
		[VIEW] = SSI_EVENT_VIEW,
		[ACK] = SSI_EVENT_ACK,
		[CHANGE] = SSI_EVENT_CHANGE,
		[RESULT] = SSI_EVENT_RESULT,
	};
	struct message *message = pop(from, to);
	struct ssi_event event = { .node = from };

	if (!message)
		return false;
	event.incarnation = message->incarnation;
	event.epoch = message->epoch;
	event.id = message->id;
	event.op = message->op;
	event.error = message->error;
	event.set = &message->set;
	event.view = message->view;
	event.type = events[message->type];
	if (event.type == SSI_EVENT_CHANGE && event.op == SSI_CHANGE_ADD)
		allow(to, event.set);
	ssi_members_handle(&machines[to].members, &event);
	drop(message);
	return true;
}

static void tick(int self)
{
	struct ssi_members *members = &machines[self].members;
	struct ssi_event event = { .type = SSI_EVENT_TICK };

	if (!machines[self].alive)
		return;
	/* It may ask again, also itself. */
	if (machines[self].asked && members->request.op == SSI_CHANGE_ADD)
		allow(self, &members->request.set);
	ssi_members_handle(members, &event);
}

/* Ask, or, when something is under way, sometimes stop waiting for it. */
static int ask(int self, enum ssi_change_op op, const struct ssi_nodeset *set)
{
	struct machine *machine = &machines[self];
	struct ssi_event event = { .type = SSI_EVENT_REQUEST, .op = op };
	int err;

	if (machine->asked) {
		event.type = SSI_EVENT_CANCEL;
		event.id = machine->next_id;
		machine->asked = false;
		return ssi_members_handle(&machine->members, &event);
	}
	event.id = ++machine->next_id;
	event.set = set;
	if (op == SSI_CHANGE_ADD)
		allow(self, set);
	machine->asked = true;
	err = ssi_members_handle(&machine->members, &event);
	if (err)
		machine->asked = false;
	return err;
}

static void ask_something(int self)
{
	enum ssi_change_op op = chance(3) ? SSI_CHANGE_ADD : SSI_CHANGE_REMOVE;
	struct ssi_nodeset set;
	int node;

	if (!machines[self].alive)
		return;
	ssi_nodeset_clear(&set);
	for (node = 0; node < count; node++) {
		enum ssi_node_state state =
			ssi_members_state(&machines[self].members, node);

		if (state == (op == SSI_CHANGE_ADD ? SSI_NODE_PRESENT :
						     SSI_NODE_ONLINE) &&
		    (op == SSI_CHANGE_ADD || node != self) && chance(2))
			ssi_nodeset_add(&set, node);
	}
	if (!ssi_nodeset_is_empty(&set) && ask(self, op, &set) < 0)
		fail("a good request is refused");
}

static int compare_keys(const struct ssi_view *a, const struct ssi_view *b)
{
	unsigned int weight_a = ssi_nodeset_weight(&a->members);
	unsigned int weight_b = ssi_nodeset_weight(&b->members);

	if (a->epoch != b->epoch)
		return a->epoch < b->epoch ? -1 : 1;
	if (weight_a != weight_b)
		return weight_a < weight_b ? -1 : 1;
	if (a->issuer != b->issuer)
		return a->issuer > b->issuer ? -1 : 1;
	if (a->issuer_incarnation != b->issuer_incarnation)
		return a->issuer_incarnation < b->issuer_incarnation ? -1 : 1;
	return 0;
}

static void check_machine(struct machine *machine)
{
	const struct ssi_members *members = &machine->members;
	struct ssi_nodeset online, present;
	int node, order;

	ssi_members_online(members, &online);
	ssi_members_present(members, &present);
	ssi_nodeset_for_each(node, &online)
		if (!ssi_nodeset_contains(&present, node))
			fail("a node is online and not present");
	for (node = 0; node < SSI_MAX_NODES; node++)
		if (machine->told[node] != ssi_members_state(members, node))
			fail("a state was not told");
	ssi_nodeset_for_each(node, &members->view.members)
		if (!members->view.incarnation[node] ||
		    !allowed[members->view.incarnation[node]])
			fail("a member that nobody asked for");
	order = compare_keys(&members->view, &machine->seen);
	if (order < 0)
		fail("a view went back");
	if (!order && memcmp(&members->view, &machine->seen,
			     sizeof(machine->seen)))
		fail("two views of one name");
	machine->seen = members->view;
	if (members->request.active != machine->asked)
		fail("a request is forgotten");
}

static void check_all(void)
{
	int i;

	for (i = 0; i < count; i++)
		if (machines[i].alive)
			check_machine(&machines[i]);
}

static void random_step(void)
{
	int a = chance(count), b = chance(count), tries;

	switch (chance(40)) {
	case 0:
		if (machines[a].alive)
			kill_machine(a);
		break;
	case 1:
	case 2:
		if (!machines[a].alive)
			start(a);
		break;
	case 3:
		break_pair(a, b);
		break;
	case 4: case 5: case 6: case 7:
		connect_pair(a, b);
		break;
	case 8: case 9: case 10:
		ask_something(a);
		break;
	case 11: case 12: case 13: case 14:
		tick(a);
		break;
	default:
		for (tries = 0; tries < 10 && !deliver(a, b); tries++) {
			a = chance(count);
			b = chance(count);
		}
	}
}

static void deliver_all(void)
{
	bool some = true;
	int a, b, budget = 100000;

	while (some) {
		some = false;
		for (a = 0; a < count; a++)
			for (b = 0; b < count; b++)
				while (deliver(a, b)) {
					check_machine(&machines[b]);
					some = true;
					if (!--budget)
						fail("messages without end");
				}
	}
}

static void settle(void)
{
	int round, a, b;

	for (a = 0; a < count; a++)
		if (!machines[a].alive)
			start(a);
	for (round = 0; round < SETTLE_ROUNDS; round++) {
		for (a = 0; a < count; a++)
			for (b = 0; b < count; b++)
				connect_pair(a, b);
		deliver_all();
		for (a = 0; a < count; a++)
			tick(a);
		check_all();
	}
}

/* All machines see the same, and all its members are alive. */
static void check_agreement(void)
{
	struct ssi_nodeset first, other;
	int i, node;

	ssi_members_online(&machines[0].members, &first);
	for (i = 1; i < count; i++) {
		ssi_members_online(&machines[i].members, &other);
		if (memcmp(&first, &other, sizeof(first)))
			fail("machines differ about who is online");
		if (compare_keys(&machines[0].members.view,
				 &machines[i].members.view))
			fail("machines have different views");
	}
	if (!ssi_nodeset_is_empty(&first))
		ssi_nodeset_for_each(node, &machines[0].members.view.members)
			if (!ssi_nodeset_contains(&first, node))
				fail("a dead member stays");
	for (i = 0; i < count; i++)
		if (machines[i].asked)
			fail("a request never ends");
}

/* @set changes on @self, and when the request ends everybody knows. */
static void check_change(int self, enum ssi_change_op op,
			 const struct ssi_nodeset *set)
{
	enum ssi_node_state wanted = op == SSI_CHANGE_ADD ? SSI_NODE_ONLINE :
							    SSI_NODE_PRESENT;
	int i, a, b, node;

	if (ssi_nodeset_is_empty(set))
		return;
	if (ask(self, op, set))
		fail("a good request is refused");
	for (i = 0; machines[self].asked; i++) {
		a = i / count % count;
		b = i % count;
		deliver(a, b);
		if (i > 10000)
			fail("a request never ends");
	}
	if (machines[self].result)
		fail("a good request fails");
	for (i = 0; i < count; i++)
		ssi_nodeset_for_each(node, set)
			if (ssi_members_state(&machines[i].members, node) !=
			    wanted)
				fail("a request ended before everybody knew");
	deliver_all();
}

static void check_service(void)
{
	int self = chance(count);
	struct ssi_nodeset set, online;
	int node;

	ssi_members_present(&machines[self].members, &set);
	ssi_members_online(&machines[self].members, &online);
	ssi_nodeset_for_each(node, &online)
		ssi_nodeset_remove(&set, node);
	check_change(self, SSI_CHANGE_ADD, &set);
	check_agreement();
	ssi_nodeset_clear(&set);
	for (node = 0; node < count; node++)
		if (node != self && chance(2))
			ssi_nodeset_add(&set, node);
	check_change(self, SSI_CHANGE_REMOVE, &set);
	check_agreement();
}

static void run(unsigned int seed)
{
	int a, b;

	run_seed = seed;
	srandom(seed);
	count = 2 + chance(MAX_MACHINES - 1);
	incarnations = 0;
	memset(allowed, 0, sizeof(allowed));
	memset(machines, 0, sizeof(machines));
	memset(connected, 0, sizeof(connected));
	for (a = 0; a < MAX_MACHINES; a++)
		for (b = 0; b < MAX_MACHINES; b++)
			clear(a, b);
	for (a = 0; a < count; a++)
		start(a);
	for (step = 0; step < STEPS; step++) {
		random_step();
		check_all();
	}
	settle();
	check_agreement();
	check_service();
	for (a = 0; a < count; a++)
		kill_machine(a);
}

static unsigned int number(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : otherwise;
}

int main(void)
{
	unsigned int seed = number("SEED", time(NULL));
	unsigned int runs = number("RUNS", DEFAULT_RUNS);
	unsigned int i;
	int a, b;

	for (a = 0; a < MAX_MACHINES; a++)
		for (b = 0; b < MAX_MACHINES; b++)
			queues[a][b].last = &queues[a][b].first;
	printf("1..1\n# %u runs from seed %u\n", runs, seed);
	for (i = 0; i < runs; i++)
		run(seed + i);
	printf("ok 1 - members: %u random schedules\n", runs);
	return EXIT_SUCCESS;
}
