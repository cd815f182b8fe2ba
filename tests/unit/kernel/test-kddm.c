// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-kddm.c: the object protocol (kernel/kddm), step by step: a few nodes in
 * one process, packets in order of sending.  What chance brings is tests/sim's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "kddm-private.h"

#define NODES	6
#define SET	7

struct content {
	int users;
	u64 value;
};

struct item {
	struct item *next;
	u16 from, to;
	size_t len;
	struct content *content;
	u64 link_id;
	enum ssi_linker_op link_op;
	unsigned char record[SSI_PACKET_MAX_LEN];
};

static struct node {
	struct ssi_kddm kddm;
	struct ssi_kddm_set *set;
	unsigned int done;	/* recovery steps */
	unsigned int lost;
	bool dead;
} nodes[NODES];

static struct item *first_item, **last_item = &first_item;
static unsigned int sent, blocks, contents, fail_alloc;
static unsigned int sent_of[SSI_PACKET_NR];
static int link_error;
static struct ssi_view_id view;

static void *on_alloc(void *context, size_t size)
{
	struct node *node = context;

	if (fail_alloc == (unsigned int)(node - nodes) + 1)
		return NULL;
	blocks++;
	return malloc(size);
}

static void on_free(void *context, void *block, size_t size)
{
	(void)context;
	memset(block, 0x5a, size);
	blocks--;
	free(block);
}

static void on_hold(void *context, void *data)
{
	(void)context;
	((struct content *)data)->users++;
}

static void on_release(void *context, void *data)
{
	struct content *content = data;

	(void)context;
	if (--content->users)
		return;
	contents--;
	free(content);
}

static struct content *make_content(u64 value)
{
	struct content *content = malloc(sizeof(*content));

	content->users = 1;
	content->value = value;
	contents++;
	return content;
}

static void queue(struct item *item)
{
	item->next = NULL;
	*last_item = item;
	last_item = &item->next;
}

static void on_send(void *context, u16 to, const struct ssi_packet *packet)
{
	struct ssi_packet copy = *packet;
	struct item *item = calloc(1, sizeof(*item));
	struct node *node = context;

	item->from = node - nodes;
	item->to = to;
	assert_int_not_equal(item->from, to);
	if (packet->data) {
		item->content = make_content(
			((struct content *)packet->data)->value);
		copy.data_len = sizeof(u64);
	}
	item->len = ssi_packet_put(item->record, &copy);
	sent++;
	sent_of[packet->type]++;
	queue(item);
}

static void on_complete(void *context, struct ssi_kddm_request *request)
{
	(void)context;
	assert_false(request->active);
}

static void on_link(void *context, struct ssi_kddm_set *set, u64 id,
		      enum ssi_linker_op op, void *data)
{
	struct item *item = calloc(1, sizeof(*item));

	(void)set;
	(void)data;
	item->from = item->to = (struct node *)context - nodes;
	item->link_id = id;
	item->link_op = op;
	queue(item);
}

static u16 on_home(void *context, u32 set, u64 id)
{
	(void)context;
	(void)set;
	return id % 3;
}

static void on_stage_done(void *context, unsigned int step)
{
	((struct node *)context)->done = step + 1;
}

static void on_lost(void *context, u32 set, u64 id)
{
	(void)set;
	(void)id;
	((struct node *)context)->lost++;
}

static void on_stray(void *context, u32 set, u64 id, const char *what)
{
	fail_msg("node %d, set %u, object %llu: %s",
		 (int)((struct node *)context - nodes), set,
		 (unsigned long long)id, what);
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

static void run_link(const struct item *item)
{
	struct ssi_kddm_set *set = nodes[item->to].set;
	struct ssi_object *object = ssi_object_find(set, item->link_id);
	void *data = object->data;

	if (link_error) {
		ssi_object_linked(set, item->link_id, link_error, NULL);
		return;
	}
	if (item->link_op == SSI_LINKER_TOUCH)
		data = make_content(0);
	ssi_object_linked(set, item->link_id, 0, data);
}

static void run(void)
{
	static struct ssi_item items[SSI_PACKET_MAX_ITEMS];
	struct ssi_packet packet;
	struct item *item;

	while ((item = first_item)) {
		first_item = item->next;
		if (!first_item)
			last_item = &first_item;
		if (nodes[item->to].dead || nodes[item->from].dead) {
			/* nobody there */
		} else if (item->from == item->to) {
			run_link(item);
		} else {
			assert_int_equal(ssi_packet_get(item->record, item->len,
							&packet, items), 0);
			assert_int_equal(!!packet.data, !!item->content);
			packet.data = item->content;
			ssi_kddm_receive(&nodes[item->to].kddm, item->from,
					 &packet);
		}
		if (item->content)
			on_release(NULL, item->content);
		free(item);
	}
}

static void tick(void)
{
	int i;

	for (i = 0; i < NODES; i++)
		if (!nodes[i].dead)
			ssi_kddm_tick(&nodes[i].kddm);
	run();
}

/* All living nodes go to the next view; @leaving: a node or -1. */
static void change_view(int leaving)
{
	static struct ssi_nodeset before;
	struct ssi_kddm_view next = { .id = view };
	unsigned int step;
	int i;

	view.number++;
	for (i = 0; i < NODES; i++)
		if (!nodes[i].dead)
			ssi_nodeset_add(&next.members, i);
	if (leaving >= 0)
		ssi_nodeset_add(&next.leaving, leaving);
	next.left = before;
	ssi_nodeset_subtract(&next.left, &next.members);
	before = next.members;
	/* What is under way does not arrive. */
	while (first_item) {
		struct item *item = first_item;

		first_item = item->next;
		if (item->content)
			on_release(NULL, item->content);
		free(item);
	}
	last_item = &first_item;
	for (step = 0; step < SSI_RECOVERY_STEPS; step++) {
		for (i = 0; i < NODES; i++)
			if (!nodes[i].dead)
				ssi_recovery_step(&nodes[i].kddm, &next, step);
		run();
		tick();
		for (i = 0; i < NODES; i++)
			if (!nodes[i].dead)
				assert_int_equal(nodes[i].done, step + 1);
	}
}

static void make(const struct ssi_set_definition *definition)
{
	int i;

	view = (struct ssi_view_id){ 1, 0 };
	for (i = 0; i < NODES; i++) {
		memset(&nodes[i], 0, sizeof(nodes[i]));
		ssi_kddm_init(&nodes[i].kddm, &ops, &nodes[i], i);
		nodes[i].set = ssi_set_create(&nodes[i].kddm, SET, definition);
		assert_non_null(nodes[i].set);
	}
	change_view(-1);
	for (i = 0; i < NODES; i++)
		ssi_kddm_serve(&nodes[i].kddm, true);
	sent = 0;
	memset(sent_of, 0, sizeof(sent_of));
}

static void end(void)
{
	int i;

	run();
	for (i = 0; i < NODES; i++)
		ssi_kddm_exit(&nodes[i].kddm);
	assert_int_equal(blocks, 0);
	assert_int_equal(contents, 0);
}

static struct ssi_kddm_request *submit(struct ssi_kddm_request *request,
				       int node, enum ssi_kddm_op op, u64 id,
				       int flags)
{
	request->waiter.op = op;
	request->waiter.flags = flags;
	request->set = nodes[node].set;
	request->id = id;
	ssi_object_submit(request);
	return request;
}

static int call(int node, enum ssi_kddm_op op, u64 id, int flags, u64 *value)
{
	struct ssi_kddm_request request = { };

	if (op == SSI_KDDM_SET)
		request.data = make_content(*value);
	submit(&request, node, op, id, flags);
	run();
	assert_false(request.active);
	if (request.error && op == SSI_KDDM_SET && request.data)
		on_release(NULL, request.data);
	if (!request.error && op == SSI_KDDM_GET && value)
		*value = ((struct content *)request.data)->value;
	if (!request.error && op == SSI_KDDM_GRAB && value)
		((struct content *)request.data)->value = *value;
	return request.error;
}

static void read_is(int node, u64 id, u64 expected)
{
	u64 value = ~0ULL;

	assert_int_equal(call(node, SSI_KDDM_GET, id, 0, &value), 0);
	assert_int_equal(value, expected);
	assert_int_equal(ssi_object_put_read(nodes[node].set, id), 0);
}

static void write_is(int node, u64 id, u64 value)
{
	assert_int_equal(call(node, SSI_KDDM_GRAB, id, 0, &value), 0);
	assert_int_equal(call(node, SSI_KDDM_PUT, id, 0, NULL), 0);
}

static const struct ssi_set_definition plain = { .policy = SSI_HOME_FIXED };
static const struct ssi_set_definition twice = {
	.policy = SSI_HOME_FIXED, .backups = 2,
};

static void test_read_write(void **state)
{
	u64 value = 77;

	(void)state;
	make(&plain);
	read_is(0, 1, 0);
	read_is(1, 1, 0);
	write_is(2, 1, 5);
	read_is(0, 1, 5);
	read_is(1, 1, 5);
	read_is(2, 1, 5);
	write_is(1, 1, 6);
	write_is(0, 1, 7);
	read_is(2, 1, 7);
	assert_int_equal(call(3, SSI_KDDM_SET, 1, 0, &value), 0);
	read_is(1, 1, 77);
	assert_int_equal(call(4, SSI_KDDM_SET, 2, 0, &value), 0);
	read_is(5, 2, 77);
	end();
}

/* A read miss is one round trip when the hint is right. */
static void test_messages_read(void **state)
{
	(void)state;
	make(&plain);
	write_is(1, 1, 5);
	read_is(2, 1, 5);	/* learns that 1 is the owner */
	write_is(1, 1, 6);
	tick();
	sent = 0;
	read_is(2, 1, 6);
	assert_int_equal(sent, 2);
	end();
}

/* A write miss with c copies: 2 + 2c packets when the hint is right. */
static void test_messages_write(void **state)
{
	unsigned int c;
	int i;

	(void)state;
	for (c = 0; c < 5; c++) {
		make(&plain);
		write_is(1, 1, 5);
		read_is(2, 1, 5);
		write_is(1, 1, 6);
		for (i = 0; i < (int)c; i++)
			read_is(i == 0 ? 0 : i + 2, 1, 6);
		tick();
		sent = 0;
		write_is(2, 1, 7);
		if (c < 4)
			assert_int_equal(sent, 2 + 2 * c);
		/* With a copy of its own it does not get the content again. */
		read_is(3, 1, 7);
		tick();
		sent = 0;
		write_is(3, 1, 8);
		assert_int_equal(sent, 2);
		end();
	}
}

static void test_not_there(void **state)
{
	u64 value = 9;

	(void)state;
	make(&plain);
	assert_int_equal(call(0, SSI_KDDM_GET, 1, SSI_KDDM_NO_CREATE, NULL),
			 -ENOENT);
	assert_int_equal(call(3, SSI_KDDM_GRAB, 1, SSI_KDDM_NO_CREATE, NULL),
			 -ENOENT);
	assert_int_equal(call(3, SSI_KDDM_REMOVE, 1, 0, NULL), -ENOENT);
	assert_int_equal(call(3, SSI_KDDM_PUT, 1, 0, NULL), -ENOENT);
	assert_int_equal(ssi_object_put_read(nodes[0].set, 1), -ENOENT);
	assert_int_equal(call(3, SSI_KDDM_SET, 1, 0, &value), 0);
	read_is(2, 1, 9);
	end();
}

static void test_remove(void **state)
{
	int i;

	(void)state;
	make(&twice);
	for (i = 0; i < 3; i++) {
		write_is(2, 1, 5);
		read_is(1, 1, 5);
		read_is(4, 1, 5);
		assert_int_equal(call(i, SSI_KDDM_REMOVE, 1, 0, NULL), 0);
		tick();
		assert_int_equal(call(4, SSI_KDDM_GET, 1, SSI_KDDM_NO_CREATE,
				      NULL), -ENOENT);
		read_is(1, 1, 0);
		assert_int_equal(call(i, SSI_KDDM_REMOVE, 1, 0, NULL), 0);
	}
	end();
}

/* A writer waits for readers, here and elsewhere, and goes before later ones. */
static void test_order(void **state)
{
	struct ssi_kddm_request get = { }, grab = { }, late = { }, put = { };
	void *data;
	u64 version;

	(void)state;
	make(&plain);
	submit(&get, 2, SSI_KDDM_GET, 1, 0);
	run();
	assert_false(get.active);
	submit(&grab, 1, SSI_KDDM_GRAB, 1, 0);
	run();
	assert_true(grab.active);
	assert_int_equal(ssi_object_get_local(nodes[2].set, 1, &data, &version),
			 -ENOENT);
	submit(&late, 2, SSI_KDDM_GET, 1, 0);
	run();
	assert_true(late.active);
	assert_int_equal(ssi_object_put_read(nodes[2].set, 1), 0);
	run();
	assert_false(grab.active);
	assert_int_equal(grab.error, 0);
	assert_true(late.active);
	submit(&put, 1, SSI_KDDM_PUT, 1, 0);
	run();
	assert_false(put.active);
	assert_false(late.active);
	assert_int_equal(ssi_object_put_read(nodes[2].set, 1), 0);
	assert_int_equal(ssi_object_get_local(nodes[2].set, 1, &data, &version),
			 0);
	assert_int_equal(ssi_object_put_read(nodes[2].set, 1), 0);
	end();
}

static void test_try(void **state)
{
	struct ssi_kddm_request get = { }, grab = { }, put = { };

	(void)state;
	make(&plain);
	submit(&get, 2, SSI_KDDM_GET, 1, 0);
	run();
	/* In use as a copy, at the owner, and by a writer. */
	assert_int_equal(call(1, SSI_KDDM_GRAB, 1, SSI_KDDM_TRY, NULL),
			 -EAGAIN);
	assert_int_equal(ssi_object_put_read(nodes[2].set, 1), 0);
	run();
	submit(&grab, 1, SSI_KDDM_GRAB, 1, SSI_KDDM_TRY);
	run();
	assert_int_equal(grab.error, 0);
	assert_int_equal(call(1, SSI_KDDM_GET, 1, SSI_KDDM_TRY, NULL),
			 -EAGAIN);
	assert_int_equal(call(3, SSI_KDDM_GET, 1, SSI_KDDM_TRY, NULL),
			 -EAGAIN);
	submit(&put, 1, SSI_KDDM_PUT, 1, 0);
	run();
	read_is(3, 1, 0);
	end();
}

static void test_cancel(void **state)
{
	struct ssi_kddm_request get = { }, grab = { }, other = { };

	(void)state;
	make(&plain);
	submit(&get, 2, SSI_KDDM_GET, 1, 0);
	run();
	submit(&grab, 1, SSI_KDDM_GRAB, 1, 0);
	submit(&other, 3, SSI_KDDM_GRAB, 1, 0);
	run();
	ssi_object_cancel(&grab);
	assert_int_equal(grab.error, -EINTR);
	assert_int_equal(ssi_object_put_read(nodes[2].set, 1), 0);
	run();
	assert_int_equal(other.error, 0);
	assert_false(other.active);
	assert_int_equal(call(3, SSI_KDDM_PUT, 1, 0, NULL), 0);
	read_is(1, 1, 0);
	end();
}

static void test_flush(void **state)
{
	struct ssi_kddm_request flush = { .node = 4 };

	(void)state;
	make(&plain);
	write_is(1, 1, 5);
	submit(&flush, 1, SSI_KDDM_FLUSH, 1, 0);
	run();
	assert_false(flush.active);
	assert_int_equal(flush.error, 0);
	assert_true(ssi_object_is_owned(ssi_object_find(nodes[4].set, 1)));
	assert_null(ssi_object_find(nodes[1].set, 1));
	read_is(1, 1, 5);
	end();
}

static void test_errors(void **state)
{
	u64 value = 3;

	(void)state;
	make(&twice);
	link_error = -ENXIO;
	assert_int_equal(call(2, SSI_KDDM_GET, 1, 0, NULL), -ENXIO);
	assert_int_equal(call(0, SSI_KDDM_GRAB, 2, 0, NULL), -ENXIO);
	link_error = 0;
	read_is(2, 1, 0);
	fail_alloc = 3;
	assert_int_equal(call(2, SSI_KDDM_GET, 5, 0, NULL), -ENOMEM);
	fail_alloc = 1;
	assert_int_equal(call(2, SSI_KDDM_GET, 5, 0, NULL), -ENOMEM);
	fail_alloc = 0;
	read_is(2, 5, 0);
	ssi_kddm_serve(&nodes[2].kddm, false);
	assert_int_equal(call(2, SSI_KDDM_GET, 5, 0, NULL), -EHOSTDOWN);
	ssi_kddm_serve(&nodes[2].kddm, true);
	assert_int_equal(call(2, SSI_KDDM_SET, 5, 0, &value), 0);
	read_is(1, 5, 3);
	end();
}

static void kill_node(int node)
{
	nodes[node].dead = true;
	ssi_recovery_reset(&nodes[node].kddm);
}

/* What two nodes keep for the owner survives it and one of them. */
static void test_backup(void **state)
{
	u64 id;
	int i;

	(void)state;
	make(&twice);
	for (id = 0; id < 40; id++)
		write_is(id % NODES, id, 100 + id);
	tick();
	kill_node(1);
	kill_node(4);
	change_view(-1);
	for (id = 0; id < 40; id++)
		read_is(id % 2 ? 0 : 5, id, 100 + id);
	kill_node(0);
	kill_node(5);
	change_view(-1);
	for (id = 0; id < 40; id++)
		read_is(id % 2 ? 2 : 3, id, 100 + id);
	for (i = 0; i < NODES; i++)
		assert_int_equal(nodes[i].lost, 0);
	end();
}

/* Without a backup copies count, and what nobody has is lost and said so. */
static void test_lost_object(void **state)
{
	u64 value = 8;

	(void)state;
	make(&plain);
	write_is(4, 1, 5);
	read_is(3, 1, 5);
	write_is(4, 2, 6);
	write_is(4, 3, 7);
	tick();
	kill_node(4);
	change_view(-1);
	read_is(2, 1, 5);
	assert_int_equal(call(2, SSI_KDDM_GET, 2, 0, NULL), -EIO);
	assert_int_equal(call(0, SSI_KDDM_GRAB, 3, 0, NULL), -EIO);
	assert_int_equal(nodes[0].lost, 2);
	assert_int_equal(call(5, SSI_KDDM_SET, 2, 0, &value), 0);
	read_is(1, 2, 8);
	assert_int_equal(call(5, SSI_KDDM_REMOVE, 3, 0, NULL), 0);
	assert_int_equal(call(5, SSI_KDDM_GET, 3, SSI_KDDM_NO_CREATE, NULL),
			 -ENOENT);
	end();
}

/* A view change while the ownership is on its way. */
static void test_grant_cut(void **state)
{
	struct ssi_kddm_request grab = { };
	struct item *item;

	(void)state;
	make(&plain);
	write_is(0, 1, 5);
	submit(&grab, 3, SSI_KDDM_GRAB, 1, 0);
	/* The question is heard, the answer is not. */
	item = first_item;
	first_item = NULL;
	last_item = &first_item;
	{
		static struct ssi_item items[SSI_PACKET_MAX_ITEMS];
		struct ssi_packet packet;

		ssi_packet_get(item->record, item->len, &packet, items);
		ssi_kddm_receive(&nodes[0].kddm, 3, &packet);
		free(item);
	}
	while (first_item && first_item->from == first_item->to) {
		item = first_item;
		first_item = item->next;
		if (!first_item)
			last_item = &first_item;
		run_link(item);
		free(item);
	}
	assert_null(ssi_object_find(nodes[0].set, 1));
	change_view(-1);
	run();
	assert_false(grab.active);
	assert_int_equal(grab.error, 0);
	assert_int_equal(((struct content *)grab.data)->value, 5);
	assert_int_equal(call(3, SSI_KDDM_PUT, 1, 0, NULL), 0);
	end();
}

static void test_leave(void **state)
{
	u64 id;

	(void)state;
	make(&plain);
	for (id = 0; id < 100; id++) {
		write_is(0, id, id);
		read_is(1 + id % 5, id, id);
	}
	tick();
	change_view(0);
	assert_int_equal(call(0, SSI_KDDM_GET, 1, 0, NULL), -EHOSTDOWN);
	kill_node(0);
	change_view(-1);
	for (id = 0; id < 100; id++)
		read_is(2, id, id);
	for (id = 0; id < 100; id++)
		write_is(3, id, id + 1);
	for (id = 0; id < 100; id++)
		read_is(1, id, id + 1);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_write),
		cmocka_unit_test(test_messages_read),
		cmocka_unit_test(test_messages_write),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_try),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_backup),
		cmocka_unit_test(test_lost_object),
		cmocka_unit_test(test_grant_cut),
		cmocka_unit_test(test_leave),
	};

	return cmocka_run_group_tests_name("kddm", tests, NULL, NULL);
}
