// SPDX-License-Identifier: GPL-2.0-only
/* refused.c: has a descriptor, number 7, that can not be saved. */
#include "program.h"

#include <sys/eventfd.h>

int main(int argc, char **argv)
{
	uint64_t value;
	int fd;

	(void)argc;
	begin(argv);
	fd = eventfd(5, 0);
	must(fd >= 0 && dup2(fd, 7) == 7 && !close(fd));
	wait_until_told();
	must(read(7, &value, sizeof(value)) == sizeof(value) && value == 5);
	say("pass");
	return 0;
}
