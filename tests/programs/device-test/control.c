// SPDX-License-Identifier: GPL-2.0
/* ioctl, and the device's text files in sysfs and /proc. */
#include <sys/sysmacros.h>
#include <sys/stat.h>

#include "device.h"

#define THIRD "/dev/hello2"
/* What was ever mapped limits the capacity from then on, so each build has a device of its own. */
#define RESIZED (sizeof(long) == 8 ? "/dev/hello5" : "/dev/hello6")
#define MOST (16 << 20)

void test_ioctl(void)
{
	char *edge = pages_before_a_hole(1) + PAGE - 8;
	int fd = with_text("text"), reading = must(open(DEVICE, O_RDONLY));
	int writing = must(open(DEVICE, O_WRONLY | O_APPEND)), copy, log;
	struct hello_info info, before;
	char byte;

	gives(sizeof(struct hello_info), 32, "struct hello_info is the same for all");
	gives(sizeof(struct hello_capacity), 8, "struct hello_capacity too");
	gives(R(ioctl(fd, HELLO_GET_INFO, &info)), 0, "HELLO_GET_INFO");
	gives(info.size, 4, "the size");
	gives(info.capacity, CAPACITY, "the capacity");
	gives(info.open_files, 3, "the open files");
	gives(R(ioctl(reading, HELLO_GET_INFO, &info)), 0, "on a file opened for reading");
	gives(R(ioctl(writing, HELLO_GET_INFO, &info)), 0, "and on one for writing");
	copy = must(dup(fd));
	must(ioctl(fd, HELLO_GET_INFO, &info));
	gives(info.open_files, 3, "a second descriptor does not count as an open file");
	close(copy);
	before = info_now();

	must(write(writing, "!", 1));
	gives(info_now().generation - before.generation, 1, "a write raises the generation");
	gives(info_now().size, 5, "a write changes the size");
	must(pwrite(fd, "T", 1, 0));
	gives(info_now().generation - before.generation, 2, "an overwrite raises the generation");
	must(read(reading, &byte, 1));
	must(write(fd, "", 0));
	gives(R(pwrite(fd, "x", 1, CAPACITY)), -ENOSPC, "a read, a write of nothing, one without space");
	gives(info_now().generation - before.generation, 2, "none of them raises the generation");
	close(must(open(DEVICE, O_WRONLY | O_TRUNC)));
	gives(info_now().generation - before.generation, 3, "O_TRUNC raises the generation");
	must(pwrite(fd, "text", 4, 0));

	gives(R(ioctl(reading, HELLO_CLEAR)), -EBADF, "HELLO_CLEAR on a file opened for reading");
	ok(stored_text("text"), "clears nothing");
	before = info_now();
	gives(R(ioctl(writing, HELLO_CLEAR)), 0, "on one opened for writing");
	gives(info_now().size, 0, "it clears");
	gives(info_now().generation - before.generation, 1, "and raises the generation");
	must(pwrite(fd, "ab", 2, 2));
	ok(stored(0, "\0\0ab", 4), "and nothing of what was there comes back");
	gives(R(ioctl(fd, HELLO_CLEAR, edge + 8)), 0, "it takes no argument");

	gives(R(ioctl(fd, HELLO_GET_INFO, NULL)), -EFAULT, "HELLO_GET_INFO to null");
	gives(R(ioctl(fd, HELLO_GET_INFO, edge)), -EFAULT, "to a buffer that is too short");
	gives(R(ioctl(fd, HELLO_GET_INFO, edge + 8)), -EFAULT, "to an unmapped address");
	gives(R(ioctl(fd, _IO(HELLO_IOC_TYPE, 99), &info)), -ENOTTY, "an unknown number");
	gives(R(ioctl(fd, _IOR(HELLO_IOC_TYPE, 0, struct hello_info), &info)), -ENOTTY,
	      "the number of HELLO_CLEAR with a struct");
	gives(R(ioctl(fd, _IOR(HELLO_IOC_TYPE, 1, struct hello_capacity), &info)), -ENOTTY,
	      "the number of HELLO_GET_INFO with another size");
	gives(R(ioctl(fd, _IOW(HELLO_IOC_TYPE, 1, struct hello_info), &info)), -ENOTTY,
	      "and in another direction");
	gives(R(ioctl(fd, _IO('h', 0))), -ENOTTY, "another type");
	gives(R(ioctl(fd, 0x5401, &info)), -ENOTTY, "TCGETS: not a terminal");
	gives(R(ioctl(fd, 0, NULL)), -ENOTTY, "number 0");
	gives(R(ioctl(fd, -1, NULL)), -ENOTTY, "the last number there is");
	log = must(open("/dev/hello_log", O_RDONLY));
	gives(R(ioctl(log, HELLO_GET_INFO, &info)), -ENOTTY, "hello_log has none of them");
	close(log);
	close(fd);
	close(reading);
	close(writing);
}

static long long set_capacity(int fd, unsigned long long bytes)
{
	struct hello_capacity capacity = { bytes };

	return R(ioctl(fd, HELLO_SET_CAPACITY, &capacity));
}

/* What a caller without privileges gets, a negative errno. */
static int unprivileged(int fd, void *argument)
{
	int status, result;
	pid_t child = must(fork());

	if (child == 0) {
		must(setresuid(65534, 65534, 65534));
		result = R(ioctl(fd, HELLO_SET_CAPACITY, argument));
		_exit(-result);
	}
	must(waitpid(child, &status, 0));
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -1000;
}

void test_capacity(void)
{
	char *edge = pages_before_a_hole(1) + PAGE - 4, *bytes = malloc(MOST), *area, zeros[64] = "";
	struct hello_capacity capacity = { 1 << 20 };
	struct hello_info info;
	int fd = must(open(RESIZED, O_RDWR | O_TRUNC)), reading = must(open(RESIZED, O_RDONLY));

	fill(bytes, 1 << 20, 12);
	must(pwrite(fd, "stays", 5, 0));
	gives(set_capacity(reading, 1 << 20), -EBADF, "HELLO_SET_CAPACITY on a file opened for reading");
	gives(unprivileged(fd, &capacity), -EPERM, "without CAP_SYS_ADMIN");
	gives(unprivileged(fd, edge), -EPERM, "with a bad pointer too");
	gives(R(ioctl(fd, HELLO_SET_CAPACITY, NULL)), -EFAULT, "from null");
	gives(R(ioctl(fd, HELLO_SET_CAPACITY, edge)), -EFAULT, "from a buffer that is too short");
	gives(set_capacity(fd, 0), -EINVAL, "0");
	gives(set_capacity(fd, MOST + 1), -EINVAL, "more than there can be");
	gives(set_capacity(fd, 1ULL << 32), -EINVAL, "a number whose low 32 bits are 0");
	gives(set_capacity(fd, (1ULL << 32) + 100), -EINVAL, "a number whose low 32 bits are in range");
	gives(set_capacity(fd, -1), -EINVAL, "the largest number");
	gives(set_capacity(fd, 4), -EINVAL, "less than is stored");
	must(ioctl(fd, HELLO_GET_INFO, &info));
	gives(info.capacity, CAPACITY, "none of them has changed the capacity");
	gives(set_capacity(fd, 5), 0, "exactly what is stored");
	gives(R(pwrite(fd, "xyz", 3, 4)), 1, "is the end for a write");
	gives(R(pwrite(fd, "y", 1, 5)), -ENOSPC, "and for the next");
	must(pwrite(fd, "s", 1, 4));
	must(ioctl(fd, HELLO_GET_INFO, &info));
	gives(info.capacity, 5, "HELLO_GET_INFO knows");
	gives(set_capacity(fd, 1 << 20), 0, "more");
	must(pread(fd, zeros, 5, 0));
	same(zeros, "stays", 5, "and what is stored stays");
	gives(R(pwrite(fd, bytes, 1 << 20, 0)), 1 << 20, "as much can be stored");
	gives(R(pwrite(fd, bytes, 1, 1 << 20)), -ENOSPC, "no more");
	gives(set_capacity(fd, (1 << 20) - 1), -EINVAL, "a capacity below the size is refused");
	must(ioctl(fd, HELLO_CLEAR));
	gives(set_capacity(fd, 10), 0, "of an emptied device, it can be lowered");
	must(pwrite(fd, "0123456789", 10, 0));
	gives(set_capacity(fd, MOST), 0, "the most there can be");
	gives(R(pwrite(fd, "end", 3, MOST - 3)), 3, "can be stored");
	memset(bytes, 1, MOST);
	gives(R(pread(fd, bytes, MOST, 0)), MOST, "and read");
	memset(zeros, 0, sizeof(zeros));
	ok(!memcmp(bytes, "0123456789", 10) && !memcmp(bytes + MOST - 3, "end", 3) &&
	   !memcmp(bytes + 10, zeros, 64) &&
	   !memcmp(bytes + 10, bytes + 11, MOST - 14), "with zeros where nothing was stored since");
	must(ioctl(fd, HELLO_CLEAR));
	must(set_capacity(fd, CAPACITY));

	/* Whatever was mapped keeps its place. */
	must(pwrite(fd, "mapped", 6, 2 * PAGE));
	area = mmap(NULL, 8 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (area == MAP_FAILED)
		die("mmap");
	same(area + 2 * PAGE, "mapped", 6, "a page is mapped and touched");
	gives(set_capacity(fd, 2 << 20), 0, "the capacity can be raised while a page is mapped");
	must(pwrite(fd, "grown", 5, 2 * PAGE));
	same(area + 2 * PAGE, "grown", 5, "and later writes are visible in the mapping");
	must(pwrite(fd, "later", 5, 5 * PAGE));
	same(area + 5 * PAGE, "later", 5, "on a page that is stored then, too");
	must(ioctl(fd, HELLO_CLEAR));
	gives(set_capacity(fd, 5 * PAGE), -EBUSY, "less than was ever mapped");
	gives(set_capacity(fd, 1), -EBUSY, "far less than was ever mapped");
	munmap(area, 8 * PAGE);
	gives(set_capacity(fd, 5 * PAGE), -EBUSY, "less than was mapped, after munmap");
	gives(set_capacity(fd, 6 * PAGE), 0, "as much as was ever mapped");
	gives(set_capacity(fd, CAPACITY), 0, "the original capacity can be restored");
	close(fd);
	close(reading);
	free(bytes);
}

/* The number in a file of the device's directory. */
static long long attribute(const char *name)
{
	char path[128], text[64] = "", end;
	long long value = -1;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/hello/hello0/%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0) {
		diag("%s: %s", path, strerror(errno));
		return -1;
	}
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (sscanf(text, "%lld%c", &value, &end) != 2 || end != '\n' ||
	    length < 1 || text[length - 1] != '\n')
		diag("%s: '%s'", name, text);
	return value;
}

void test_sysfs(void)
{
	static const char *const names[] = {
		"size", "capacity", "generation", "opens", "reads", "writes",
	};
	char path[128], bytes[8];
	struct iovec part = { bytes, 2 };
	long long opens, reads, writes, generation;
	struct stat status;
	unsigned int i;
	int fd;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "/sys/class/hello/hello0/%s", names[i]);
		gives(stat(path, &status) ? -errno : (int)status.st_mode & 0777, 0444,
		      "%s can be read by all, and written by nobody", names[i]);
		ok(attribute(names[i]) >= 0, "%s is a number", names[i]);
	}
	fd = with_text("text");
	gives(attribute("size"), 4, "size");
	gives(attribute("capacity"), CAPACITY, "capacity");
	gives(attribute("generation"), info_now().generation, "generation is that of HELLO_GET_INFO");

	generation = attribute("generation");
	reads = attribute("reads");
	writes = attribute("writes");
	must(read(fd, bytes, 2));
	must(pread(fd, bytes, 2, 0));
	must(readv(fd, &part, 1));
	gives(attribute("reads") - reads, 3, "reads counts reads");
	gives(attribute("writes") - writes, 0, "and writes does not");
	must(pwrite(fd, "x", 1, 0));
	must(pwritev(fd, &part, 1, 0));
	gives(attribute("writes") - writes, 2, "writes counts writes");
	gives(attribute("reads") - reads, 3, "and reads does not");
	gives(attribute("generation") - generation, 2, "generation goes on");
	opens = attribute("opens");
	close(must(open(DEVICE, O_RDONLY)));
	gives(attribute("opens") - opens, 1, "opens counts opens");
	close(fd);
}

static bool has_line(int fd, const char *wanted)
{
	char path[64], line[128];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	if (!file)
		die("%s", path);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		found |= !strcmp(line, wanted);
	}
	fclose(file);
	if (!found)
		diag("fdinfo has no line '%s'", wanted);
	return found;
}

void test_fdinfo(void)
{
	int fd = with_text("0123456789"), other = must(open(THIRD, O_RDONLY));
	char bytes[4];

	ok(has_line(fd, "pos:\t0"), "fdinfo has the position");
	must(read(fd, bytes, 4));
	ok(has_line(fd, "pos:\t4"), "as it is");
	ok(has_line(fd, "minor:\t0"), "and the minor");
	ok(has_line(other, "minor:\t2"), "of each device");
	close(other);
	close(fd);
}
