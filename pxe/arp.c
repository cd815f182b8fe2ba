// SPDX-License-Identifier: LGPL-2.1-or-later
/* arp.c - read /proc/net/arp: address, type, flags, MAC, mask, device */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "../libxos/cleanup.h"
#include "arp.h"
#include "node-store.h"

#define ATF_COMPLETE 0x02

int xos_arp_lookup(const char *file, struct in_addr address, char mac[18])
{
	cleanup_fclose FILE *f = fopen(file, "re");
	char line[256], ip[64], hw[64];
	unsigned int type, flags;
	struct in_addr entry;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s 0x%x 0x%x %63s", ip, &type, &flags, hw) != 4 ||
		    !(flags & ATF_COMPLETE))
			continue;
		if (inet_pton(AF_INET, ip, &entry) == 1 &&
		    entry.s_addr == address.s_addr)
			return xos_mac_canonical(hw, mac) ? -ENOENT : 0;
	}
	return -ENOENT;
}
