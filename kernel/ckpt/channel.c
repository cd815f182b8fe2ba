// SPDX-License-Identifier: GPL-2.0-only
/*
 * channel.c: bytes from a frozen task to the one who writes the file.
 *
 * The frozen task does not write the file itself: its limit of file sizes, its
 * signals and its credentials are not those of the checkpoint.  One buffer goes
 * to and fro; either side may die at any time.
 *
 *	state	who owns the buffer	next
 *	FILL	the task		FULL, DONE; BROKEN
 *	FULL	the writer of the file	FILL; BROKEN
 *	DONE	the writer of the file	-
 *	BROKEN	nobody			-
 */
#include <ssi/ckpt.h>

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/wait.h>

#define ROOM	(256 << 10)	/* bytes; one full record of pages, and more */

enum channel_state { FILL, FULL, DONE, BROKEN };

struct ssi_channel {
	struct kref ref;
	wait_queue_head_t wait;
	spinlock_t lock;	/* protects state */
	enum channel_state state;
	int result;		/* of the task, when DONE */
	size_t used;
	u8 *buffer;
};

/**
 * ssi_channel_create() - make one
 * Return: with one reference, to be dropped with ssi_channel_put(); NULL when
 *	there is no memory.
 */
struct ssi_channel *ssi_channel_create(void)
{
	struct ssi_channel *channel = kzalloc(sizeof(*channel), GFP_KERNEL);

	if (!channel)
		return NULL;
	kref_init(&channel->ref);
	init_waitqueue_head(&channel->wait);
	spin_lock_init(&channel->lock);
	channel->buffer = kvmalloc(ROOM, GFP_KERNEL);
	if (channel->buffer)
		return channel;
	kfree(channel);
	return NULL;
}

static void channel_free(struct kref *ref)
{
	struct ssi_channel *channel = container_of(ref, struct ssi_channel,
						   ref);

	kvfree(channel->buffer);
	kfree(channel);
}

/**
 * ssi_channel_get() - take a reference
 * @channel: that the caller has one of
 * Return: @channel.
 */
struct ssi_channel *ssi_channel_get(struct ssi_channel *channel)
{
	kref_get(&channel->ref);
	return channel;
}

/**
 * ssi_channel_put() - drop a reference
 * @channel: NULL allowed
 */
void ssi_channel_put(struct ssi_channel *channel)
{
	if (channel)
		kref_put(&channel->ref, channel_free);
}

/* BROKEN is for ever; Return: the state that counts. */
static enum channel_state set_state(struct ssi_channel *channel,
				    enum channel_state state)
{
	spin_lock(&channel->lock);
	if (channel->state != BROKEN)
		channel->state = state;
	state = channel->state;
	spin_unlock(&channel->lock);
	wake_up_all(&channel->wait);
	return state;
}

/**
 * ssi_channel_write() - the task's side
 * @channel: not finished
 * @data: @len bytes
 * @len: any
 * Context: sleeps until the other side has taken what is in the way.
 * Return: 0; -EPIPE when the other side is gone; -EINTR when killed.
 */
int ssi_channel_write(struct ssi_channel *channel, const void *data,
		      size_t len)
{
	size_t part;

	while (len) {
		if (READ_ONCE(channel->state) == BROKEN)
			return -EPIPE;
		part = min(len, ROOM - channel->used);
		memcpy(channel->buffer + channel->used, data, part);
		channel->used += part;
		data += part;
		len -= part;
		if (channel->used < ROOM)
			continue;
		set_state(channel, FULL);
		if (wait_event_killable(channel->wait,
					READ_ONCE(channel->state) != FULL)) {
			set_state(channel, BROKEN);
			return -EINTR;
		}
	}
	return 0;
}

/**
 * ssi_channel_finish() - the task has written all, or has failed
 * @channel: not finished
 * @result: 0, or an error that ssi_channel_drain() shall return
 */
void ssi_channel_finish(struct ssi_channel *channel, int result)
{
	channel->result = result;
	set_state(channel, DONE);
}

static int write_out(struct ssi_channel *channel, struct file *file)
{
	size_t done = 0;
	ssize_t n;

	while (done < channel->used) {
		n = kernel_write(file, channel->buffer + done,
				 channel->used - done, &file->f_pos);
		if (n <= 0)
			return n ?: -EIO;
		done += n;
	}
	channel->used = 0;
	return 0;
}

/**
 * ssi_channel_drain() - the other side: all that comes, into a file
 * @channel: on which the task was told to write
 * @file: open for writing; its offset moves along
 * Return: 0; the task's error; -EINTR when killed; the file's error.  The task
 *	does not touch the channel's buffer after it has read DONE.
 */
int ssi_channel_drain(struct ssi_channel *channel, struct file *file)
{
	int err;

	for (;;) {
		err = wait_event_killable(channel->wait,
					  READ_ONCE(channel->state) != FILL);
		if (err) {
			err = -EINTR;
			break;
		}
		if (READ_ONCE(channel->state) == BROKEN)
			return -ESRCH;
		if (READ_ONCE(channel->state) == DONE) {
			err = channel->result ?: write_out(channel, file);
			break;
		}
		err = write_out(channel, file);
		if (err || set_state(channel, FILL) == BROKEN)
			break;
	}
	set_state(channel, BROKEN);
	return err;
}
