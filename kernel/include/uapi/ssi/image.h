/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * image.h: the files of a checkpoint, record by record.
 *
 * A file is a sequence of records: struct ssi_record, then @len bytes that the
 * checksum covers together with the struct.  The first is a SSI_RECORD_HEADER,
 * the last a SSI_RECORD_END that counts the others, and nothing follows it.
 * Everything is little endian, nothing is an address of the kernel's, and each
 * type has a version of its own; ckpt/imagecheck.c says which sizes are right.
 *
 * task_PID.bin of a process' first thread has the process and that thread;
 * those of its other threads only SSI_RECORD_HEADER, THREAD, REGS, FPU and
 * SIGNAL.  Records stand in the order of their numbers, but for FILE and FD,
 * VMA and PAGES, which alternate.
 */
#ifndef _UAPI_SSI_IMAGE_H
#define _UAPI_SSI_IMAGE_H

#include <linux/types.h>

#define SSI_IMAGE_MAGIC		"SSICKPT1"
#define SSI_IMAGE_MACHINE	62		/* EM_X86_64 */
#define SSI_IMAGE_PATH_MAX	4096
#define SSI_IMAGE_PAGE		4096
#define SSI_IMAGE_RUN		64		/* pages in a record, at most */

/* Types of records; a reader refuses one that it does not know. */
#define SSI_RECORD_HEADER	1	/* struct ssi_image_header */
#define SSI_RECORD_PROCESS	2	/* struct ssi_image_process */
#define SSI_RECORD_CREDS	3	/* struct ssi_image_creds */
#define SSI_RECORD_LIMITS	4	/* struct ssi_image_limit, 16 times */
#define SSI_RECORD_CWD		5	/* path */
#define SSI_RECORD_ACTION	6	/* struct ssi_image_action */
#define SSI_RECORD_TIMERS	7	/* struct ssi_image_itimer, 3 times */
#define SSI_RECORD_SIGNAL	8	/* struct ssi_image_signal, pending */
#define SSI_RECORD_THREAD	9	/* struct ssi_image_thread */
#define SSI_RECORD_REGS		10	/* struct user_regs_struct */
#define SSI_RECORD_FPU		11	/* struct ssi_image_fpu, then its state */
#define SSI_RECORD_FILE		12	/* struct ssi_image_file, then path or data */
#define SSI_RECORD_FD		13	/* struct ssi_image_fd */
#define SSI_RECORD_MM		14	/* struct ssi_image_mm */
#define SSI_RECORD_EXE		15	/* struct ssi_image_mapped, then path */
#define SSI_RECORD_VMA		16	/* struct ssi_image_vma, then path */
#define SSI_RECORD_PAGES	17	/* struct ssi_image_pages, then pages */
#define SSI_RECORD_END		18	/* struct ssi_image_end */
#define SSI_RECORD_NR		19

/**
 * struct ssi_record - what stands before each record's content
 * @type: SSI_RECORD_...
 * @version: of the content's layout
 * @crc: CRC-32 of this struct, with 0 here, and of the content
 * @len: bytes of content that follow
 */
struct ssi_record {
	__le16 type;
	__le16 version;
	__le32 crc;
	__le64 len;
} __attribute__((packed));

/**
 * struct ssi_image_header - whose state this file has
 * @magic: SSI_IMAGE_MAGIC
 * @machine: SSI_IMAGE_MACHINE
 * @page_size: SSI_IMAGE_PAGE
 * @app_id: application
 * @tgid: process
 * @tid: thread; equal to @tgid in a file that has the process too
 * @nr_threads: of the process
 * @reserved: 0
 */
struct ssi_image_header {
	__u8 magic[8];
	__le32 machine;
	__le32 page_size;
	__le64 app_id;
	__le32 tgid;
	__le32 tid;
	__le32 nr_threads;
	__le32 reserved;
} __attribute__((packed));

/**
 * struct ssi_image_process - what a process is among others
 * @pid: its id
 * @ppid: its parent, a process of the application, or 0
 * @pgrp: process group
 * @sid: session
 * @umask: as of umask(2)
 * @personality: as of personality(2)
 * @oom_score_adj: as in /proc
 * @exit_signal: that its parent gets
 * @flags: SSI_PROCESS_...
 * @reserved: 0
 */
struct ssi_image_process {
	__le32 pid;
	__le32 ppid;
	__le32 pgrp;
	__le32 sid;
	__le32 umask;
	__le32 personality;
	__le32 oom_score_adj;
	__le32 exit_signal;
	__le32 flags;
	__le32 reserved;
} __attribute__((packed));

#define SSI_PROCESS_NO_NEW_PRIVS	0x1
#define SSI_PROCESS_SUBREAPER		0x2
#define SSI_PROCESS_DUMPABLE		0x4

#define SSI_IMAGE_GROUPS	64	/* supplementary groups, at most */

/**
 * struct ssi_image_creds - who a process is
 * @uid: real, effective, saved, of the file system; initial user namespace
 * @gid: the same
 * @effective: capability sets
 * @permitted: same
 * @inheritable: same
 * @bounding: same
 * @ambient: same
 * @securebits: as of prctl(2)
 * @nr_groups: entries of @groups that count
 * @groups: supplementary groups
 */
struct ssi_image_creds {
	__le32 uid[4];
	__le32 gid[4];
	__le64 effective;
	__le64 permitted;
	__le64 inheritable;
	__le64 bounding;
	__le64 ambient;
	__le32 securebits;
	__le32 nr_groups;
	__le32 groups[SSI_IMAGE_GROUPS];
} __attribute__((packed));

#define SSI_IMAGE_LIMITS	16

struct ssi_image_limit {
	__le64 soft;
	__le64 hard;
} __attribute__((packed));

/**
 * struct ssi_image_action - what a process does with a signal, if not the default
 * @signo: 1..64
 * @reserved: 0
 * @handler: address, or SIG_IGN
 * @flags: SA_..., as the kernel keeps them
 * @restorer: address
 * @mask: signals
 */
struct ssi_image_action {
	__le32 signo;
	__le32 reserved;
	__le64 handler;
	__le64 flags;
	__le64 restorer;
	__le64 mask;
} __attribute__((packed));

struct ssi_image_itimer {
	__le64 interval_us;
	__le64 value_us;	/* until it expires, 0: not running */
} __attribute__((packed));

/**
 * struct ssi_image_signal - a pending signal
 * @signo: 1..64
 * @shared: of the process, not of the thread
 * @info: siginfo_t
 */
struct ssi_image_signal {
	__le32 signo;
	__le32 shared;
	__u8 info[128];
} __attribute__((packed));

/* Which system call goes on, and with what; see struct ssi_image_thread. */
#define SSI_RESTART_NONE	0
#define SSI_RESTART_NANOSLEEP	1	/* clock, address, 1: has one, ns left */
#define SSI_RESTART_FUTEX	2	/* address, value, flags, bitset, ns */
#define SSI_RESTART_POLL	3	/* address, count, 1: has time, ns left */
#define SSI_RESTART_NR		4

/**
 * struct ssi_image_thread - a thread, its registers aside
 * @tid: its id
 * @nice: -20..19
 * @comm: name, ends with 0
 * @mask: blocked signals
 * @stack_sp: alternate signal stack
 * @stack_size: its size
 * @stack_flags: its flags
 * @pdeath_signal: as of prctl(2)
 * @robust_list: address
 * @clear_tid: address, cleared when the thread ends
 * @rseq: address
 * @rseq_sig: what stands before its abort handlers
 * @restart: SSI_RESTART_...
 * @arg: of @restart
 * @timer_slack_ns: as of prctl(2)
 */
struct ssi_image_thread {
	__le32 tid;
	__le32 nice;
	char comm[16];
	__le64 mask;
	__le64 stack_sp;
	__le64 stack_size;
	__le32 stack_flags;
	__le32 pdeath_signal;
	__le64 robust_list;
	__le64 clear_tid;
	__le64 rseq;
	__le32 rseq_sig;
	__le32 restart;
	__le64 arg[5];
	__le64 timer_slack_ns;
} __attribute__((packed));

#define SSI_FPU_MAX	16384

struct ssi_image_fpu {
	__le32 note;	/* NT_X86_XSTATE or NT_PRFPREG: layout of what follows */
	__le32 reserved;
} __attribute__((packed));

/* Kinds of open files */
#define SSI_FILE_PATH	1	/* opened again by its path */
#define SSI_FILE_PIPE	2	/* one end; struct ssi_image_pipe */
#define SSI_FILE_NR	3

/**
 * struct ssi_image_file - an open file, that descriptors refer to
 * @id: the same for one open file in all files of a checkpoint
 * @object: of a pipe: the same for its ends; else 0
 * @kind: SSI_FILE_...
 * @flags: of open(2)
 * @pos: offset
 * @mode: type and permissions, as of stat(2)
 * @data_len: bytes that follow: path with its 0, or content
 */
struct ssi_image_file {
	__le64 id;
	__le64 object;
	__le32 kind;
	__le32 flags;
	__le64 pos;
	__le32 mode;
	__le32 data_len;
} __attribute__((packed));

/**
 * struct ssi_image_pipe - begins the data of a SSI_FILE_PIPE, content follows
 * @size: of the pipe, in bytes
 * @readers: open files that read from it, in all
 * @writers: the same that write
 * @reserved: 0
 */
struct ssi_image_pipe {
	__le32 size;
	__le32 readers;
	__le32 writers;
	__le32 reserved;
} __attribute__((packed));

struct ssi_image_fd {
	__le64 id;	/* of the open file */
	__le32 fd;
	__le32 cloexec;
} __attribute__((packed));

#define SSI_IMAGE_AUXV	64	/* words */

/*
 * An address space, its areas aside.
 * Members as in prctl(2), PR_SET_MM_MAP.  @vdso: address of its code, or 0.
 */
struct ssi_image_mm {
	__le64 start_code, end_code;
	__le64 start_data, end_data;
	__le64 start_brk, brk;
	__le64 start_stack;
	__le64 arg_start, arg_end;
	__le64 env_start, env_end;
	__le64 vdso;
	__le64 auxv[SSI_IMAGE_AUXV];
} __attribute__((packed));

/**
 * struct ssi_image_mapped - a file of which something is mapped
 * @size: then, in bytes
 * @mtime_ns: then
 * @path_len: bytes of path that follow, with its 0; 0: no file
 * @reserved: 0
 */
struct ssi_image_mapped {
	__le64 size;
	__le64 mtime_ns;
	__le32 path_len;
	__le32 reserved;
} __attribute__((packed));

/* struct ssi_image_vma, flags */
#define SSI_VMA_READ		0x0001
#define SSI_VMA_WRITE		0x0002
#define SSI_VMA_EXEC		0x0004
#define SSI_VMA_SHARED		0x0008
#define SSI_VMA_GROWSDOWN	0x0010
#define SSI_VMA_NORESERVE	0x0020
#define SSI_VMA_LOCKED		0x0040
#define SSI_VMA_DONTCOPY	0x0080
#define SSI_VMA_DONTDUMP	0x0100
#define SSI_VMA_WIPEONFORK	0x0200
#define SSI_VMA_HUGEPAGE	0x0400
#define SSI_VMA_NOHUGEPAGE	0x0800
#define SSI_VMA_RANDOM		0x1000
#define SSI_VMA_SEQUENTIAL	0x2000
#define SSI_VMA_MAYWRITE	0x4000	/* shared, the file is open for writing */
#define SSI_VMA_ALL		0x7fff

/**
 * struct ssi_image_vma - an area of the address space
 * @start: first address
 * @end: after the last one
 * @offset: in the file, in bytes
 * @flags: SSI_VMA_...
 * @file: what is mapped, path_len 0 when nothing is
 */
struct ssi_image_vma {
	__le64 start;
	__le64 end;
	__le64 offset;
	__le64 flags;
	struct ssi_image_mapped file;
} __attribute__((packed));

struct ssi_image_pages {
	__le64 start;	/* address of the first; of the last area before */
	__le64 count;
} __attribute__((packed));

struct ssi_image_end {
	__le64 count;	/* records before this one */
} __attribute__((packed));

#endif /* _UAPI_SSI_IMAGE_H */
