// SPDX-License-Identifier: GPL-2.0
/*
 * capture INTERFACE COUNT: receives so many packets that the interface sends or receives, and fails
 * if one cannot be read. It creates the file "capturing" in the current folder when it has begun.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char packet[1 << 17];
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int room = 4 << 20, fd;

	if (argc != 3)
		errx(2, "usage: capture INTERFACE COUNT");
	address.sll_ifindex = if_nametoindex(argv[1]);
	if (!address.sll_ifindex)
		err(1, "%s", argv[1]);
	fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	if (fd < 0)
		err(1, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		err(1, "SO_RCVBUFFORCE");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "bind");
	if (creat("capturing", 0600) < 0)
		err(1, "capturing");
	for (int left = atoi(argv[2]); left; left--)
		if (recv(fd, packet, sizeof(packet), 0) < 0)
			err(1, "recv");
	return 0;
}
