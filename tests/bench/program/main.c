// SPDX-License-Identifier: GPL-2.0
/*
 * The first process of the guest that `make bench` boots: loads the modules, measures each
 * operation on each subject, and writes the results to ttyS1. Under QEMU's -icount the TSC counts
 * instructions.
 *
 * Its environment is the kernel's command line:
 *	bench_operations=WORD,WORD	only those whose name contains a word
 *	bench_profile=OPERATION		runs that one between marks for ../profile.c, measuring nothing
 *	bench_times=1			measures times in place of instructions, on two CPUs
 *
 * Lines of output:
 *	count SUBJECT OPERATION MINIMUM MEDIAN MAXIMUM
 *	time SUBJECT OPERATION DEVICES ONE TWO	(nanoseconds on one CPU, and on each of two)
 *	profile SUBJECT OPERATION
 *	symbol (a line of /proc/kallsyms)
 *	failed WHAT: WHY
 *	end
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS 21
#define WARM_UP 3
#define LOADS 5

const struct subject subjects[] = {
	{ "hello", "/dev/hello0", "hello", "hello_log", "/dev/hello_log" },
	{ "twin", "/dev/twin0", "twin", "twin_log", "/dev/twin_log" },
	{ "twinraw", "/dev/twinraw0", "twinraw", NULL, NULL },
	{ "naive", "/dev/naive0", "naive", NULL, NULL },
	{ "tmpfs", "/tmp/file", NULL, NULL, NULL },
	{ NULL, NULL, NULL, NULL, NULL }
};

static double loop_cost;

void failed(const char *what, const char *which, int error)
{
	printf("failed %s %s: %s\n", what, which, strerror(error));
}

static uint64_t now(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/* Returns the CPU time of this thread, without that of threads that ran in between. */
static uint64_t own_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

bool is_wanted(const char *operation)
{
	const char *words = getenv("bench_operations"), *profiled = getenv("bench_profile");
	char copy[256], *word, *rest;

	if (profiled)
		return !strcmp(operation, profiled);
	if (!words)
		return true;
	snprintf(copy, sizeof(copy), "%s", words);
	for (word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
		if (strstr(operation, word))
			return true;
	return false;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(const char *subject, const char *operation, double *counts, int number)
{
	qsort(counts, number, sizeof(*counts), compare);
	printf("count %s %s %.2f %.2f %.2f\n", subject, operation, counts[0], counts[number / 2],
	       counts[number - 1]);
}

bool load(const char *module, const char *parameters)
{
	char path[64];
	int fd, result;

	snprintf(path, sizeof(path), "/modules/%s.ko", module);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	result = syscall(SYS_finit_module, fd, parameters, 0);
	if (result)
		failed("insmod", module, errno);
	close(fd);
	return !result;
}

static bool unload(const char *module)
{
	if (!syscall(SYS_delete_module, module, O_NONBLOCK))
		return true;
	failed("rmmod", module, errno);
	return false;
}

static void measure_load(const struct subject *subject)
{
	double loads[LOADS], unloads[LOADS];
	uint64_t start;

	for (int i = 0; i < LOADS; i++) {
		start = own_time();
		if (!load(subject->module, ""))
			return;
		loads[i] = own_time() - start;
		start = own_time();
		if (!unload(subject->module))
			return;
		unloads[i] = own_time() - start;
	}
	report(subject->name, "insmod", loads, LOADS);
	report(subject->name, "rmmod", unloads, LOADS);
}

/* The loop that an operation runs in, without the operation. */
static long __attribute__((noinline)) no_operation(int count)
{
	long result = 0;

	for (int i = 0; i < count; i++) {
		__asm__ volatile("" : "+r"(result) : : "memory");
		if (__builtin_expect(result < 0, 0))
			break;
	}
	return result;
}

static void measure_loop(void)
{
	uint64_t start, end, best = UINT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		start = now();
		no_operation(3000);
		end = now();
		if (end - start < best)
			best = end - start;
	}
	loop_cost = best / 3000.0;
}

static void measure(struct target *target, const struct operation *operation)
{
	double counts[ROUNDS];
	uint64_t start, end;
	long result;

	for (int i = -WARM_UP; i < ROUNDS; i++) {
		operation->prepare(target);
		start = now();
		result = operation->run(target, operation->count);
		end = now();
		if (result < 0) {
			if (result != -EINVAL && result != -ENOTTY)
				failed(operation->name, target->subject->name, -result);
			return;
		}
		if (i >= 0)
			counts[i] = (double)(end - start) / operation->count - loop_cost;
	}
	report(target->subject->name, operation->name, counts, ROUNDS);
}

/* The plugin looks for these two. They differ, so that the compiler does not merge them. */
void mark_begin(void);
void mark_end(void);

void __attribute__((noinline)) mark_begin(void)
{
	__asm__ volatile("# begin");
}

void __attribute__((noinline)) mark_end(void)
{
	__asm__ volatile("# end");
}

static void profile(struct target *target, const struct operation *operation)
{
	operation->prepare(target);
	if (operation->run(target, 3) < 0)
		return;
	operation->prepare(target);
	operation->run(target, 1);
	printf("profile %s %s\n", target->subject->name, operation->name);
	mark_begin();
	operation->run(target, 1);
	mark_end();
}

/* Profiles the loading of a module, or its unloading. Its own code has no symbols meanwhile. */
static void profile_module(const char *module, const char *name, const char *operation)
{
	bool loading = !strcmp(operation, "insmod");

	if (!load(module, "") || !unload(module))
		return;
	printf("profile %s %s\n", name, operation);
	if (loading)
		mark_begin();
	if (!load(module, ""))
		return;
	if (loading)
		mark_end();
	else
		mark_begin();
	unload(module);
	if (!loading)
		mark_end();
}

void work_on_all(struct target *target, const struct operation *operations, work_on *work)
{
	for (; operations->name; operations++)
		if (is_wanted(operations->name))
			work(target, operations);
}

bool fill(int fd, const char *path)
{
	static char contents[65536];

	memset(contents, 'x', sizeof(contents));
	if (pwrite(fd, contents, sizeof(contents), 0) == sizeof(contents))
		return true;
	failed("fill", path, errno);
	return false;
}

/* Calls `what` for each wanted operation with or without the log, on a full file of the subject. */
static void each_operation(const struct subject *subject, bool logged, work_on *what)
{
	struct target target = { subject, -1, -1, -1 };

	target.fd = open(subject->path, O_RDWR | O_CREAT, 0600);
	if (target.fd < 0) {
		failed("open", subject->path, errno);
		return;
	}
	if (logged)
		target.log = open(subject->log, O_RDONLY | O_NONBLOCK);
	for (const struct operation *o = operations; o->name; o++) {
		if (o->logged != logged || !is_wanted(o->name))
			continue;
		fill(target.fd, subject->path);
		what(&target, o);
	}
	close(target.fd);
	close(target.append);
	close(target.log);
}

static void mount_all(void)
{
	mkdir("/dev", 0755);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/tmp", 0755);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sys", "/sys", "sysfs", 0, NULL);
	mount("tmp", "/tmp", "tmpfs", 0, NULL);
}

static void open_output(void)
{
	struct termios modes;
	int fd = open("/dev/ttyS1", O_RDWR | O_NOCTTY);

	if (fd < 0 || tcgetattr(fd, &modes))
		return;
	cfmakeraw(&modes);
	tcsetattr(fd, TCSANOW, &modes);
	dup2(fd, 1);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static void print_symbols(void)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		if (strchr("tTwW", line[17]))
			printf("symbol %s", line);
}

static void leave(void)
{
	printf("end\n");
	tcdrain(1);
	ioperm(0xf4, 1, 1);
	outb(16, 0xf4);
}

static void load_all(void)
{
	for (const struct subject *s = subjects; s->name; s++)
		if (s->module)
			load(s->module, "");
	/* Work that loading has deferred must not run during a measurement. */
	sleep(1);
}

static void measure_all(void)
{
	measure_loop();
	if (is_wanted("insmod") || is_wanted("rmmod"))
		for (const struct subject *s = subjects; s->name; s++)
			if (s->module)
				measure_load(s);
	load_all();
	for (const struct subject *s = subjects; s->name; s++)
		each_operation(s, false, measure);
	for (const struct subject *s = subjects; s->name; s++) {
		if (!s->log_module || !load(s->log_module, ""))
			continue;
		sleep(1);
		each_operation(s, true, measure);
		unload(s->log_module);
	}
	load_types();
	each_type(measure);
}

static void time_loaded(void)
{
	load_all();
	time_all();
}

static bool profile_modules(void)
{
	const char *operation = is_wanted("insmod") ? "insmod" : "rmmod";

	if (!is_wanted(operation))
		return false;
	print_symbols();
	mark_begin();
	mark_end();
	for (const struct subject *s = subjects; s->name; s++)
		if (s->module)
			profile_module(s->module, s->name, operation);
	return true;
}

static void profile_one(void)
{
	bool logged = false;

	if (profile_modules())
		return;
	for (const struct operation *o = operations; o->name; o++)
		logged |= is_wanted(o->name) && o->logged;
	load_all();
	for (const struct subject *s = subjects; logged && s->name; s++)
		if (s->log_module)
			load(s->log_module, "");
	load_types();
	print_symbols();
	/* From here on, the plugin sees each instruction. */
	mark_begin();
	mark_end();
	for (const struct subject *s = subjects; s->name; s++)
		if (!logged || s->log_module)
			each_operation(s, logged, profile);
	each_type(profile);
}

int main(void)
{
	mount_all();
	open_output();
	prepare_operations();
	if (getenv("bench_profile"))
		profile_one();
	else if (getenv("bench_times"))
		time_loaded();
	else
		measure_all();
	leave();
	for (;;)
		pause();
}
