// SPDX-License-Identifier: GPL-2.0
/* The operations that are measured, each in a loop that contains nothing else. */
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "hello.h"

#define FILE_SIZE 65536
#define LINE_SIZE 73	/* "hello0: " or "twin0: " and 64 bytes with a newline, at most */

static char buffer[FILE_SIZE] __attribute__((aligned(4096)));
static char line[FILE_SIZE] __attribute__((aligned(4096)));
static int null, pipe_ends[2];
static struct pollfd polled;
static struct hello_info info;

#define TRANSFERS_AT(size)								\
static long pread_##size(struct target *t, int count)					\
{											\
	REPEAT(call(SYS_pread64, t->fd, (long)buffer, size, 0, 0));			\
}											\
static long pwrite_##size(struct target *t, int count)					\
{											\
	REPEAT(call(SYS_pwrite64, t->fd, (long)buffer, size, 0, 0));			\
}

#define TRANSFERS(size)									\
static long read_##size(struct target *t, int count)					\
{											\
	REPEAT(call(SYS_read, t->fd, (long)buffer, size, 0, 0));			\
}											\
static long write_##size(struct target *t, int count)					\
{											\
	REPEAT(call(SYS_write, t->fd, (long)buffer, size, 0, 0));			\
}

TRANSFERS(1)
TRANSFERS(64)
TRANSFERS(4096)
TRANSFERS_AT(1)
TRANSFERS_AT(64)
TRANSFERS_AT(4096)
TRANSFERS_AT(65536)

static long append_64(struct target *t, int count)
{
	REPEAT(call(SYS_write, t->append, (long)buffer, 64, 0, 0));
}

static long seek(struct target *t, int count)
{
	REPEAT(call(SYS_lseek, t->fd, 5, SEEK_SET, 0, 0));
}

static long poll_once(struct target *t, int count)
{
	(void)t;
	REPEAT(call(SYS_poll, (long)&polled, 1, 0, 0, 0));
}

static long get_info(struct target *t, int count)
{
	REPEAT(call(SYS_ioctl, t->fd, HELLO_GET_INFO, (long)&info, 0, 0));
}

static long open_close(struct target *t, int count)
{
	REPEAT(call(SYS_close, call(SYS_open, (long)t->subject->path, O_RDWR, 0, 0, 0), 0, 0, 0, 0));
}

static long map_touch_unmap(struct target *t, int count)
{
	long result = 0;

	for (int i = 0; i < count; i++) {
		result = call(SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED, t->fd);
		if (result < 0 && result > -4096)
			return result;
		*(volatile char *)result;
		result = call(SYS_munmap, result, 4096, 0, 0, 0);
	}
	return result;
}

static long sendfile_4096(struct target *t, int count)
{
	off_t offset;

	REPEAT((offset = 0, call(SYS_sendfile, null, t->fd, (long)&offset, 4096, 0)));
}

/* Splices into a pipe and out of it. */
static long splice_4096(struct target *t, int count)
{
	loff_t offset;
	long result = 0;

	for (int i = 0; i < count && result >= 0; i++) {
		offset = 0;
		result = call(SYS_splice, t->fd, (long)&offset, pipe_ends[1], 0, 4096);
		if (result > 0)
			call(SYS_splice, pipe_ends[0], 0, null, 0, 4096);
	}
	return result;
}

static long log_read(struct target *t, int count)
{
	REPEAT(call(SYS_read, t->log, (long)line, LINE_SIZE, 0, 0));
}

void nothing(struct target *t)
{
	(void)t;
}

static void rewind_file(struct target *t)
{
	call(SYS_lseek, t->fd, 0, SEEK_SET, 0, 0);
}

static void prepare_poll(struct target *t)
{
	polled = (struct pollfd){ t->fd, POLLIN | POLLOUT, 0 };
}

static void empty_file(struct target *t)
{
	close(t->append);
	t->append = open(t->subject->path, O_WRONLY | O_APPEND | O_TRUNC);
}

static void fill_file(struct target *t)
{
	call(SYS_pwrite64, t->fd, (long)buffer, FILE_SIZE, 0, 0);
}

/* Empties the log, so that its ring has room and nothing is lost. */
static void drain_log(struct target *t)
{
	rewind_file(t);
	while (call(SYS_read, t->log, (long)line, sizeof(line), 0, 0) > 0)
		;
}

static void fill_log(struct target *t)
{
	drain_log(t);
	for (int i = 0; i < 101; i++)
		call(SYS_pwrite64, t->fd, (long)buffer, 64, 0, 0);
	/* The first read allocates memory. */
	log_read(t, 1);
}

void prepare_operations(void)
{
	memset(buffer, 'x', sizeof(buffer));
	null = open("/dev/null", O_WRONLY);
	if (null < 0 || pipe(pipe_ends))
		abort();
}

const struct operation operations[] = {
	{ "read-1", 300, rewind_file, read_1, false },
	{ "read-64", 300, rewind_file, read_64, false },
	{ "read-4096", 12, rewind_file, read_4096, false },
	{ "pread-1", 300, nothing, pread_1, false },
	{ "pread-64", 300, nothing, pread_64, false },
	{ "pread-4096", 50, nothing, pread_4096, false },
	{ "pread-65536", 6, nothing, pread_65536, false },
	{ "write-1", 300, rewind_file, write_1, false },
	{ "write-64", 300, rewind_file, write_64, false },
	{ "write-4096", 12, rewind_file, write_4096, false },
	{ "pwrite-1", 300, nothing, pwrite_1, false },
	{ "pwrite-64", 300, nothing, pwrite_64, false },
	{ "pwrite-4096", 50, nothing, pwrite_4096, false },
	{ "pwrite-65536", 6, nothing, pwrite_65536, false },
	{ "append-64", 500, empty_file, append_64, false },
	{ "lseek", 300, fill_file, seek, false },
	{ "poll", 300, prepare_poll, poll_once, false },
	{ "ioctl", 300, nothing, get_info, false },
	{ "open-close", 60, nothing, open_close, false },
	{ "mmap", 30, fill_file, map_touch_unmap, false },
	{ "sendfile-4096", 40, nothing, sendfile_4096, false },
	{ "splice-4096", 30, nothing, splice_4096, false },
	{ "log-write-64", 100, drain_log, write_64, true },
	{ "log-write-4096", 12, drain_log, write_4096, true },
	{ "log-read-64", 100, fill_log, log_read, true },
	{ NULL, 0, NULL, NULL, false }
};
