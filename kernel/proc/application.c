// SPDX-License-Identifier: GPL-2.0-only
/*
 * application.c: which tasks belong together.
 *
 * An application begins when a checkpointable task forks for the first time, or
 * when it is first asked for; its id is the pid of that task.  Children that
 * are checkpointable are in it.  It ends with its last member and descriptor.
 */
#include "proc-private.h"
#include "../hook/lifecycle.h"

#include <linux/err.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

/**
 * app_create() - a new application, without members
 * @proc: the layer
 * @id: that no other has
 * @gfp: how to allocate
 * Context: proc->lock held.
 * Return: with one reference; NULL when there is no memory.
 */
struct ssi_app *app_create(struct ssi_proc *proc, long id, gfp_t gfp)
{
	struct ssi_app *app = kzalloc(sizeof(*app), gfp);

	lockdep_assert_held(&proc->lock);
	if (!app)
		return NULL;
	app->proc = proc;
	app->id = id;
	app->refs = 1;
	INIT_LIST_HEAD(&app->members);
	init_waitqueue_head(&app->wait);
	mutex_init(&app->op);
	get_random_bytes(&app->key, sizeof(app->key));
	list_add(&app->link, &proc->apps);
	return app;
}

/**
 * app_find() - look for one by its id
 * @proc: the layer
 * @id: any
 * Context: proc->lock held.
 * Return: it, without a reference, or NULL.
 */
struct ssi_app *app_find(struct ssi_proc *proc, long id)
{
	struct ssi_app *app;

	lockdep_assert_held(&proc->lock);
	list_for_each_entry(app, &proc->apps, link)
		if (app->id == id)
			return app;
	return NULL;
}

/**
 * app_put() - drop a reference
 * @app: it may be gone then
 * Context: proc->lock held.
 */
void app_put(struct ssi_app *app)
{
	lockdep_assert_held(&app->proc->lock);
	if (--app->refs)
		return;
	list_del(&app->link);
	kfree(app);
}

/**
 * app_join() - make a task a member
 * @app: of which it is one then
 * @member: of no application
 * Context: proc->lock held.
 */
void app_join(struct ssi_app *app, struct ssi_member *member)
{
	lockdep_assert_held(&app->proc->lock);
	app->refs++;
	member->app = app;
	list_add_tail(&member->app_link, &app->members);
}

/* The application of @parent, made if need be; NULL: it has none. */
static struct ssi_app *app_of_parent(struct ssi_member *parent)
{
	struct ssi_app *app = parent->app;

	if (app || !caps_checkpointable(&parent->caps))
		return app;
	app = app_create(parent->proc, task_tgid_nr(parent->task), GFP_ATOMIC);
	if (app) {
		app_join(app, parent);
		app_put(app);
	}
	return app;
}

static void task_forked(void *data, struct task_struct *parent,
			struct task_struct *child)
{
	struct ssi_member *member, *fresh;
	struct ssi_proc *proc = data;
	struct ssi_app *app;
	unsigned long flags;

	if (!atomic_read(&proc->nr_members))
		return;
	spin_lock_irqsave(&proc->lock, flags);
	member = member_find(proc, parent);
	if (!member)
		goto out;
	app = app_of_parent(member);
	fresh = member_create(proc, GFP_ATOMIC);
	if (!fresh) {
		if (app)
			app->incomplete = true;
		goto out;
	}
	caps_inherit(&member->caps, &fresh->caps);
	member_insert(fresh, child);
	if (app && caps_checkpointable(&fresh->caps))
		app_join(app, fresh);
out:
	spin_unlock_irqrestore(&proc->lock, flags);
}

static void task_freed(void *data, struct task_struct *task)
{
	struct ssi_member *member;
	struct ssi_proc *proc = data;
	unsigned long flags;

	if (!atomic_read(&proc->nr_members))
		return;
	spin_lock_irqsave(&proc->lock, flags);
	member = member_find(proc, task);
	if (member)
		member_remove(member);
	spin_unlock_irqrestore(&proc->lock, flags);
}

static const struct ssi_lifecycle_ops lifecycle_ops = {
	.forked = task_forked,
	.freed = task_freed,
};

static struct task_struct *find_leader(pid_t pid)
{
	struct pid *found = find_get_pid(pid);
	struct task_struct *task = get_pid_task(found, PIDTYPE_TGID);

	put_pid(found);
	return task;
}

/**
 * app_of_pid() - the application of a process, made if need be
 * @proc: the layer
 * @pid: process, as the caller sees it
 * @app: out: with a reference
 * Return: 0; -ESRCH no such process; -EPERM: not checkpointable; -ENOMEM.
 */
int app_of_pid(struct ssi_proc *proc, pid_t pid, struct ssi_app **app)
{
	struct task_struct *task = find_leader(pid);
	struct ssi_member *member;
	int err = -EPERM;

	if (!task)
		return -ESRCH;
	spin_lock_irq(&proc->lock);
	member = member_find(proc, task);
	if (member && (member->app || caps_checkpointable(&member->caps))) {
		*app = app_of_parent(member);
		err = *app ? 0 : -ENOMEM;
		if (*app)
			(*app)->refs++;
	}
	spin_unlock_irq(&proc->lock);
	put_task_struct(task);
	return err;
}

/**
 * ssi_proc_create() - start the layer
 * @resources: what is saved and restored, in order; ends with NULL
 * Return: to be undone with ssi_proc_destroy(); ERR_PTR(-ENOENT) when the
 *	kernel lacks something, which is logged, or ERR_PTR(-ENOMEM).
 */
struct ssi_proc *ssi_proc_create(const struct ssi_resource *const *resources)
{
	struct ssi_proc *proc = kzalloc(sizeof(*proc), GFP_KERNEL);
	int err;

	if (!proc)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&proc->lock);
	hash_init(proc->members);
	INIT_LIST_HEAD(&proc->apps);
	proc->resources = resources;
	err = ssi_symbols_resolve(&proc->symbols);
	if (err)
		goto err_free;
	proc->lifecycle = ssi_lifecycle_install(&lifecycle_ops, proc);
	err = PTR_ERR_OR_ZERO(proc->lifecycle);
	if (!err)
		return proc;
err_free:
	kfree(proc);
	return ERR_PTR(err);
}

/**
 * ssi_proc_destroy() - stop the layer
 * @proc: without open descriptors and parked tasks: each holds the module
 */
void ssi_proc_destroy(struct ssi_proc *proc)
{
	struct ssi_member *member;
	struct hlist_node *next;
	int i;

	ssi_lifecycle_remove(proc->lifecycle);
	spin_lock_irq(&proc->lock);
	hash_for_each_safe(proc->members, i, next, member, link)
		member_remove(member);
	spin_unlock_irq(&proc->lock);
	/* Who has dropped its hold on the module may still be on its way out. */
	synchronize_rcu_tasks();
	rcu_barrier();
	kfree(proc);
}
