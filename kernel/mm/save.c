// SPDX-License-Identifier: GPL-2.0-only
/*
 * save.c: writes the address space of current.
 *
 * Saved are pages that no file has: anonymous ones, of private file mappings
 * too.  Pages never touched and pages of zeroes cost nothing.  What is no
 * private or file memory is refused by name, before any page is written.
 */
#include "address-space.h"
#include "../compat/symbols.h"

#include <asm/vdso.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/userfaultfd_k.h>

const struct flag_pair flag_pairs[NR_FLAG_PAIRS] = {
	{ VM_READ, SSI_VMA_READ, -1 },
	{ VM_WRITE, SSI_VMA_WRITE, -1 },
	{ VM_EXEC, SSI_VMA_EXEC, -1 },
	{ VM_SHARED, SSI_VMA_SHARED, -1 },
	{ VM_GROWSDOWN, SSI_VMA_GROWSDOWN, -1 },
	{ VM_NORESERVE, SSI_VMA_NORESERVE, -1 },
	{ VM_LOCKED, SSI_VMA_LOCKED, -1 },
	{ VM_DONTCOPY, SSI_VMA_DONTCOPY, MADV_DONTFORK },
	{ VM_DONTDUMP, SSI_VMA_DONTDUMP, MADV_DONTDUMP },
	{ VM_WIPEONFORK, SSI_VMA_WIPEONFORK, MADV_WIPEONFORK },
	{ VM_HUGEPAGE, SSI_VMA_HUGEPAGE, MADV_HUGEPAGE },
	{ VM_NOHUGEPAGE, SSI_VMA_NOHUGEPAGE, MADV_NOHUGEPAGE },
	{ VM_RAND_READ, SSI_VMA_RANDOM, MADV_RANDOM },
	{ VM_SEQ_READ, SSI_VMA_SEQUENTIAL, MADV_SEQUENTIAL },
};

/* Follow from the others, or do not outlive the page tables */
#define IMPLIED_FLAGS	(VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_MAYSHARE | \
			 VM_ACCOUNT | VM_SOFTDIRTY)

static bool is_vdso(const struct ssi_writer *writer,
		    const struct vm_area_struct *vma)
{
	const struct vdso_image *image = writer->symbols->vdso_image_64;
	unsigned long vdso = (unsigned long)vma->vm_mm->context.vdso;

	return vdso && !vma->vm_file && vma->vm_end <= vdso + image->size &&
	       vma->vm_start >= vdso + image->sym_vvar_start;
}

static const char *unsupported_area(const struct vm_area_struct *vma)
{
	unsigned long known = IMPLIED_FLAGS;
	unsigned int i;

	for (i = 0; i < NR_FLAG_PAIRS; i++)
		known |= flag_pairs[i].kernel;
	if (vma->vm_flags & VM_HUGETLB)
		return "huge pages (hugetlbfs)";
	if (userfaultfd_armed((struct vm_area_struct *)vma))
		return "userfaultfd";
	if (vma->vm_flags & (VM_IO | VM_PFNMAP | VM_MIXEDMAP))
		return "memory of a device";
	if (vma->vm_flags & ~known)
		return "unknown kind of memory";
	if (!vma->vm_file)
		return vma->vm_ops ? "special memory" : NULL;
	if (!S_ISREG(file_inode(vma->vm_file)->i_mode))
		return "memory of a device";
	if (vma->vm_flags & VM_SHARED && !file_inode(vma->vm_file)->i_nlink)
		return "shared memory without a name";
	if (d_unlinked(vma->vm_file->f_path.dentry))
		return "mapping of a deleted file";
	return NULL;
}

static int check_area(struct ssi_writer *writer,
		      const struct vm_area_struct *vma)
{
	const char *why;

	if (is_vdso(writer, vma))
		return 0;
	why = unsupported_area(vma);
	if (!why)
		return 0;
	return ssi_writer_refuse(writer, -1, "%s at %lx", why, vma->vm_start);
}

static int check_areas(struct ssi_writer *writer)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	struct vma_iterator vmi;
	int err;

	if (mm->context.ldt)
		return ssi_writer_refuse(writer, -1, "segments (modify_ldt)");
	if (rcu_access_pointer(mm->ioctx_table))
		return ssi_writer_refuse(writer, -1, "asynchronous I/O (io_setup)");
	if (mm->def_flags & VM_LOCKED)
		return ssi_writer_refuse(writer, -1, "locks future memory (mlockall)");
	err = mmap_read_lock_killable(mm);
	if (err)
		return err;
	vma_iter_init(&vmi, mm, 0);
	for_each_vma(vmi, vma) {
		err = check_area(writer, vma);
		if (err)
			break;
	}
	mmap_read_unlock(mm);
	return err;
}

static int put_mm(struct ssi_writer *writer)
{
	const struct mm_struct *mm = current->mm;
	struct ssi_image_mm image = {
		.start_code = cpu_to_le64(mm->start_code),
		.end_code = cpu_to_le64(mm->end_code),
		.start_data = cpu_to_le64(mm->start_data),
		.end_data = cpu_to_le64(mm->end_data),
		.start_brk = cpu_to_le64(mm->start_brk),
		.brk = cpu_to_le64(mm->brk),
		.start_stack = cpu_to_le64(mm->start_stack),
		.arg_start = cpu_to_le64(mm->arg_start),
		.arg_end = cpu_to_le64(mm->arg_end),
		.env_start = cpu_to_le64(mm->env_start),
		.env_end = cpu_to_le64(mm->env_end),
		.vdso = cpu_to_le64((unsigned long)mm->context.vdso),
	};
	unsigned int i;

	static_assert(AT_VECTOR_SIZE <= SSI_IMAGE_AUXV);
	for (i = 0; i < AT_VECTOR_SIZE; i++)
		image.auxv[i] = cpu_to_le64(mm->saved_auxv[i]);
	return ssi_writer_put(writer, SSI_RECORD_MM, &image, sizeof(image));
}

/* The path goes to @room, of PATH_MAX; Return: it, or NULL when it is none. */
static const char *fill_mapped(struct ssi_image_mapped *mapped,
			       struct file *file, char *room)
{
	const struct inode *inode;
	char *path;

	*mapped = (struct ssi_image_mapped){ };
	if (!file)
		return "";
	inode = file_inode(file);
	path = d_path(&file->f_path, room, PATH_MAX);
	if (IS_ERR(path) || path[0] != '/')
		return NULL;
	mapped->size = cpu_to_le64(i_size_read(inode));
	mapped->mtime_ns = cpu_to_le64(timespec64_to_ns(&inode->i_mtime));
	mapped->path_len = cpu_to_le32(strlen(path) + 1);
	return path;
}

static int put_exe(struct ssi_writer *writer, char *room)
{
	struct ssi_image_mapped mapped;
	struct file *file;
	const char *path;
	int err;

	rcu_read_lock();
	file = rcu_dereference(current->mm->exe_file);
	if (file && !get_file_rcu(file))
		file = NULL;
	rcu_read_unlock();
	path = fill_mapped(&mapped, file, room);
	if (!path || !file || d_unlinked(file->f_path.dentry))
		err = ssi_writer_refuse(writer, -1, "deleted program");
	else
		err = ssi_writer_put2(writer, SSI_RECORD_EXE, &mapped,
				      sizeof(mapped), path,
				      le32_to_cpu(mapped.path_len));
	if (file)
		fput(file);
	return err;
}

/**
 * memory_put_state() - write all but areas and pages; refuse what is unknown
 * @writer: where to
 * Return: 0, or an error.
 */
int memory_put_state(struct ssi_writer *writer)
{
	char *room;
	int err;

	err = check_areas(writer) ?: put_mm(writer);
	if (err)
		return err;
	room = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!room)
		return -ENOMEM;
	err = put_exe(writer, room);
	kfree(room);
	return err;
}

static u64 image_flags(const struct vm_area_struct *vma)
{
	u64 flags = 0;
	unsigned int i;

	for (i = 0; i < NR_FLAG_PAIRS; i++)
		if (vma->vm_flags & flag_pairs[i].kernel)
			flags |= flag_pairs[i].image;
	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) ==
	    (VM_SHARED | VM_MAYWRITE))
		flags |= SSI_VMA_MAYWRITE;
	return flags;
}

/**
 * struct area - one that is being written
 * @start: first address
 * @end: after the last
 * @file: mapped, with a reference, or NULL
 * @image: its record
 * @has_pages: some may be anonymous
 */
struct area {
	unsigned long start, end;
	struct file *file;
	struct ssi_image_vma image;
	bool has_pages;
};

/* Return: false when there is none at or after @from. */
static bool next_area(struct ssi_writer *writer, unsigned long from,
		      struct area *area)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	struct vma_iterator vmi;

	*area = (struct area){ };
	mmap_read_lock(mm);
	vma_iter_init(&vmi, mm, from);
	vma = vma_next(&vmi);
	while (vma && is_vdso(writer, vma))
		vma = vma_next(&vmi);
	if (vma) {
		area->start = vma->vm_start;
		area->end = vma->vm_end;
		area->file = vma->vm_file ? get_file(vma->vm_file) : NULL;
		area->has_pages = vma->anon_vma && !(vma->vm_flags & VM_SHARED);
		area->image.start = cpu_to_le64(vma->vm_start);
		area->image.end = cpu_to_le64(vma->vm_end);
		area->image.flags = cpu_to_le64(image_flags(vma));
		if (vma->vm_file)
			area->image.offset = cpu_to_le64((u64)vma->vm_pgoff <<
							 PAGE_SHIFT);
	}
	mmap_read_unlock(mm);
	return vma;
}

/*
 * Copy pages from @addr on to @room.  Return: how many, up to a page that is
 * not saved, SSI_IMAGE_RUN, or @end.
 */
static int copy_run(unsigned long addr, unsigned long end, bool keep_zero,
		    u8 *room)
{
	struct mm_struct *mm = current->mm;
	struct page *page;
	int count = 0;
	bool taken;
	u8 *from;

	mmap_read_lock(mm);
	for (; addr < end && count < SSI_IMAGE_RUN; addr += PAGE_SIZE) {
		if (get_user_pages_remote(mm, addr, 1, FOLL_FORCE | FOLL_DUMP,
					  &page, NULL, NULL) != 1)
			break;
		taken = PageAnon(page);
		if (taken) {
			from = kmap_local_page(page);
			memcpy(room + count * PAGE_SIZE, from, PAGE_SIZE);
			kunmap_local(from);
			taken = keep_zero ||
				memchr_inv(room + count * PAGE_SIZE, 0,
					   PAGE_SIZE);
		}
		put_page(page);
		if (!taken)
			break;
		count++;
	}
	mmap_read_unlock(mm);
	return count;
}

static int put_area_pages(struct ssi_writer *writer, const struct area *area,
			  u8 *room)
{
	struct ssi_image_pages pages;
	unsigned long addr = area->start;
	int count, err = 0;

	while (!err && addr < area->end) {
		if (fatal_signal_pending(current))
			return -EINTR;
		/* In a file's mapping the file shows through where none is. */
		count = copy_run(addr, area->end, area->file, room);
		if (count) {
			pages.start = cpu_to_le64(addr);
			pages.count = cpu_to_le64(count);
			err = ssi_writer_put2(writer, SSI_RECORD_PAGES, &pages,
					      sizeof(pages), room,
					      (size_t)count * PAGE_SIZE);
		}
		/* What ended a run short is not saved itself. */
		addr += (count + (count < SSI_IMAGE_RUN)) * PAGE_SIZE;
		cond_resched();
	}
	return err;
}

static int put_area(struct ssi_writer *writer, struct area *area, u8 *room)
{
	const char *path;
	int err;

	path = fill_mapped(&area->image.file, area->file, room);
	if (!path)
		return ssi_writer_refuse(writer, -1,
					 "mapping of a file out of reach at %lx",
					 area->start);
	err = ssi_writer_put2(writer, SSI_RECORD_VMA, &area->image,
			      sizeof(area->image), path,
			      le32_to_cpu(area->image.file.path_len));
	if (!err && area->has_pages)
		err = put_area_pages(writer, area, room);
	return err;
}

/**
 * memory_put_pages() - write areas and their pages
 * @writer: where to
 * Return: 0, or an error.
 */
int memory_put_pages(struct ssi_writer *writer)
{
	u8 *room = kvmalloc(SSI_IMAGE_RUN * PAGE_SIZE, GFP_KERNEL);
	unsigned long from = 0;
	struct area area;
	int err = 0;

	static_assert(PAGE_SIZE == SSI_IMAGE_PAGE);
	static_assert(SSI_IMAGE_RUN * PAGE_SIZE >= PATH_MAX);
	if (!room)
		return -ENOMEM;
	while (!err && next_area(writer, from, &area)) {
		err = put_area(writer, &area, room);
		if (area.file)
			fput(area.file);
		from = area.end;
	}
	kvfree(room);
	return err;
}
