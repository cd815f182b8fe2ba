/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * services.h: /proc/kerrighed/services (see services.c).
 */
#ifndef _SSI_SERVICES_H
#define _SSI_SERVICES_H

struct ssi_cluster;
struct ssi_services;

struct ssi_services *ssi_services_create(struct ssi_cluster *cluster);
void ssi_services_destroy(struct ssi_services *services);

#endif /* _SSI_SERVICES_H */
