/* SPDX-License-Identifier: GPL-2.0 */
/* io_uring by its system calls, with room for a few calls at a time. */
#ifndef RING_H
#define RING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>

struct ring {
	int fd;
	char *memory;
	struct io_uring_params layout;
	struct io_uring_sqe *entries;
};

void make_ring(struct ring *ring);
void end_ring(struct ring *ring);
/* Adds a call to those that the next `enter` submits; there must be room for it. */
void queue(struct ring *ring, const struct io_uring_sqe *call);
/* Submits what is queued, and returns what io_uring_enter(2) does. */
int enter(struct ring *ring);
/* The calls that are queued. */
unsigned int queued(struct ring *ring);
/* Takes a result, if there is one. */
bool take_result(struct ring *ring, struct io_uring_cqe *result);
/* Begins a call. */
void begin(struct ring *ring, const struct io_uring_sqe *call);
/*
 * The result of the call that completes first, and its user_data; -ETIME if none does within so
 * many milliseconds.
 */
int complete(struct ring *ring, unsigned long long *user_data, int patience);
/* Begins a read or a write, which has the ring for itself, and waits for its result. */
int submit(struct ring *ring, int opcode, int fd, const void *bytes, size_t count, long long offset, int patience);

#endif
