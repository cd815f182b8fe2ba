// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * xos-bootd.c - the boot server as a program
 *
 * Reads its settings, starts the server, waits for signals: SIGHUP reads the
 * settings again, SIGTERM and SIGINT end it.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "bootd.h"

static const char usage[] =
	"usage: xos-bootd --config FILE [--token-file FILE]\n"
	"Boot server of LinuxSSI: hands each node its boot script and images,\n"
	"limits how many load at once, takes their reports.\n"
	"\n"
	"  -c, --config FILE       settings, see xos-bootd(8)\n"
	"  -t, --token-file FILE   the admin's token, in place of the settings' own\n"
	"  -h, --help              print this\n"
	"  -V, --version           print the version\n";

static void log_line(const char *line)
{
	fprintf(stderr, "xos-bootd: %s\n", line);
}

/* SIGHUP: settings that are wrong change nothing. */
static void reload(struct xos_bootd *bootd, const char *file,
		   const char *token_file)
{
	struct xos_error err = { 0 };
	struct xos_bootd_conf *conf = xos_bootd_conf_load(file, token_file, &err);

	if (!conf || xos_bootd_reload(bootd, conf, &err))
		fprintf(stderr, "xos-bootd: not reloaded: %s\n", err.text);
	else
		log_line("settings reloaded");
}

static int serve(const char *file, const char *token_file,
		 const sigset_t *signals)
{
	struct xos_error err = { 0 };
	struct xos_bootd_conf *conf = xos_bootd_conf_load(file, token_file, &err);
	struct xos_bootd *bootd = NULL;
	int sig = 0;

	if (conf)
		bootd = xos_bootd_start(conf, log_line, &err);
	if (!bootd) {
		fprintf(stderr, "xos-bootd: %s\n", err.text);
		return err.exit;
	}
	fprintf(stderr, "xos-bootd: version " XOS_VERSION " listens on port %u\n",
		xos_bootd_port(bootd));
	while (sig != SIGTERM && sig != SIGINT) {
		sigwait(signals, &sig);
		if (sig == SIGHUP)
			reload(bootd, file, token_file);
	}
	xos_bootd_stop(bootd);
	return XOS_EXIT_OK;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "token-file", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	const char *file = NULL, *token_file = NULL;
	sigset_t signals;
	int c;

	while ((c = getopt_long(argc, argv, "c:t:hV", options, NULL)) >= 0) {
		switch (c) {
		case 'c':
			file = optarg;
			break;
		case 't':
			token_file = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return XOS_EXIT_OK;
		case 'V':
			puts("xos-bootd " XOS_VERSION);
			return XOS_EXIT_OK;
		default:
			fputs(usage, stderr);
			return XOS_EXIT_USAGE;
		}
	}
	if (!file || optind != argc) {
		fputs(usage, stderr);
		return XOS_EXIT_USAGE;
	}
	/* before any thread exists, so that all of them leave signals to us */
	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	return serve(file, token_file, &signals);
}
