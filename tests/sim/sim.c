// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim.c: runs schedules and prints TAP.
 *
 *	sim [--seconds N] [--runs N] [--seed N]	many schedules, from a seed on
 *	    [--nodes N]				each with so many machines
 *	sim --replay SEED			one, with its trace
 *	sim --table 3,5,16			messages of a view change
 *
 * Exit status: 0 all well, 1 a schedule failed, 2 usage.
 */
#include "sim.h"

#include <getopt.h>
#include <inttypes.h>
#include <time.h>

static int replay(u64 seed, unsigned int nodes)
{
	struct config config;
	char why[256];

	schedule_make(&config, seed, nodes);
	schedule_print(&config);
	if (schedule_run(&config, true, why, sizeof(why))) {
		printf("ok 1 - schedule %" PRIu64 "\n", seed);
		return 0;
	}
	printf("not ok 1 - schedule %" PRIu64 ": %s\n", seed, why);
	return 1;
}

static void report(struct config *config, const char *why)
{
	char again[256] = "";

	printf("not ok 1 - %s\n# all of it: SEED=%" PRIu64 " tests/sim/run --nodes %u\n",
	       why, config->seed, config->nodes);
	schedule_print(config);
	schedule_shrink(config);
	printf("# what is left of it still fails:\n");
	schedule_print(config);
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
		schedule_make(&config, seed++, nodes);
		if (schedule_run(&config, false, why, sizeof(why)))
			continue;
		report(&config, why);
		return 1;
	}
	printf("ok 1 - %" PRIu64 " schedules from seed %" PRIu64 " on keep the invariants\n"
	       "# %" PRIu64 " events, %" PRIu64 " messages\n", done, seed_first,
	       schedule_events, schedule_messages);
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
			table_print(optarg);
			return 0;
		default:
			return 2;
		}
	}
	if (nodes == 1 || nodes > SSI_MAX_NODES)
		return 2;
	return again ? replay(again, nodes) :
		       run_many(seed, runs, seconds, nodes);
}
