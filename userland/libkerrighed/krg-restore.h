/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* krg-restore.h: between krg-restore.c and krg-become.c. */
#ifndef KRG_RESTORE_H
#define KRG_RESTORE_H

#include "krg-image.h"

#include <stdint.h>

/* An open file of the application, open here too */
struct restored_file {
	uint64_t id;
	int fd;
};

/* A pipe of the application; closed when all of its ends are made */
struct restored_pipe {
	uint64_t object;
	int ends[2];
};

/* In memory that the processes share: who failed first, and why */
struct restore_failure {
	int err;
	pid_t pid;
	char text[200];
};

struct restoration {
	int app_fd;
	int replace_groups;
	int base;	/* descriptors from here on are ours */
	const struct checkpoint_image *image;
	struct restored_file *files;
	size_t nr_files;
	struct restored_pipe *pipes;
	size_t nr_pipes;
	struct restore_failure *failure;
};

int restore_pipe(struct restoration *restoration,
		 const struct ssi_image_file *file);
void restore_close_pipes(struct restoration *restoration);
pid_t restore_fork(struct restoration *restoration, struct task_image *task);

#endif /* KRG_RESTORE_H */
