// SPDX-License-Identifier: GPL-2.0
/*
 * ring-poll FILE LINE...: polls a file for POLLPRI by io_uring, writes lines to it meanwhile, and prints the events
 * that the poll completes with.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ring.h"
#include "tap.h"

static const struct {
	int event;
	const char *name;
} names[] = {
	{ POLLIN, "in" }, { POLLOUT, "out" }, { POLLPRI, "pri" }, { POLLERR, "err" },
	{ POLLHUP, "hup" }, { POLLNVAL, "nval" },
};

int main(int argc, char **argv)
{
	struct io_uring_sqe call = { .opcode = IORING_OP_POLL_ADD, .poll32_events = POLLPRI };
	struct ring ring;
	int events;

	call.fd = must(open(argv[1], O_WRONLY));
	make_ring(&ring);
	begin(&ring, &call);
	for (int i = 2; i < argc; i++) {
		char line[64];
		int length = snprintf(line, sizeof(line), "%s\n", argv[i]);

		must(write(call.fd, line, length));
	}
	events = complete(&ring, NULL, 10000);
	if (events < 0)
		die("poll: %s", strerror(-events));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (events & names[i].event)
			printf("%s ", names[i].name);
	printf("\n");
	return 0;
}
