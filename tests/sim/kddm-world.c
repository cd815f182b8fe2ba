// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddm-world.c: the object protocol on the machines of world.c.
 *
 * Owns what the protocol needs of its surroundings: packets in order between
 * two members, of one view only, each written and read by packet.c; content,
 * which is copied on the way; memory that runs out by chance; an io linker
 * that takes its time and fails by chance; and the stages, which are the steps
 * of recovery.
 *
 * A cut or a frozen machine makes packets wait: a layer that carries them
 * would repeat them.  What they wait for may be another view; then they are
 * dropped.
 */
#include "kddm-sim.h"

#include <inttypes.h>

static const char *const packet_names[SSI_PACKET_NR] = {
	"?", "ASK", "COPY", "GRANT", "NAK", "INVALIDATE", "INVALIDATED",
	"BACKUP", "BACKED", "REMOVE", "REMOVED", "DROP", "DROPPED", "RECEIVED",
	"MOVED", "REPORT", "VERDICT", "HANDED", "HAND_OVER", "TAKEN", "FLUSH",
	"FLUSHED",
};

struct load kddm_load;
u64 kddm_packets, kddm_requests;

struct above *above_of(struct world *w)
{
	return w->above;
}

static struct site *site_of(struct world *w, u16 node)
{
	return &above_of(w)->sites[node];
}

static struct road *road_of(struct world *w, u16 from, u16 to)
{
	return &above_of(w)->roads[(size_t)from * w->n + to];
}

void site_at(struct site *site, u64 delay_us, enum upper_event kind, u64 x,
	     u64 y)
{
	struct event event = {
		.time_us = site->w->now_us + delay_us,
		.kind = EV_UPPER,
		.a = site->node,
		.layer = kind,
		.x = x,
		.view = { site->life, y },
	};

	world_at(site->w, &event);
}

/* Something happened to it: it will have something to say with a tick. */
void site_touched(struct site *site)
{
	if (site->ticking)
		return;
	site->ticking = true;
	site_at(site, 10 * MS, UP_TICK, 0, 0);
}

/* Content and memory. */
struct content *content_create(struct site *site, u64 serial)
{
	struct content *content = malloc(sizeof(*content));

	content->users = 1;
	content->serial = serial;
	content->next = site->contents;
	content->at = &site->contents;
	if (content->next)
		content->next->at = &content->next;
	site->contents = content;
	return content;
}

void content_release(struct site *site, struct content *content)
{
	(void)site;
	if (--content->users)
		return;
	*content->at = content->next;
	if (content->next)
		content->next->at = content->at;
	free(content);
}

static void *on_alloc(void *context, size_t size)
{
	struct site *site = context;
	const struct above *above = above_of(site->w);
	struct block *block;

	if (above->load.no_memory && !above->calm_memory &&
	    !sim_below(site->w, above->load.no_memory))
		return NULL;
	block = malloc(sizeof(*block) + size);
	block->size = size;
	block->next = site->blocks;
	block->at = &site->blocks;
	if (block->next)
		block->next->at = &block->next;
	site->blocks = block;
	return block + 1;
}

static void on_free(void *context, void *data, size_t size)
{
	struct block *block = (struct block *)data - 1;
	struct site *site = context;

	if (block->size != size)
		sim_fail(site->w, "%u frees %zu bytes of %zu", site->node, size,
			 block->size);
	*block->at = block->next;
	if (block->next)
		block->next->at = block->at;
	memset(data, 0x5a, size);
	free(block);
}

static void on_hold(void *context, void *data)
{
	(void)context;
	((struct content *)data)->users++;
}

static void on_release(void *context, void *data)
{
	content_release(context, data);
}

/* Packets. */
static void move(struct world *w, u16 from, u16 to)
{
	struct road *road = road_of(w, from, to);
	u64 time = w->now_us + w->config->latency_us / 8 + 1;

	if (road->moving || !road->first)
		return;
	if (!w->calm)
		time += sim_below(w, w->config->latency_us);
	if (time < road->free_us)
		time = road->free_us;
	road->free_us = time;
	road->moving = true;
	site_at(site_of(w, from), time - w->now_us, UP_DELIVER, to, 0);
}

static void on_send(void *context, u16 to, const struct ssi_packet *packet)
{
	struct site *site = context;
	struct world *w = site->w;
	struct road *road = road_of(w, site->node, to);
	const struct content *content = packet->data;
	struct ssi_packet copy = *packet;
	struct parcel *parcel;

	if (to >= w->n || to == site->node)
		sim_fail(w, "%u sends to %u", site->node, to);
	parcel = malloc(sizeof(*parcel) + SSI_PACKET_MAX_LEN);
	parcel->next = NULL;
	parcel->view = w->machines[site->node].m->view.id;
	parcel->has_content = content;
	parcel->serial = content ? content->serial : 0;
	copy.data_len = content ? sizeof(content->serial) : 0;
	parcel->len = ssi_packet_put(parcel->record, &copy);
	parcel = realloc(parcel, sizeof(*parcel) + parcel->len);
	*road->last = parcel;
	road->last = &parcel->next;
	above_of(w)->sent[packet->type]++;
	if (packet->type == SSI_PACKET_ASK && packet->epoch)
		above_of(w)->hints++;
	if (packet->type == SSI_PACKET_ASK && !packet->hops)
		above_of(w)->asked++;
	kddm_packets++;
	sim_trace(w, "%u   says %s to %u: object %" PRIu64 " of %u node %u seq %u epoch %"
		  PRIu64 " version %" PRIu64 " error %d items %u",
		  site->node, packet_names[packet->type], to, packet->id,
		  packet->set, packet->node, packet->seq, packet->epoch,
		  packet->version, packet->error, packet->nr_items);
	move(w, site->node, to);
}

static void receive(struct world *w, u16 from, u16 to,
		    const struct parcel *parcel)
{
	static struct ssi_item items[SSI_PACKET_MAX_ITEMS];
	struct site *site = site_of(w, to);
	const struct ssi_view_id *view = &w->machines[to].m->view.id;
	struct ssi_packet packet;
	struct content *content = NULL;
	int error;

	if (!site->up || !ssi_membership_is_member(w->machines[to].m) ||
	    view->lineage != parcel->view.lineage ||
	    view->number > parcel->view.number)
		return;
	if (view->number < parcel->view.number)
		sim_fail(w, "%u hears %u of a view to come", to, from);
	error = ssi_packet_get(parcel->record, parcel->len, &packet, items);
	if (error || !packet.data != !parcel->has_content)
		sim_fail(w, "packet of %u to %u can not be read: %d", from, to,
			 error);
	if (parcel->has_content)
		content = content_create(site, parcel->serial);
	packet.data = content;
	sim_trace(w, "%u hears %s of %u: object %" PRIu64 " of %u", to,
		  packet_names[packet.type], from, packet.id, packet.set);
	ssi_kddm_receive(&site->kddm, from, &packet);
	if (content)
		content_release(site, content);
	site_touched(site);
	if (!packet.nr_items && !w->calm)
		check_owners(w, packet.set - 1, packet.id);
}

static void deliver(struct world *w, u16 from, u16 to)
{
	struct road *road = road_of(w, from, to);
	struct parcel *parcel = road->first;

	road->moving = false;
	if (!parcel)
		return;
	if (w->cut[(size_t)from * w->n + to] || w->machines[to].frozen) {
		road->moving = true;
		site_at(site_of(w, from), 20 * MS, UP_DELIVER, to, 0);
		return;
	}
	road->first = parcel->next;
	if (!road->first)
		road->last = &road->first;
	above_of(w)->opened = parcel;
	receive(w, from, to, parcel);
	above_of(w)->opened = NULL;
	free(parcel);
	move(w, from, to);
}

static void clear_road(struct road *road)
{
	struct parcel *parcel;

	while ((parcel = road->first)) {
		road->first = parcel->next;
		free(parcel);
	}
	road->last = &road->first;
	road->moving = false;
}

/* The io linker. */
static void on_link(void *context, struct ssi_kddm_set *set, u64 id,
		    enum ssi_linker_op op, void *data)
{
	struct site *site = context;

	(void)data;
	sim_trace(site->w, "%u   asks the io linker: object %" PRIu64 " op %u",
		  site->node, id, op);
	site_at(site, site->w->calm ? 1 : 1 + sim_below(site->w, 500), UP_LINK,
		id, set->number << 8 | op);
}

static void link_now(struct site *site, u64 id, u64 what)
{
	struct world *w = site->w;
	struct above *above = above_of(w);
	struct ssi_kddm_set *set = ssi_set_find(&site->kddm, what >> 8);
	struct ssi_object *object = ssi_object_find(set, id);
	int error = 0;
	void *data;

	if (!object || !(object->flags & SSI_OBJECT_LINKING))
		sim_fail(w, "%u: object %" PRIu64 " is not the io linker's",
			 site->node, id);
	if (above->load.bad_link && !above->calm_memory &&
	    !sim_below(w, above->load.bad_link))
		error = -ENXIO;
	data = object->data;
	if ((what & 0xff) == SSI_LINKER_TOUCH && !error)
		data = content_create(site, ++above->serials | TOUCHED);
	sim_trace(w, "%u io linker: object %" PRIu64 " op %u: %d", site->node,
		  id, (unsigned int)(what & 0xff), error);
	ssi_object_linked(set, id, error, data);
	site_touched(site);
	check_owners(w, set->number - 1, id);
}

static void on_complete(void *context, struct ssi_kddm_request *request)
{
	load_complete(context, request);
}

static u16 on_home(void *context, u32 set, u64 id)
{
	(void)context;
	return (set + id * 3) % 5;
}

static void on_stage_done(void *context, unsigned int step)
{
	struct site *site = context;
	struct world *w = site->w;

	if (!site->in_stage)
		sim_fail(w, "%u ends step %u twice", site->node, step);
	site->in_stage = false;
	site->stage.time_us = w->now_us + 1 +
			      (w->calm ? 0 : sim_below(w, w->config->stage_us));
	world_at(w, &site->stage);
}

static void on_lost(void *context, u32 set, u64 id)
{
	check_object_lost(context, set, id);
}

static void on_stray(void *context, u32 set, u64 id, const char *what)
{
	struct site *site = context;

	sim_fail(site->w, "%u: object %" PRIu64 " of %u: %s", site->node, id,
		 set, what);
}

static const struct ssi_kddm_ops ops = {
	.alloc = on_alloc,
	.free = on_free,
	.hold = on_hold,
	.release = on_release,
	.send = on_send,
	.complete = on_complete,
	.link = on_link,
	.home = on_home,
	.stage_done = on_stage_done,
	.lost = on_lost,
	.stray = on_stray,
};

/* What world.c tells. */
static void create(struct world *w)
{
	struct above *above = calloc(1, sizeof(*above));
	size_t i;

	above->load = kddm_load;
	above->sites = calloc(w->n, sizeof(*above->sites));
	above->roads = calloc((size_t)w->n * w->n, sizeof(*above->roads));
	for (i = 0; i < (size_t)w->n * w->n; i++)
		above->roads[i].last = &above->roads[i].first;
	w->above = above;
}

static void free_site(struct site *site)
{
	struct content *content;
	struct block *block;

	while ((block = site->blocks)) {
		site->blocks = block->next;
		free(block);
	}
	while ((content = site->contents)) {
		site->contents = content->next;
		free(content);
	}
	site->up = false;
	site->ticking = false;
	site->in_stage = false;
	load_crash(site);
	memset(site->users, 0, sizeof(site->users));
}

static void destroy(struct world *w)
{
	struct above *above = above_of(w);
	size_t i;

	kddm_requests += above->completed;
	for (i = 0; i < (size_t)w->n * w->n; i++)
		clear_road(&above->roads[i]);
	for (i = 0; i < w->n; i++)
		free_site(&above->sites[i]);
	free(above->opened);
	free(above->roads);
	free(above->sites);
	free(above);
}

static void start(struct world *w, u16 node)
{
	struct above *above = above_of(w);
	struct site *site = site_of(w, node);
	bool calm = above->calm_memory;
	unsigned int i;

	site->w = w;
	site->node = node;
	site->life = ++above->lives;
	site->up = true;
	ssi_kddm_init(&site->kddm, &ops, site, node);
	above->calm_memory = true;
	for (i = 0; i < above->load.sets; i++)
		site->sets[i] = ssi_set_create(&site->kddm, i + 1,
					       &above->load.definition[i]);
	above->calm_memory = calm;
	load_start(site);
}

/* What was under way to others arrives in part. */
static void crash(struct world *w, u16 node)
{
	struct parcel **at, *parcel;
	u16 other;

	for (other = 0; other < w->n; other++) {
		struct road *road = road_of(w, node, other);

		clear_road(road_of(w, other, node));
		for (at = &road->first; *at && sim_below(w, 4);
		     at = &(*at)->next)
			;
		while ((parcel = *at)) {
			*at = parcel->next;
			free(parcel);
		}
		road->last = at;
	}
	free_site(site_of(w, node));
}

static void run_stage(struct site *site, const struct ssi_action *action)
{
	const struct ssi_membership *m = site->w->machines[site->node].m;
	unsigned int step = action->leaving ? m->layers - 1 - action->layer :
					      action->layer;
	struct ssi_kddm_view view;

	memset(&site->stage, 0, sizeof(site->stage));
	site->stage.kind = EV_STAGE;
	site->stage.a = site->node;
	site->stage.x = m->incarnation;
	site->stage.view = m->view.id;
	site->stage.layer = action->layer;
	site->in_stage = true;
	if (step == SSI_RECOVERY_QUIESCE)
		check_stage_lost(site, action->left);
	view.id = m->view.id;
	view.members = m->view.members;
	view.left = *action->left;
	view.leaving = m->view.leaving;
	ssi_recovery_step(&site->kddm, &view, step);
	site_touched(site);
}

static void out(struct site *site)
{
	if (ssi_nodeset_is_empty(&site->kddm.all))
		return;
	sim_trace(site->w, "%u forgets all objects", site->node);
	site->in_stage = false;
	ssi_recovery_reset(&site->kddm);
	load_out(site);
}

static void action(struct world *w, u16 node, const struct ssi_action *action)
{
	struct site *site = site_of(w, node);
	const struct ssi_membership *m = w->machines[node].m;
	struct lineage *lineage;

	switch (action->type) {
	case SSI_ACTION_VIEW:
		lineage = check_lineage(w, m->view.id.lineage);
		if (!ssi_membership_is_member(m))
			out(site);
		else if (lineage->newest < m->view.id.number)
			lineage->newest = m->view.id.number;
		break;
	case SSI_ACTION_STAGE:
		run_stage(site, action);
		break;
	case SSI_ACTION_STABLE:
		check_stable_left(site);
		break;
	case SSI_ACTION_SUSPEND:
		ssi_kddm_serve(&site->kddm, false);
		break;
	case SSI_ACTION_RESUME:
		ssi_kddm_serve(&site->kddm, true);
		break;
	case SSI_ACTION_RESET:
		out(site);
		break;
	default:
		break;
	}
}

static void happen(struct world *w, const struct event *event)
{
	struct site *site = site_of(w, event->a);
	struct event again = *event;

	/* What a machine sent before it died goes on. */
	if (event->layer == UP_DELIVER) {
		deliver(w, event->a, event->x);
		return;
	}
	if (!site->up || site->life != event->view.lineage)
		return;
	if (w->machines[event->a].frozen) {
		again.time_us = w->now_us + 50 * MS;
		world_at(w, &again);
		return;
	}
	switch ((enum upper_event)event->layer) {
	case UP_TICK:
		site->ticking = false;
		ssi_kddm_tick(&site->kddm);
		if (site->kddm.again)
			site_touched(site);
		break;
	case UP_USER:
		load_user(site, event->x, event->view.number);
		break;
	case UP_LINK:
		link_now(site, event->x, event->view.number);
		break;
	default:
		break;
	}
}

static bool is_busy(struct world *w)
{
	struct above *above = above_of(w);
	unsigned int i, j;

	for (i = 0; i < w->n; i++)
		for (j = 0; j < USERS; j++)
			if (above->sites[i].up &&
			    above->sites[i].users[j].state != USER_IDLE)
				return true;
	return false;
}

static void run_for(struct world *w, u64 length_us)
{
	u64 end = w->now_us + length_us;

	while (world_step(w, end))
		;
}

/* Users finish what they began; then it is quiet, and nothing may be left. */
static void end(struct world *w)
{
	struct above *above = above_of(w);
	struct site *site;
	unsigned int i, j, seconds;

	sim_trace(w, "--- users finish");
	above->stop = true;
	above->calm_memory = true;
	for (seconds = 0; is_busy(w) && seconds < 60; seconds++)
		run_for(w, SECOND);
	for (i = 0; i < w->n; i++)
		for (j = 0; j < USERS; j++)
			if (above->sites[i].up &&
			    above->sites[i].users[j].state != USER_IDLE)
				sim_fail(w, "%u: user %u waits for object %"
					 PRIu64 " of %u for ever", i, j,
					 above->sites[i].users[j].id,
					 above->sites[i].users[j].set + 1);
	run_for(w, SECOND);
	check_quiet(w);
	for (i = 0; i < w->n; i++) {
		site = &above->sites[i];
		if (!site->up)
			continue;
		ssi_kddm_exit(&site->kddm);
		if (site->blocks || site->contents)
			sim_fail(w, "%u leaks %s", i,
				 site->blocks ? "memory" : "content");
	}
}

const struct upper kddm_upper = {
	.create = create,
	.destroy = destroy,
	.start = start,
	.crash = crash,
	.action = action,
	.event = happen,
	.end = end,
};
