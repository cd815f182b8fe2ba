// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * krg-abi.c: is the kernel's interface the one this library knows?
 *
 * Runs before main() of every program that is linked with the library, as its
 * users expect: they test for the message and exit status 1.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ssi/ksys.h>

static int read_abi(char *abi, size_t size)
{
	FILE *file = fopen(SSI_ABI_FILE, "re");
	char *line;

	if (!file)
		return -1;
	line = fgets(abi, size, file);
	fclose(file);
	if (!line) {
		errno = ENODATA;
		return -1;
	}
	abi[strcspn(abi, "\n")] = '\0';
	return 0;
}

__attribute__((constructor)) static void check_abi(void)
{
	char abi[32];
	int err = read_abi(abi, sizeof(abi)) ? errno : 0;

	if (!err && !strcmp(abi, SSI_ABI))
		return;
	fputs("kerrighed: tools and kernel version mismatch\n", stderr);
	if (err == ENOENT)
		fputs("kerrighed: " SSI_ABI_FILE
		      " is absent: is the module ssi_kddm loaded?\n", stderr);
	else if (err)
		fprintf(stderr, "kerrighed: " SSI_ABI_FILE ": %s\n",
			strerror(err));
	else
		fprintf(stderr, "kerrighed: kernel has interface %s, tools %s\n",
			abi, SSI_ABI);
	exit(EXIT_FAILURE);
}
