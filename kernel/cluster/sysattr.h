/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysattr.h: /sys/kerrighed (see sysattr.c).
 */
#ifndef _SSI_SYSATTR_H
#define _SSI_SYSATTR_H

struct ssi_cluster;
struct ssi_sysattr;

struct ssi_sysattr *ssi_sysattr_create(struct ssi_cluster *cluster);
void ssi_sysattr_destroy(struct ssi_sysattr *sysattr);

#endif /* _SSI_SYSATTR_H */
