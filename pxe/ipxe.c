// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipxe.c - the scripts
 *
 * An iPXE script ends at the first line that fails, hence "|| goto" or "||"
 * after whatever may.  "--timeout" is needed for a server that is gone without
 * a word: TCP alone would wait for ever.  "chain --replace" does not nest.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ipxe.h"

#define FETCH_TIMEOUT_MS 120000
#define TRIES 5			/* fetches before a reboot */

#define BOOT_SCRIPT \
	"#!ipxe\n" \
	"# Made by xos-ssi-deploy from its inventory; changes here are lost.\n" \
	"set node %s\n" \
	"set address %s\n" \
	"set image %s/img/%s\n" \
	/* EFI finds the initramfs by this word, on BIOS it costs nothing */ \
	"iseq ${platform} efi && set initrd initrd=initrd.img ||\n" \
	"set n:int32 0\n" \
	"set pause:int32 %u\n" \
	":again\n" \
	"imgfree\n" \
	"kernel --timeout %d ${image}/vmlinuz ${initrd} %s || goto failed\n" \
	"initrd --timeout %d ${image}/initrd.img || goto failed\n" \
	"boot || goto failed\n" \
	":failed\n" \
	"inc n\n" \
	"iseq ${n} %d && goto restart ||\n" \
	"echo ${node}: could not load, trying again in ${pause} s\n" \
	"sleep ${pause} ||\n" \
	"inc pause ${pause}\n" \
	"goto again\n" \
	":restart\n" \
	"echo ${node}: could not load, restarting in ${pause} s\n" \
	"sleep ${pause} ||\n" \
	"reboot\n"

#define WAIT_SCRIPT \
	"#!ipxe\n" \
	"echo %s: %u nodes before this one, waiting %u s\n" \
	"sleep %u ||\n" \
	"set n:int32 0\n" \
	"set pause:int32 %u\n" \
	":ask\n" \
	"chain --replace --autofree --timeout %d %s/boot/%s?try=%u || goto failed\n" \
	":failed\n" \
	"inc n\n" \
	"iseq ${n} %d && goto restart ||\n" \
	"echo %s: the boot server does not answer, trying again in ${pause} s\n" \
	"sleep ${pause} ||\n" \
	"inc pause ${pause}\n" \
	"goto ask\n" \
	":restart\n" \
	"reboot\n"

#define REFUSE_SCRIPT \
	"#!ipxe\n" \
	"echo %s\n" \
	"echo Restarting in %u s\n" \
	"sleep %u ||\n" \
	"reboot\n"

/* The word of a kernel command line that iPXE would act upon, or NULL. */
static const char *find_special(const char *bootline)
{
	static const char *const words[] = { "||", "&&", ";" };

	if (strpbrk(bootline, "\n\r"))
		return "a line break";
	if (strstr(bootline, "${"))
		return "'${'";
	for (const char *s = bootline; *s;) {
		size_t len = strcspn(s, " \t");

		if (s[0] == '#')
			return "a word that begins with '#'";
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (len == strlen(words[i]) && !strncmp(s, words[i], len))
				return words[i];
		}
		s += len;
		s += strspn(s, " \t");
	}
	return NULL;
}

char *xos_ipxe_boot(const struct xos_ipxe_boot *boot, struct xos_error *err)
{
	const char *special = find_special(boot->bootline);
	char *script;

	if (special) {
		xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
			      "node '%s': its kernel command line has %s, which iPXE would read as its own; take it out of the bootline",
			      boot->node, special);
		return NULL;
	}
	if (asprintf(&script, BOOT_SCRIPT, boot->node, boot->address, boot->url,
		     boot->image, boot->stagger_s, FETCH_TIMEOUT_MS,
		     boot->bootline, FETCH_TIMEOUT_MS, TRIES) < 0) {
		xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
		return NULL;
	}
	return script;
}

char *xos_ipxe_wait(const char *url, const char *node, const char *mac,
		    unsigned int wait_s, unsigned int ahead,
		    unsigned int try_next)
{
	char *script;

	if (asprintf(&script, WAIT_SCRIPT, node, ahead, wait_s, wait_s,
		     wait_s < 5 ? wait_s : 5, FETCH_TIMEOUT_MS, url, mac,
		     try_next, TRIES, node) < 0)
		return NULL;
	return script;
}

char *xos_ipxe_refuse(const char *reason, unsigned int wait_s)
{
	char *script;

	if (asprintf(&script, REFUSE_SCRIPT, reason, wait_s, wait_s) < 0)
		return NULL;
	return script;
}
