// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-checkpoint.c: checkpoint, saves an application, or only freezes it or
 * lets it go on.
 */
#include "kerrighed.h"
#include "krg-application.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FREEZE_MS	10000

enum action { ACTION_ALL, ACTION_FREEZE, ACTION_UNFREEZE, ACTION_SAVE };

struct options {
	int quiet, from_appid, sig;
	enum action action;
	const char *description;
	long id;
};

static int usage(int status)
{
	fputs("usage: checkpoint [OPTION...] PID\n"
	      "\n"
	      "  -a, --from-appid          PID is the number of an application\n"
	      "  -c, --ckpt-only           save one that is frozen\n"
	      "  -d, --description=TEXT    stored with it\n"
	      "  -f, --freeze              only freeze\n"
	      "  -k[SIG], --kill[=SIG]     save, then send SIG (15)\n"
	      "  -u[SIG], --unfreeze[=SIG] only let go on, after SIG if given\n"
	      "  -b, --no-callbacks        accepted; callbacks are not run\n"
	      "  -q, --quiet               print errors only\n"
	      "  -h, --help\n"
	      "      --version\n",
	      status ? stderr : stdout);
	return status;
}

static int parse_number(const char *text, long max, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	if (!errno && end != text && !*end && *number >= 0 && *number <= max)
		return 0;
	fprintf(stderr, "checkpoint: %s: Invalid argument\n", text);
	return -1;
}

static int parse_signal(struct options *options, const char *text, int otherwise)
{
	long sig = otherwise;

	if (text && parse_number(text, 31, &sig))
		return -1;
	options->sig = sig;
	return 0;
}

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "from-appid", no_argument, NULL, 'a' },
	{ "no-callbacks", no_argument, NULL, 'b' },
	{ "description", required_argument, NULL, 'd' },
	{ "freeze", no_argument, NULL, 'f' },
	{ "unfreeze", optional_argument, NULL, 'u' },
	{ "ckpt-only", no_argument, NULL, 'c' },
	{ "kill", optional_argument, NULL, 'k' },
	{ }
};

/* Returns -1 to go on, or the exit status. */
static int take_option(struct options *options, int c)
{
	switch (c) {
	case 'q':
		options->quiet = 1;
		return -1;
	case 'a':
		options->from_appid = 1;
		return -1;
	case 'b':
		return -1;
	case 'd':
		options->description = optarg;
		return -1;
	case 'f':
		options->action = ACTION_FREEZE;
		return -1;
	case 'c':
		options->action = ACTION_SAVE;
		return -1;
	case 'u':
		options->action = ACTION_UNFREEZE;
		return parse_signal(options, optarg, 0) ? EXIT_FAILURE : -1;
	case 'k':
		options->action = ACTION_ALL;
		return parse_signal(options, optarg, 15) ? EXIT_FAILURE : -1;
	case 'h':
		return usage(EXIT_SUCCESS);
	case 'V':
		puts("checkpoint " XOS_VERSION);
		return EXIT_SUCCESS;
	default:
		return usage(EXIT_FAILURE);
	}
}

static int parse(struct options *options, int argc, char **argv)
{
	int c, status;

	while ((c = getopt_long(argc, argv, "hqabd:fu::ck::", long_options,
				NULL)) != -1) {
		status = take_option(options, c);
		if (status >= 0)
			return status;
	}
	if (argc - optind != 1)
		return usage(EXIT_FAILURE);
	if (parse_number(argv[optind], 1 << 22, &options->id) || options->id < 2)
		return EXIT_FAILURE;
	return -1;
}

static int complain(const struct krg_app *app)
{
	const char *separator = app->text[0] ? ": " : "";

	if (errno == E_CR_TASKDEAD)
		fprintf(stderr, "checkpoint: can not checkpoint an application with dead/zombie process%s%s\n",
			separator, app->text);
	else
		fprintf(stderr, "checkpoint: %s%s%s\n", app->text, separator,
			errno == E_CR_BADDATA ? "bad data" : strerror(errno));
	return EXIT_FAILURE;
}

static void say(const struct options *options, const char *what)
{
	if (options->quiet)
		return;
	printf("%s application %ld...\n", what, options->id);
	fflush(stdout);
}

static void print_result(const struct options *options,
			 const struct krg_app *app)
{
	time_t now = time(NULL);

	if (!options->quiet)
		printf("Identifier: %ld\nVersion: %d\nDescription: %s\nDate: %s\n",
		       app->id, app->version, options->description,
		       ctime(&now));
}

static int freeze(const struct options *options, struct krg_app *app)
{
	if (!options->quiet && !options->from_appid)
		printf("Freezing application in which process %ld is involved...\n",
		       options->id);
	else
		say(options, "Freezing");
	fflush(stdout);
	return krg_app_freeze(app, FREEZE_MS);
}

static int save(const struct options *options, struct krg_app *app)
{
	say(options, "Checkpointing");
	return krg_app_save(app, options->description);
}

/* After a signal that ends it, the application is gone when we say so. */
static void wait_for_end(const struct options *options)
{
	struct krg_app app;
	int tries;

	for (tries = 0; options->sig && tries < 100; tries++) {
		if (krg_app_open(&app, options->id,
				 options->from_appid ? 0 : APP_FROM_PID))
			return;
		krg_app_close(&app);
		usleep(20000);
	}
}

static int act(const struct options *options, struct krg_app *app)
{
	int saved = 0, ret;

	switch (options->action) {
	case ACTION_FREEZE:
		return freeze(options, app) || krg_app_keep(app) ?
		       complain(app) : EXIT_SUCCESS;
	case ACTION_SAVE:
		if (save(options, app))
			return complain(app);
		print_result(options, app);
		return EXIT_SUCCESS;
	case ACTION_UNFREEZE:
		say(options, "Unfreezing");
		if (krg_app_thaw(app, options->sig))
			return complain(app);
		return EXIT_SUCCESS;
	default:
		break;
	}
	if (freeze(options, app))
		return complain(app);
	ret = save(options, app);
	if (ret)
		complain(app);
	saved = !ret;
	if (saved)
		say(options, "Unfreezing");
	if (krg_app_thaw(app, saved ? options->sig : 0))
		return complain(app);
	if (saved)
		print_result(options, app);
	return saved ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct options options = { .description = "No description" };
	int status = parse(&options, argc, argv);
	struct krg_app app;

	if (status >= 0)
		return status;
	if (krg_check_hotplug()) {
		fprintf(stderr, "Kerrighed is not started: %s\n",
			strerror(errno));
		return EXIT_FAILURE;
	}
	if (access(CHKPT_DIR, X_OK)) {
		fprintf(stderr, "checkpoint: " CHKPT_DIR ": %s\n",
			strerror(errno));
		return EXIT_FAILURE;
	}
	if (krg_app_open(&app, options.id,
			 options.from_appid ? 0 : APP_FROM_PID))
		return complain(&app);
	status = act(&options, &app);
	krg_app_close(&app);
	if (status == EXIT_SUCCESS)
		wait_for_end(&options);
	return status;
}
