// SPDX-License-Identifier: GPL-2.0-only
/*
 * garble.c: says nonsense to a node, as a broken or hostile machine would.
 *
 * usage: garble NODE SEED
 *        garble NODE SEED SECONDS
 *
 * With SECONDS, where security is off: comes in as node 77, lanes and all, says
 * calls, replies and credits good and bad until it is thrown out, and comes in
 * again.  Exits 0 when it was in, and out, more than once.
 *
 * Without:
 * Each case is one connection: bytes that are no record, records cut short,
 * with a wrong length, count, type or version, a hello that lies; then, after
 * a good hello, random changes to good records.  Exits 0 when every connection
 * was refused or ended by the node, 1 when it could not reach the node at all.
 */
#include <errno.h>
#include <linux/tipc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SERVICE_TYPE	0x53534931
#define MAGIC		0x31495353
#define VERSION		3	/* of frames */
#define RECORD_VERSION	1	/* of what is in a control frame */
#define HEADER_LEN	16
#define HELLO_LEN	152
#define CONTROL		3	/* types of frames */
#define CALL		4
#define REPLY		5
#define LANES		6
#define LANE		7
#define READY		8
#define CREDIT		9
#define TOKEN_LEN	32
#define LANE_LEN	56
#define RANDOM_CASES	40
#define MAX_LEN		4096

static unsigned char record[2 * MAX_LEN];
static unsigned char heard[66000];

static void put(size_t at, size_t bytes, unsigned long long value)
{
	for (; bytes--; value >>= 8)
		record[at++] = value;
}

static void put_header_at(size_t at, int version, int type, unsigned int len)
{
	put(at, 4, MAGIC);
	put(at + 4, 1, version);
	put(at + 5, 1, type);
	put(at + 8, 4, len);
}

static void put_header(int version, int type, unsigned int len)
{
	memset(record, 0, sizeof(record));
	put_header_at(0, version, type, len);
}

static void put_hello(unsigned int session, unsigned int node)
{
	put_header(VERSION, 1, HELLO_LEN);
	put(16, 4, session);
	put(20, 2, node);
	put(24, 8, 0x1234567);
	strcpy((char *)record + 32, "0.1.0");
}

static int call(unsigned int node)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SERVICE_ADDR,
		.addr.name.name.type = SERVICE_TYPE,
		.addr.name.name.instance = node,
	};
	int fd = socket(AF_TIPC, SOCK_SEQPACKET, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Read until the node ends it, a second at most without a word. */
static void finish(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	static char buf[66000];

	while (poll(&poller, 1, 1000) > 0 && recv(fd, buf, sizeof(buf), 0) > 0)
		;
	close(fd);
}

static int reached;

static void say(unsigned int node, size_t len)
{
	int fd = call(node);

	if (fd < 0)
		return;
	reached = 1;
	if (send(fd, record, len, MSG_NOSIGNAL) < 0)
		perror("send");
	finish(fd);
}

static void say_random(unsigned int node)
{
	int fd = call(node);
	unsigned int i, start = HEADER_LEN, len = 2 * HEADER_LEN + rand() % 64;
	int type = CONTROL + rand() % 3;	/* or a call, or a reply */

	if (fd < 0)
		return;
	/* 77: an id that no machine of the test has */
	put_hello(1, 77);
	send(fd, record, HELLO_LEN, MSG_NOSIGNAL);
	put_header(VERSION, rand() % 8 ? type : 1 + rand() % 10, len);
	if (type == CONTROL && rand() % 8) {
		put_header_at(HEADER_LEN, RECORD_VERSION, 1 + rand() % 8,
			      len - HEADER_LEN);
		start = 2 * HEADER_LEN;
	}
	for (i = start; i < len; i++)
		record[i] = rand() % 4 ? 0 : rand();
	send(fd, record, len, MSG_NOSIGNAL);
	finish(fd);
}

/* Wait for a record of this type; 0 when it came, it is in @heard. */
static int hear(int fd, int type)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	while (poll(&poller, 1, 2000) > 0 &&
	       recv(fd, heard, sizeof(heard), 0) >= HEADER_LEN)
		if (heard[5] == type)
			return 0;
	return -1;
}

/* A connection that is a lane: @token is what LANES said. */
static int open_lane(unsigned int node, int lane, const unsigned char *token)
{
	int fd = call(node);

	if (fd < 0)
		return -1;
	put_header(VERSION, LANE, LANE_LEN);
	memcpy(record + HEADER_LEN, token, TOKEN_LEN);
	put(HEADER_LEN + TOKEN_LEN, 4, lane);
	send(fd, record, LANE_LEN, MSG_NOSIGNAL);
	return fd;
}

/* fd[0] membership, fd[1] and fd[2] the lanes; 0 when we are in. */
static int come_in(unsigned int node, int *fd)
{
	unsigned char token[TOKEN_LEN];

	fd[1] = fd[2] = -1;
	fd[0] = call(node);
	if (fd[0] < 0)
		return -1;
	put_hello(1, 77);
	put(24, 8, (unsigned long long)rand() << 1 | 1);
	send(fd[0], record, HELLO_LEN, MSG_NOSIGNAL);
	if (hear(fd[0], LANES))
		return -1;
	memcpy(token, heard + HEADER_LEN, TOKEN_LEN);
	fd[1] = open_lane(node, 0, token);
	fd[2] = open_lane(node, 1, token);
	return hear(fd[0], READY);
}

/* A call, reply or credit, more or less; returns the bytes to send. */
static size_t put_anything(void)
{
	static const int types[] = { CALL, REPLY, CREDIT };
	int type = types[rand() % 3];
	size_t len = type == CREDIT ? 24 : 48 + rand() % 3 * (rand() % 3000);
	unsigned int hits = rand() % 4 ? 0 : 1 + rand() % 4;

	put_header(VERSION, type, len + (rand() % 8 ? 0 : rand() % 60000));
	put(HEADER_LEN, 8, rand() % 16);
	put(HEADER_LEN + 8, 8, rand() % 8);
	put(HEADER_LEN + 16, 8, rand());
	put(HEADER_LEN + 24, 2, rand() % 300);
	put(HEADER_LEN + 28, 4, rand() % 2 ? 0 : rand() % 70000);
	if (type == REPLY)
		put(HEADER_LEN + 8, 8, len > 48 ? 0 : rand() % 200);
	while (hits--)
		record[rand() % len] = rand();
	return rand() % 16 ? len : rand() % len + 1;
}

/* Return: how often it was in and thrown out. */
static unsigned int stay(unsigned int node, int seconds)
{
	time_t end = time(NULL) + seconds;
	unsigned int i, times = 0;
	int fd[3], in;

	while (time(NULL) < end) {
		in = !come_in(node, fd);
		for (i = 0; in && i < 2000; i++) {
			size_t len = put_anything();

			if (send(fd[1 + rand() % 2], record, len,
				 MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
			    errno != EAGAIN) {
				times++;
				break;
			}
		}
		for (i = 0; i < 3; i++)
			if (fd[i] >= 0)
				close(fd[i]);
	}
	printf("in and out %u times\n", times);
	return times;
}

int main(int argc, char **argv)
{
	unsigned int node = argc > 1 ? atoi(argv[1]) : 0;
	unsigned int i, type;

	srand(argc > 2 ? atoi(argv[2]) : 1);
	if (argc > 3)
		return stay(node, atoi(argv[3])) < 2;
	memset(record, 0x55, sizeof(record));
	say(node, 1);
	say(node, MAX_LEN);
	put_header(VERSION, 1, 16);
	say(node, 16);
	put_header(VERSION, 1, HELLO_LEN);
	say(node, HELLO_LEN);
	put_header(9, 3, 40);
	say(node, 40);
	for (type = 2; type < 12; type++) {
		put_header(VERSION, type, 24);
		say(node, 24);
	}
	put_hello(1, 77);
	put(8, 4, 0xffffffff);
	say(node, HELLO_LEN);
	put_hello(1, 5000);
	say(node, HELLO_LEN);
	put_hello(2, 77);
	say(node, HELLO_LEN);
	put_hello(1, 77);
	memset(record + 32, 'x', 64);
	say(node, HELLO_LEN);
	for (i = 0; i < RANDOM_CASES; i++)
		say_random(node);
	if (!reached)
		fputs("garble: no connection\n", stderr);
	return !reached;
}
