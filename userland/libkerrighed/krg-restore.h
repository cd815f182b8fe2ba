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
	struct restore_failure *failure;
};

pid_t restore_fork(struct restoration *restoration, struct task_image *task);

#endif /* KRG_RESTORE_H */
