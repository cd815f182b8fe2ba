// SPDX-License-Identifier: GPL-2.0-only
/*
 * appfile.c: what user space may ask, and descriptors of applications.
 *
 * Owns the copies between user space and kernel, and the checks of who may.
 * What was begun on a descriptor and not kept is undone when it is closed: the
 * application of a tool that dies goes on.
 */
#include "proc-private.h"

#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <linux/uaccess.h>

#define TIMEOUT_MS_MAX	600000

/**
 * struct session - an open descriptor
 * @app: with a reference
 * @creator: it was made for a restart by this one
 */
struct session {
	struct ssi_app *app;
	bool creator;
};

static void session_undo(struct session *session)
{
	struct ssi_app *app = session->app;
	bool thaw, kill;

	spin_lock_irq(&app->proc->lock);
	thaw = app->owner == session && app->state == APP_FROZEN;
	kill = app->owner == session && session->creator;
	spin_unlock_irq(&app->proc->lock);
	if (kill)
		app_kill(app);
	else if (thaw)
		app_thaw(app, 0);
}

static int session_release(struct inode *inode, struct file *file)
{
	struct session *session = file->private_data;
	struct ssi_app *app = session->app;
	struct ssi_proc *proc = app->proc;

	session_undo(session);
	spin_lock_irq(&proc->lock);
	app_put(app);
	spin_unlock_irq(&proc->lock);
	kfree(session);
	return 0;
}

static int freeze(struct session *session, void __user *arg)
{
	struct kapp_freeze args;
	int err;

	if (copy_from_user(&args, arg, sizeof(args)))
		return -EFAULT;
	if (args.reserved || args.timeout_ms > TIMEOUT_MS_MAX)
		return -EINVAL;
	memset(&args.report, 0, sizeof(args.report));
	err = app_freeze(session->app, session, args.timeout_ms, &args.report);
	if (copy_to_user(arg, &args, sizeof(args)))
		return -EFAULT;
	return err;
}

static int thaw(struct session *session, int __user *arg)
{
	int sig;

	if (get_user(sig, arg))
		return -EFAULT;
	if (sig < 0 || sig >= 32)
		return -EINVAL;
	return app_thaw(session->app, sig);
}

static int keep(struct session *session)
{
	spin_lock_irq(&session->app->proc->lock);
	if (session->app->owner == session)
		session->app->owner = NULL;
	spin_unlock_irq(&session->app->proc->lock);
	return 0;
}

static int fill_members(struct ssi_app *app, struct kapp_member *members,
			u32 room, u32 *count)
{
	struct ssi_member *member;
	int err = -EPERM;

	*count = 0;
	spin_lock_irq(&app->proc->lock);
	if (app->state == APP_FROZEN) {
		err = 0;
		list_for_each_entry(member, &app->members, app_link) {
			if (member->state != MEMBER_PARKED)
				continue;
			if (*count < room) {
				members[*count].tid =
					task_pid_vnr(member->task);
				members[*count].tgid =
					task_tgid_vnr(member->task);
			}
			++*count;
		}
	}
	spin_unlock_irq(&app->proc->lock);
	return err;
}

static int members(struct session *session, void __user *arg)
{
	struct kapp_member *list;
	struct kapp_members args;
	int err;

	if (copy_from_user(&args, arg, sizeof(args)))
		return -EFAULT;
	if (args.room > PID_MAX_LIMIT)
		return -EINVAL;
	list = kvcalloc(args.room + 1, sizeof(*list), GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	err = fill_members(session->app, list, args.room, &args.count);
	if (!err && (copy_to_user(u64_to_user_ptr(args.members), list,
				  min(args.room, args.count) * sizeof(*list)) ||
		     copy_to_user(arg, &args, sizeof(args))))
		err = -EFAULT;
	kvfree(list);
	return err;
}

static int export(struct session *session, void __user *arg)
{
	struct kapp_export args;
	struct file *file;
	int err;

	if (copy_from_user(&args, arg, sizeof(args)))
		return -EFAULT;
	file = fget(args.fd);
	if (!file)
		return -EBADF;
	memset(&args.report, 0, sizeof(args.report));
	err = -EBADF;
	if (file->f_mode & FMODE_WRITE)
		err = app_export(session->app, &args, file);
	fput(file);
	if (copy_to_user(arg, &args, sizeof(args)))
		return -EFAULT;
	return err;
}

static int set_version(struct session *session, int __user *arg)
{
	int version;

	if (get_user(version, arg))
		return -EFAULT;
	if (version < 1)
		return -EINVAL;
	WRITE_ONCE(session->app->version, version);
	return 0;
}

static int import(struct session *session, void __user *arg)
{
	struct kapp_import args;
	struct file *file;
	int err;

	if (copy_from_user(&args, arg, sizeof(args)))
		return -EFAULT;
	file = fget(args.fd);
	if (!file)
		return -EBADF;
	memset(&args.report, 0, sizeof(args.report));
	err = -EBADF;
	if (file->f_mode & FMODE_READ)
		err = app_import(session->app, &args, file);
	fput(file);
	/* When it succeeds the memory is no longer that of who asked. */
	if (err && copy_to_user(arg, &args, sizeof(args)))
		return -EFAULT;
	return err;
}

static int finish(struct session *session, void __user *arg)
{
	struct kapp_finish args;
	int err;

	if (copy_from_user(&args, arg, sizeof(args)))
		return -EFAULT;
	if (args.reserved || args.timeout_ms > TIMEOUT_MS_MAX || !args.count)
		return -EINVAL;
	memset(&args.report, 0, sizeof(args.report));
	err = app_finish(session->app, &args);
	if (copy_to_user(arg, &args, sizeof(args)))
		return -EFAULT;
	return err;
}

static long session_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	struct session *session = file->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case KAPP_FREEZE:
		return freeze(session, user);
	case KAPP_THAW:
		return thaw(session, user);
	case KAPP_KEEP:
		return keep(session);
	case KAPP_MEMBERS:
		return members(session, user);
	case KAPP_EXPORT:
		return export(session, user);
	case KAPP_SET_VERSION:
		return set_version(session, user);
	case KAPP_IMPORT:
		return import(session, user);
	case KAPP_FINISH:
		return finish(session, user);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations session_fops = {
	.owner = THIS_MODULE,
	.release = session_release,
	.unlocked_ioctl = session_ioctl,
	.llseek = noop_llseek,
};

/* The reference to @app goes with it, also when it fails. */
static int open_session(struct ssi_app *app, bool creator)
{
	struct session *session = kzalloc(sizeof(*session), GFP_KERNEL);
	struct ssi_proc *proc = app->proc;
	int fd = -ENOMEM;

	if (session) {
		session->app = app;
		session->creator = creator;
		if (creator)
			app->owner = session;
		fd = anon_inode_getfd("[ssi-app]", &session_fops, session,
				      O_RDWR | O_CLOEXEC);
	}
	if (fd >= 0)
		return fd;
	kfree(session);
	spin_lock_irq(&proc->lock);
	app_put(app);
	spin_unlock_irq(&proc->lock);
	return fd;
}

/* Return: the member's task of that place, with a reference; NULL: no such. */
static struct task_struct *get_member(struct ssi_app *app, int place)
{
	struct task_struct *task = NULL;
	struct ssi_member *member;

	spin_lock_irq(&app->proc->lock);
	list_for_each_entry(member, &app->members, app_link)
		if (!place--) {
			task = get_task_struct(member->task);
			break;
		}
	spin_unlock_irq(&app->proc->lock);
	return task;
}

/*
 * May the caller stop and read each of its members?  Asked without proc->lock,
 * which softirqs take: the answer needs locks that are taken with them on.
 */
static bool app_may_access(struct ssi_app *app)
{
	struct task_struct *task;
	bool may = true;
	int place;

	for (place = 0; may && (task = get_member(app, place)); place++) {
		may = app->proc->symbols.ptrace_may_access(task,
						PTRACE_MODE_READ_REALCREDS);
		put_task_struct(task);
	}
	return may;
}

static int find_app(struct ssi_proc *proc, const struct ksys_app *args,
		    struct ssi_app **app)
{
	if (args->flags & KSYS_APP_FROM_PID)
		return app_of_pid(proc, args->id, app);
	spin_lock_irq(&proc->lock);
	*app = app_find(proc, args->id);
	if (*app)
		(*app)->refs++;
	spin_unlock_irq(&proc->lock);
	return *app ? 0 : -ESRCH;
}

static int open_app(struct ssi_proc *proc, struct ksys_app __user *arg)
{
	struct ksys_app args;
	struct ssi_app *app;
	int err;

	if (copy_from_user(&args, arg, sizeof(args)))
		return -EFAULT;
	if (args.size != sizeof(args) || args.reserved || args.id < 2 ||
	    args.id > PID_MAX_LIMIT || args.flags & ~KSYS_APP_FROM_PID)
		return -EINVAL;
	err = find_app(proc, &args, &app);
	if (err)
		return err;
	args.id = app->id;
	args.version = app->version;
	err = app_may_access(app) ? 0 : -EPERM;
	if (!err && copy_to_user(arg, &args, sizeof(args)))
		err = -EFAULT;
	if (!err)
		return open_session(app, false);
	spin_lock_irq(&proc->lock);
	app_put(app);
	spin_unlock_irq(&proc->lock);
	return err;
}

static int create_app(struct ssi_proc *proc, const struct ksys_app __user *arg)
{
	struct ssi_app *app = NULL;
	struct ksys_app args;
	int err;

	if (copy_from_user(&args, arg, sizeof(args)))
		return -EFAULT;
	if (args.size != sizeof(args) || args.reserved || args.flags ||
	    args.id < 2 || args.id > PID_MAX_LIMIT)
		return -EINVAL;
	/* As to choose a pid, or what /proc/PID/exe says, by other ways. */
	if (!checkpoint_restore_ns_capable(&init_user_ns))
		return -EPERM;
	spin_lock_irq(&proc->lock);
	err = app_find(proc, args.id) ? -SSI_E_APPBUSY : -ENOMEM;
	if (err == -ENOMEM)
		app = app_create(proc, args.id, GFP_ATOMIC);
	if (app)
		app->state = APP_RESTORING;
	spin_unlock_irq(&proc->lock);
	return app ? open_session(app, true) : err;
}

static int pid_caps(struct ssi_proc *proc, unsigned int cmd, void __user *arg)
{
	struct ksys_cap_pid args;
	void __user *caps;

	if (copy_from_user(&args, arg, sizeof(args)))
		return -EFAULT;
	if (args.reserved || args.pid < 1)
		return -EINVAL;
	caps = u64_to_user_ptr(args.caps);
	return cmd == KSYS_SET_PID_CAP ? ssi_proc_set_caps(proc, args.pid, caps) :
					 ssi_proc_get_caps(proc, args.pid, caps);
}

/**
 * ssi_proc_ioctl() - the layer's part of /proc/kerrighed/services
 * @proc: the layer
 * @cmd: KSYS_...
 * @arg: its argument, in user space
 * Return: what uapi/ssi/app.h says; -ENOTTY when it is none of these.
 */
long ssi_proc_ioctl(struct ssi_proc *proc, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case KSYS_SET_CAP:
		return ssi_proc_set_caps(proc, 0, user);
	case KSYS_GET_CAP:
		return ssi_proc_get_caps(proc, 0, user);
	case KSYS_SET_FATHER_CAP:
		return ssi_proc_set_caps(proc, -1, user);
	case KSYS_GET_FATHER_CAP:
		return ssi_proc_get_caps(proc, -1, user);
	case KSYS_SET_PID_CAP:
	case KSYS_GET_PID_CAP:
		return pid_caps(proc, cmd, user);
	case KSYS_GET_SUPPORTED_CAP:
		return put_user(SSI_CAP_SUPPORTED, (int __user *)user);
	case KSYS_APP_OPEN:
		return open_app(proc, user);
	case KSYS_APP_CREATE:
		return create_app(proc, user);
	default:
		return -ENOTTY;
	}
}
