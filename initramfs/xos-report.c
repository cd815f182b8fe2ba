// SPDX-License-Identifier: GPL-2.0-only
/*
 * xos-report.c - a node's side of the boot server's protocol
 *
 * Owns: one HTTP request, tried until it is answered or the time is up.
 *   xos-report STAGE [DETAIL...]	POST /report
 *   xos-report -g PATH			GET, body to stdout when it is whole
 *   xos-report -g PATH -o FILE		the same into a file, continued by Range
 * Does not own: what a stage means (docs/design.md), the digest of a file.
 *
 * It is linked statically and knows addresses only, no names: it runs in an
 * initramfs without a C library, and on an emulated processor the dynamic
 * linker would cost more than the request.
 *
 *   try_until() -> exchange() -> dial(), send_all(), read_head(), read_body()
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_PORT	8069
#define DEFAULT_WAIT_S	20
#define IO_TIMEOUT_MS	10000		/* at most, of one connect, read or write */
#define IO_TIMEOUT_MIN_MS 1000
#define BACKOFF_MIN_MS	200
#define BACKOFF_MAX_MS	8000
#define HEAD_MAX	8192		/* bytes of a response's head */
#define BODY_MAX	65536		/* bytes of a body that goes to stdout */
#define REPORT_MAX	1024		/* bytes, docs/design.md */
#define DETAIL_MAX	255
#define ETAG_MAX	128

enum { EXIT_OK, EXIT_REFUSED, EXIT_USAGE, EXIT_UNREACHABLE };

/**
 * struct request - what is asked, and how far its answer has come
 * @addr: the server
 * @host: the same as text, "1.2.3.4:8069"
 * @path: begins with '/'
 * @post: body to send; NULL makes it a GET
 * @out: file that receives the answer, -1: @body does
 * @have: bytes of @out that are there; a new try asks for the rest
 * @etag: of the answer that @out is from, "" when it had none
 * @body: answer kept in memory, @body_len bytes
 * @io_timeout_ms: bound of one connect, read or write
 * @why: why the last try failed
 */
struct request {
	struct sockaddr_in addr;
	char host[32];
	const char *path;
	const char *post;
	int out;
	uint64_t have;
	char etag[ETAG_MAX];
	char body[BODY_MAX];
	size_t body_len;
	int io_timeout_ms;
	char why[160];
};

/**
 * struct head - what we use of a response's head
 * @status: 100..599
 * @length: Content-Length, meaningful when @has_length
 * @start: first byte of a Content-Range
 * @rest, @rest_len: bytes of the body that came with the head
 */
struct head {
	char buf[HEAD_MAX];
	int status;
	uint64_t length;
	uint64_t start;
	bool has_length;
	char etag[ETAG_MAX];
	const char *rest;
	size_t rest_len;
};

static int64_t now_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Remember why; the caller's "again" is -EAGAIN, "no use" -EPROTO. */
__attribute__((format(printf, 3, 4)))
static int fail(struct request *rq, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(rq->why, sizeof(rq->why), fmt, ap);
	va_end(ap);
	return code;
}

static int wait_for(const struct request *rq, int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = poll(&p, 1, rq->io_timeout_ms);

	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0 ? 0 : -1;
}

static int dial(struct request *rq)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(int);
	int err = 0;

	if (fd < 0)
		return fail(rq, -EAGAIN, "socket: %s", strerror(errno));
	if (!connect(fd, (struct sockaddr *)&rq->addr, sizeof(rq->addr)))
		return fd;
	if (errno != EINPROGRESS || wait_for(rq, fd, POLLOUT))
		err = errno;
	else
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (!err)
		return fd;
	close(fd);
	return fail(rq, -EAGAIN, "connect: %s", strerror(err));
}

static int send_all(struct request *rq, int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN && !wait_for(rq, fd, POLLOUT))
			continue;
		if (n < 0)
			return fail(rq, -EAGAIN, "send: %s", strerror(errno));
		buf += n;
		len -= n;
	}
	return 0;
}

static ssize_t receive(struct request *rq, int fd, char *buf, size_t size)
{
	for (;;) {
		ssize_t n = recv(fd, buf, size, 0);

		if (n >= 0)
			return n;
		if (errno == EINTR || (errno == EAGAIN && !wait_for(rq, fd, POLLIN)))
			continue;
		return fail(rq, -EAGAIN, "receive: %s", strerror(errno));
	}
}

/* Decimal digits up to the character @end, which ends the string or goes on. */
static bool parse_number(const char *s, char end, uint64_t *value)
{
	uint64_t v = 0;

	if (!isdigit((unsigned char)*s))
		return false;
	for (; isdigit((unsigned char)*s); s++) {
		if (v > (UINT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (*s - '0');
	}
	*value = v;
	return *s == end;
}

/* One "Name: value" line; unknown names are not ours to judge. */
static bool parse_field(struct head *h, char *line)
{
	char *value = strchr(line, ':');

	if (!value || value == line)
		return false;
	*value++ = '\0';
	value += strspn(value, " \t");
	if (!strcasecmp(line, "Content-Length")) {
		if (h->has_length)
			return false;
		h->has_length = true;
		return parse_number(value, '\0', &h->length);
	}
	if (!strcasecmp(line, "Content-Range"))
		return !strncmp(value, "bytes ", 6) &&
		       parse_number(value + 6, '-', &h->start);
	if (!strcasecmp(line, "ETag") && strlen(value) < sizeof(h->etag))
		strcpy(h->etag, value);
	return strcasecmp(line, "Transfer-Encoding") != 0;
}

static bool parse_head(struct head *h, char *end)
{
	char *line = h->buf, *next;

	*end = '\0';
	next = strstr(line, "\r\n");
	if (next)
		*next = '\0';
	if (strncmp(line, "HTTP/1.", 7) || !isdigit((unsigned char)line[7]) ||
	    line[8] != ' ' || strspn(line + 9, "0123456789") != 3)
		return false;
	h->status = atoi(line + 9);
	while (next) {
		line = next + 2;
		next = strstr(line, "\r\n");
		if (next)
			*next = '\0';
		if (!parse_field(h, line))
			return false;
	}
	return true;
}

static int read_head(struct request *rq, int fd, struct head *h)
{
	size_t len = 0;
	char *end = NULL;

	h->has_length = false;
	h->start = 0;
	h->etag[0] = '\0';
	while (!end) {
		ssize_t n;

		if (len == sizeof(h->buf) - 1)
			return fail(rq, -EPROTO, "answer: head too long");
		n = receive(rq, fd, h->buf + len, sizeof(h->buf) - 1 - len);
		if (n < 0)
			return n;
		if (n == 0)
			return fail(rq, -EAGAIN, "answer: cut short in its head");
		len += n;
		end = memmem(h->buf, len, "\r\n\r\n", 4);
	}
	if (memchr(h->buf, '\0', end - h->buf))
		return fail(rq, -EPROTO, "answer: NUL in its head");
	h->rest = end + 4;
	h->rest_len = h->buf + len - h->rest;
	if (!parse_head(h, end))
		return fail(rq, -EPROTO, "answer: not understood");
	return 0;
}

static int keep(struct request *rq, const char *buf, size_t len)
{
	if (rq->out < 0) {
		if (len > sizeof(rq->body) - rq->body_len)
			return fail(rq, -EPROTO, "answer: too long");
		memcpy(rq->body + rq->body_len, buf, len);
		rq->body_len += len;
		return 0;
	}
	while (len) {
		ssize_t n = pwrite(rq->out, buf, len, rq->have);

		if (n < 0)
			return fail(rq, -EPROTO, "write: %s", strerror(errno));
		buf += n;
		len -= n;
		rq->have += n;
	}
	return 0;
}

static int read_body(struct request *rq, int fd, const struct head *h)
{
	static char buf[65536];
	uint64_t left = h->length;
	const char *chunk = h->rest;
	ssize_t n = h->rest_len;

	for (;;) {
		if ((uint64_t)n > left)
			return fail(rq, -EPROTO, "answer: longer than it says");
		if (keep(rq, chunk, n))
			return -EPROTO;
		left -= n;
		if (!left)
			return 0;
		chunk = buf;
		n = receive(rq, fd, buf, sizeof(buf));
		if (n < 0)
			return n;
		if (n == 0)
			return fail(rq, -EAGAIN, "answer: %llu bytes missing",
				    (unsigned long long)left);
	}
}

/* Does the answer go on where we stopped, or does it begin again? */
static int place(struct request *rq, const struct head *h)
{
	bool same = !strcmp(rq->etag, h->etag);

	rq->body_len = 0;
	if (h->status == 206 && same && h->start == rq->have)
		return 0;
	if (h->status != 200)
		return fail(rq, -EAGAIN, "answer: another part than asked for");
	rq->have = 0;
	strcpy(rq->etag, h->etag);
	if (rq->out >= 0 && ftruncate(rq->out, 0))
		return fail(rq, -EPROTO, "truncate: %s", strerror(errno));
	return 0;
}

static int send_request(struct request *rq, int fd)
{
	char buf[4096 + REPORT_MAX];
	int len = snprintf(buf, sizeof(buf), "%s %s HTTP/1.1\r\nHost: %s\r\n"
			   "User-Agent: xos-report/" XOS_VERSION "\r\n"
			   "Connection: close\r\n", rq->post ? "POST" : "GET",
			   rq->path, rq->host);

	if (rq->have)
		len += snprintf(buf + len, sizeof(buf) - len,
				"Range: bytes=%llu-\r\n",
				(unsigned long long)rq->have);
	if (rq->have && rq->etag[0])
		len += snprintf(buf + len, sizeof(buf) - len,
				"If-Range: %s\r\n", rq->etag);
	if (rq->post)
		len += snprintf(buf + len, sizeof(buf) - len,
				"Content-Type: text/plain\r\n"
				"Content-Length: %zu\r\n", strlen(rq->post));
	len += snprintf(buf + len, sizeof(buf) - len, "\r\n%s",
			rq->post ? rq->post : "");
	return send_all(rq, fd, buf, len);
}

/* One try.  0: done; -EAGAIN: worth another; -EPROTO: refused for good. */
static int exchange(struct request *rq)
{
	static struct head h;
	int fd = dial(rq), ret;

	if (fd < 0)
		return fd;
	ret = send_request(rq, fd);
	if (!ret)
		ret = read_head(rq, fd, &h);
	if (ret)
		goto out_close;
	if (h.status == 204 || (rq->post && h.status == 200))
		goto out_close;
	if (h.status != 200 && h.status != 206) {
		ret = fail(rq, h.status >= 500 || h.status == 429 ?
			   -EAGAIN : -EPROTO, "status %d", h.status);
		goto out_close;
	}
	ret = h.has_length ? place(rq, &h) :
		fail(rq, -EPROTO, "answer: no length");
	if (!ret)
		ret = read_body(rq, fd, &h);
out_close:
	close(fd);
	return ret;
}

/* Half to all of @ms: nodes that fail together must not come back together. */
static int64_t jitter(int64_t ms)
{
	uint32_t r = now_ms(CLOCK_MONOTONIC) ^ getpid();

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) < 0)
		r *= 2654435761u;
	return ms / 2 + r % (ms / 2 + 1);
}

static int try_until(struct request *rq, int64_t wait_s)
{
	int64_t start = now_ms(CLOCK_MONOTONIC), backoff = BACKOFF_MIN_MS;

	rq->io_timeout_ms = wait_s * 1000 < IO_TIMEOUT_MIN_MS ? IO_TIMEOUT_MIN_MS :
		wait_s * 1000 < IO_TIMEOUT_MS ? wait_s * 1000 : IO_TIMEOUT_MS;
	for (;;) {
		uint64_t before = rq->have;
		int ret = exchange(rq);
		int64_t now = now_ms(CLOCK_MONOTONIC), pause;

		if (ret != -EAGAIN)
			return ret;
		/* What moves is not dead: only time without a byte counts. */
		if (rq->have > before) {
			start = now;
			backoff = BACKOFF_MIN_MS;
		}
		pause = jitter(backoff);
		if (now + pause - start >= (int64_t)wait_s * 1000)
			return ret;
		poll(NULL, 0, pause);
		backoff = backoff * 2 < BACKOFF_MAX_MS ? backoff * 2 : BACKOFF_MAX_MS;
	}
}

/* Text of a small file of /proc; "" when there is none. */
static char *read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static const char *url_of_cmdline(void)
{
	static char line[4096];
	char *word, *save;

	read_text("/proc/cmdline", line, sizeof(line));
	for (word = strtok_r(line, " \n", &save); word;
	     word = strtok_r(NULL, " \n", &save))
		if (!strncmp(word, "xos.report=", 11))
			return word + 11;
	return NULL;
}

/* "http://1.2.3.4[:port][/]": nothing else is ever on our command line. */
static bool parse_url(struct request *rq, const char *url)
{
	uint64_t port = DEFAULT_PORT;
	char text[32];
	char *colon;

	if (strncmp(url, "http://", 7) || strlen(url + 7) >= sizeof(text))
		return false;
	strcpy(text, url + 7);
	if (*text && text[strlen(text) - 1] == '/')
		text[strlen(text) - 1] = '\0';
	strcpy(rq->host, text);
	colon = strchr(text, ':');
	if (colon) {
		*colon = '\0';
		if (!parse_number(colon + 1, '\0', &port) || !port || port > 65535)
			return false;
	}
	rq->addr.sin_family = AF_INET;
	rq->addr.sin_port = htons(port);
	return inet_pton(AF_INET, text, &rq->addr.sin_addr) == 1;
}

static void make_report(char *buf, char *const argv[], int argc)
{
	char boot[64], detail[DETAIL_MAX + 1] = "";
	size_t len = 0;
	char *p;
	int i;

	for (i = 1; i < argc && len < DETAIL_MAX; i++)
		len += snprintf(detail + len, sizeof(detail) - len, "%s%s",
				i > 1 ? " " : "", argv[i]);
	for (p = detail; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = ' ';
	read_text("/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	boot[strcspn(boot, "\n")] = '\0';
	snprintf(buf, REPORT_MAX + 1, "stage %.15s\nboot %s\nuptime %lld\ndetail %s\n",
		 argv[0], boot, (long long)now_ms(CLOCK_BOOTTIME), detail);
}

static void usage(FILE *out)
{
	fputs("usage: xos-report [-u URL] [-t SECONDS] STAGE [DETAIL...]\n"
	      "       xos-report [-u URL] [-t SECONDS] -g PATH [-o FILE]\n"
	      "Report a stage of this machine's boot to the boot server, or fetch from it.\n\n"
	      "  -u, --url URL      http://ADDRESS[:PORT]; default: xos.report= of the kernel\n"
	      "                     command line\n"
	      "  -t, --time SECONDS give up after that long without an answer (20)\n"
	      "  -g, --get PATH     print what GET answers\n"
	      "  -o, --output FILE  write it there; a transfer that breaks is continued\n"
	      "  -h, --help         print this\n"
	      "  -V, --version      print the version\n\n"
	      "Exit status: 0 done, 1 refused by the server or not stored, 2 usage,\n"
	      "3 no answer in time.\n", out);
}

static int finish(struct request *rq, int ret)
{
	if (!ret && rq->out < 0 && !rq->post &&
	    fwrite(rq->body, 1, rq->body_len, stdout) != rq->body_len)
		ret = fail(rq, -EPROTO, "stdout: %s", strerror(errno));
	if (!ret && fflush(stdout))
		ret = fail(rq, -EPROTO, "stdout: %s", strerror(errno));
	if (ret)
		fprintf(stderr, "xos-report: %s%s: %s\n", rq->host, rq->path, rq->why);
	return !ret ? EXIT_OK : ret == -EAGAIN ? EXIT_UNREACHABLE : EXIT_REFUSED;
}

static int bad_usage(const char *what)
{
	fprintf(stderr, "xos-report: %s; see xos-report --help\n", what);
	return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "url", required_argument, NULL, 'u' },
		{ "time", required_argument, NULL, 't' },
		{ "get", required_argument, NULL, 'g' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ }
	};
	static struct request rq = { .out = -1, .path = "/report" };
	const char *url = NULL, *get = NULL, *file = NULL;
	char report[REPORT_MAX + 1];
	uint64_t wait_s = DEFAULT_WAIT_S;
	int c;

	while ((c = getopt_long(argc, argv, "u:t:g:o:hV", options, NULL)) != -1) {
		switch (c) {
		case 'u':
			url = optarg;
			break;
		case 't':
			if (!parse_number(optarg, '\0', &wait_s) || wait_s > 86400)
				return bad_usage("-t wants 0..86400 seconds");
			break;
		case 'g':
			get = optarg;
			break;
		case 'o':
			file = optarg;
			break;
		case 'h':
			usage(stdout);
			return EXIT_OK;
		case 'V':
			puts("xos-report " XOS_VERSION);
			return EXIT_OK;
		default:
			return bad_usage("wrong option");
		}
	}
	if (!get == (optind == argc) || (file && !get))
		return bad_usage("one of STAGE or -g PATH");
	if (get && (get[0] != '/' || strlen(get) > 2000 || strpbrk(get, " \r\n")))
		return bad_usage("-g wants a path that begins with /");
	if (!url)
		url = url_of_cmdline();
	if (!url)
		return bad_usage("no -u, and no xos.report= on the kernel command line");
	if (!parse_url(&rq, url))
		return bad_usage("URL is not http://ADDRESS[:PORT]");
	if (get) {
		rq.path = get;
	} else {
		make_report(report, argv + optind, argc - optind);
		rq.post = report;
	}
	if (file) {
		rq.out = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (rq.out < 0) {
			fprintf(stderr, "xos-report: %s: %s\n", file, strerror(errno));
			return EXIT_REFUSED;
		}
	}
	return finish(&rq, try_until(&rq, wait_s));
}
