// SPDX-License-Identifier: GPL-2.0-only
/* sleep.c: system calls that are under way go on with the time they have left. */
#include "program.h"

#include <poll.h>
#include <time.h>

#define SLEEP_S	12

/* Ends by itself, after it was restored or went on. */
int main(int argc, char **argv)
{
	struct timespec time = { SLEEP_S, 0 }, before, after;

	(void)argc;
	begin(argv);
	must(!clock_gettime(CLOCK_REALTIME, &before));
	say("ready");
	if (strstr(argv[0], "poll"))
		must(poll(NULL, 0, SLEEP_S * 1000) == 0);
	else
		must(nanosleep(&time, NULL) == 0);
	must(!clock_gettime(CLOCK_REALTIME, &after));
	must(after.tv_sec - before.tv_sec >= SLEEP_S - 1);
	say("pass");
	return 0;
}
