// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * spawn.c - fork, exec, poll, reap
 *
 * The child's stdin is a memory file, so nothing has to be pumped into it and
 * no SIGPIPE can come.  Its end is seen through a pidfd, in one poll() with its
 * output.  Why exec failed comes back through a pipe that exec closes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "cleanup.h"
#include "clock.h"
#include "spawn.h"

#define GRACE_DEFAULT_MS	2000
#define CANCEL_LOOK_MS		100	/* a signal may come just before poll() */
#define TAIL_MAX		200	/* of the output, in an error */
#define DRAIN_MAX		64	/* reads in a row; more than a pipe holds */

/** struct sink - one captured stream: a pipe's end and where its bytes go */
struct sink {
	int fd;
	char *buf;
	size_t size, used;
};

/**
 * struct child - one child and our ends of what connects us to it
 * @theirs: what becomes its stdin, stdout and stderr
 * @deadline_ms: next step against it, on the monotonic clock; -1 none
 * @fate: 0 while all is well, else why it is being stopped
 */
struct child {
	const struct xos_spawn *spawn;
	int theirs[3];
	struct sink out, errout;
	int exec_fd[2];
	int pid, pidfd;
	int64_t deadline_ms;
	int fate;
};

static int64_t now_ms(void)
{
	return xos_clock_ms(CLOCK_MONOTONIC);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int open_input(const struct xos_spawn *spawn)
{
	const char *data = spawn->input;
	size_t len = spawn->input_len;
	int fd;

	if (!data)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd = memfd_create("stdin", MFD_CLOEXEC);
	while (fd >= 0 && len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			close(fd);
			return -1;
		}
		data += n;
		len -= n;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static int open_sink(struct sink *sink, char *buf, size_t size, int *theirs)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	sink->fd = fd[0];
	sink->buf = buf;
	sink->size = size;
	*theirs = fd[1];
	return fcntl(fd[0], F_SETFL, O_NONBLOCK);
}

static int open_streams(struct child *c)
{
	const struct xos_spawn *s = c->spawn;

	c->theirs[0] = open_input(s);
	if (c->theirs[0] < 0)
		return -1;
	if (s->out) {
		if (open_sink(&c->out, s->out, s->out_size, &c->theirs[1]) < 0)
			return -1;
	} else {
		c->theirs[1] = open(s->log ? s->log : "/dev/null",
				    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (c->theirs[1] < 0)
			return -1;
	}
	if (s->errout)
		return open_sink(&c->errout, s->errout, s->errout_size, &c->theirs[2]);
	c->theirs[2] = fcntl(c->theirs[1], F_DUPFD_CLOEXEC, 3);
	return c->theirs[2] < 0 ? -1 : 0;
}

/* Moved out of the way first: any of ours may be one of 0, 1, 2. */
static int place_streams(int theirs[3])
{
	for (int i = 0; i < 3; i++) {
		theirs[i] = fcntl(theirs[i], F_DUPFD_CLOEXEC, 3);
		if (theirs[i] < 0)
			return -1;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(theirs[i], i) < 0)
			return -1;
	return 0;
}

static void reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child; only returns when it could not become the program. */
static void become(struct child *c, int parent)
{
	const struct xos_spawn *s = c->spawn;

	setpgid(0, 0);
	c->exec_fd[1] = fcntl(c->exec_fd[1], F_DUPFD_CLOEXEC, 3);
	if (!s->survive) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(127);
	}
	if (place_streams(c->theirs) < 0)
		return;
	/* Also what a library opened without O_CLOEXEC stays here. */
	syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
	if (s->dir && chdir(s->dir) < 0)
		return;
	for (const char *const *e = s->env; e && *e; e++)
		putenv((char *)*e);
	reset_signals();
	execvp(s->argv[0], (char *const *)s->argv);
}

static int start(struct child *c)
{
	int parent = getpid();

	if (open_streams(c) < 0 || pipe2(c->exec_fd, O_CLOEXEC) < 0)
		return -errno;
	c->pid = fork();
	if (c->pid < 0)
		return -errno;
	if (!c->pid) {
		int code;

		become(c, parent);
		code = errno;
		if (write(c->exec_fd[1], &code, sizeof(code)) < 0)
			_exit(126);
		_exit(127);
	}
	setpgid(c->pid, c->pid);	/* whoever of the two comes first */
	for (int i = 0; i < 3; i++)
		close_fd(&c->theirs[i]);
	close_fd(&c->exec_fd[1]);
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	return c->pidfd < 0 ? -errno : 0;
}

/* Why exec failed, 0 when it did not: exec closes the other end. */
static int exec_result(struct child *c)
{
	int code = 0;
	ssize_t n;

	do
		n = read(c->exec_fd[0], &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(code) ? -code : 0;
}

/* Takes what is there; closes the sink at its end. */
static void drain(struct sink *sink)
{
	char waste[4096];
	ssize_t n;

	for (int i = 0; i < DRAIN_MAX && sink->fd >= 0; i++) {
		size_t room = sink->size ? sink->size - 1 - sink->used : 0;

		n = read(sink->fd, room ? sink->buf + sink->used : waste,
			 room ? room : sizeof(waste));
		if (n > 0 && room)
			sink->used += n;
		if (n < 0 && errno == EAGAIN)
			return;
		if (!n || (n < 0 && errno != EINTR))
			close_fd(&sink->fd);
	}
}

/* Time is up, or cancelled: SIGTERM, and the next time SIGKILL. */
static void stop(struct child *c, int fate)
{
	const struct xos_spawn *s = c->spawn;

	if (c->fate) {
		kill(-c->pid, SIGKILL);
		c->deadline_ms = -1;
		return;
	}
	c->fate = fate;
	kill(-c->pid, SIGTERM);
	kill(-c->pid, SIGCONT);
	c->deadline_ms = now_ms() + (s->grace_ms ? s->grace_ms : GRACE_DEFAULT_MS);
}

static int poll_timeout(const struct child *c)
{
	int64_t left = -1;

	if (c->deadline_ms >= 0) {
		left = c->deadline_ms - now_ms();
		if (left < 0)
			left = 0;
	}
	if (c->spawn->cancel && !c->fate && (left < 0 || left > CANCEL_LOOK_MS))
		left = CANCEL_LOOK_MS;
	return left > INT32_MAX ? INT32_MAX : (int)left;
}

/* Until the child has ended; what it left in the pipes is taken, too. */
static void attend(struct child *c)
{
	struct pollfd p[3] = { { .fd = c->pidfd, .events = POLLIN } };

	while (!(p[0].revents & POLLIN)) {
		p[1] = (struct pollfd) { .fd = c->out.fd, .events = POLLIN };
		p[2] = (struct pollfd) { .fd = c->errout.fd, .events = POLLIN };
		if (poll(p, 3, poll_timeout(c)) < 0)
			p[0].revents = 0;
		drain(&c->out);
		drain(&c->errout);
		if (c->spawn->cancel && *c->spawn->cancel && !c->fate)
			stop(c, -EINTR);
		if (c->deadline_ms >= 0 && now_ms() >= c->deadline_ms)
			stop(c, -ETIMEDOUT);
	}
	drain(&c->out);
	drain(&c->errout);
}

static int reap(struct child *c)
{
	int status, rc;

	/* Nobody of its group outlives it; not reaped yet, its id is still ours. */
	if (c->fate)
		kill(-c->pid, SIGKILL);
	do
		rc = waitpid(c->pid, &status, 0);
	while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return -errno;
	if (c->fate)
		return c->fate;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(struct child *c)
{
	int rc = start(c), failed;

	if (rc && c->pid > 0) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	if (rc)
		return rc;
	failed = exec_result(c);
	attend(c);
	rc = reap(c);
	return failed ? failed : rc;
}

static void finish(struct child *c)
{
	for (int i = 0; i < 3; i++)
		close_fd(&c->theirs[i]);
	close_fd(&c->exec_fd[0]);
	close_fd(&c->exec_fd[1]);
	close_fd(&c->out.fd);
	close_fd(&c->errout.fd);
	close_fd(&c->pidfd);
	if (c->out.size)
		c->out.buf[c->out.used] = '\0';
	if (c->errout.size)
		c->errout.buf[c->errout.used] = '\0';
}

int xos_spawn_run(const struct xos_spawn *spawn, struct xos_error *err)
{
	struct child c = {
		.spawn = spawn, .theirs = { -1, -1, -1 }, .exec_fd = { -1, -1 },
		.out.fd = -1, .errout.fd = -1, .pid = -1, .pidfd = -1,
		.deadline_ms = spawn->timeout_ms > 0 ?
			now_ms() + spawn->timeout_ms : -1,
	};
	int rc;

	if (spawn->out && spawn->out_size)
		spawn->out[0] = '\0';
	if (spawn->errout && spawn->errout_size)
		spawn->errout[0] = '\0';
	rc = run(&c);
	finish(&c);
	if (rc == -ETIMEDOUT && c.fate)
		return xos_error_set(err, rc, XOS_EXIT_FAILED,
				     "%s: not done after %d ms, stopped",
				     spawn->argv[0], spawn->timeout_ms);
	if (rc == -EINTR && c.fate)
		return xos_error_set(err, rc, XOS_EXIT_FAILED, "%s: interrupted",
				     spawn->argv[0]);
	if (rc < 0)
		xos_error_set(err, rc, XOS_EXIT_FAILED, "cannot run %s: %s%s",
			      spawn->argv[0], strerror(-rc),
			      rc == -ENOENT ? "; is it installed?" : "");
	return rc;
}

/* The last line or so of what a program said, blanks for line ends. */
static void tail(const char *said, char *buf)
{
	size_t len = said ? strlen(said) : 0;

	while (len && strchr(" \n\r", said[len - 1]))
		len--;
	if (len > TAIL_MAX) {
		said += len - TAIL_MAX;
		len = TAIL_MAX;
	}
	for (size_t i = 0; i < len; i++)
		buf[i] = (unsigned char)said[i] < ' ' ? ' ' : said[i];
	buf[len] = '\0';
}

int xos_spawn_check(const struct xos_spawn *spawn, struct xos_error *err)
{
	int rc = xos_spawn_run(spawn, err);
	char said[TAIL_MAX + 1];

	if (rc <= 0)
		return rc;
	tail(spawn->errout ? spawn->errout : spawn->out, said);
	if (rc > 128)
		return xos_error_set(err, -ECHILD, XOS_EXIT_FAILED,
				     "%s: ended by signal %d%s%s", spawn->argv[0],
				     rc - 128, *said ? ": " : "", said);
	return xos_error_set(err, -ECHILD, XOS_EXIT_FAILED,
			     "%s: exit status %d%s%s", spawn->argv[0], rc,
			     *said ? ": " : "", said);
}
