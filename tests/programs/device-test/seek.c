// SPDX-License-Identifier: GPL-2.0
/* lseek, and positions that are shared. */
#include <limits.h>
#include <sched.h>

#include "device.h"

void test_seek(void)
{
	char bytes[4];
	int fd = with_text("0123456789");

	gives(R(lseek(fd, 3, SEEK_SET)), 3, "SEEK_SET");
	must(read(fd, bytes, 1));
	gives(bytes[0], '3', "and it is there");
	gives(R(lseek(fd, 2, SEEK_CUR)), 6, "SEEK_CUR");
	gives(R(lseek(fd, -6, SEEK_CUR)), 0, "back to the start");
	gives(R(lseek(fd, -1, SEEK_CUR)), -EINVAL, "not before it");
	gives(position_of(fd), 0, "an error moves nothing");
	gives(R(lseek(fd, -1, SEEK_SET)), -EINVAL, "SEEK_SET before the start");
	gives(R(lseek(fd, LLONG_MIN, SEEK_SET)), -EINVAL, "by all there is");
	gives(R(lseek(fd, 0, SEEK_END)), 10, "SEEK_END");
	gives(R(lseek(fd, -10, SEEK_END)), 0, "back to the start");
	gives(R(lseek(fd, -11, SEEK_END)), -EINVAL, "not before it");
	gives(R(lseek(fd, 5, SEEK_END)), 15, "beyond the end");
	gives(R(read(fd, bytes, 4)), 0, "where there is nothing");
	gives(size_now(), 10, "and it makes nothing longer");
	gives(R(lseek(fd, 1LL << 40, SEEK_SET)), 1LL << 40, "beyond the capacity");
	gives(R(write(fd, "x", 1)), -ENOSPC, "where there is no space");
	gives(R(lseek(fd, LLONG_MAX, SEEK_SET)), LLONG_MAX, "as far as an offset goes");
	gives(R(lseek(fd, 1, SEEK_CUR)), -EINVAL, "not beyond that");
	gives(R(lseek(fd, LLONG_MAX, SEEK_END)), -EINVAL, "nor from the end");
	gives(position_of(fd), LLONG_MAX, "an error moves nothing there either");
	gives(R(lseek(fd, 0, 5)), -EINVAL, "from nowhere");
	gives(R(lseek(fd, 0, -1)), -EINVAL, "from less than nowhere");

	gives(R(lseek(fd, 0, SEEK_DATA)), 0, "SEEK_DATA at the start");
	gives(R(lseek(fd, 9, SEEK_DATA)), 9, "on the last byte");
	gives(R(lseek(fd, 10, SEEK_DATA)), -ENXIO, "at the end");
	gives(R(lseek(fd, -1, SEEK_DATA)), -ENXIO, "before the start");
	gives(R(lseek(fd, 0, SEEK_HOLE)), 10, "SEEK_HOLE is the end");
	gives(position_of(fd), 10, "and goes there");
	gives(R(lseek(fd, 10, SEEK_HOLE)), -ENXIO, "at the end there is none");
	gives(R(lseek(fd, -1, SEEK_HOLE)), -ENXIO, "before the start neither");
	close(fd);
	fd = empty(O_RDONLY);
	gives(R(lseek(fd, 0, SEEK_DATA)), -ENXIO, "SEEK_DATA in nothing");
	gives(R(lseek(fd, 0, SEEK_HOLE)), -ENXIO, "SEEK_HOLE in nothing");
	gives(R(lseek(fd, 0, SEEK_END)), 0, "SEEK_END of nothing");
	close(fd);
}

#define TAKERS 4
#define TAKEN 4096

struct taker {
	int fd;
	unsigned char got[TAKEN];
	long long count;
};

static long long take_bytes(void *argument)
{
	struct taker *taker = argument;
	long long got;

	while ((got = R(read(taker->fd, taker->got + taker->count, 1))) == 1)
		taker->count++;
	return got;
}

#define RECORD 16
#define RECORDS 800

struct giver {
	int fd;
	char name;
};

static long long give_records(void *argument)
{
	struct giver *giver = argument;
	char record[RECORD];
	int i;

	memset(record, giver->name, sizeof(record));
	for (i = 0; i < RECORDS; i++)
		if (write(giver->fd, record, RECORD) != RECORD)
			return -1;
	return 0;
}

/* As for regular files, threads that share a position take turns. */
void test_shared_position(void)
{
	struct call calls[TAKERS];
	struct taker *takers = calloc(TAKERS, sizeof(*takers));
	struct giver givers[TAKERS];
	struct missing missing;
	struct transfer first, second;
	char *bytes = malloc(CAPACITY), page[PAGE] = "", byte;
	long long total = 0, results = 0;
	int fd, i, j, whole = 0, counts[TAKERS] = { 0 };

	fill(bytes, TAKEN, 5);
	store(bytes, TAKEN);
	fd = must(open(DEVICE, O_RDWR));
	for (i = 0; i < TAKERS; i++) {
		takers[i].fd = fd;
		start_call(&calls[i], take_bytes, &takers[i]);
	}
	for (i = 0; i < TAKERS; i++) {
		results += end_call(&calls[i]);
		total += takers[i].count;
	}
	gives(results, 0, "threads that read one file byte by byte come to its end");
	gives(total, TAKEN, "and each byte is read once");

	close(fd);
	fd = empty(O_RDWR);
	for (i = 0, results = 0; i < TAKERS; i++) {
		givers[i] = (struct giver) { fd, 'a' + i };
		start_call(&calls[i], give_records, &givers[i]);
	}
	for (i = 0; i < TAKERS; i++)
		results += end_call(&calls[i]);
	gives(results, 0, "threads that write one file write all");
	gives(position_of(fd), TAKERS * RECORDS * RECORD, "at a position that all move");
	must(pread(fd, bytes, CAPACITY, 0));
	for (i = 0; i < TAKERS * RECORDS; i++) {
		for (j = 1; j < RECORD && bytes[i * RECORD + j] == bytes[i * RECORD]; j++)
			;
		whole += j == RECORD;
		counts[(unsigned char)(bytes[i * RECORD] - 'a') % TAKERS]++;
	}
	gives(whole, TAKERS * RECORDS, "so that no record is torn");
	ok(counts[0] == RECORDS && counts[1] == RECORDS && counts[2] == RECORDS,
	   "and none overwritten");

	/* A read that waits for a page of the caller's holds the position. */
	make_missing(&missing, 1);
	must(lseek(fd, 0, SEEK_SET));
	must(pwrite(fd, "0123456789", 10, 0));
	first = (struct transfer) { fd, missing.bytes, 5, -1 };
	second = (struct transfer) { fd, &byte, 1, -1 };
	start_call(&calls[0], do_read, &first);
	await_fault(&missing);
	start_call(&calls[1], do_read, &second);
	await_sleep(calls[1].tid);
	give_page(&missing, 0, page);
	gives(end_call(&calls[0]), 5, "a read that waits for its page");
	gives(end_call(&calls[1]), 1, "and one of the same file behind it");
	gives(byte, '5', "which goes on where the first one ended");
	end_missing(&missing);
	close(fd);
	free(takers);
	free(bytes);
}
