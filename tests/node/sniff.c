// SPDX-License-Identifier: GPL-2.0-only
/*
 * sniff.c: writes down all that passes on an interface; or says something there.
 *
 * usage: sniff INTERFACE FILE		until it is killed
 *        sniff INTERFACE -		send one TIPC frame in clear to all
 *
 * FILE is the frames' bytes, one frame after the other, made before the first.
 * FILE.clear and FILE.cipher get a byte for each TIPC frame that is, or is not,
 * in clear.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIPC_PROTOCOL	0x88ca
#define ENCRYPTED	7	/* version of a TIPC frame that is */
#define TIPC_VERSION2	0x5a	/* first byte of a discovery message in clear */

static int speak(int fd)
{
	unsigned char frame[ETH_ZLEN] = { 0 };

	memset(frame, 0xff, ETH_ALEN);
	memcpy(frame + ETH_ALEN, "\x02strng", ETH_ALEN);
	frame[2 * ETH_ALEN] = TIPC_PROTOCOL >> 8;
	frame[2 * ETH_ALEN + 1] = TIPC_PROTOCOL & 0xff;
	frame[ETH_HLEN] = TIPC_VERSION2;
	return send(fd, frame, sizeof(frame), 0) != sizeof(frame);
}

static int create(const char *name, const char *suffix)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s%s", name, suffix);
	return open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
}

static int write_down(int fd, const char *name)
{
	static unsigned char frame[70000];
	int clear = create(name, ".clear"), cipher = create(name, ".cipher");
	int all = create(name, "");
	ssize_t n;

	while (all >= 0 && (n = recv(fd, frame, sizeof(frame), 0)) > 0) {
		if (write(all, frame, n) != n)
			break;
		if (n <= ETH_HLEN || frame[12] != TIPC_PROTOCOL >> 8 ||
		    frame[13] != (TIPC_PROTOCOL & 0xff))
			continue;
		if (write(frame[ETH_HLEN] >> 5 == ENCRYPTED ? cipher : clear, ".", 1) != 1)
			break;
	}
	perror(name);
	return 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
	};
	/* A bridge shows what it passes on to others only to who asks for all. */
	struct packet_mreq all = { .mr_type = PACKET_MR_PROMISC };
	int fd;

	if (argc != 3)
		return 2;
	fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	addr.sll_ifindex = all.mr_ifindex = if_nametoindex(argv[1]);
	if (fd < 0 || !addr.sll_ifindex ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		perror(argv[1]);
		return 1;
	}
	return strcmp(argv[2], "-") ? write_down(fd, argv[2]) : speak(fd);
}
