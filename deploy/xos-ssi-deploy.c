// SPDX-License-Identifier: GPL-2.0-only
/*
 * xos-ssi-deploy.c - the program: the table of commands, the options, the usage text
 *
 * What a command does is in its cmd-NAME.c; what they share is in cmd.c.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static const struct cmd_entry commands[] = {
	{ "check", "", "read the inventory and say every problem in it", cmd_check },
	{ "plan", "", "show what run would do and write, do nothing", cmd_plan },
	{ "run", "", "bring the cluster up; nodes that are up are left alone", cmd_run },
	{ "resume", "", "go on with a run that was stopped or lost nodes", cmd_resume },
	{ "status", "[-w]", "where each node stands; -w: keep watching", cmd_status },
	{ "why", "NODE", "how a node came to its state, and what to do", cmd_why },
	{ "report", "[--svg FILE]", "where each node's time went", cmd_report },
	{ "ssh", "NODE [COMMAND...]", "a shell or a command on a node, or on the head", cmd_ssh },
	{ "console", "NODE", "a node's console", cmd_console },
	{ "reboot", "[--kexec] NODES", "reboot nodes, in windows", cmd_reboot },
	{ "head", "install|plan|status|remove", "make this machine the head of the inventory", cmd_head },
	{ "power", "on|off|status NODES", "switch nodes", cmd_power },
	{ "image", "build|list|show|rm [NAME|ID]", "the images that nodes boot", cmd_image },
	{ "key", "show|rotate [--force]", "the key of what nodes say to each other", cmd_key },
	{ "down", "", "stop everything, leave nothing behind", cmd_down },
};

enum { OPT_JSON = 256, OPT_MIN_NODES, OPT_WINDOW, OPT_EXCLUDE, OPT_SVG, OPT_KEXEC, OPT_FORCE,
       OPT_ROOT, OPT_VERSION };

static const struct option long_options[] = {
	{ "inventory", required_argument, NULL, 'i' },
	{ "nodefile", required_argument, NULL, 'f' },
	{ "ok-file", required_argument, NULL, 'o' },
	{ "ko-file", required_argument, NULL, 'n' },
	{ "watch", no_argument, NULL, 'w' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "min-nodes", required_argument, NULL, OPT_MIN_NODES },
	{ "window", required_argument, NULL, OPT_WINDOW },
	{ "exclude", required_argument, NULL, OPT_EXCLUDE },
	{ "svg", required_argument, NULL, OPT_SVG },
	{ "kexec", no_argument, NULL, OPT_KEXEC },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static void print_usage(FILE *out)
{
	size_t i;
	char left[64];

	fputs("usage: xos-ssi-deploy [OPTION...] COMMAND [ARGUMENT...]\n\nCommands:\n", out);
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		snprintf(left, sizeof(left), "%s %s", commands[i].name, commands[i].args);
		fprintf(out, "  %-37s %s\n", left, commands[i].summary);
	}
	fputs("\nOptions:\n"
	      "  -i, --inventory FILE    the cluster's description; else $XOS_INVENTORY,\n"
	      "                          /etc/xos-ssi/inventory.xml, ./inventory.xml\n"
	      "  -f, --nodefile FILE     names that stand in for its nodes; else $OAR_NODEFILE,\n"
	      "                          $OAR_NODE_FILE, $OAR_FILE_NODES\n"
	      "  -o, --ok-file FILE      write the names of the nodes that are online\n"
	      "  -n, --ko-file FILE      write the names of the others\n"
	      "      --min-nodes N|P%    fewest nodes that make a success\n"
	      "      --window N          machines powered at once\n"
	      "      --exclude NODES     leave these out\n"
	      "      --json              one JSON object a line instead of text\n"
	      "  -v, --verbose           also say what goes as expected\n"
	      "  -h, --help              this text\n"
	      "      --version\n"
	      "NODE is a name, an id, a MAC or an address; NODES also ranges: node-[1-16].\n", out);
	fputs("\nBack-ends:\n", out);
	for (i = 0; xos_backend_at(i); i++)
		fprintf(out, "  %-37s %s\n", xos_backend_at(i)->name, xos_backend_at(i)->summary);
}

static int parse_number(struct cmd *c, const char *name, const char *text,
			unsigned long max, unsigned long *value, const char **rest)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 10);
	*rest = end;
	if (end == text || *text == '-' || errno || *value < 1 || *value > max)
		return cmd_usage(c, "%s %s: not a number from 1 to %lu", name, text, max);
	return 0;
}

static int parse_min_nodes(struct cmd *c, const char *text)
{
	const char *rest;
	int rc = parse_number(c, "--min-nodes", text, XOS_NODE_ID_MAX, &c->min_nodes, &rest);

	c->min_percent = !strcmp(rest, "%");
	if (!rc && ((*rest && !c->min_percent) || (c->min_percent && c->min_nodes > 100)))
		rc = cmd_usage(c, "--min-nodes %s: neither a number nor a share up to 100%%", text);
	return rc;
}

static int parse_window(struct cmd *c, const char *text)
{
	unsigned long n;
	const char *rest;
	int rc = parse_number(c, "--window", text, XOS_NODE_ID_MAX, &n, &rest);

	if (!rc && *rest)
		rc = cmd_usage(c, "--window %s: not a number", text);
	c->window = n;
	return rc;
}

/* Return: 0 go on; -1 done, exit with 0; else exit with it. */
static int parse_option(struct cmd *c, int opt)
{
	switch (opt) {
	case 'i':
		c->inventory = optarg;
		return 0;
	case 'f':
		c->nodefile = optarg;
		return 0;
	case 'o':
		c->ok_file = optarg;
		return 0;
	case 'n':
		c->ko_file = optarg;
		return 0;
	case 'w':
		c->watch = true;
		return 0;
	case 'v':
		c->verbose = true;
		return 0;
	case OPT_JSON:
		c->json = true;
		return 0;
	case OPT_MIN_NODES:
		return parse_min_nodes(c, optarg);
	case OPT_WINDOW:
		return parse_window(c, optarg);
	case OPT_EXCLUDE:
		c->exclude = optarg;
		return 0;
	case OPT_SVG:
		c->svg = optarg;
		return 0;
	case OPT_KEXEC:
		c->kexec = true;
		return 0;
	case OPT_FORCE:
		c->force = true;
		return 0;
	case OPT_ROOT:
		c->root = optarg;
		return 0;
	case 'h':
		print_usage(stdout);
		return -1;
	case OPT_VERSION:
		puts("xos-ssi-deploy " XOS_VERSION);
		return -1;
	default:
		return cmd_usage(c, "%s", "unknown option, or one without its value");
	}
}

/* @flags "+": stop at the first word that is no option */
static int parse(struct cmd *c, const char *flags, int argc, char **argv)
{
	char letters[32];
	int opt, rc;

	snprintf(letters, sizeof(letters), "%si:f:o:n:wvh", flags);
	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		rc = parse_option(c, opt);
		if (rc)
			return rc;
	}
	c->argc = argc - optind;
	c->argv = argv + optind;
	return 0;
}

static int find_command(struct cmd *c)
{
	size_t i;

	if (!c->argc) {
		print_usage(stderr);
		return XOS_EXIT_USAGE;
	}
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(c->argv[0], commands[i].name))
			c->entry = &commands[i];
	return c->entry ? 0 : cmd_usage(c, "unknown command '%s'", c->argv[0]);
}

int main(int argc, char **argv)
{
	struct cmd c = { 0 };
	int rc = parse(&c, "+", argc, argv);

	if (!rc)
		rc = find_command(&c);
	if (!rc)	/* what follows "ssh NODE" is the remote command's */
		rc = parse(&c, c.entry->run == cmd_ssh ? "+" : "", c.argc, c.argv);
	if (!rc && c.ok_file && c.ko_file && !strcmp(c.ok_file, c.ko_file))
		rc = cmd_usage(&c, "-o and -n name the same file '%s'", c.ok_file);
	if (rc)
		return rc < 0 ? 0 : rc;
	rc = c.entry->run(&c);
	cmd_close(&c);
	if (fflush(stdout) && !rc) {
		perror("xos-ssi-deploy: standard output");
		rc = XOS_EXIT_FAILED;
	}
	return rc;
}
