// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-head.c - head plan, install, status, remove: make this machine the head
 *
 * pxe/head.h does the work.  Images come from this machine's cache, keys from the
 * deployment's state directory; install makes the keys that are missing, and
 * remove takes them away again.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../libxos/cleanup.h"
#include "cmd.h"
#include "head-input.h"
#include "keys.h"
#include "paths.h"

static int make_keys(const struct cmd *c, struct xos_error *err)
{
	cleanup_free char *given = NULL;
	char address[INET_ADDRSTRLEN];

	if (asprintf(&given, "%s/keys/authorized_keys", c->paths.state) < 0)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	if (!access(given, R_OK))
		return 0;		/* another machine keeps the private ones */
	inet_ntop(AF_INET, &c->inv->head.address, address, sizeof(address));
	return xos_keys_create(c->paths.state, address, err);
}

/* Before a key or a directory is made: a machine that is refused stays as it is. */
static int check(const struct cmd *c, struct xos_error *err)
{
	struct xos_head_source source;
	int rc = xos_head_source_init(&source, c->inv, &c->paths, NULL, err);

	if (rc < 0)
		return rc;
	rc = xos_head_check(&source.input, err);
	xos_head_source_free(&source);
	return rc;
}

static int with_input(const struct cmd *c, bool install, struct xos_error *err)
{
	struct xos_head_source source;
	const char *root = c->root ? c->root : "";
	cleanup_close int lock = -1;
	int rc = 0;

	if (install) {
		rc = *root ? 0 : check(c, err);
		if (!rc)
			rc = xos_paths_make(&c->paths, err);
		lock = rc < 0 ? -1 : xos_paths_lock(&c->paths, err);
		if (lock < 0)
			return err->code;
		rc = make_keys(c, err);
	}
	if (!rc)
		rc = xos_head_source_init(&source, c->inv, &c->paths, NULL, err);
	if (rc < 0)
		return rc;
	rc = install ? xos_head_install(&source.input, root, stdout, err) :
	     xos_head_plan(&source.input, root, stdout, err);
	xos_head_source_free(&source);
	return rc;
}

/*
 * What install made beside the head's files: keys, lock, directories.  With a
 * journal somebody deployed from here: then nodes that run still take the keys.
 */
static int remove_keys(const struct cmd *c, struct xos_error *err)
{
	cleanup_free char *journal = NULL, *given = NULL, *lock_path = NULL;
	const char *const dirs[] = { c->paths.state, c->paths.run };
	cleanup_close int lock = -1;

	if (asprintf(&journal, "%s/journal.jsonl", c->paths.state) < 0 ||
	    asprintf(&given, "%s/keys/authorized_keys", c->paths.state) < 0 ||
	    asprintf(&lock_path, "%s/lock", c->paths.state) < 0)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	if (!access(journal, F_OK) || !access(given, F_OK) ||
	    access(lock_path, F_OK))
		return 0;
	lock = xos_paths_lock(&c->paths, err);
	if (lock < 0)
		return lock;
	xos_keys_remove(c->paths.state);
	unlink(lock_path);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		char parent[4096];

		snprintf(parent, sizeof(parent), "%s/keys", dirs[i]);
		rmdir(parent);
		rmdir(dirs[i]);
		snprintf(parent, sizeof(parent), "%s", dirs[i]);
		*strrchr(parent, '/') = '\0';
		rmdir(parent);
	}
	return 0;
}

static int remove_head(const struct cmd *c, const char *root, struct xos_error *err)
{
	int rc = xos_head_remove(c->inv, root, stdout, err);

	return rc || *root ? rc : remove_keys(c, err);
}

int cmd_head(struct cmd *c)
{
	const char *verb = c->argc == 1 ? c->argv[0] : "";
	const char *root = c->root ? c->root : "";
	struct xos_error err = { 0 };
	int rc;

	if (strcmp(verb, "plan") && strcmp(verb, "install") && strcmp(verb, "status") &&
	    strcmp(verb, "remove"))
		return cmd_usage(c, "one of plan, install, status, remove is needed");
	if (cmd_open(c, &err) < 0)
		return cmd_fail(&err);
	if (!strcmp(verb, "status"))
		rc = xos_head_status(c->inv, root, stdout, &err);
	else if (!strcmp(verb, "remove"))
		rc = remove_head(c, root, &err);
	else
		rc = with_input(c, !strcmp(verb, "install"), &err);
	if (rc < 0 && *err.text)
		return cmd_fail(&err);
	return rc < 0 ? XOS_EXIT_FAILED : 0;
}
