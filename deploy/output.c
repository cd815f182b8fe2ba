// SPDX-License-Identifier: GPL-2.0-only
/*
 * output.c - write a file that a person named on the command line
 *
 * A rename puts a whole file in place of an old one.  In place of /dev/null that
 * would be a disaster, so what is there and is no regular file is written to.
 */
#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../libxos/atomic.h"

int xos_output_write(const char *path, const char *text, size_t len,
		     struct xos_error *err)
{
	struct stat st;
	bool written;
	FILE *f;

	if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
		return xos_file_write(path, text, len, 0644, false, err);
	f = fopen(path, "we");
	if (!f)
		return xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s", path,
				     strerror(errno));
	written = fwrite(text, 1, len, f) == len;
	if (fclose(f) || !written)
		return xos_error_set(err, -EIO, XOS_EXIT_FAILED, "%s: cannot be written", path);
	return 0;
}
