// SPDX-License-Identifier: GPL-2.0-only
/*
 * record.c: writes records to a channel and reads them from a file.
 *
 * Knows no resource.  Whatever is read was checked by imagecheck.c before anybody
 * sees it.
 */
#include <ssi/ckpt.h>

#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <uapi/ssi/app.h>

/* All records but those of files, which the kernel does not read */
#define CONTENT_ROOM	(sizeof(struct ssi_image_pages) + \
			 SSI_IMAGE_RUN * SSI_IMAGE_PAGE)

/**
 * ssi_writer_put2() - write a record whose content is in two pieces
 * @writer: where to
 * @type: SSI_RECORD_...
 * @first: @first_len bytes
 * @first_len: any
 * @second: @second_len bytes
 * @second_len: 0 allowed
 * Return: 0, or what ssi_channel_write() returned.
 */
int ssi_writer_put2(struct ssi_writer *writer, unsigned int type,
		    const void *first, size_t first_len,
		    const void *second, size_t second_len)
{
	struct ssi_record record = {
		.type = cpu_to_le16(type),
		.version = cpu_to_le16(1),
		.len = cpu_to_le64(first_len + second_len),
	};

	if (WARN_ON_ONCE(ssi_record_check(&record)))
		return -EINVAL;
	record.crc = cpu_to_le32(ssi_record_crc2(&record, first, first_len,
						 second, second_len));
	writer->count++;
	return ssi_channel_write(writer->channel, &record, sizeof(record)) ?:
	       ssi_channel_write(writer->channel, first, first_len) ?:
	       ssi_channel_write(writer->channel, second, second_len);
}

/**
 * ssi_writer_put() - write a record
 * @writer: where to
 * @type: SSI_RECORD_...
 * @content: @len bytes
 * @len: that the type may have
 * Return: 0, or what ssi_channel_write() returned.
 */
int ssi_writer_put(struct ssi_writer *writer, unsigned int type,
		   const void *content, size_t len)
{
	return ssi_writer_put2(writer, type, content, len, NULL, 0);
}

/**
 * ssi_writer_refuse() - something that can not be saved
 * @writer: whose report is filled in
 * @fd: descriptor of current, or -1
 * @format: what it is, as of printf(3)
 * Return: -EOPNOTSUPP.
 */
int ssi_writer_refuse(struct ssi_writer *writer, int fd, const char *format,
		      ...)
{
	va_list args;

	writer->report->tid = task_pid_vnr(current);
	writer->report->fd = fd;
	va_start(args, format);
	vscnprintf(writer->report->text, sizeof(writer->report->text), format,
		   args);
	va_end(args);
	return -EOPNOTSUPP;
}

/**
 * ssi_reader_init() - begin to read an image
 * @reader: to be freed with ssi_reader_exit() if this succeeds
 * @file: open for reading; the reader does not hold it
 * @report: what is wrong goes there
 * Return: 0, or -ENOMEM.
 */
int ssi_reader_init(struct ssi_reader *reader, struct file *file,
		    struct kapp_report *report)
{
	*reader = (struct ssi_reader){
		.file = file,
		.report = report,
		.content = kvmalloc(CONTENT_ROOM, GFP_KERNEL),
	};
	return reader->content ? 0 : -ENOMEM;
}

/**
 * ssi_reader_exit() - read no more
 * @reader: from ssi_reader_init()
 */
void ssi_reader_exit(struct ssi_reader *reader)
{
	kvfree(reader->content);
}

/**
 * ssi_reader_bad() - the image is not what it has to be
 * @reader: whose report is filled in
 * @what: is wrong
 * Return: -SSI_E_BADDATA.
 */
int ssi_reader_bad(struct ssi_reader *reader, const char *what)
{
	reader->report->fd = -1;
	scnprintf(reader->report->text, sizeof(reader->report->text),
		  "%s, before byte %lld", what, reader->pos);
	return -SSI_E_BADDATA;
}

static int read_bytes(struct ssi_reader *reader, void *to, size_t len)
{
	ssize_t n;

	while (len) {
		n = kernel_read(reader->file, to, len, &reader->pos);
		if (n < 0)
			return n;
		if (!n)
			return ssi_reader_bad(reader, "truncated");
		to += n;
		len -= n;
	}
	return 0;
}

/**
 * ssi_reader_next() - read the next record
 * @reader: gets type, content and its length; records of files are skipped
 * Return: 0; -SSI_E_BADDATA, with a report; -EINTR when killed; the file's
 *	error.
 */
int ssi_reader_next(struct ssi_reader *reader)
{
	struct ssi_record record;
	const char *wrong;
	u64 len;
	int err;

	for (;; reader->count++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		err = read_bytes(reader, &record, sizeof(record));
		if (err)
			return err;
		wrong = ssi_record_check(&record);
		if (wrong)
			return ssi_reader_bad(reader, wrong);
		len = le64_to_cpu(record.len);
		if (le16_to_cpu(record.type) != SSI_RECORD_FILE)
			break;
		reader->pos += len;
	}
	err = read_bytes(reader, reader->content, len);
	if (err)
		return err;
	if (ssi_record_crc(&record, reader->content, len) !=
	    le32_to_cpu(record.crc))
		return ssi_reader_bad(reader, "bad checksum");
	reader->type = le16_to_cpu(record.type);
	reader->len = len;
	reader->count++;
	wrong = ssi_record_check_content(reader->type, reader->content, len);
	return wrong ? ssi_reader_bad(reader, wrong) : 0;
}
