/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h: which nodes a krgadm command is about.
 */
#ifndef KRGADM_OPTIONS_H
#define KRGADM_OPTIONS_H

struct krg_node_set;

/* How nodes are chosen; the option's letter. */
enum mode {
	MODE_NONE = 0,
	MODE_ALL = 'a',
	MODE_COUNT = 'c',
	MODE_NODES = 'n',
	MODE_TOTAL = 't',
};

/* What follows the subcommand. */
struct options {
	enum mode mode;
	int number;			/* of -c and -t */
	struct krg_node_set *nodes;	/* of -n */
	int json;			/* --json */
};

/* What became of parsing. */
enum parsed {
	PARSED_OK,
	PARSED_HELP,	/* help was asked for */
	PARSED_USAGE,	/* show help: the command line makes no sense */
	PARSED_FAILED,	/* the reason has been printed */
};

enum parsed options_parse(struct options *options, int argc, char **argv);
void options_free(struct options *options);

#endif /* KRGADM_OPTIONS_H */
