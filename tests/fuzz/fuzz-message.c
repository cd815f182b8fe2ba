// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz-message.c - any bytes as what the nodes of a cluster say to node 1
 *
 * The input is a list of records: a byte, whose low bits say which node speaks
 * and whose high bits what happens besides, two bytes of length, the record.
 * What message.c reads is written and read again, both writings being equal, and
 * then given to the membership protocol, which has to live with it.
 */
#include <endian.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/cluster/membership.h"
#include "kernel/cluster/wire.h"

#define NODES		4
#define MAX_EVENTS	64	/* of one input: it has to end soon */

/* What the input's first byte of a record asks for. */
#define DRESS		0x80	/* what no chance would find is made right */
#define TICK		0x40
#define LINK		0x20	/* the link ends and is there again */
#define REQUEST		0x10	/* this node wants all to join */

static struct ssi_membership m;
static struct ssi_change change, again;
static unsigned char record[65536], once[65536], twice[65536];
static u64 incarnation;

/* What an action asks this node for, done when the protocol has returned. */
static struct {
	bool stage, reset;
	u8 layer;
} due;

static void emit(void *context, const struct ssi_action *action)
{
	(void)context;
	if (action->type == SSI_ACTION_SEND)
		ssi_message_put(once, action->message);
	due.reset |= action->type == SSI_ACTION_RESET;
	if (action->type == SSI_ACTION_STAGE) {
		due.stage = true;
		due.layer = action->layer;
	}
}

static void handle(struct ssi_event *event)
{
	static u64 now_us;
	int more = 16;

	event->now_us = ++now_us;
	ssi_membership_handle(&m, event);
	for (; more-- && (due.reset || due.stage); ) {
		struct ssi_event done = {
			.type = due.reset ? SSI_EVENT_RESET_DONE : SSI_EVENT_STAGE_DONE,
			.incarnation = ++incarnation,
			.view = m.view.id,
			.layer = due.layer,
		};
		int node;

		for (node = 2; due.reset && node <= NODES; node++) {
			struct ssi_event down = { .type = SSI_EVENT_LINK_DOWN,
						  .node = node };

			if (ssi_nodeset_contains(&m.linked, node))
				ssi_membership_handle(&m, &down);
		}
		due.reset = due.stage = false;
		ssi_membership_handle(&m, &done);
	}
}

static void link_node(u16 node)
{
	struct ssi_event up = { .type = SSI_EVENT_LINK_UP, .node = node,
				.incarnation = ++incarnation };
	struct ssi_event down = { .type = SSI_EVENT_LINK_DOWN, .node = node };

	if (ssi_nodeset_contains(&m.linked, node))
		handle(&down);
	handle(&up);
}

static void ask_for_all(void)
{
	struct ssi_event event = { .type = SSI_EVENT_REQUEST, .op = SSI_OP_ADD };
	static struct ssi_nodeset all;
	static u32 id;
	int node;

	for (node = 1; node <= NODES; node++)
		ssi_nodeset_add(&all, node);
	event.set = &all;
	event.id = ++id ? id : ++id;
	handle(&event);
}

/* Read twice, with a writing between: no field may get lost. */
static void check_round(const struct ssi_message *message)
{
	size_t len = ssi_message_put(once, message);
	struct ssi_message back;

	if (ssi_message_get(once, len, &back, &again) ||
	    ssi_message_put(twice, &back) != len || memcmp(once, twice, len))
		abort();
}

static void hear(u16 node, const unsigned char *buf, size_t len)
{
	struct ssi_event event = { .type = SSI_EVENT_MESSAGE, .node = node };
	struct ssi_message message;
	const void *data;
	size_t data_len;
	int error;
	bool last;
	u32 value;

	if (ssi_wire_check(buf, len) >= 0) {
		ssi_wire_id(buf);
		ssi_wire_get_value(buf, len, &value);
		ssi_wire_get_info(buf, len, &error, &last, &data, &data_len);
	}
	if (ssi_message_get(buf, len, &message, &change))
		return;
	check_round(&message);
	event.message = &message;
	if (ssi_nodeset_contains(&m.linked, node))
		handle(&event);
}

/* Length, magic number, and where asked for the view and the ballot of now. */
static void dress(struct ssi_message_record *header, size_t len)
{
	header->magic = htole32(SSI_MESSAGE_MAGIC);
	header->version = SSI_MESSAGE_VERSION;
	header->len_bytes = htole32(len);
	if (header->lineage == UINT64_MAX) {
		header->lineage = htole64(m.view.id.lineage);
		header->number = htole64(m.view.id.number);
	}
	if (header->ballot == UINT64_MAX)
		header->ballot = htole64(m.proposer.ballot);
}

/* In a block of its size, so that nobody reads on. */
static void hear_copy(u16 node, bool dressed, const uint8_t *data, size_t len)
{
	unsigned char *copy = malloc(len ? len : 1);

	memcpy(record, data, len);
	if (dressed && len >= sizeof(struct ssi_message_record))
		dress((struct ssi_message_record *)record, len);
	memcpy(copy, record, len);
	hear(node, copy, len);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ssi_membership_params params = {
		.self = 1, .incarnation = incarnation = 1, .rule = SSI_RULE_MAJORITY,
	};
	unsigned int events = 0;
	u16 node;

	memset(&due, 0, sizeof(due));
	ssi_membership_init(&m, &params, emit, NULL);
	for (node = 2; node <= NODES; node++)
		link_node(node);
	while (len >= 3 && events++ < MAX_EVENTS) {
		struct ssi_event tick = { .type = SSI_EVENT_TICK };
		uint8_t what = data[0];
		size_t n = data[1] | data[2] << 8;

		data += 3;
		len -= 3;
		n = n < len ? n : len;
		node = 2 + (what & 0xf) % (NODES - 1);
		if (what & LINK)
			link_node(node);
		if (what & REQUEST)
			ask_for_all();
		if (what & TICK)
			handle(&tick);
		hear_copy(node, what & DRESS, data, n);
		data += n;
		len -= n;
	}
	return 0;
}
