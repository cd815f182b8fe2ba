/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proc-private.h: members, applications and their states.
 *
 * proc->lock protects everything here unless said otherwise.  It is taken with
 * interrupts off, for tasks are freed in softirq.  siglock is inside it.
 */
#ifndef _SSI_PROC_PRIVATE_H
#define _SSI_PROC_PRIVATE_H

#include "../compat/symbols.h"

#include <ssi/ckpt.h>
#include <ssi/proc.h>

#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/task_work.h>
#include <linux/wait.h>
#include <uapi/ssi/app.h>

struct export_request;
struct task_struct;

/* Where a member is; the table of changes is in freeze.c */
enum member_state {
	MEMBER_RUN,	/* nothing is asked of it */
	MEMBER_QUEUED,	/* has to come to park() */
	MEMBER_PARKED,	/* is in park() */
	MEMBER_GONE,	/* exits */
};

/**
 * struct ssi_member - a task of which there is something to know
 * @ref: the table's, its work's, and those of who looks
 * @rcu: to free it
 * @link: in proc->members, while the task exists
 * @task: key; is there while @link is in the table
 * @proc: whose lock protects this
 * @caps: Kerrighed's capabilities of the task
 * @app: its application, or NULL
 * @app_link: in app->members, while @link is in the table
 * @work: brings the task to park(); its own while queued
 * @work_queued: it is
 * @state: MEMBER_...
 * @wait: the task waits here when parked
 * @request: for the task to do while it is parked, or NULL
 * @import: what it will be when it leaves park(), or NULL; the task's own, and
 *	of who finishes the restart while it is parked
 */
struct ssi_member {
	struct kref ref;
	struct rcu_head rcu;
	struct hlist_node link;
	struct task_struct *task;
	struct ssi_proc *proc;
	struct ksys_cap caps;
	struct ssi_app *app;
	struct list_head app_link;
	struct callback_head work;
	bool work_queued;
	enum member_state state;
	wait_queue_head_t wait;
	struct export_request *request;
	struct ssi_import *import;
};

enum app_state {
	APP_RUNNING,
	APP_FREEZING,
	APP_FROZEN,
	APP_RESTORING,
};

/**
 * struct ssi_app - an application
 * @link: in proc->apps
 * @proc: whose lock protects this
 * @refs: members, and open descriptors
 * @id: pid of its first process
 * @version: of its last checkpoint
 * @state: APP_...; the table of changes is in freeze.c
 * @owner: descriptor whose end undoes what it has begun, or NULL
 * @incomplete: a child could not be recorded, there was no memory
 * @members: struct ssi_member
 * @wait: who freezes waits here for members
 * @op: one freeze, export or thaw at a time; outside proc->lock
 * @key: makes ids of the addresses of open files
 * @report: of an import that failed
 */
struct ssi_app {
	struct list_head link;
	struct ssi_proc *proc;
	int refs;
	long id;
	u32 version;
	enum app_state state;
	void *owner;
	bool incomplete;
	struct list_head members;
	wait_queue_head_t wait;
	struct mutex op;
	siphash_key_t key;
	struct kapp_report report;
};

/**
 * struct ssi_proc - the layer
 * @lock: see above
 * @symbols: of the kernel
 * @resources: what is saved and restored, in order; ends with NULL
 * @lifecycle: hears of tasks
 * @nr_members: in the table; when 0 a fork costs one test
 * @members: by task
 * @apps: struct ssi_app
 */
struct ssi_proc {
	spinlock_t lock;
	struct ssi_symbols symbols;
	const struct ssi_resource *const *resources;
	struct ssi_lifecycle *lifecycle;
	atomic_t nr_members;
	DECLARE_HASHTABLE(members, 8);
	struct list_head apps;
};

/* members.c */
struct ssi_member *member_find(struct ssi_proc *proc,
			       const struct task_struct *task);
struct ssi_member *member_create(struct ssi_proc *proc, gfp_t gfp);
void member_insert(struct ssi_member *member, struct task_struct *task);
void member_remove(struct ssi_member *member);
void member_put(struct ssi_member *member);
void caps_default(struct ksys_cap *caps);
void caps_inherit(const struct ksys_cap *parent, struct ksys_cap *child);
bool caps_checkpointable(const struct ksys_cap *caps);
int ssi_proc_set_caps(struct ssi_proc *proc, pid_t pid, const void __user *arg);
int ssi_proc_get_caps(struct ssi_proc *proc, pid_t pid, void __user *arg);

/* application.c */
struct ssi_app *app_create(struct ssi_proc *proc, long id, gfp_t gfp);
struct ssi_app *app_find(struct ssi_proc *proc, long id);
void app_put(struct ssi_app *app);
void app_join(struct ssi_app *app, struct ssi_member *member);
int app_of_pid(struct ssi_proc *proc, pid_t pid, struct ssi_app **app);

/* freeze.c */
int app_freeze(struct ssi_app *app, void *owner, unsigned int timeout_ms,
	       struct kapp_report *report);
int app_thaw(struct ssi_app *app, int sig);
int member_queue(struct ssi_member *member);
int app_wait_parked(struct ssi_app *app, unsigned int timeout_ms,
		    struct kapp_report *report);

/* export.c */
int app_export(struct ssi_app *app, struct kapp_export *args,
	       struct file *file);
void export_run(struct export_request *request);
void export_cancel(struct export_request *request);

/* import.c */
int app_import(struct ssi_app *app, struct kapp_import *args,
	       struct file *image);
int app_finish(struct ssi_app *app, struct kapp_finish *args);
int import_registers(struct ssi_import *import, struct task_struct *task);
void import_settle(struct ssi_import *import);
void import_free(struct ssi_import *import);
void app_kill(struct ssi_app *app);

#endif /* _SSI_PROC_PRIVATE_H */
