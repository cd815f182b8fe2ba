// SPDX-License-Identifier: LGPL-2.1-or-later
/* fuzz-nodefile.c - any bytes as a node file; what is accepted is a host name, once */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libxos/nodefile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct xos_arena *arena = xos_arena_create();
	int fd = memfd_create("nodes", MFD_CLOEXEC);
	struct xos_strings names = { 0 };
	struct xos_error err;
	char path[64];

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!xos_nodefile_read(arena, path, &names, &err)) {
		for (size_t i = 0; i < names.n; i++)
			if (!xos_name_is_valid(names.s[i]) ||
			    (i && !strcmp(names.s[i], names.s[i - 1])))
				abort();
	} else if (!*err.text || strlen(err.text) >= sizeof(err.text)) {
		abort();
	}
	close(fd);
	xos_arena_destroy(arena);
	return 0;
}
