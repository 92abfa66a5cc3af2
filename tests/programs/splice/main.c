// SPDX-License-Identifier: GPL-2.0
/*
 * splice FILE COUNT: splices that many bytes of a file into a pipe by one call, and prints the
 * number.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int file, pipes[2];
	ssize_t count;

	if (argc != 3) {
		fprintf(stderr, "usage: splice FILE COUNT\n");
		return 2;
	}
	file = open(argv[1], O_RDONLY);
	if (file < 0 || pipe(pipes)) {
		fprintf(stderr, "splice: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	count = splice(file, NULL, pipes[1], NULL, strtoul(argv[2], NULL, 10), 0);
	if (count < 0) {
		fprintf(stderr, "splice: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	printf("%zd\n", count);
	return 0;
}
