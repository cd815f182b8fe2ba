/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lane.h: the connections that carry calls and replies (see lane.c).
 */
#ifndef _SSI_LANE_H
#define _SSI_LANE_H

#include "frame.h"

#include <linux/gfp.h>

struct socket;
struct ssi_call;
struct ssi_conn;
struct ssi_lanes;
struct ssi_message;
struct ssi_rpc;

/* A frame with more bytes goes by the bulk lane. */
#define SSI_LANE_CALL_MAX_LEN	(8 * 1024)

struct ssi_lanes *ssi_lanes_create(struct ssi_rpc *rpc,
				   struct ssi_conn *control, u16 node,
				   u64 incarnation);
struct ssi_lanes *ssi_lanes_get(struct ssi_lanes *lanes);
void ssi_lanes_put(struct ssi_lanes *lanes);
void ssi_lanes_add(struct ssi_lanes *lanes, enum ssi_lane which,
		   struct socket *sock, struct ssi_message *first);
bool ssi_lanes_complete(const struct ssi_lanes *lanes);
bool ssi_lanes_has(const struct ssi_lanes *lanes, enum ssi_lane which);
void ssi_lanes_open(struct ssi_lanes *lanes);
void ssi_lanes_end(struct ssi_lanes *lanes);
enum ssi_lane ssi_lanes_queue(struct ssi_lanes *lanes,
			      struct ssi_message *message);
void ssi_lanes_flush(struct ssi_lanes *lanes, enum ssi_lane which, gfp_t gfp);
long ssi_lanes_read(struct ssi_lanes *lanes, struct ssi_call *call, long left);

#endif /* _SSI_LANE_H */
