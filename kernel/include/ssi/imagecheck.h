/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * imagecheck.h: is a checkpoint's file sound?  Pure C; the module and the commands
 * ask the same code.  The layout is in uapi/ssi/image.h.
 */
#ifndef _SSI_IMAGECHECK_H
#define _SSI_IMAGECHECK_H

#include <ssi/portable.h>
#include <uapi/ssi/image.h>

/**
 * struct ssi_image_fault - what is wrong with an image
 * @offset: of the record in the file, in bytes
 * @what: for people, never NULL
 */
struct ssi_image_fault {
	u64 offset;
	const char *what;
};

/* Gets each record that is sound; not 0 ends the walk and is its result. */
typedef int (*ssi_image_visit_fn)(void *context, unsigned int type,
				  const void *content, u64 len);

#ifndef __KERNEL__
/* CRC-32 of more bytes; from whoever compiles ckpt/imagecheck.c for user space. */
u32 ssi_crc32(u32 crc, const void *data, size_t len);
#endif

u32 ssi_record_crc(const struct ssi_record *record, const void *content,
		   u64 len);
u32 ssi_record_crc2(const struct ssi_record *record, const void *first,
		    u64 first_len, const void *second, u64 second_len);
const char *ssi_record_check(const struct ssi_record *record);
const char *ssi_record_check_content(unsigned int type, const void *content,
				     u64 len);
int ssi_image_walk(const void *image, u64 size, ssi_image_visit_fn visit,
		   void *context, struct ssi_image_fault *fault);

#endif /* _SSI_IMAGECHECK_H */
