// SPDX-License-Identifier: GPL-2.0
/* many-opens N FILE COMMAND...: runs COMMAND while FILE is open N times. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	rlim_t n = argc > 3 ? strtoul(argv[1], NULL, 10) : 0;
	struct rlimit limit = { n + 16, n + 16 };
	int status;
	pid_t child;

	if (!n) {
		fprintf(stderr, "usage: many-opens N FILE COMMAND...\n");
		return 2;
	}
	if (setrlimit(RLIMIT_NOFILE, &limit)) {
		perror("many-opens: setrlimit");
		return 1;
	}
	for (rlim_t i = 0; i < n; i++) {
		if (open(argv[2], O_RDONLY | O_CLOEXEC) < 0) {
			perror(argv[2]);
			return 1;
		}
	}
	child = vfork();
	if (!child) {
		execvp(argv[3], argv + 3);
		perror(argv[3]);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0) {
		perror("many-opens");
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
