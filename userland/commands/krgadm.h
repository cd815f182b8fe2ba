/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * krgadm.h: the commands of krgadm.  Each returns an exit status.
 */
#ifndef KRGADM_H
#define KRGADM_H

struct options;

int cluster_status(void);
int cluster_poweroff(void);
int cluster_reboot(void);

int nodes_status(const struct options *options);
int nodes_add(const struct options *options);
int nodes_del(const struct options *options);

#endif /* KRGADM_H */
