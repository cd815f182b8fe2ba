// SPDX-License-Identifier: GPL-2.0-only
/*
 * signals.c: what a process does with signals, and those that wait for it.
 *
 * User space restores both: a process may send itself any siginfo.
 */
#include "proc-private.h"

#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/slab.h>

/* Its own is there as long as a task runs. */
static struct sighand_struct *own_sighand(void)
{
	return rcu_dereference_protected(current->sighand, true);
}

static int put_actions(struct ssi_writer *writer)
{
	struct ssi_image_action action;
	struct k_sigaction *ka;
	int sig, err = 0;

	for (sig = 1; sig <= _NSIG && !err; sig++) {
		ka = &own_sighand()->action[sig - 1];
		if (ka->sa.sa_handler == SIG_DFL && !ka->sa.sa_flags &&
		    sigisemptyset(&ka->sa.sa_mask))
			continue;
		action = (struct ssi_image_action){
			.signo = cpu_to_le32(sig),
			.handler = cpu_to_le64((unsigned long)
					       ka->sa.sa_handler),
			.flags = cpu_to_le64(ka->sa.sa_flags),
			.restorer = cpu_to_le64((unsigned long)
						ka->sa.sa_restorer),
		};
		memcpy(&action.mask, &ka->sa.sa_mask, sizeof(action.mask));
		err = ssi_writer_put(writer, SSI_RECORD_ACTION, &action,
				     sizeof(action));
	}
	return err;
}

static void fill_signal(struct ssi_image_signal *image, int sig, bool shared,
			const kernel_siginfo_t *info)
{
	*image = (struct ssi_image_signal){
		.signo = cpu_to_le32(sig),
		.shared = cpu_to_le32(shared),
	};
	/* A siginfo_t begins with it, and is zero after it. */
	static_assert(sizeof(*info) <= sizeof(image->info));
	if (info)
		memcpy(image->info, info, sizeof(*info));
	else
		memcpy(image->info, &sig, sizeof(sig));
}

/* Return: number of signals of @pending that are in @images, at most @room. */
static int fill_pending(const struct sigpending *pending, bool shared,
			struct ssi_image_signal *images, int room)
{
	sigset_t left = pending->signal;
	struct sigqueue *queued;
	int sig, count = 0;

	lockdep_assert_held(&own_sighand()->siglock);
	list_for_each_entry(queued, &pending->list, list) {
		sigdelset(&left, queued->info.si_signo);
		if (count < room)
			fill_signal(&images[count], queued->info.si_signo,
				    shared, &queued->info);
		count++;
	}
	/* Sent when there was no memory for the rest */
	for (sig = 1; sig <= _NSIG; sig++) {
		if (!sigismember(&left, sig))
			continue;
		if (count < room)
			fill_signal(&images[count], sig, shared, NULL);
		count++;
	}
	return count;
}

static int put_pending(struct ssi_writer *writer,
		       const struct sigpending *pending, bool shared)
{
	struct ssi_image_signal *images = NULL;
	int room = 0, count, i, err = 0;

	for (;;) {
		spin_lock_irq(&own_sighand()->siglock);
		count = fill_pending(pending, shared, images, room);
		spin_unlock_irq(&own_sighand()->siglock);
		if (count <= room)
			break;
		kvfree(images);
		room = count + 16;
		images = kvcalloc(room, sizeof(*images), GFP_KERNEL);
		if (!images)
			return -ENOMEM;
	}
	for (i = 0; i < count && !err; i++)
		err = ssi_writer_put(writer, SSI_RECORD_SIGNAL, &images[i],
				     sizeof(*images));
	kvfree(images);
	return err;
}

static int put_signals(struct ssi_writer *writer)
{
	int err = 0;

	if (thread_group_leader(current))
		err = put_actions(writer) ?:
		      put_pending(writer, &current->signal->shared_pending,
				  true);
	return err ?: put_pending(writer, &current->pending, false);
}

const struct ssi_resource ssi_signals_resource = {
	.of_thread = true,
	.put_state = put_signals,
};
