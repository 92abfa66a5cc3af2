// SPDX-License-Identifier: GPL-2.0
/* The disk and the interfaces, compared with the kernel's own: brd and null_blk, and veth. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define PACKET_SIZE 60
#define PING_SIZE 64

static char block[4096] __attribute__((aligned(4096)));
static char packet[PACKET_SIZE], echo[PING_SIZE], answer[128];

/* ---- disks */

static const struct disk {
	struct subject subject;
	const char *parameters;
	const char *needs;	/* another module, or NULL */
} disks[] = {
	{ { "hello", "/dev/hello_blk0", "hello_blk", NULL, NULL }, "capacity=8", NULL },
	{ { "brd", "/dev/ram0", "brd", NULL, NULL }, "rd_nr=1 rd_size=8192", NULL },
	/* With irqmode=0 it completes each request at once, as the others do. */
	{ { "null_blk", "/dev/nullb0", "null_blk", NULL, NULL },
	  "memory_backed=1 gb=1 nr_devices=1 bs=512 queue_mode=2 irqmode=0", "configfs" },
	{ { NULL, NULL, NULL, NULL, NULL }, NULL, NULL }
};

static long read_block(struct target *t, int count)
{
	REPEAT(call(SYS_pread64, t->fd, (long)block, sizeof(block), 4096, 0));
}

static long write_block(struct target *t, int count)
{
	REPEAT(call(SYS_pwrite64, t->fd, (long)block, sizeof(block), 4096, 0));
}

/* Blocks that were never written would be read without being copied. */
static void fill_block(struct target *t)
{
	write_block(t, 1);
}

static const struct operation disk_operations[] = {
	{ "disk-read-4096", 50, fill_block, read_block, false },
	{ "disk-write-4096", 50, fill_block, write_block, false },
	{ NULL, 0, NULL, NULL, false }
};

static void each_disk(work_on *work)
{
	for (const struct disk *disk = disks; disk->subject.name; disk++) {
		struct target target = { &disk->subject, -1, -1, -1 };

		target.fd = open(disk->subject.path, O_RDWR | O_DIRECT);
		if (target.fd < 0)
			failed("open", disk->subject.path, errno);
		else
			work_on_all(&target, disk_operations, work);
		close(target.fd);
	}
}

/* ---- interfaces: the second of each pair in a namespace of its own */

static const struct pair {
	struct subject subject;
	const char *peer;
	const char *address, *peer_address;
} pairs[] = {
	{ { "hello", "hello_net0", "hello_net", NULL, NULL }, "hello_net1", "10.9.1.1", "10.9.1.2" },
	{ { "veth", "veth0", "veth", NULL, NULL }, "veth1", "10.9.2.1", "10.9.2.2" },
	{ { NULL, NULL, NULL, NULL, NULL }, NULL, NULL, NULL }
};

static int home, away;

static void *add_attribute(struct nlmsghdr *header, int type, const void *data, size_t size)
{
	struct rtattr *attribute = (void *)((char *)header + NLMSG_ALIGN(header->nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = RTA_LENGTH(size);
	memcpy(RTA_DATA(attribute), data, size);
	header->nlmsg_len = NLMSG_ALIGN(header->nlmsg_len) + RTA_ALIGN(attribute->rta_len);
	return attribute;
}

struct link_request {
	struct nlmsghdr header;
	struct ifinfomsg info;
	char attributes[64];
};

static bool ask(struct link_request *request, const char *what, const char *which)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char request[256];
	} reply;
	int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	request->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	reply.error.error = -EIO;
	if (send(s, request, request->header.nlmsg_len, 0) < 0 || recv(s, &reply, sizeof(reply), 0) < 0)
		reply.error.error = -errno;
	close(s);
	if (reply.error.error)
		failed(what, which, -reply.error.error);
	return !reply.error.error;
}

static bool add_veth(void)
{
	struct link_request request = { .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(request.info)),
						    .nlmsg_type = RTM_NEWLINK,
						    .nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL } };
	struct rtattr *info = add_attribute(&request.header, IFLA_LINKINFO, "", 0);

	add_attribute(&request.header, IFLA_INFO_KIND, "veth", 4);
	info->rta_len = (char *)&request + request.header.nlmsg_len - (char *)info;
	return ask(&request, "ip link add", "veth");
}

static bool move_away(const char *interface)
{
	struct link_request request = { .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(request.info)),
						    .nlmsg_type = RTM_SETLINK },
					.info.ifi_index = if_nametoindex(interface) };

	add_attribute(&request.header, IFLA_NET_NS_FD, &away, sizeof(away));
	return ask(&request, "ip link set netns", interface);
}

static bool bring_up(const char *interface, const char *address)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&request.ifr_addr;
	bool up;

	snprintf(request.ifr_name, IFNAMSIZ, "%s", interface);
	in->sin_family = AF_INET;
	inet_pton(AF_INET, address, &in->sin_addr);
	up = !ioctl(s, SIOCSIFADDR, &request);
	inet_pton(AF_INET, "255.255.255.0", &in->sin_addr);
	up = up && !ioctl(s, SIOCSIFNETMASK, &request) && !ioctl(s, SIOCGIFFLAGS, &request);
	request.ifr_flags |= IFF_UP;
	up = up && !ioctl(s, SIOCSIFFLAGS, &request);
	if (!up)
		failed("ip link set up", interface, errno);
	close(s);
	return up;
}

/* Packets that the kernel sends on its own must not be measured. */
static void disable_ipv6(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "1", 1) != 1)
		failed("disable", "IPv6", errno);
	close(fd);
}

static bool make_namespaces(void)
{
	disable_ipv6();
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (unshare(CLONE_NEWNET)) {
		failed("unshare", "the network", errno);
		return false;
	}
	disable_ipv6();
	away = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return !setns(home, CLONE_NEWNET);
}

static void connect_pair(const struct pair *pair)
{
	if (!move_away(pair->peer) || !bring_up(pair->subject.path, pair->address))
		return;
	if (setns(away, CLONE_NEWNET))
		failed("setns", pair->peer, errno);
	else
		bring_up(pair->peer, pair->peer_address);
	setns(home, CLONE_NEWNET);
}

static long send_packet(struct target *t, int count)
{
	REPEAT(call(SYS_sendto, t->fd, (long)packet, PACKET_SIZE, 0, 0));
}

static long ping(struct target *t, int count)
{
	long result = 0;

	for (int i = 0; i < count && result >= 0; i++) {
		result = call(SYS_sendto, t->log, (long)echo, PING_SIZE, 0, 0);
		if (result >= 0)
			result = call(SYS_recvfrom, t->log, (long)answer, sizeof(answer), 0, 0);
	}
	return result;
}

static const struct operation pair_operations[] = {
	{ "packet-60", 50, nothing, send_packet, false },
	{ "ping", 50, nothing, ping, false },
	{ NULL, 0, NULL, NULL, false }
};

/* Opens a socket for packets of a protocol that nobody receives. */
static int open_packets(const char *interface)
{
	int s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(interface) };
	struct ethhdr header = { .h_proto = htons(ETH_P_LOOPBACK) };

	memset(header.h_dest, 0xff, ETH_ALEN);
	memcpy(packet, &header, sizeof(header));
	if (bind(s, (struct sockaddr *)&address, sizeof(address)))
		failed("bind", interface, errno);
	return s;
}

static int open_ping(const char *to)
{
	int s = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct icmphdr header = { .type = ICMP_ECHO };

	/* Everything but the type is zero, so the checksum is that of one word. */
	header.checksum = (unsigned short)~htons(ICMP_ECHO << 8);
	memcpy(echo, &header, sizeof(header));
	inet_pton(AF_INET, to, &address.sin_addr);
	if (connect(s, (struct sockaddr *)&address, sizeof(address)))
		failed("connect", to, errno);
	return s;
}

static void each_pair(work_on *work)
{
	for (const struct pair *pair = pairs; pair->subject.name; pair++) {
		struct target target = { &pair->subject, -1, -1, -1 };

		target.fd = open_packets(pair->subject.path);
		target.log = open_ping(pair->peer_address);
		work_on_all(&target, pair_operations, work);
		close(target.fd);
		close(target.log);
	}
}

static bool any_wanted(const struct operation *operations)
{
	for (; operations->name; operations++)
		if (is_wanted(operations->name))
			return true;
	return false;
}

void load_types(void)
{
	bool with_disks = any_wanted(disk_operations), with_pairs = any_wanted(pair_operations);

	for (const struct disk *disk = disks; with_disks && disk->subject.name; disk++)
		if (!disk->needs || load(disk->needs, ""))
			load(disk->subject.module, disk->parameters);
	if (with_pairs && make_namespaces())
		for (const struct pair *pair = pairs; pair->subject.name; pair++)
			if (load(pair->subject.module, "") && (strcmp(pair->subject.module, "veth") || add_veth()))
				connect_pair(pair);
	/* A link is up once the kernel has noticed that both ends are. */
	if (with_disks || with_pairs)
		sleep(2);
}

void each_type(work_on *work)
{
	if (any_wanted(disk_operations))
		each_disk(work);
	if (any_wanted(pair_operations))
		each_pair(work);
}
