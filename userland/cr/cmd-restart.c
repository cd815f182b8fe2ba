// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-restart.c: restart, makes an application from a checkpoint.
 */
#include "kerrighed.h"
#include "krg-application.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUBST_MAX	256

struct options {
	int quiet, foreground, tty, frozen;
	struct krg_restore how;
	struct krg_subst subst[SUBST_MAX];
	long id;
	int version;
};

static pid_t root;

static int usage(int status)
{
	fputs("usage: restart [OPTION...] APPID VERSION\n"
	      "\n"
	      "  -f, --foreground            wait for it to end; implies -t\n"
	      "  -p, --pids                  groups and sessions whose leader was not\n"
	      "                              saved become those of restart\n"
	      "  -s, --substitute-file=ID,FD descriptor FD in place of file ID\n"
	      "  -t, --tty                   descriptors 0, 1 and 2 are those of restart\n"
	      "  -U, --no-unfreeze           leave it frozen\n"
	      "  -q, --quiet                 print errors only\n"
	      "  -h, --help\n"
	      "  -v, --version\n",
	      status ? stderr : stdout);
	return status;
}

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "debug", no_argument, NULL, 'd' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "tty", no_argument, NULL, 't' },
	{ "replace-tty", no_argument, NULL, 't' },
	{ "pids", no_argument, NULL, 'p' },
	{ "substitute-file", required_argument, NULL, 's' },
	{ "no-unfreeze", no_argument, NULL, 'U' },
	{ }
};

static int add_subst(struct options *options, const char *hex, int fd)
{
	struct krg_subst *subst = &options->subst[options->how.nr_subst];
	char *end;

	if (options->how.nr_subst == SUBST_MAX) {
		errno = E2BIG;
		return -1;
	}
	/* FFFF and 16 digits */
	if (strspn(hex, "0123456789ABCDEF") != 20 || strncmp(hex, "FFFF", 4)) {
		errno = EINVAL;
		return -1;
	}
	if (fcntl(fd, F_GETFD) < 0)
		return -1;
	subst->file_id = strtoull(hex + 4, &end, 16);
	subst->fd = fd;
	options->how.nr_subst++;
	return 0;
}

static int parse_subst(struct options *options, const char *text)
{
	int fd, n = 0;

	if (strlen(text) > 21 && text[20] == ',' &&
	    sscanf(text + 21, "%d%n", &fd, &n) == 1 && !text[21 + n] &&
	    !add_subst(options, text, fd))
		return 0;
	fprintf(stderr, "restart: %s: %s\n", text,
		strerror(errno ? errno : EINVAL));
	return -1;
}

static int parse_number(const char *text, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	if (!errno && end != text && !*end && *number >= 1 &&
	    *number <= 1 << 22)
		return 0;
	fprintf(stderr, "restart: %s: Invalid argument\n", text);
	return -1;
}

/* Returns -1 to go on, or the exit status. */
static int take_option(struct options *options, int c)
{
	switch (c) {
	case 'q':
		options->quiet = 1;
		return -1;
	case 'd':
		return -1;
	case 'f':
		options->foreground = 1;
		options->tty = 1;
		return -1;
	case 't':
		options->tty = 1;
		return -1;
	case 'p':
		options->how.replace_groups = 1;
		return -1;
	case 's':
		return parse_subst(options, optarg) ? EXIT_FAILURE : -1;
	case 'U':
		options->frozen = 1;
		return -1;
	case 'h':
		return usage(EXIT_SUCCESS);
	case 'v':
		puts("restart " XOS_VERSION);
		return EXIT_SUCCESS;
	default:
		return usage(EXIT_FAILURE);
	}
}

static int parse(struct options *options, int argc, char **argv)
{
	long version;
	int c, status;

	while ((c = getopt_long(argc, argv, "hvqdftps:U", long_options,
				NULL)) != -1) {
		status = take_option(options, c);
		if (status >= 0)
			return status;
	}
	if (argc - optind != 2)
		return usage(EXIT_FAILURE);
	if (parse_number(argv[optind], &options->id) ||
	    parse_number(argv[optind + 1], &version))
		return EXIT_FAILURE;
	options->version = version;
	options->how.subst = options->subst;
	return -1;
}

static FILE *open_info(const struct options *options, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), CHKPT_DIR "/%ld/v%d/%s", options->id,
		 options->version, name);
	return fopen(path, "re");
}

/* Does a line's list of users, PID:FD,PID:FD..., have this one? */
static int has_user(const char *users, long pid, int fd)
{
	char wanted[32];
	size_t len;

	len = snprintf(wanted, sizeof(wanted), "%ld:%d", pid, fd);
	for (; users; users = strchr(users, ',')) {
		users += *users == ',';
		if (!strncmp(users, wanted, len) &&
		    (!users[len] || users[len] == ',' || users[len] == '\n'))
			return 1;
	}
	return 0;
}

static int subst_tty(struct options *options, int fd)
{
	FILE *file = open_info(options, "user_info_0.txt");
	char *line = NULL, *id, *users;
	size_t room = 0;
	int ret = -1;

	errno = ENOENT;
	while (file && ret && getline(&line, &room, file) > 0) {
		id = strchr(line, '|');
		users = strrchr(line, '|');
		if (id && users > id && has_user(users + 1, options->id, fd)) {
			id[21] = '\0';
			ret = add_subst(options, id + 1, fd);
		}
	}
	free(line);
	if (file)
		fclose(file);
	return ret;
}

static int substitute_ttys(struct options *options)
{
	int fd;

	for (fd = 0; options->tty && fd < 3; fd++)
		if (subst_tty(options, fd)) {
			fprintf(stderr, "restart: unable to substitute stdin, stdout, stderr: %s\n",
				strerror(errno));
			return -1;
		}
	return 0;
}

static int complain(const struct options *options, const struct krg_app *app)
{
	const char *separator = app->text[0] ? ": " : "";
	const char *what;

	switch (errno) {
	case E_CR_APPBUSY:
		fprintf(stderr, "restart: an application using appid %ld is already running\n",
			options->id);
		return EXIT_FAILURE;
	case E_CR_PIDBUSY:
		what = "one PID (including session id or group id) of the application is already in use";
		break;
	case E_CR_BADDATA:
		what = "invalid checkpoint files (corrupted or wrong kernel version)";
		break;
	default:
		what = strerror(errno);
	}
	fprintf(stderr, "restart: %s%s%s\n", what, separator, app->text);
	return EXIT_FAILURE;
}

static void relay(int sig)
{
	kill(root, sig);
}

static int wait_for_end(void)
{
	struct sigaction action = { .sa_handler = relay };
	int status;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (waitpid(root, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_FAILURE;
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int release(const struct options *options, struct krg_app *app)
{
	if (krg_app_keep(app) || (!options->frozen && krg_app_thaw(app, 0)))
		return complain(options, app);
	if (!options->quiet && options->frozen)
		printf("Application %ld has been restored in *FROZEN* state; checkpoint -u lets it go on\n",
		       options->id);
	else if (!options->quiet)
		printf("Application %ld has been successfully restarted\n",
		       options->id);
	fflush(stdout);
	return options->foreground ? wait_for_end() : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options options = { };
	int status = parse(&options, argc, argv);
	struct krg_app app;

	if (status >= 0)
		return status;
	if (krg_check_hotplug()) {
		fprintf(stderr, "Kerrighed is not started: %s\n",
			strerror(errno));
		return EXIT_FAILURE;
	}
	if (substitute_ttys(&options))
		return EXIT_FAILURE;
	if (!options.quiet)
		printf("Restarting application %ld (v%d) ...\n", options.id,
		       options.version);
	fflush(stdout);
	root = krg_app_restore(&app, options.id, options.version, &options.how);
	if (root < 0)
		return complain(&options, &app);
	return release(&options, &app);
}
