/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* krg-report.h: what the kernel says was in the way, for people. */
#ifndef KRG_REPORT_H
#define KRG_REPORT_H

#include <ssi/app.h>

struct krg_app;

void krg_app_explain(struct krg_app *app, const struct kapp_report *report);

#endif /* KRG_REPORT_H */
