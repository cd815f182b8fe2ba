// SPDX-License-Identifier: GPL-2.0-only
/*
 * address-space.c: the memory of a process as a resource; save.c writes it,
 * load.c reads it.
 */
#include "address-space.h"

#include <ssi/mm.h>

const struct ssi_resource ssi_mm_resource = {
	.types = 1 << SSI_RECORD_MM | 1 << SSI_RECORD_EXE |
		 1 << SSI_RECORD_VMA | 1 << SSI_RECORD_PAGES,
	.put_state = memory_put_state,
	.put_pages = memory_put_pages,
	.get = memory_get,
};
