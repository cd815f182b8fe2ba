// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd-krgcapset.c: krgcapset, shows and changes the capabilities of a process.
 */
#include "krg-application.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH	80

static const struct {
	int bit;
	const char *name;
} names[] = {
	{ CAP_CHANGE_KERRIGHED_CAP, "CHANGE_KERRIGHED_CAP" },
	{ CAP_CAN_MIGRATE, "CAN_MIGRATE" },
	{ CAP_DISTANT_FORK, "DISTANT_FORK" },
	{ CAP_FORK_DELAY, "FORK_DELAY" },
	{ CAP_CHECKPOINTABLE, "CHECKPOINTABLE" },
	{ CAP_USE_REMOTE_MEMORY, "USE_REMOTE_MEMORY" },
	{ 6, "USE_INTRA_CLUSTER_KERSTREAMS" },
	{ 7, "USE_INTER_CLUSTER_KERSTREAMS" },
	{ 8, "USE_WORLD_VISIBLE_KERSTREAMS" },
	{ CAP_SEE_LOCAL_PROC_STAT, "SEE_LOCAL_PROC_STAT" },
	{ 10, "DEBUG" },
	{ 11, "SYSCALL_EXIT_HOOK" },
};

#define NR_NAMES	(sizeof(names) / sizeof(names[0]))

/* What an option does to a set: (set & keep) | add */
struct change {
	int given, keep, add;
};

struct options {
	int show, force, setters;
	pid_t pid;	/* 0: the parent */
	struct change effective, permitted, inh_effective, inh_permitted;
};

static int usage(int status)
{
	fputs("usage: krgcapset [-k PID] [-s]\n"
	      "       krgcapset [-f] [-k PID] {-e|-p|-d|-i VALUE}...\n"
	      "\n"
	      "  -k, --pid=PID                    this process, not the calling one\n"
	      "  -s, --show                       print its sets (the default)\n"
	      "  -e, --effective=VALUE\n"
	      "  -p, --permitted=VALUE\n"
	      "  -d, --inheritable-effective=VALUE\n"
	      "  -i, --inheritable-permitted=VALUE\n"
	      "  -f, --force                      do not ask\n"
	      "  -h, --help\n"
	      "  -v, --version\n"
	      "\n"
	      "VALUE is a number, or names with commas between, and + or - before them\n",
	      status ? stderr : stdout);
	return status;
}

/* Names may be cut short. */
static int bit_of(const char *name, size_t len)
{
	size_t i;

	for (i = 0; len && i < NR_NAMES; i++)
		if (!strncmp(names[i].name, name, len))
			return names[i].bit;
	return -1;
}

static void list_names(const char *name, size_t len)
{
	size_t i;

	fprintf(stderr, "Unrecognized capability: %.*s\n", (int)len, name);
	for (i = 0; i < NR_NAMES; i++)
		fprintf(stderr, "\t%s\n", names[i].name);
}

static int parse_names(const char *text)
{
	size_t len;
	int mask = 0, bit;

	for (; *text; text += len + (text[len] == ',')) {
		len = strcspn(text, ",");
		bit = bit_of(text, len);
		if (bit < 0)
			list_names(text, len);
		else
			mask |= 1 << bit;
	}
	return mask;
}

static void parse_value(struct change *change, const char *text)
{
	char sign, *end;
	long number;
	int mask;

	change->given = 1;
	number = strtol(text, &end, 0);
	if (end != text && !*end) {
		change->keep = 0;
		change->add = number;
		return;
	}
	sign = *text == '+' || *text == '-' ? *text++ : '\0';
	mask = parse_names(text);
	if (sign == '-') {
		change->keep &= ~mask;
		change->add &= ~mask;
	} else {
		change->keep = sign ? change->keep : 0;
		change->add = (sign ? change->add : 0) | mask;
	}
}

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ "pid", required_argument, NULL, 'k' },
	{ "show", no_argument, NULL, 's' },
	{ "force", no_argument, NULL, 'f' },
	{ "effective", required_argument, NULL, 'e' },
	{ "permitted", required_argument, NULL, 'p' },
	{ "inheritable-effective", required_argument, NULL, 'd' },
	{ "inheritable-permitted", required_argument, NULL, 'i' },
	{ }
};

static int parse_pid(struct options *options, const char *text)
{
	char *end;
	long pid = strtol(text, &end, 10);

	if (options->pid || end == text || *end || pid < 1 || pid > 1 << 22)
		return usage(EXIT_FAILURE);
	options->pid = pid;
	return -1;
}

/* Returns -1 to go on, or the exit status. */
static int take_option(struct options *options, int c)
{
	struct change *change = c == 'e' ? &options->effective :
				c == 'p' ? &options->permitted :
				c == 'd' ? &options->inh_effective :
				c == 'i' ? &options->inh_permitted : NULL;

	switch (c) {
	case 'h':
		return usage(EXIT_SUCCESS);
	case 'v':
		puts("krgcapset " XOS_VERSION);
		return EXIT_SUCCESS;
	case 'k':
		return parse_pid(options, optarg);
	case 's':
		options->show = 1;
		return -1;
	case 'f':
		options->force = 1;
		return -1;
	default:
		if (!change)
			return usage(EXIT_FAILURE);
		options->setters = 1;
		parse_value(change, optarg);
		return -1;
	}
}

static void print_set(const char *title, int set)
{
	int column = 8, len;
	const char *separator = "";
	size_t i;

	printf("%s Capabilities: 0%o\n\t", title, (unsigned int)set);
	for (i = 0; i < NR_NAMES; i++) {
		if (!(set & 1 << names[i].bit))
			continue;
		len = strlen(separator) + strlen(names[i].name);
		if (column + len >= WIDTH) {
			printf("%s\n\t", *separator ? "," : "");
			separator = "";
			column = 8;
		}
		column += printf("%s%s", separator, names[i].name);
		separator = ", ";
	}
	putchar('\n');
}

static int show(const struct options *options)
{
	krg_cap_t caps;

	if (options->pid ? krg_pid_capget(options->pid, &caps) :
			   krg_father_capget(&caps)) {
		perror("krgcapset");
		return EXIT_FAILURE;
	}
	print_set("Permitted", caps.krg_cap_permitted);
	print_set("Effective", caps.krg_cap_effective);
	print_set("Inheritable Permitted", caps.krg_cap_inheritable_permitted);
	print_set("Inheritable Effective", caps.krg_cap_inheritable_effective);
	return EXIT_SUCCESS;
}

static int apply(int set, const struct change *change)
{
	return change->given ? (set & change->keep) | change->add : set;
}

/* Without it nobody, not even root, gives the process any other back. */
static int is_confirmed(const struct options *options, const krg_cap_t *old,
			const krg_cap_t *new)
{
	int bit = 1 << CAP_CHANGE_KERRIGHED_CAP;
	int lost = (old->krg_cap_permitted & ~new->krg_cap_permitted & bit) ||
		   (old->krg_cap_effective & ~new->krg_cap_effective & bit);

	if (!lost || options->force)
		return 1;
	printf("CHANGE_KERRIGHED_CAP would be lost for good. Go on? [y/N] ");
	fflush(stdout);
	return getchar() == 'y';
}

static int change_caps(const struct options *options)
{
	krg_cap_t old, new;
	int ret;

	if (options->pid ? krg_pid_capget(options->pid, &old) :
			   krg_father_capget(&old)) {
		perror("krgcapset");
		return EXIT_FAILURE;
	}
	new.krg_cap_effective = apply(old.krg_cap_effective,
				      &options->effective);
	new.krg_cap_permitted = apply(old.krg_cap_permitted,
				      &options->permitted);
	new.krg_cap_inheritable_effective =
		apply(old.krg_cap_inheritable_effective,
		      &options->inh_effective);
	new.krg_cap_inheritable_permitted =
		apply(old.krg_cap_inheritable_permitted,
		      &options->inh_permitted);
	if (!is_confirmed(options, &old, &new))
		return EXIT_SUCCESS;
	ret = options->pid ? krg_pid_capset(options->pid, &new) :
			     krg_father_capset(&new);
	if (!ret)
		return EXIT_SUCCESS;
	perror("krgcapset");
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct options options = {
		.effective.keep = -1,
		.permitted.keep = -1,
		.inh_effective.keep = -1,
		.inh_permitted.keep = -1,
	};
	int c, status;

	while ((c = getopt_long(argc, argv, "hvk:sfe:p:d:i:", long_options,
				NULL)) != -1) {
		status = take_option(&options, c);
		if (status >= 0)
			return status;
	}
	if (optind < argc || (options.show && options.setters))
		return usage(EXIT_FAILURE);
	return options.setters ? change_caps(&options) : show(&options);
}
