// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bootd-node.c - what nodes ask: their script, their configuration; their reports
 *
 * A node is known by what head-node.c wrote of it: by its MAC before
 * it runs, by its address afterwards.  Nothing that it says itself is believed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arp.h"
#include "bootd-private.h"
#include "ipxe.h"

#define REFUSED_WAIT_S 30
#define TRY_MAX 1000000

static void name_event(struct xos_event *event, const char *node,
		       const char *kind)
{
	*event = (struct xos_event){ .uptime_ms = -1 };
	xos_event_set(event->node, sizeof(event->node), node);
	xos_event_set(event->kind, sizeof(event->kind), kind);
}

/* A person with curl gets the reason and the right code, iPXE shows only a script. */
static bool is_ipxe(struct bootd_request *r)
{
	const char *agent = bootd_header(r, MHD_HTTP_HEADER_USER_AGENT);

	return agent && !strncmp(agent, "iPXE", 4);
}

/* Count and tell it; a storm of them is one line and one event now and then. */
static void note_refusal(struct bootd_request *r, enum bootd_counter counter,
			 const char *node, const char *reason)
{
	struct xos_event event;

	bootd_count(r->bootd, counter, 1);
	name_event(&event, node, "refused");
	xos_event_set(event.detail, sizeof(event.detail), reason);
	if (bootd_event_limited(r->bootd, &event))
		bootd_log(r->bootd, "%s%srefused: %s", node, node[0] ? ": " : "",
			  reason);
}

static enum MHD_Result refuse_boot(struct bootd_request *r, const char *node,
				   const char *reason)
{
	note_refusal(r, COUNT_STRANGERS, node, reason);
	if (is_ipxe(r))
		return bootd_answer_text(r, MHD_HTTP_OK, "text/plain",
					 xos_ipxe_refuse(reason, REFUSED_WAIT_S));
	return bootd_answerf(r, MHD_HTTP_FORBIDDEN, "%s\n", reason);
}

static unsigned int get_try(struct bootd_request *r)
{
	const char *text = bootd_argument(r, "try");
	unsigned long n = text ? strtoul(text, NULL, 10) : 0;

	return n < TRY_MAX ? n : TRY_MAX;
}

static enum MHD_Result let_wait(struct bootd_request *r, const char *node,
				const char *mac, unsigned int wait_s,
				unsigned int ahead)
{
	struct MHD_Response *response;
	struct xos_event event;
	char seconds[12];
	char *script;

	name_event(&event, node, "wait");
	snprintf(event.detail, sizeof(event.detail),
		 "%u s, %u nodes before it", wait_s, ahead);
	bootd_event(r->bootd, &event);
	if (is_ipxe(r)) {
		script = xos_ipxe_wait(r->bootd->conf->url, node, mac, wait_s,
				       ahead, get_try(r) + 1);
		return bootd_answer_text(r, MHD_HTTP_OK, "text/plain", script);
	}
	response = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
	if (response) {
		snprintf(seconds, sizeof(seconds), "%u", wait_s);
		MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER,
					seconds);
	}
	return bootd_answer(r, MHD_HTTP_SERVICE_UNAVAILABLE, response);
}

static enum MHD_Result boot_node(struct bootd_request *r, const char *mac,
				 struct xos_node_text *node)
{
	struct xos_bootd *b = r->bootd;
	struct xos_event event;
	unsigned int ahead;
	int wait_s;

	pthread_mutex_lock(&b->lock);
	wait_s = xos_slots_ask(b->slots, node->name, bootd_now_ms(), &ahead);
	pthread_mutex_unlock(&b->lock);
	if (wait_s) {
		free(node->text);
		/* no memory for its place in the queue: it asks again */
		return let_wait(r, node->name, mac,
				wait_s < 0 ? XOS_SLOTS_WAIT_MAX_S : wait_s,
				ahead);
	}
	name_event(&event, node->name, "script");
	snprintf(event.detail, sizeof(event.detail), "try %u", get_try(r));
	bootd_event(b, &event);
	bootd_log(b, "%s: boots (try %u)", node->name, get_try(r));
	return bootd_answer_text(r, MHD_HTTP_OK, "text/plain", node->text);
}

enum MHD_Result bootd_boot(struct bootd_request *r)
{
	char text[INET_ADDRSTRLEN], own[INET_ADDRSTRLEN];
	struct in_addr sender = bootd_sender(r, text);
	struct xos_node_text node = { 0 };
	struct xos_error err = { 0 };
	char reason[256];
	char mac[18];
	int rc;

	if (xos_mac_canonical(r->path, mac))
		return bootd_answerf(r, MHD_HTTP_BAD_REQUEST,
				     "No MAC like 52-54-00-01-00-02.\n");
	rc = xos_node_store_boot(r->bootd->inventory, r->bootd->conf->url, mac, &node,
				 &err);
	if (rc == -ENOENT) {
		snprintf(reason, sizeof(reason),
			 "%s (at %s) is not in the inventory of this head; add a node with this MAC",
			 mac, text);
		return refuse_boot(r, "", reason);
	}
	if (rc) {
		bootd_log(r->bootd, "%s", err.text);
		return bootd_answerf(r, MHD_HTTP_INTERNAL_SERVER_ERROR, "%s\n",
				     err.text);
	}
	if (node.address.s_addr != sender.s_addr) {
		inet_ntop(AF_INET, &node.address, own, sizeof(own));
		snprintf(reason, sizeof(reason),
			 "%s asks from %s, its address is %s; is there another DHCP server?",
			 node.name, text, own);
		free(node.text);
		return refuse_boot(r, node.name, reason);
	}
	return boot_node(r, mac, &node);
}

/*
 * A report or a question from an address that no node has.  When the sender's
 * network card is a node's, then that node has a wrong address and is named.
 */
static enum MHD_Result refuse_stranger(struct bootd_request *r,
				       struct in_addr sender, const char *text)
{
	struct xos_node_text node = { 0 };
	struct xos_event event;
	char mac[18];

	bootd_count(r->bootd, COUNT_STRANGERS, 1);
	name_event(&event, "", "stranger");
	snprintf(event.detail, sizeof(event.detail), "%s is no node's address",
		 text);
	if (!xos_arp_lookup(XOS_ARP_FILE, sender, mac)) {
		snprintf(event.detail, sizeof(event.detail),
			 "%s (%s) is no node's address", text, mac);
		if (!xos_node_store_boot(r->bootd->inventory,
					 r->bootd->conf->url, mac, &node, NULL)) {
			name_event(&event, node.name, "stranger");
			snprintf(event.detail, sizeof(event.detail),
				 "%s has the address %s, which is not its own",
				 node.name, text);
			free(node.text);
		}
	}
	if (bootd_event_limited(r->bootd, &event))
		bootd_log(r->bootd, "stranger: %s", event.detail);
	return bootd_answerf(r, MHD_HTTP_FORBIDDEN, "%s\n", event.detail);
}

/* 0, or negative errno with *@result being the request's result. */
static int find_sender(struct bootd_request *r, struct xos_node_text *node,
		       enum MHD_Result *result)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr sender = bootd_sender(r, text);
	struct xos_error err = { 0 };
	int rc = xos_node_store_config(r->bootd->inventory, sender, node, &err);

	if (rc == -ENOENT) {
		*result = refuse_stranger(r, sender, text);
	} else if (rc) {
		bootd_log(r->bootd, "%s", err.text);
		*result = bootd_answerf(r, MHD_HTTP_INTERNAL_SERVER_ERROR,
					"%s\n", err.text);
	}
	return rc;
}

static enum MHD_Result refuse_report(struct bootd_request *r, const char *node,
				     const char *reason)
{
	note_refusal(r, COUNT_MALFORMED, node, reason);
	return bootd_answerf(r, MHD_HTTP_BAD_REQUEST, "%s\n", reason);
}

static enum MHD_Result accept_report(struct bootd_request *r, const char *node,
				     const struct xos_report *report)
{
	struct xos_bootd *b = r->bootd;
	struct xos_event event;

	name_event(&event, node, "report");
	memcpy(event.stage, report->stage, sizeof(event.stage));
	memcpy(event.detail, report->detail, sizeof(event.detail));
	memcpy(event.boot, report->boot, sizeof(event.boot));
	event.uptime_ms = report->uptime_ms;
	pthread_mutex_lock(&b->lock);
	if (xos_report_frees_slot(report->stage))
		xos_slots_release(b->slots, node, bootd_now_ms());
	else
		xos_slots_touch(b->slots, node, bootd_now_ms());
	pthread_mutex_unlock(&b->lock);
	bootd_event(b, &event);
	bootd_log(b, "%s: %s%s%s", node, event.stage, event.detail[0] ? ": " : "",
		  event.detail);
	return bootd_answer(r, MHD_HTTP_NO_CONTENT,
			    MHD_create_response_from_buffer(
				    0, "", MHD_RESPMEM_PERSISTENT));
}

enum MHD_Result bootd_report(struct bootd_request *r)
{
	struct xos_node_text node = { 0 };
	struct xos_report report;
	struct xos_error err = { 0 };
	enum MHD_Result result;

	if (find_sender(r, &node, &result))
		return result;
	free(node.text);
	if (r->too_long)
		return refuse_report(r, node.name, "report is too long");
	if (xos_report_parse(r->body, r->len, &report, &err))
		return refuse_report(r, node.name, err.text);
	return accept_report(r, node.name, &report);
}

enum MHD_Result bootd_config(struct bootd_request *r)
{
	struct xos_node_text node = { 0 };
	enum MHD_Result result;

	if (find_sender(r, &node, &result))
		return result;
	return bootd_answer_text(r, MHD_HTTP_OK, "text/plain", node.text);
}
