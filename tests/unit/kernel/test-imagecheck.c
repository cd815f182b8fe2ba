// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-imagecheck.c: the check of a checkpoint's files: a sound one passes;
 * with any byte changed, cut anywhere, or with a wrong content whose checksum
 * is right, it does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <ssi/imagecheck.h>

#define ROOM	20000

struct image {
	u8 bytes[ROOM];
	size_t len;
	u64 count;
};

/* One at a time is enough here; the library's is four bytes a step. */
u32 ssi_crc32(u32 crc, const void *data, size_t len)
{
	const u8 *at = data;
	int bit;

	crc = ~crc;
	while (len--) {
		crc ^= *at++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void add(struct image *image, unsigned int type, const void *content,
		size_t len)
{
	struct ssi_record record = {
		.type = cpu_to_le16(type),
		.version = cpu_to_le16(1),
		.len = cpu_to_le64(len),
	};

	record.crc = cpu_to_le32(ssi_record_crc(&record, content, len));
	memcpy(image->bytes + image->len, &record, sizeof(record));
	image->len += sizeof(record);
	memcpy(image->bytes + image->len, content, len);
	image->len += len;
	image->count++;
}

static void add_header(struct image *image)
{
	struct ssi_image_header header = {
		.magic = SSI_IMAGE_MAGIC,
		.machine = cpu_to_le32(SSI_IMAGE_MACHINE),
		.page_size = cpu_to_le32(SSI_IMAGE_PAGE),
		.tgid = cpu_to_le32(12),
		.tid = cpu_to_le32(12),
	};

	add(image, SSI_RECORD_HEADER, &header, sizeof(header));
}

static void add_end(struct image *image)
{
	struct ssi_image_end end = { .count = cpu_to_le64(image->count) };

	add(image, SSI_RECORD_END, &end, sizeof(end));
}

static struct image *make(void)
{
	struct image *image = calloc(1, sizeof(*image));
	struct {
		struct ssi_image_vma vma;
		char path[5];
	} area = {
		.vma.start = cpu_to_le64(0x1000),
		.vma.end = cpu_to_le64(0x3000),
		.vma.file.path_len = cpu_to_le32(5),
		.path = "/bin",
	};
	struct {
		struct ssi_image_pages pages;
		u8 page[SSI_IMAGE_PAGE];
	} pages = {
		.pages.start = cpu_to_le64(0x1000),
		.pages.count = cpu_to_le64(1),
	};

	assert_non_null(image);
	add_header(image);
	add(image, SSI_RECORD_CWD, "/tmp", 5);
	add(image, SSI_RECORD_VMA, &area, sizeof(area.vma) + 5);
	add(image, SSI_RECORD_PAGES, &pages, sizeof(pages));
	add_end(image);
	return image;
}

static int count_record(void *context, unsigned int type, const void *content,
			u64 len)
{
	(void)content;
	(void)len;
	assert_int_not_equal(type, SSI_RECORD_END);
	++*(int *)context;
	return 0;
}

/* In memory of that very size, so that ASan sees a read beyond it */
static int walk(const u8 *bytes, size_t len)
{
	struct ssi_image_fault fault = { };
	u8 *copy = malloc(len ? len : 1);
	int ret;

	memcpy(copy, bytes, len);
	ret = ssi_image_walk(copy, len, NULL, NULL, &fault);
	if (ret) {
		assert_int_equal(ret, -EBADMSG);
		assert_non_null(fault.what);
		assert_true(fault.offset <= len);
	}
	free(copy);
	return ret;
}

static void test_sound(void **state)
{
	struct image *image = make();
	struct ssi_image_fault fault;
	int count = 0;

	(void)state;
	assert_int_equal(ssi_image_walk(image->bytes, image->len, count_record,
					&count, &fault), 0);
	assert_int_equal(count, 4);
	free(image);
}

static void test_every_byte(void **state)
{
	struct image *image = make();
	size_t i;

	(void)state;
	for (i = 0; i < image->len; i++) {
		image->bytes[i] ^= 1 << i % 8;
		assert_int_equal(walk(image->bytes, image->len), -EBADMSG);
		image->bytes[i] ^= 1 << i % 8;
	}
	assert_int_equal(walk(image->bytes, image->len), 0);
	free(image);
}

static void test_every_length(void **state)
{
	struct image *image = make();
	size_t len;

	(void)state;
	for (len = 0; len < image->len; len++)
		assert_int_equal(walk(image->bytes, len), -EBADMSG);
	assert_int_equal(walk(image->bytes, image->len + 1), -EBADMSG);
	free(image);
}

/* Somebody edits an image, and its checksums too. */
static void test_edited(void **state)
{
	static const u8 zero[SSI_IMAGE_PAGE];
	struct ssi_image_pages pages = { };
	struct ssi_image_signal signal = { };
	struct ssi_image_creds creds = { .nr_groups = cpu_to_le32(65) };
	struct ssi_image_file file = { .kind = cpu_to_le32(SSI_FILE_NR) };
	struct ssi_image_thread thread = { };
	struct ssi_image_vma vma = { .start = cpu_to_le64(1) };
	const struct {
		unsigned int type;
		const void *content;
		size_t len;
	} table[] = {
		{ SSI_RECORD_CWD, "tmp", 4 },
		{ SSI_RECORD_CWD, "/t\0p", 5 },
		{ SSI_RECORD_CWD, "/tmp", 4 },
		{ SSI_RECORD_PAGES, &pages, sizeof(pages) },
		{ SSI_RECORD_SIGNAL, &signal, sizeof(signal) },
		{ SSI_RECORD_CREDS, &creds, sizeof(creds) },
		{ SSI_RECORD_FILE, &file, sizeof(file) },
		{ SSI_RECORD_THREAD, &thread, sizeof(thread) },
		{ SSI_RECORD_VMA, &vma, sizeof(vma) },
		{ SSI_RECORD_REGS, zero, 26 * 8 },
		{ SSI_RECORD_NR, zero, 8 },
		{ SSI_RECORD_HEADER, zero, sizeof(struct ssi_image_header) },
	};
	struct image *image;
	size_t i;

	(void)state;
	memset(thread.comm, 'x', sizeof(thread.comm));
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		image = calloc(1, sizeof(*image));
		add_header(image);
		add(image, table[i].type, table[i].content, table[i].len);
		add_end(image);
		assert_int_equal(walk(image->bytes, image->len), -EBADMSG);
		free(image);
	}
}

static void test_incomplete(void **state)
{
	struct image *image = calloc(1, sizeof(*image));

	(void)state;
	add_end(image);
	assert_int_equal(walk(image->bytes, image->len), -EBADMSG);
	memset(image, 0, sizeof(*image));
	add_header(image);
	image->count++;
	add_end(image);
	assert_int_equal(walk(image->bytes, image->len), -EBADMSG);
	free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_edited),
		cmocka_unit_test(test_incomplete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
