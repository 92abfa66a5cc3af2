// SPDX-License-Identifier: GPL-2.0
/* hammer THREADS FILE: opens FILE again and again, in so many threads, until it is killed. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static const char *file;

static void *hammer(void *unused)
{
	(void)unused;
	for (;;) {
		int fd = open(file, O_RDONLY);

		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	file = argv[2];
	for (int i = atoi(argv[1]); i > 1; i--) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, hammer, NULL))
			return 1;
	}
	hammer(NULL);
}
