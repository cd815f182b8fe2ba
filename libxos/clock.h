/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * clock.h - a clock of the system, in milliseconds
 */
#ifndef _XOS_CLOCK_H
#define _XOS_CLOCK_H

#include <stdint.h>
#include <time.h>

/**
 * xos_clock_ms() - what a clock says
 * @clock: CLOCK_REALTIME: ms since 1970, may step; CLOCK_MONOTONIC: since boot
 */
int64_t xos_clock_ms(clockid_t clock);

#endif /* _XOS_CLOCK_H */
