// SPDX-License-Identifier: GPL-2.0-only
/*
 * garble.c: says nonsense to a node, as a broken or hostile machine would.
 *
 * usage: garble NODE SEED
 *
 * Each case is one connection: bytes that are no record, records cut short,
 * with a wrong length, count, type or version, a hello that lies; then, after
 * a good hello, random changes to good records.  Exits 0 when every connection
 * was refused or ended by the node, 1 when it could not reach the node at all.
 */
#include <linux/tipc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERVICE_TYPE	0x53534931
#define MAGIC		0x31495353
#define VERSION		3	/* of frames */
#define RECORD_VERSION	1	/* of what is in a control frame */
#define HEADER_LEN	16
#define HELLO_LEN	152
#define CONTROL		3	/* type of a control frame */
#define RANDOM_CASES	40
#define MAX_LEN		4096

static unsigned char record[MAX_LEN];

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

int main(int argc, char **argv)
{
	unsigned int node = argc > 1 ? atoi(argv[1]) : 0;
	unsigned int i, type;

	srand(argc > 2 ? atoi(argv[2]) : 1);
	memset(record, 0x55, sizeof(record));
	say(node, 1);
	say(node, sizeof(record));
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
