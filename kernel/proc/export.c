// SPDX-License-Identifier: GPL-2.0-only
/*
 * export.c: has a parked task write its state.
 *
 * The request travels to the task, its answer comes back by a channel.  Both
 * sides hold the request, for either may be killed.
 */
#include "proc-private.h"

#include <linux/fs_struct.h>
#include <linux/path.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

/**
 * struct export_request - what a task shall write
 * @ref: the task's, and of who asked
 * @writer: where to
 * @report: what can not be saved
 * @resources: what to write
 * @part: KAPP_EXPORT_...
 * @nr_threads: members of this process
 */
struct export_request {
	struct kref ref;
	struct ssi_writer writer;
	struct kapp_report report;
	const struct ssi_resource *const *resources;
	unsigned int part;
	int nr_threads;
};

static void request_free(struct kref *ref)
{
	struct export_request *request = container_of(ref,
						      struct export_request,
						      ref);

	ssi_channel_put(request->writer.channel);
	kfree(request);
}

static int put_header(struct export_request *request)
{
	struct ssi_image_header header = {
		.machine = cpu_to_le32(SSI_IMAGE_MACHINE),
		.page_size = cpu_to_le32(SSI_IMAGE_PAGE),
		.app_id = cpu_to_le64(request->writer.app_id),
		.tgid = cpu_to_le32(task_tgid_vnr(current)),
		.tid = cpu_to_le32(task_pid_vnr(current)),
		.nr_threads = cpu_to_le32(request->nr_threads),
	};

	memcpy(header.magic, SSI_IMAGE_MAGIC, sizeof(header.magic));
	if (request->nr_threads != get_nr_threads(current))
		return ssi_writer_refuse(&request->writer, -1,
					 "process has threads outside the application");
	return ssi_writer_put(&request->writer, SSI_RECORD_HEADER, &header,
			      sizeof(header));
}

static int put_end(struct export_request *request)
{
	struct ssi_image_end end = {
		.count = cpu_to_le64(request->writer.count),
	};

	return ssi_writer_put(&request->writer, SSI_RECORD_END, &end,
			      sizeof(end));
}

static int put_all(struct export_request *request)
{
	const struct ssi_resource *const *resource = request->resources;
	bool pages = request->part == KAPP_EXPORT_PAGES;
	int (*put)(struct ssi_writer *writer);
	int err = pages ? 0 : put_header(request);

	for (; !err && *resource; resource++) {
		put = pages ? (*resource)->put_pages : (*resource)->put_state;
		if (put && ((*resource)->of_thread ||
			    thread_group_leader(current)))
			err = put(&request->writer);
	}
	return err ?: pages ? put_end(request) : 0;
}

/**
 * export_run() - write what is asked for
 * @request: whose reference goes with it
 * Context: in the task whose state it is, parked.
 */
void export_run(struct export_request *request)
{
	ssi_channel_finish(request->writer.channel, put_all(request));
	kref_put(&request->ref, request_free);
}

/**
 * export_cancel() - the task does not live to do it
 * @request: whose reference goes with it
 */
void export_cancel(struct export_request *request)
{
	ssi_channel_finish(request->writer.channel, -ESRCH);
	kref_put(&request->ref, request_free);
}

static struct export_request *make_request(struct ssi_app *app,
					   const struct kapp_export *args)
{
	struct export_request *request = kzalloc(sizeof(*request), GFP_KERNEL);

	if (!request)
		return NULL;
	kref_init(&request->ref);
	request->part = args->part;
	request->resources = app->proc->resources;
	request->report.fd = -1;
	request->writer.report = &request->report;
	request->writer.symbols = &app->proc->symbols;
	request->writer.ns = *current->nsproxy;
	get_fs_root(current->fs, &request->writer.root);
	path_put(&request->writer.root);
	request->writer.pid_ns = task_active_pid_ns(current);
	request->writer.key = app->key;
	request->writer.app_id = app->id;
	request->writer.count = args->count;
	request->writer.channel = ssi_channel_create();
	if (request->writer.channel)
		return request;
	kfree(request);
	return NULL;
}

static struct ssi_member *find_parked(struct ssi_app *app, pid_t tid)
{
	struct ssi_member *member;

	lockdep_assert_held(&app->proc->lock);
	list_for_each_entry(member, &app->members, app_link)
		if (task_pid_vnr(member->task) == tid)
			return member->state == MEMBER_PARKED ? member : NULL;
	return NULL;
}

/* Who is its parent, and how many of its threads are members? */
static void look_around(struct ssi_app *app, struct task_struct *task,
			struct export_request *request)
{
	struct task_struct *parent;
	struct ssi_member *member;

	lockdep_assert_held(&app->proc->lock);
	rcu_read_lock();
	parent = rcu_dereference(task->real_parent)->group_leader;
	list_for_each_entry(member, &app->members, app_link) {
		if (member->task == parent)
			request->writer.ppid = task_tgid_vnr(parent);
		if (same_thread_group(member->task, task) &&
		    !member->task->exit_state)
			request->nr_threads++;
	}
	rcu_read_unlock();
}

/* May the caller read it?  Asked without proc->lock: see app_may_access(). */
static int check_access(struct ssi_app *app, pid_t tid)
{
	struct task_struct *task = NULL;
	struct ssi_member *member;
	int err;

	spin_lock_irq(&app->proc->lock);
	member = find_parked(app, tid);
	if (member)
		task = get_task_struct(member->task);
	spin_unlock_irq(&app->proc->lock);
	if (!task)
		return -ESRCH;
	err = app->proc->symbols.ptrace_may_access(task,
			PTRACE_MODE_READ_REALCREDS) ? 0 : -EPERM;
	put_task_struct(task);
	return err;
}

/* Hand the request to the task. */
static int post(struct ssi_app *app, pid_t tid, struct export_request *request)
{
	struct ssi_member *member;
	int err = -EPERM;

	spin_lock_irq(&app->proc->lock);
	if (app->state != APP_FROZEN)
		goto out;
	member = find_parked(app, tid);
	err = -ESRCH;
	if (!member)
		goto out;
	err = -EBUSY;
	if (member->request)
		goto out;
	look_around(app, member->task, request);
	kref_get(&request->ref);
	member->request = request;
	wake_up_all(&member->wait);
	err = 0;
out:
	spin_unlock_irq(&app->proc->lock);
	return err;
}

/**
 * app_export() - write one thread's state
 * @app: frozen
 * @args: which thread and part; report and count are filled in
 * @file: where to
 * Return: 0; -EPERM not frozen, or not the caller's; -ESRCH; -EOPNOTSUPP: see
 *	the report; -EINTR when killed; -EINVAL, -ENOMEM; the file's error.
 */
int app_export(struct ssi_app *app, struct kapp_export *args,
	       struct file *file)
{
	struct export_request *request;
	int err;

	if (args->part > KAPP_EXPORT_PAGES)
		return -EINVAL;
	request = make_request(app, args);
	if (!request)
		return -ENOMEM;
	err = mutex_lock_killable(&app->op);
	if (err)
		goto out;
	err = READ_ONCE(app->state) != APP_FROZEN ? -EPERM : 0;
	err = err ?: check_access(app, args->tid) ?:
	      post(app, args->tid, request) ?:
	      ssi_channel_drain(request->writer.channel, file);
	mutex_unlock(&app->op);
	/* The task is done with it, unless it was killed: then who minds? */
	args->report = request->report;
	args->count = request->writer.count;
out:
	kref_put(&request->ref, request_free);
	return err;
}
