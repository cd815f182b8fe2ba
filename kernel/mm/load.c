// SPDX-License-Identifier: GPL-2.0-only
/*
 * load.c: replaces the address space of current by that of an image.
 *
 * Everything goes through the calls behind mmap(2), with the rights, limits and
 * accounting of current.  Its other threads are parked.
 */
#include "address-space.h"
#include "../compat/symbols.h"

#include <asm/vdso.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

static int load_vdso(struct ssi_reader *reader, struct ssi_import *import,
		     unsigned long vdso)
{
	const struct vdso_image *image = import->symbols->vdso_image_64;
	int err;

	if (!vdso)
		return 0;
	err = import->symbols->map_vdso_once(image,
					     vdso + image->sym_vvar_start);
	if (err)
		return err;
	if ((unsigned long)current->mm->context.vdso != vdso)
		return ssi_reader_bad(reader, "no room for the vdso");
	return 0;
}

static void load_bounds(const struct ssi_image_mm *image)
{
	struct mm_struct *mm = current->mm;
	unsigned int i;

	mmap_write_lock(mm);
	spin_lock(&mm->arg_lock);
	mm->start_code = le64_to_cpu(image->start_code);
	mm->end_code = le64_to_cpu(image->end_code);
	mm->start_data = le64_to_cpu(image->start_data);
	mm->end_data = le64_to_cpu(image->end_data);
	mm->start_brk = le64_to_cpu(image->start_brk);
	mm->brk = le64_to_cpu(image->brk);
	mm->start_stack = le64_to_cpu(image->start_stack);
	mm->arg_start = le64_to_cpu(image->arg_start);
	mm->arg_end = le64_to_cpu(image->arg_end);
	mm->env_start = le64_to_cpu(image->env_start);
	mm->env_end = le64_to_cpu(image->env_end);
	for (i = 0; i < AT_VECTOR_SIZE - 2; i++)
		mm->saved_auxv[i] = le64_to_cpu(image->auxv[i]);
	mm->saved_auxv[AT_VECTOR_SIZE - 2] = AT_NULL;
	mm->saved_auxv[AT_VECTOR_SIZE - 1] = 0;
	spin_unlock(&mm->arg_lock);
	mmap_write_unlock(mm);
}

/* Addresses that the kernel uses later on, as prctl(2) checks them */
static bool bounds_are_sound(const struct ssi_image_mm *image)
{
	const __le64 *bound = &image->start_code;
	unsigned int i;

	static_assert(offsetof(struct ssi_image_mm, vdso) == 11 * 8);
	for (i = 0; i < 12; i++)
		if (le64_to_cpu(bound[i]) >= TASK_SIZE)
			return false;
	return le64_to_cpu(image->start_brk) <= le64_to_cpu(image->brk) &&
	       le64_to_cpu(image->arg_start) <= le64_to_cpu(image->arg_end) &&
	       le64_to_cpu(image->env_start) <= le64_to_cpu(image->env_end) &&
	       PAGE_ALIGNED(le64_to_cpu(image->vdso));
}

static int get_mm(struct ssi_reader *reader, struct ssi_import *import)
{
	const struct ssi_image_mm *image = reader->content;
	int err;

	if (import->seen & 1u << SSI_RECORD_MM || !bounds_are_sound(image))
		return ssi_reader_bad(reader, "bad address space");
	/* Who is preempted writes there. */
	current->rseq = NULL;
	import->wiped = true;
	err = vm_munmap(0, TASK_SIZE);
	if (err)
		return err;
	err = load_vdso(reader, import, le64_to_cpu(image->vdso));
	if (!err)
		load_bounds(image);
	return err;
}

/* Return: the file, NULL when there is none. */
static struct file *open_mapped(struct ssi_reader *reader,
				const struct ssi_image_mapped *mapped, int flags)
{
	const struct inode *inode;
	struct file *file;

	if (!mapped->path_len)
		return NULL;
	file = filp_open((const char *)(mapped + 1), flags | O_LARGEFILE, 0);
	if (IS_ERR(file)) {
		int err = PTR_ERR(file);

		ssi_reader_bad(reader, (const char *)(mapped + 1));
		return ERR_PTR(err);
	}
	inode = file_inode(file);
	if (S_ISREG(inode->i_mode) &&
	    (flags == O_RDWR ||
	     (i_size_read(inode) == le64_to_cpu(mapped->size) &&
	      timespec64_to_ns(&inode->i_mtime) ==
	      (s64)le64_to_cpu(mapped->mtime_ns))))
		return file;
	fput(file);
	return ERR_PTR(ssi_reader_bad(reader, "a mapped file has changed"));
}

static int get_exe(struct ssi_reader *reader, struct ssi_import *import)
{
	struct file *file = open_mapped(reader, reader->content, O_RDONLY);
	int err;

	if (!import->wiped || !file)
		return ssi_reader_bad(reader, "no program");
	if (IS_ERR(file))
		return PTR_ERR(file);
	err = inode_permission(file_mnt_user_ns(file), file_inode(file),
			       MAY_EXEC) ?:
	      import->symbols->set_mm_exe_file(current->mm, file);
	fput(file);
	return err;
}

static unsigned long map_flags(u64 flags, bool has_file)
{
	return MAP_FIXED_NOREPLACE |
	       (flags & SSI_VMA_SHARED ? MAP_SHARED : MAP_PRIVATE) |
	       (has_file ? 0 : MAP_ANONYMOUS) |
	       (flags & SSI_VMA_GROWSDOWN ? MAP_GROWSDOWN : 0) |
	       (flags & SSI_VMA_NORESERVE ? MAP_NORESERVE : 0) |
	       (flags & SSI_VMA_LOCKED ? MAP_LOCKED : 0);
}

static int advise(const struct ssi_import *import, u64 flags)
{
	size_t len = import->area_end - import->area_start;
	unsigned int i;
	int err = 0;

	for (i = 0; i < NR_FLAG_PAIRS && !err; i++)
		if (flag_pairs[i].advice >= 0 && flags & flag_pairs[i].image)
			err = import->symbols->do_madvise(current->mm,
						import->area_start, len,
						flag_pairs[i].advice);
	return err;
}

static int get_vma(struct ssi_reader *reader, struct ssi_import *import)
{
	const struct ssi_image_vma *vma = reader->content;
	u64 flags = le64_to_cpu(vma->flags);
	unsigned long prot, addr;
	struct file *file;

	if (!import->wiped || (flags & SSI_VMA_SHARED && !vma->file.path_len))
		return ssi_reader_bad(reader, "bad kind of memory");
	prot = (flags & SSI_VMA_READ ? PROT_READ : 0) |
	       (flags & SSI_VMA_WRITE ? PROT_WRITE : 0) |
	       (flags & SSI_VMA_EXEC ? PROT_EXEC : 0);
	file = open_mapped(reader, &vma->file,
			   flags & SSI_VMA_MAYWRITE ? O_RDWR : O_RDONLY);
	if (IS_ERR(file))
		return PTR_ERR(file);
	import->area_start = le64_to_cpu(vma->start);
	import->area_end = le64_to_cpu(vma->end);
	addr = vm_mmap(file, import->area_start,
		       import->area_end - import->area_start, prot,
		       map_flags(flags, file), le64_to_cpu(vma->offset));
	if (file)
		fput(file);
	if (IS_ERR_VALUE(addr))
		return addr;
	if (addr != import->area_start)
		return ssi_reader_bad(reader, "no room for memory");
	return advise(import, flags);
}

static int get_pages(struct ssi_reader *reader, struct ssi_import *import)
{
	struct ssi_image_pages *pages = reader->content;
	unsigned long start = le64_to_cpu(pages->start);
	int len = le64_to_cpu(pages->count) * PAGE_SIZE;

	if (!import->wiped || start < import->area_start ||
	    start + len > import->area_end)
		return ssi_reader_bad(reader, "pages outside of memory");
	/* FOLL_FORCE: what is read-only or inaccessible was not always. */
	if (access_process_vm(current, start, pages + 1, len,
			      FOLL_WRITE | FOLL_FORCE) != len)
		return fatal_signal_pending(current) ? -EINTR : -ENOMEM;
	return 0;
}

/**
 * memory_get() - take a record of an address space
 * @reader: which has read it
 * @import: of current
 * Return: 0, or an error.
 */
int memory_get(struct ssi_reader *reader, struct ssi_import *import)
{
	switch (reader->type) {
	case SSI_RECORD_MM:
		return get_mm(reader, import);
	case SSI_RECORD_EXE:
		return get_exe(reader, import);
	case SSI_RECORD_VMA:
		return get_vma(reader, import);
	default:
		return get_pages(reader, import);
	}
}
