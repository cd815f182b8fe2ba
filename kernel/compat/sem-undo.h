/* SPDX-License-Identifier: GPL-2.0-only */
/* sem-undo.h: what ipc/sem.c keeps to itself, in its layout of Linux 6.1. */
#ifndef _SSI_SEM_UNDO_H
#define _SSI_SEM_UNDO_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

/* struct sem_undo_list */
struct ssi_sem_undo_list {
	refcount_t refcnt;
	spinlock_t lock;
	struct list_head list_proc;
};

/**
 * ssi_has_sem_undo() - will the kernel put semaphores back when we end?
 *
 * Context: of a task that asks about itself.  A list alone says nothing: each
 * process with threads has one.
 */
static inline bool ssi_has_sem_undo(void)
{
	struct ssi_sem_undo_list *list = (void *)current->sysvsem.undo_list;
	bool has;

	if (!list)
		return false;
	spin_lock(&list->lock);
	has = !list_empty(&list->list_proc);
	spin_unlock(&list->lock);
	return has;
}

#endif /* _SSI_SEM_UNDO_H */
