// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-krgcr-run.c: krgcr-run, starts a program that can be checkpointed, as the
 * leader of a session of its own.
 */
#include "krg-application.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct options {
	int background, quiet, sync, plain;
	const char *id_file;
	char **program;
};

static pid_t child;

static int usage(int status)
{
	fputs("usage: krgcr-run [-h] [-v] [-b] [-o FILE] [-q] [--] PROGRAM [ARGUMENT...]\n"
	      "\n"
	      "  -b        do not wait for the program to end\n"
	      "  -o FILE   write the number of the application there\n"
	      "  -q        do not print it\n",
	      status ? stderr : stdout);
	return status;
}

/* Returns -1 to go on, or the exit status. */
static int parse(struct options *options, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+hvbo:qsn")) != -1) {
		switch (c) {
		case 'h':
			return usage(EXIT_SUCCESS);
		case 'v':
			puts("krgcr-run " XOS_VERSION);
			return EXIT_SUCCESS;
		case 'b':
			options->background = 1;
			break;
		case 'o':
			options->id_file = optarg;
			break;
		case 'q':
			options->quiet = 1;
			break;
		case 's':
			options->sync = 1;
			break;
		case 'n':
			options->plain = 1;
			break;
		default:
			return usage(EXIT_FAILURE);
		}
	}
	options->program = argv + optind;
	if (optind < argc && (options->background || !options->sync))
		return -1;
	return usage(EXIT_FAILURE);
}

static int make_checkpointable(void)
{
	krg_cap_t caps;

	if (krg_capget(&caps))
		return -1;
	caps.krg_cap_inheritable_effective |= 1 << CAP_CHECKPOINTABLE;
	return krg_capset(&caps);
}

static int write_id(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int bad;

	if (fd < 0)
		return -1;
	bad = dprintf(fd, "%d", getsid(0)) < 0;
	return close(fd) || bad ? -1 : 0;
}

static void complain(const char *what)
{
	fprintf(stderr, "krgcr-run: %s: %s\n", what, strerror(errno));
}

static void __attribute__((noreturn))
run_child(const struct options *options, int status_fd, const int *sync)
{
	int err;

	if (sync)
		close(sync[0]);
	if (setsid() < 0 || (options->id_file && write_id(options->id_file)))
		complain(options->id_file ? options->id_file : "setsid");
	else if (execvp(options->program[0], options->program))
		complain(options->program[0]);
	err = errno;
	if (write(status_fd, &err, sizeof(err)) < 0)
		_exit(EXIT_FAILURE);
	_exit(EXIT_FAILURE);
}

static void relay(int sig)
{
	kill(child, sig);
}

static int wait_for_end(void)
{
	struct sigaction action = { .sa_handler = relay };
	int status;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_FAILURE;
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The first descriptors, for programs of tests close number 4 by name. */
static int make_sync(int *sync)
{
	if (pipe(sync))
		return -1;
	if (sync[0] == 3 && sync[1] == 4)
		return 0;
	errno = EBADF;
	return -1;
}

static int run(const struct options *options, int *sync)
{
	int status[2], err;
	ssize_t n;
	char byte;

	if (pipe2(status, O_CLOEXEC))
		return EXIT_FAILURE;
	child = fork();
	if (child < 0) {
		complain("fork");
		return EXIT_FAILURE;
	}
	if (!child)
		run_child(options, status[1], sync);
	close(status[1]);
	/* It ends without a word when the program runs. */
	n = read(status[0], &err, sizeof(err));
	close(status[0]);
	if (n) {
		waitpid(child, NULL, 0);
		return EXIT_FAILURE;
	}
	if (!options->quiet)
		printf("Running application %d\n", child);
	fflush(stdout);
	if (sync) {
		close(sync[1]);
		while (read(sync[0], &byte, 1) < 0 && errno == EINTR)
			;
	}
	return options->background ? EXIT_SUCCESS : wait_for_end();
}

int main(int argc, char **argv)
{
	struct options options = { };
	int status = parse(&options, argc, argv);
	int sync[2];

	if (status >= 0)
		return status;
	if (options.sync && make_sync(sync)) {
		complain("descriptors 3 and 4");
		return EXIT_FAILURE;
	}
	if (!options.plain && make_checkpointable()) {
		complain("capability CHECKPOINTABLE");
		return EXIT_FAILURE;
	}
	return run(&options, options.sync ? sync : NULL);
}
