/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* text-diff.h - two texts as a unified diff */
#ifndef _XOS_TEXT_DIFF_H
#define _XOS_TEXT_DIFF_H

#include <stdio.h>

/**
 * xos_text_diff() - print what turns one text into another
 * @path: of the file, for the header
 * @old: NULL: there is no such file yet
 * @new: NULL: there will be none
 * Prints nothing when both are the same.
 * Return: 0; -ENOMEM.
 */
int xos_text_diff(FILE *out, const char *path, const char *old, const char *new);

#endif /* _XOS_TEXT_DIFF_H */
