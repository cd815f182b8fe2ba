/* SPDX-License-Identifier: GPL-2.0-only */
/* symbols.h: the kernel's unexported functions, under their own names. */
#ifndef _SSI_SYMBOLS_H
#define _SSI_SYMBOLS_H

#include <linux/types.h>

struct file;
struct mm_struct;
struct restart_block;
struct task_struct;
struct vdso_image;

/*
 * What was found.  Each member is the kernel's of that name; docs/contact-table.md says why.
 */
struct ssi_symbols {
	int (*map_vdso_once)(const struct vdso_image *image,
			     unsigned long addr);
	const struct vdso_image *vdso_image_64;
	int (*set_mm_exe_file)(struct mm_struct *mm, struct file *file);
	bool (*ptrace_may_access)(struct task_struct *task, unsigned int mode);
	int (*do_madvise)(struct mm_struct *mm, unsigned long start,
			  size_t len, int behavior);
	long (*do_no_restart_syscall)(struct restart_block *block);
	long (*hrtimer_nanosleep_restart)(struct restart_block *block);
	long (*futex_wait_restart)(struct restart_block *block);
	long (*do_restart_poll)(struct restart_block *block);
};

int ssi_symbols_resolve(struct ssi_symbols *symbols);

#endif /* _SSI_SYMBOLS_H */
