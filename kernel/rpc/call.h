/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * call.h: calls of this node (see call.c) and of others (see service.c).
 */
#ifndef _SSI_CALL_H
#define _SSI_CALL_H

#include <linux/types.h>

struct seq_file;
struct ssi_call_info;
struct ssi_rpc;

void ssi_call_receive_reply(struct ssi_rpc *rpc, u16 node, u64 id, int error,
			    bool stale, const void *data, size_t len);
void ssi_call_fail(struct ssi_rpc *rpc, u16 node, int err);
void ssi_call_new_view(struct ssi_rpc *rpc);

int ssi_service_init(struct ssi_rpc *rpc);
void ssi_service_exit(struct ssi_rpc *rpc);
int ssi_service_receive(struct ssi_rpc *rpc, u16 node, u64 incarnation,
			const struct ssi_call_info *info, const void *data,
			size_t len, gfp_t gfp);
void ssi_service_forget(struct ssi_rpc *rpc, u16 node);

#endif /* _SSI_CALL_H */
