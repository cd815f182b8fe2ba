/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* http-range.h - the Range header of HTTP, one range of bytes */
#ifndef _XOS_HTTP_RANGE_H
#define _XOS_HTTP_RANGE_H

#include <stdint.h>

/** struct xos_http_range - @len bytes from @first on */
struct xos_http_range {
	uint64_t first, len;
};

/**
 * xos_http_range_parse() - which part of a file is wanted
 * @text: value of the header: "bytes=0-99", "bytes=100-", "bytes=-100"
 * @size: bytes of the file
 * @range: filled on success, with 1 byte or more
 * Return: 0; -ERANGE: nothing of it is in the file (416); -EINVAL: not
 *	understood, or several ranges: serve the whole file.
 */
int xos_http_range_parse(const char *text, uint64_t size,
			 struct xos_http_range *range);

#endif /* _XOS_HTTP_RANGE_H */
