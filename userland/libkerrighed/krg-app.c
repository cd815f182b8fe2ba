// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * krg-app.c: applications are opened, frozen, thawed; krg-save.c and
 * krg-restore.c do the rest.
 */
#include "kerrighed.h"
#include "krg-application.h"
#include "krg-report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Keeps errno. */
void krg_app_explain(struct krg_app *app, const struct kapp_report *report)
{
	app->text[0] = '\0';
	if (report->tid && report->fd >= 0)
		snprintf(app->text, sizeof(app->text),
			 "process %d, descriptor %d: %.*s", report->tid,
			 report->fd, (int)sizeof(report->text), report->text);
	else if (report->tid)
		snprintf(app->text, sizeof(app->text), "process %d: %.*s",
			 report->tid, (int)sizeof(report->text), report->text);
}

int krg_app_open(struct krg_app *app, long id, int flags)
{
	struct ksys_app args = {
		.size = sizeof(args),
		.flags = flags & APP_FROM_PID ? KSYS_APP_FROM_PID : 0,
		.id = id,
	};

	memset(app, 0, sizeof(*app));
	app->fd = call_kerrighed_services(KSYS_APP_OPEN, &args);
	app->id = args.id;
	app->version = args.version;
	return app->fd < 0 ? -1 : 0;
}

void krg_app_close(struct krg_app *app)
{
	if (app->fd >= 0)
		close(app->fd);
	app->fd = -1;
}

int krg_app_freeze(struct krg_app *app, unsigned int timeout_ms)
{
	struct kapp_freeze args = { .timeout_ms = timeout_ms };
	int ret = ioctl(app->fd, KAPP_FREEZE, &args);

	krg_app_explain(app, &args.report);
	return ret;
}

int krg_app_thaw(struct krg_app *app, int sig)
{
	app->text[0] = '\0';
	return ioctl(app->fd, KAPP_THAW, &sig);
}

int krg_app_keep(struct krg_app *app)
{
	app->text[0] = '\0';
	return ioctl(app->fd, KAPP_KEEP);
}
