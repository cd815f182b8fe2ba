// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddm-sim.c: runs the object protocol through random schedules; prints TAP.
 *
 *	kddm-sim [--seconds N] [--runs N] [--seed N]	many, from a seed on
 *		 [--nodes N]				each with so many machines
 *	kddm-sim --replay SEED				one, with its trace
 *	kddm-sim --table 4,16				packets of an operation
 *
 * The faults of a schedule are those of schedule.c, of which the ones that
 * make two clusters of one are left out: what a quorum does not decide can not
 * be coherent.  A schedule that fails is made smaller: fewer requests, then
 * fewer faults.  Exit status: 0 all well, 1 a schedule failed, 2 usage.
 */
#include "kddm-sim.h"

#include <getopt.h>
#include <inttypes.h>
#include <time.h>

static void make(struct config *config, u64 seed, unsigned int nodes)
{
	unsigned int i;

	schedule_make(config, seed, nodes);
	load_make(&kddm_load, seed);
	config->layers = SSI_RECOVERY_STEPS;
	config->stage_us = config->stage_us > 20 * MS ? 20 * MS :
							config->stage_us;
	config->rule = SSI_RULE_MAJORITY;
	config->lasting = false;
	config->ops[0].mask = ~0ULL;
	if (config->nodes < 3 && !nodes)
		config->nodes = 3;
	for (i = 0; i < config->nr_ops; i++)
		if (config->ops[i].kind == OP_FAIL)
			config->ops[i].dropped = true;
}

static void print(const struct config *config)
{
	schedule_print(config);
	load_print(&kddm_load);
}

static int replay(u64 seed, unsigned int nodes)
{
	struct config config;
	char why[256];

	make(&config, seed, nodes);
	print(&config);
	if (schedule_run(&config, true, why, sizeof(why))) {
		printf("ok 1 - schedule %" PRIu64 "\n", seed);
		return 0;
	}
	printf("not ok 1 - schedule %" PRIu64 ": %s\n", seed, why);
	return 1;
}

/* As few requests as still fail. */
static void shrink_load(struct config *config)
{
	u64 low = 0, high = kddm_load.requests;
	char why[256];

	while (low + 1 < high) {
		kddm_load.requests = (low + high) / 2;
		if (schedule_run(config, false, why, sizeof(why)))
			low = kddm_load.requests;
		else
			high = kddm_load.requests;
	}
	kddm_load.requests = high;
}

static void report(struct config *config, const char *why)
{
	char again[256] = "";

	printf("not ok 1 - %s\n# all of it: SEED=%" PRIu64
	       " tests/sim/kddm-run --nodes %u\n", why, config->seed,
	       config->nodes);
	print(config);
	shrink_load(config);
	schedule_shrink(config);
	shrink_load(config);
	printf("# what is left of it still fails:\n");
	print(config);
	schedule_run(config, true, again, sizeof(again));
	printf("# %s\n", again);
}

static int run_many(u64 seed, u64 runs, u64 seconds, unsigned int nodes)
{
	struct config config;
	time_t end = time(NULL) + seconds;
	u64 done, seed_first = seed;
	char why[256];

	for (done = 0; runs ? done < runs : time(NULL) < end; done++) {
		make(&config, seed++, nodes);
		if (schedule_run(&config, false, why, sizeof(why)))
			continue;
		report(&config, why);
		return 1;
	}
	printf("ok 1 - %" PRIu64 " schedules of shared objects from seed %"
	       PRIu64 " on keep the invariants\n# %" PRIu64 " requests, %"
	       PRIu64 " packets, %" PRIu64 " events\n", done, seed_first,
	       kddm_requests, kddm_packets, schedule_events);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "runs", required_argument, NULL, 'r' },
		{ "nodes", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 'S' },
		{ "replay", required_argument, NULL, 'p' },
		{ "table", required_argument, NULL, 't' },
		{ },
	};
	u64 seconds = 10, runs = 0, seed = 1, again = 0;
	unsigned int nodes = 0;
	int c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	world_upper = &kddm_upper;
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (c) {
		case 's':
			seconds = strtoull(optarg, NULL, 0);
			break;
		case 'r':
			runs = strtoull(optarg, NULL, 0);
			break;
		case 'S':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'p':
			again = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			nodes = strtoul(optarg, NULL, 0);
			break;
		case 't':
			return table_objects(optarg);
		default:
			return 2;
		}
	}
	if (nodes == 1 || nodes > SSI_MAX_NODES)
		return 2;
	return again ? replay(again, nodes) :
		       run_many(seed, runs, seconds, nodes);
}
