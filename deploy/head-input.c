// SPDX-License-Identifier: GPL-2.0-only
/*
 * head-input.c - collect what a head's files are made from: images and keys
 */
#include "head-input.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "image.h"

#define KEYS_MAX	65536

static char *read_key(const struct xos_paths *paths, const char *name)
{
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/keys/%s", paths->state, name) < 0)
		return NULL;
	return xos_file_read(path, KEYS_MAX, NULL, NULL);
}

struct search {
	const char *name;
	char created[32];
	struct xos_built *found;
};

/* The newest image of that name; ISO 8601 sorts as text. */
static void match_name(const char *id, const char *dir, const char *manifest, void *arg)
{
	struct search *s = arg;
	json_t *o = json_loads(manifest, 0, NULL);
	const char *name = json_string_value(json_object_get(o, "name"));
	const char *created = json_string_value(json_object_get(o, "created"));

	if (name && created && !strcmp(name, s->name) && strcmp(created, s->created) >= 0) {
		snprintf(s->created, sizeof(s->created), "%s", created);
		snprintf(s->found->id, sizeof(s->found->id), "%s", id);
		free(s->found->dir);
		s->found->dir = strdup(dir);
	}
	json_decref(o);
}

static int find_images(struct xos_head_source *s, const struct xos_inventory *inv,
		       const struct xos_paths *paths, struct xos_error *err)
{
	size_t i;

	for (i = 0; i < inv->n_images; i++) {
		struct search search = { inv->images[i].name, "", &s->built[i] };
		int rc = xos_image_name(inv, i, paths, &s->built[i], NULL);

		if (rc == 0)		/* known, but not built */
			*s->built[i].id = '\0';
		else if (rc < 0 && xos_image_each(paths, match_name, &search, err) < 0)
			return err->code;
		if (*s->built[i].id)
			s->ids[i] = s->built[i].id;
	}
	return 0;
}

int xos_head_source_init(struct xos_head_source *s, const struct xos_inventory *inv,
			 const struct xos_paths *paths, const struct xos_built *images,
			 struct xos_error *err)
{
	size_t i;
	int rc = 0;

	memset(s, 0, sizeof(*s));
	s->input.inv = inv;
	s->built = calloc(inv->n_images + 1, sizeof(*s->built));
	s->ids = calloc(inv->n_images + 1, sizeof(*s->ids));
	if (asprintf(&s->image_dir, "%s/images", paths->cache) < 0)
		s->image_dir = NULL;
	if (!s->built || !s->ids || !s->image_dir) {
		xos_head_source_free(s);
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	}
	for (i = 0; images && i < inv->n_images; i++)
		s->ids[i] = images[i].id;
	if (!images)
		rc = find_images(s, inv, paths, err);
	if (rc < 0) {
		xos_head_source_free(s);
		return rc;
	}
	s->authorized_keys = read_key(paths, "authorized_keys");
	if (!s->authorized_keys)
		s->authorized_keys = read_key(paths, "id_ed25519.pub");
	s->admin_token = read_key(paths, "admin-token");
	s->input.image_ids = s->ids;
	s->input.image_dir = s->image_dir;
	s->input.authorized_keys = s->authorized_keys;
	s->input.admin_token = s->admin_token;
	return 0;
}

void xos_head_source_free(struct xos_head_source *s)
{
	size_t i;

	for (i = 0; s->built && i < s->input.inv->n_images; i++)
		free(s->built[i].dir);
	free(s->built);
	free(s->ids);
	free(s->image_dir);
	free(s->authorized_keys);
	free(s->admin_token);
	memset(s, 0, sizeof(*s));
}
