// SPDX-License-Identifier: GPL-2.0
/* io_uring, whose first attempt at a call does not sleep. */
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/syscall.h>

#include "device.h"

#define READS 2000

/* A ring with room for one call at a time. */
struct ring {
	int fd;
	char *memory;
	struct io_uring_params layout;
	struct io_uring_sqe *entries;
};

static void make_ring(struct ring *ring)
{
	size_t size;

	memset(&ring->layout, 0, sizeof(ring->layout));
	ring->fd = must(syscall(SYS_io_uring_setup, 1, &ring->layout));
	if (!(ring->layout.features & IORING_FEAT_SINGLE_MMAP))
		die("io_uring: the queues are not in one mapping");
	size = ring->layout.cq_off.cqes + ring->layout.cq_entries * sizeof(struct io_uring_cqe);
	ring->memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->entries = mmap(NULL, sizeof(*ring->entries), PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
			     IORING_OFF_SQES);
	if (ring->memory == MAP_FAILED || ring->entries == MAP_FAILED)
		die("mmap of io_uring");
}

static unsigned int *word(struct ring *ring, unsigned int offset)
{
	return (unsigned int *)(ring->memory + offset);
}

/* The result of one call, or -ETIME if it does not complete in time. */
static int submit(struct ring *ring, int opcode, int fd, void *bytes, size_t count, long long offset)
{
	unsigned int *head = word(ring, ring->layout.cq_off.head), *tail = word(ring, ring->layout.sq_off.tail);
	struct io_uring_cqe *results = (void *)(ring->memory + ring->layout.cq_off.cqes);
	struct pollfd done = { .fd = ring->fd, .events = POLLIN };
	int result;

	memset(ring->entries, 0, sizeof(*ring->entries));
	ring->entries->opcode = opcode;
	ring->entries->fd = fd;
	ring->entries->addr = (unsigned long)bytes;
	ring->entries->len = count;
	ring->entries->off = offset;
	*word(ring, ring->layout.sq_off.array) = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	must(syscall(SYS_io_uring_enter, ring->fd, 1, 0, 0, NULL, 0));
	if (must(poll(&done, 1, PATIENCE)) == 0)
		return -ETIME;
	result = results[*head & *word(ring, ring->layout.cq_off.ring_mask)].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
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
	gives(submit(&ring, IORING_OP_WRITE, fd, full, PAGE, 2 * PAGE), PAGE, "a write into a hole");
	gives(attribute("writes") - writes, 1, "counts as one");
	must(write(fd, full, sizeof(full)));
	start_call(&writing, overwrite, full);
	for (i = 0, result = sizeof(got); i < READS && result == sizeof(got); i++)
		result = submit(&ring, IORING_OP_READ, fd, got, sizeof(got), 0);
	gives(result, sizeof(got), "reads at the start complete, though the file's position is at the end");
	same(got, full, sizeof(got), "with what is stored there");
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	gives(end_call(&writing), 0, "while another thread writes");
	gives(submit(&ring, IORING_OP_READ, fd, got, sizeof(got), CAPACITY), 0, "a read at the end");
	close(ring.fd);
	close(fd);
}
