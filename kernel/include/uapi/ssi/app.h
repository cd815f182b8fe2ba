/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * app.h: applications, what user space and ssi.ko share.
 *
 * SSI_SERVICES_FILE takes the first ioctls.  KSYS_APP_OPEN and KSYS_APP_CREATE
 * return a descriptor of the application, which takes the others.  When the
 * last one is closed an application that it had frozen goes on, and one that
 * was not restored wholly is killed; KAPP_KEEP takes it out of this.
 */
#ifndef _UAPI_SSI_APP_H
#define _UAPI_SSI_APP_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Kerrighed's capabilities: bit numbers */
#define SSI_CAP_CHANGE		0
#define SSI_CAP_MIGRATE		1
#define SSI_CAP_DISTANT_FORK	2
#define SSI_CAP_FORK_DELAY	3
#define SSI_CAP_CHECKPOINTABLE	4
#define SSI_CAP_REMOTE_MEMORY	5
#define SSI_CAP_LOCAL_PROC	9
#define SSI_CAP_SUPPORTED	(1 << SSI_CAP_CHANGE | 1 << SSI_CAP_CHECKPOINTABLE)

/**
 * struct ksys_cap - a task's sets, bit n = capability n
 * @effective: what it may do
 * @permitted: what it may put into the other sets
 * @inheritable_permitted: what a child may
 * @inheritable_effective: what a child can do
 */
struct ksys_cap {
	__s32 effective;
	__s32 permitted;
	__s32 inheritable_permitted;
	__s32 inheritable_effective;
};

struct ksys_cap_pid {
	__s32 pid;
	__s32 reserved;
	__u64 caps;	/* address of a struct ksys_cap */
};

#define KSYS_APP_MAGIC		0xD1

/* The caller's, any task's, the caller's parent's; EPERM, EINVAL, EOPNOTSUPP */
#define KSYS_SET_CAP		_IOW(KSYS_APP_MAGIC, 0, struct ksys_cap)
#define KSYS_GET_CAP		_IOR(KSYS_APP_MAGIC, 1, struct ksys_cap)
#define KSYS_SET_PID_CAP	_IOW(KSYS_APP_MAGIC, 2, struct ksys_cap_pid)
#define KSYS_GET_PID_CAP	_IOW(KSYS_APP_MAGIC, 3, struct ksys_cap_pid)
#define KSYS_SET_FATHER_CAP	_IOW(KSYS_APP_MAGIC, 4, struct ksys_cap)
#define KSYS_GET_FATHER_CAP	_IOR(KSYS_APP_MAGIC, 5, struct ksys_cap)
#define KSYS_GET_SUPPORTED_CAP	_IOR(KSYS_APP_MAGIC, 8, int)

#define KSYS_APP_FROM_PID	0x1	/* id is a process' */

/**
 * struct ksys_app - which application
 * @size: sizeof(struct ksys_app) of the caller
 * @flags: KSYS_APP_FROM_PID
 * @id: in: application or process; out: application
 * @version: of its last checkpoint; 0: none
 * @reserved: 0
 */
struct ksys_app {
	__u32 size;
	__u32 flags;
	__s64 id;
	__u32 version;
	__u32 reserved;
};

/* Errors of applications beyond errno(3), as numbers of Kerrighed */
#define SSI_E_APPBUSY		1000
#define SSI_E_PIDBUSY		1001
#define SSI_E_TASKDEAD		1002
#define SSI_E_BADDATA		1003

/*
 * A descriptor of an application.  ESRCH: no such one; EPERM: not the caller's,
 * or the process lacks the capability CHECKPOINTABLE.  CREATE makes one without
 * members for a restart; SSI_E_APPBUSY: there is one of that id.
 */
#define KSYS_APP_OPEN		_IOWR(KSYS_APP_MAGIC, 208, struct ksys_app)
#define KSYS_APP_CREATE		_IOW(KSYS_APP_MAGIC, 209, struct ksys_app)

/**
 * struct kapp_report - what went wrong, and with what
 * @tid: thread, or 0
 * @fd: its descriptor, or -1
 * @text: what it is, or empty
 */
struct kapp_report {
	__s32 tid;
	__s32 fd;
	char text[120];
};

/**
 * struct kapp_freeze - stop all threads
 * @timeout_ms: until when all have to stand still
 * @reserved: 0
 * @report: out: the thread that would not stop
 */
struct kapp_freeze {
	__u32 timeout_ms;
	__u32 reserved;
	struct kapp_report report;
};

struct kapp_member {
	__s32 tid;
	__s32 tgid;
};

/**
 * struct kapp_members - the threads of a frozen application
 * @room: in: entries at @members
 * @count: out: threads that there are
 * @members: address of struct kapp_member
 */
struct kapp_members {
	__u32 room;
	__u32 count;
	__u64 members;
};

#define KAPP_EXPORT_STATE	0	/* all but memory's content */
#define KAPP_EXPORT_PAGES	1	/* memory's content and the end */

/**
 * struct kapp_export - write a thread's state to a file
 * @tid: thread; the process too when it is its first one
 * @fd: a file that is written to, at its offset
 * @part: KAPP_EXPORT_...; one after the other
 * @reserved: 0
 * @count: in, out: records in the file
 * @report: out: what can not be saved
 */
struct kapp_export {
	__s32 tid;
	__s32 fd;
	__u32 part;
	__u32 reserved;
	__u64 count;
	struct kapp_report report;
};

/**
 * struct kapp_import - become a thread of the application
 * @fd: the image, a file that is read from its start; it is closed
 * @keep: descriptor of the application, which is closed too
 * @report: out: what is wrong
 */
struct kapp_import {
	__s32 fd;
	__s32 keep;
	struct kapp_report report;
};

/**
 * struct kapp_finish - give restored threads their registers
 * @timeout_ms: until when they have to be there
 * @count: threads that there have to be
 * @version: of the image
 * @reserved: 0
 * @report: out: who is missing, or what is wrong
 */
struct kapp_finish {
	__u32 timeout_ms;
	__u32 count;
	__u32 version;
	__u32 reserved;
	struct kapp_report report;
};

#define KAPP_MAGIC		0xD2

/* EPERM: not running; ETIMEDOUT: did not stop; SSI_E_TASKDEAD: has a zombie */
#define KAPP_FREEZE		_IOWR(KAPP_MAGIC, 1, struct kapp_freeze)
/* int: a signal for every process first, or 0.  EPERM: not frozen */
#define KAPP_THAW		_IOW(KAPP_MAGIC, 2, int)
/* What was done stays done when the descriptor is closed */
#define KAPP_KEEP		_IO(KAPP_MAGIC, 3)
#define KAPP_MEMBERS		_IOWR(KAPP_MAGIC, 4, struct kapp_members)
/* EPERM: not frozen; ENOTSUP: see the report */
#define KAPP_EXPORT		_IOWR(KAPP_MAGIC, 5, struct kapp_export)
/* int: version of the checkpoint that was just written */
#define KAPP_SET_VERSION	_IOW(KAPP_MAGIC, 6, int)
/* Does not return when it succeeds */
#define KAPP_IMPORT		_IOWR(KAPP_MAGIC, 7, struct kapp_import)
#define KAPP_FINISH		_IOWR(KAPP_MAGIC, 8, struct kapp_finish)

#endif /* _UAPI_SSI_APP_H */
