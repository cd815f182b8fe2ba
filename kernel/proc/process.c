// SPDX-License-Identifier: GPL-2.0-only
/*
 * process.c: what a process is, its memory and files aside, and what makes that
 * it can not be saved.  User space restores all of it with system calls.
 */
#include "proc-private.h"

#include <linux/cred.h>
#include <linux/fs_struct.h>
#include <linux/fdtable.h>
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/personality.h>
#include <linux/pid_namespace.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>
#include <linux/user_namespace.h>

#include "../compat/sem-undo.h"

static const char *foreign_namespace(const struct ssi_writer *writer)
{
	const struct nsproxy *ours = current->nsproxy, *theirs = &writer->ns;

	if (current_user_ns() != &init_user_ns)
		return "user";
	if (task_active_pid_ns(current) != writer->pid_ns ||
	    ours->pid_ns_for_children != writer->pid_ns)
		return "pid";
	if (ours->mnt_ns != theirs->mnt_ns)
		return "mount";
	if (ours->net_ns != theirs->net_ns)
		return "network";
	if (ours->ipc_ns != theirs->ipc_ns)
		return "ipc";
	if (ours->uts_ns != theirs->uts_ns)
		return "uts";
	if (ours->time_ns != theirs->time_ns)
		return "time";
	return NULL;
}

/* May @a do what @b may?  All threads of a process restart as its leader. */
static bool same_rights(const struct cred *a, const struct cred *b)
{
	const struct group_info *of_a = a->group_info, *of_b = b->group_info;

	return uid_eq(a->uid, b->uid) && uid_eq(a->euid, b->euid) &&
	       uid_eq(a->suid, b->suid) && uid_eq(a->fsuid, b->fsuid) &&
	       gid_eq(a->gid, b->gid) && gid_eq(a->egid, b->egid) &&
	       gid_eq(a->sgid, b->sgid) && gid_eq(a->fsgid, b->fsgid) &&
	       !memcmp(&a->cap_inheritable, &b->cap_inheritable,
		       sizeof(a->cap_inheritable)) &&
	       !memcmp(&a->cap_permitted, &b->cap_permitted,
		       sizeof(a->cap_permitted)) &&
	       !memcmp(&a->cap_effective, &b->cap_effective,
		       sizeof(a->cap_effective)) &&
	       !memcmp(&a->cap_bset, &b->cap_bset, sizeof(a->cap_bset)) &&
	       a->securebits == b->securebits &&
	       of_a->ngroups == of_b->ngroups &&
	       !memcmp(of_a->gid, of_b->gid,
		       of_a->ngroups * sizeof(of_a->gid[0]));
}

static const char *unsupported_rights(const struct task_struct *leader)
{
	const struct cred *cred = current_cred();
	bool same;

	rcu_read_lock();
	same = same_rights(cred, rcu_dereference(leader->cred));
	rcu_read_unlock();
	if (!same)
		return "thread with other rights than its process (setuid, capset)";
	if (!cap_isclear(cred->cap_ambient))
		return "ambient capabilities";
	if (cred->thread_keyring || cred->process_keyring)
		return "keyring of its own";
	return NULL;
}

/* What one thread can have that is not saved.  NULL: nothing. */
static const char *unsupported_thread(void)
{
	const struct task_struct *leader = current->group_leader;

	if (current->ptrace)
		return "is being traced";
	if (current->seccomp.mode)
		return "system calls are filtered (seccomp)";
	if (current->io_uring)
		return "io_uring";
	if (current->user_cpus_ptr)
		return "processors were chosen (sched_setaffinity)";
	if (current->policy != SCHED_NORMAL)
		return "scheduling policy";
	if (current->files != leader->files || current->fs != leader->fs ||
	    current->nsproxy != leader->nsproxy)
		return "thread with files of its own";
	if (ssi_has_sem_undo())
		return "semaphores to be put back at its end (SEM_UNDO)";
	if (test_thread_flag(TIF_NOTSC) || test_thread_flag(TIF_NOCPUID))
		return "instruction refused to it (PR_SET_TSC, ARCH_SET_CPUID)";
	return unsupported_rights(leader);
}

static const char *unsupported_process(void)
{
	const struct signal_struct *signal = current->signal;

	if (current->personality & ADDR_COMPAT_LAYOUT)
		return "personality";
	if (!list_empty(&signal->posix_timers))
		return "timer_create";
	if (signal->it[CPUCLOCK_PROF].expires || signal->it[CPUCLOCK_VIRT].expires)
		return "timer of processor time (setitimer)";
	if (signal->tty)
		return "controlling terminal";
	if (test_bit(MMF_DISABLE_THP, &current->mm->flags))
		return "huge pages are off (PR_SET_THP_DISABLE)";
	if (atomic_read(&current->files->count) > get_nr_threads(current) ||
	    current->fs->users > get_nr_threads(current))
		return "shares files with another process (clone)";
	return NULL;
}

static int check_supported(struct ssi_writer *writer)
{
	const char *why = foreign_namespace(writer);

	if (why)
		return ssi_writer_refuse(writer, -1, "has a %s namespace of its own",
					 why);
	why = unsupported_thread();
	if (!why && thread_group_leader(current))
		why = unsupported_process();
	return why ? ssi_writer_refuse(writer, -1, "%s", why) : 0;
}

static int put_creds(struct ssi_writer *writer)
{
	const struct cred *cred = current_cred();
	const struct group_info *groups = cred->group_info;
	struct ssi_image_creds image = {
		.uid = { cpu_to_le32(__kuid_val(cred->uid)),
			 cpu_to_le32(__kuid_val(cred->euid)),
			 cpu_to_le32(__kuid_val(cred->suid)),
			 cpu_to_le32(__kuid_val(cred->fsuid)) },
		.gid = { cpu_to_le32(__kgid_val(cred->gid)),
			 cpu_to_le32(__kgid_val(cred->egid)),
			 cpu_to_le32(__kgid_val(cred->sgid)),
			 cpu_to_le32(__kgid_val(cred->fsgid)) },
		.securebits = cpu_to_le32(cred->securebits),
		.nr_groups = cpu_to_le32(groups->ngroups),
	};
	int i;

	static_assert(sizeof(cred->cap_effective) == sizeof(image.effective));
	memcpy(&image.effective, &cred->cap_effective, 8);
	memcpy(&image.permitted, &cred->cap_permitted, 8);
	memcpy(&image.inheritable, &cred->cap_inheritable, 8);
	memcpy(&image.bounding, &cred->cap_bset, 8);
	memcpy(&image.ambient, &cred->cap_ambient, 8);
	if (groups->ngroups > SSI_IMAGE_GROUPS)
		return ssi_writer_refuse(writer, -1, "more than %d groups",
					 SSI_IMAGE_GROUPS);
	for (i = 0; i < groups->ngroups; i++)
		image.groups[i] = cpu_to_le32(__kgid_val(groups->gid[i]));
	return ssi_writer_put(writer, SSI_RECORD_CREDS, &image, sizeof(image));
}

static int put_limits(struct ssi_writer *writer)
{
	struct ssi_image_limit limits[SSI_IMAGE_LIMITS];
	unsigned int i;

	static_assert(SSI_IMAGE_LIMITS == RLIM_NLIMITS);
	for (i = 0; i < SSI_IMAGE_LIMITS; i++) {
		limits[i].soft = cpu_to_le64(rlimit(i));
		limits[i].hard = cpu_to_le64(rlimit_max(i));
	}
	return ssi_writer_put(writer, SSI_RECORD_LIMITS, limits,
			      sizeof(limits));
}

static int put_timers(struct ssi_writer *writer)
{
	struct signal_struct *signal = current->signal;
	struct ssi_image_itimer timers[3] = { };
	ktime_t left = hrtimer_get_remaining(&signal->real_timer);

	timers[0].interval_us = cpu_to_le64(ktime_to_us(signal->it_real_incr));
	/* One that has expired and not been seen yet expires at once. */
	if (hrtimer_active(&signal->real_timer))
		timers[0].value_us = cpu_to_le64(max_t(s64, 1,
						       ktime_to_us(left)));
	return ssi_writer_put(writer, SSI_RECORD_TIMERS, timers,
			      sizeof(timers));
}

static int put_process(struct ssi_writer *writer)
{
	const struct signal_struct *signal = current->signal;
	struct ssi_image_process process = {
		.pid = cpu_to_le32(task_tgid_vnr(current)),
		.ppid = cpu_to_le32(writer->ppid),
		.pgrp = cpu_to_le32(task_pgrp_vnr(current)),
		.sid = cpu_to_le32(task_session_vnr(current)),
		.umask = cpu_to_le32(current_umask()),
		.personality = cpu_to_le32(current->personality),
		.oom_score_adj = cpu_to_le32(signal->oom_score_adj),
		.exit_signal = cpu_to_le32(current->exit_signal),
	};
	u32 flags = (task_no_new_privs(current) ? SSI_PROCESS_NO_NEW_PRIVS : 0) |
		    (signal->is_child_subreaper ? SSI_PROCESS_SUBREAPER : 0) |
		    (get_dumpable(current->mm) == SUID_DUMP_USER ?
		     SSI_PROCESS_DUMPABLE : 0);

	process.flags = cpu_to_le32(flags);
	return ssi_writer_put(writer, SSI_RECORD_PROCESS, &process,
			      sizeof(process)) ?:
	       put_creds(writer) ?: put_limits(writer) ?: put_timers(writer);
}

static int put_checked(struct ssi_writer *writer)
{
	int err = check_supported(writer);

	if (err || !thread_group_leader(current))
		return err;
	return put_process(writer);
}

const struct ssi_resource ssi_process_resource = {
	.of_thread = true,
	.put_state = put_checked,
};
