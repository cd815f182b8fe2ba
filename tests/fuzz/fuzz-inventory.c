// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fuzz-inventory.c - any bytes as an inventory
 *
 * Beside memory faults it looks for these: a problem that is not one line; a
 * document that the schema refuses and the explanation finds nothing wrong with;
 * an inventory that loads but, formatted, does not load to the same one.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libxos/inventory.h"

#define NODES_MAX 64			/* formatted and compared; more takes long */

static void look_at(const struct xos_error *problem, void *arg)
{
	const char *what = strstr(problem->text, ": ");

	(void)arg;
	if (strpbrk(problem->text, "\n\r\t") || !what ||
	    !strncmp(what, ": does not fit the schema", 25)) {
		fprintf(stderr, "problem: %s\n", problem->text);
		abort();
	}
}

static struct xos_inventory *load(const void *data, size_t len)
{
	int fd = memfd_create("inventory", MFD_CLOEXEC);
	struct xos_inventory *inv;
	struct xos_error err;
	char path[64];

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	inv = xos_inventory_check(path, NULL, look_at, NULL, &err);
	close(fd);
	return inv;
}

static void round_trip(const struct xos_inventory *inv)
{
	char *first = xos_inventory_format(inv, NULL), *second;
	struct xos_inventory *again = load(first, strlen(first));

	if (!again) {
		fprintf(stderr, "refused: %s\n", first);
		abort();
	}
	second = xos_inventory_format(again, NULL);
	if (strcmp(first, second)) {
		fprintf(stderr, "%s\nbecame\n%s\n", first, second);
		abort();
	}
	xos_inventory_free(again);
	free(second);
	free(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct xos_inventory *inv = load(data, len);
	char line[XOS_BOOTLINE_MAX + 1];

	if (!inv)
		return 0;
	for (size_t i = 0; i < inv->n_nodes; i++)
		if (xos_inventory_bootline(inv, &inv->nodes[i], "0123456789abcdef",
					   line, NULL))
			abort();
	if (inv->n_nodes <= NODES_MAX)
		round_trip(inv);
	xos_inventory_free(inv);
	return 0;
}
