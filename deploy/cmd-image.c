// SPDX-License-Identifier: GPL-2.0-only
/* cmd-image.c - image build, list, show, rm */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "image.h"
#include "paths.h"
#include "ui.h"

static int build(struct cmd *c, struct xos_error *err)
{
	struct xos_ui *ui = xos_ui_create(stdout, c->inv, c->json ? XOS_UI_JSON : XOS_UI_AUTO,
					  c->verbose);
	bool made, any = false;
	size_t i;
	int rc = 0;

	cmd_catch_signals();
	for (i = 0; i < c->inv->n_images && !rc; i++) {
		const char *name = c->inv->images[i].name;
		struct xos_built built = { 0 };

		if (c->argc > 1 && strcmp(c->argv[1], name))
			continue;
		any = true;
		rc = xos_image_ensure(c->inv, i, &c->paths, &built, &made, xos_ui_progress, ui,
				      err);
		if (!rc && c->json)
			printf("{\"image\":\"%s\",\"id\":\"%s\",\"built\":%s}\n", name, built.id,
			       made ? "true" : "false");
		else if (!rc)
			printf("%-16s %s  %s\n", name, built.id, made ? "built" : "was there");
		free(built.dir);
	}
	if (!rc && !any)
		rc = xos_error_set(err, -ENOENT, XOS_EXIT_USAGE, "%s has no image '%s'",
				   c->inv->file, c->argv[1]);
	xos_ui_destroy(ui);
	return rc;
}

struct listing {
	const struct cmd *c;
	struct xos_built *current;	/* of the inventory, where they are built */
	bool json;
};

static int64_t size_of(const json_t *files)
{
	int64_t size = 0;
	const char *name;
	json_t *file;

	json_object_foreach((json_t *)files, name, file)
		size += json_integer_value(json_object_get(file, "size"));
	return size;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "?";
}

static void list_one(const char *id, const char *dir, const char *manifest, void *arg)
{
	struct listing *l = arg;
	json_t *o = json_loads(manifest, 0, NULL);
	bool current = false;
	size_t i;

	(void)dir;
	if (!o)
		return;
	for (i = 0; i < l->c->inv->n_images; i++)
		current |= !strcmp(l->current[i].id, id);
	if (l->json) {
		json_object_set_new(o, "current", json_boolean(current));
		json_dumpf(o, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
	} else {
		printf("%s %c %-12s %-22s %7.1f MiB  %s\n", id, current ? '*' : ' ',
		       text_of(o, "name"), text_of(o, "kernel"),
		       size_of(json_object_get(o, "files")) / 1048576.0, text_of(o, "created"));
	}
	json_decref(o);
}

static int list(struct cmd *c, struct xos_error *err)
{
	struct listing l = { c, NULL, c->json };
	size_t i;
	int rc;

	l.current = calloc(c->inv->n_images + 1, sizeof(*l.current));
	if (!l.current)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	for (i = 0; i < c->inv->n_images; i++)
		xos_image_name(c->inv, i, &c->paths, &l.current[i], NULL);
	rc = xos_image_each(&c->paths, list_one, &l, err);
	for (i = 0; i < c->inv->n_images; i++)
		free(l.current[i].dir);
	free(l.current);
	return rc;
}

struct search {
	const char *id;
	bool found;
};

static void show_one(const char *id, const char *dir, const char *manifest, void *arg)
{
	struct search *s = arg;

	if (strcmp(id, s->id))
		return;
	s->found = true;
	fputs(manifest, stdout);
	if (*manifest && manifest[strlen(manifest) - 1] != '\n')
		putchar('\n');
	fprintf(stderr, "%s\n", dir);
}

/* A name stands for the image that the inventory would use now. */
static int show(struct cmd *c, struct xos_error *err)
{
	struct xos_built built = { 0 };
	struct search s = { c->argv[1], false };
	size_t i;
	int rc;

	for (i = 0; i < c->inv->n_images; i++)
		if (!strcmp(c->inv->images[i].name, c->argv[1])) {
			rc = xos_image_name(c->inv, i, &c->paths, &built, err);
			if (rc < 0)
				return rc;
			s.id = built.id;
		}
	rc = xos_image_each(&c->paths, show_one, &s, err);
	if (!rc && !s.found)
		rc = xos_error_set(err, -ENOENT, XOS_EXIT_USAGE,
				   "image %s is not built; see: xos-ssi-deploy image list", s.id);
	free(built.dir);
	return rc;
}

int cmd_image(struct cmd *c)
{
	const char *verb = c->argc ? c->argv[0] : "";
	struct xos_error err = { 0 };
	int rc = 0, i;

	if (!strcmp(verb, "build") || !strcmp(verb, "list") ? c->argc > 2 :
	    !strcmp(verb, "show") ? c->argc != 2 : strcmp(verb, "rm") || c->argc < 2)
		return cmd_usage(c, "image %s: wrong number of words, or an unknown one", verb);
	if (cmd_open(c, &err) < 0)
		return cmd_fail(&err);
	if (!strcmp(verb, "build"))
		rc = build(c, &err);
	else if (!strcmp(verb, "list"))
		rc = list(c, &err);
	else if (!strcmp(verb, "show"))
		rc = show(c, &err);
	else
		for (i = 1; i < c->argc && !rc; i++)
			rc = xos_image_remove(&c->paths, c->argv[i], stdout, &err);
	return rc < 0 ? cmd_fail(&err) : 0;
}
