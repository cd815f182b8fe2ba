// SPDX-License-Identifier: LGPL-2.1-or-later
/* test-spawn.c - child processes: output, input, time limits, what they inherit */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "libxos/atomic.h"
#include "libxos/spawn.h"

static char out[4096], errout[4096];
static struct xos_error err;

static const char *const *sh(const char *script)
{
	static const char *argv[4] = { "sh", "-c" };

	argv[2] = script;
	return argv;
}

static int run(const char *script)
{
	return xos_spawn_run(&(struct xos_spawn) {
		.argv = sh(script), .out = out, .out_size = sizeof(out),
	}, &err);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static void returns_the_status(void **state)
{
	(void)state;
	assert_int_equal(run("exit 0"), 0);
	assert_int_equal(run("exit 3"), 3);
	assert_int_equal(run("kill -9 $$"), 128 + SIGKILL);
}

static void captures_output(void **state)
{
	(void)state;
	assert_int_equal(run("echo out; echo err >&2"), 0);
	assert_string_equal(out, "out\nerr\n");
	assert_int_equal(xos_spawn_run(&(struct xos_spawn) {
		.argv = sh("echo out; echo err >&2"), .out = out,
		.out_size = sizeof(out), .errout = errout,
		.errout_size = sizeof(errout),
	}, NULL), 0);
	assert_string_equal(out, "out\n");
	assert_string_equal(errout, "err\n");
}

static void output_is_bounded(void **state)
{
	char little[6];

	(void)state;
	assert_int_equal(xos_spawn_run(&(struct xos_spawn) {
		.argv = sh("seq 1 200000"), .out = little, .out_size = sizeof(little),
	}, NULL), 0);
	assert_string_equal(little, "1\n2\n3");
	assert_int_equal(xos_spawn_run(&(struct xos_spawn) {
		.argv = sh("seq 1 200000; exit 4"),
	}, NULL), 4);
}

static void gives_input(void **state)
{
	size_t len = 1 << 20;
	char *input = malloc(len);

	(void)state;
	memset(input, 'x', len);
	assert_int_equal(xos_spawn_run(&(struct xos_spawn) {
		.argv = sh("wc -c"), .input = input, .input_len = len, .out = out,
		.out_size = sizeof(out),
	}, NULL), 0);
	assert_int_equal(atoi(out), 1 << 20);
	/* A child that does not read it is no harm. */
	assert_int_equal(xos_spawn_run(&(struct xos_spawn) {
		.argv = sh("exit 0"), .input = input, .input_len = len,
	}, NULL), 0);
	free(input);
	assert_int_equal(run("wc -c"), 0);
	assert_int_equal(atoi(out), 0);
}

static void appends_to_a_log(void **state)
{
	char log[] = "/tmp/test-spawn.XXXXXX";
	struct xos_spawn spawn = { .argv = sh("echo a; echo b >&2"), .log = log };
	char *text;

	(void)state;
	close(mkstemp(log));
	assert_int_equal(xos_spawn_run(&spawn, NULL), 0);
	assert_int_equal(xos_spawn_run(&spawn, NULL), 0);
	text = xos_file_read(log, 100, NULL, NULL);
	assert_string_equal(text, "a\nb\na\nb\n");
	free(text);
	unlink(log);
	spawn.log = "/no/such/dir/log";
	assert_int_equal(xos_spawn_run(&spawn, &err), -ENOENT);
}

static void says_what_cannot_run(void **state)
{
	const char *const none[] = { "no-such-program", NULL };
	const char *const plain[] = { "/etc/passwd", NULL };

	(void)state;
	assert_int_equal(xos_spawn_run(&(struct xos_spawn) { .argv = none }, &err),
			 -ENOENT);
	assert_string_equal(err.text, "cannot run no-such-program: No such file or directory; is it installed?");
	assert_int_equal(xos_spawn_run(&(struct xos_spawn) { .argv = plain }, &err),
			 -EACCES);
	assert_int_equal(xos_spawn_run(&(struct xos_spawn) {
		.argv = sh("exit 0"), .dir = "/no/such/dir",
	}, &err), -ENOENT);
}

static void sets_directory_and_environment(void **state)
{
	const char *const env[] = { "XOS_TEST=a b", NULL };

	(void)state;
	assert_int_equal(xos_spawn_run(&(struct xos_spawn) {
		.argv = sh("echo $PWD:$XOS_TEST:${HOME:+kept}"), .dir = "/", .env = env,
		.out = out, .out_size = sizeof(out),
	}, NULL), 0);
	assert_string_equal(out, getenv("HOME") ? "/:a b:kept\n" : "/:a b:\n");
}

static void stops_at_the_time_limit(void **state)
{
	int64_t start = now_ms();

	(void)state;
	assert_int_equal(xos_spawn_run(&(struct xos_spawn) {
		.argv = sh("echo before; sleep 60"), .out = out,
		.out_size = sizeof(out), .timeout_ms = 200,
	}, &err), -ETIMEDOUT);
	assert_true(now_ms() - start < 10000);
	assert_string_equal(out, "before\n");
	assert_string_equal(err.text, "sh: not done after 200 ms, stopped");
}

/* Neither gone nor a zombie that init has yet to reap. */
static bool is_alive(int pid)
{
	char path[64], *text;
	bool alive;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	text = xos_file_read(path, 4096, NULL, NULL);
	alive = text && !strstr(text, ") Z ");
	free(text);
	return alive;
}

static void kills_what_ignores_sigterm(void **state)
{
	int64_t start = now_ms();
	int pid;

	(void)state;
	assert_int_equal(xos_spawn_run(&(struct xos_spawn) {
		.argv = sh("trap '' TERM; sleep 60 & echo $!; wait; sleep 60"),
		.out = out, .out_size = sizeof(out), .timeout_ms = 500,
		.grace_ms = 100,
	}, &err), -ETIMEDOUT);
	assert_true(now_ms() - start < 10000);
	pid = atoi(out);
	assert_true(pid > 1);
	for (int i = 0; i < 100 && is_alive(pid); i++)
		usleep(20000);
	assert_false(is_alive(pid));
}

static volatile sig_atomic_t cancelled;

static void on_alarm(int signal)
{
	(void)signal;
	cancelled = 1;
}

static void can_be_cancelled(void **state)
{
	struct itimerval in_200_ms = { .it_value.tv_usec = 200000 };
	struct sigaction action = { .sa_handler = on_alarm };
	int64_t start = now_ms();

	(void)state;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &in_200_ms, NULL);
	assert_int_equal(xos_spawn_run(&(struct xos_spawn) {
		.argv = sh("sleep 60"), .cancel = &cancelled,
	}, &err), -EINTR);
	assert_string_equal(err.text, "sh: interrupted");
	assert_true(now_ms() - start < 10000);
}

static void survives_signals(void **state)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };
	struct sigaction action = { .sa_handler = on_alarm };

	(void)state;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	assert_int_equal(run("seq 1 20000 | tail -n 1; exit 5"), 5);
	setitimer(ITIMER_REAL, &never, NULL);
	assert_string_equal(out, "20000\n");
}

static void does_not_wait_for_daemons(void **state)
{
	int64_t start = now_ms();

	(void)state;
	assert_int_equal(run("sleep 20 & echo $!"), 0);
	assert_true(now_ms() - start < 10000);
	assert_true(atoi(out) > 1);
	kill(atoi(out), SIGKILL);
}

static void inherits_nothing(void **state)
{
	int fd = open("/dev/null", O_RDONLY);	/* as a careless library would */

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(run("ls /proc/self/fd | wc -l"), 0);
	assert_int_equal(atoi(out), 4);		/* 0 1 2 and the directory */
	close(fd);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(run("kill -PIPE $$; exit 0"), 128 + SIGPIPE);
	signal(SIGPIPE, SIG_DFL);
}

/* All of ours closed: the pipes come to lie on 0, 1 and 2. */
static void works_without_stdio(void **state)
{
	int status, pid = fork();

	(void)state;
	if (!pid) {
		const char *const none[] = { "no-such-program", NULL };

		close(0);
		close(1);
		close(2);
		if (run("echo out; echo err >&2; exit 6") != 6 ||
		    strcmp(out, "out\nerr\n"))
			_exit(1);
		_exit(xos_spawn_run(&(struct xos_spawn) { .argv = none },
				    &err) != -ENOENT);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void leaks_no_descriptor(void **state)
{
	int before = dup(0), after;

	(void)state;
	close(before);
	for (int i = 0; i < 20; i++) {
		run("echo a");
		xos_spawn_run(&(struct xos_spawn) {
			.argv = (const char *const[]) { "no-such-program", NULL },
		}, NULL);
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

static void check_makes_an_error(void **state)
{
	struct xos_spawn spawn = {
		.argv = sh("echo first; echo 'no space' >&2; exit 3"), .out = out,
		.out_size = sizeof(out),
	};

	(void)state;
	assert_int_equal(xos_spawn_check(&spawn, &err), -ECHILD);
	assert_string_equal(err.text, "sh: exit status 3: first no space");
	spawn.argv = sh("kill -TERM $$");
	assert_int_equal(xos_spawn_check(&spawn, &err), -ECHILD);
	assert_string_equal(err.text, "sh: ended by signal 15");
	spawn.argv = sh("exit 0");
	assert_int_equal(xos_spawn_check(&spawn, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns_the_status),
		cmocka_unit_test(captures_output),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(gives_input),
		cmocka_unit_test(appends_to_a_log),
		cmocka_unit_test(says_what_cannot_run),
		cmocka_unit_test(sets_directory_and_environment),
		cmocka_unit_test(stops_at_the_time_limit),
		cmocka_unit_test(kills_what_ignores_sigterm),
		cmocka_unit_test(can_be_cancelled),
		cmocka_unit_test(survives_signals),
		cmocka_unit_test(does_not_wait_for_daemons),
		cmocka_unit_test(inherits_nothing),
		cmocka_unit_test(works_without_stdio),
		cmocka_unit_test(leaks_no_descriptor),
		cmocka_unit_test(check_makes_an_error),
	};

	return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
