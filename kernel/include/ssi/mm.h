/* SPDX-License-Identifier: GPL-2.0-only */
/* mm.h: address spaces, saved and restored. */
#ifndef _SSI_MM_H
#define _SSI_MM_H

extern const struct ssi_resource ssi_mm_resource;

#endif /* _SSI_MM_H */
