/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * krg-application.h: capabilities of processes, and applications: stopped,
 * saved, restored.
 *
 * Needs the module ssi: ENOTTY or EINVAL without it.  As in kerrighed.h, int
 * functions return 0 or more, or -1 with errno set.
 */
#ifndef KRG_APPLICATION_H
#define KRG_APPLICATION_H

#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bit numbers of capabilities */
enum krg_cap {
	CAP_CHANGE_KERRIGHED_CAP = 0,
	CAP_CAN_MIGRATE = 1,
	CAP_DISTANT_FORK = 2,
	CAP_FORK_DELAY = 3,
	CAP_CHECKPOINTABLE = 4,
	CAP_USE_REMOTE_MEMORY = 5,
	CAP_SEE_LOCAL_PROC_STAT = 9,
};

typedef struct krg_cap_set {
	int krg_cap_effective;
	int krg_cap_permitted;
	int krg_cap_inheritable_permitted;
	int krg_cap_inheritable_effective;
} krg_cap_t;

int krg_capset(const krg_cap_t *caps);
int krg_capget(krg_cap_t *caps);
int krg_father_capset(const krg_cap_t *caps);
int krg_father_capget(krg_cap_t *caps);
int krg_pid_capset(pid_t pid, const krg_cap_t *caps);
int krg_pid_capget(pid_t pid, krg_cap_t *caps);
int krg_cap_get_supported(int *set);

#define CHKPT_DIR	"/var/chkpt"

/* Values of errno that are no others */
#define E_CR_APPBUSY	1000
#define E_CR_PIDBUSY	1001
#define E_CR_TASKDEAD	1002
#define E_CR_BADDATA	1003

#define APP_FROM_PID	1

/*
 * An application that is open.  Closed, it goes on if it was frozen through
 * this and krg_app_keep() was not called; text says what was in the way of what
 * failed last, and is empty when errno says all.
 */
struct krg_app {
	int fd;
	long id;
	int version;
	char text[512];
};

/* A descriptor of the caller in place of an open file of the application */
struct krg_subst {
	unsigned long long file_id;
	int fd;
};

struct krg_restore {
	int replace_groups;	/* of leaders that were not saved: the caller's */
	const struct krg_subst *subst;
	size_t nr_subst;
};

int krg_app_open(struct krg_app *app, long id, int flags);
void krg_app_close(struct krg_app *app);
int krg_app_freeze(struct krg_app *app, unsigned int timeout_ms);
int krg_app_thaw(struct krg_app *app, int sig);
int krg_app_keep(struct krg_app *app);
/* Saves a frozen one in CHKPT_DIR as its next version. */
int krg_app_save(struct krg_app *app, const char *description);
/* Fills in app; the application is frozen.  Returns the root process. */
pid_t krg_app_restore(struct krg_app *app, long id, int version,
		      const struct krg_restore *how);

#ifdef __cplusplus
}
#endif

#endif /* KRG_APPLICATION_H */
