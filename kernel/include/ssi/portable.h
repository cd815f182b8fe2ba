/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * portable.h: the few names that the pure C cores need, in the module and in
 * a user-space test alike.  A file that includes only this and other pure
 * headers compiles in both worlds, from the same text.  Who compiles for user
 * space defines __packed as the attribute of that name.
 */
#ifndef _SSI_PORTABLE_H
#define _SSI_PORTABLE_H

#ifdef __KERNEL__

#include <asm/byteorder.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>

#else

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define memzero_explicit(s, n)	explicit_bzero(s, n)

#define cpu_to_le16(x)	htole16(x)
#define cpu_to_le32(x)	htole32(x)
#define cpu_to_le64(x)	htole64(x)
#define le16_to_cpu(x)	le16toh(x)
#define le32_to_cpu(x)	le32toh(x)
#define le64_to_cpu(x)	le64toh(x)

#endif /* __KERNEL__ */

#endif /* _SSI_PORTABLE_H */
