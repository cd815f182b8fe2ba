// SPDX-License-Identifier: GPL-2.0-only
/*
 * import.c: a helper process becomes a process of an application.
 *
 * User space makes the processes and threads with their ids, and gives them
 * all that ordinary system calls can, with the rights of the caller; so
 * nothing is restored that he could not do.  Each thread then asks to become
 * what its image says: it parks, the first thread of a process last, because it
 * replaces the memory that the others stand on.  When all are parked their
 * registers are written and the application is frozen, like any other.
 */
#include "proc-private.h"

#include <linux/delay.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#define THREADS_MS	30000	/* for the other threads of a process */

static int check_header(struct ssi_reader *reader, struct ssi_import *import)
{
	const struct ssi_image_header *header = reader->content;

	if (reader->type != SSI_RECORD_HEADER)
		return ssi_reader_bad(reader, "header is not first");
	if (le64_to_cpu(header->app_id) != import->app_id)
		return ssi_reader_bad(reader, "of another application");
	if (le32_to_cpu(header->tid) != task_pid_vnr(current) ||
	    le32_to_cpu(header->tgid) != task_tgid_vnr(current))
		return ssi_reader_bad(reader, "of another thread");
	if (thread_group_leader(current) &&
	    le32_to_cpu(header->nr_threads) != get_nr_threads(current))
		return ssi_reader_bad(reader, "of another number of threads");
	return 0;
}

static int get_record(struct ssi_proc *proc, struct ssi_reader *reader,
		      struct ssi_import *import)
{
	const struct ssi_resource *const *resource;
	int err = 0;

	for (resource = proc->resources; *resource; resource++) {
		if (!((*resource)->types & 1u << reader->type))
			continue;
		if (!(*resource)->of_thread && !thread_group_leader(current))
			return ssi_reader_bad(reader,
					      "a thread has a process' state");
		err = (*resource)->get(reader, import);
		break;
	}
	import->seen |= 1u << reader->type;
	return err;
}

static int check_end(struct ssi_reader *reader, const struct ssi_import *import)
{
	const struct ssi_image_end *end = reader->content;
	u32 needed = 1u << SSI_RECORD_THREAD | 1u << SSI_RECORD_REGS;

	if (thread_group_leader(current))
		needed |= 1u << SSI_RECORD_MM;
	if (le64_to_cpu(end->count) != reader->count - 1 ||
	    (import->seen & needed) != needed)
		return ssi_reader_bad(reader, "records are missing");
	return 0;
}

static int read_image(struct ssi_proc *proc, struct ssi_reader *reader,
		      struct ssi_import *import)
{
	int err = ssi_reader_next(reader) ?: check_header(reader, import);

	while (!err) {
		err = ssi_reader_next(reader);
		if (!err && reader->type == SSI_RECORD_HEADER)
			err = ssi_reader_bad(reader, "two headers");
		if (err || reader->type == SSI_RECORD_END)
			break;
		err = get_record(proc, reader, import);
	}
	return err ?: check_end(reader, import);
}

/* Current becomes a member; its work is queued, and it parks when it leaves. */
static int join(struct ssi_app *app, struct ssi_import *import)
{
	struct ssi_member *fresh = member_create(app->proc, GFP_KERNEL);
	struct ssi_member *member;
	int err = -EPERM;

	if (!fresh)
		return -ENOMEM;
	spin_lock_irq(&app->proc->lock);
	member = member_find(app->proc, current) ?: fresh;
	if (app->state == APP_RESTORING && !member->app && !member->import) {
		if (member == fresh) {
			kref_get(&fresh->ref);
			member_insert(fresh, current);
		}
		member->caps.effective |= 1 << SSI_CAP_CHECKPOINTABLE;
		member->caps.inheritable_effective |=
			1 << SSI_CAP_CHECKPOINTABLE;
		member->import = import;
		app_join(app, member);
		err = member_queue(member);
	}
	spin_unlock_irq(&app->proc->lock);
	member_put(fresh);
	return err;
}

static bool others_parked(struct ssi_app *app)
{
	struct ssi_member *member;
	int parked = 1;

	spin_lock_irq(&app->proc->lock);
	list_for_each_entry(member, &app->members, app_link)
		parked += member->state == MEMBER_PARKED &&
			  same_thread_group(member->task, current);
	spin_unlock_irq(&app->proc->lock);
	return parked == get_nr_threads(current);
}

static int wait_for_threads(struct ssi_app *app)
{
	long ret;

	if (!thread_group_leader(current))
		return 0;
	ret = wait_event_killable_timeout(app->wait, others_parked(app),
					  msecs_to_jiffies(THREADS_MS));
	return ret > 0 ? 0 : ret ? -EINTR : -ETIMEDOUT;
}

static void note_failure(struct ssi_app *app, const struct kapp_report *report)
{
	spin_lock_irq(&app->proc->lock);
	app->report = *report;
	app->report.tid = task_pid_vnr(current);
	wake_up_all(&app->wait);
	spin_unlock_irq(&app->proc->lock);
}

/**
 * app_import() - current becomes what an image says
 * @app: being restored
 * @args: report is filled in; descriptors to be closed on success
 * @image: open for reading
 * Context: a process of its own, all signals blocked.
 * Return: 0: current parks before it is in user mode again, and is the restored
 *	thread then; -SSI_E_BADDATA: see the report; -EPERM; -EINTR, -ENOMEM.
 *	When its memory is gone already a process that fails is killed.
 */
int app_import(struct ssi_app *app, struct kapp_import *args,
	       struct file *image)
{
	struct ssi_import *import = kzalloc(sizeof(*import), GFP_KERNEL);
	struct ssi_reader reader;
	bool wiped;
	int err;

	if (!import)
		return -ENOMEM;
	import->app_id = app->id;
	import->symbols = &app->proc->symbols;
	err = ssi_reader_init(&reader, image, &args->report);
	if (err)
		goto err_free;
	err = wait_for_threads(app) ?: read_image(app->proc, &reader, import);
	ssi_reader_exit(&reader);
	err = err ?: join(app, import);
	if (err)
		goto err_free;
	/*
	 * After join(): works run last in, first out, and the file has to be
	 * let go of before current parks for long.
	 */
	close_fd(args->fd);
	if (args->keep >= 0)
		close_fd(args->keep);
	return 0;
err_free:
	wiped = import->wiped;
	import_free(import);
	note_failure(app, &args->report);
	if (wiped)
		send_sig(SIGKILL, current, 1);
	return err;
}

/* Return: how many are parked, or an error if one has failed. */
static int count_parked(struct ssi_app *app, struct kapp_report *report)
{
	struct ssi_member *member;
	int count = 0;

	spin_lock_irq(&app->proc->lock);
	list_for_each_entry(member, &app->members, app_link)
		count += member->state == MEMBER_PARKED;
	if (app->report.tid) {
		*report = app->report;
		count = -SSI_E_BADDATA;
	}
	spin_unlock_irq(&app->proc->lock);
	return count;
}

static bool is_complete(struct ssi_app *app, struct kapp_finish *args)
{
	int count = count_parked(app, &args->report);

	return count < 0 || count >= args->count;
}

/* The next one without registers, with references to it and its task. */
static struct ssi_member *next_import(struct ssi_app *app,
				      struct task_struct **task)
{
	struct ssi_member *member, *found = NULL;

	spin_lock_irq(&app->proc->lock);
	list_for_each_entry(member, &app->members, app_link) {
		if (member->state != MEMBER_PARKED || !member->import ||
		    member->import->seen & 1u << SSI_RECORD_END)
			continue;
		member->import->seen |= 1u << SSI_RECORD_END;
		kref_get(&member->ref);
		*task = get_task_struct(member->task);
		found = member;
		break;
	}
	spin_unlock_irq(&app->proc->lock);
	return found;
}

static int write_registers(struct ssi_app *app)
{
	struct ssi_member *member;
	struct task_struct *task;
	int err = 0;

	while (!err && (member = next_import(app, &task))) {
		/* It is about to sleep: then its registers are in memory. */
		while (smp_load_acquire(&task->on_cpu))
			usleep_range(20, 100);
		err = import_registers(member->import, task);
		put_task_struct(task);
		member_put(member);
	}
	return err;
}

/**
 * app_finish() - make a frozen application of restored threads
 * @app: being restored
 * @args: how many there have to be; report is filled in
 * Return: 0; -EPERM not being restored; -ETIMEDOUT some are missing; -EINTR;
 *	-SSI_E_BADDATA: see the report.
 */
int app_finish(struct ssi_app *app, struct kapp_finish *args)
{
	long ret;
	int err;

	if (READ_ONCE(app->state) != APP_RESTORING)
		return -EPERM;
	ret = wait_event_killable_timeout(app->wait, is_complete(app, args),
					  msecs_to_jiffies(args->timeout_ms));
	if (ret <= 0)
		return ret ? -EINTR : -ETIMEDOUT;
	err = count_parked(app, &args->report);
	if (err < 0)
		return err;
	err = write_registers(app);
	if (err)
		return err;
	spin_lock_irq(&app->proc->lock);
	app->state = APP_FROZEN;
	app->version = args->version;
	spin_unlock_irq(&app->proc->lock);
	return 0;
}

/**
 * app_kill() - end all members of an application that was not restored wholly
 * @app: with a reference
 */
void app_kill(struct ssi_app *app)
{
	struct ssi_member *member;

	spin_lock_irq(&app->proc->lock);
	list_for_each_entry(member, &app->members, app_link)
		send_sig(SIGKILL, member->task, 1);
	spin_unlock_irq(&app->proc->lock);
}
