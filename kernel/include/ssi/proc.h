/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proc.h: tasks of which the cluster knows: capabilities, applications, and
 * how these are stopped, saved and restored.
 */
#ifndef _SSI_PROC_H
#define _SSI_PROC_H

struct ssi_proc;
struct ssi_resource;

struct ssi_proc *ssi_proc_create(const struct ssi_resource *const *resources);
void ssi_proc_destroy(struct ssi_proc *proc);
long ssi_proc_ioctl(struct ssi_proc *proc, unsigned int cmd, unsigned long arg);

extern const struct ssi_resource ssi_process_resource;
extern const struct ssi_resource ssi_signals_resource;
extern const struct ssi_resource ssi_thread_resource;

#endif /* _SSI_PROC_H */
