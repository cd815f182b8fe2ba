// SPDX-License-Identifier: GPL-2.0-only
/* xos-rcad.c - the program: the trust service, until it is told to end */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "grid-files.h"
#include "rca-serve.h"

#define LOOK_S 30		/* for a renewed certificate */

enum { OPT_VERSION = 256 };

static const struct option long_options[] = {
	{ "conf", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
	"usage: xos-rcad [--conf FILE]\n"
	"The trust service of a grid, on its core node; as a user of its own.\n\n"
	"      --conf FILE     default " XOS_GRID_CONF "\n"
	"  -h, --help          this text\n"
	"      --version\n";

static int fail(const struct xos_error *err)
{
	fprintf(stderr, "xos-rcad: %s\n", err->text);
	return err->exit ? err->exit : XOS_EXIT_FAILED;
}

/* Until a signal to end comes; a renewed certificate is taken up on the way. */
static int serve(const struct xos_grid *conf, struct xos_error *err)
{
	const struct timespec look = { .tv_sec = LOOK_S };
	struct rca_server *server;
	sigset_t ends;
	int got = -1;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signal(SIGPIPE, SIG_IGN);
	server = rca_serve_start(conf, err);
	while (server && got < 0) {
		got = sigtimedwait(&ends, NULL, &look);
		if (got < 0 && rca_serve_is_stale(server)) {
			rca_serve_stop(server);
			server = rca_serve_start(conf, err);
		}
	}
	rca_serve_stop(server);
	return server ? 0 : fail(err);
}

int main(int argc, char **argv)
{
	const char *path = XOS_GRID_CONF;
	struct xos_error err = { 0 };
	struct xos_grid *conf;
	int opt, rc;

	while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			path = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case OPT_VERSION:
			puts("xos-rcad " XOS_VERSION);
			return 0;
		default:
			return XOS_EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fputs("xos-rcad: takes options only; see: xos-rcad --help\n", stderr);
		return XOS_EXIT_USAGE;
	}
	conf = rca_conf_read(path, &err);
	if (!conf)
		return fail(&err);
	rc = serve(conf, &err);
	xos_grid_destroy(conf);
	return rc;
}
