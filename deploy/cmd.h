/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd.h - what the commands share: options, and the ways in and out */
#ifndef _XOS_DEPLOY_CMD_H
#define _XOS_DEPLOY_CMD_H

#include "engine.h"

struct cmd;

/**
 * struct cmd_entry - a row of the table of commands
 * @name: the word on the command line
 * @args: its arguments, for the usage text
 * @summary: one line
 * @run: returns the exit code
 */
struct cmd_entry {
	const char *name;
	const char *args;
	const char *summary;
	int (*run)(struct cmd *c);
};

/**
 * struct cmd - a parsed command line, then the deployment it is about
 * @argv: words after the command, @argc of them
 * @min_nodes: of --min-nodes; @min_percent: it was a share
 * @inv, @paths: after cmd_open()
 */
struct cmd {
	const struct cmd_entry *entry;
	int argc;
	char **argv;
	const char *inventory;
	const char *nodefile;
	const char *ok_file;
	const char *ko_file;
	const char *exclude;
	const char *svg;
	const char *root;
	unsigned long min_nodes;
	bool min_percent;
	unsigned int window;
	bool json;
	bool watch;
	bool verbose;
	bool kexec;
	bool force;
	struct xos_inventory *inv;
	struct xos_paths paths;
};

/** cmd_fail() - say why, and return the exit code for it */
int cmd_fail(const struct xos_error *err);
/** cmd_usage() - a wrong command line */
int cmd_usage(const struct cmd *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** cmd_open() - find and load the inventory; 0 or negative errno */
int cmd_open(struct cmd *c, struct xos_error *err);
void cmd_close(struct cmd *c);

/**
 * cmd_pick() - the nodes that the arguments name
 * @words: names and ranges
 * Return: an array of n_nodes flags, to be freed; NULL with @err.
 */
bool *cmd_pick(const struct cmd *c, char **words, int n, struct xos_error *err);

/** cmd_node() - the one node that an argument names; NULL with @err */
const struct xos_node *cmd_node(const struct cmd *c, const char *word,
				struct xos_error *err);

/** cmd_catch_signals() - SIGINT and SIGTERM set a flag instead of killing us */
const volatile sig_atomic_t *cmd_catch_signals(void);

int cmd_check(struct cmd *c);
int cmd_console(struct cmd *c);
int cmd_down(struct cmd *c);
int cmd_head(struct cmd *c);
int cmd_image(struct cmd *c);
int cmd_key(struct cmd *c);
int cmd_plan(struct cmd *c);
int cmd_power(struct cmd *c);
int cmd_reboot(struct cmd *c);
int cmd_report(struct cmd *c);
int cmd_resume(struct cmd *c);
int cmd_run(struct cmd *c);
int cmd_ssh(struct cmd *c);
int cmd_status(struct cmd *c);
int cmd_why(struct cmd *c);

#endif /* _XOS_DEPLOY_CMD_H */
