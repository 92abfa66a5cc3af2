// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that a file of 1 MiB can be mapped and written as one of tmpfs can:
 *
 *	map-test PATH [FAMILY...]	TAP of these families
 *	map-test --byte PATH PAGE	prints the first byte of a page of a mapping, or SIGBUS
 *	map-test --read PATH PAGE	reads zeros into a page of a mapping
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define PAGE 4096
#define SIZE (1 << 20)

static const char *path;
static sigjmp_buf away;

static void on_sigbus(int signal)
{
	(void)signal;
	siglongjmp(away, 1);
}

/* The byte at an address, after another is stored there unless that is -1; -1 if it is SIGBUS. */
static int touch(volatile char *address, int store)
{
	struct sigaction old, action = { .sa_handler = on_sigbus };
	volatile int byte = -1;

	sigaction(SIGBUS, &action, &old);
	if (!sigsetjmp(away, 1)) {
		if (store >= 0)
			*address = store;
		byte = (unsigned char)*address;
	}
	sigaction(SIGBUS, &old, NULL);
	return byte;
}

static char *map(int fd, size_t size, int protection, int flags, off_t offset)
{
	char *area = mmap(NULL, size, protection, flags, fd, offset);

	if (area == MAP_FAILED)
		die("mmap");
	return area;
}

static void test_shared(void)
{
	int fd = must(open(path, O_RDWR)), status;
	char *area = map(fd, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, 0), *other, got[8];
	pid_t child;

	gives(touch(area + 100 * PAGE, -1), 0, "a page that nobody has stored to");
	gives(touch(area + 100 * PAGE, 'a'), 'a', "can be stored to when it was read");
	gives(touch(area + 101 * PAGE, 'b'), 'b', "or before");
	must(pread(fd, got, 1, 100 * PAGE));
	same(got, "a", 1, "a read sees what was stored");
	must(pwrite(fd, "write", 5, 50 * PAGE - 2));
	same(area + 50 * PAGE - 2, "write", 5, "a store sees what was written");
	other = map(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 100 * PAGE);
	gives(touch(other, -1), 'a', "another mapping has the same page");
	touch(other, 'c');
	gives(touch(area + 100 * PAGE, -1), 'c', "in both directions");
	child = must(fork());
	if (child == 0) {
		area[200 * PAGE] = 'f';
		_exit(0);
	}
	must(waitpid(child, &status, 0));
	gives(touch(area + 200 * PAGE, -1), 'f', "a fork shares it");
	must(madvise(area, SIZE, MADV_DONTNEED));
	gives(touch(area + 200 * PAGE, -1), 'f', "MADV_DONTNEED loses nothing");
	gives(R(msync(area, SIZE, MS_SYNC)), 0, "msync");
	must(munmap(area, SIZE));
	must(munmap(other, PAGE));
	must(pread(fd, got, 1, 101 * PAGE));
	same(got, "b", 1, "nor is anything lost when the mapping is gone");
	close(fd);
}

static void test_end(void)
{
	int fd = must(open(path, O_RDWR));
	char *area = map(fd, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, 0);

	gives(touch(area + SIZE - 1, 'e'), 'e', "the last byte");
	gives(touch(area + SIZE, -1), -1, "what follows cannot be read");
	gives(touch(area + SIZE + PAGE, 'x'), -1, "nor stored to");
	must(munmap(area, 2 * SIZE));
	close(fd);
}

static void test_private(void)
{
	int fd = must(open(path, O_RDONLY));
	char *area = map(fd, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, 10 * PAGE), got[4];
	int writer = must(open(path, O_RDWR));

	must(pwrite(writer, "ab", 2, 10 * PAGE));
	gives(touch(area, -1), 'a', "a private mapping has what is there");
	gives(touch(area + 1, 'x'), 'x', "can be stored to");
	must(pread(fd, got, 2, 10 * PAGE));
	same(got, "ab", 2, "which nobody else sees");
	must(munmap(area, PAGE));
	close(writer);
	close(fd);
}

static void test_permissions(void)
{
	int fd = must(open(path, O_RDONLY)), writer = must(open(path, O_WRONLY));
	char *area = map(fd, PAGE, PROT_READ, MAP_SHARED, 0);

	gives(R(mprotect(area, PAGE, PROT_READ | PROT_WRITE)), -EACCES, "a file opened for reading is not stored to");
	gives(RMAP(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0)), -EACCES, "nor mapped for that");
	gives(RMAP(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, writer, 0)), -EACCES, "one opened for writing is not mapped");
	must(munmap(area, PAGE));
	close(fd);
	close(writer);
}

/* The kernel writes to a mapping by way of its pages. */
static void test_kernel(void)
{
	int fd = must(open(path, O_RDWR)), pipes[2];
	char *area = map(fd, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 240 * PAGE), got[PAGE];

	must(pipe(pipes));
	must(write(pipes[1], "piped", 5));
	gives(R(read(pipes[0], area + PAGE - 2, 5)), 5, "a read into a mapping");
	gives(R(pwrite(fd, area + PAGE - 2, 5, 0)), 5, "a write from it to its own file");
	must(pread(fd, got, 5, 0));
	same(got, "piped", 5, "has the bytes");
	gives(R(pread(fd, area + 2 * PAGE, PAGE, 240 * PAGE)), PAGE, "a read of the file into its own mapping");
	same(area + 3 * PAGE - 2, "pi", 2, "has them, too");
	must(munmap(area, 4 * PAGE));
	close(fd);
}

static unsigned int *counters;

static void *count(void *argument)
{
	int i;

	(void)argument;
	for (i = 0; i < 20000; i++)
		__atomic_fetch_add(&counters[i % 16 * PAGE / 4], 1, __ATOMIC_RELAXED);
	return NULL;
}

/* Threads of two processes touch the same new pages at the same time. */
static void test_race(void)
{
	int fd = must(open(path, O_RDWR)), i, status;
	unsigned int total = 0;
	pthread_t threads[2];
	pid_t child;

	counters = (void *)map(fd, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 20 * PAGE);
	child = must(fork());
	for (i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, count, NULL))
			die("pthread_create");
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	if (child == 0)
		_exit(0);
	must(waitpid(child, &status, 0));
	for (i = 0; i < 16; i++)
		total += counters[i * PAGE / 4];
	gives(total, 4 * 20000, "nothing is lost");
	close(fd);
}

#define ROUNDS 5000

static char *vanishing;
static bool stop;

static void *take_away(void *unused)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		madvise(vanishing, PAGE, MADV_DONTNEED);
	return unused;
}

static void test_vanish(void)
{
	int fd = must(open(path, O_RDWR)), failed_reads = 0, failed_writes = 0, i;
	pthread_t thread;

	vanishing = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vanishing == MAP_FAILED || pthread_create(&thread, NULL, take_away, NULL))
		die("a page that vanishes");
	for (i = 0; i < ROUNDS; i++) {
		failed_reads += pread(fd, vanishing, PAGE, 210 * PAGE) <= 0;
		failed_writes += pwrite(fd, vanishing, PAGE, 211 * PAGE) <= 0;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	gives(failed_reads, 0, "no read fails because the page that it is to fill was taken away");
	gives(failed_writes, 0, "no write fails because the page that it is to take was");
	close(fd);
}

static const struct family families[] = {
	{ "shared", 11, test_shared },
	{ "end", 3, test_end },
	{ "private", 3, test_private },
	{ "permissions", 3, test_permissions },
	{ "kernel", 5, test_kernel },
	{ "race", 1, test_race },
	{ "vanish", 2, test_vanish },
	{ }
};

static int print_byte(off_t page)
{
	int byte = touch(map(must(open(path, O_RDWR)), PAGE, PROT_READ, MAP_SHARED, page * PAGE), -1);

	puts(byte < 0 ? "SIGBUS" : (char[]){ byte, '\0' });
	return 0;
}

static int read_into(off_t page)
{
	char *area = map(must(open(path, O_RDWR)), PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, page * PAGE);

	return must(read(must(open("/dev/zero", O_RDONLY)), area, PAGE)) != PAGE;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--read")) {
		path = argv[2];
		return read_into(atoi(argv[3]));
	}
	if (argc == 4 && !strcmp(argv[1], "--byte")) {
		path = argv[2];
		return print_byte(atoi(argv[3]));
	}
	if (argc < 2) {
		fputs("usage: map-test PATH [FAMILY...]\n", stderr);
		return 2;
	}
	path = argv[1];
	return run_families(families, argv + 2);
}
