/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * peer.h: the other end of a connection, from hello to the end (see peer.c).
 */
#ifndef _SSI_PEER_H
#define _SSI_PEER_H

#include <linux/types.h>

struct socket;
struct ssi_rpc;

void ssi_peer_connect(struct ssi_rpc *rpc, u16 node, u32 port,
		      u32 address);
void ssi_peer_withdraw(struct ssi_rpc *rpc, u32 port, u32 address);
void ssi_peer_accept(struct ssi_rpc *rpc, struct socket *sock);
void ssi_peer_tick(struct ssi_rpc *rpc);
void ssi_peer_destroy_all(struct ssi_rpc *rpc);
void ssi_peer_reset_all(struct ssi_rpc *rpc);
void ssi_peer_control(struct ssi_rpc *rpc, u16 node, const void *buf,
		      size_t len);

#endif /* _SSI_PEER_H */
