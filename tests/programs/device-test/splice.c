// SPDX-License-Identifier: GPL-2.0
/* splice, tee, vmsplice and sendfile. */
#include <sys/sendfile.h>

#include "device.h"

#define MUCH 10000

/* A kernel with page_owner reads a page at a time into a pipe. */
static long long splice_all(int from, int to, size_t count)
{
	size_t done = 0;
	ssize_t part;

	do {
		part = splice(from, NULL, to, NULL, count - done, 0);
		if (part < 0)
			return -errno;
		done += part;
	} while (part && done < count);
	return done;
}

void test_splice(void)
{
	char *bytes = malloc(CAPACITY), *got = malloc(CAPACITY);
	struct iovec part = { bytes, 3000 };
	int fd, other, append, pipes[2], second[2];
	loff_t offset = 4, end = 10;

	fill(bytes, CAPACITY, 4);
	must(pipe(pipes));
	must(pipe(second));
	must(fcntl(pipes[0], F_SETPIPE_SZ, 1 << 17));
	must(fcntl(second[0], F_SETPIPE_SZ, 1 << 17));

	/* Out. */
	fd = with_text("0123456789");
	gives(R(splice(fd, NULL, pipes[1], NULL, 4, 0)), 4, "splice to a pipe");
	gives(position_of(fd), 4, "moves the position");
	gives(R(splice(fd, &offset, pipes[1], NULL, 100, 0)), 6, "at an offset, as much as there is");
	gives(offset, 10, "moves the offset");
	gives(position_of(fd), 4, "and not the position");
	gives(R(read(pipes[0], got, 100)), 10, "it comes out of the pipe");
	same(got, "0123456789", 10, "as it went in");
	gives(R(splice(fd, &end, pipes[1], NULL, 1, 0)), 0, "at the end there is nothing");
	close(fd);
	store(bytes, MUCH);
	fd = must(open(DEVICE, O_RDONLY));
	gives(splice_all(fd, pipes[1], MUCH), MUCH, "many pages");
	gives(R(tee(pipes[0], second[1], MUCH, 0)), MUCH, "can be teed");
	must(read(second[0], got, MUCH));
	same(got, bytes, MUCH, "and are what was stored");
	must(read(pipes[0], got, MUCH));
	/* The pipe has the page itself, as with tmpfs. */
	offset = 0;
	gives(R(splice(fd, &offset, pipes[1], NULL, 4, 0)), 4, "what is in the pipe");
	other = must(open(DEVICE, O_WRONLY));
	must(pwrite(other, "xxxx", 4, 0));
	must(read(pipes[0], got, 4));
	same(got, "xxxx", 4, "changes with a later write");
	offset = 0;
	must(splice(fd, &offset, pipes[1], NULL, 4, 0));
	close(must(open(DEVICE, O_WRONLY | O_TRUNC)));
	must(read(pipes[0], got, 4));
	same(got, "\0\0\0\0", 4, "and is zeros after O_TRUNC");
	must(fcntl(second[1], F_SETPIPE_SZ, 2 * 4096));
	store(bytes, MUCH);
	offset = 1;
	gives(R(splice(fd, &offset, second[1], NULL, MUCH, 0)), 4095 + 4096, "short when the pipe is full");
	gives(offset, 1 + 4095 + 4096, "and the offset moves as far");
	gives(R(splice(fd, &offset, second[1], NULL, 1, SPLICE_F_NONBLOCK)), -EAGAIN, "then it would block");
	must(read(second[0], got, MUCH));
	same(got, bytes + 1, 4095 + 4096, "what there was comes out");
	gives(R(splice(other, NULL, pipes[1], NULL, 4, 0)), -EBADF, "splice from a file opened for writing");
	close(fd);

	/* In. */
	fd = must(open(DEVICE, O_RDWR | O_TRUNC));
	must(write(pipes[1], "hello", 5));
	gives(R(splice(pipes[0], NULL, fd, NULL, 100, 0)), 5, "splice from a pipe");
	gives(position_of(fd), 5, "moves the position");
	must(write(pipes[1], "EL", 2));
	offset = 1;
	gives(R(splice(pipes[0], NULL, fd, &offset, 2, 0)), 2, "at an offset");
	gives(offset, 3, "moves the offset");
	ok(stored_text("hELlo"), "and writes there");
	must(write(pipes[1], bytes, MUCH));
	offset = 0;
	gives(R(splice(pipes[0], NULL, fd, &offset, MUCH, 0)), MUCH, "many pages");
	ok(stored(0, bytes, MUCH), "and all is there");
	gives(R(vmsplice(pipes[1], &part, 1, 0)), 3000, "a process's own pages in the pipe");
	offset = 500;
	gives(R(splice(pipes[0], NULL, fd, &offset, 3000, 0)), 3000, "are written too");
	ok(stored(500, bytes, 3000), "rightly");
	must(write(pipes[1], "0123456789", 10));
	offset = CAPACITY - 4;
	gives(R(splice(pipes[0], NULL, fd, &offset, 10, 0)), 4, "short at the capacity");
	gives(R(splice(pipes[0], NULL, fd, &offset, 6, 0)), -ENOSPC, "then there is no space");
	gives(R(read(pipes[0], got, 100)), 6, "and what was not written is still in the pipe");
	same(got, "456789", 6, "rightly");
	append = must(open(DEVICE, O_WRONLY | O_APPEND));
	must(write(pipes[1], "x", 1));
	gives(R(splice(pipes[0], NULL, append, NULL, 1, 0)), -EINVAL, "O_APPEND and splice don't go together");
	must(read(pipes[0], got, 1));
	close(append);
	close(fd);
	fd = must(open(DEVICE, O_RDONLY));
	must(write(pipes[1], "x", 1));
	gives(R(splice(pipes[0], NULL, fd, NULL, 1, 0)), -EBADF, "splice to a file opened for reading");
	close(fd);
	close(other);
	free(bytes);
	free(got);
}

void test_sendfile(void)
{
	char *bytes = malloc(MUCH), *got = malloc(MUCH);
	int fd, other, file, pipes[2], append;
	off_t offset = 2;

	fill(bytes, MUCH, 6);
	must(pipe(pipes));
	store(bytes, MUCH);
	fd = must(open(DEVICE, O_RDWR));
	gives(R(sendfile(pipes[1], fd, NULL, 3000)), 3000, "sendfile to a pipe");
	gives(R(read(pipes[0], got, MUCH)), 3000, "comes out");
	same(got, bytes, 3000, "as it is stored");
	gives(position_of(fd), 3000, "and moves the position");
	gives(R(sendfile(pipes[1], fd, &offset, 5)), 5, "at an offset");
	gives(offset, 7, "moves the offset");
	must(read(pipes[0], got, 5));
	same(got, bytes + 2, 5, "and reads there");

	file = must(open("/tmp/sendfile", O_RDWR | O_CREAT | O_TRUNC, 0600));
	offset = 0;
	gives(R(sendfile(file, fd, &offset, MUCH + 10)), MUCH, "sendfile to a file");
	must(pread(file, got, MUCH, 0));
	same(got, bytes, MUCH, "rightly");
	close(fd);
	fd = empty(O_RDWR);
	must(lseek(fd, 100, SEEK_SET));
	offset = 0;
	gives(R(sendfile(fd, file, &offset, MUCH)), MUCH, "sendfile from a file");
	ok(stored(100, bytes, MUCH), "at the position");
	gives(position_of(fd), 100 + MUCH, "which moves");
	other = must(open("/dev/hello1", O_RDWR | O_TRUNC));
	offset = 100;
	gives(R(sendfile(other, fd, &offset, MUCH)), MUCH, "from one device to another");
	must(pread(other, got, MUCH, 0));
	same(got, bytes, MUCH, "rightly");
	append = must(open(DEVICE, O_WRONLY | O_APPEND));
	gives(R(sendfile(append, file, NULL, 5)), -EINVAL, "O_APPEND and sendfile don't go together");
	gives(size_now(), 100 + MUCH, "and nothing was written");
	gives(R(sendfile(pipes[1], append, NULL, 5)), -EBADF, "sendfile from a file opened for writing");
	close(append);
	close(other);
	close(must(open("/dev/hello1", O_WRONLY | O_TRUNC)));
	other = must(open("/dev/hello1", O_WRONLY));
	must(write(other, "Hello, world!\n", 14));
	close(other);
	close(file);
	close(fd);
	free(bytes);
	free(got);
}
