// SPDX-License-Identifier: LGPL-2.1-or-later
/* nodefile.c - reads node files as OAR and its like write them */
#include <ctype.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "cleanup.h"
#include "nodefile.h"

#define FILE_MAX_BYTES	(16u << 20)
#define NAMES_MAX	65536

bool xos_name_is_valid(const char *name)
{
	size_t len = strlen(name);
	bool letter = false;
	char before = '.';

	if (!len || len > XOS_NAME_MAX)
		return false;
	for (const char *p = name; *p; before = *p++) {
		bool edge = *p == '-' || *p == '.';

		if (!edge && !(*p >= 'a' && *p <= 'z') && !(*p >= '0' && *p <= '9'))
			return false;
		/* A label neither begins nor ends with '-', nor is it empty. */
		if (edge && (before == '.' || (before == '-' && *p == '.')))
			return false;
		letter |= *p >= 'a' && *p <= 'z';
	}
	return letter && before != '-' && before != '.';
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void keep(void *name)
{
	(void)name;			/* the arena owns it */
}

/* Adds the name on one line unless it was seen before. */
static int add_line(struct xos_arena *arena, char *line, void **seen,
		    struct xos_strings *names)
{
	char *end;
	int rc;

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t\r");
	end = line + strlen(line);
	while (end > line && strchr(" \t\r", end[-1]))
		*--end = '\0';
	if (!*line || tfind(line, seen, compare))
		return 0;
	if (!xos_name_is_valid(line))
		return -EINVAL;
	if (names->n >= NAMES_MAX)
		return -E2BIG;
	rc = xos_strings_add(arena, names, line);
	if (rc)
		return rc;
	return tsearch(names->s[names->n - 1], seen, compare) ? 0 : -ENOMEM;
}

static int refuse(const char *path, int line, const char *text, int code,
		  struct xos_error *err)
{
	if (code == -EINVAL)
		return xos_error_set(err, code, XOS_EXIT_USAGE,
				     "%s:%d: '%.80s' is not a host name; write one name a line in lower case",
				     path, line, text);
	return xos_error_set(err, code, XOS_EXIT_USAGE, "%s:%d: %s", path, line,
			     code == -E2BIG ? "more than 65536 names; split the file" :
			     strerror(-code));
}

int xos_nodefile_read(struct xos_arena *arena, const char *path,
		      struct xos_strings *names, struct xos_error *err)
{
	cleanup_free char *data = NULL;
	size_t len, before = names->n;
	void *seen = NULL;
	int line = 0, rc = 0;
	char *next;

	data = xos_file_read(path, FILE_MAX_BYTES, &len, err);
	if (!data) {
		if (err)
			err->exit = XOS_EXIT_USAGE;
		return err ? err->code : -EIO;
	}
	if (memchr(data, '\0', len))
		return refuse(path, 1, "a NUL byte", -EINVAL, err);
	for (char *p = data; p && !rc; p = next) {
		next = strchr(p, '\n');
		if (next)
			*next++ = '\0';
		line++;
		rc = add_line(arena, p, &seen, names);
		if (rc)
			refuse(path, line, p, rc, err);
	}
	tdestroy(seen, keep);
	if (!rc && names->n == before)
		return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
				     "%s: names no node; write one name a line", path);
	return rc;
}
