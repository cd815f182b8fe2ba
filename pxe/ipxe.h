/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ipxe.h - the three scripts that a node's iPXE may get: boot, wait, refuse
 *
 * They run on the iPXE of 2019 that Debian 12 ships.  Every loop in them waits,
 * waits longer each time, and ends with a reboot.
 */
#ifndef _XOS_IPXE_H
#define _XOS_IPXE_H

#include "../libxos/error.h"

/**
 * struct xos_ipxe_boot - what goes into a boot script
 * @node: name of the node
 * @address: its address
 * @url: the boot server, no slash at the end
 * @image: id of the image
 * @bootline: kernel command line
 * @stagger_s: first wait after a failure, 1..9; neighbours should differ
 */
struct xos_ipxe_boot {
	const char *node, *address, *url, *image, *bootline;
	unsigned int stagger_s;
};

/**
 * xos_ipxe_check() - can a kernel command line stand in a script?
 * @node: name of the node, for the error
 * Return: 0; -EINVAL with @err: iPXE would read it as commands of its own.
 */
int xos_ipxe_check(const char *node, const char *bootline, struct xos_error *err);

/**
 * xos_ipxe_boot() - load kernel and initramfs and start them
 * @boot: its command line has passed xos_ipxe_check()
 * Return: the script, to be freed; NULL: no memory.
 */
char *xos_ipxe_boot(const struct xos_ipxe_boot *boot);

/**
 * xos_ipxe_wait() - no slot is free: wait and ask again
 * @url: the boot server
 * @node: name of the node
 * @mac: in canonical form
 * @wait_s: seconds to wait
 * @ahead: nodes before this one, for people
 * @try_next: number of the next request
 * Return: the script, to be freed; NULL: no memory.
 */
char *xos_ipxe_wait(const char *url, const char *node, const char *mac,
		    unsigned int wait_s, unsigned int ahead,
		    unsigned int try_next);

/**
 * xos_ipxe_refuse() - say why there is nothing to boot, wait, reboot
 * @reason: printable, one line, for the console
 * @wait_s: seconds to show it
 * Return: the script, to be freed; NULL: no memory.
 */
char *xos_ipxe_refuse(const char *reason, unsigned int wait_s);

#endif /* _XOS_IPXE_H */
