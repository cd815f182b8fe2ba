// SPDX-License-Identifier: GPL-2.0-only
/*
 * xos-rca.c - the program: the CA's commands on the core node, a node's on the others
 */
#include <errno.h>
#include <getopt.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "../libxos/clock.h"
#include "grid-files.h"
#include "rca-ca.h"
#include "rca-client.h"

#define WATCH_MS 60000		/* revocation list and service certificate need a look */
#define RETRY_MS 1000
#define SETTLE_MS 100		/* who applies together is signed together */

struct command;

/**
 * struct options - a parsed command line
 * @passphrase: of --passphrase-file, or NULL
 * @argument: the command's, or NULL
 */
struct options {
	const char *conf, *truststore, *user, *vo;
	char *passphrase;
	unsigned int wait_s;
	bool json, watch, force;
	const char *argument;
	const struct command *command;
};

struct command {
	const char *name, *argument, *summary;
	int (*run)(const struct options *o, const struct xos_grid *conf,
		   struct xos_error *err);
};

enum { OPT_VERSION = 256, OPT_JSON, OPT_WATCH, OPT_FORCE, OPT_VO, OPT_WAIT, OPT_USER,
       OPT_PASSPHRASE, OPT_CONF, OPT_STORE };

static const struct option long_options[] = {
	{ "conf", required_argument, NULL, OPT_CONF },
	{ "truststore", required_argument, NULL, OPT_STORE },
	{ "user", required_argument, NULL, OPT_USER },
	{ "passphrase-file", required_argument, NULL, OPT_PASSPHRASE },
	{ "vo", required_argument, NULL, OPT_VO },
	{ "wait", required_argument, NULL, OPT_WAIT },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "watch", no_argument, NULL, OPT_WATCH },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static int fail(const struct xos_error *err)
{
	fflush(stdout);
	fprintf(stderr, "xos-rca: %s\n", err->text);
	return err->exit ? err->exit : XOS_EXIT_FAILED;
}

static int run_init(const struct options *o, const struct xos_grid *conf,
		    struct xos_error *err)
{
	return rca_ca_init(conf, o->user, o->passphrase, stdout, err) ? fail(err) : 0;
}

/* One at a time changes the CA; the others wait. */
static int lock_ca(const struct xos_grid *conf, struct xos_error *err)
{
	char path[RCA_PATH_MAX];
	int fd;

	rca_path(path, conf->value[XOS_GRID_CADIR], "private/", "lock", "");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX)) {
		int rc = xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s; see xos-rca init",
				       path, strerror(errno));

		if (fd >= 0)
			close(fd);
		return rc;
	}
	return fd;
}

static int with_ca(const struct options *o, const struct xos_grid *conf,
		   int (*run)(struct rca_ca *ca, const struct options *o,
			      struct xos_error *err), struct xos_error *err)
{
	cleanup_close int lock = lock_ca(conf, err);
	struct rca_ca ca;
	int rc = lock < 0 ? lock : rca_ca_open(&ca, conf, true, o->passphrase, err);

	if (rc)
		return fail(err);
	rc = run(&ca, o, err);
	rca_ca_close(&ca);
	return rc < 0 ? fail(err) : 0;
}

static int do_confirm(struct rca_ca *ca, const struct options *o, struct xos_error *err)
{
	char why[160];

	if (o->vo && !xos_grid_value_check(XOS_GRID_VO, o->vo, why, sizeof(why)))
		return xos_error_set(err, -EINVAL, XOS_EXIT_USAGE, "--vo '%s' %s", o->vo, why);
	return rca_ca_confirm(ca, o->argument, o->vo, stdout, err);
}

static int do_reject(struct rca_ca *ca, const struct options *o, struct xos_error *err)
{
	return rca_ca_reject(ca, o->argument, "by the admin", stdout, err);
}

static int do_revoke(struct rca_ca *ca, const struct options *o, struct xos_error *err)
{
	return rca_ca_revoke(ca, o->argument, stdout, err);
}

static int do_crl(struct rca_ca *ca, const struct options *o, struct xos_error *err)
{
	(void)o;
	return rca_ca_crl(ca, err);
}

static int do_sign(struct rca_ca *ca, const struct options *o, struct xos_error *err)
{
	(void)o;
	return rca_ca_sign(ca, stdout, err);
}

static int run_confirm(const struct options *o, const struct xos_grid *conf,
		       struct xos_error *err)
{
	return with_ca(o, conf, do_confirm, err);
}

static int run_reject(const struct options *o, const struct xos_grid *conf,
		      struct xos_error *err)
{
	return with_ca(o, conf, do_reject, err);
}

static int run_revoke(const struct options *o, const struct xos_grid *conf,
		      struct xos_error *err)
{
	return with_ca(o, conf, do_revoke, err);
}

static int run_crl(const struct options *o, const struct xos_grid *conf,
		   struct xos_error *err)
{
	return with_ca(o, conf, do_crl, err);
}

static int run_list(const struct options *o, const struct xos_grid *conf,
		    struct xos_error *err)
{
	struct rca_ca ca;
	int rc = rca_ca_open(&ca, conf, false, NULL, err);

	if (rc)
		return fail(err);
	rc = rca_ca_list(&ca, o->json, stdout, err);
	rca_ca_close(&ca);
	return rc ? fail(err) : 0;
}

/* Passes for ever: one when the spool changes, and one a minute. */
static int watch(const struct options *o, const struct xos_grid *conf, struct xos_error *err)
{
	cleanup_close int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char path[RCA_PATH_MAX], events[4096];

	rca_path(path, conf->value[XOS_GRID_CADIR], "spool", "", "");
	if (fd < 0 || inotify_add_watch(fd, path, IN_MOVED_TO) < 0) {
		xos_error_set(err, -errno, XOS_EXIT_FAILED, "%s: %s; see xos-rca init", path,
			      strerror(errno));
		return fail(err);
	}
	for (;;) {
		int rc = with_ca(o, conf, do_sign, err);

		fflush(stdout);
		if (rc)
			return rc;
		if (poll(&pfd, 1, WATCH_MS) > 0) {
			poll(NULL, 0, SETTLE_MS);
			while (read(fd, events, sizeof(events)) > 0)
				;
		}
	}
}

static int run_sign(const struct options *o, const struct xos_grid *conf,
		    struct xos_error *err)
{
	return o->watch ? watch(o, conf, err) : with_ca(o, conf, do_sign, err);
}

static int with_client(const struct options *o, const struct xos_grid *conf,
		       int (*run)(struct rca_client *client, const struct options *o,
				  struct xos_error *err), struct xos_error *err)
{
	struct rca_client client;
	int rc = rca_client_open(&client, conf, o->truststore, err);

	if (rc)
		return fail(err);
	rc = run(&client, o, err);
	rca_client_close(&client);
	return rc < 0 ? fail(err) : 0;
}

static int do_apply(struct rca_client *client, const struct options *o,
		    struct xos_error *err)
{
	(void)o;
	return rca_client_apply(client, stdout, err);
}

static int do_request(struct rca_client *client, const struct options *o,
		      struct xos_error *err)
{
	(void)o;
	return rca_client_request(client, stdout, err);
}

static int do_renew(struct rca_client *client, const struct options *o,
		    struct xos_error *err)
{
	return rca_client_renew(client, o->force, stdout, err);
}

static int do_join(struct rca_client *client, const struct options *o,
		   struct xos_error *err)
{
	return rca_client_join(client, o->wait_s, stdout, err);
}

static int run_apply(const struct options *o, const struct xos_grid *conf,
		     struct xos_error *err)
{
	return with_client(o, conf, do_apply, err);
}

static int run_request(const struct options *o, const struct xos_grid *conf,
		       struct xos_error *err)
{
	return with_client(o, conf, do_request, err);
}

static int run_renew(const struct options *o, const struct xos_grid *conf,
		     struct xos_error *err)
{
	return with_client(o, conf, do_renew, err);
}

static bool may_pass(int code)
{
	return code == -EHOSTUNREACH || code == -EAGAIN;
}

/* Whoever waits also waits for a core node that is away or has too much to do. */
static int run_join(const struct options *o, const struct xos_grid *conf,
		    struct xos_error *err)
{
	int64_t end = xos_clock_ms(CLOCK_MONOTONIC) + 1000 * (int64_t)o->wait_s;
	unsigned int pause = RETRY_MS;
	struct rca_client client;
	int rc;

	for (;;) {
		rc = rca_client_open(&client, conf, o->truststore, err);
		if (!rc) {
			rc = do_join(&client, o, err);
			rca_client_close(&client);
		}
		if (!may_pass(rc) || xos_clock_ms(CLOCK_MONOTONIC) >= end)
			return rc < 0 ? fail(err) : 0;
		pause = rca_client_pause(pause);
	}
}

static int run_status(const struct options *o, const struct xos_grid *conf,
		      struct xos_error *err)
{
	static const char *const states[] = { "nothing", "pending", "joined" };
	struct rca_client client = { .conf = conf, .dir = o->truststore };
	char id[RCA_ID_SIZE];

	(void)err;
	printf("%s", states[rca_client_state(&client, id)]);
	printf("%s%s\n", *id ? " " : "", id);
	return 0;
}

static const struct command commands[] = {
	{ "init", "", "core node: make the CA, print its fingerprint", run_init },
	{ "list", "", "core node: applications and certificates", run_list },
	{ "confirm", "FINGERPRINT", "core node: sign an application", run_confirm },
	{ "reject", "FINGERPRINT", "core node: throw an application away", run_reject },
	{ "revoke", "HOST", "core node: every certificate of a host", run_revoke },
	{ "crl", "", "core node: make the revocation list now", run_crl },
	{ "sign", "", "core node: sign renewals, and what RCA_AUTOCONFIRM allows", run_sign },
	{ "join", "", "apply, request and renew, whatever is to be done now", run_join },
	{ "apply", "", "make a key, apply for a certificate", run_apply },
	{ "request", "", "fetch and install the certificate", run_request },
	{ "renew", "", "ask for the next one when a third of the time is left", run_renew },
	{ "status", "", "nothing, pending or joined; the fingerprint that waits", run_status },
};

static void print_usage(FILE *out)
{
	char left[64];

	fputs("usage: xos-rca [OPTION...] COMMAND [ARGUMENT]\n\nCommands:\n", out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		snprintf(left, sizeof(left), "%s %s", commands[i].name, commands[i].argument);
		fprintf(out, "  %-21s %s\n", left, commands[i].summary);
	}
	fputs("\nOptions:\n"
	      "      --conf FILE       default " XOS_GRID_CONF "\n"
	      "      --truststore DIR  default " XOS_GRID_TRUST "\n"
	      "      --user NAME       of the trust service, for init; default " RCA_USER "\n"
	      "      --passphrase-file FILE  its first line opens the CA's key\n"
	      "      --vo VO,...       confirm: VOs instead of those applied for\n"
	      "      --wait SECONDS    join: wait for a confirmation\n"
	      "      --force           renew: now\n"
	      "      --watch           sign: for ever\n"
	      "      --json            list: one JSON object a line\n"
	      "  -h, --help            this text\n"
	      "      --version\n", out);
}

static int wrong_usage(const char *text)
{
	fprintf(stderr, "xos-rca: %s; see: xos-rca --help\n", text);
	return XOS_EXIT_USAGE;
}

static int read_passphrase(struct options *o, const char *path)
{
	struct xos_error err;

	o->passphrase = xos_file_read(path, XOS_GRID_SECRET_MAX, NULL, &err);
	if (!o->passphrase)
		return fail(&err);
	o->passphrase[strcspn(o->passphrase, "\r\n")] = '\0';
	return *o->passphrase ? 0 : wrong_usage("the passphrase is empty");
}

static int parse_wait(struct options *o, const char *text)
{
	if (!*text || strlen(text) > 6 || strspn(text, "0123456789") != strlen(text))
		return wrong_usage("--wait needs a number of seconds");
	o->wait_s = strtoul(text, NULL, 10);
	return 0;
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
	case OPT_USER:
		o->user = optarg;
		return 0;
	case OPT_PASSPHRASE:
		return read_passphrase(o, optarg);
	case OPT_VO:
		o->vo = optarg;
		return 0;
	case OPT_WAIT:
		return parse_wait(o, optarg);
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_WATCH:
		o->watch = true;
		return 0;
	case OPT_FORCE:
		o->force = true;
		return 0;
	case 'h':
		print_usage(stdout);
		return -1;
	case OPT_VERSION:
		puts("xos-rca " XOS_VERSION);
		return -1;
	default:
		return wrong_usage("unknown option, or one without its value");
	}
}

static int parse(struct options *o, int argc, char **argv)
{
	int opt, rc;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		rc = parse_option(o, opt);
		if (rc)
			return rc;
	}
	if (optind == argc) {
		print_usage(stderr);
		return XOS_EXIT_USAGE;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(argv[optind], commands[i].name))
			o->command = &commands[i];
	if (!o->command)
		return wrong_usage("unknown command");
	if (argc - optind - 1 != !!*o->command->argument)
		return wrong_usage(*o->command->argument ? "the command needs one argument" :
				   "the command has no argument");
	o->argument = argv[optind + 1];
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = { .conf = XOS_GRID_CONF, .truststore = XOS_GRID_TRUST,
			     .user = RCA_USER };
	struct xos_error err = { 0 };
	struct xos_grid *conf;
	int rc = parse(&o, argc, argv);

	if (!rc) {
		conf = rca_conf_read(o.conf, &err);
		rc = conf ? o.command->run(&o, conf, &err) : fail(&err);
		xos_grid_destroy(conf);
	}
	if (o.passphrase)
		OPENSSL_cleanse(o.passphrase, strlen(o.passphrase));
	free(o.passphrase);
	if (fflush(stdout) && !rc) {
		perror("xos-rca: standard output");
		rc = XOS_EXIT_FAILED;
	}
	return rc < 0 ? 0 : rc;
}
