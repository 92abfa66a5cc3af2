// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that a file behaves as a named pipe:
 *
 *	pipe-test PATH [FAMILY...]	TAP of these families
 *
 * It passes on what mkfifo makes, so what it demands is what the kernel's pipes do.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "ring.h"
#include "tap.h"

#define SIZE 65536
#define ATOMIC 4096
/* For what comes by itself, in milliseconds. */
#define PATIENCE 40000

static const char *path;
static char bytes[SIZE + ATOMIC];

/* A call made by a thread of its own, which sleeps in it when `start` returns. */
struct call {
	pthread_t thread;
	pid_t tid;
	long long (*run)(int);
	int fd;
	long long result;
};

static void *call_thread(void *argument)
{
	struct call *call = argument;

	__atomic_store_n(&call->tid, gettid(), __ATOMIC_RELEASE);
	call->result = call->run(call->fd);
	return NULL;
}

static void start(struct call *call, long long (*run)(int), int fd)
{
	char file[64], line[256] = "", *state;

	*call = (struct call){ .run = run, .fd = fd };
	if (pthread_create(&call->thread, NULL, call_thread, call))
		die("pthread_create");
	while (!__atomic_load_n(&call->tid, __ATOMIC_ACQUIRE))
		sched_yield();
	snprintf(file, sizeof(file), "/proc/self/task/%d/stat", call->tid);
	do {
		FILE *stat = fopen(file, "r");

		/* It has ended. */
		if (!stat)
			return;
		if (!fgets(line, sizeof(line), stat))
			line[0] = 0;
		fclose(stat);
		state = strrchr(line, ')');
	} while (!state || state[2] != 'S');
}

static long long end(struct call *call)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += PATIENCE / 1000;
	errno = pthread_timedjoin_np(call->thread, NULL, &limit);
	if (errno)
		die("a call that does not come back");
	return call->result;
}

static long long open_reader(int flags)
{
	return R(open(path, O_RDONLY | flags));
}

static long long open_writer(int flags)
{
	return R(open(path, O_WRONLY | flags));
}

static long long read_one(int fd)
{
	char byte;

	return R(read(fd, &byte, 1));
}

static long long write_atomic(int fd)
{
	return R(write(fd, bytes, ATOMIC));
}

static void open_both(int *reader, int *writer)
{
	*reader = must(open(path, O_RDONLY | O_NONBLOCK));
	*writer = must(open(path, O_WRONLY));
}

static void set_flags(int fd, int flags)
{
	must(fcntl(fd, F_SETFL, flags));
}

static int events(int fd, int patience)
{
	struct pollfd file = { .fd = fd, .events = POLLIN | POLLOUT };

	must(poll(&file, 1, patience));
	return file.revents;
}

static void fill(int writer)
{
	set_flags(writer, O_NONBLOCK);
	must(write(writer, bytes, SIZE));
	set_flags(writer, 0);
}

static void test_open(void)
{
	int reader, writer;
	struct call call;

	gives(open_writer(O_NONBLOCK), -ENXIO, "a writer that must not wait for a reader");
	start(&call, open_reader, 0);
	writer = open_writer(0);
	ok(writer >= 0, "a writer opens what a reader waits for");
	reader = end(&call);
	ok(reader >= 0, "which opens the reader");
	close(writer);
	close(reader);
	start(&call, open_writer, 0);
	reader = open_reader(O_NONBLOCK);
	ok(reader >= 0, "a reader opens what a writer waits for");
	writer = end(&call);
	ok(writer >= 0, "which opens the writer");
	close(reader);
	close(writer);
	reader = open_reader(O_NONBLOCK);
	gives(read_one(reader), 0, "without a writer there is nothing to read");
	close(reader);
	reader = must(open(path, O_RDWR));
	must(write(reader, "x", 1));
	gives(read_one(reader), 1, "one file can be both ends");
	close(reader);
}

static void test_bytes(void)
{
	char got[8];
	struct iovec parts[] = { { got, 1 }, { got + 4, 4 } };
	int reader, writer;

	open_both(&reader, &writer);
	gives(R(read(reader, got, 1)), -EAGAIN, "nothing to read yet");
	gives(R(write(writer, "abc", 3)), 3, "a write");
	gives(R(write(writer, "defg", 4)), 4, "another");
	gives(R(read(reader, got, 2)), 2, "a read of a part");
	same(got, "ab", 2, "from the start");
	gives(R(readv(reader, parts, 2)), 5, "a read of the rest");
	same(got + 4, "defg", 4, "in order");
	gives(R(write(writer, "", 0)), 0, "a write of nothing");
	gives(R(read(reader, got, 0)), 0, "a read of nothing");
	gives(R(lseek(reader, 0, SEEK_CUR)), -ESPIPE, "there is no position");
	gives(R(pread(reader, got, 1, 0)), -ESPIPE, "for reads");
	gives(R(pwrite(writer, got, 1, 0)), -ESPIPE, "nor for writes");
	gives(R(write(reader, got, 1)), -EBADF, "a reader cannot write");
	gives(R(read(writer, got, 1)), -EBADF, "nor a writer read");
	must(write(writer, "x", 1));
	gives(R(read(reader, NULL, 1)), -EFAULT, "a bad address");
	gives(R(write(writer, NULL, 1)), -EFAULT, "in both directions");
	gives(R(read(reader, got, 2)), 1, "loses nothing");
	must(write(writer, "y", 1));
	close(writer);
	gives(R(read(reader, got, 2)), 1, "what was written can be read when the writer has gone");
	gives(R(read(reader, got, 2)), 0, "and is the end");
	close(reader);
}

static void test_wait(void)
{
	struct call call, other;
	int reader, writer;

	open_both(&reader, &writer);
	set_flags(reader, 0);
	start(&call, read_one, reader);
	start(&other, read_one, reader);
	must(write(writer, "xy", 2));
	gives(end(&call), 1, "a reader is woken");
	gives(end(&other), 1, "and another");
	start(&call, read_one, reader);
	close(writer);
	gives(end(&call), 0, "or the writer has gone");
	close(reader);

	open_both(&reader, &writer);
	fill(writer);
	start(&call, write_atomic, writer);
	must(read(reader, bytes, 2 * ATOMIC));
	gives(end(&call), ATOMIC, "a writer is woken");
	fill(writer);
	start(&call, write_atomic, writer);
	close(reader);
	gives(end(&call), -EPIPE, "or the reader has gone");
	gives(write_atomic(writer), -EPIPE, "and the next write fails at once");
	close(writer);
}

static void test_full(void)
{
	int reader, writer;

	open_both(&reader, &writer);
	set_flags(writer, O_NONBLOCK);
	gives(R(write(writer, bytes, sizeof(bytes))), SIZE, "what has room is written");
	gives(R(write(writer, bytes, 1)), -EAGAIN, "then nothing");
	must(read(reader, bytes, 100));
	gives(write_atomic(writer), -EAGAIN, "a small write is not split");
	must(read(reader, bytes, ATOMIC - 100));
	gives(write_atomic(writer), ATOMIC, "it is written when there is room");
	close(reader);
	close(writer);
}

static long long wait_for_input(int fd)
{
	return events(fd, PATIENCE);
}

static void test_poll(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int reader = open_reader(O_NONBLOCK), writer, epoll;
	struct call call;

	gives(events(reader, 0), 0, "a reader that never had a writer");
	writer = open_writer(0);
	gives(events(reader, 0), 0, "an empty pipe: the reader");
	gives(events(writer, 0), POLLOUT, "and the writer");
	start(&call, wait_for_input, reader);
	must(write(writer, "x", 1));
	gives(end(&call), POLLIN, "poll is woken");
	fill(writer);
	gives(events(writer, 0), 0, "a full one");
	start(&call, wait_for_input, writer);
	must(read(reader, bytes, 2 * ATOMIC));
	gives(end(&call), POLLOUT, "poll is woken when there is room");

	epoll = must(epoll_create1(0));
	must(epoll_ctl(epoll, EPOLL_CTL_ADD, reader, &event));
	gives(R(epoll_wait(epoll, &event, 1, 0)), 1, "epoll says what there is");
	gives(R(epoll_wait(epoll, &event, 1, 0)), 0, "once");
	close(epoll);

	close(writer);
	gives(events(reader, 0), POLLIN | POLLHUP, "the writer has gone");
	while (read(reader, bytes, SIZE) > 0)
		;
	gives(events(reader, 0), POLLHUP, "nothing is left");
	writer = open_writer(0);
	gives(events(reader, 0), 0, "another writer has come");
	close(reader);
	gives(events(writer, 0), POLLOUT | POLLERR, "the reader has gone");
	close(writer);
}

static void on_signal(int signal)
{
	(void)signal;
}

static void test_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct call call;
	int reader, writer;

	open_both(&reader, &writer);
	set_flags(reader, 0);
	sigaction(SIGUSR1, &action, NULL);
	start(&call, read_one, reader);
	pthread_kill(call.thread, SIGUSR1);
	gives(end(&call), -EINTR, "a signal interrupts a read");
	fill(writer);
	start(&call, write_atomic, writer);
	pthread_kill(call.thread, SIGUSR1);
	gives(end(&call), -EINTR, "and a write");
	must(read(reader, bytes, SIZE));
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
	start(&call, read_one, reader);
	pthread_kill(call.thread, SIGUSR1);
	must(write(writer, "x", 1));
	gives(end(&call), 1, "or the read is restarted");
	close(reader);
	close(writer);
}

static int next_signal(void)
{
	struct timespec patience = { PATIENCE / 1000, 0 };
	siginfo_t info = { 0 };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGRTMIN);
	must(sigtimedwait(&signals, &info, &patience));
	return info.si_code;
}

static void test_sigio(void)
{
	int reader, writer;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	open_both(&reader, &writer);
	must(fcntl(reader, F_SETSIG, SIGRTMIN));
	must(fcntl(reader, F_SETOWN, getpid()));
	set_flags(reader, O_ASYNC | O_NONBLOCK);
	must(write(writer, "x", 1));
	gives(next_signal(), POLL_IN, "the reader gets a signal");
	set_flags(reader, O_NONBLOCK);
	must(fcntl(writer, F_SETSIG, SIGRTMIN));
	must(fcntl(writer, F_SETOWN, getpid()));
	fill(writer);
	set_flags(writer, O_ASYNC);
	must(read(reader, bytes, SIZE));
	gives(next_signal(), POLL_OUT, "the writer gets one");
	close(writer);
	close(reader);
}

static struct io_uring_sqe transfer(int opcode, int fd, const void *from, size_t count)
{
	return (struct io_uring_sqe){
		.opcode = opcode, .fd = fd, .addr = (unsigned long)from, .len = count, .off = -1, .user_data = 1,
	};
}

/* Polls that are woken although nothing that they wait for has happened. */
static void check_false_events(struct ring *ring, int reader, int writer)
{
	struct io_uring_sqe call = { .opcode = IORING_OP_POLL_ADD, .fd = reader, .poll32_events = POLLIN };

	begin(ring, &call);
	close(open_reader(O_NONBLOCK));
	must(write(writer, "x", 1));
	gives(complete(ring, NULL, PATIENCE), POLLIN, "not for another reader that leaves");
	must(read(reader, bytes, 1));
	fill(writer);
	call = (struct io_uring_sqe){ .opcode = IORING_OP_POLL_ADD, .fd = writer, .poll32_events = POLLOUT };
	begin(ring, &call);
	must(read(reader, bytes, 1));
	gives(complete(ring, NULL, 0), -ETIME, "a poll of a full pipe waits while there is hardly any room");
	must(read(reader, bytes, 2 * ATOMIC));
	gives(complete(ring, NULL, PATIENCE), POLLOUT, "and ends when there is enough");
	while (events(reader, 0) & POLLIN)
		must(read(reader, bytes, SIZE));
}

/* docs/versions.md describes what io_uring of Linux 7.2 does; a pipe of the kernel's has one queue for each end. */
static bool can_poll_again(void)
{
	struct utsname kernel;
	struct stat file;

	must(uname(&kernel));
	must(stat(path, &file));
	return S_ISFIFO(file.st_mode) || strncmp(kernel.release, "7.2.", 4);
}

static void test_uring(void)
{
	struct io_uring_sqe call;
	struct iovec buffer = { bytes, ATOMIC };
	unsigned long long which;
	int reader, writer, result;
	struct ring ring;

	make_ring(&ring);
	must(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, &buffer, 1));
	open_both(&reader, &writer);
	set_flags(reader, 0);
	call = transfer(IORING_OP_READ, reader, bytes, 8);
	begin(&ring, &call);
	gives(complete(&ring, NULL, 0), -ETIME, "a read waits");
	must(write(writer, "abc", 3));
	gives(complete(&ring, NULL, PATIENCE), 3, "until there is something to read");
	same(bytes, "abc", 3, "which it has");

	memcpy(bytes, "fixed", 5);
	call = transfer(IORING_OP_WRITE_FIXED, writer, bytes, 5);
	begin(&ring, &call);
	gives(complete(&ring, NULL, PATIENCE), 5, "a write from a fixed buffer");
	call = transfer(IORING_OP_READ_FIXED, reader, bytes + 8, 8);
	begin(&ring, &call);
	gives(complete(&ring, NULL, PATIENCE), 5, "a read to one");
	same(bytes + 8, "fixed", 5, "has the same");
	begin(&ring, &call);
	gives(complete(&ring, NULL, 0), -ETIME, "another waits");
	must(write(writer, "more", 4));
	gives(complete(&ring, NULL, PATIENCE), 4, "for what comes");
	call = transfer(IORING_OP_READ_FIXED, reader, bytes + ATOMIC, 8);
	begin(&ring, &call);
	gives(complete(&ring, NULL, PATIENCE), -EFAULT, "memory outside of the buffer");

	call = (struct io_uring_sqe){ .opcode = IORING_OP_POLL_ADD, .fd = reader, .poll32_events = POLLIN };
	begin(&ring, &call);
	gives(complete(&ring, NULL, 0), -ETIME, "a poll waits");
	must(write(writer, "x", 1));
	gives(complete(&ring, NULL, PATIENCE), POLLIN, "for an event");
	must(read(reader, bytes, 1));

	if (can_poll_again()) {
		check_false_events(&ring, reader, writer);
	} else {
		for (int i = 0; i < 3; i++)
			ok(true, "no false events # SKIP Linux 7.2 cannot poll a file with two queues again");
	}

	call = transfer(IORING_OP_READ, reader, bytes, 1);
	begin(&ring, &call);
	gives(complete(&ring, NULL, 0), -ETIME, "a read that is cancelled");
	call = (struct io_uring_sqe){ .opcode = IORING_OP_ASYNC_CANCEL, .addr = 1, .user_data = 2 };
	begin(&ring, &call);
	result = complete(&ring, &which, PATIENCE);
	gives(which == 1 ? result : complete(&ring, NULL, PATIENCE), -ECANCELED, "ends");
	if (which == 1)
		result = complete(&ring, NULL, PATIENCE);
	gives(result, 0, "and so does what cancels it");
	must(write(writer, "x", 1));
	gives(read_one(reader), 1, "it takes nothing of what comes then");

	fill(writer);
	call = transfer(IORING_OP_WRITE, writer, bytes, ATOMIC);
	begin(&ring, &call);
	gives(complete(&ring, NULL, 0), -ETIME, "a write waits");
	must(read(reader, bytes, 2 * ATOMIC));
	gives(complete(&ring, NULL, PATIENCE), ATOMIC, "until there is room");
	while (events(reader, 0) & POLLIN)
		must(read(reader, bytes, SIZE));

	/* A worker thread sleeps in the read, and is interrupted. */
	call = transfer(IORING_OP_READ, reader, bytes, 1);
	call.flags = IOSQE_ASYNC;
	begin(&ring, &call);
	gives(complete(&ring, NULL, 0), -ETIME, "a read by a worker");
	call = (struct io_uring_sqe){ .opcode = IORING_OP_ASYNC_CANCEL, .addr = 1, .user_data = 2 };
	begin(&ring, &call);
	result = complete(&ring, &which, PATIENCE);
	if (which != 1)
		result = complete(&ring, NULL, PATIENCE);
	else
		must(complete(&ring, NULL, PATIENCE) == -ETIME ? -1 : 0);
	ok(result == -ECANCELED || result == -EINTR, "can be cancelled");

	call = transfer(IORING_OP_READ, reader, bytes, 1);
	begin(&ring, &call);
	close(writer);
	gives(complete(&ring, NULL, PATIENCE), 0, "the writer has gone");
	begin(&ring, &call);
	gives(complete(&ring, NULL, PATIENCE), 0, "the next read is at the end");
	close(reader);
	end_ring(&ring);
}

#define WRITERS 4
#define RECORDS 200

/* A record: its length, and that many bytes, which are the number of its writer. */
static long long write_records(int number)
{
	unsigned int seed = number + 1;
	char record[ATOMIC];
	int fd = open_writer(0), i;

	for (i = 0; i < RECORDS; i++) {
		unsigned short length = rand_r(&seed) % (ATOMIC - sizeof(length) - 1) + 1;

		memcpy(record, &length, sizeof(length));
		memset(record + sizeof(length), number + 1, length);
		if (write(fd, record, sizeof(length) + length) != (ssize_t)(sizeof(length) + length))
			return -1;
	}
	close(fd);
	return 0;
}

static bool read_whole(int fd, char *to, size_t count)
{
	ssize_t got;

	for (; count; to += got, count -= got) {
		got = read(fd, to, count);
		if (got <= 0)
			return false;
	}
	return true;
}

static void test_records(void)
{
	int reader = open_reader(O_NONBLOCK), i, whole = 0, failed = 0;
	struct call writers[WRITERS];
	unsigned short length;
	char record[ATOMIC];

	for (i = 0; i < WRITERS; i++) {
		writers[i] = (struct call){ .run = write_records, .fd = i };
		if (pthread_create(&writers[i].thread, NULL, call_thread, &writers[i]))
			die("pthread_create");
	}
	events(reader, PATIENCE);
	set_flags(reader, 0);
	while (read_whole(reader, (char *)&length, sizeof(length)) && length <= sizeof(record) &&
	       read_whole(reader, record, length) && record[0] >= 1 && record[0] <= WRITERS) {
		for (i = 1; i < length && record[i] == record[0]; i++)
			;
		whole += i == length;
	}
	close(reader);
	for (i = 0; i < WRITERS; i++)
		failed += end(&writers[i]) != 0;
	gives(failed, 0, "all writers have written");
	gives(whole, WRITERS * RECORDS, "records of several writers are whole");
}

static long long take(int fd)
{
	long long total = 0;
	ssize_t got;
	char some[700];

	while ((got = read(fd, some, sizeof(some))) > 0)
		total += got;
	return got < 0 ? -1 : total;
}

static void test_readers(void)
{
	struct call readers[4];
	int reader, writer, i, count;
	long long total = 0;

	open_both(&reader, &writer);
	set_flags(reader, 0);
	for (i = 0; i < 4; i++)
		start(&readers[i], take, reader);
	for (count = 1; count <= 500; count++) {
		must(write(writer, bytes, count));
		total -= count;
	}
	close(writer);
	for (i = 0; i < 4; i++)
		total += end(&readers[i]);
	gives(total, 0, "several readers share what is written, and all see the end");
	close(reader);
}

static const struct family families[] = {
	{ "open", 7, test_open },
	{ "bytes", 19, test_bytes },
	{ "wait", 6, test_wait },
	{ "full", 4, test_full },
	{ "poll", 12, test_poll },
	{ "signals", 3, test_signals },
	{ "sigio", 2, test_sigio },
	{ "uring", 24, test_uring },
	{ "records", 2, test_records },
	{ "readers", 1, test_readers },
	{ }
};

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs("usage: pipe-test PATH [FAMILY...]\n", stderr);
		return 2;
	}
	path = argv[1];
	signal(SIGPIPE, SIG_IGN);
	return run_families(families, argv + 2);
}
