/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* arp.h - whose network card has an address, as the kernel saw it */
#ifndef _XOS_ARP_H
#define _XOS_ARP_H

#include <netinet/in.h>

#define XOS_ARP_FILE "/proc/net/arp"

/**
 * xos_arp_lookup() - the MAC behind an address
 * @file: XOS_ARP_FILE, or one like it
 * @mac: receives it in canonical form, "52-54-00-01-00-02"
 * Return: 0; -ENOENT: not known.
 */
int xos_arp_lookup(const char *file, struct in_addr address, char mac[18]);

#endif /* _XOS_ARP_H */
