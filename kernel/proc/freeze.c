// SPDX-License-Identifier: GPL-2.0-only
/*
 * freeze.c: stops an application as a whole, and lets it go on.
 *
 * Each thread gets a task work and runs it on its way back to user mode: it
 * parks there, killable.  Interrupted system calls stand still between their
 * result and their restart, so nothing is lost.  A thread's children are known
 * when it is parked; new ones are queued too, until all are parked.
 *
 *	member	RUN	-> QUEUED	freeze, or its own import
 *		QUEUED	-> PARKED	it is in park() and is held
 *		QUEUED	-> RUN		it is in park(), nothing holds it any more
 *		PARKED	-> RUN		thaw
 *		any	-> GONE		it exits
 *	app	RUNNING	-> FREEZING	app_freeze()
 *		FREEZING -> FROZEN	all are parked
 *		FREEZING -> RUNNING	one would not stop; the caller was killed
 *		FROZEN	-> RUNNING	app_thaw()
 *		RESTORING -> FROZEN	app_finish()
 *
 * A queued work holds the module: what was asked of a thread that sleeps in the
 * kernel for long is still pending after a freeze that failed.
 */
#include "proc-private.h"

#include <asm/fpu/api.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>

#define POLL_JIFFIES	max_t(long, HZ / 100, 1)	/* while one is exiting */

static bool is_held(const struct ssi_app *app)
{
	return app && app->state != APP_RUNNING;
}

/* Has the parked task anything to do?  Takes its request. */
static bool next_step(struct ssi_member *member,
		      struct export_request **request)
{
	bool step;

	spin_lock_irq(&member->proc->lock);
	*request = member->request;
	member->request = NULL;
	step = *request || !is_held(member->app);
	spin_unlock_irq(&member->proc->lock);
	return step;
}

static void set_member_state(struct ssi_member *member,
			     enum member_state state)
{
	struct export_request *request = NULL;

	spin_lock_irq(&member->proc->lock);
	/* The table may have let go of a task that is exiting. */
	if (member->state != MEMBER_GONE)
		member->state = state;
	if (state != MEMBER_PARKED) {
		request = member->request;
		member->request = NULL;
	}
	if (member->app)
		wake_up_all(&member->app->wait);
	spin_unlock_irq(&member->proc->lock);
	if (request)
		export_cancel(request);
}

/* Return: false when the task was killed. */
static bool stand_still(struct ssi_member *member)
{
	struct export_request *request;

	for (;;) {
		set_member_state(member, MEMBER_PARKED);
		if (wait_event_killable(member->wait,
					next_step(member, &request)))
			return false;
		if (!request)
			return true;
		export_run(request);
	}
}

/* The first time that a restored thread goes on, and only then */
static void settle(struct ssi_member *member)
{
	struct ssi_import *import;

	spin_lock_irq(&member->proc->lock);
	import = member->import;
	member->import = NULL;
	spin_unlock_irq(&member->proc->lock);
	if (!import)
		return;
	import_settle(import);
	import_free(import);
}

/*
 * These end with EINTR when anything interrupts them, never begin again, and
 * nothing but us did.  Their time, if they have one, begins again.
 */
static void resume_interrupted_call(void)
{
	struct pt_regs *regs = task_pt_regs(current);

	if (regs->ax != -EINTR || task_sigpending(current))
		return;
	switch (syscall_get_nr(current, regs)) {
	case __NR_epoll_wait:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
	case __NR_rt_sigtimedwait:
	case __NR_semop:
	case __NR_semtimedop:
		regs->ax = -ERESTARTNOHAND;
	}
}

static void park(struct callback_head *work)
{
	struct ssi_member *member = container_of(work, struct ssi_member, work);
	bool held, alive = !(current->flags & PF_EXITING);

	spin_lock_irq(&member->proc->lock);
	held = is_held(member->app);
	member->work_queued = false;
	spin_unlock_irq(&member->proc->lock);
	/*
	 * What ptrace does when a task has stopped: the registers of the FPU
	 * are in memory, from where they are loaded again.
	 */
	if (alive && held) {
		resume_interrupted_call();
		kernel_fpu_begin();
		kernel_fpu_end();
		alive = stand_still(member);
	}
	if (alive)
		settle(member);
	set_member_state(member, alive ? MEMBER_RUN : MEMBER_GONE);
	member_put(member);
	module_put(THIS_MODULE);
}

/**
 * member_queue() - tell a task to park
 * @member: in the table, in an application that is held
 * Context: proc->lock held.
 * Return: 0, or -ESRCH when it exits.
 */
int member_queue(struct ssi_member *member)
{
	lockdep_assert_held(&member->proc->lock);
	member->state = MEMBER_QUEUED;
	if (member->work_queued)
		return 0;
	init_task_work(&member->work, park);
	if (task_work_add(member->task, &member->work, TWA_SIGNAL)) {
		member->state = MEMBER_GONE;
		return -ESRCH;
	}
	member->work_queued = true;
	kref_get(&member->ref);
	__module_get(THIS_MODULE);
	return 0;
}

/* Queue who is not yet.  Return: a member that is not parked, or NULL. */
static struct ssi_member *queue_members(struct ssi_app *app)
{
	struct ssi_member *member, *late = NULL;

	list_for_each_entry(member, &app->members, app_link) {
		if (member->state == MEMBER_RUN)
			member_queue(member);
		if (member->state == MEMBER_QUEUED)
			late = member;
		/* It holds what it has until it is a zombie. */
		if (member->state == MEMBER_GONE &&
		    !READ_ONCE(member->task->exit_state))
			late = member;
	}
	return late;
}

static bool all_parked(struct ssi_app *app, struct kapp_report *report)
{
	struct ssi_member *late;

	spin_lock_irq(&app->proc->lock);
	late = queue_members(app);
	if (late && report) {
		report->tid = task_pid_vnr(late->task);
		report->fd = -1;
		scnprintf(report->text, sizeof(report->text),
			  "%.16s does not stop", late->task->comm);
	}
	spin_unlock_irq(&app->proc->lock);
	return !late;
}

/**
 * app_wait_parked() - until each member stands still
 * @app: held
 * @timeout_ms: until when
 * @report: out: who does not
 * Return: 0, -EINTR when killed, -ETIMEDOUT.
 */
int app_wait_parked(struct ssi_app *app, unsigned int timeout_ms,
		    struct kapp_report *report)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(timeout_ms);
	long ret;

	for (;;) {
		ret = wait_event_killable_timeout(app->wait,
						  all_parked(app, NULL),
						  POLL_JIFFIES);
		if (ret)
			return ret > 0 ? 0 : -EINTR;
		if (time_after(jiffies, deadline))
			return all_parked(app, report) ? 0 : -ETIMEDOUT;
	}
}

static void wake_members(struct ssi_app *app)
{
	struct ssi_member *member;

	lockdep_assert_held(&app->proc->lock);
	list_for_each_entry(member, &app->members, app_link)
		wake_up_all(&member->wait);
}

/* A frozen application has to be whole. */
static int check_members(struct ssi_app *app, struct kapp_report *report)
{
	struct ssi_member *member;
	int err = app->incomplete ? -ENOMEM : 0;
	int alive = 0;

	lockdep_assert_held(&app->proc->lock);
	list_for_each_entry(member, &app->members, app_link) {
		if (member->state == MEMBER_PARKED) {
			alive++;
			continue;
		}
		/* Reaped, and only not freed yet */
		if (READ_ONCE(member->task->exit_state) == EXIT_DEAD)
			continue;
		report->tid = task_pid_vnr(member->task);
		report->fd = -1;
		strscpy(report->text, "is dead", sizeof(report->text));
		err = -SSI_E_TASKDEAD;
	}
	return err ?: alive ? 0 : -ESRCH;
}

static int begin_freeze(struct ssi_app *app)
{
	struct ssi_member *self;
	int err = -EPERM;

	spin_lock_irq(&app->proc->lock);
	self = member_find(app->proc, current);
	if (app->state == APP_RUNNING && (!self || self->app != app)) {
		app->state = APP_FREEZING;
		err = 0;
	}
	spin_unlock_irq(&app->proc->lock);
	return err;
}

/**
 * app_freeze() - stop all members, or none
 * @app: with a reference
 * @owner: whose end thaws it
 * @timeout_ms: until when all have to stand still
 * @report: out: which thread is why it failed
 * Return: 0; -EPERM not running, or the caller is a member; -ETIMEDOUT; -EINTR
 *	when killed; -SSI_E_TASKDEAD; -ESRCH no member; -ENOMEM a child is not
 *	known because there was no memory.
 */
int app_freeze(struct ssi_app *app, void *owner, unsigned int timeout_ms,
	       struct kapp_report *report)
{
	int err = mutex_lock_killable(&app->op);

	if (err)
		return err;
	err = begin_freeze(app);
	if (err)
		goto out;
	err = app_wait_parked(app, timeout_ms, report);
	spin_lock_irq(&app->proc->lock);
	if (!err)
		err = check_members(app, report);
	app->state = err ? APP_RUNNING : APP_FROZEN;
	app->owner = err ? NULL : owner;
	if (err)
		wake_members(app);
	spin_unlock_irq(&app->proc->lock);
out:
	mutex_unlock(&app->op);
	return err;
}

/**
 * app_thaw() - let it go on
 * @app: with a reference
 * @sig: for every process first, or 0
 * Return: 0; -EPERM when it is not frozen.
 */
int app_thaw(struct ssi_app *app, int sig)
{
	struct ssi_member *member;
	int err = -EPERM;

	/* Not killable: whoever has the lock is, and this has to be done. */
	mutex_lock(&app->op);
	spin_lock_irq(&app->proc->lock);
	if (app->state == APP_FROZEN) {
		err = 0;
		list_for_each_entry(member, &app->members, app_link)
			if (sig && thread_group_leader(member->task))
				kill_pid(task_pid(member->task), sig, 1);
		app->state = APP_RUNNING;
		app->owner = NULL;
		wake_members(app);
	}
	spin_unlock_irq(&app->proc->lock);
	mutex_unlock(&app->op);
	return err;
}
