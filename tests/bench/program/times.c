// SPDX-License-Identifier: GPL-2.0
/*
 * The times of operations on one CPU, and on two at once.
 *
 * Processes perform them, not threads: each call of threads, which share a table of files, would
 * also take a reference to its file.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define CPUS 2
#define ROUNDS 11
#define DURATION 50000	/* microseconds */
#define BATCH 100

static const struct timed {
	const char *operation;
	int devices;	/* of the two processes */
} timed[] = {
	{ "pread-64", 1 },
	{ "pwrite-64", 2 },
	{ NULL, 0 }
};

/* While the processes work, they only read this. */
static struct {
	atomic_int ready;
	atomic_bool stop;
	double rates[CPUS];	/* operations per nanosecond, or 0 */
} *shared;

static const struct operation *find_operation(const char *name)
{
	const struct operation *o = operations;

	while (strcmp(o->name, name))
		o++;
	return o;
}

/* Opens device 0 or 1 of a subject, or a file beside the subject. */
static int open_device(const struct subject *subject, int number)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s", subject->path);
	path[strlen(path) - 1] = '0' + number;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		failed("open", path, errno);
	return fd;
}

static double nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static bool stay_on(int cpu)
{
	char name[] = { '0' + cpu, '\0' };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (!sched_setaffinity(0, sizeof(set), &set))
		return true;
	failed("bind to CPU", name, errno);
	return false;
}

/* Performs an operation from when all `workers` are ready until `stop`, and returns the rate. */
static double work(struct target *target, const struct operation *operation, int workers)
{
	double start, done = 0;
	long result;

	/* The first one has page faults. */
	operation->prepare(target);
	result = operation->run(target, BATCH);
	atomic_fetch_add(&shared->ready, 1);
	while (atomic_load(&shared->ready) < workers && !atomic_load(&shared->stop))
		;
	start = nanoseconds();
	while (result >= 0 && !atomic_load_explicit(&shared->stop, memory_order_relaxed)) {
		result = operation->run(target, BATCH);
		done += BATCH;
	}
	if (result >= 0)
		return done / (nanoseconds() - start);
	failed(operation->name, target->subject->name, -result);
	return 0;
}

static pid_t start_worker(const struct subject *subject, const struct timed *what, int cpu, int workers)
{
	struct target target = { subject, -1, -1, -1 };
	pid_t pid = fork();

	if (pid < 0)
		failed("fork", subject->name, errno);
	if (pid)
		return pid;
	target.fd = open_device(subject, cpu % what->devices);
	if (target.fd >= 0 && stay_on(cpu))
		shared->rates[cpu] = work(&target, find_operation(what->operation), workers);
	if (!shared->rates[cpu])
		atomic_store(&shared->stop, true);
	_exit(0);
}

/* Returns the nanoseconds that an operation takes each of the workers, or 0. */
static double time_workers(const struct subject *subject, const struct timed *what, int workers)
{
	double rate = 0;
	int status;

	memset(shared, 0, sizeof(*shared));
	for (int cpu = 0; cpu < workers; cpu++)
		if (start_worker(subject, what, cpu, workers) < 0)
			atomic_store(&shared->stop, true);
	while (atomic_load(&shared->ready) < workers && !atomic_load(&shared->stop))
		usleep(1000);
	if (!atomic_load(&shared->stop))
		usleep(DURATION);
	atomic_store(&shared->stop, true);
	while (wait(&status) > 0)
		if (WIFSIGNALED(status))
			printf("failed %s %s: %s\n", what->operation, subject->name, strsignal(WTERMSIG(status)));
	for (int cpu = 0; cpu < workers; cpu++) {
		if (!shared->rates[cpu])
			return 0;
		rate += shared->rates[cpu];
	}
	return workers / rate;
}

static bool fill_devices(void)
{
	bool filled = true;

	for (const struct subject *s = subjects; s->name; s++)
		for (int i = 0; i < CPUS; i++) {
			int fd = open_device(s, i);

			filled = filled && fd >= 0 && fill(fd, s->path);
			close(fd);
		}
	return filled;
}

/* Measures each in turn within a round, so that what slows the host down slows all of them. */
static void time_round(bool warm_up)
{
	for (const struct timed *t = timed; t->operation; t++) {
		if (!is_wanted(t->operation))
			continue;
		for (const struct subject *s = subjects; s->name; s++) {
			double one = time_workers(s, t, 1), all = time_workers(s, t, CPUS);

			if (one && all && !warm_up)
				printf("time %s %s %d %.2f %.2f\n", s->name, t->operation, t->devices, one, all);
		}
	}
}

void time_all(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		failed("mmap", "shared memory", errno);
		return;
	}
	if (!fill_devices())
		return;
	time_round(true);
	for (int i = 0; i < ROUNDS; i++)
		time_round(false);
}
