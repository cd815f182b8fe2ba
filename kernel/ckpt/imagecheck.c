// SPDX-License-Identifier: GPL-2.0-only
/*
 * imagecheck.c: checks the files of a checkpoint, before anybody believes them.
 *
 * Pure C.  Owns the table of records: which sizes each may have, and what has
 * to hold inside one without knowing the others.  Knows nothing of tasks.
 */
#include <ssi/imagecheck.h>

#ifdef __KERNEL__
#include <linux/crc32.h>
#define crc_add(crc, p, len)	(~crc32_le(~(crc), p, len))
#else
#define crc_add(crc, p, len)	ssi_crc32(crc, p, len)
#endif

#define PATH_ROOM	SSI_IMAGE_PATH_MAX
#define RUN_ROOM	((u64)SSI_IMAGE_RUN * SSI_IMAGE_PAGE)
#define USER_END	0x7ffffffff000ull	/* of 47 bits of addresses */
#define NSIG_MAX	64
/* Content of a pipe: /proc/sys/fs/pipe-max-size is 1 MiB unless root says so */
#define DATA_ROOM	(1ull << 24)

/* [type]: version, and the sizes that its content may have */
static const struct {
	u16 version;
	u64 min, max;
} table[SSI_RECORD_NR] = {
#define FIXED(type)	{ 1, sizeof(type), sizeof(type) }
#define VARIABLE(type, room)	{ 1, sizeof(type), sizeof(type) + (room) }
	[SSI_RECORD_HEADER] = FIXED(struct ssi_image_header),
	[SSI_RECORD_PROCESS] = FIXED(struct ssi_image_process),
	[SSI_RECORD_CREDS] = FIXED(struct ssi_image_creds),
	[SSI_RECORD_LIMITS] = FIXED(struct ssi_image_limit[SSI_IMAGE_LIMITS]),
	[SSI_RECORD_CWD] = { 1, 2, PATH_ROOM },
	[SSI_RECORD_ACTION] = FIXED(struct ssi_image_action),
	[SSI_RECORD_TIMERS] = FIXED(struct ssi_image_itimer[3]),
	[SSI_RECORD_SIGNAL] = FIXED(struct ssi_image_signal),
	[SSI_RECORD_THREAD] = FIXED(struct ssi_image_thread),
	[SSI_RECORD_REGS] = { 1, 27 * 8, 27 * 8 },
	[SSI_RECORD_FPU] = VARIABLE(struct ssi_image_fpu, SSI_FPU_MAX),
	[SSI_RECORD_FILE] = VARIABLE(struct ssi_image_file, DATA_ROOM),
	[SSI_RECORD_FD] = FIXED(struct ssi_image_fd),
	[SSI_RECORD_MM] = FIXED(struct ssi_image_mm),
	[SSI_RECORD_EXE] = VARIABLE(struct ssi_image_mapped, PATH_ROOM),
	[SSI_RECORD_VMA] = VARIABLE(struct ssi_image_vma, PATH_ROOM),
	[SSI_RECORD_PAGES] = VARIABLE(struct ssi_image_pages, RUN_ROOM),
	[SSI_RECORD_END] = FIXED(struct ssi_image_end),
#undef FIXED
#undef VARIABLE
};

/**
 * ssi_record_crc2() - the checksum of a record whose content is in two pieces
 * @record: its start; what stands in its crc does not matter
 * @first: @first_len bytes
 * @first_len: any
 * @second: @second_len bytes
 * @second_len: 0 allowed
 * Return: CRC-32.
 */
u32 ssi_record_crc2(const struct ssi_record *record, const void *first,
		    u64 first_len, const void *second, u64 second_len)
{
	struct ssi_record start = *record;
	u32 crc;

	start.crc = 0;
	crc = crc_add(0, (const u8 *)&start, sizeof(start));
	crc = crc_add(crc, first, first_len);
	return second_len ? crc_add(crc, second, second_len) : crc;
}

/**
 * ssi_record_crc() - the checksum that a record has to have
 * @record: its start; what stands in its crc does not matter
 * @content: @len bytes
 * @len: content of the record
 * Return: CRC-32.
 */
u32 ssi_record_crc(const struct ssi_record *record, const void *content,
		   u64 len)
{
	return ssi_record_crc2(record, content, len, NULL, 0);
}

/**
 * ssi_record_check() - is this the start of a record?
 * @record: to look at
 * Return: NULL when type, version and length are right, else what is wrong.
 */
const char *ssi_record_check(const struct ssi_record *record)
{
	unsigned int type = le16_to_cpu(record->type);
	u64 len = le64_to_cpu(record->len);

	if (type >= SSI_RECORD_NR || !table[type].version)
		return "unknown type of record";
	if (le16_to_cpu(record->version) != table[type].version)
		return "unknown version of a record";
	if (len < table[type].min || len > table[type].max)
		return "bad length of a record";
	return NULL;
}

static bool is_path(const char *path, u64 len)
{
	return len > 1 && len <= PATH_ROOM && path[0] == '/' &&
	       strnlen(path, len) == len - 1;
}

static bool is_mapped(const struct ssi_image_mapped *file, u64 room)
{
	u32 len = le32_to_cpu(file->path_len);

	return len == room && (!len || is_path((const char *)(file + 1), len));
}

static const char *check_header(const struct ssi_image_header *header)
{
	if (memcmp(header->magic, SSI_IMAGE_MAGIC, sizeof(header->magic)))
		return "not an image of a checkpoint";
	if (le32_to_cpu(header->machine) != SSI_IMAGE_MACHINE ||
	    le32_to_cpu(header->page_size) != SSI_IMAGE_PAGE)
		return "of another kind of machine";
	if (le32_to_cpu(header->tid) < 2 || le32_to_cpu(header->tgid) < 2)
		return "bad number of a thread";
	return NULL;
}

static const char *check_file(const struct ssi_image_file *file, u64 len)
{
	u32 kind = le32_to_cpu(file->kind);

	if (le32_to_cpu(file->data_len) != len - sizeof(*file))
		return "bad length of a file's data";
	if (!kind || kind >= SSI_FILE_NR)
		return "unknown kind of file";
	if (kind == SSI_FILE_PATH &&
	    !is_path((const char *)(file + 1), len - sizeof(*file)))
		return "bad path of a file";
	if (kind == SSI_FILE_PIPE &&
	    len - sizeof(*file) < sizeof(struct ssi_image_pipe))
		return "bad length of a pipe";
	return NULL;
}

static const char *check_range(u64 start, u64 end)
{
	if (start % SSI_IMAGE_PAGE || end % SSI_IMAGE_PAGE || start >= end ||
	    end > USER_END)
		return "bad range of memory";
	return NULL;
}

static const char *check_vma(const struct ssi_image_vma *vma, u64 len)
{
	if (le64_to_cpu(vma->flags) & ~(u64)SSI_VMA_ALL ||
	    le64_to_cpu(vma->offset) % SSI_IMAGE_PAGE)
		return "bad kind of memory";
	if (!is_mapped(&vma->file, len - sizeof(*vma)))
		return "bad path of a mapped file";
	return check_range(le64_to_cpu(vma->start), le64_to_cpu(vma->end));
}

static const char *check_pages(const struct ssi_image_pages *pages, u64 len)
{
	u64 count = le64_to_cpu(pages->count);
	u64 start = le64_to_cpu(pages->start);

	if (!count || count > SSI_IMAGE_RUN || start > USER_END ||
	    len - sizeof(*pages) != count * SSI_IMAGE_PAGE)
		return "bad number of pages";
	return check_range(start, start + count * SSI_IMAGE_PAGE);
}

static const char *check_thread(const struct ssi_image_thread *thread)
{
	if (strnlen(thread->comm, sizeof(thread->comm)) == sizeof(thread->comm))
		return "bad name of a thread";
	if (le32_to_cpu(thread->restart) >= SSI_RESTART_NR)
		return "unknown system call to go on with";
	return NULL;
}

static bool is_signal(__le32 signo)
{
	return le32_to_cpu(signo) >= 1 && le32_to_cpu(signo) <= NSIG_MAX;
}

/**
 * ssi_record_check_content() - does a record say what its type may say?
 * @type: passed by ssi_record_check()
 * @content: @len bytes
 * @len: passed by ssi_record_check() with that type
 * Return: NULL when it does, else what is wrong.
 */
const char *ssi_record_check_content(unsigned int type, const void *content,
				     u64 len)
{
	const struct ssi_image_action *action = content;
	const struct ssi_image_signal *signal = content;
	const struct ssi_image_creds *creds = content;
	const struct ssi_image_fd *fd = content;

	switch (type) {
	case SSI_RECORD_HEADER:
		return check_header(content);
	case SSI_RECORD_CREDS:
		return le32_to_cpu(creds->nr_groups) > SSI_IMAGE_GROUPS ?
		       "too many groups" : NULL;
	case SSI_RECORD_CWD:
		return is_path(content, len) ? NULL : "bad path of a folder";
	case SSI_RECORD_ACTION:
		return is_signal(action->signo) ? NULL : "bad signal";
	case SSI_RECORD_SIGNAL:
		return is_signal(signal->signo) ? NULL : "bad signal";
	case SSI_RECORD_THREAD:
		return check_thread(content);
	case SSI_RECORD_FILE:
		return check_file(content, len);
	case SSI_RECORD_FD:
		return le32_to_cpu(fd->fd) < 1u << 20 ? NULL :
		       "bad number of a descriptor";
	case SSI_RECORD_EXE:
		return is_mapped(content, len - sizeof(struct ssi_image_mapped)) ?
		       NULL : "bad path of a program";
	case SSI_RECORD_VMA:
		return check_vma(content, len);
	case SSI_RECORD_PAGES:
		return check_pages(content, len);
	default:
		return NULL;
	}
}

static const char *next_record(const u8 *at, u64 left, u64 *len)
{
	struct ssi_record record;
	const char *wrong;
	unsigned int type;

	if (left < sizeof(record))
		return "truncated";
	memcpy(&record, at, sizeof(record));
	wrong = ssi_record_check(&record);
	if (wrong)
		return wrong;
	*len = le64_to_cpu(record.len);
	if (*len > left - sizeof(record))
		return "truncated";
	type = le16_to_cpu(record.type);
	if (ssi_record_crc(&record, at + sizeof(record), *len) !=
	    le32_to_cpu(record.crc))
		return "bad checksum";
	return ssi_record_check_content(type, at + sizeof(record), *len);
}

/**
 * ssi_image_walk() - check a whole file and look at each record
 * @image: @size bytes, aligned to 8
 * @size: of the file
 * @visit: gets each record, the header first; not called for END; NULL allowed
 * @context: for @visit
 * @fault: filled in when the image is bad
 * Return: 0; -EBADMSG when it is bad; what @visit returned, if not 0.  What was
 *	visited before a fault was sound in itself, but is not to be used.
 */
int ssi_image_walk(const void *image, u64 size, ssi_image_visit_fn visit,
		   void *context, struct ssi_image_fault *fault)
{
	const struct ssi_image_end *end;
	const struct ssi_record *record;
	const u8 *at = image;
	u64 left = size, len, count = 0;
	unsigned int type;
	int ret;

	for (;; count++) {
		fault->offset = size - left;
		fault->what = next_record(at, left, &len);
		if (fault->what)
			return -EBADMSG;
		record = (const struct ssi_record *)at;
		type = le16_to_cpu(record->type);
		at += sizeof(*record);
		left -= sizeof(*record) + len;
		fault->what = "header is not first";
		if ((type == SSI_RECORD_HEADER) != (count == 0))
			return -EBADMSG;
		if (type == SSI_RECORD_END)
			break;
		ret = visit ? visit(context, type, at, len) : 0;
		if (ret)
			return ret;
		at += len;
	}
	end = (const struct ssi_image_end *)at;
	fault->what = "records are missing";
	if (le64_to_cpu(end->count) != count)
		return -EBADMSG;
	fault->what = "something follows the end";
	return left ? -EBADMSG : 0;
}
