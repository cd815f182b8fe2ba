/* SPDX-License-Identifier: GPL-2.0-only */
/* lifecycle.h: hears of each task that is made and each that is gone. */
#ifndef _SSI_LIFECYCLE_H
#define _SSI_LIFECYCLE_H

struct ssi_lifecycle;
struct task_struct;

/**
 * struct ssi_lifecycle_ops - who wants to hear
 * @forked: @child, not yet running, was made by @parent, which is current
 * @freed: nobody finds @task any more, and it is about to be freed
 * Context: atomic; @freed also in softirq.
 */
struct ssi_lifecycle_ops {
	void (*forked)(void *data, struct task_struct *parent,
		       struct task_struct *child);
	void (*freed)(void *data, struct task_struct *task);
};

struct ssi_lifecycle *
ssi_lifecycle_install(const struct ssi_lifecycle_ops *ops, void *data);
void ssi_lifecycle_remove(struct ssi_lifecycle *lifecycle);

#endif /* _SSI_LIFECYCLE_H */
