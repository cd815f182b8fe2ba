/* SPDX-License-Identifier: GPL-2.0-only */
/* fs.h: folders and open files of a process, saved. */
#ifndef _SSI_FS_H
#define _SSI_FS_H

extern const struct ssi_resource ssi_cwd_resource;
extern const struct ssi_resource ssi_files_resource;

#endif /* _SSI_FS_H */
