// SPDX-License-Identifier: GPL-2.0-only
/*
 * symbols.c: finds unexported symbols, once, when the module is loaded.
 *
 * kallsyms_lookup_name() is not exported itself: a kprobe on it, registered and
 * taken away at once, tells its address.  MODVERSIONS does not check what is
 * found this way, so the types in symbols.h have to be those of the kernel that
 * the module is built for, and vermagic keeps it from any other.
 */
#include "symbols.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/stddef.h>

typedef unsigned long (*lookup_fn)(const char *name);

#define SYMBOL(name)	{ #name, offsetof(struct ssi_symbols, name) }

static const struct {
	const char *name;
	size_t offset;
} wanted[] = {
	SYMBOL(map_vdso_once),
	SYMBOL(vdso_image_64),
	SYMBOL(set_mm_exe_file),
	SYMBOL(ptrace_may_access),
	SYMBOL(do_madvise),
	SYMBOL(do_no_restart_syscall),
	SYMBOL(hrtimer_nanosleep_restart),
	SYMBOL(futex_wait_restart),
	SYMBOL(do_restart_poll),
};

static lookup_fn find_lookup(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	lookup_fn lookup;

	if (register_kprobe(&probe))
		return NULL;
	lookup = (lookup_fn)probe.addr;
	unregister_kprobe(&probe);
	return lookup;
}

/**
 * ssi_symbols_resolve() - find them all
 * @symbols: to fill in
 * Return: 0, or -ENOENT when one is missing, which is logged.
 */
int ssi_symbols_resolve(struct ssi_symbols *symbols)
{
	lookup_fn lookup = find_lookup();
	unsigned long addr;
	unsigned int i;

	if (!lookup) {
		pr_err("this kernel lets nobody look up symbols: no kprobe on kallsyms_lookup_name\n");
		return -ENOENT;
	}
	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		addr = lookup(wanted[i].name);
		if (!addr) {
			pr_err("this kernel has no symbol %s\n",
			       wanted[i].name);
			return -ENOENT;
		}
		*(unsigned long *)((char *)symbols + wanted[i].offset) = addr;
	}
	return 0;
}
