/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cleanup.h - variables that give back what they hold when they go out of scope */
#ifndef _XOS_CLEANUP_H
#define _XOS_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void xos_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void xos_cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void xos_cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define cleanup_free __attribute__((cleanup(xos_cleanup_free)))
#define cleanup_close __attribute__((cleanup(xos_cleanup_close)))
#define cleanup_fclose __attribute__((cleanup(xos_cleanup_fclose)))

#endif /* _XOS_CLEANUP_H */
