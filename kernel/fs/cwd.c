// SPDX-License-Identifier: GPL-2.0-only
/*
 * cwd.c: the folder a process is in.  User space goes there again.
 */
#include <ssi/ckpt.h>
#include <ssi/fs.h>

#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/sched.h>
#include <linux/slab.h>

static int put_path(struct ssi_writer *writer, const struct path *path,
		    char *room)
{
	char *name;

	if (d_unlinked(path->dentry))
		return ssi_writer_refuse(writer, -1, "is in a deleted folder");
	name = d_path(path, room, PATH_MAX);
	if (IS_ERR(name) || name[0] != '/')
		return ssi_writer_refuse(writer, -1,
					 "is in a folder out of reach");
	return ssi_writer_put(writer, SSI_RECORD_CWD, name, strlen(name) + 1);
}

static int put_cwd(struct ssi_writer *writer)
{
	struct path root, pwd;
	char *room;
	int err;

	room = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!room)
		return -ENOMEM;
	get_fs_root(current->fs, &root);
	get_fs_pwd(current->fs, &pwd);
	if (root.dentry != writer->root.dentry || root.mnt != writer->root.mnt)
		err = ssi_writer_refuse(writer, -1,
					"has a root folder of its own (chroot)");
	else
		err = put_path(writer, &pwd, room);
	path_put(&pwd);
	path_put(&root);
	kfree(room);
	return err;
}

const struct ssi_resource ssi_cwd_resource = {
	.put_state = put_cwd,
};
