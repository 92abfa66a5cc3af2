// SPDX-License-Identifier: GPL-2.0
/* /dev/everythingN of tests/modules/everything: features of chrdev that hello does not use. */
#include <linux/aio_abi.h>
#include <sys/syscall.h>

#include "device.h"

static void check_seek(int fd)
{
	gives(R(lseek(fd, 3, SEEK_SET)), 3, "from the start, as in a file");
	gives(R(lseek(fd, 10, SEEK_SET)), 10, "from elsewhere, up to the end");
	gives(R(lseek(fd, 11, SEEK_SET)), -EINVAL, "and not beyond");
	gives(R(lseek(fd, -10, SEEK_CUR)), 0, "back to the start");
}

static void check_ioctl(int fd)
{
	int only_read = must(open("/dev/everything0", O_RDONLY));
	int nonblocking = must(open("/dev/everything0", O_RDWR | O_NONBLOCK));
	unsigned int number = 5;

	gives(R(ioctl(fd, 1, &number)), 0, "a struct goes in and comes out");
	gives(number, 5 + must(fcntl(fd, F_GETFL)), "with the file's flags added");
	gives(R(ioctl(fd, 1, (void *)8)), -EFAULT, "a bad address");
	gives(R(ioctl(fd, 1, NULL)), -ENOTTY, "an argument that is a number");
	gives(R(ioctl(only_read, 1, &number)), -EPERM, "what the file is open for");
	gives(R(ioctl(nonblocking, 1, &number)), -EPERM, "what was seen when it was opened");
	close(only_read);
	close(nonblocking);
}

static void check_map(int fd)
{
	char path[64], text[512] = "";
	char *area = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	int info;

	if (area == MAP_FAILED)
		die("mmap");
	same(area, "0123456789", 10, "a mapping has what was written");
	munmap(area, PAGE);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = must(open(path, O_RDONLY));
	must(read(info, text, sizeof(text) - 1));
	close(info);
	ok(strstr(text, "hello:\t10\nmapped:\t4096\n"), "fdinfo tells of both devices");
}

/*
 * Output that is too long for sysfs is truncated, as by sysfs_emit(): the kernel would warn about a
 * whole page.
 */
static void check_attribute(void)
{
	int fd = must(open("/sys/class/everything/everything0/long", O_RDONLY));
	char text[2 * PAGE];

	gives(R(read(fd, text, sizeof(text))), PAGE - 1, "a long attribute is cut below a page");
	gives(text[PAGE - 2], '\n', "and ends with a newline");
	close(fd);
}

/* The driver adds pages itself, also where it stores nothing. */
static void check_splice(int fd)
{
	char got[20] = "";
	loff_t offset = 3;
	int pipes[2], stream = must(open("/dev/everything1", O_RDWR)), third = must(open("/dev/everything2", O_RDWR));

	must(pipe(pipes));
	gives(R(splice(fd, &offset, pipes[1], NULL, 10, 0)), 7, "a splice of what the driver adds");
	gives(offset, 10, "moves the offset");
	must(write(third, "abc", 3));
	must(splice(third, NULL, pipes[1], NULL, 5, 0));
	gives(R(read(pipes[0], got, sizeof(got))), 12, "all of it is in the pipe");
	same(got, "3456789abc\0\0", 12, "with zeros for what has no page");
	close(third);
	must(write(stream, "abc", 3));
	must(splice(stream, NULL, pipes[1], NULL, 1, 0));
	gives(R(splice(stream, NULL, pipes[1], NULL, 1, 0)), 1, "a splice of a stream, again");
	gives(R(read(pipes[0], got, sizeof(got))), 2, "gives");
	same(got, "aa", 2, "what is at its start");
	close(pipes[0]);
	close(pipes[1]);
	close(stream);
}

/* A read by io_submit(2), which brings a position also for a stream. */
static long long read_at(int fd, void *bytes, size_t count, long long offset)
{
	struct iocb block = {
		.aio_fildes = fd,
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_buf = (unsigned long)bytes,
		.aio_nbytes = count,
		.aio_offset = offset,
	}, *blocks[] = { &block };
	struct io_event event = { 0 };
	aio_context_t context = 0;

	must(syscall(SYS_io_setup, 1, &context));
	must(syscall(SYS_io_submit, context, 1, blocks));
	must(syscall(SYS_io_getevents, context, 1, 1, &event, NULL));
	must(syscall(SYS_io_destroy, context));
	return event.res;
}

/* A stream has no position; a file that cannot seek has one. */
static void check_streams(void)
{
	char got[4];
	int fd;

	fd = must(open("/dev/everything1", O_RDWR));
	must(write(fd, "abc", 3));
	gives(R(lseek(fd, 0, SEEK_CUR)), -ESPIPE, "a stream cannot seek");
	must(read(fd, got, 2));
	gives(R(read(fd, got, 2)), 2, "and stays at its start");
	gives(read_at(fd, got, 2, 5), 2, "io_submit names a position");
	same(got, "a ", 2, "which a driver does not see");
	gives(R(read(fd, (void *)8, 2)), -EFAULT, "a bad address");
	gives(R(read(fd, pages_before_a_hole(1) + PAGE - 2, 10)), -EFAULT, "a bad address for the last part");
	close(fd);
	fd = must(open("/dev/everything2", O_RDWR));
	must(write(fd, "abc", 3));
	gives(R(lseek(fd, 0, SEEK_CUR)), -ESPIPE, "nor can what has a position");
	must(read(fd, got, 2));
	gives(R(read(fd, got, 2)), 1, "which moves on");
	gives(R(pread(fd, got, 2, 0)), -ESPIPE, "by reads that name none");
	close(fd);
}

/* The driver's write makes the file readable and writable. */
static void check_async(int fd)
{
	struct timespec patience = { PATIENCE / 1000, 0 };
	sigset_t signals;
	siginfo_t info = { 0 };

	/* Signals of this kind are queued. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	must(fcntl(fd, F_SETSIG, SIGRTMIN));
	gives(R(fcntl(fd, F_SETFL, O_ASYNC)), 0, "O_ASYNC on");
	must(fcntl(fd, F_SETOWN, getpid()));
	must(write(fd, "0123456789", 10));
	must(sigtimedwait(&signals, &info, &patience));
	gives(info.si_code, POLL_IN, "a signal says that there is something to read");
	must(sigtimedwait(&signals, &info, &patience));
	gives(info.si_code, POLL_OUT, "and another that there is room to write");
	gives(R(fcntl(fd, F_SETFL, 0)), 0, "O_ASYNC off");
}

void test_everything(void)
{
	int fd = must(open("/dev/everything0", O_RDWR));

	gives(R(write(fd, "0123456789", 10)), 10, "a write");
	check_seek(fd);
	check_ioctl(fd);
	check_map(fd);
	check_splice(fd);
	check_attribute();
	check_async(fd);
	gives(R(fsync(fd)), 0, "fsync");
	gives(R(close(fd)), 0, "close, with a flush");
	check_streams();
}
