/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bootd.h - the boot server, as a library
 *
 * One process may run several (tests do).  docs/design.md has its requests,
 * xos-bootd(8) its settings.
 */
#ifndef _XOS_BOOTD_H
#define _XOS_BOOTD_H

#include <stdint.h>

#include "bootd-conf.h"

struct xos_bootd;

/** xos_bootd_log_fn - takes one line about one fact, from any thread */
typedef void xos_bootd_log_fn(const char *line);

/**
 * xos_bootd_start() - listen and serve, in threads of its own
 * @conf: settings; the server's from now on, also when this fails
 * @log: takes log lines; NULL: nobody does
 * Return: the server, for xos_bootd_stop(); NULL with @err.
 */
struct xos_bootd *xos_bootd_start(struct xos_bootd_conf *conf,
				  xos_bootd_log_fn *log, struct xos_error *err);

/** xos_bootd_stop() - end all connections and free everything; NULL allowed */
void xos_bootd_stop(struct xos_bootd *bootd);

/** xos_bootd_port() - the port it listens on */
uint16_t xos_bootd_port(const struct xos_bootd *bootd);

/**
 * xos_bootd_reload() - take other settings without dropping a connection
 * @conf: the server's from now on, also when this fails
 * Return: 0; -EOPNOTSUPP with @err when it wants another address or port,
 *	which needs a restart.
 */
int xos_bootd_reload(struct xos_bootd *bootd, struct xos_bootd_conf *conf,
		     struct xos_error *err);

#endif /* _XOS_BOOTD_H */
