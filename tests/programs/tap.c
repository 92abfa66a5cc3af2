// SPDX-License-Identifier: GPL-2.0
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

int family_limit = 100;

/* Shared by the processes of all families, including those of the 32-bit build. */
static struct counts {
	int done;
	int failed;
	char last[256];
} *counts;
static int counts_fd;

/* The 32-bit program gets the counts in this descriptor, and runs one family. */
#define COUNTS_FD "TAP_COUNTS_FD"

static void vdiag(const char *text, va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), text, args);
	printf("#   %s\n", line);
	fflush(stdout);
}

void diag(const char *text, ...)
{
	va_list args;

	va_start(args, text);
	vdiag(text, args);
	va_end(args);
}

void die_at(const char *file, int line, const char *what, ...)
{
	int error = errno;
	char text[256];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	diag("%s:%d: %s: %s", file, line, text, strerror(error));
	exit(1);
}

static bool check(bool condition, const char *name, va_list args)
{
	char text[256];

	vsnprintf(text, sizeof(text), name, args);
	if (!condition)
		counts->failed++;
	memcpy(counts->last, text, sizeof(counts->last));
	printf("%sok %d - %s\n", condition ? "" : "not ", ++counts->done, text);
	fflush(stdout);
	return condition;
}

bool ok(bool condition, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	check(condition, name, args);
	va_end(args);
	return condition;
}

static const char *show(long long value, char *text, size_t size)
{
	const char *name = value < 0 && value > -4096 ? strerrorname_np(-value) : NULL;

	if (name)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, "%lld", value);
	return text;
}

bool gives(long long got, long long wanted, const char *name, ...)
{
	char got_text[32], wanted_text[32];
	va_list args;

	va_start(args, name);
	if (!check(got == wanted, name, args))
		diag("got %s, wanted %s", show(got, got_text, sizeof(got_text)),
		     show(wanted, wanted_text, sizeof(wanted_text)));
	va_end(args);
	return got == wanted;
}

bool same(const void *got, const void *wanted, size_t count, const char *name, ...)
{
	const unsigned char *g = got, *w = wanted;
	size_t i = 0;
	va_list args;

	while (i < count && g[i] == w[i])
		i++;
	va_start(args, name);
	if (!check(i == count, name, args))
		diag("byte %zu of %zu is 0x%02x, wanted 0x%02x", i, count, g[i], w[i]);
	va_end(args);
	return i == count;
}

static void map_counts(void)
{
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, counts_fd, 0);
	if (counts == MAP_FAILED)
		die("mmap");
}

#ifdef __x86_64__
/* Becomes the 32-bit build of this program, for one family. */
static void become_32(const struct family *family)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", counts_fd);
	setenv(COUNTS_FD, text, 1);
	snprintf(text, sizeof(text), "%s32", program_invocation_short_name);
	execlp(text, text, family->name, NULL);
	die("%s", text);
}
#else
static void become_32(const struct family *family)
{
	int i;

	for (i = 0; i < family->checks; i++)
		ok(true, "%s, 32 bits # SKIP this architecture has no 32-bit build", family->name);
	exit(0);
}
#endif

static void run_family(const struct family *family, bool as_32)
{
	int before = counts->done, status, ran;
	struct timespec start, end;
	pid_t pid;

	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		/* Its children are in its process group, and end with it. */
		setpgid(0, 0);
		alarm(family_limit);
		if (as_32)
			become_32(family);
		family->run();
		exit(0);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	kill(-pid, SIGKILL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("# %s%s took %lld ms\n", family->name, as_32 ? ", 32 bits," : "", (end.tv_sec - start.tv_sec) * 1000LL +
	       (end.tv_nsec - start.tv_nsec) / 1000000);
	ran = counts->done - before;
	if (WIFSIGNALED(status))
		diag("%s: killed by %s%s%s", family->name,
		     WTERMSIG(status) == SIGALRM ? "its time limit" : strsignal(WTERMSIG(status)),
		     ran ? ", after: " : "", ran ? counts->last : "");
	if (status == 0 && ran == family->checks)
		return;
	if (ran != family->checks)
		diag("%s: %d checks ran, %d are planned", family->name, ran, family->checks);
	/* One for what is missing, so that it shows in the results too. */
	counts->failed++;
	printf("not ok %d - %s: came to its end\n", ++counts->done, family->name);
	fflush(stdout);
}

/* The family of that name, or of that name and "@32". */
static const struct family *find(const struct family *families, const char *name)
{
	size_t length = strcspn(name, "@");

	while (families->name && (strncmp(families->name, name, length) || families->name[length]))
		families++;
	if (!families->name)
		die("no family %s", name);
	return families;
}

int run_families(const struct family *families, char **names)
{
	const struct family *family;
	int plan = 0, i;

	if (getenv(COUNTS_FD)) {
		counts_fd = atoi(getenv(COUNTS_FD));
		map_counts();
		find(families, *names)->run();
		return 0;
	}
	if (getenv("PATIENCE"))
		family_limit *= atoi(getenv("PATIENCE"));
	counts_fd = memfd_create("counts", 0);
	if (counts_fd < 0 || ftruncate(counts_fd, sizeof(*counts)))
		die("memfd");
	map_counts();
	for (family = families; !*names && family->name; family++)
		plan += family->checks;
	for (i = 0; names[i]; i++)
		plan += find(families, names[i])->checks;
	printf("1..%d\n", plan);
	for (family = families; !*names && family->name; family++)
		run_family(family, false);
	for (i = 0; names[i]; i++)
		run_family(find(families, names[i]), strchr(names[i], '@'));
	return counts->failed || counts->done != plan;
}
