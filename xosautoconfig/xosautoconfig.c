// SPDX-License-Identifier: GPL-2.0-only
/*
 * xosautoconfig.c - the program: input files to a node of a grid
 *
 * Nothing is written before everything that can be checked was checked.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../libxos/cleanup.h"
#include "../libxos/spawn.h"
#include "grid-apply.h"
#include "grid-write.h"

#define EXIT_DRIFT 2
#define PROGRAM_TIMEOUT_MS 60000

enum { OPT_ROOT = 256, OPT_HOSTNAME, OPT_VERSION };
enum action { APPLY = 0, INIT = 'I', PLAN = 'p', CHECK = 'c', ROLLBACK = 'R', SHOW = 's' };

static const struct option long_options[] = {
	{ "dir", required_argument, NULL, 'd' },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "hostname", required_argument, NULL, OPT_HOSTNAME },
	{ "strict", no_argument, NULL, 'S' },
	{ "init", no_argument, NULL, INIT },
	{ "show", no_argument, NULL, SHOW },
	{ "plan", no_argument, NULL, PLAN },
	{ "check", no_argument, NULL, CHECK },
	{ "rollback", no_argument, NULL, ROLLBACK },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
	"usage: xosautoconfig [OPTION...]\n"
	"Makes this machine the node of a grid that " XOS_GRID_DIR " describes.\n\n"
	"Instead of that:\n"
	"      --init          write commented samples of the input files\n"
	"      --show          print every key with its value\n"
	"      --plan          print what would change, as a unified diff\n"
	"      --check         exit with 2 when something would change\n"
	"      --rollback      take back the last run that changed something\n\n"
	"Options:\n"
	"      --dir DIR       the input files, default " XOS_GRID_DIR "\n"
	"      --root DIR      write below DIR, into an image\n"
	"      --hostname NAME default of MYHOSTNAME\n"
	"      --strict        an unknown key is an error\n"
	"  -h, --help          this text\n"
	"      --version\n";

/** struct options - a parsed command line */
struct options {
	const char *dir, *root;
	char hostname[256];
	bool strict;
	enum action action;
};

static int fail(const struct xos_error *err)
{
	fflush(stdout);
	fprintf(stderr, "xosautoconfig: %s\n", err->text);
	return err->exit ? err->exit : XOS_EXIT_FAILED;
}

static int wrong_usage(const char *text)
{
	fprintf(stderr, "xosautoconfig: %s; see: xosautoconfig --help\n", text);
	return XOS_EXIT_USAGE;
}

/* Return: 0 go on; -1 done, exit with 0; else exit with it. */
static int parse_option(struct options *o, int opt)
{
	switch (opt) {
	case 'd':
		o->dir = optarg;
		return 0;
	case OPT_ROOT:
		o->root = optarg;
		return 0;
	case OPT_HOSTNAME:
		snprintf(o->hostname, sizeof(o->hostname), "%s", optarg);
		return 0;
	case 'S':
		o->strict = true;
		return 0;
	case INIT:
	case SHOW:
	case PLAN:
	case CHECK:
	case ROLLBACK:
		if (o->action && (int)o->action != opt)
			return wrong_usage("two things at once to do");
		o->action = opt;
		return 0;
	case 'h':
		fputs(usage, stdout);
		return -1;
	case OPT_VERSION:
		puts("xosautoconfig " XOS_VERSION);
		return -1;
	default:
		return wrong_usage("unknown option, or one without its value");
	}
}

static int parse(struct options *o, int argc, char **argv)
{
	int opt, rc;

	opterr = 0;
	gethostname(o->hostname, sizeof(o->hostname) - 1);
	while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		rc = parse_option(o, opt);
		if (rc)
			return rc;
	}
	return optind < argc ? wrong_usage("takes options only") : 0;
}

static int tell_problems(const struct options *o, const struct xos_grid *grid)
{
	for (size_t i = 0; i < grid->warnings.n; i++)
		fprintf(stderr, "xosautoconfig: %s/%s (ignored)\n", o->dir,
			grid->warnings.s[i]);
	for (size_t i = 0; i < grid->problems.n; i++)
		fprintf(stderr, "xosautoconfig: %s/%s\n", o->dir, grid->problems.s[i]);
	return grid->problems.n ? XOS_EXIT_USAGE : 0;
}

/* NOPROMPT=false: ask for what the files leave out; the answers become part of them. */
static int ask(const struct options *o, struct xos_error *err)
{
	struct xos_grid *grid = xos_grid_create();
	const char *noprompt;
	int rc;

	if (!grid)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	rc = xos_grid_read(grid, o->dir, err);
	noprompt = grid->value[XOS_GRID_NOPROMPT];
	if (!rc && !grid->problems.n && noprompt && !strcmp(noprompt, "false"))
		rc = xos_grid_ask(grid, o->dir, stdin, stdout, err);
	xos_grid_destroy(grid);
	return rc;
}

static void show(const struct xos_grid *grid)
{
	for (enum xos_grid_key key = 0; key < XOS_GRID_KEYS; key++)
		printf("%s=%s%s\n", xos_grid_key_info(key)->name, grid->value[key],
		       grid->line[key] ? "" : "\t# default");
}

/* One program to its end; what it says is part of the reason. */
static int run_program(const char *const *argv, struct xos_error *err)
{
	char out[512] = "";
	const struct xos_spawn spawn = { .argv = argv, .out = out, .out_size = sizeof(out),
					 .timeout_ms = PROGRAM_TIMEOUT_MS };

	return xos_spawn_check(&spawn, err);
}

/*
 * The files are of use when what reads them has done so: the name, and the units
 * that were enabled.  Where no systemd runs (a container), the next boot does it.
 */
static int activate(const struct xos_grid_files *files, struct xos_error *err)
{
	const char *const reload[] = { "systemctl", "daemon-reload", NULL };
	const char *name = files->grid->value[XOS_GRID_MYHOSTNAME];
	int rc;

	if (access("/run/systemd/system", F_OK))
		return 0;
	if (sethostname(name, strlen(name)))
		return xos_error_set(err, -errno, XOS_EXIT_FAILED, "cannot take the name %s: %s",
				     name, strerror(errno));
	rc = run_program(reload, err);
	for (size_t i = 0; i < files->n && !rc; i++) {
		const char *unit = strrchr(files->file[i].path, '/') + 1;
		const char *const start[] = { "systemctl", "reload-or-restart", unit, NULL };

		if (S_ISLNK(files->file[i].mode))
			rc = run_program(start, err);
		if (rc)
			xos_error_prefix(err, "the files are written, but %s: ", unit);
	}
	return rc;
}

static int run_files(const struct options *o, struct xos_grid_files *files,
		     struct xos_error *err)
{
	cleanup_close int lock = -1;
	int rc = xos_grid_secrets(files, o->root, o->dir, err);

	if (!rc)
		rc = xos_grid_files(files, err);
	if (rc)
		return fail(err);
	if (o->action == PLAN || o->action == CHECK) {
		rc = xos_grid_diff(files, o->root, o->action == PLAN ? stdout : NULL, err);
		if (rc > 0 && o->action == CHECK) {
			printf("%d files differ\n", rc);
			return EXIT_DRIFT;
		}
		return rc < 0 ? fail(err) : 0;
	}
	lock = xos_grid_lock(o->root, err);
	if (lock < 0)
		return fail(err);
	rc = xos_grid_apply(files, o->root, stdout, err);
	if (rc > 0 && !*o->root)
		rc = activate(files, err);
	return rc < 0 ? fail(err) : 0;
}

static int run(const struct options *o, struct xos_error *err)
{
	struct xos_grid_files files = { 0 };
	struct xos_grid *grid;
	int rc;

	if (o->action == APPLY && ask(o, err))
		return fail(err);
	grid = xos_grid_load(o->dir, o->hostname, o->strict, err);
	if (!grid)
		return fail(err);
	rc = tell_problems(o, grid);
	files.grid = grid;
	if (!rc && o->action == SHOW)
		show(grid);
	else if (!rc)
		rc = run_files(o, &files, err);
	xos_grid_files_free(&files);
	xos_grid_destroy(grid);
	return rc;
}

static int rollback(const struct options *o, struct xos_error *err)
{
	cleanup_close int lock = xos_grid_lock(o->root, err);

	return lock < 0 || xos_grid_rollback(o->root, stdout, err) < 0 ? fail(err) : 0;
}

int main(int argc, char **argv)
{
	struct options o = { .dir = XOS_GRID_DIR, .root = "" };
	struct xos_error err = { 0 };
	int rc = parse(&o, argc, argv);

	if (rc)
		return rc < 0 ? 0 : rc;
	if (o.action == INIT)
		rc = xos_grid_init(o.dir, stdout, &err) ? fail(&err) : 0;
	else if (o.action == ROLLBACK)
		rc = rollback(&o, &err);
	else
		rc = run(&o, &err);
	if (fflush(stdout) && !rc) {
		perror("xosautoconfig: standard output");
		rc = XOS_EXIT_FAILED;
	}
	return rc;
}
