// SPDX-License-Identifier: GPL-2.0-only
/*
 * lifecycle.c: two tracepoints of the scheduler, sched_process_fork and
 * sched_process_free.
 *
 * Tracepoints are an exported interface that any number of users share, so no
 * function is replaced.  For a task that is none of ours each costs a call and
 * a test.  sched_process_fork comes when the child is complete and does not run
 * yet; its parent is still in the system call, so whoever waits for the parent
 * to leave the kernel knows the child.
 */
#include "lifecycle.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

enum { FORK, FREE, NR_POINTS };

static const char * const names[NR_POINTS] = {
	[FORK] = "sched_process_fork",
	[FREE] = "sched_process_free",
};

struct ssi_lifecycle {
	struct tracepoint *points[NR_POINTS];
	void *probes[NR_POINTS];
	void *data;
};

static void find_point(struct tracepoint *point, void *data)
{
	struct ssi_lifecycle *lifecycle = data;
	unsigned int i;

	for (i = 0; i < NR_POINTS; i++)
		if (!strcmp(point->name, names[i]))
			lifecycle->points[i] = point;
}

static void remove_first(struct ssi_lifecycle *lifecycle, unsigned int count)
{
	while (count--)
		tracepoint_probe_unregister(lifecycle->points[count],
					    lifecycle->probes[count],
					    lifecycle->data);
	tracepoint_synchronize_unregister();
	kfree(lifecycle);
}

/**
 * ssi_lifecycle_install() - begin to hear
 * @ops: whom to tell
 * @data: for @ops
 * Return: to be undone with ssi_lifecycle_remove(); ERR_PTR(-ENOENT) when the
 *	kernel has no such tracepoint, which is logged, or ERR_PTR(-ENOMEM).
 */
struct ssi_lifecycle *
ssi_lifecycle_install(const struct ssi_lifecycle_ops *ops, void *data)
{
	struct ssi_lifecycle *lifecycle = kzalloc(sizeof(*lifecycle),
						  GFP_KERNEL);
	unsigned int i;
	int err = 0;

	if (!lifecycle)
		return ERR_PTR(-ENOMEM);
	lifecycle->data = data;
	lifecycle->probes[FORK] = ops->forked;
	lifecycle->probes[FREE] = ops->freed;
	for_each_kernel_tracepoint(find_point, lifecycle);
	for (i = 0; i < NR_POINTS && !err; i++) {
		err = -ENOENT;
		if (lifecycle->points[i])
			err = tracepoint_probe_register(lifecycle->points[i],
							lifecycle->probes[i],
							data);
		if (err)
			break;
	}
	if (!err)
		return lifecycle;
	pr_err("tracepoint %s: error %d\n", names[i], err);
	remove_first(lifecycle, i);
	return ERR_PTR(err);
}

/**
 * ssi_lifecycle_remove() - hear no more
 * @lifecycle: what ssi_lifecycle_install() returned
 * Context: sleeps until no call of the ops is under way.
 */
void ssi_lifecycle_remove(struct ssi_lifecycle *lifecycle)
{
	remove_first(lifecycle, NR_POINTS);
}
