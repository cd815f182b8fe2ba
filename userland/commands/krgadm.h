/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * krgadm.h: the commands of krgadm.  Each returns an exit status.
 * @json is 0 where it makes no difference.
 */
#ifndef KRGADM_H
#define KRGADM_H

struct options;

int cluster_status(int json);
int cluster_log(int json);
int cluster_poweroff(int json);
int cluster_reboot(int json);

int nodes_status(const struct options *options);
int nodes_add(const struct options *options);
int nodes_del(const struct options *options);
int nodes_fail(const struct options *options);

#endif /* KRGADM_H */
