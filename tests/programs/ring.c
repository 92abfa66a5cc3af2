// SPDX-License-Identifier: GPL-2.0
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ring.h"
#include "tap.h"

void make_ring(struct ring *ring)
{
	size_t size;

	memset(&ring->layout, 0, sizeof(ring->layout));
	ring->fd = must(syscall(SYS_io_uring_setup, 4, &ring->layout));
	if (!(ring->layout.features & IORING_FEAT_SINGLE_MMAP))
		die("io_uring: the queues are not in one mapping");
	size = ring->layout.cq_off.cqes + ring->layout.cq_entries * sizeof(struct io_uring_cqe);
	ring->memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->entries = mmap(NULL, ring->layout.sq_entries * sizeof(*ring->entries), PROT_READ | PROT_WRITE,
			     MAP_SHARED, ring->fd, IORING_OFF_SQES);
	if (ring->memory == MAP_FAILED || ring->entries == MAP_FAILED)
		die("mmap of io_uring");
}

void end_ring(struct ring *ring)
{
	must(munmap(ring->entries, ring->layout.sq_entries * sizeof(*ring->entries)));
	must(munmap(ring->memory, ring->layout.cq_off.cqes + ring->layout.cq_entries * sizeof(struct io_uring_cqe)));
	must(close(ring->fd));
}

static unsigned int *word(struct ring *ring, unsigned int offset)
{
	return (unsigned int *)(ring->memory + offset);
}

void queue(struct ring *ring, const struct io_uring_sqe *call)
{
	unsigned int *tail = word(ring, ring->layout.sq_off.tail);
	unsigned int index = *tail & *word(ring, ring->layout.sq_off.ring_mask);

	ring->entries[index] = *call;
	word(ring, ring->layout.sq_off.array)[index] = index;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
}

unsigned int queued(struct ring *ring)
{
	return *word(ring, ring->layout.sq_off.tail) -
		__atomic_load_n(word(ring, ring->layout.sq_off.head), __ATOMIC_ACQUIRE);
}

int enter(struct ring *ring)
{
	return syscall(SYS_io_uring_enter, ring->fd, queued(ring), 0, IORING_ENTER_GETEVENTS, NULL, 0);
}

void begin(struct ring *ring, const struct io_uring_sqe *call)
{
	queue(ring, call);
	must(syscall(SYS_io_uring_enter, ring->fd, 1, 0, 0, NULL, 0));
}

bool take_result(struct ring *ring, struct io_uring_cqe *result)
{
	unsigned int *head = word(ring, ring->layout.cq_off.head);
	struct io_uring_cqe *results = (void *)(ring->memory + ring->layout.cq_off.cqes);

	if (*head == __atomic_load_n(word(ring, ring->layout.cq_off.tail), __ATOMIC_ACQUIRE))
		return false;
	*result = results[*head & *word(ring, ring->layout.cq_off.ring_mask)];
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return true;
}

int complete(struct ring *ring, unsigned long long *user_data, int patience)
{
	struct pollfd done = { .fd = ring->fd, .events = POLLIN };
	struct io_uring_cqe result;

	if (must(poll(&done, 1, patience)) == 0 || !take_result(ring, &result))
		return -ETIME;
	if (user_data)
		*user_data = result.user_data;
	return result.res;
}

int submit(struct ring *ring, int opcode, int fd, const void *bytes, size_t count, long long offset, int patience)
{
	struct io_uring_sqe call = {
		.opcode = opcode,
		.fd = fd,
		.addr = (unsigned long)bytes,
		.len = count,
		.off = offset,
	};

	begin(ring, &call);
	return complete(ring, NULL, patience);
}
