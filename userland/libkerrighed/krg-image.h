/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* krg-image.h: the files of a checkpoint, in memory. */
#ifndef KRG_IMAGE_H
#define KRG_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uapi/ssi/image.h>

/* Pointers into an image, with their number */
struct record_list {
	const void **at;
	size_t count, room;
};

/* task_TID.bin; what a pointer shows is in the file, and was checked. */
struct task_image {
	int fd;
	void *map;
	size_t size;
	const struct ssi_image_header *header;
	const struct ssi_image_process *process;	/* NULL: only a thread */
	const struct ssi_image_creds *creds;
	const struct ssi_image_limit *limits;
	const char *cwd;
	const struct ssi_image_itimer *timers;
	const struct ssi_image_thread *thread;
	struct record_list actions, signals, files, fds, mapped;
	pid_t tid, tgid;
};

struct checkpoint_image {
	struct task_image *tasks;
	size_t count, room;
};

int checkpoint_image_load(struct checkpoint_image *image, int dir, char *text,
			  size_t text_size);
void checkpoint_image_free(struct checkpoint_image *image);
struct task_image *checkpoint_image_find(const struct checkpoint_image *image,
					 pid_t pid);

#endif /* KRG_IMAGE_H */
