// SPDX-License-Identifier: GPL-2.0-only
/*
 * pipes.c: pipes without a name, with what is in them.
 *
 * Whoever holds an end may be outside the application: the numbers of readers
 * and writers are saved, so that user space can tell.
 */
#include "pipes.h"

#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pipe_fs_i.h>

/**
 * pipe_matches() - is it an end of a pipe?
 * @file: any
 * Return: true when it is.
 */
bool pipe_matches(struct file *file)
{
	const struct inode *inode = file_inode(file);

	return S_ISFIFO(inode->i_mode) &&
	       inode->i_sb->s_magic == PIPEFS_MAGIC;
}

/**
 * pipe_why_not() - can it be saved?
 * @file: an end of a pipe
 * Return: NULL when it can, else what it is.
 */
const char *pipe_why_not(struct file *file)
{
	return file->f_flags & O_DIRECT ? "pipe of packets" : NULL;
}

/* Return: bytes that were copied to @room, or an error. */
static ssize_t copy_content(struct pipe_inode_info *pipe, u8 *room,
			    size_t size)
{
	unsigned int tail, mask = pipe->ring_size - 1;
	struct pipe_buffer *buffer;
	size_t used = 0;
	int err;

	for (tail = pipe->tail; tail != pipe->head; tail++) {
		buffer = &pipe->bufs[tail & mask];
		err = pipe_buf_confirm(pipe, buffer);
		if (err)
			return err;
		if (buffer->len > size - used ||
		    buffer->offset + buffer->len > PAGE_SIZE)
			return -EOPNOTSUPP;
		memcpy_from_page(room + used, buffer->page, buffer->offset,
				 buffer->len);
		used += buffer->len;
	}
	return used;
}

/**
 * pipe_put() - write an end of a pipe, and the content if it reads
 * @writer: where to
 * @file: an end of a pipe
 * @image: record that lacks kind, object and length
 * Return: 0, or an error.
 */
int pipe_put(struct ssi_writer *writer, struct file *file,
	     struct ssi_image_file *image)
{
	struct pipe_inode_info *pipe = file_inode(file)->i_pipe;
	struct ssi_image_pipe *data;
	size_t room;
	ssize_t len = 0;
	int err;

	pipe_lock(pipe);
	room = (size_t)pipe->ring_size * PAGE_SIZE;
	data = kvmalloc(sizeof(*data) + room, GFP_KERNEL);
	if (data) {
		data->size = cpu_to_le32(pipe->max_usage * PAGE_SIZE);
		data->readers = cpu_to_le32(pipe->readers);
		data->writers = cpu_to_le32(pipe->writers);
		data->reserved = 0;
		if (file->f_mode & FMODE_READ)
			len = copy_content(pipe, (u8 *)(data + 1), room);
	}
	pipe_unlock(pipe);
	if (!data)
		return -ENOMEM;
	image->kind = cpu_to_le32(SSI_FILE_PIPE);
	image->object = cpu_to_le64(siphash_1u64((unsigned long)pipe,
						 &writer->key));
	image->data_len = cpu_to_le32(sizeof(*data) + len);
	if (len < 0)
		err = len;
	else
		err = ssi_writer_put2(writer, SSI_RECORD_FILE, image,
				      sizeof(*image), data,
				      sizeof(*data) + len);
	kvfree(data);
	return err;
}
