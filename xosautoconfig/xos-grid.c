// SPDX-License-Identifier: GPL-2.0-only
/* xos-grid.c - the program: describe this resource, look at the grid's, pick one */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../libxos/cleanup.h"
#include "grid-files.h"
#include "rca-ca.h"
#include "rca-client.h"
#include "resource-trust.h"

#define GCP_CONF "/etc/xos/gcp.conf"

/**
 * struct options - a parsed command line
 * @argument: the command's, or NULL
 */
struct options {
	const char *conf, *truststore, *gcp;
	bool json, all;
	const char *argument;
};

/** struct grid_list - the resources of a grid, as this machine judges them */
struct grid_list {
	struct resource *resource;
	size_t n;
};

struct command {
	const char *name, *argument, *summary;
	int (*run)(const struct options *o, const struct xos_grid *conf,
		   struct xos_error *err);
};

enum { OPT_VERSION = 256, OPT_JSON, OPT_ALL, OPT_CONF, OPT_STORE, OPT_GCP };

static const struct option long_options[] = {
	{ "conf", required_argument, NULL, OPT_CONF },
	{ "truststore", required_argument, NULL, OPT_STORE },
	{ "gcp", required_argument, NULL, OPT_GCP },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static int fail(const struct xos_error *err)
{
	fflush(stdout);
	fprintf(stderr, "xos-grid: %s\n", err->text);
	return err->exit ? err->exit : XOS_EXIT_FAILED;
}

static char *describe(const struct options *o, const struct xos_grid *conf,
		      struct xos_error *err)
{
	struct resource r;
	char *xml = NULL;

	if (!resource_measure(&r, conf, o->gcp, err))
		xml = resource_write(&r, err);
	resource_free(&r);
	return xml;
}

static int run_describe(const struct options *o, const struct xos_grid *conf,
			struct xos_error *err)
{
	cleanup_free char *xml = describe(o, conf, err);

	if (!xml)
		return fail(err);
	fputs(xml, stdout);
	return 0;
}

static int run_publish(const struct options *o, const struct xos_grid *conf,
		       struct xos_error *err)
{
	cleanup_free char *xml = describe(o, conf, err);
	struct rca_client client;
	int rc;

	if (!xml || rca_client_open(&client, conf, o->truststore, err))
		return fail(err);
	rc = rca_client_publish(&client, xml, err);
	rca_client_close(&client);
	return rc ? fail(err) : 0;
}

static void free_list(struct grid_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		resource_free(&list->resource[i]);
	free(list->resource);
}

static int judge_all(struct rca_client *client, const char *text, struct grid_list *list,
		     struct xos_error *err)
{
	json_t *json = json_loads(text, 0, NULL), *item;
	struct xos_error why;
	size_t i;
	int rc = 0;

	list->resource = calloc(json_array_size(json) + 1, sizeof(*list->resource));
	if (!json_is_array(json) || !list->resource)
		rc = xos_error_set(err, -EIO, XOS_EXIT_FAILED,
				   "the core node's answer is wrong");
	json_array_foreach(json, i, item) {
		const char *name, *cms;

		if (rc || json_unpack(item, "{s:s, s:s}", "name", &name, "cms", &cms))
			continue;
		rc = resource_judge(&list->resource[list->n], name, cms, client->ca,
				    client->crl, time(NULL), &why);
		if (rc)
			*err = why;
		else
			list->n++;
	}
	json_decref(json);
	return rc;
}

static int get_list(const struct options *o, const struct xos_grid *conf,
		    struct grid_list *list, struct xos_error *err)
{
	struct rca_client client;
	cleanup_free char *text = NULL;
	int rc = rca_client_look(&client, conf, o->truststore, err);

	memset(list, 0, sizeof(*list));
	if (rc)
		return rc;
	text = rca_client_resources(&client, err);
	rc = text ? judge_all(&client, text, list, err) : -EIO;
	rca_client_close(&client);
	if (rc)
		free_list(list);
	return rc;
}

static void print(const struct options *o, const struct resource *r)
{
	json_t *json;

	if (!o->json) {
		printf("%-24s %-8s %6u processors %8u MiB %4zu members  %s\n", r->name,
		       resource_state_name(r->state), r->processors, r->memory_mib,
		       r->n_members, *r->vo ? r->vo : "-");
		return;
	}
	json = resource_json(r);
	json_dumpf(json, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(json);
}

static int run_list(const struct options *o, const struct xos_grid *conf,
		    struct xos_error *err)
{
	struct grid_list list;

	if (get_list(o, conf, &list, err))
		return fail(err);
	for (size_t i = 0; i < list.n; i++)
		print(o, &list.resource[i]);
	free_list(&list);
	return 0;
}

static void print_long(const struct resource *r)
{
	printf("name          %s\nstate         %s\nvo            %s\nprocessors    %u (%s)\n"
	       "memory        %u MiB, %u available\nsystem        %s, %s, %s\n"
	       "running       %u\ncheckpointer  %s%s%s%s%s%s\n", r->name,
	       resource_state_name(r->state), r->vo, r->processors, r->model, r->memory_mib,
	       r->available_mib, r->os, r->kernel, r->platform, r->running, r->checkpointer,
	       r->checkpoints ? "" : " (not there)", r->threads ? ", threads" : "",
	       r->sockets ? ", sockets" : "", r->sysvipc ? ", sysvipc" : "",
	       r->incremental ? ", incremental" : "");
	for (size_t i = 0; i < r->n_members; i++)
		printf("member        %u %s\n", r->member[i].id, r->member[i].state);
}

static int run_show(const struct options *o, const struct xos_grid *conf,
		    struct xos_error *err)
{
	const struct resource *found = NULL;
	struct grid_list list;

	if (get_list(o, conf, &list, err))
		return fail(err);
	for (size_t i = 0; i < list.n && !found; i++)
		if (!strcmp(list.resource[i].name, o->argument))
			found = &list.resource[i];
	if (found && o->json)
		print(o, found);
	else if (found)
		print_long(found);
	free_list(&list);
	if (found)
		return 0;
	xos_error_set(err, -ENOENT, XOS_EXIT_FAILED, "no resource '%s'; see xos-grid list",
		      o->argument);
	return fail(err);
}

/* The one with most processors, then with most memory that is available. */
static bool is_better(const struct resource *a, const struct resource *b)
{
	if (!b || a->processors != b->processors)
		return !b || a->processors > b->processors;
	return a->available_mib > b->available_mib;
}

static int run_pick(const struct options *o, const struct xos_grid *conf,
		    struct xos_error *err)
{
	const struct resource *best = NULL, nobody = { .name = "" };
	struct grid_list list;
	int rc = resource_matches(&nobody, o->argument, err);	/* also of an empty grid */

	if (rc < 0 || get_list(o, conf, &list, err))
		return fail(err);
	for (size_t i = 0; i < list.n; i++) {
		const struct resource *r = &list.resource[i];

		if (r->state != RESOURCE_JOINED || resource_matches(r, o->argument, err) != 1)
			continue;
		if (o->all)
			print(o, r);
		if (is_better(r, best))
			best = r;
	}
	if (best && !o->all && o->json)
		print(o, best);
	else if (best && !o->all)
		puts(best->name);
	rc = best ? 0 : XOS_EXIT_FAILED;
	if (rc)
		fprintf(stderr, "xos-grid: no joined resource fulfils '%s'\n", o->argument);
	free_list(&list);
	return rc;
}

static const struct command commands[] = {
	{ "list", "", "resources of the grid, one a line", run_list },
	{ "show", "NAME", "all that is known of one", run_show },
	{ "pick", "REQUIREMENT", "the best one that fulfils it", run_pick },
	{ "describe", "", "measure this resource, print the description", run_describe },
	{ "publish", "", "measure, sign, hand in to the core node", run_publish },
};

static void print_usage(FILE *out)
{
	char left[64];

	fputs("usage: xos-grid [OPTION...] COMMAND [ARGUMENT]\n\nCommands:\n", out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		snprintf(left, sizeof(left), "%s %s", commands[i].name, commands[i].argument);
		fprintf(out, "  %-21s %s\n", left, commands[i].summary);
	}
	fputs("\nOptions:\n"
	      "      --all             pick: every one that fulfils it\n"
	      "      --json            one JSON object a line\n"
	      "      --conf FILE       default " XOS_GRID_CONF "\n"
	      "      --truststore DIR  default " XOS_GRID_TRUST "\n"
	      "      --gcp FILE        the checkpointer, default " GCP_CONF "\n"
	      "  -h, --help            this text\n"
	      "      --version\n"
	      "REQUIREMENT: 'processors>=4 && memory>=2048 && vo==physics', see xos-grid(1).\n",
	      out);
}

static int wrong_usage(const char *text)
{
	fprintf(stderr, "xos-grid: %s; see: xos-grid --help\n", text);
	return XOS_EXIT_USAGE;
}

/* Return: 0 go on; -1 done, exit with 0; else exit with it. */
static int parse_option(struct options *o, int opt)
{
	switch (opt) {
	case OPT_CONF:
		o->conf = optarg;
		return 0;
	case OPT_STORE:
		o->truststore = optarg;
		return 0;
	case OPT_GCP:
		o->gcp = optarg;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_ALL:
		o->all = true;
		return 0;
	case 'h':
		print_usage(stdout);
		return -1;
	case OPT_VERSION:
		puts("xos-grid " XOS_VERSION);
		return -1;
	default:
		return wrong_usage("unknown option, or one without its value");
	}
}

static int find_command(struct options *o, int argc, char **argv,
			const struct command **command)
{
	if (!argc) {
		print_usage(stderr);
		return XOS_EXIT_USAGE;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(argv[0], commands[i].name))
			*command = &commands[i];
	if (!*command)
		return wrong_usage("unknown command");
	if (argc - 1 != !!*(*command)->argument)
		return wrong_usage(argc > 1 ? "too many arguments" : "an argument is missing");
	o->argument = argv[1];
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = { .conf = XOS_GRID_CONF, .truststore = XOS_GRID_TRUST,
			     .gcp = GCP_CONF };
	const struct command *command = NULL;
	struct xos_error err = { 0 };
	struct xos_grid *conf;
	int opt, rc = 0;

	opterr = 0;
	while (!rc && (opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		rc = parse_option(&o, opt);
	if (!rc)
		rc = find_command(&o, argc - optind, argv + optind, &command);
	if (!rc) {
		conf = rca_conf_read(o.conf, &err);
		rc = conf ? command->run(&o, conf, &err) : fail(&err);
		xos_grid_destroy(conf);
	}
	if (fflush(stdout) && !rc) {
		perror("xos-grid: standard output");
		rc = XOS_EXIT_FAILED;
	}
	return rc < 0 ? 0 : rc;
}
