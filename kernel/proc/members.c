// SPDX-License-Identifier: GPL-2.0-only
/*
 * members.c: the table of tasks, and their capabilities.
 *
 * Owns what becomes of a capability when a task forks, and who may change one.
 * A task that is not in the table has the sets of caps_default(), as init has.
 */
#include "proc-private.h"

#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

static void member_free(struct kref *ref)
{
	struct ssi_member *member = container_of(ref, struct ssi_member, ref);

	import_free(member->import);
	kfree_rcu(member, rcu);
}

/**
 * member_put() - drop a reference
 * @member: from member_create(), or one that a reference was taken of
 * Context: any.
 */
void member_put(struct ssi_member *member)
{
	kref_put(&member->ref, member_free);
}

/**
 * member_find() - what is known of a task
 * @proc: the layer
 * @task: any
 * Context: proc->lock held.
 * Return: it, or NULL.
 */
struct ssi_member *member_find(struct ssi_proc *proc,
			       const struct task_struct *task)
{
	struct ssi_member *member;

	lockdep_assert_held(&proc->lock);
	hash_for_each_possible(proc->members, member, link, (long)task)
		if (member->task == task)
			return member;
	return NULL;
}

/**
 * member_create() - a member of no task yet
 * @proc: the layer
 * @gfp: how to allocate
 * Return: with one reference; NULL when there is no memory.
 */
struct ssi_member *member_create(struct ssi_proc *proc, gfp_t gfp)
{
	struct ssi_member *member = kzalloc(sizeof(*member), gfp);

	if (!member)
		return NULL;
	kref_init(&member->ref);
	member->proc = proc;
	caps_default(&member->caps);
	INIT_LIST_HEAD(&member->app_link);
	init_waitqueue_head(&member->wait);
	return member;
}

/**
 * member_insert() - put it into the table
 * @member: whose reference goes to the table
 * @task: that has none, and whose ssi_lifecycle_ops.freed is yet to come
 * Context: proc->lock held.
 */
void member_insert(struct ssi_member *member, struct task_struct *task)
{
	lockdep_assert_held(&member->proc->lock);
	member->task = task;
	hash_add(member->proc->members, &member->link, (long)task);
	atomic_inc(&member->proc->nr_members);
}

/**
 * member_remove() - take it out of the table and of its application
 * @member: in the table
 * Context: proc->lock held.
 */
void member_remove(struct ssi_member *member)
{
	struct ssi_app *app = member->app;

	lockdep_assert_held(&member->proc->lock);
	hash_del(&member->link);
	atomic_dec(&member->proc->nr_members);
	member->state = MEMBER_GONE;
	member->task = NULL;
	if (app) {
		list_del_init(&member->app_link);
		member->app = NULL;
		wake_up_all(&app->wait);
		app_put(app);
	}
	member_put(member);
}

/**
 * caps_default() - the sets of a task that is not in the table
 * @caps: to fill in
 */
void caps_default(struct ksys_cap *caps)
{
	caps->permitted = SSI_CAP_SUPPORTED;
	caps->inheritable_permitted = SSI_CAP_SUPPORTED;
	caps->effective = 1 << SSI_CAP_CHANGE;
	caps->inheritable_effective = 1 << SSI_CAP_CHANGE;
}

/**
 * caps_inherit() - the sets of a new child
 * @parent: its parent's
 * @child: to fill in
 */
void caps_inherit(const struct ksys_cap *parent, struct ksys_cap *child)
{
	*child = *parent;
	child->permitted = parent->inheritable_permitted;
	child->effective = parent->inheritable_effective &
			   parent->inheritable_permitted;
}

/**
 * caps_checkpointable() - may a task with these sets be saved?
 * @caps: the sets
 * Return: true when it may.
 */
bool caps_checkpointable(const struct ksys_cap *caps)
{
	return caps->effective & 1 << SSI_CAP_CHECKPOINTABLE;
}

/* Return: 0, or why these sets can not be. */
static int caps_check(const struct ksys_cap *new, const struct ksys_cap *old)
{
	if (new->permitted & ~SSI_CAP_SUPPORTED)
		return -EOPNOTSUPP;
	if (new->effective & ~new->permitted ||
	    new->inheritable_permitted & ~new->permitted ||
	    new->inheritable_effective & ~new->inheritable_permitted)
		return -EINVAL;
	if (!(old->effective & 1 << SSI_CAP_CHANGE) ||
	    new->permitted & ~old->permitted)
		return -EPERM;
	return 0;
}

static bool may_change(struct task_struct *task)
{
	const struct cred *cred;
	bool same;

	rcu_read_lock();
	cred = __task_cred(task);
	same = uid_eq(current_euid(), cred->euid) &&
	       uid_eq(current_euid(), cred->uid);
	rcu_read_unlock();
	return same || ns_capable(&init_user_ns, CAP_SYS_PTRACE);
}

static int set_caps(struct ssi_proc *proc, struct task_struct *task,
		    const struct ksys_cap *new)
{
	struct ssi_member *fresh = member_create(proc, GFP_KERNEL);
	struct ssi_member *member;
	int err;

	if (!fresh)
		return -ENOMEM;
	spin_lock_irq(&proc->lock);
	member = member_find(proc, task) ?: fresh;
	err = caps_check(new, &member->caps);
	/* Once it is no longer alive, nobody would take it out again. */
	if (!err && !pid_alive(task))
		err = -ESRCH;
	if (!err && member->app && !(new->effective & 1 << SSI_CAP_CHECKPOINTABLE))
		err = -EBUSY;
	if (!err) {
		member->caps = *new;
		if (member == fresh) {
			member_insert(fresh, task);
			fresh = NULL;
		}
	}
	spin_unlock_irq(&proc->lock);
	if (fresh)
		member_put(fresh);
	return err;
}

static void get_caps(struct ssi_proc *proc, struct task_struct *task,
		     struct ksys_cap *caps)
{
	struct ssi_member *member;

	caps_default(caps);
	spin_lock_irq(&proc->lock);
	member = member_find(proc, task);
	if (member)
		*caps = member->caps;
	spin_unlock_irq(&proc->lock);
}

static struct task_struct *find_task(pid_t pid)
{
	struct pid *found = find_get_pid(pid);
	struct task_struct *task = get_pid_task(found, PIDTYPE_PID);

	put_pid(found);
	return task;
}

static struct task_struct *find_father(void)
{
	struct task_struct *father;

	rcu_read_lock();
	father = rcu_dereference(current->real_parent);
	get_task_struct(father);
	rcu_read_unlock();
	return father;
}

/**
 * ssi_proc_set_caps() - change the sets of a task
 * @proc: the layer
 * @pid: the task; 0: the caller, -1: its parent
 * @arg: struct ksys_cap
 * Return: 0; -EFAULT, -ESRCH, -ENOMEM; -EINVAL, -EOPNOTSUPP, -EPERM as of the rules
 *	of sets; -EBUSY: a member of an application stays checkpointable.
 */
int ssi_proc_set_caps(struct ssi_proc *proc, pid_t pid, const void __user *arg)
{
	struct task_struct *task;
	struct ksys_cap caps;
	int err;

	if (copy_from_user(&caps, arg, sizeof(caps)))
		return -EFAULT;
	task = pid == -1 ? find_father() : !pid ? get_task_struct(current) :
	       find_task(pid);
	if (!task)
		return -ESRCH;
	err = -EPERM;
	if (may_change(task) && !is_global_init(task) &&
	    !(task->flags & PF_KTHREAD))
		err = set_caps(proc, task, &caps);
	put_task_struct(task);
	return err;
}

/**
 * ssi_proc_get_caps() - show the sets of a task
 * @proc: the layer
 * @pid: the task; 0: the caller, -1: its parent
 * @arg: struct ksys_cap
 * Return: 0, -EFAULT, -ESRCH.
 */
int ssi_proc_get_caps(struct ssi_proc *proc, pid_t pid, void __user *arg)
{
	struct task_struct *task;
	struct ksys_cap caps;

	task = pid == -1 ? find_father() : !pid ? get_task_struct(current) :
	       find_task(pid);
	if (!task)
		return -ESRCH;
	get_caps(proc, task, &caps);
	put_task_struct(task);
	return copy_to_user(arg, &caps, sizeof(caps)) ? -EFAULT : 0;
}
