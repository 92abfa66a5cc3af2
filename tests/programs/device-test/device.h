/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the families of checks of the device. */
#ifndef DEVICE_H
#define DEVICE_H

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hello.h"
#include "tap.h"

/* The device under test. A family that needs a device without allocated pages sets it. */
extern const char *device_path;
#define DEVICE device_path
#define PAGE 4096
/* The parameters that the modules are loaded with. */
#define CAPACITY 65536
#define RING 4096
/* The timeout for calls that must return by themselves, in milliseconds. */
#define PATIENCE 40000

/* The status to exit with. */
int run_model(const char *seed, const char *count);

void test_read(void);
void test_write(void);
void test_append(void);
void test_vectors(void);
void test_gap(void);
void test_truncate(void);
void test_nowait(void);
void test_nonblock(void);
void test_faults(void);
void test_vanish(void);
void test_vanish_race(void);
void test_vanish_signals(void);
void test_vanish_large(void);
void test_whole(void);
void test_appenders(void);
void test_seek(void);
void test_shared_position(void);
void test_poll(void);
void test_uring(void);
void test_sigio(void);
void test_splice(void);
void test_sendfile(void);
void test_map(void);
void test_map_adjacent(void);
void test_map_writable(void);
void test_map_self(void);
void test_ioctl(void);
void test_capacity(void);
void test_sysfs(void);
void test_fdinfo(void);
void test_others(void);
void test_everything(void);
void test_scratch(void);
void test_unload(void);
void test_log(void);
void test_log_wait(void);
void test_log_signals(void);
void test_log_lost(void);
void test_log_cut(void);
void test_log_control(void);
void test_log_faults(void);
void test_log_seek(void);
void test_log_poll(void);

/* Returns how many rounds a test does: this many, or TIMES as many. */
int times(int rounds);

/* Opens the device and empties it. The caller must close it. */
int empty(int flags);
/* The same for reading and writing, with this text stored, at position 0. */
int with_text(const char *text);
/* Replaces the contents. */
void store(const void *bytes, size_t count);
/* Checks that these bytes are stored from `start` on. */
bool stored(long long start, const void *bytes, size_t count);
bool stored_text(const char *text);
long long size_now(void);
struct hello_info info_now(void);
long long position_of(int fd);

/* Bytes that differ from page to page, and none of which is 0. */
void fill(void *bytes, size_t count, unsigned int seed);

/* Anonymous memory of whole pages. */
void *pages(size_t count);
/* The same, followed by a page that is not mapped. */
char *pages_before_a_hole(size_t count);

/* Waits until a thread of this process, or a process, sleeps. */
void await_sleep(pid_t tid);

/* A call that is made in a separate thread. */
struct call {
	pthread_t thread;
	pid_t tid;
	long long (*run)(void *);
	void *argument;
	long long result;
};
void start_call(struct call *call, long long (*run)(void *), void *argument);
/* Returns the result; the family fails if there is none in time. */
long long end_call(struct call *call);
/* Returns the call that returns first. */
struct call *await_either(struct call *one, struct call *other);

/* A read or a write, for a thread. */
struct transfer {
	int fd;
	void *bytes;
	size_t count;
	long long offset;	/* -1: at the file's position */
};
long long do_read(void *transfer);
long long do_write(void *transfer);

/*
 * Pages that are missing until they are provided, by userfaultfd: a thread that
 * touches one waits.
 */
struct missing {
	int uffd;
	char *bytes;
	size_t count;
};
void make_missing(struct missing *missing, size_t pages);
/* Waits until a thread waits for a page, and returns which one. */
size_t await_fault(struct missing *missing);
void give_page(struct missing *missing, size_t page, const void *bytes);
void end_missing(struct missing *missing);

#endif
