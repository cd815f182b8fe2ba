// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * resource-measure.c - looks at this machine, or the cluster it is part of
 *
 * Processors and memory are those of /proc: where the cluster is one system, that
 * is all of it.  The members are those that krgadm tells.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../libxos/cleanup.h"
#include "../libxos/spawn.h"
#include "grid-input.h"
#include "resource.h"

#define KRGADM_TIMEOUT_MS 5000
#define KRGADM_OUT (64u << 10)

/* The value behind "KEY<separator>" in a file; "" when it is not there. */
static void look_up(const char *path, const char *key, const char *separator, char *text,
		    size_t size)
{
	cleanup_fclose FILE *file = fopen(path, "re");
	size_t len = strlen(key);
	char line[512], *value;

	*text = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, len))
			continue;
		value = line + len + strspn(line + len, " \t");
		if (strncmp(value, separator, strlen(separator)))
			continue;
		value += strlen(separator);
		value += strspn(value, " \t\"");
		value[strcspn(value, "\"\n")] = '\0';
		for (char *p = value; *p; p++)
			if (!isprint((unsigned char)*p))
				*p = '?';
		snprintf(text, size, "%s", value);
		return;
	}
}

static unsigned int memory_mib(const char *key)
{
	char text[64];

	look_up("/proc/meminfo", key, ":", text, sizeof(text));
	return (unsigned int)(strtoull(text, NULL, 10) >> 10);
}

/* The fourth word of loadavg: RUNNING/ALL; one of them is this program. */
static unsigned int running(void)
{
	cleanup_fclose FILE *file = fopen("/proc/loadavg", "re");
	unsigned int n = 0;

	if (!file || fscanf(file, "%*s %*s %*s %u/", &n) != 1)
		return 0;
	return n ? n - 1 : 0;
}

static int add_member(struct resource *r, unsigned int id, const char *state)
{
	struct resource_member *member;

	member = realloc(r->member, (r->n_members + 1) * sizeof(*member));
	if (!member)
		return -ENOMEM;
	r->member = member;
	member += r->n_members++;
	member->id = id;
	snprintf(member->state, sizeof(member->state), "%s", state);
	return 0;
}

/* A cluster that cannot be asked is a failure: it must not shrink to one machine. */
static int measure_members(struct resource *r, struct xos_error *err)
{
	const char *const argv[] = { "krgadm", "nodes", "status", NULL };
	cleanup_free char *out = malloc(KRGADM_OUT);
	const struct xos_spawn spawn = { .argv = argv, .out = out, .out_size = KRGADM_OUT,
					 .timeout_ms = KRGADM_TIMEOUT_MS };
	char *line, *rest, state[16];
	unsigned int id;
	int rc = out ? xos_spawn_check(&spawn, err) : -ENOMEM;

	for (line = rc ? NULL : strtok_r(out, "\n", &rest); line && !rc;
	     line = strtok_r(NULL, "\n", &rest))
		if (sscanf(line, "%u:%15[a-z]", &id, state) == 2)
			rc = add_member(r, id, state);
	return rc;
}

static void measure_checkpointer(struct resource *r, const char *gcp)
{
	char text[512];

	look_up(gcp, "checkpointer", "=", r->checkpointer, sizeof(r->checkpointer));
	look_up(gcp, "probe", "=", text, sizeof(text));
	r->checkpoints = *text && !access(text, F_OK);
	look_up(gcp, "threads", "=", text, sizeof(text));
	r->threads = !strcmp(text, "true");
	look_up(gcp, "sockets", "=", text, sizeof(text));
	r->sockets = !strcmp(text, "true");
	look_up(gcp, "sysvipc", "=", text, sizeof(text));
	r->sysvipc = !strcmp(text, "true");
	look_up(gcp, "incremental", "=", text, sizeof(text));
	r->incremental = !strcmp(text, "true");
	if (!*r->checkpointer)
		snprintf(r->checkpointer, sizeof(r->checkpointer), "none");
}

int resource_measure(struct resource *resource, const struct xos_grid *conf,
		     const char *gcp, struct xos_error *err)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct utsname uts;

	memset(resource, 0, sizeof(*resource));
	if (uname(&uts) || processors < 1)
		return xos_error_set(err, -EIO, XOS_EXIT_FAILED, "this machine says nothing of itself");
	snprintf(resource->name, sizeof(resource->name), "%s", conf->value[XOS_GRID_MYHOSTNAME]);
	snprintf(resource->grid, sizeof(resource->grid), "%s", conf->value[XOS_GRID_GRIDNAME]);
	snprintf(resource->kernel, sizeof(resource->kernel), "%s", uts.release);
	snprintf(resource->platform, sizeof(resource->platform), "%.31s", uts.machine);
	look_up("/etc/os-release", "PRETTY_NAME", "=", resource->os, sizeof(resource->os));
	look_up("/proc/cpuinfo", "model name", ":", resource->model, sizeof(resource->model));
	resource->time = time(NULL);
	resource->processors = (unsigned int)processors;
	resource->memory_mib = memory_mib("MemTotal");
	resource->available_mib = memory_mib("MemAvailable");
	resource->running = running();
	measure_checkpointer(resource, gcp);
	if (xos_grid_is(conf, XOS_GRID_SSIFLAVOUR, "kerrighed"))
		return measure_members(resource, err);
	return 0;
}
