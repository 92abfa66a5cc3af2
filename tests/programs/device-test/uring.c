// SPDX-License-Identifier: GPL-2.0
/* io_uring, whose first attempt at a call does not sleep. */
#include <sys/syscall.h>

#include "device.h"
#include "ring.h"

#define READS 2000
#define NOTIFIED 500

/* A call without its limit of time. */
static int call(struct ring *ring, int opcode, int fd, void *bytes, size_t count, long long offset)
{
	return submit(ring, opcode, fd, bytes, count, offset, PATIENCE);
}

/* With memory that is registered, whose pages the kernel holds. */
static void check_fixed(struct ring *ring, int fd, char *full)
{
	static char area[2 * PAGE];
	struct iovec buffer = { area, sizeof(area) };

	must(syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_BUFFERS, &buffer, 1));
	memcpy(area, full, PAGE);
	gives(call(ring, IORING_OP_WRITE_FIXED, fd, area, PAGE, 100), PAGE, "a write from a fixed buffer");
	gives(call(ring, IORING_OP_READ_FIXED, fd, area + PAGE, PAGE, 100), PAGE, "a read to one");
	same(area + PAGE, full, PAGE, "has the same");
	gives(call(ring, IORING_OP_READ_FIXED, fd, full, 1, 0), -EFAULT, "memory outside of it");
}

/* What has completed cannot be cancelled. */
static void check_cancel(struct ring *ring, int fd)
{
	struct io_uring_sqe cancel = {
		.opcode = IORING_OP_ASYNC_CANCEL, .fd = fd, .cancel_flags = IORING_ASYNC_CANCEL_FD,
	};

	begin(ring, &cancel);
	gives(complete(ring, NULL, PATIENCE), -ENOENT, "nothing is left that could be cancelled");
}

static long long attribute(const char *name)
{
	char path[64], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/class/hello/hello0/%s", name);
	fd = must(open(path, O_RDONLY));
	must(read(fd, text, sizeof(text) - 1));
	close(fd);
	return strtoll(text, NULL, 10);
}

/* The end of a ring notifies the task that made it, which counts as a signal. */
static void check_notified(struct ring *ring, int fd)
{
	static char area[64 * PAGE] __attribute__((aligned(PAGE)));
	struct ring other;
	int i, result = PAGE;

	for (i = 0; i < NOTIFIED && result == PAGE; i++) {
		make_ring(&other);
		end_ring(&other);
		must(madvise(area, sizeof(area), MADV_DONTNEED));
		result = call(ring, IORING_OP_READ, fd, area, PAGE, 0);
	}
	gives(result, PAGE, "reads into memory that must be faulted in, while another ring ends");
}

static bool stop;

/* Holds the device's lock most of the time, and changes nothing that a reader could see. */
static long long overwrite(void *bytes)
{
	int fd = must(open(DEVICE, O_WRONLY));

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		if (pwrite(fd, bytes, CAPACITY, 0) != CAPACITY)
			return -1;
	close(fd);
	return 0;
}

void test_uring(void)
{
	char full[CAPACITY], got[16];
	int fd = empty(O_RDWR), i, result;
	struct call writing;
	long long writes;
	struct ring ring;

	make_ring(&ring);
	fill(full, sizeof(full), 4);
	writes = attribute("writes");
	gives(call(&ring, IORING_OP_WRITE, fd, full, PAGE, 2 * PAGE), PAGE, "a write into a hole");
	gives(attribute("writes") - writes, 1, "counts as one");
	must(write(fd, full, sizeof(full)));
	start_call(&writing, overwrite, full);
	for (i = 0, result = sizeof(got); i < READS && result == sizeof(got); i++)
		result = call(&ring, IORING_OP_READ, fd, got, sizeof(got), 0);
	gives(result, sizeof(got), "reads at the start complete, though the file's position is at the end");
	same(got, full, sizeof(got), "with what is stored there");
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	gives(end_call(&writing), 0, "while another thread writes");
	gives(call(&ring, IORING_OP_READ, fd, got, sizeof(got), CAPACITY), 0, "a read at the end");
	check_notified(&ring, fd);
	check_fixed(&ring, fd, full);
	check_cancel(&ring, fd);
	gives(call(&ring, IORING_OP_URING_CMD, fd, NULL, 0, 0), -EOPNOTSUPP, "a command");
	end_ring(&ring);
	close(fd);
}
