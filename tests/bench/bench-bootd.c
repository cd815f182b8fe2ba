// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bench-bootd.c - a boot storm on loopback, with and without admission control
 *
 *	NODES clients, each with an address of its own in 127.1.0.0/16, all
 *	through their firmware within one second
 *		|  GET /boot/MAC (waits as it is told), GET /img/ID/root,
 *		|  POST /report stage=root
 *	xos-bootd, a process of its own, on 127.0.0.1
 *
 * One thread, epoll; what it receives is dropped in the kernel.  A client that is
 * refused tries again as the boot script does, five times, then it is lost.
 * Time to image: from the start of the storm to the image's last byte.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "libxos/atomic.h"
#include "pxe/bootd.h"
#include "pxe/text.h"
#include "tests/remove-tree.h"

#define NODES		1000
#define IMAGE_SIZE	(20 << 20)
#define SLOTS		32
#define RUNS		5
#define TRIES		5
#define STORM_MAX_S	300
#define FIRMWARE_S	1.0	/* between the first and the last request */
#define ID		"0123456789abcdef"

enum step { SCRIPT, IMAGE, REPORT, DONE, LOST };

/**
 * struct client - one node
 * @step: what it asks for now
 * @fd: its connection, -1: it waits until @due_s
 * @tries: refusals in a row
 * @waits: how often it was told to wait
 * @head: what came so far of an answer that is looked at
 * @left: bytes of the image that are still to come; -1: its header is not read
 */
struct client {
	enum step step;
	int fd;
	double due_s;
	unsigned int tries, waits;
	char head[2048];
	size_t len;
	int64_t left;
	double image_s;
};

static struct client clients[NODES];
static struct sockaddr_in server;
static unsigned int refusals;
static int epoll_fd;
static char dir[64];

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static in_addr_t address_of(int i)
{
	return htonl(0x7f010000 + (i / 250 << 8) + i % 250 + 1);
}

static void make_file(const char *name, const void *data, size_t len)
{
	struct xos_error err = { 0 };
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	*strrchr(path, '/') = '\0';
	xos_mkdir_p(path, 0755, &err);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (xos_file_write(path, data, len, 0644, false, &err)) {
		fprintf(stderr, "bench-bootd: %s\n", err.text);
		exit(1);
	}
}

static void make_image(void)
{
	unsigned char digest[EVP_MAX_MD_SIZE], *image = calloc(1, IMAGE_SIZE);
	char hex[65], manifest[256];
	int len;

	if (!image)
		die("image");
	for (size_t i = 0; i < IMAGE_SIZE; i += 64)
		image[i] = i >> 6;
	EVP_Digest(image, IMAGE_SIZE, digest, NULL, EVP_sha256(), NULL);
	for (int i = 0; i < 32; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	len = snprintf(manifest, sizeof(manifest),
		       "{\"files\":{\"root\":{\"size\":%d,\"sha256\":\"%s\"}}}",
		       IMAGE_SIZE, hex);
	make_file("images/" ID "/root", image, IMAGE_SIZE);
	make_file("images/" ID "/manifest.json", manifest, len);
	free(image);
}

static void make_nodes(void)
{
	struct xos_text text = { 0 };

	xos_text_add(&text, "xos-nodes 1 %d\n", NODES);
	for (int i = 0; i < NODES; i++) {
		struct in_addr address = { address_of(i) };

		xos_text_add(&text, "node n%d 52-54-00-00-%02x-%02x %s\nboot " ID " 1 quiet\n",
			     i, i >> 8, i & 0xff, inet_ntoa(address));
	}
	make_file("nodes", text.s, text.len);
	free(text.s);
}

/* The server in a process of its own, so that its processor time is seen. */
static pid_t start_server(unsigned int slots)
{
	char text[512], path[128];
	int len = snprintf(text, sizeof(text),
			   "listen 127.0.0.1\nport 0\nurl http://127.0.0.1\nslots %u\n"
			   "nodes %s/nodes\nimage-dir %s/images\n",
			   slots, dir, dir);
	uint16_t port = 0;
	int fds[2];
	pid_t pid;

	make_file("conf", text, len);
	if (pipe(fds))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		struct xos_error err = { 0 };
		struct xos_bootd_conf *conf;
		struct xos_bootd *bootd;
		sigset_t set;
		int sig;

		sigemptyset(&set);
		sigaddset(&set, SIGTERM);
		sigprocmask(SIG_BLOCK, &set, NULL);
		signal(SIGPIPE, SIG_IGN);
		snprintf(path, sizeof(path), "%s/conf", dir);
		conf = xos_bootd_conf_load(path, NULL, &err);
		bootd = conf ? xos_bootd_start(conf, NULL, &err) : NULL;
		if (!bootd) {
			fprintf(stderr, "bench-bootd: %s\n", err.text);
			_exit(1);
		}
		port = xos_bootd_port(bootd);
		if (write(fds[1], &port, sizeof(port)) < 0)
			_exit(1);
		sigwait(&set, &sig);
		xos_bootd_stop(bootd);
		_exit(0);
	}
	close(fds[1]);
	if (read(fds[0], &port, sizeof(port)) != sizeof(port))
		die("server");
	close(fds[0]);
	server = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	return pid;
}

static void hang_up(struct client *c)
{
	close(c->fd);
	c->fd = -1;
}

/* Refused, reset, or not what was asked for: wait longer each time, then give up. */
static void refused(struct client *c)
{
	refusals++;
	hang_up(c);
	if (++c->tries >= TRIES)
		c->step = LOST;
	c->due_s = now_s() + (1 << c->tries);
}

static void begin(int i)
{
	struct client *c = &clients[i];
	struct sockaddr_in own = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = address_of(i),
	};
	struct epoll_event event = { .events = EPOLLOUT, .data.u32 = i };
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		die("socket");
	c->len = 0;
	c->left = -1;
	setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(c->fd, (void *)&own, sizeof(own)))
		die("bind");
	if (connect(c->fd, (void *)&server, sizeof(server)) &&
	    errno != EINPROGRESS) {
		refused(c);
		return;
	}
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event))
		die("epoll_ctl");
}

static void send_request(int i)
{
	struct client *c = &clients[i];
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };
	char text[256];
	int len;

	if (c->step == SCRIPT)
		len = snprintf(text, sizeof(text), "GET /boot/52-54-00-00-%02x-%02x?try=%u HTTP/1.1\r\n"
			       "User-Agent: iPXE/1.0.0\r\n", i >> 8, i & 0xff, c->waits);
	else if (c->step == IMAGE)
		len = snprintf(text, sizeof(text), "GET /img/" ID "/root HTTP/1.1\r\n");
	else
		len = snprintf(text, sizeof(text), "POST /report HTTP/1.1\r\nContent-Length: 10\r\n");
	len += snprintf(text + len, sizeof(text) - len,
			"Host: h\r\nConnection: close\r\n\r\n%s",
			c->step == REPORT ? "stage root" : "");
	if (send(c->fd, text, len, MSG_NOSIGNAL) != len)
		refused(c);
	else if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &event))
		die("epoll_ctl");
}

/* The whole of a short answer is there. */
static void take_answer(struct client *c)
{
	const char *sleep_line = strstr(c->head, "\nsleep ");
	unsigned int wait_s;

	if (c->step == REPORT && strstr(c->head, " 204 ")) {
		hang_up(c);
		c->step = DONE;
	} else if (c->step == SCRIPT && strstr(c->head, "\nboot\n")) {
		hang_up(c);
		c->tries = 0;
		c->step = IMAGE;
		c->due_s = 0;
	} else if (c->step == SCRIPT && sleep_line && strstr(c->head, "nodes before") &&
		   sscanf(sleep_line, "\nsleep %u", &wait_s) == 1) {
		hang_up(c);
		c->tries = 0;
		c->waits++;
		c->due_s = now_s() + wait_s;
	} else {
		refused(c);
	}
}

/* The image's bytes go nowhere: MSG_TRUNC drops them in the kernel. */
static void take_image(struct client *c)
{
	char *end;
	ssize_t n;

	if (c->left < 0) {
		end = strstr(c->head, "\r\n\r\n");
		if (!end)
			return;
		if (strncmp(c->head, "HTTP/1.1 200", 12)) {
			refused(c);
			return;
		}
		c->left = IMAGE_SIZE - (c->len - (end + 4 - c->head));
	}
	while (c->left > 0) {
		n = recv(c->fd, NULL, c->left, MSG_TRUNC);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			refused(c);
			return;
		}
		c->left -= n;
	}
	hang_up(c);
	c->image_s = now_s();
	c->tries = 0;
	c->step = REPORT;
	c->due_s = 0;
}

static void receive(struct client *c)
{
	ssize_t n;

	if (c->step == IMAGE && c->left >= 0) {
		take_image(c);
		return;
	}
	n = recv(c->fd, c->head + c->len, sizeof(c->head) - 1 - c->len, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0) {
		refused(c);
		return;
	}
	c->len += n;
	c->head[c->len] = '\0';
	if (c->step == IMAGE && n)
		take_image(c);
	else if (!n || c->len == sizeof(c->head) - 1)
		take_answer(c);
}

static int begin_due(double now)
{
	int left = 0;

	for (int i = 0; i < NODES; i++) {
		struct client *c = &clients[i];

		if (c->step == DONE || c->step == LOST)
			continue;
		left++;
		if (c->fd < 0 && c->due_s <= now)
			begin(i);
	}
	return left;
}

static void storm(void)
{
	double start = now_s(), now, looked = 0;
	struct epoll_event events[256];

	for (int i = 0; i < NODES; i++)
		clients[i] = (struct client){
			.fd = -1,
			.left = -1,
			.due_s = start + FIRMWARE_S * i / NODES,
		};
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	for (;;) {
		int n;

		now = now_s();
		if (now - start > STORM_MAX_S)
			break;
		if (now - looked > 0.01) {
			looked = now;
			if (!begin_due(now))
				break;
		}
		n = epoll_wait(epoll_fd, events, 256, 10);
		for (int e = 0; e < n; e++) {
			struct client *c = &clients[events[e].data.u32];

			if (events[e].events & EPOLLOUT &&
			    !(events[e].events & EPOLLERR))
				send_request(events[e].data.u32);
			else
				receive(c);
		}
	}
	for (int i = 0; i < NODES; i++) {
		clients[i].image_s = clients[i].image_s ?
			clients[i].image_s - start : STORM_MAX_S;
		if (clients[i].fd >= 0)
			close(clients[i].fd);
	}
	close(epoll_fd);
}

/* What one storm gave; every member is a double, so that all are treated alike. */
enum { P50, P99, LAST, CPU, REFUSED, N_LOST, N_FIGURES };

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void run(unsigned int slots, double figures[N_FIGURES])
{
	pid_t pid = start_server(slots);
	double times[NODES], lost = 0;
	struct rusage usage;
	int status;

	refusals = 0;
	storm();
	kill(pid, SIGTERM);
	if (wait4(pid, &status, 0, &usage) != pid || status)
		die("server");
	for (int i = 0; i < NODES; i++) {
		times[i] = clients[i].image_s;
		lost += clients[i].step != DONE;
	}
	qsort(times, NODES, sizeof(double), compare);
	figures[P50] = times[NODES / 2];
	figures[P99] = times[NODES * 99 / 100];
	figures[LAST] = times[NODES - 1];
	figures[CPU] = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
		(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	figures[REFUSED] = refusals;
	figures[N_LOST] = lost;
}

static double with[N_FIGURES][RUNS], without[N_FIGURES][RUNS];

static void print(FILE *json, int runs)
{
	static const struct {
		const char *name, *unit;
		const char *target;
	} figures[N_FIGURES] = {
		[P50] = { "p50 time to image", "s", "null" },
		[P99] = { "p99 time to image", "s", "null" },
		[LAST] = { "last image", "s", "null" },
		[CPU] = { "server's processor", "s", "null" },
		[REFUSED] = { "refusals", "requests", "null" },
		[N_LOST] = { "nodes refused for ever", "nodes", "0" },
	};

	printf("%d nodes, %d MB each, medians of %d\n%-24s %12s %12s %8s %8s\n",
	       NODES, IMAGE_SIZE >> 20, runs, "", "32 slots", "no limit", "ratio",
	       "spread");
	fputs("[\n", json);
	for (int i = 0; i < N_FIGURES; i++) {
		double o, p, spread;

		qsort(with[i], runs, sizeof(double), compare);
		qsort(without[i], runs, sizeof(double), compare);
		o = with[i][runs / 2];
		p = without[i][runs / 2];
		spread = with[i][runs - 1] - with[i][0];
		printf("%-24s %12.2f %12.2f %8.2f %8.2f  %s\n", figures[i].name, o,
		       p, p ? o / p : 1, spread, figures[i].unit);
		fprintf(json,
			" {\"name\": \"bootd %s\", \"unit\": \"%s\", \"ours\": %.3f, "
			"\"peer\": %.3f, \"ratio\": %.4f, \"target\": %s, "
			"\"runs\": %d, \"spread\": %.3f}%s\n",
			figures[i].name, figures[i].unit, o, p, p ? o / p : 1,
			figures[i].target, runs, spread,
			i < N_FIGURES - 1 ? "," : "");
	}
	fputs("]\n", json);
}

int main(int argc, char **argv)
{
	const char *wanted = getenv("RUNS");
	int runs = wanted ? atoi(wanted) : RUNS;
	struct rlimit limit;
	FILE *json;

	if (argc != 2 || runs < 1 || runs > RUNS) {
		fprintf(stderr, "usage: [RUNS=1..%d] bench-bootd FILE.json\n", RUNS);
		return 2;
	}
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < 2 * NODES + 64) {
		fprintf(stderr, "bench-bootd: %d open files are needed, allowed are %lu\n",
			2 * NODES + 64, (unsigned long)limit.rlim_cur);
		return 1;
	}
	strcpy(dir, "/dev/shm/xos-bootd-XXXXXX");
	if (!mkdtemp(dir))
		die(dir);
	make_image();
	make_nodes();
	for (int i = 0; i < runs; i++) {
		double a[N_FIGURES], b[N_FIGURES];

		run(SLOTS, a);
		run(0, b);
		for (int f = 0; f < N_FIGURES; f++) {
			with[f][i] = a[f];
			without[f][i] = b[f];
		}
	}
	remove_tree(dir);
	json = fopen(argv[1], "we");
	if (!json)
		die(argv[1]);
	print(json, runs);
	return fclose(json) ? 1 : 0;
}
