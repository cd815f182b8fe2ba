// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * clock.c - the one place that turns a timespec into milliseconds
 */
#include "clock.h"

int64_t xos_clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}
