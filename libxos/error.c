// SPDX-License-Identifier: LGPL-2.1-or-later
/* error.c - fills struct xos_error; knows nothing of what failed */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

int xos_error_set(struct xos_error *err, int code, enum xos_exit exit,
		  const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	err->exit = exit;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

void xos_error_prefix(struct xos_error *err, const char *fmt, ...)
{
	char old[sizeof(err->text)];
	va_list ap;
	int len;

	if (!err)
		return;
	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	len = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	if (len >= 0 && (size_t)len < sizeof(err->text))
		snprintf(err->text + len, sizeof(err->text) - len, "%s", old);
}
