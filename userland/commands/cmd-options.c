// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-options.c: reads -n, -c, -t, -a and --json of krgadm, and lists of nodes.
 */
#include "options.h"

#include "kerrighed.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A decimal number in all of [@text, @end), below @limit. */
static int parse_number(const char *text, const char *end, int limit,
			int *number)
{
	char *stop;
	long value;

	errno = EINVAL;
	if (text == end || !isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	value = strtol(text, &stop, 10);
	if (stop != end) {
		errno = EINVAL;
		return -1;
	}
	if (errno || value >= limit) {
		errno = ERANGE;
		return -1;
	}
	*number = value;
	return 0;
}

/* id or first-last in [@text, @end) */
static int parse_item(struct krg_node_set *set, const char *text,
		      const char *end)
{
	const char *dash = memchr(text, '-', end - text);
	int first, last;

	if (parse_number(text, dash ? dash : end, kerrighed_max_nodes,
			 &first)) {
		perror(dash ? "first node range" : "node");
		return -1;
	}
	last = first;
	if (dash && parse_number(dash + 1, end, kerrighed_max_nodes, &last)) {
		perror("end node range");
		return -1;
	}
	if (last < first) {
		errno = EINVAL;
		perror("end node range");
		return -1;
	}
	for (; first <= last; first++)
		krg_node_set_add(set, first);
	return 0;
}

static struct krg_node_set *parse_list(const char *text)
{
	struct krg_node_set *set = krg_node_set_create();
	const char *end;

	if (!set) {
		perror("node");
		return NULL;
	}
	for (;; text = end + 1) {
		end = text + strcspn(text, ",");
		if (parse_item(set, text, end)) {
			krg_node_set_destroy(set);
			return NULL;
		}
		if (!*end)
			return set;
	}
}

static enum parsed parse_argument(struct options *options, const char *arg)
{
	switch (options->mode) {
	case MODE_NODES:
		options->nodes = parse_list(arg);
		return options->nodes ? PARSED_OK : PARSED_FAILED;
	case MODE_COUNT:
	case MODE_TOTAL:
		if (parse_number(arg, arg + strlen(arg),
				 kerrighed_max_nodes + 1, &options->number)) {
			perror("nodes number");
			return PARSED_FAILED;
		}
		return PARSED_OK;
	default:
		return PARSED_OK;
	}
}

/* Read the options of argv[0], a subcommand. */
enum parsed options_parse(struct options *options, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "count", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "nodes", required_argument, NULL, 'n' },
		{ "total", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	enum parsed parsed;
	int c;

	memset(options, 0, sizeof(*options));
	optind = 1;
	while ((c = getopt_long(argc, argv, "ac:hn:t:", longs, NULL)) != -1) {
		if (c == 'h')
			return PARSED_HELP;
		if (c == '?')
			return PARSED_USAGE;
		if (c == 'j') {
			options->json = 1;
			continue;
		}
		if (options->mode != MODE_NONE) {
			puts("Only one of --all, --count, --total or --nodes option is\n"
			     "supported. Aborting.");
			return PARSED_FAILED;
		}
		options->mode = c;
		parsed = parse_argument(options, optarg);
		if (parsed != PARSED_OK)
			return parsed;
	}
	return optind == argc ? PARSED_OK : PARSED_USAGE;
}

void options_free(struct options *options)
{
	krg_node_set_destroy(options->nodes);
}
