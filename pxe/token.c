// SPDX-License-Identifier: LGPL-2.1-or-later
/* token.c - read the admin's token; server and client both need it */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../libxos/cleanup.h"
#include "bootd-conf.h"

int xos_token_read(const char *file, char token[XOS_TOKEN_MAX + 1],
		   struct xos_error *err)
{
	cleanup_fclose FILE *f = fopen(file, "re");
	char line[XOS_TOKEN_MAX + 2];
	size_t len;

	if (!f || !fgets(line, sizeof(line), f))
		return xos_error_set(err, f ? -EBADMSG : -errno, XOS_EXIT_FAILED,
				     "%s: no token: %s", file,
				     f ? "empty file" : strerror(errno));
	len = strcspn(line, "\n");
	line[len] = '\0';
	if (!len || len > XOS_TOKEN_MAX)
		return xos_error_set(err, -EBADMSG, XOS_EXIT_FAILED,
				     "%s: no token: its first line must have 1 to %d characters",
				     file, XOS_TOKEN_MAX);
	for (size_t i = 0; i < len; i++) {
		if (line[i] <= ' ' || line[i] > '~')
			return xos_error_set(err, -EBADMSG, XOS_EXIT_FAILED,
					     "%s: no token: has a blank or an unprintable character",
					     file);
	}
	memcpy(token, line, len + 1);
	return 0;
}
