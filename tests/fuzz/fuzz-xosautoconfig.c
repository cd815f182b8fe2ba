// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fuzz-xosautoconfig.c - any bytes as an input file of a grid
 *
 * The first byte says which one; what is taken makes files without a failure, and
 * no value that was taken brings a line of its own into them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pxe/text.h"
#include "xosautoconfig/grid-files.h"

static void parse(struct xos_grid *grid, enum xos_grid_input input, const char *data,
		  size_t len)
{
	char *text = malloc(len + 1);

	memcpy(text, data, len);
	text[len] = '\0';
	xos_grid_parse(grid, input, text, len);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char types[] = "core-node: head\nresource-node: node-1\n";
	static const char hosts[] = "10.0.0.1 head\n10.0.0.17 node-1\n";
	struct xos_grid *grid = xos_grid_create();
	struct xos_grid_files files = { .grid = grid };
	enum xos_grid_input input;

	if (!len)
		goto out;
	input = data[0] % XOS_GRID_INPUTS;
	parse(grid, input, (const char *)data + 1, len - 1);
	if (input != XOS_GRID_TYPES)
		parse(grid, XOS_GRID_TYPES, types, sizeof(types) - 1);
	if (input != XOS_GRID_HOSTS)
		parse(grid, XOS_GRID_HOSTS, hosts, sizeof(hosts) - 1);
	xos_grid_resolve(grid, "node-1");
	if (grid->problems.n)
		goto out;
	for (enum xos_grid_key key = 0; key < XOS_GRID_KEYS; key++)
		if (strpbrk(grid->value[key], "\n\r\"'$`\\"))
			abort();
	if (xos_grid_files(&files, NULL))
		abort();
	xos_grid_files_free(&files);
out:
	xos_grid_destroy(grid);
	return 0;
}
