// SPDX-License-Identifier: GPL-2.0-only
/*
 * thread.c: registers and what else belongs to one thread.
 *
 * Registers are read and written through the regsets that ptrace uses, with
 * the checks that these make.  A thread reads its own; those of a restored one
 * are written by who finishes the restart, as regsets write to others only.
 */
#include "proc-private.h"

#include <asm/fpu/api.h>
#include <linux/elf.h>
#include <linux/hrtimer.h>
#include <linux/regset.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>

static const struct user_regset *find_regset(struct task_struct *task,
					     unsigned int note)
{
	const struct user_regset_view *view = task_user_regset_view(task);
	unsigned int i;

	for (i = 0; i < view->n; i++)
		if (view->regsets[i].core_note_type == note &&
		    (!view->regsets[i].active ||
		     view->regsets[i].active(task, &view->regsets[i]) > 0))
			return &view->regsets[i];
	return NULL;
}

static u64 clock_now_ns(u32 clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return ktime_get_real_ns();
	case CLOCK_BOOTTIME:
		return ktime_get_boottime_ns();
	case CLOCK_TAI:
		return ktime_get_clocktai_ns();
	default:
		return ktime_get_ns();
	}
}

static u64 ns_left(u64 end_ns, u64 now_ns)
{
	return end_ns > now_ns ? end_ns - now_ns : 0;
}

/* FUTEX_WAIT with a time on CLOCK_REALTIME, and all; kernel/futex/futex.h */
#define FUTEX_REALTIME	0x02
#define FUTEX_FLAGS	0x07

static void save_poll(struct ssi_image_thread *thread,
		      const struct restart_block *block)
{
	u64 end_ns = block->poll.tv_sec * NSEC_PER_SEC + block->poll.tv_nsec;

	thread->restart = cpu_to_le32(SSI_RESTART_POLL);
	thread->arg[0] = cpu_to_le64((unsigned long)block->poll.ufds);
	thread->arg[1] = cpu_to_le64((u32)block->poll.nfds);
	thread->arg[2] = cpu_to_le64(block->poll.has_timeout);
	if (block->poll.has_timeout)
		thread->arg[3] = cpu_to_le64(ns_left(end_ns, ktime_get_ns()));
}

/* Times are saved as what is left of them, but a date as a date. */
static int save_restart(struct ssi_image_thread *thread,
			struct ssi_writer *writer)
{
	const struct restart_block *block = &current->restart_block;
	const struct ssi_symbols *symbols = writer->symbols;

	if (task_pt_regs(current)->ax != -ERESTART_RESTARTBLOCK)
		return 0;
	if (block->fn == symbols->hrtimer_nanosleep_restart) {
		u32 clock = block->nanosleep.clockid;

		thread->restart = cpu_to_le32(SSI_RESTART_NANOSLEEP);
		thread->arg[0] = cpu_to_le64(clock);
		thread->arg[1] = cpu_to_le64((unsigned long)
					     block->nanosleep.rmtp);
		thread->arg[2] = cpu_to_le64(block->nanosleep.type !=
					     TT_NONE);
		thread->arg[3] = cpu_to_le64(ns_left(block->nanosleep.expires,
						     clock_now_ns(clock)));
	} else if (block->fn == symbols->futex_wait_restart) {
		u64 now_ns = block->futex.flags & FUTEX_REALTIME ? 0 :
			     ktime_get_ns();

		thread->restart = cpu_to_le32(SSI_RESTART_FUTEX);
		thread->arg[0] = cpu_to_le64((unsigned long)
					     block->futex.uaddr);
		thread->arg[1] = cpu_to_le64(block->futex.val);
		thread->arg[2] = cpu_to_le64(block->futex.flags);
		thread->arg[3] = cpu_to_le64(block->futex.bitset);
		thread->arg[4] = cpu_to_le64(ns_left(block->futex.time,
						     now_ns));
	} else if (block->fn == symbols->do_restart_poll) {
		save_poll(thread, block);
	} else {
		return ssi_writer_refuse(writer, -1,
					 "sleeps in system call %ld, which can not go on elsewhere",
					 task_pt_regs(current)->orig_ax);
	}
	return 0;
}

static int put_thread(struct ssi_writer *writer)
{
	struct ssi_image_thread thread = {
		.tid = cpu_to_le32(task_pid_vnr(current)),
		.nice = cpu_to_le32(task_nice(current)),
		.stack_sp = cpu_to_le64(current->sas_ss_sp),
		.stack_size = cpu_to_le64(current->sas_ss_size),
		.stack_flags = cpu_to_le32(current->sas_ss_flags),
		.pdeath_signal = cpu_to_le32(current->pdeath_signal),
		.robust_list = cpu_to_le64((unsigned long)
					   current->robust_list),
		.clear_tid = cpu_to_le64((unsigned long)
					 current->clear_child_tid),
		.rseq = cpu_to_le64((unsigned long)current->rseq),
		.rseq_sig = cpu_to_le32(current->rseq_sig),
		.timer_slack_ns = cpu_to_le64(current->timer_slack_ns),
	};
	int err = save_restart(&thread, writer);

	if (err)
		return err;
	/* A call that blocks others for its time begins again, and so do they. */
	memcpy(&thread.mask, test_restore_sigmask() ? &current->saved_sigmask :
	       &current->blocked, sizeof(thread.mask));
	get_task_comm(thread.comm, current);
	return ssi_writer_put(writer, SSI_RECORD_THREAD, &thread,
			      sizeof(thread));
}

static int put_regs(struct ssi_writer *writer)
{
	const struct user_regset *regset = find_regset(current, NT_PRSTATUS);
	u64 regs[27];
	int n;

	if (!regset || !user_64bit_mode(task_pt_regs(current)))
		return ssi_writer_refuse(writer, -1, "32-bit program");
	n = regset_get(current, regset, sizeof(regs), regs);
	if (n != sizeof(regs))
		return n < 0 ? n : -EIO;
	return ssi_writer_put(writer, SSI_RECORD_REGS, regs, sizeof(regs));
}

static int put_fpu(struct ssi_writer *writer)
{
	struct ssi_image_fpu fpu = { .note = cpu_to_le32(NT_X86_XSTATE) };
	const struct user_regset *regset = find_regset(current, NT_X86_XSTATE);
	void *data = NULL;
	int n;

	/* A processor without XSAVE */
	if (!regset) {
		fpu.note = cpu_to_le32(NT_PRFPREG);
		regset = find_regset(current, NT_PRFPREG);
	}
	/* Never used it */
	if (!regset)
		return 0;
	n = regset_get_alloc(current, regset, regset->n * regset->size, &data);
	if (n < 0)
		return n;
	if (n > SSI_FPU_MAX)
		n = ssi_writer_refuse(writer, -1, "%d bytes of registers", n);
	else
		n = ssi_writer_put2(writer, SSI_RECORD_FPU, &fpu, sizeof(fpu),
				    data, n);
	kvfree(data);
	return n;
}

static int put_thread_all(struct ssi_writer *writer)
{
	return put_thread(writer) ?: put_regs(writer) ?: put_fpu(writer);
}

/* What the kernel would trust, for nobody but itself writes it */
static bool restart_is_sound(const struct ssi_image_thread *thread)
{
	switch (le32_to_cpu(thread->restart)) {
	case SSI_RESTART_NANOSLEEP:
		switch (le64_to_cpu(thread->arg[0])) {
		case CLOCK_REALTIME:
		case CLOCK_MONOTONIC:
		case CLOCK_BOOTTIME:
		case CLOCK_TAI:
			return le64_to_cpu(thread->arg[3]) <= KTIME_MAX;
		}
		return false;
	case SSI_RESTART_FUTEX:
		return !(le64_to_cpu(thread->arg[2]) & ~(u64)FUTEX_FLAGS) &&
		       le64_to_cpu(thread->arg[4]) <= KTIME_MAX;
	case SSI_RESTART_POLL:
		return le64_to_cpu(thread->arg[1]) <= INT_MAX &&
		       le64_to_cpu(thread->arg[3]) <= KTIME_MAX;
	default:
		return true;
	}
}

static int get_thread(struct ssi_reader *reader, struct ssi_import *import)
{
	const struct ssi_image_fpu *fpu = reader->content;
	const u64 *regs = reader->content;

	if (import->seen & 1u << reader->type)
		return ssi_reader_bad(reader, "thread has two of a kind");
	switch (reader->type) {
	case SSI_RECORD_THREAD:
		memcpy(&import->thread, reader->content, sizeof(import->thread));
		if (!restart_is_sound(&import->thread))
			return ssi_reader_bad(reader, "bad system call to go on with");
		return 0;
	case SSI_RECORD_REGS:
		memcpy(import->regs, regs, sizeof(import->regs));
		return 0;
	default:
		import->fpu_note = le32_to_cpu(fpu->note);
		import->fpu_len = reader->len - sizeof(*fpu);
		import->fpu = kvmalloc(import->fpu_len, GFP_KERNEL);
		if (!import->fpu)
			return -ENOMEM;
		memcpy(import->fpu, fpu + 1, import->fpu_len);
		return 0;
	}
}

const struct ssi_resource ssi_thread_resource = {
	.types = 1 << SSI_RECORD_THREAD | 1 << SSI_RECORD_REGS |
		 1 << SSI_RECORD_FPU,
	.of_thread = true,
	.put_state = put_thread_all,
	.get = get_thread,
};

static int set_regset(struct task_struct *task, unsigned int note,
		      const void *data, size_t len)
{
	const struct user_regset *regset = find_regset(task, note);

	if (!regset || regset->n * regset->size != len)
		return -SSI_E_BADDATA;
	return regset->set(task, regset, 0, len, data, NULL);
}

/**
 * import_registers() - give a parked thread its registers
 * @import: of the thread
 * @task: it, in park() and not on a processor
 * Return: 0, or -SSI_E_BADDATA when the image's are none for this machine.
 */
int import_registers(struct ssi_import *import, struct task_struct *task)
{
	const struct user_regs_struct *regs = (const void *)import->regs;
	int err;

	static_assert(sizeof(*regs) == sizeof(import->regs));
	/* Anything else would end in a fault on the way to user mode. */
	if (regs->cs != __USER_CS || regs->ss != __USER_DS)
		return -SSI_E_BADDATA;
	err = set_regset(task, NT_PRSTATUS, regs, sizeof(*regs));
	if (!err && import->fpu)
		err = set_regset(task, import->fpu_note, import->fpu,
				 import->fpu_len);
	/* Until now it shared the fate of who restores it, who may end soon. */
	task->pdeath_signal = 0;
	if (valid_signal(le32_to_cpu(import->thread.pdeath_signal)))
		task->pdeath_signal = le32_to_cpu(import->thread.pdeath_signal);
	return err ? -SSI_E_BADDATA : 0;
}

static void load_restart(const struct ssi_import *import)
{
	const struct ssi_image_thread *thread = &import->thread;
	const struct ssi_symbols *symbols = import->symbols;
	struct restart_block *block = &current->restart_block;
	ktime_t end = ktime_add_safe(ktime_get(), le64_to_cpu(thread->arg[3]));

	block->arch_data = 0;
	block->fn = symbols->do_no_restart_syscall;
	switch (le32_to_cpu(thread->restart)) {
	case SSI_RESTART_NANOSLEEP:
		block->nanosleep.clockid = le64_to_cpu(thread->arg[0]);
		block->nanosleep.type = thread->arg[2] ? TT_NATIVE : TT_NONE;
		block->nanosleep.rmtp = (void __user *)(unsigned long)
			le64_to_cpu(thread->arg[1]);
		block->nanosleep.expires =
			ktime_add_safe(clock_now_ns(block->nanosleep.clockid),
				       le64_to_cpu(thread->arg[3]));
		block->fn = symbols->hrtimer_nanosleep_restart;
		break;
	case SSI_RESTART_FUTEX:
		block->futex.uaddr = (void __user *)(unsigned long)
			le64_to_cpu(thread->arg[0]);
		block->futex.val = le64_to_cpu(thread->arg[1]);
		block->futex.flags = le64_to_cpu(thread->arg[2]);
		block->futex.bitset = le64_to_cpu(thread->arg[3]);
		block->futex.time = le64_to_cpu(thread->arg[4]);
		if (!(block->futex.flags & FUTEX_REALTIME))
			block->futex.time = ktime_add_safe(block->futex.time,
							   ktime_get());
		block->fn = symbols->futex_wait_restart;
		break;
	case SSI_RESTART_POLL:
		block->poll.ufds = (void __user *)(unsigned long)
			le64_to_cpu(thread->arg[0]);
		block->poll.nfds = le64_to_cpu(thread->arg[1]);
		block->poll.has_timeout = !!thread->arg[2];
		block->poll.tv_sec = ktime_to_timespec64(end).tv_sec;
		block->poll.tv_nsec = ktime_to_timespec64(end).tv_nsec;
		block->fn = symbols->do_restart_poll;
		break;
	}
}

/**
 * import_settle() - the last touch, when a restored thread goes on
 * @import: of current
 * Context: in park(), on the way to user mode.
 */
void import_settle(struct ssi_import *import)
{
	const struct ssi_image_thread *thread = &import->thread;
	unsigned long rseq = le64_to_cpu(thread->rseq);
	sigset_t mask;

	memcpy(&mask, &thread->mask, sizeof(mask));
	/* Unlike the system call, sigprocmask() would block these too. */
	sigdelsetmask(&mask, sigmask(SIGKILL) | sigmask(SIGSTOP));
	sigprocmask(SIG_SETMASK, &mask, NULL);
	load_restart(import);
	if (rseq && access_ok((void __user *)rseq, sizeof(struct rseq))) {
		current->rseq = (void __user *)rseq;
		current->rseq_sig = le32_to_cpu(thread->rseq_sig);
		/* The kernel writes there on which processor it is. */
		rseq_migrate(current);
	}
}

/**
 * import_free() - forget it
 * @import: NULL allowed
 */
void import_free(struct ssi_import *import)
{
	if (!import)
		return;
	kvfree(import->fpu);
	kfree(import);
}
