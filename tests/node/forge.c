// SPDX-License-Identifier: GPL-2.0-only
/*
 * forge.c: a program that any user of a node may run, and that wants to be one.
 *
 * usage: forge NODE CLAIM BUILD
 *        forge NODE CLAIM		call, say nothing, until hung up on
 *
 * Calls NODE and says a perfect hello as node CLAIM of module version BUILD: the
 * right session, a fresh nonce, and the ids of the keys that NODE itself has
 * just named.  All that it lacks is a key, so as proof it tries chance, then, on
 * another call, the proof that NODE sent, and last nothing but a record.
 * Exits 0 when NODE refused each time and sent nothing but hello, proof and
 * refusal; 1 when it let the program in; 3 when NODE was not to be reached.
 */
#include <errno.h>
#include <linux/tipc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERVICE_TYPE	0x53534931
#define HEADER_LEN	16
#define TYPE_AT		5
#define HELLO		1
#define REFUSE		2
#define CONTROL		3
#define PROOF		16
#define HELLO_LEN	152
#define NODE_AT		20
#define FLAGS_AT	22
#define INCARNATION_AT	24
#define BUILD_AT	32
#define BUILD_LEN	64
#define MACHINE_AT	96
#define NONCE_AT	104
#define PROOF_LEN	48
#define WAIT_MS		5000

enum attempt { ATTEMPT_CHANCE, ATTEMPT_REFLECT, ATTEMPT_SKIP, ATTEMPTS };

static unsigned char heard[66000];

static int call(unsigned int node)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SERVICE_ADDR,
		.addr.name.name.type = SERVICE_TYPE,
		.addr.name.name.instance = node,
	};
	int fd = socket(AF_TIPC, SOCK_SEQPACKET, 0);

	if (fd >= 0 && !connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	perror("forge");
	exit(3);
}

/* Type of the next record, 0 at the end or when none comes. */
static int listen_to(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	if (poll(&poller, 1, WAIT_MS) <= 0 ||
	    recv(fd, heard, sizeof(heard), 0) < HEADER_LEN)
		return 0;
	return heard[TYPE_AT];
}

/* @heard holds NODE's hello: ours is the same but for what is our own. */
static void send_hello(int fd, unsigned int claim, const char *build)
{
	unsigned char hello[HELLO_LEN];

	memcpy(hello, heard, sizeof(hello));
	hello[NODE_AT] = claim;
	hello[NODE_AT + 1] = claim >> 8;
	hello[FLAGS_AT] = 1;		/* online: the other one would have to go */
	if (getrandom(hello + INCARNATION_AT, 4, 0) != 4 ||
	    getrandom(hello + MACHINE_AT, 6, 0) != 6 ||
	    getrandom(hello + NONCE_AT, 32, 0) != 32)
		exit(3);
	memset(hello + BUILD_AT, 0, BUILD_LEN);
	strncpy((char *)hello + BUILD_AT, build, BUILD_LEN - 1);
	if (send(fd, hello, sizeof(hello), MSG_NOSIGNAL) < 0)
		perror("forge: hello");
}

static void send_proof(int fd, enum attempt attempt)
{
	unsigned char record[PROOF_LEN];

	memcpy(record, heard, sizeof(record));
	if (attempt == ATTEMPT_CHANCE &&
	    getrandom(record + HEADER_LEN, 32, 0) != 32)
		exit(3);
	if (attempt == ATTEMPT_SKIP)
		record[TYPE_AT] = CONTROL;
	if (send(fd, record, sizeof(record), MSG_NOSIGNAL) < 0)
		perror("forge: proof");
}

/* Return: 0 refused, or simply hung up on after no proof at all; 1 let in. */
static int try(unsigned int node, unsigned int claim, const char *build,
	       enum attempt attempt)
{
	int fd = call(node), type = listen_to(fd), refused = 0;

	if (type != HELLO) {
		fprintf(stderr, "forge: record %d instead of a hello\n", type);
		return 3;
	}
	send_hello(fd, claim, build);
	type = listen_to(fd);
	if (type != PROOF) {
		fprintf(stderr, "forge: record %d instead of a proof\n", type);
		return 3;
	}
	send_proof(fd, attempt);
	while ((type = listen_to(fd))) {
		if (type != REFUSE) {
			fprintf(stderr, "forge: let in, record %d\n", type);
			return 1;
		}
		refused = 1;
	}
	close(fd);
	return refused || attempt == ATTEMPT_SKIP ? 0 : 1;
}

static int keep_silent(unsigned int node)
{
	int fd = call(node);

	while (listen_to(fd))
		;
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	enum attempt attempt;
	int status;

	if (argc == 3)
		return keep_silent(atoi(argv[1]));
	if (argc != 4)
		return 2;
	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		status = try(atoi(argv[1]), atoi(argv[2]), argv[3], attempt);
		if (status)
			return status;
	}
	return 0;
}
