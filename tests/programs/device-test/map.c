// SPDX-License-Identifier: GPL-2.0
/* mmap: shared, for reading only, of the bytes that are stored. */
#include <setjmp.h>

#include "device.h"

static sigjmp_buf away;

static void on_sigbus(int signal)
{
	(void)signal;
	siglongjmp(away, 1);
}

/* The byte at an address; -1 if it is SIGBUS. */
static int touch(const volatile char *address)
{
	struct sigaction old, action = { .sa_handler = on_sigbus };
	int byte = -1;

	sigaction(SIGBUS, &action, &old);
	if (!sigsetjmp(away, 1))
		byte = (unsigned char)*address;
	sigaction(SIGBUS, &old, NULL);
	return byte;
}

static char *map(int fd, size_t count, int protection, int flags, off_t offset)
{
	return mmap(NULL, count, protection, flags, fd, offset);
}

void test_map(void)
{
	char *bytes = malloc(CAPACITY), zeros[PAGE] = "", *area, *second, *all;
	int fd, other, status, pipes[2];
	struct iovec part;
	pid_t child;

	DEVICE = "/dev/hello3";
	fill(bytes, CAPACITY, 8);
	store(bytes, PAGE + 100);
	fd = must(open(DEVICE, O_RDONLY));
	other = must(open(DEVICE, O_RDWR));
	area = map(fd, 4 * PAGE, PROT_READ, MAP_SHARED, 0);
	if (!ok(area != MAP_FAILED, "a file opened for reading can be mapped"))
		die("mmap");
	same(area, bytes, PAGE + 100, "and what is stored is there");
	same(area + PAGE + 100, zeros, PAGE - 100, "the rest of its page is zeros");
	gives(touch(area + 2 * PAGE), -1, "beyond the stored pages is SIGBUS");
	gives(touch(area + 4 * PAGE - 1), -1, "to the end of the mapping");
	must(pwrite(other, "seen", 4, 50));
	same(area + 50, "seen", 4, "a write is seen");
	must(pwrite(other, "new", 3, 2 * PAGE + 5));
	gives(touch(area + 2 * PAGE + 5), 'n', "a page that is stored later is there from then on");
	gives(touch(area + 3 * PAGE), -1, "and no other");
	must(madvise(area, 4 * PAGE, MADV_DONTNEED));
	same(area + 50, "seen", 4, "after MADV_DONTNEED the same bytes again");
	same(area + 2 * PAGE + 5, "new", 3, "on each page");
	gives(touch(area + 3 * PAGE), -1, "and SIGBUS again");
	must(pwrite(other, "far", 3, 6 * PAGE));
	gives(touch(area + 3 * PAGE), 0, "until it is in a hole, which is zeros");

	second = map(other, PAGE, PROT_READ, MAP_SHARED, PAGE);
	if (!ok(second != MAP_FAILED, "a file opened for both can be mapped to read, from a page on"))
		die("mmap");
	same(second, area + PAGE, PAGE, "which is the second one");
	must(close(fd));
	same(area + 50, "seen", 4, "a mapping outlives its file");
	child = must(fork());
	if (child == 0)
		_exit(memcmp(area + 50, "seen", 4) || memcmp(second, area + PAGE, PAGE));
	must(waitpid(child, &status, 0));
	gives(status, 0, "and a fork has it too");
	must(munmap(area + PAGE, PAGE));
	gives(touch(area + 2 * PAGE + 5), 'n', "a hole in it changes nothing");
	same(area, bytes, 50, "on either side");

	/* Emptying cannot take pages away that somebody has mapped. */
	must(ioctl(other, HELLO_CLEAR));
	same(area, zeros, PAGE, "emptied, the mapped page is zeros");
	same(second, zeros, PAGE, "the other one too");
	must(pwrite(other, "back", 4, PAGE + 7));
	same(second + 7, "back", 4, "and what is stored next is seen");

	must(pipe(pipes));
	part = (struct iovec) { second + 7, 4 };
	gives(R(vmsplice(pipes[1], &part, 1, 0)), 4, "the kernel can hold on to a mapped page");
	must(munmap(second, PAGE));
	must(munmap(area, PAGE));
	must(munmap(area + 2 * PAGE, 2 * PAGE));
	must(read(pipes[0], zeros, 4));
	same(zeros, "back", 4, "when it is mapped no more, too");
	memset(zeros, 0, 4);

	gives(RMAP(map(other, PAGE, PROT_READ, MAP_SHARED, 100)), -EINVAL, "an offset within a page");
	store(bytes, CAPACITY);
	all = map(other, CAPACITY + PAGE, PROT_READ, MAP_SHARED, 0);
	if (all != MAP_FAILED) {
		ok(!memcmp(all, bytes, CAPACITY), "all that there can be");
		gives(touch(all + CAPACITY), -1, "and SIGBUS beyond the capacity");
		must(munmap(all, CAPACITY + PAGE));
	} else {
		gives(-errno, -EINVAL, "a mapping beyond the capacity");
		ok(true, "is refused");
	}
	area = map(other, PAGE, PROT_READ, MAP_SHARED | MAP_POPULATE, 3 * PAGE);
	same(area, bytes + 3 * PAGE, PAGE, "MAP_POPULATE");
	munmap(area, PAGE);
	close(other);
	free(bytes);
}

/* The number of areas of the device that this process has mapped. */
static int count_areas(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	int count = 0;

	if (!maps)
		die("/proc/self/maps");
	while (fgets(line, sizeof(line), maps))
		count += !!strstr(line, DEVICE);
	fclose(maps);
	return count;
}

/*
 * The kernel merges adjacent areas of one file, and then asks the driver for the pages of the first
 * only.
 */
void test_map_adjacent(void)
{
	int fd = must(open(DEVICE, O_RDONLY));
	char *room = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		die("mmap");
	gives(RMAP(mmap(room, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0)), 0, "a page is mapped");
	gives(RMAP(mmap(room + PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, PAGE)), 0, "and the next behind it");
	gives(count_areas(), 2, "they stay two areas");
	gives(RMAP(mremap(room + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE)), -EFAULT, "and cannot grow");
	munmap(room, 2 * PAGE);
	close(fd);
}

/* What could become writable or executable is refused, at once or later. */
void test_map_writable(void)
{
	int reading = with_text("read only"), writing = must(open(DEVICE, O_WRONLY)), memory;
	int both = reading;
	char *area;

	reading = must(open(DEVICE, O_RDONLY));
	gives(RMAP(map(both, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0)), -EACCES, "to write, shared");
	gives(RMAP(map(both, PAGE, PROT_WRITE, MAP_SHARED, 0)), -EACCES, "only to write");
	gives(RMAP(map(both, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0)), -EACCES, "to write, private");
	gives(RMAP(map(reading, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0)), -EACCES,
	      "to write, of a file opened for reading");
	gives(RMAP(map(both, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, 0)), -EACCES, "to execute");
	gives(RMAP(map(writing, PAGE, PROT_READ, MAP_SHARED, 0)), -EACCES,
	      "to read, of a file opened for writing");
	area = map(both, PAGE, PROT_READ, MAP_SHARED, 0);
	ok(area != MAP_FAILED, "to read, of a file opened for both");
	gives(R(mprotect(area, PAGE, PROT_READ | PROT_WRITE)), -EACCES, "never becomes writable");
	gives(R(mprotect(area, PAGE, PROT_READ | PROT_EXEC)), -EACCES, "nor executable");
	gives(R(mprotect(area, PAGE, PROT_NONE)), 0, "less is allowed");
	gives(R(mprotect(area, PAGE, PROT_READ)), 0, "and back");
	same(area, "read only", 9, "and is the same");
	memory = must(open("/proc/self/mem", O_RDWR));
	gives(R(pwrite(memory, "XXXX", 4, (unsigned long)area)), -EIO,
	      "a debugger cannot write to it either");
	gives(R(pread(memory, (char[4]) { 0 }, 4, (unsigned long)area)), 4, "but read");
	must(munmap(area, PAGE));
	area = map(both, PAGE, PROT_READ, MAP_PRIVATE, 0);
	if (area != MAP_FAILED) {
		gives(R(mprotect(area, PAGE, PROT_READ | PROT_WRITE)), -EACCES,
		      "a private one never becomes writable either");
		gives(R(pwrite(memory, "XXXX", 4, (unsigned long)area)), -EIO,
		      "nor for a debugger");
		munmap(area, PAGE);
	} else {
		gives(-errno, -EACCES, "a private one is refused");
		ok(true, "at once");
	}
	ok(stored_text("read only"), "and nothing has changed what is stored");
	close(memory);
	close(both);
	close(reading);
	close(writing);
}

/* The device's own pages as the memory that it reads from or writes to. */
void test_map_self(void)
{
	char *bytes = malloc(CAPACITY), *area;
	struct iovec mixed[2];
	int fd;

	DEVICE = "/dev/hello4";
	fill(bytes, CAPACITY, 11);
	store(bytes, 3 * PAGE);
	fd = must(open(DEVICE, O_RDWR));
	area = map(fd, 8 * PAGE, PROT_READ, MAP_SHARED, 0);
	if (area == MAP_FAILED)
		die("mmap");
	gives(R(pwrite(fd, area, 2 * PAGE, 3 * PAGE)), 2 * PAGE, "a write from a mapping of itself");
	ok(stored(0, bytes, 3 * PAGE) && stored(3 * PAGE, bytes, 2 * PAGE), "copies");
	must(madvise(area, 8 * PAGE, MADV_DONTNEED));
	gives(R(pwrite(fd, area + 10, 100, 10)), 100, "onto itself");
	ok(stored(0, bytes, 3 * PAGE), "changes nothing");
	must(madvise(area, 8 * PAGE, MADV_DONTNEED));
	/* Beyond the stored pages, what is to be written is not there: a fault half-way. */
	gives(R(pwrite(fd, area + 5 * PAGE, 10, 0)), -EFAULT, "a write from beyond what is stored");
	gives(R(pwrite(fd, area + 4 * PAGE, 2 * PAGE, 0)), PAGE, "and one that runs into it");
	ok(stored(0, bytes + PAGE, PAGE), "is as long as that");
	gives(R(pread(fd, area, 100, 0)), -EFAULT, "a read into it: it is for reading only");
	mixed[0] = (struct iovec) { bytes, 10 };
	mixed[1] = (struct iovec) { area, 10 };
	gives(R(preadv(fd, mixed, 2, 0)), 10, "a read that comes to it half-way is short");
	ok(stored(0, bytes + PAGE, 10), "and changes nothing");
	munmap(area, 8 * PAGE);
	close(fd);
	free(bytes);
}
