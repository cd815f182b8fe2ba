/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * call.h: calls of this node (see call.c) and of others (see service.c).
 */
#ifndef _SSI_CALL_H
#define _SSI_CALL_H

#include <linux/types.h>

struct ssi_call;
struct ssi_call_info;
struct ssi_reply_info;
struct ssi_request;
struct ssi_rpc;

struct ssi_call *ssi_call_pin(struct ssi_rpc *rpc, u16 node,
			      const struct ssi_reply_info *reply);
void ssi_call_unpin(struct ssi_call *call);
void ssi_call_receive_reply(struct ssi_rpc *rpc, u16 node,
			    const struct ssi_reply_info *reply);
void ssi_call_fail(struct ssi_rpc *rpc, u16 node, int err);
void ssi_call_new_view(struct ssi_rpc *rpc);

int ssi_service_init(struct ssi_rpc *rpc);
void ssi_service_exit(struct ssi_rpc *rpc);
struct ssi_request *ssi_service_prepare(struct ssi_rpc *rpc, u16 node,
					u64 incarnation,
					const struct ssi_call_info *info,
					size_t len, gfp_t gfp);
void *ssi_service_data(struct ssi_request *request);
void ssi_service_discard(struct ssi_request *request);
void ssi_service_submit(struct ssi_request *request);
void ssi_service_run(struct ssi_request *request);
void ssi_service_forget(struct ssi_rpc *rpc, u16 node);

#endif /* _SSI_CALL_H */
