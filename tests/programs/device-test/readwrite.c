// SPDX-License-Identifier: GPL-2.0
/* read, write and their relatives, one process at a time. */
#include <limits.h>

#include "device.h"

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif
/* No such flag. */
#define RWF_NONSENSE 0x40000000

void test_read(void)
{
	char bytes[64];
	int fd = must(open("/dev/hello1", O_RDONLY));

	gives(R(read(fd, bytes, sizeof(bytes))), 14, "the first message is read");
	same(bytes, "Hello, world!\n", 14, "and is the greeting");
	gives(R(read(fd, bytes, sizeof(bytes))), 0, "then comes the end");
	gives(position_of(fd), 14, "where the position stays");
	gives(R(write(fd, "x", 1)), -EBADF, "write on a file opened for reading");
	close(fd);

	fd = with_text("0123456789");
	gives(R(read(fd, bytes, 4)), 4, "a part is read");
	gives(position_of(fd), 4, "and moves the position");
	gives(R(read(fd, bytes, 0)), 0, "a read of nothing");
	gives(R(read(fd, NULL, 0)), 0, "a read of nothing to nowhere");
	gives(position_of(fd), 4, "moves nothing");
	gives(R(read(fd, bytes, sizeof(bytes))), 6, "the rest is read");
	same(bytes, "456789", 6, "and is the rest");
	gives(R(pread(fd, bytes, 3, 5)), 3, "pread");
	same(bytes, "567", 3, "reads at its offset");
	gives(position_of(fd), 10, "and leaves the position");
	gives(R(pread(fd, bytes, 1, 10)), 0, "pread at the end");
	gives(R(pread(fd, bytes, 1, 1LL << 40)), 0, "pread far beyond the end");
	gives(R(pread(fd, bytes, 1, LLONG_MAX - 1)), 0, "pread at the last offset there can be");
	gives(R(pread(fd, bytes, 2, LLONG_MAX - 1)), -EINVAL, "pread past it");
	gives(R(pread(fd, bytes, 1, -1)), -EINVAL, "pread before the start");
	close(fd);
	fd = must(open(DEVICE, O_WRONLY));
	gives(R(read(fd, bytes, 1)), -EBADF, "read on a file opened for writing");
	close(fd);
}

void test_write(void)
{
	char *bytes = malloc(CAPACITY + 10);
	int fd = empty(O_RDWR), other;

	fill(bytes, CAPACITY + 10, 1);
	gives(R(write(fd, "hello", 5)), 5, "write");
	gives(position_of(fd), 5, "moves the position");
	gives(R(write(fd, NULL, 0)), 0, "a write of nothing");
	ok(stored_text("hello"), "writes nothing");
	gives(R(pwrite(fd, "EL", 2, 1)), 2, "pwrite");
	gives(position_of(fd), 5, "leaves the position");
	ok(stored_text("hELlo"), "and overwrites what was there, no more");
	gives(R(pwrite(fd, "x", 1, -1)), -EINVAL, "pwrite before the start");
	gives(R(pwrite(fd, "x", 1, LLONG_MAX)), -EINVAL, "pwrite past what an offset can be");
	gives(R(pwrite(fd, "x", 1, CAPACITY)), -ENOSPC, "pwrite at the capacity");
	gives(R(pwrite(fd, "x", 1, 1LL << 40)), -ENOSPC, "pwrite far beyond it");
	gives(R(pwrite(fd, "x", 0, CAPACITY)), 0, "pwrite of nothing at the capacity");
	ok(stored_text("hELlo"), "and nothing has changed");

	gives(R(pwrite(fd, bytes, 20, CAPACITY - 10)), 10, "a write across the capacity is short");
	gives(size_now(), CAPACITY, "and fills the device");
	ok(stored(CAPACITY - 10, bytes, 10), "with the first of its bytes");
	close(fd);

	fd = empty(O_RDWR);
	gives(R(write(fd, bytes, CAPACITY + 10)), CAPACITY, "more than the capacity is cut");
	gives(R(write(fd, bytes, 1)), -ENOSPC, "then there is no space");
	gives(R(write(fd, bytes, 0)), 0, "but for nothing");
	ok(stored(0, bytes, CAPACITY), "every byte is as written");
	other = must(open(DEVICE, O_WRONLY | O_APPEND));
	gives(R(write(other, "x", 1)), -ENOSPC, "an append has no space either");
	close(other);
	gives(R(pwrite(fd, "y", 1, 7)), 1, "an overwrite still has");
	gives(size_now(), CAPACITY, "and the size stays");
	close(fd);
	close(empty(O_RDONLY));
	other = must(open("/dev/hello1", O_RDONLY));
	gives(R(read(other, bytes, 20)), 14, "another device has bytes of its own");
	close(other);
	free(bytes);
}

void test_append(void)
{
	struct iovec x = { .iov_base = "x", .iov_len = 1 };
	struct iovec yz = { .iov_base = "yz", .iov_len = 2 };
	int fd = with_text("abc"), append = must(open(DEVICE, O_RDWR | O_APPEND));

	gives(position_of(append), 0, "O_APPEND opens at the start");
	gives(R(write(append, "de", 2)), 2, "but writes");
	ok(stored_text("abcde"), "at the end");
	gives(position_of(append), 5, "and is there then");
	gives(R(write(fd, "A", 1)), 1, "beside a file without it");
	ok(stored_text("Abcde"), "which writes at its position");
	must(lseek(append, 1, SEEK_SET));
	gives(R(write(append, "f", 1)), 1, "lseek, write");
	ok(stored_text("Abcdef"), "at the end all the same");
	must(lseek(append, 1, SEEK_SET));
	gives(R(pwrite(append, "g", 1, 0)), 1, "pwrite with O_APPEND");
	ok(stored_text("Abcdefg"), "appends too, as for a regular file");
	gives(position_of(append), 1, "and leaves the position");

	gives(R(pwritev2(fd, &x, 1, 0, RWF_APPEND)), 1, "RWF_APPEND at an offset");
	ok(stored_text("Abcdefgx"), "appends");
	gives(position_of(fd), 1, "and leaves the position");
	gives(R(pwritev2(fd, &yz, 1, -1, RWF_APPEND)), 2, "RWF_APPEND at the position");
	ok(stored_text("Abcdefgxyz"), "appends");
	gives(position_of(fd), 10, "and moves it");
	gives(R(pwritev2(append, &x, 1, 2, RWF_NOAPPEND)), 1, "RWF_NOAPPEND");
	ok(stored_text("Abxdefgxyz"), "writes at its offset");
	gives(R(pwritev2(append, &x, 1, 2, RWF_NOAPPEND | RWF_APPEND)), -EINVAL, "both");

	must(fcntl(append, F_SETFL, 0));
	must(lseek(append, 0, SEEK_SET));
	must(write(append, "B", 1));
	ok(stored_text("Bbxdefgxyz"), "F_SETFL takes O_APPEND away");
	must(fcntl(append, F_SETFL, O_APPEND));
	must(write(append, "!", 1));
	ok(stored_text("Bbxdefgxyz!"), "and gives it back");
	close(append);
	close(fd);
}

void test_vectors(void)
{
	char a[4] = "", b[8] = "";
	struct iovec in[] = { { a, 3 }, { NULL, 0 }, { b, 6 } };
	struct iovec out[] = { { "one ", 4 }, { "", 0 }, { "two ", 4 }, { "three", 5 } };
	struct iovec *many = calloc(IOV_MAX + 1, sizeof(*many));
	struct iovec huge[] = { { pages(1), SSIZE_MAX }, { pages(1), SSIZE_MAX } };
	int fd = empty(O_RDWR), i;

	gives(R(writev(fd, out, 4)), 13, "writev");
	ok(stored_text("one two three"), "writes one after the other");
	gives(R(pwritev(fd, out, 1, 4)), 4, "pwritev");
	ok(stored_text("one one three"), "writes at its offset");
	gives(position_of(fd), 13, "and leaves the position");
	must(lseek(fd, 1, SEEK_SET));
	gives(R(readv(fd, in, 3)), 9, "readv");
	same(a, "ne ", 3, "fills the first");
	same(b, "one th", 6, "and the last");
	gives(position_of(fd), 10, "and moves the position");
	gives(R(preadv(fd, in, 3, 9)), 4, "preadv is short at the end");
	same(a, "hre", 3, "fills the first");
	same(b, "ene th", 6, "and of the last what is left");
	gives(position_of(fd), 10, "and leaves the position");
	gives(R(readv(fd, NULL, 0)), 0, "readv of no buffer");
	gives(R(writev(fd, NULL, 0)), 0, "writev of no buffer");
	gives(R(readv(fd, in, -1)), -EINVAL, "readv of less than none");
	for (i = 0; i <= IOV_MAX; i++)
		many[i] = (struct iovec) { "x", 1 };
	must(lseek(fd, 0, SEEK_SET));
	gives(R(writev(fd, many, IOV_MAX + 1)), -EINVAL, "writev of too many");
	gives(R(writev(fd, many, IOV_MAX)), IOV_MAX, "writev of as many as there can be");
	gives(size_now(), IOV_MAX, "writes each");
	if (sizeof(long) == 8)
		gives(R(preadv(fd, huge, 2, 0)), -EFAULT, "buffers longer than the address space");
	else
		gives(R(preadv(fd, huge, 2, 4)), IOV_MAX - 4, "buffers longer than can be are cut");
	gives(R(preadv2(fd, in, 1, 0, RWF_NONSENSE)), -EOPNOTSUPP, "a flag that is not there, reading");
	gives(R(pwritev2(fd, in, 1, 0, RWF_NONSENSE)), -EOPNOTSUPP, "and writing");
	close(fd);
	free(many);
}

void test_gap(void)
{
	char *bytes = malloc(CAPACITY), *zeros = calloc(1, CAPACITY);
	int fd;

	/* None of these bytes may reappear. */
	fill(bytes, CAPACITY, 3);
	store(bytes, CAPACITY);
	fd = empty(O_RDWR);
	gives(R(pwrite(fd, "end", 3, 5000)), 3, "a write beyond the end");
	gives(size_now(), 5003, "makes the file as long");
	ok(stored(0, zeros, 5000), "the gap reads as zeros");
	ok(stored(5000, "end", 3), "before what was written");
	must(lseek(fd, 50000, SEEK_SET));
	gives(R(write(fd, "more", 4)), 4, "a second one, by the position");
	ok(stored(5003, zeros, 50000 - 5003), "the second gap too");
	ok(stored(0, zeros, 5000) && stored(5000, "end", 3), "and what was before it stands");
	gives(R(pwrite(fd, "", 0, 60000)), 0, "a write of nothing beyond the end");
	gives(size_now(), 50004, "makes nothing longer");
	close(fd);

	fd = with_text("abc");
	gives(R(pwrite(fd, bytes, 0, 10)), 0, "nothing at all, beyond the end");
	gives(R(pwrite(fd, "z", 1, CAPACITY - 1)), 1, "the last byte there can be");
	ok(stored(0, "abc", 3) && stored(3, zeros, CAPACITY - 4), "is behind zeros");
	ok(stored(CAPACITY - 1, "z", 1), "and is there");
	close(fd);
	free(bytes);
	free(zeros);
}

void test_truncate(void)
{
	char bytes[16];
	int fd = with_text("something"), other;

	other = must(open(DEVICE, O_RDONLY | O_TRUNC));
	ok(stored_text("something"), "O_TRUNC does nothing on an open for reading");
	gives(R(open(DEVICE, O_WRONLY | O_TRUNC | O_DIRECT)), -EINVAL, "O_DIRECT is refused");
	ok(stored_text("something"), "and nothing is emptied");
	close(other);
	must(lseek(fd, 4, SEEK_SET));
	other = must(open(DEVICE, O_RDWR | O_TRUNC));
	gives(size_now(), 0, "it empties on one for reading and writing");
	gives(position_of(fd), 4, "while other files keep their position");
	gives(R(read(fd, bytes, 16)), 0, "and read the end there");
	gives(R(write(fd, "x", 1)), 1, "or write");
	gives(R(read(other, bytes, 16)), 5, "what is before it");
	same(bytes, "\0\0\0\0x", 5, "is zeros, and nothing of what was there");
	close(other);
	close(must(open(DEVICE, O_WRONLY | O_TRUNC)));
	gives(size_now(), 0, "it empties on one for writing");
	must(pwrite(fd, "again", 5, 0));
	close(must(open(DEVICE, O_WRONLY | O_CREAT, 0600)));
	ok(stored_text("again"), "O_CREAT does nothing");
	gives(R(open(DEVICE, O_WRONLY | O_CREAT | O_EXCL, 0600)), -EEXIST, "O_EXCL");
	gives(R(open(DEVICE, O_RDONLY | O_DIRECTORY)), -ENOTDIR, "O_DIRECTORY");
	gives(R(ftruncate(fd, 1)), -EINVAL, "ftruncate is not for devices");
	ok(stored_text("again"), "and does nothing");
	close(fd);
}

void test_nowait(void)
{
	char bytes[8] = "";
	struct iovec in = { bytes, 4 }, out = { "ABCD", 4 };
	char *page = pages(1);
	int fd = with_text("abcdefgh");

	bytes[0] = 1;
	gives(R(preadv2(fd, &in, 1, 0, RWF_NOWAIT)), 4, "RWF_NOWAIT reads what is there");
	same(bytes, "abcd", 4, "rightly");
	gives(R(preadv2(fd, &in, 1, 8, RWF_NOWAIT)), 0, "and the end");
	gives(R(pwritev2(fd, &out, 1, 2, RWF_NOWAIT)), 4, "and writes where there is memory");
	ok(stored_text("abABCDgh"), "rightly");
	gives(R(pwritev2(fd, &out, 1, -1, RWF_NOWAIT | RWF_APPEND)), 4, "and appends");
	ok(stored_text("abABCDghABCD"), "rightly");
	gives(R(pwritev2(fd, &out, 1, CAPACITY, RWF_NOWAIT)), -ENOSPC, "no space is no reason to wait");
	/*
	 * As for regular files, RWF_NOWAIT concerns locks and allocations, not the caller's pages.
	 */
	in = (struct iovec) { page, 4 };
	gives(R(preadv2(fd, &in, 1, 0, RWF_NOWAIT)), 4, "a user page that was never touched is");
	in = (struct iovec) { NULL, 4 };
	gives(R(preadv2(fd, &in, 1, 0, RWF_NOWAIT)), -EFAULT, "a bad pointer is one");
	munmap(page, PAGE);
	close(fd);
}

void test_nonblock(void)
{
	char bytes[8];
	int fd = empty(O_RDWR | O_NONBLOCK);

	gives(R(read(fd, bytes, 8)), 0, "O_NONBLOCK: the end is the end, not EAGAIN");
	gives(R(pwrite(fd, "abc", 3, CAPACITY - 3)), 3, "and a write that needs memory gets it");
	gives(R(pwrite(fd, "abc", 3, CAPACITY)), -ENOSPC, "and no space is ENOSPC");
	gives(R(pread(fd, bytes, 8, CAPACITY - 3)), 3, "and what is there is read");
	same(bytes, "abc", 3, "rightly");
	close(fd);
}

/* Operations that such a device does not support fail as on other devices. */
void test_others(void)
{
	int fd = with_text("abc"), null = must(open("/dev/null", O_RDWR));
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	gives(R(fallocate(fd, 0, 0, 100)), -ENODEV, "fallocate");
	gives(R(copy_file_range(fd, NULL, null, NULL, 3, 0)), -EINVAL, "copy_file_range");
	gives(R(truncate(DEVICE, 1)), -EINVAL, "truncate");
	gives(R(fsync(fd)), 0, "fsync has nothing to do");
	gives(R(fdatasync(fd)), 0, "nor fdatasync");
	gives(R(fcntl(fd, F_SETLK, &lock)), 0, "a file lock");
	ok(stored_text("abc"), "and nothing of it has changed a byte");
	close(null);
	close(fd);
}
