// SPDX-License-Identifier: GPL-2.0
/*
 * sigio FILE LINE...: asks for SIGIO of a file, writes lines to it, and prints the events that the signals name, up to
 * the first one of POLL_HUP.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static const struct {
	int code;
	const char *name;
} names[] = {
	{ POLL_IN, "in" }, { POLL_OUT, "out" }, { POLL_ERR, "err" }, { POLL_PRI, "pri" }, { POLL_HUP, "hup" },
};

int main(int argc, char **argv)
{
	struct timespec patience = { .tv_sec = 10 };
	siginfo_t info = { 0 };
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = must(open(argv[1], O_RDWR));
	must(fcntl(fd, F_SETSIG, SIGRTMIN));
	must(fcntl(fd, F_SETOWN, getpid()));
	must(fcntl(fd, F_SETFL, O_ASYNC));
	for (int i = 2; i < argc; i++) {
		char line[64];
		int length = snprintf(line, sizeof(line), "%s\n", argv[i]);

		must(write(fd, line, length));
	}
	while (info.si_code != POLL_HUP) {
		must(sigtimedwait(&signals, &info, &patience));
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (info.si_code == names[i].code)
				printf("%s ", names[i].name);
	}
	printf("\n");
	return 0;
}
