// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * krg-save.c: writes a frozen application to CHKPT_DIR/APPID/vN.
 *
 * All with the rights of the caller.  The folder has another name until all of
 * it is on the disk, then it is renamed: a version exists whole or not at all.
 * The state of all threads goes first, so that what can not be saved is known
 * before a page is written.
 */
#include "krg-application.h"
#include "krg-image.h"
#include "krg-report.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <ssi/portable.h>

struct saved_file {
	int fd;
	__u64 count;
};

static int get_members(const struct krg_app *app, struct kapp_member **members)
{
	struct kapp_members args = { };

	*members = NULL;
	do {
		free(*members);
		args.room = args.count + 16;
		*members = calloc(args.room, sizeof(**members));
		if (!*members)
			return -1;
		args.members = (uintptr_t)*members;
		if (ioctl(app->fd, KAPP_MEMBERS, &args))
			return -1;
	} while (args.count > args.room);
	return args.count;
}

static int save_part(struct krg_app *app, int tid, unsigned int part,
		     struct saved_file *file)
{
	struct kapp_export args = {
		.tid = tid,
		.fd = file->fd,
		.part = part,
		.count = file->count,
	};
	int ret = ioctl(app->fd, KAPP_EXPORT, &args);

	krg_app_explain(app, &args.report);
	file->count = args.count;
	return ret;
}

static int save_members(struct krg_app *app, int dir,
			const struct kapp_member *members, int count,
			struct saved_file *files)
{
	char name[32];
	int i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "task_%d.bin", members[i].tid);
		files[i].fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL |
				     O_CLOEXEC | O_NOFOLLOW, 0600);
		if (files[i].fd < 0 ||
		    save_part(app, members[i].tid, KAPP_EXPORT_STATE, &files[i]))
			return -1;
	}
	for (i = 0; i < count; i++)
		if (save_part(app, members[i].tid, KAPP_EXPORT_PAGES,
			      &files[i]) || fsync(files[i].fd))
			return -1;
	return 0;
}

static int save_tasks(struct krg_app *app, int dir)
{
	struct kapp_member *members;
	struct saved_file *files;
	int count = get_members(app, &members);
	int i, ret = -1, err;

	files = calloc(count > 0 ? count : 1, sizeof(*files));
	for (i = 0; files && i < count; i++)
		files[i].fd = -1;
	if (count > 0 && files)
		ret = save_members(app, dir, members, count, files);
	err = errno;
	for (i = 0; files && i < count; i++)
		if (files[i].fd >= 0)
			close(files[i].fd);
	free(files);
	free(members);
	errno = err;
	return ret;
}

static FILE *create_text(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
			O_NOFOLLOW, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (!file && fd >= 0)
		close(fd);
	return file;
}

static int close_text(FILE *file)
{
	int bad = fflush(file) || fsync(fileno(file));

	return fclose(file) || bad ? -1 : 0;
}

static const char *type_name(const struct ssi_image_file *file)
{
	__u32 mode = le32_to_cpu(file->mode);

	if (S_ISFIFO(mode))
		return "pipe";
	if (S_ISDIR(mode))
		return "dir";
	if (S_ISCHR(mode))
		return strncmp((const char *)(file + 1), "/dev/tty", 8) &&
		       strncmp((const char *)(file + 1), "/dev/pts/", 9) ?
		       "char" : "tty";
	return "file";
}

/* Every descriptor of every process that refers to it */
static void print_users(FILE *out, const struct checkpoint_image *image,
			__le64 id)
{
	const struct ssi_image_fd *fd;
	const char *separator = "";
	size_t i, j;

	for (i = 0; i < image->count; i++)
		for (j = 0; j < image->tasks[i].fds.count; j++) {
			fd = image->tasks[i].fds.at[j];
			if (fd->id != id)
				continue;
			fprintf(out, "%s%d:%u", separator,
				image->tasks[i].tgid, le32_to_cpu(fd->fd));
			separator = ",";
		}
	fputc('\n', out);
}

static int is_first(const struct checkpoint_image *image, size_t task,
		    size_t index)
{
	const struct ssi_image_file *file = image->tasks[task].files.at[index];
	const struct ssi_image_file *other;
	size_t i, j;

	for (i = 0; i <= task; i++)
		for (j = 0; j < (i == task ? index :
				 image->tasks[i].files.count); j++) {
			other = image->tasks[i].files.at[j];
			if (other->id == file->id)
				return 0;
		}
	return 1;
}

/* Open files of the application that read from, or write to, a pipe */
static unsigned int count_ends(const struct checkpoint_image *image,
			       __le64 object, int writers)
{
	const struct ssi_image_file *file;
	unsigned int count = 0;
	size_t i, j;
	int mode;

	for (i = 0; i < image->count; i++)
		for (j = 0; j < image->tasks[i].files.count; j++) {
			file = image->tasks[i].files.at[j];
			mode = le32_to_cpu(file->flags) & O_ACCMODE;
			if (file->object == object && is_first(image, i, j))
				count += mode != (writers ? O_RDONLY : O_WRONLY);
		}
	return count;
}

static int check_pipe(struct krg_app *app, const struct checkpoint_image *image,
		      const struct task_image *task, size_t index)
{
	const struct ssi_image_fd *fd = task->fds.at[index];
	const struct ssi_image_file *file = task->files.at[index];
	const struct ssi_image_pipe *pipe = (const void *)(file + 1);

	if (le32_to_cpu(file->kind) != SSI_FILE_PIPE ||
	    (count_ends(image, file->object, 0) == le32_to_cpu(pipe->readers) &&
	     count_ends(image, file->object, 1) == le32_to_cpu(pipe->writers)))
		return 0;
	snprintf(app->text, sizeof(app->text),
		 "process %d, descriptor %u: pipe to outside the application",
		 task->tgid, le32_to_cpu(fd->fd));
	errno = EOPNOTSUPP;
	return -1;
}

/* The kernel writes a file and its descriptor at a time: same index. */
static int check_pipes(struct krg_app *app, const struct checkpoint_image *image)
{
	size_t i, j;

	for (i = 0; i < image->count; i++)
		for (j = 0; j < image->tasks[i].fds.count &&
			    j < image->tasks[i].files.count; j++)
			if (check_pipe(app, image, &image->tasks[i], j))
				return -1;
	return 0;
}

/* TYPE|FFFF and 16 digits|NAME|PID:FD[,PID:FD...], for substitution */
static int save_user_info(struct krg_app *app, int dir)
{
	const struct ssi_image_file *file;
	struct checkpoint_image image;
	FILE *out;
	size_t i, j;
	int err;

	err = checkpoint_image_load(&image, dir, app->text, sizeof(app->text));
	if (err) {
		errno = -err;
		return -1;
	}
	if (check_pipes(app, &image)) {
		checkpoint_image_free(&image);
		return -1;
	}
	out = create_text(dir, "user_info_0.txt");
	for (i = 0; out && i < image.count; i++)
		for (j = 0; j < image.tasks[i].files.count; j++) {
			if (!is_first(&image, i, j))
				continue;
			file = image.tasks[i].files.at[j];
			fprintf(out, "%-8s|FFFF%016llX|%s|", type_name(file),
				(unsigned long long)le64_to_cpu(file->id),
				le32_to_cpu(file->kind) == SSI_FILE_PATH ?
				(const char *)(file + 1) : "");
			print_users(out, &image, file->id);
		}
	checkpoint_image_free(&image);
	return out ? close_text(out) : -1;
}

static int save_description(const struct krg_app *app, int dir, int version,
			    const char *description)
{
	FILE *out = create_text(dir, "description.txt");

	if (!out)
		return -1;
	fprintf(out, "Identifier: %ld\nVersion: %d\nDescription: %s\nDate: %lld\n",
		app->id, version, description, (long long)time(NULL));
	return close_text(out);
}

static int open_folder(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Others may save applications of the same id; sticky, as /tmp is. */
static int open_app_folder(long id)
{
	int top = open_folder(AT_FDCWD, CHKPT_DIR);
	char name[32];
	int fd;

	if (top < 0)
		return -1;
	snprintf(name, sizeof(name), "%ld", id);
	if (!mkdirat(top, name, 0700))
		fchmodat(top, name, 01777, 0);
	fd = open_folder(top, name);
	close(top);
	return fd;
}

static void remove_folder(int at, const char *name)
{
	int fd = open_folder(at, name), err = errno;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(fd, entry->d_name, 0);
	if (dir)
		closedir(dir);
	unlinkat(at, name, AT_REMOVEDIR);
	errno = err;
}

/* Gives the folder the first version's name that is free, and its description. */
static int publish(struct krg_app *app, int at, const char *temporary,
		   const char *description)
{
	int dir = open_folder(at, temporary), version = app->version, ret;
	char name[32];

	do {
		snprintf(name, sizeof(name), "v%d", ++version);
		unlinkat(dir, "description.txt", 0);
		if (dir < 0 ||
		    save_description(app, dir, version, description) ||
		    fsync(dir)) {
			ret = -1;
			break;
		}
		ret = faccessat(at, name, F_OK, AT_SYMLINK_NOFOLLOW) ?
		      renameat(at, temporary, at, name) : 1;
		if (ret < 0 && (errno == EEXIST || errno == ENOTEMPTY))
			ret = 1;
	} while (ret > 0);
	if (dir >= 0)
		close(dir);
	if (ret || fsync(at))
		return -1;
	app->version = version;
	return 0;
}

static int save_in(struct krg_app *app, int at, const char *temporary,
		   const char *description)
{
	int dir, ret;

	if (mkdirat(at, temporary, 0700))
		return -1;
	dir = open_folder(at, temporary);
	ret = dir < 0 ? -1 : save_tasks(app, dir);
	if (!ret)
		ret = save_user_info(app, dir);
	if (dir >= 0)
		close(dir);
	if (!ret)
		ret = publish(app, at, temporary, description);
	if (ret)
		remove_folder(at, temporary);
	return ret;
}

int krg_app_save(struct krg_app *app, const char *description)
{
	int at = open_app_folder(app->id), ret, err;
	char temporary[64];

	app->text[0] = '\0';
	if (at < 0)
		return -1;
	snprintf(temporary, sizeof(temporary), ".new-%d", getpid());
	ret = save_in(app, at, temporary, description);
	if (!ret)
		ret = ioctl(app->fd, KAPP_SET_VERSION, &app->version);
	err = errno;
	close(at);
	if (ret) {
		snprintf(temporary, sizeof(temporary), CHKPT_DIR "/%ld",
			 app->id);
		rmdir(temporary);
	}
	errno = err;
	return ret;
}
