// SPDX-License-Identifier: GPL-2.0-only
/* console.c - a machine's serial console (see console.h) */
#include "console.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define CONSOLE_ESCAPE	0x1d	/* Ctrl-] */

static int console_connect(const char *path, struct xos_error *err)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(a.sun_path))
		return xos_error_set(err, -ENAMETOOLONG, XOS_EXIT_FAILED,
				     "%s: path too long for a socket", path);
	strcpy(a.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		int rc = xos_error_set(err, -errno, XOS_EXIT_FAILED,
			"%s: %s; is another console attached?", path, strerror(errno));

		if (fd >= 0)
			close(fd);
		return rc;
	}
	return fd;
}

static bool copy_some(int from, int to, bool watch_escape)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof(buf));

	if (n <= 0 || (watch_escape && memchr(buf, CONSOLE_ESCAPE, (size_t)n)))
		return false;
	return write(to, buf, (size_t)n) == n;
}

int xos_console_attach(const char *path, struct xos_error *err)
{
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	bool tty = isatty(STDIN_FILENO), go = true;
	struct termios saved, raw;
	int fd = console_connect(path, err);

	if (fd < 0)
		return fd;
	p[1] = (struct pollfd){ .fd = fd, .events = POLLIN };
	if (tty && tcgetattr(STDIN_FILENO, &saved) == 0) {
		raw = saved;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
		fprintf(stderr, "connected; Ctrl-] leaves\r\n");
	}
	while (go && (poll(p, 2, -1) > 0 || errno == EINTR)) {
		if (p[1].revents)
			go = copy_some(fd, STDOUT_FILENO, false);
		if (go && p[0].revents)
			go = copy_some(STDIN_FILENO, fd, tty);
	}
	if (tty)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	close(fd);
	return 0;
}

int xos_console_tail(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n;
	long end;
	char *line;

	buf[0] = '\0';
	if (!f)
		return 0;
	if (fseek(f, 0, SEEK_END) == 0) {
		end = ftell(f);
		fseek(f, end > (long)size - 1 ? end - (long)size + 1 : 0, SEEK_SET);
	}
	n = fread(buf, 1, size - 1, f);
	fclose(f);
	/* A NUL in a log must not end the text. */
	for (size_t i = 0; i < n; i++)
		if (!buf[i])
			buf[i] = '?';
	buf[n] = '\0';
	line = n == size - 1 ? strchr(buf, '\n') : NULL;
	if (line) {
		n -= (size_t)(line + 1 - buf);
		memmove(buf, line + 1, n + 1);
	}
	return (int)n;
}
