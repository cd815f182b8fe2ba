/* SPDX-License-Identifier: GPL-2.0-only */
/* pipes.h: pipes, one of the kinds of open-files.c. */
#ifndef _SSI_PIPES_H
#define _SSI_PIPES_H

#include <ssi/ckpt.h>

bool pipe_matches(struct file *file);
const char *pipe_why_not(struct file *file);
int pipe_put(struct ssi_writer *writer, struct file *file,
	     struct ssi_image_file *image);

#endif /* _SSI_PIPES_H */
