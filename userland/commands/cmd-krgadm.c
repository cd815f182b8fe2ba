// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-krgadm.c: krgadm, the command of who administers the cluster.
 *
 * A table of commands, and the help that goes with it.
 */
#include "krgadm.h"

#include "kerrighed.h"
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: krgadm [-h|--help] [--version]\n"
	"       krgadm cluster [status|log] [--json]\n"
	"       krgadm cluster poweroff|reboot\n"
	"       krgadm nodes [status] [-n LIST | -a] [--json]\n"
	"       krgadm nodes add|del {-n LIST | -c N | -t N | -a}\n"
	"       krgadm nodes fail LIST\n"
	"\n"
	"  cluster status      is the cluster up, and on how many nodes\n"
	"  cluster log         the last changes of it, their cause and duration\n"
	"  cluster poweroff    power off all online nodes\n"
	"  cluster reboot      restart all online nodes\n"
	"  nodes status        one line a node, ID:present or ID:online\n"
	"  nodes add           make present nodes online\n"
	"  nodes del           make online nodes present again\n"
	"  nodes fail          declare nodes dead that are, or the cluster would\n"
	"                      wait for\n"
	"\n"
	"  -n, --nodes=LIST    these nodes, for example 2,3,6-10\n"
	"  -c, --count=N       that many nodes, lowest ids first\n"
	"  -t, --total=N       as many as it takes to have N online\n"
	"  -a, --all           all that can be\n"
	"      --json          for programs to read\n";

static int print_help(int status)
{
	fputs(help, status ? stderr : stdout);
	return status;
}

static int check_running(void)
{
	if (!krg_check_hotplug() && !krg_hotplug_init())
		return 0;
	fprintf(stderr, "Kerrighed is not running: %s\n", strerror(errno));
	return -1;
}

static int run_cluster(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int json);
	} commands[] = {
		{ "status", cluster_status },
		{ "log", cluster_log },
		{ "poweroff", cluster_poweroff },
		{ "reboot", cluster_reboot },
	};
	int json = argc > 1 && !strcmp(argv[argc - 1], "--json");
	const char *name = argc - json > 1 ? argv[1] : "status";
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name))
			continue;
		return check_running() ? EXIT_FAILURE :
					 commands[i].run(json);
	}
	return print_help(EXIT_SUCCESS);
}

/* Are these options of use to that command? */
static int fits(const char *name, enum mode mode)
{
	if (!strcmp(name, "status"))
		return mode != MODE_COUNT && mode != MODE_TOTAL;
	if (!strcmp(name, "fail"))
		return mode == MODE_NODES;
	return mode != MODE_NONE;
}

static int run_nodes(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct options *options);
	} commands[] = {
		{ "status", nodes_status },
		{ "add", nodes_add },
		{ "del", nodes_del },
		{ "fail", nodes_fail },
	};
	char *fail[] = { "fail", "-n", argc > 2 ? argv[2] : NULL, NULL };
	int named = argc > 1 && argv[1][0] != '-';
	const char *name = named ? argv[1] : "status";
	struct options options;
	enum parsed parsed;
	int status;
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			break;
	if (i == sizeof(commands) / sizeof(commands[0]))
		return print_help(EXIT_SUCCESS);
	if (check_running())
		return EXIT_FAILURE;
	/* fail LIST is fail -n LIST */
	if (!strcmp(name, "fail") && argc == 3 && argv[2][0] != '-')
		parsed = options_parse(&options, 3, fail);
	else
		parsed = options_parse(&options, argc - named, argv + named);
	if (parsed == PARSED_OK && !fits(name, options.mode))
		parsed = PARSED_USAGE;
	if (parsed == PARSED_OK)
		status = commands[i].run(&options);
	else if (parsed == PARSED_FAILED)
		status = EXIT_FAILURE;
	else
		status = print_help(parsed == PARSED_HELP ? EXIT_SUCCESS :
							    EXIT_FAILURE);
	options_free(&options);
	return status;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "cluster"))
		return run_cluster(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "nodes"))
		return run_nodes(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "--version")) {
		puts("krgadm " XOS_VERSION);
		return EXIT_SUCCESS;
	}
	return print_help(EXIT_SUCCESS);
}
