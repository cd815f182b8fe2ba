/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* grid-write.h - the input files and their page, as the table of keys has them */
#ifndef _XOS_GRID_WRITE_H
#define _XOS_GRID_WRITE_H

#include <stdio.h>

#include "grid-input.h"

/** xos_grid_write_sample() - a commented sample of an input file */
void xos_grid_write_sample(FILE *out, enum xos_grid_input input);

/** xos_grid_write_keys() - the keys of globalDefs or localDefs as a man page has them */
void xos_grid_write_keys(FILE *out, enum xos_grid_input input);

/**
 * xos_grid_init() - write samples of all input files, and the capability secret
 * What is there already is left alone.
 * @say: told of each file that was written
 * Return: 0; negative errno with @err.
 */
int xos_grid_init(const char *dir, FILE *say, struct xos_error *err);

/**
 * xos_grid_ask() - ask for each key that has no value, and note the answers
 * @in, @out: the terminal
 * An empty answer takes the default; a wrong one is explained and asked for
 * again; the end of @in is a failure.  Answers are added to the input files.
 * Return: 0, nothing to ask or all answered; negative errno with @err.
 */
int xos_grid_ask(struct xos_grid *grid, const char *dir, FILE *in, FILE *out,
		 struct xos_error *err);

#endif /* _XOS_GRID_WRITE_H */
