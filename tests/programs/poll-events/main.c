// SPDX-License-Identifier: GPL-2.0
/* Prints the events that poll(2) reports for standard input, without waiting. */
#include <poll.h>
#include <stdio.h>

#define EVENTS (POLLIN | POLLOUT | POLLPRI | POLLRDHUP)

int main(void)
{
	struct pollfd input = { .fd = 0, .events = EVENTS };

	if (poll(&input, 1, 0) < 0) {
		perror("poll");
		return 1;
	}
	printf("%s%s%s%s%s%s\n", input.revents & POLLIN ? "in " : "",
	       input.revents & POLLOUT ? "out " : "",
	       input.revents & POLLPRI ? "pri " : "",
	       input.revents & POLLERR ? "err " : "",
	       input.revents & POLLRDHUP ? "rdhup " : "",
	       input.revents & POLLHUP ? "hup " : "");
	return 0;
}
