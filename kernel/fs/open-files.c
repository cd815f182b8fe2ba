// SPDX-License-Identifier: GPL-2.0-only
/*
 * open-files.c: descriptors, and the open files behind them.
 *
 * User space opens the files again, and is the one who may or may not.  Files
 * that descriptors share, in one process or several, have one id.  What an open
 * file is: one entry of kinds[], tried in order.
 */
#include "pipes.h"

#include <ssi/ckpt.h>
#include <ssi/fs.h>

#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#define KEPT_FLAGS	(O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | \
			 __O_SYNC | O_DIRECT | O_NOATIME | O_PATH | \
			 O_DIRECTORY)

/**
 * struct file_kind - a kind of open file
 * @matches: is it one?
 * @why_not: why this one can not be saved; NULL: it can
 * @put: writes SSI_RECORD_FILE; @image lacks kind, object and data_len
 */
struct file_kind {
	bool (*matches)(struct file *file);
	const char *(*why_not)(struct file *file);
	int (*put)(struct ssi_writer *writer, struct file *file,
		   struct ssi_image_file *image);
};

static bool has_lock(struct file *file)
{
	struct file_lock_context *locks = file_inode(file)->i_flctx;
	struct file_lock *lock;
	bool has = false;

	if (!locks)
		return false;
	spin_lock(&locks->flc_lock);
	list_for_each_entry(lock, &locks->flc_posix, fl_list)
		has = has || lock->fl_file == file ||
		      lock->fl_owner == current->files;
	list_for_each_entry(lock, &locks->flc_flock, fl_list)
		has = has || lock->fl_file == file;
	list_for_each_entry(lock, &locks->flc_lease, fl_list)
		has = has || lock->fl_file == file;
	spin_unlock(&locks->flc_lock);
	return has;
}

static bool path_matches(struct file *file)
{
	umode_t mode = file_inode(file)->i_mode;

	return S_ISREG(mode) || S_ISDIR(mode) || S_ISCHR(mode) ||
	       file->f_flags & O_PATH;
}

/* The few that are nothing but what is read and written */
static bool is_plain_device(dev_t device)
{
	switch (MAJOR(device)) {
	case MEM_MAJOR:
		switch (MINOR(device)) {
		case 3:	/* null */
		case 5:	/* zero */
		case 7:	/* full */
		case 8:	/* random */
		case 9:	/* urandom */
			return true;
		}
		return false;
	case TTY_MAJOR:
	case TTYAUX_MAJOR:
		return true;
	default:
		return MAJOR(device) >= UNIX98_PTY_SLAVE_MAJOR &&
		       MAJOR(device) < UNIX98_PTY_SLAVE_MAJOR +
				       UNIX98_PTY_MAJOR_COUNT;
	}
}

static const char *path_why_not(struct file *file)
{
	const struct inode *inode = file_inode(file);

	if (d_unlinked(file->f_path.dentry) || !inode->i_nlink)
		return "deleted file";
	if (file->f_flags & O_PATH)
		return NULL;
	if (S_ISCHR(inode->i_mode) && !is_plain_device(inode->i_rdev))
		return "device";
	if (has_lock(file))
		return "locked file";
	if (!strcmp(inode->i_sb->s_type->name, "mqueue"))
		return "message queue";
	return NULL;
}

static int path_put_file(struct ssi_writer *writer, struct file *file,
			 struct ssi_image_file *image)
{
	char *room = kmalloc(PATH_MAX, GFP_KERNEL), *path;
	int err;

	if (!room)
		return -ENOMEM;
	path = d_path(&file->f_path, room, PATH_MAX);
	if (IS_ERR(path) || path[0] != '/') {
		err = -ENAMETOOLONG;
	} else {
		image->kind = cpu_to_le32(SSI_FILE_PATH);
		image->data_len = cpu_to_le32(strlen(path) + 1);
		err = ssi_writer_put2(writer, SSI_RECORD_FILE, image,
				      sizeof(*image), path, strlen(path) + 1);
	}
	kfree(room);
	return err;
}

static const struct file_kind kinds[] = {
	{ path_matches, path_why_not, path_put_file },
	{ pipe_matches, pipe_why_not, pipe_put },
};

static const char *name_of_kind(struct file *file, char *room)
{
	umode_t mode = file_inode(file)->i_mode;
	char *path;

	if (S_ISSOCK(mode))
		return "socket";
	if (S_ISFIFO(mode))
		return "fifo";
	if (S_ISBLK(mode))
		return "block device";
	path = d_path(&file->f_path, room, PATH_MAX);
	return IS_ERR(path) ? "unknown kind of file" : path;
}

static int refuse(struct ssi_writer *writer, int fd, struct file *file)
{
	char *room = kmalloc(PATH_MAX, GFP_KERNEL);
	int err;

	if (!room)
		return -ENOMEM;
	err = ssi_writer_refuse(writer, fd, "%s", name_of_kind(file, room));
	kfree(room);
	return err;
}

static int put_file(struct ssi_writer *writer, int fd, struct file *file,
		    u64 id)
{
	struct ssi_image_file image = {
		.id = cpu_to_le64(id),
		.flags = cpu_to_le32(file->f_flags & KEPT_FLAGS),
		.pos = cpu_to_le64(file->f_pos),
		.mode = cpu_to_le32(file_inode(file)->i_mode),
	};
	const char *why;
	unsigned int i;

	if (file->f_flags & FASYNC)
		return ssi_writer_refuse(writer, fd, "signals input (O_ASYNC)");
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!kinds[i].matches(file))
			continue;
		why = kinds[i].why_not(file);
		if (why)
			return ssi_writer_refuse(writer, fd, "%s", why);
		return kinds[i].put(writer, file, &image);
	}
	return refuse(writer, fd, file);
}

static int put_fd(struct ssi_writer *writer, int fd, struct file *file)
{
	struct files_struct *files = current->files;
	struct ssi_image_fd image = {
		.id = cpu_to_le64(siphash_1u64((unsigned long)file,
					       &writer->key)),
		.fd = cpu_to_le32(fd),
	};
	int err;

	rcu_read_lock();
	image.cloexec = cpu_to_le32(close_on_exec(fd, files_fdtable(files)));
	rcu_read_unlock();
	err = put_file(writer, fd, file, le64_to_cpu(image.id));
	return err ?: ssi_writer_put(writer, SSI_RECORD_FD, &image,
				     sizeof(image));
}

static unsigned int table_size(void)
{
	unsigned int size;

	rcu_read_lock();
	size = files_fdtable(current->files)->max_fds;
	rcu_read_unlock();
	return size;
}

/* Each descriptor is written with its file; who reads drops the doubles. */
static int put_files(struct ssi_writer *writer)
{
	unsigned int fd, size = table_size();
	struct file *file;
	int err = 0;

	for (fd = 0; fd < size && !err; fd++) {
		file = fget_raw(fd);
		if (!file)
			continue;
		err = put_fd(writer, fd, file);
		fput(file);
	}
	return err;
}

const struct ssi_resource ssi_files_resource = {
	.put_state = put_files,
};
