// SPDX-License-Identifier: GPL-2.0-only
/*
 * world.c: machines, links between them, and virtual time.
 *
 * Owns the heap of events, each machine's clock, and connections: a lane of
 * items in order in each direction, which a cut or a frozen receiver stops and
 * a new connection replaces.  A link begins at a machine when the other's
 * HELLO arrives there, and ends when it detects that the other is silent, or
 * hears its BYE; each end has its own time, and may never notice.  Messages
 * pass through message.c both ways.
 */
#include "sim.h"

#include <inttypes.h>
#include <stdarg.h>

static const char *const message_names[SSI_MESSAGE_NR] = {
	"?", "STATUS", "SYNC", "FULL", "INSTALL", "PREPARE", "PROMISE",
	"ACCEPT", "ACCEPTED", "REFUSE", "SUSPECT", "DONE", "RELEASE", "STABLE",
	"CONFIRM", "POLL", "POLLED", "CONFIRMED", "REQUEST", "CANCEL", "RESULT",
	"INVITE", "CONSENT", "UNINVITE",
};

const struct upper *world_upper;

/* splitmix64 */
u64 sim_random(u64 *state)
{
	u64 x = *state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

u64 sim_below(struct world *w, u64 limit)
{
	return limit ? sim_random(&w->rng) % limit : 0;
}

void sim_trace(struct world *w, const char *format, ...)
{
	va_list list;

	if (!w->trace)
		return;
	printf("# %4llu.%06llu ", w->now_us / SECOND,
	       w->now_us % SECOND);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
}

void sim_fail(struct world *w, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(w->why, sizeof(w->why), format, list);
	va_end(list);
	sim_trace(w, "FAILED: %s", w->why);
	longjmp(w->failed, 1);
}

const char *world_text(const struct ssi_nodeset *set)
{
	static char text[4][512];
	static int which;
	struct ssi_node_range range;
	size_t len = 0;
	int after = -1;
	char *out = text[which++ % 4];

	out[0] = 0;
	while (len < 480 && ssi_nodeset_next_range(set, after, &range)) {
		len += sprintf(out + len, len ? ",%u" : "%u", range.first);
		if (range.last > range.first)
			len += sprintf(out + len, "-%u", range.last);
		after = range.last;
	}
	return len ? out : "none";
}

/* The heap. */
static bool before(const struct event *a, const struct event *b)
{
	return a->time_us != b->time_us ? a->time_us < b->time_us :
					  a->order < b->order;
}

void world_at(struct world *w, const struct event *event)
{
	unsigned int i, up;

	if (w->heap_len == w->heap_room) {
		w->heap_room = w->heap_room ? 2 * w->heap_room : 256;
		w->heap = realloc(w->heap, w->heap_room * sizeof(*w->heap));
	}
	i = w->heap_len++;
	w->heap[i] = *event;
	w->heap[i].order = w->orders++;
	while (i) {
		struct event swap;

		up = (i - 1) / 2;
		if (!before(&w->heap[i], &w->heap[up]))
			break;
		swap = w->heap[i];
		w->heap[i] = w->heap[up];
		w->heap[up] = swap;
		i = up;
	}
}

static struct event heap_pop(struct world *w)
{
	struct event first = w->heap[0], last = w->heap[--w->heap_len];
	unsigned int i = 0, next;

	for (;;) {
		next = 2 * i + 1;
		if (next >= w->heap_len)
			break;
		if (next + 1 < w->heap_len &&
		    before(&w->heap[next + 1], &w->heap[next]))
			next++;
		if (!before(&w->heap[next], &last))
			break;
		w->heap[i] = w->heap[next];
		i = next;
	}
	w->heap[i] = last;
	return first;
}

static void at(struct world *w, u64 delay_us, enum event_kind kind, u16 a,
	       u16 b, u64 x)
{
	struct event event = {
		.time_us = w->now_us + delay_us,
		.kind = kind,
		.a = a,
		.b = b,
		.x = x,
	};

	world_at(w, &event);
}

/* Lanes and connections. */
static struct lane *lane_of(struct world *w, u16 from, u16 to)
{
	return &w->lanes[(size_t)from * w->n + to];
}

static struct pair *pair_of(struct world *w, u16 a, u16 b)
{
	return &w->pairs[a < b ? (size_t)a * w->n + b : (size_t)b * w->n + a];
}

static u64 *up_of(struct world *w, u16 at_node, u16 of)
{
	return &w->up[(size_t)at_node * w->n + of];
}

static bool is_cut(const struct world *w, u16 from, u16 to)
{
	return w->cut[(size_t)from * w->n + to];
}

static void move(struct world *w, u16 from, u16 to)
{
	struct lane *lane = lane_of(w, from, to);
	u64 time;

	if (lane->moving || !lane->first || is_cut(w, from, to) ||
	    w->machines[to].frozen)
		return;
	time = w->now_us + w->config->latency_us / 8 + 1 +
	       (w->calm ? 0 : sim_below(w, w->config->latency_us));
	if (time < lane->free_us)
		time = lane->free_us;
	lane->free_us = time;
	lane->moving = true;
	at(w, time - w->now_us, EV_DELIVER, from, to, 0);
}

static void lane_clear(struct lane *lane)
{
	struct item *item;

	while ((item = lane->first)) {
		lane->first = item->next;
		free(item);
	}
	lane->last = &lane->first;
}

static void push(struct world *w, u16 from, u16 to, int kind, u64 session,
		 const void *data, size_t len)
{
	struct lane *lane = lane_of(w, from, to);
	struct item *item = malloc(sizeof(*item) + len);

	item->next = NULL;
	item->kind = kind;
	item->session = session;
	item->incarnation = w->machines[from].incarnation;
	item->len = len;
	if (len)
		memcpy(item->data, data, len);
	*lane->last = item;
	lane->last = &item->next;
	move(w, from, to);
}

static void try_connect(struct world *w, u16 a, u16 b)
{
	struct pair *pair = pair_of(w, a, b);

	if (pair->trying)
		return;
	pair->trying = true;
	at(w, w->calm ? 1 : 10 * MS + sim_below(w, 500 * MS), EV_CONNECT, a, b,
	   0);
}

static void connect_now(struct world *w, u16 a, u16 b)
{
	struct pair *pair = pair_of(w, a, b);

	pair->trying = false;
	if (!w->machines[a].alive || !w->machines[b].alive ||
	    is_cut(w, a, b) || is_cut(w, b, a) ||
	    (pair->open[0] && pair->open[1]))
		return;
	if (w->machines[a].frozen || w->machines[b].frozen) {
		try_connect(w, a, b);
		return;
	}
	sim_trace(w, "connection %u - %u", a, b);
	pair->session = ++w->sessions;
	pair->open[0] = pair->open[1] = true;
	lane_clear(lane_of(w, a, b));
	lane_clear(lane_of(w, b, a));
	push(w, a, b, HELLO, pair->session, NULL, 0);
	push(w, b, a, HELLO, pair->session, NULL, 0);
}

static void drop_session(struct lane *lane, u64 session)
{
	struct item **at_item = &lane->first, *item;

	while ((item = *at_item)) {
		if (item->session == session) {
			*at_item = item->next;
			free(item);
		} else {
			at_item = &item->next;
		}
	}
	lane->last = at_item;
}

/* One end is no more, the other hears of it when it can. */
static void close_end(struct world *w, u16 a, u16 b, bool say_bye)
{
	struct pair *pair = pair_of(w, a, b);
	u64 *session = up_of(w, a, b);

	if (!*session && pair->open[a > b])
		*session = pair->session;	/* its HELLO is under way */
	if (!*session)
		return;
	drop_session(lane_of(w, b, a), *session);
	if (pair->session == *session) {
		pair->open[a > b] = false;
		if (say_bye && pair->open[a < b])
			push(w, a, b, BYE, *session, NULL, 0);
	}
	*session = 0;
	try_connect(w, a, b);
}

/* A machine ends, and with it both the link it has and the one it may get. */
static void close_all(struct world *w, u16 node, bool say_bye)
{
	u16 other;

	for (other = 0; other < w->n; other++) {
		if (other == node)
			continue;
		close_end(w, node, other, say_bye);
		close_end(w, node, other, say_bye);
	}
}

bool world_linked(const struct world *w, u16 a, u16 b)
{
	u64 session = w->up[(size_t)a * w->n + b];

	return session && session == w->up[(size_t)b * w->n + a];
}

/* Machine a will notice that b is silent, some time. */
static void notice(struct world *w, u16 a, u16 b)
{
	struct pair *pair = pair_of(w, a, b);
	u64 delay = DETECTION;

	if (!w->machines[a].alive || !pair->session || !pair->open[a > b])
		return;
	if (w->calm)
		delay += 1;
	else if (sim_below(w, 100) < w->config->lost)
		delay *= 8;
	else
		delay += sim_below(w, DETECTION);
	at(w, delay, EV_DETECT, a, b, pair->session);
}

static void detect(struct world *w, u16 a, u16 b, u64 session)
{
	struct ssi_event event = { .type = SSI_EVENT_LINK_DOWN, .node = b };
	struct pair *pair = pair_of(w, a, b);
	bool silent = !w->machines[b].alive || w->machines[b].frozen ||
		      is_cut(w, a, b) || is_cut(w, b, a) ||
		      !pair->open[b > a] || pair->session != session;
	u64 up = *up_of(w, a, b);

	if (!w->machines[a].alive || !silent)
		return;
	if (w->machines[a].frozen) {
		at(w, 100 * MS, EV_DETECT, a, b, session);
		return;
	}
	if (up != session && pair->session != session)
		return;
	close_end(w, a, b, true);
	if (up)
		world_handle(w, a, &event);
}

static void deliver_data(struct world *w, u16 from, u16 to,
			 const struct item *item)
{
	struct ssi_message message;
	struct ssi_event event = {
		.type = SSI_EVENT_MESSAGE,
		.node = from,
		.message = &message,
	};
	int err = ssi_message_get(item->data, item->len, &message, &w->change);

	if (err)
		sim_fail(w, "message of %u to %u can not be read: %d", from, to,
			 err);
	sim_trace(w, "%u hears %s of %u: view %" PRIx64 ".%" PRIu64
		  "%s ballot %" PRIx64 " id %u step %u error %d%s%s", to,
		  message_names[message.type], from,
		  message.view.lineage >> 48, message.view.number,
		  message.flags & SSI_MESSAGE_MEMBER ? "" : " (outside)",
		  message.ballot, message.id, message.step, message.error,
		  message.change ? " set " : "",
		  message.change ? world_text(&message.change->removed) : "");
	world_handle(w, to, &event);
}

static void deliver(struct world *w, u16 from, u16 to)
{
	struct lane *lane = lane_of(w, from, to);
	struct item *item;
	struct ssi_event event = { .node = from };
	u64 *session = up_of(w, to, from);

	lane->moving = false;
	if (!lane->first || is_cut(w, from, to) || w->machines[to].frozen)
		return;
	item = lane->first;
	lane->first = item->next;
	if (!lane->first)
		lane->last = &lane->first;
	if (!w->machines[to].alive) {
		/* nobody there */
	} else if (item->kind == HELLO) {
		*session = item->session;
		event.type = SSI_EVENT_LINK_UP;
		event.incarnation = item->incarnation;
		world_handle(w, to, &event);
	} else if (*session == item->session && item->kind == BYE) {
		close_end(w, to, from, false);
		event.type = SSI_EVENT_LINK_DOWN;
		world_handle(w, to, &event);
	} else if (*session == item->session) {
		deliver_data(w, from, to, item);
	}
	free(item);
	move(w, from, to);
}

/* Machines. */
static void send_action(struct world *w, u16 from,
			const struct ssi_action *action)
{
	size_t len = ssi_message_put(w->buf, action->message);
	int to;

	sim_trace(w, "%u   says %s to %s", from,
		  message_names[action->message->type],
		  world_text(action->set));
	ssi_nodeset_for_each(to, action->set) {
		w->messages++;
		w->bytes += len;
		if (*up_of(w, from, to))
			push(w, from, to, DATA, *up_of(w, from, to), w->buf,
			     len);
	}
}

static void trace_action(struct world *w, u16 node,
			 const struct ssi_action *action)
{
	const struct ssi_view *view = &w->machines[node].m->view;

	switch (action->type) {
	case SSI_ACTION_VIEW:
		sim_trace(w, "%u   VIEW %" PRIx64 ".%" PRIu64
			  " parent %" PRIx64 " members %s leaving %s barred %s",
			  node, view->id.lineage >> 48, view->id.number,
			  view->parent >> 48, world_text(&view->members),
			  world_text(&view->leaving),
			  world_text(&view->barred));
		break;
	case SSI_ACTION_STAGE:
		sim_trace(w, "%u   STAGE layer %u %s %s left %s", node,
			  action->layer,
			  action->leaving ? "leaving" : "joined",
			  world_text(action->set), world_text(action->left));
		break;
	case SSI_ACTION_COMPLETE:
		sim_trace(w, "%u   COMPLETE %u: %d", node, action->id,
			  action->error);
		break;
	case SSI_ACTION_STABLE:
		sim_trace(w, "%u   STABLE", node);
		break;
	case SSI_ACTION_SUSPEND:
		sim_trace(w, "%u   SUSPEND", node);
		break;
	case SSI_ACTION_RESUME:
		sim_trace(w, "%u   RESUME", node);
		break;
	case SSI_ACTION_RESET:
		sim_trace(w, "%u   RESET", node);
		break;
	case SSI_ACTION_CONFLICT:
		sim_trace(w, "%u   CONFLICT with %u", node, action->node);
		break;
	default:
		break;
	}
}

struct context {
	struct world *w;
	u16 node;
};

static void carry_out(void *context, const struct ssi_action *action)
{
	struct context *c = context;
	struct world *w = c->w;
	struct event event = { .kind = EV_STAGE, .a = c->node };

	if (w->trace)
		trace_action(w, c->node, action);
	if (!w->calm)
		check_action(w, c->node, action);
	if (w->upper)
		w->upper->action(w, c->node, action);
	switch (action->type) {
	case SSI_ACTION_SEND:
		send_action(w, c->node, action);
		break;
	case SSI_ACTION_STAGE:
		if (w->upper)
			break;
		event.time_us = w->now_us + 1 + sim_below(w, w->config->stage_us);
		event.x = w->machines[c->node].incarnation;
		event.view = w->machines[c->node].m->view.id;
		event.layer = action->layer;
		world_at(w, &event);
		break;
	case SSI_ACTION_RESET:
		at(w, 1 + sim_below(w, 50 * MS), EV_RESET, c->node, 0,
		   w->machines[c->node].incarnation);
		break;
	default:
		break;
	}
}

void world_handle(struct world *w, u16 node, struct ssi_event *event)
{
	event->now_us = w->now_us;
	if (event->type == SSI_EVENT_LINK_UP ||
	    event->type == SSI_EVENT_LINK_DOWN)
		sim_trace(w, "%u link %s %u", node,
			  event->type == SSI_EVENT_LINK_UP ? "up" : "down",
			  event->node);
	ssi_membership_handle(w->machines[node].m, event);
}

static int ask(struct world *w, u16 node, struct ssi_event *event)
{
	struct machine *machine = &w->machines[node];
	int err;

	event->now_us = w->now_us;
	event->id = ++machine->requests;
	machine->asking = event->id;
	err = ssi_membership_handle(machine->m, event);
	if (!err && machine->asking) {
		machine->request = event->id;
		machine->request_tick = machine->ticks;
	}
	machine->asking = 0;
	sim_trace(w, "%u   request %u: %d", node, event->id, err);
	return err;
}

int world_request(struct world *w, u16 node, enum ssi_op op,
		  const struct ssi_nodeset *set)
{
	struct ssi_event event = {
		.type = SSI_EVENT_REQUEST,
		.op = op,
		.set = set,
	};

	sim_trace(w, "%u requests op %d set %s", node, op, world_text(set));
	return ask(w, node, &event);
}

/* The machine wants to end in good order; what it asked for is forgotten. */
int world_leave(struct world *w, u16 node)
{
	struct ssi_event event = { .type = SSI_EVENT_LEAVE };

	sim_trace(w, "%u wants to leave", node);
	if (ssi_membership_is_member(w->machines[node].m))
		w->machines[node].request = 0;
	return ask(w, node, &event);
}

static void tick(struct world *w, u16 node, u64 life)
{
	struct ssi_event event = { .type = SSI_EVENT_TICK };
	struct machine *machine = &w->machines[node];

	if (!machine->alive || machine->incarnation >> 8 != life >> 8)
		return;
	at(w, machine->tick_us, EV_TICK, node, 0, life);
	if (machine->frozen)
		return;
	machine->ticks++;
	world_handle(w, node, &event);
	if (!w->calm)
		check_tick(w, node);
}

void world_start(struct world *w, u16 node)
{
	struct machine *machine = &w->machines[node];
	struct ssi_membership_params params = {
		.self = node,
		.rule = w->config->rule,
		.head = w->config->head,
		.layers = w->config->layers,
	};
	struct context *context;
	u16 other;

	/* The low byte counts resets of one start, so that its clock goes on. */
	machine->incarnation = ++w->incarnations << 8;
	params.incarnation = machine->incarnation;
	machine->alive = true;
	machine->frozen = false;
	machine->tick_us = w->calm ? 500 * MS :
				     450 * MS + sim_below(w, 100 * MS);
	context = (struct context *)(machine->m + 1);
	context->w = w;
	context->node = node;
	ssi_membership_init(machine->m, &params, carry_out, context);
	check_life(w, node);
	if (w->upper)
		w->upper->start(w, node);
	machine->request = 0;
	sim_trace(w, "%u starts, life %" PRIx64, node, machine->incarnation);
	at(w, sim_below(w, machine->tick_us), EV_TICK, node, 0,
	   machine->incarnation);
	for (other = 0; other < w->n; other++)
		if (other != node)
			try_connect(w, node, other);
}

void world_crash(struct world *w, u16 node)
{
	struct machine *machine = &w->machines[node];
	u16 other;

	if (!machine->alive)
		return;
	sim_trace(w, "%u crashes", node);
	for (other = 0; other < w->n; other++) {
		if (other == node)
			continue;
		notice(w, other, node);
		lane_clear(lane_of(w, other, node));
	}
	close_all(w, node, false);
	if (w->upper)
		w->upper->crash(w, node);
	machine->alive = false;
	check_life(w, node);
}

void world_cut(struct world *w, u16 from, u16 to, bool cut)
{
	if (from == to || is_cut(w, from, to) == cut)
		return;
	w->cut[(size_t)from * w->n + to] = cut;
	if (cut) {
		sim_trace(w, "cut %u -> %u", from, to);
		notice(w, to, from);
		notice(w, from, to);
	} else {
		sim_trace(w, "mend %u -> %u", from, to);
		move(w, from, to);
		try_connect(w, from, to);
	}
}

void world_freeze(struct world *w, u16 node, u64 length_us)
{
	u16 other;

	if (!w->machines[node].alive || w->machines[node].frozen)
		return;
	sim_trace(w, "%u freezes", node);
	w->machines[node].frozen = true;
	for (other = 0; other < w->n; other++)
		if (other != node)
			notice(w, other, node);
	at(w, length_us, EV_THAW, node, 0, w->machines[node].incarnation);
}

static void thaw(struct world *w, u16 node)
{
	u16 other;

	if (!w->machines[node].alive || !w->machines[node].frozen)
		return;
	sim_trace(w, "%u thaws", node);
	w->machines[node].frozen = false;
	for (other = 0; other < w->n; other++)
		if (other != node)
			move(w, other, node);
}

static void reset(struct world *w, u16 node, u64 life)
{
	struct ssi_event event = { .type = SSI_EVENT_RESET_DONE };
	struct machine *machine = &w->machines[node];
	u16 other;

	if (!machine->alive || machine->incarnation != life)
		return;
	if (machine->frozen) {
		at(w, 100 * MS, EV_RESET, node, 0, life);
		return;
	}
	close_all(w, node, true);
	event.incarnation = ++machine->incarnation;
	check_life(w, node);
	sim_trace(w, "%u is reset, life %" PRIx64, node, machine->incarnation);
	world_handle(w, node, &event);
	for (other = 0; other < w->n; other++)
		if (other != node)
			try_connect(w, node, other);
}

static void stage_done(struct world *w, const struct event *event)
{
	struct ssi_event done = {
		.type = SSI_EVENT_STAGE_DONE,
		.view = event->view,
		.layer = event->layer,
	};
	struct machine *machine = &w->machines[event->a];

	if (!machine->alive || machine->incarnation != event->x)
		return;
	if (machine->frozen) {
		struct event again = *event;

		again.time_us = w->now_us + 100 * MS;
		world_at(w, &again);
		return;
	}
	if (!w->calm && ssi_view_same(&machine->view, &event->view))
		check_stage_done(w, event->a);
	world_handle(w, event->a, &done);
}

/* The next event, if it is due before until_us. */
bool world_step(struct world *w, u64 until_us)
{
	struct event event;

	if (!w->heap_len || w->heap[0].time_us > until_us) {
		w->now_us = until_us;
		return false;
	}
	event = heap_pop(w);
	w->now_us = event.time_us;
	w->events++;
	switch (event.kind) {
	case EV_DELIVER:
		deliver(w, event.a, event.b);
		break;
	case EV_TICK:
		tick(w, event.a, event.x);
		break;
	case EV_DETECT:
		detect(w, event.a, event.b, event.x);
		break;
	case EV_CONNECT:
		connect_now(w, event.a, event.b);
		break;
	case EV_STAGE:
		stage_done(w, &event);
		break;
	case EV_RESET:
		reset(w, event.a, event.x);
		break;
	case EV_THAW:
		thaw(w, event.a);
		break;
	case EV_OP:
		schedule_op(w, event.x);
		break;
	case EV_UPPER:
		w->upper->event(w, &event);
		break;
	}
	return true;
}

struct world *world_create(const struct config *config)
{
	struct world *w = calloc(1, sizeof(*w));
	size_t n = config->nodes, i;

	w->config = config;
	w->n = n;
	w->rng = config->seed * 0x2545f4914f6cdd1dULL + 1;
	w->machines = calloc(n, sizeof(*w->machines));
	w->lanes = calloc(n * n, sizeof(*w->lanes));
	w->up = calloc(n * n, sizeof(*w->up));
	w->cut = calloc(n * n, 1);
	w->pairs = calloc(n * n, sizeof(*w->pairs));
	w->registry = registry_create();
	w->upper = world_upper;
	if (w->upper)
		w->upper->create(w);
	for (i = 0; i < n * n; i++)
		w->lanes[i].last = &w->lanes[i].first;
	for (i = 0; i < n; i++)
		w->machines[i].m = malloc(sizeof(struct ssi_membership) +
					  sizeof(struct context));
	return w;
}

void world_destroy(struct world *w)
{
	size_t i;

	if (w->upper)
		w->upper->destroy(w);
	for (i = 0; i < (size_t)w->n * w->n; i++)
		lane_clear(&w->lanes[i]);
	for (i = 0; i < w->n; i++)
		free(w->machines[i].m);
	registry_destroy(w->registry);
	free(w->heap);
	free(w->machines);
	free(w->lanes);
	free(w->up);
	free(w->cut);
	free(w->pairs);
	free(w);
}
