// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * krg-services.c: the way into the kernel, one ioctl on one file.
 */
#include "kerrighed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <ssi/ksys.h>

int open_kerrighed_services(void)
{
	return open(SSI_SERVICES_FILE, O_RDONLY | O_CLOEXEC);
}

int close_kerrighed_services(int fd)
{
	return close(fd);
}

int call_opened_kerrighed_services(int fd, unsigned long service, void *data)
{
	return ioctl(fd, service, data);
}

int call_kerrighed_services(unsigned long service, void *data)
{
	int fd = open_kerrighed_services();
	int ret, err;

	if (fd < 0)
		return -1;
	ret = call_opened_kerrighed_services(fd, service, data);
	err = errno;
	close_kerrighed_services(fd);
	errno = err;
	return ret;
}

int get_node_id(void)
{
	int node;

	return call_kerrighed_services(KSYS_GET_NODE_ID, &node) ? -1 : node;
}

int get_nr_nodes(void)
{
	int count;

	return call_kerrighed_services(KSYS_GET_NODES_COUNT, &count) ? -1 :
								       count;
}
