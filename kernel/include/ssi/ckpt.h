/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ckpt.h: how the state of a task gets into a file and back.
 *
 * Each kind of state is a struct ssi_resource, in a file of its own, in a list
 * that the top hands to ssi_proc_create().  Records are written by the task
 * whose state it is, which stands still inside the kernel: nobody else may then
 * change or free what it looks at, and no reference has to be taken.
 */
#ifndef _SSI_CKPT_H
#define _SSI_CKPT_H

#include <ssi/imagecheck.h>

#include <linux/nsproxy.h>
#include <linux/path.h>
#include <linux/siphash.h>

struct file;
struct kapp_report;
struct ssi_channel;
struct ssi_reader;
struct ssi_symbols;

/**
 * struct ssi_import - a thread that is being restored
 * @app_id: application
 * @symbols: of the kernel
 * @regs: its registers
 * @thread: its record
 * @fpu: of @fpu_len bytes, or NULL
 * @fpu_note: layout of @fpu
 * @fpu_len: bytes at @fpu
 * @area_start: the area of memory that was mapped last
 * @area_end: after it
 * @seen: bit n: had a record of type n
 * @wiped: the memory of before is gone, there is no way back
 */
struct ssi_import {
	long app_id;
	const struct ssi_symbols *symbols;
	u64 regs[27];
	struct ssi_image_thread thread;
	void *fpu;
	u32 fpu_note;
	u32 fpu_len;
	unsigned long area_start;
	unsigned long area_end;
	u32 seen;
	bool wiped;
};

/**
 * struct ssi_writer - where records go to
 * @channel: to the one who writes the file
 * @report: what can not be saved
 * @symbols: of the kernel
 * @ns: namespaces of who makes the checkpoint, to compare with only
 * @pid_ns: same
 * @root: his root folder, the same way: no reference is held
 * @key: makes ids of addresses, the same for the whole application
 * @app_id: application
 * @ppid: parent of current, if it is in the application, or 0
 * @count: records so far
 */
struct ssi_writer {
	struct ssi_channel *channel;
	struct kapp_report *report;
	const struct ssi_symbols *symbols;
	struct nsproxy ns;
	const void *pid_ns;
	struct path root;
	siphash_key_t key;
	long app_id;
	pid_t ppid;
	u64 count;
};

int ssi_writer_put(struct ssi_writer *writer, unsigned int type,
		   const void *content, size_t len);
int ssi_writer_put2(struct ssi_writer *writer, unsigned int type,
		    const void *first, size_t first_len,
		    const void *second, size_t second_len);
int ssi_writer_refuse(struct ssi_writer *writer, int fd, const char *format,
		      ...) __printf(3, 4);

/**
 * struct ssi_reader - where records come from
 * @file: the image
 * @pos: in it
 * @type: of the record that was read last
 * @len: of its content
 * @content: of room for the longest record but a file's
 * @count: records so far
 * @report: what is wrong
 */
struct ssi_reader {
	struct file *file;
	loff_t pos;
	unsigned int type;
	size_t len;
	void *content;
	u64 count;
	struct kapp_report *report;
};

int ssi_reader_init(struct ssi_reader *reader, struct file *file,
		    struct kapp_report *report);
void ssi_reader_exit(struct ssi_reader *reader);
int ssi_reader_next(struct ssi_reader *reader);
int ssi_reader_bad(struct ssi_reader *reader, const char *what);

/**
 * struct ssi_resource - a kind of state
 * @types: bit n: @get reads records of type n
 * @of_thread: each thread has its own, not only the process
 * @put_state: writes what current has of it; NULL: nothing
 * @put_pages: the same, for what is long; NULL: nothing
 * @get: takes the record that was read last; NULL: user space does
 * Each returns 0, an error, or what ssi_writer_refuse() or ssi_reader_bad()
 * returned.
 */
struct ssi_resource {
	u32 types;
	bool of_thread;
	int (*put_state)(struct ssi_writer *writer);
	int (*put_pages)(struct ssi_writer *writer);
	int (*get)(struct ssi_reader *reader, struct ssi_import *import);
};

struct ssi_channel *ssi_channel_create(void);
void ssi_channel_put(struct ssi_channel *channel);
struct ssi_channel *ssi_channel_get(struct ssi_channel *channel);
int ssi_channel_write(struct ssi_channel *channel, const void *data,
		      size_t len);
void ssi_channel_finish(struct ssi_channel *channel, int result);
int ssi_channel_drain(struct ssi_channel *channel, struct file *file);

#endif /* _SSI_CKPT_H */
