/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rpc.h: public header of rpc/: which nodes this one is linked to, and what
 * they say to each other.
 *
 * The layer above registers &struct ssi_link_ops and is told of links; it
 * never sees a connection.  A link is a node's life (its incarnation) that
 * said hello and was found good; a node that comes back is another link.
 */
#ifndef _SSI_RPC_H
#define _SSI_RPC_H

#include <ssi/nodeset.h>
#include <ssi/viewid.h>

struct ssi_params;
struct ssi_rpc;

/* Bytes of one control record. */
#define SSI_CONTROL_MAX_LEN	(64 * 1024)

/**
 * struct ssi_link_ops - what the layer above wants to hear
 * @link_up: @node is linked, in its life @incarnation, never 0
 * @link_down: the link to @node ended; @err is -ESHUTDOWN when the node, or
 *	this one, ended it in good order, another negative errno when it died
 *	or broke the protocol
 * @received: @node sent a control record, @len bytes at @buf, valid during the
 *	call; returns 0, or what is wrong with it, which ends the link
 * @fenced: another machine has this node's id: this one leaves the session for
 *	as long as the module is loaded; each link ends soon
 * @reset: ssi_rpc_reset() was done: no link is left, and this node's life is
 *	now @incarnation
 *
 * Called in process context, one at a time, in the order of events.  They may
 * send, and may not wait for other nodes.
 */
struct ssi_link_ops {
	void (*link_up)(void *context, u16 node, u64 incarnation);
	void (*link_down)(void *context, u16 node, int err);
	int (*received)(void *context, u16 node, const void *buf, size_t len);
	void (*fenced)(void *context);
	void (*reset)(void *context, u64 incarnation);
};

struct ssi_rpc *ssi_rpc_create(const struct ssi_params *params);
void ssi_rpc_destroy(struct ssi_rpc *rpc);
int ssi_rpc_start(struct ssi_rpc *rpc, const struct ssi_link_ops *ops,
		  void *context);
void ssi_rpc_stop(struct ssi_rpc *rpc);

u64 ssi_rpc_incarnation(const struct ssi_rpc *rpc);
void ssi_rpc_control(struct ssi_rpc *rpc, u16 node, const void *buf,
		     size_t len);
void ssi_rpc_set_view(struct ssi_rpc *rpc, const struct ssi_view_id *id,
		      const struct ssi_nodeset *members,
		      const u64 *incarnation);
void ssi_rpc_reset(struct ssi_rpc *rpc);

int ssi_rpc_load_keys(struct ssi_rpc *rpc);
int ssi_rpc_show_keys(struct ssi_rpc *rpc, char *buf, size_t size);

#endif /* _SSI_RPC_H */
