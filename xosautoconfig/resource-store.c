// SPDX-License-Identifier: LGPL-2.1-or-later
/* resource-store.c - one file a resource, resources/NAME.cms, as it was signed */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "../libxos/nodefile.h"
#include "rca-ca.h"
#include "resource-store.h"

#define CMS_MAX (2 * RESOURCE_TEXT_MAX)
#define SUFFIX ".cms"

static char *load(const char *dir, const char *name)
{
	char path[RCA_PATH_MAX];

	rca_path(path, dir, "resources/", name, SUFFIX);
	return xos_file_read(path, CMS_MAX, NULL, NULL);
}

/* What is there is from an earlier time, or there would be a way back to it. */
static bool is_newer(const char *dir, const char *name, const struct resource *r, X509 *ca)
{
	cleanup_free char *old = load(dir, name);
	struct resource before;
	struct xos_error err;
	bool newer = true;

	if (!old || resource_judge(&before, name, old, ca, NULL, time(NULL), &err))
		return true;
	if (before.state != RESOURCE_REFUSED)
		newer = r->time >= before.time;
	resource_free(&before);
	return newer;
}

int resource_store_put(const char *dir, const char *grid, const char *name,
		       const char *cms, X509 *ca, X509_CRL *crl, struct xos_error *err)
{
	char path[RCA_PATH_MAX];
	struct resource r;
	int rc = resource_judge(&r, name, cms, ca, crl, time(NULL), err);

	if (rc)
		return rc;
	if (r.state != RESOURCE_JOINED)
		rc = r.state == RESOURCE_STALE ?
			xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				      "the description is too old; is the clock right?") :
			-EKEYREJECTED;
	else if (strcmp(r.grid, grid))
		rc = xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				   "this is grid '%s', not '%s'", grid, r.grid);
	else if (!is_newer(dir, name, &r, ca))
		rc = xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				   "there is a later description");
	resource_free(&r);
	rca_path(path, dir, "resources/", name, SUFFIX);
	return rc ? rc : xos_file_write(path, cms, strlen(cms), 0640, false, err);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Cuts the suffix off and calls for each; the names are in order. */
static void each(const char *dir, void (*fn)(const char *name, const char *cms, void *arg),
		 void *arg)
{
	struct dirent **list = NULL;
	char path[RCA_PATH_MAX];
	int n;

	rca_path(path, dir, "resources", "", "");
	n = scandir(path, &list, NULL, by_name);
	for (int i = 0; i < n; i++) {
		size_t len = strlen(list[i]->d_name), end = strlen(SUFFIX);

		if (len > end && !strcmp(list[i]->d_name + len - end, SUFFIX)) {
			list[i]->d_name[len - end] = '\0';
			if (xos_name_is_valid(list[i]->d_name)) {
				cleanup_free char *cms = load(dir, list[i]->d_name);

				if (cms)
					fn(list[i]->d_name, cms, arg);
			}
		}
		free(list[i]);
	}
	free(list);
}

static void add_json(const char *name, const char *cms, void *arg)
{
	json_array_append_new(arg, json_pack("{ss ss}", "name", name, "cms", cms));
}

char *resource_store_json(const char *dir)
{
	json_t *list = json_array();
	char *text;

	each(dir, add_json, list);
	text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	return text;
}

/** struct page - a page being written */
struct page {
	struct xos_text *text;
	X509 *ca;
	X509_CRL *crl;
	unsigned int n, processors;
};

/* What a resource says of itself is a stranger's: nothing of it is markup. */
static void add_text(struct xos_text *text, const char *s)
{
	for (; *s; s++) {
		if (strchr("<>&\"'", *s))
			xos_text_add(text, "&#%d;", *s);
		else
			xos_text_add(text, "%c", *s);
	}
}

static void add_row(const char *name, const char *cms, void *arg)
{
	struct page *page = arg;
	struct xos_text *text = page->text;
	struct xos_error err = { 0 };
	char when[64] = "";
	struct resource r;
	struct tm tm;
	time_t t;

	if (resource_judge(&r, name, cms, page->ca, page->crl, time(NULL), &err))
		return;
	t = (time_t)r.time;
	strftime(when, sizeof(when), "%F %T UTC", gmtime_r(&t, &tm));
	xos_text_add(text, "<tr class=\"%s\"><td>%s<td>%s<td>%u<td>%u<td>%zu<td>",
		     resource_state_name(r.state), r.name, resource_state_name(r.state),
		     r.processors, r.memory_mib, r.n_members);
	add_text(text, r.vo);
	xos_text_add(text, "<td>");
	add_text(text, r.kernel);
	xos_text_add(text, "<td>");
	add_text(text, r.checkpointer);
	xos_text_add(text, "<td>%s\n", r.time ? when : err.text[0] ? "refused" : "");
	page->n++;
	if (r.state == RESOURCE_JOINED)
		page->processors += r.processors;
	resource_free(&r);
}

void resource_store_page(const char *dir, const char *grid, X509 *ca, X509_CRL *crl,
			 struct xos_text *page)
{
	struct page state = { .text = page, .ca = ca, .crl = crl };

	xos_text_add(page, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		     "<meta http-equiv=\"refresh\" content=\"60\"><title>Grid %s</title><style>"
		     "body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}"
		     "td,th{padding:.3em .6em;text-align:left;white-space:nowrap;"
		     "border-bottom:1px solid #ccc}"
		     ".stale{color:#777}.revoked,.refused{color:#a00}</style></head><body>\n"
		     "<h1>Grid %s</h1>\n<table><thead><tr><th>Resource<th>State<th>Processors"
		     "<th>Memory (MiB)<th>Members<th>VO<th>Kernel<th>Checkpointer<th>Measured"
		     "</thead>\n", grid, grid);
	each(dir, add_row, &state);
	xos_text_add(page, "</table>\n<p id=\"sum\">%u resources, %u processors joined</p>\n"
		     "</body></html>\n", state.n, state.processors);
}
