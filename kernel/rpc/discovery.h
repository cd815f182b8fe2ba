/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * discovery.h: find the other nodes of the session (see discovery.c).
 */
#ifndef _SSI_DISCOVERY_H
#define _SSI_DISCOVERY_H

#include <linux/types.h>

struct ssi_rpc;
struct ssi_discovery;

struct ssi_discovery *ssi_discovery_create(struct ssi_rpc *rpc);
void ssi_discovery_destroy(struct ssi_discovery *discovery);
u32 ssi_discovery_address(const struct ssi_discovery *discovery);

#endif /* _SSI_DISCOVERY_H */
