// SPDX-License-Identifier: LGPL-2.1-or-later
/* http-range.c - RFC 9110, section 14.1.2, for one range */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "http-range.h"

/* Digits at *@text, which moves behind them; false: none, or too large. */
static bool get_number(const char **text, uint64_t *number)
{
	const char *s = *text;
	uint64_t n = 0;

	for (; *s >= '0' && *s <= '9'; s++) {
		if (n > (UINT64_MAX >> 1) / 10)
			return false;
		n = n * 10 + (*s - '0');
	}
	if (s == *text)
		return false;
	*text = s;
	*number = n;
	return true;
}

int xos_http_range_parse(const char *text, uint64_t size,
			 struct xos_http_range *range)
{
	uint64_t first, last = UINT64_MAX, suffix;

	if (strncmp(text, "bytes=", 6))
		return -EINVAL;
	text += 6;
	if (*text == '-') {
		text++;
		if (!get_number(&text, &suffix) || *text)
			return -EINVAL;
		if (!suffix || !size)
			return -ERANGE;
		range->len = suffix < size ? suffix : size;
		range->first = size - range->len;
		return 0;
	}
	if (!get_number(&text, &first) || *text++ != '-')
		return -EINVAL;
	if (*text && (!get_number(&text, &last) || *text || last < first))
		return -EINVAL;
	if (first >= size)
		return -ERANGE;
	if (last >= size)
		last = size - 1;
	range->first = first;
	range->len = last - first + 1;
	return 0;
}
