/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nodeinfo.h: files of another node's /proc (see nodeinfo.c).
 */
#ifndef _SSI_NODEINFO_H
#define _SSI_NODEINFO_H

#include <linux/types.h>

struct ssi_cluster;

/**
 * enum ssi_nodeinfo - a file about a node
 * @SSI_NODEINFO_CPUINFO: /proc/cpuinfo
 * @SSI_NODEINFO_MEMINFO: /proc/meminfo
 * @SSI_NODEINFO_LOADAVG: /proc/loadavg
 * @SSI_NODEINFO_UPTIME: /proc/uptime
 * @SSI_NODEINFO_STAT: /proc/stat
 * @SSI_NODEINFO_NR: number of files
 *
 * The values travel on the wire.
 */
enum ssi_nodeinfo {
	SSI_NODEINFO_CPUINFO,
	SSI_NODEINFO_MEMINFO,
	SSI_NODEINFO_LOADAVG,
	SSI_NODEINFO_UPTIME,
	SSI_NODEINFO_STAT,
	SSI_NODEINFO_NR,
};

const char *ssi_nodeinfo_name(enum ssi_nodeinfo file);
int ssi_nodeinfo_fetch(struct ssi_cluster *cluster, u16 node,
		       enum ssi_nodeinfo file, void **data, size_t *len);
int ssi_nodeinfo_serve(struct ssi_cluster *cluster, u16 node, u32 id,
		       u32 file);
int ssi_nodeinfo_receive(struct ssi_cluster *cluster, u16 node,
			 const void *buf, size_t len);
void ssi_nodeinfo_fail(struct ssi_cluster *cluster, u16 node);

#endif /* _SSI_NODEINFO_H */
