/* SPDX-License-Identifier: GPL-2.0-only */
/* address-space.h: between the two halves of this folder. */
#ifndef _SSI_ADDRESS_SPACE_H
#define _SSI_ADDRESS_SPACE_H

#include <ssi/ckpt.h>

struct flag_pair {
	unsigned long kernel;	/* VM_... */
	u32 image;		/* SSI_VMA_... */
	int advice;		/* of madvise(2) that sets it, or -1 */
};

#define NR_FLAG_PAIRS	14

extern const struct flag_pair flag_pairs[NR_FLAG_PAIRS];

int memory_put_state(struct ssi_writer *writer);
int memory_put_pages(struct ssi_writer *writer);
int memory_get(struct ssi_reader *reader, struct ssi_import *import);

#endif /* _SSI_ADDRESS_SPACE_H */
