// SPDX-License-Identifier: LGPL-2.1-or-later
/* manual.c - fills the keys into a page: standard input to standard output */
#include <string.h>

#include "grid-write.h"

int main(void)
{
	char line[1024];

	while (fgets(line, sizeof(line), stdin)) {
		if (!strcmp(line, "@globalDefs@\n"))
			xos_grid_write_keys(stdout, XOS_GRID_GLOBAL);
		else if (!strcmp(line, "@localDefs@\n"))
			xos_grid_write_keys(stdout, XOS_GRID_LOCAL);
		else
			fputs(line, stdout);
	}
	return ferror(stdin) || fflush(stdout) ? 1 : 0;
}
