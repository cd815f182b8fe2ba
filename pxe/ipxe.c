// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipxe.c - the scripts
 *
 * An iPXE script ends at the first line that fails, hence "|| goto" or "||"
 * after whatever may.  "--timeout" is needed for a server that is gone without
 * a word: TCP alone would wait for ever.  "chain --replace" does not nest.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ipxe.h"

#define FETCH_TIMEOUT_MS 120000
#define TRIES 5			/* fetches before a reboot */

#define BOOT_SCRIPT \
	"#!ipxe\n" \
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

/* What a word of a kernel command line has that iPXE would act upon, or NULL. */
static const char *special_word(const char *s, size_t len)
{
	if (s[0] == '#')
		return "a word that begins with '#'";
	if (len == 1 && s[0] == ';')
		return ";";
	if (len == 2 && s[0] == s[1] && (s[0] == '|' || s[0] == '&'))
		return s[0] == '|' ? "||" : "&&";
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n' || s[i] == '\r')
			return "a line break";
		if (s[i] == '$' && s[i + 1] == '{')
			return "'${'";
	}
	return NULL;
}

/* Nearly every line has none of these: library calls are quick at that. */
static bool is_plain(const char *bootline)
{
	for (const char *c = "#|&;$\n\r"; *c; c++) {
		if (strchr(bootline, *c))
			return false;
	}
	return true;
}

int xos_ipxe_check(const char *node, const char *bootline, struct xos_error *err)
{
	const char *special = NULL;

	if (is_plain(bootline))
		return 0;
	for (const char *s = bootline; *s && !special;) {
		size_t len = 0;

		while (s[len] && s[len] != ' ' && s[len] != '\t')
			len++;
		if (len)
			special = special_word(s, len);
		s += len + !!s[len];
	}
	if (!special)
		return 0;
	return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE,
			     "node '%s': its kernel command line has %s, which iPXE would read as its own; take it out of the bootline",
			     node, special);
}

char *xos_ipxe_boot(const struct xos_ipxe_boot *boot)
{
	char *script;

	if (asprintf(&script, BOOT_SCRIPT, boot->node, boot->address, boot->url,
		     boot->image, boot->stagger_s, FETCH_TIMEOUT_MS,
		     boot->bootline, FETCH_TIMEOUT_MS, TRIES) < 0)
		return NULL;
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
