// SPDX-License-Identifier: GPL-2.0
/* Several processes at once. */
#include <sched.h>

#include "device.h"

/* Across page boundaries, so that a write that is not atomic would show. */
#define BLOCK (2 * PAGE + 100)
#define BLOCKS times(100)
/* A block that is read so fast that some reads meet a change of the size. */
#define SMALL_BLOCK 64
#define SMALL_BLOCKS times(10000)
#define READERS 3

/* How many readers have seen enough; shared with them. */
static int *satisfied;
/*
 * How many writes have waited for that. Limited, so that the writer ends even if a reader dies.
 */
static int waited;

/*
 * Reads while the parent writes; the status says what was seen: 0 if every read was whole, of one
 * write, and there were some. If `clears` is set, the device may also be empty.
 */
static int watch(int stop, long size, bool clears)
{
	unsigned char *got = malloc(size), byte;
	int fd = must(open(DEVICE, O_RDONLY));
	long reads = 0, kinds = 0, last = -1;
	bool enough = false;

	while (read(stop, &byte, 1) < 0) {
		long count = pread(fd, got, size, 0), kind = 0;

		if (count != size && (count || !clears))
			return 2;
		if (count) {
			kind = got[0];
			/*
			 * No write has zeros: these would be from a cleared page, with the size of
			 * before.
			 */
			if (!kind || memcmp(got, got + 1, size - 1))
				return 1;
		}
		reads++;
		kinds += kind != last;
		last = kind;
		if (!enough && reads > 10 && kinds > 3) {
			enough = true;
			__atomic_add_fetch(satisfied, 1, __ATOMIC_RELAXED);
		}
	}
	return enough ? 0 : 3;
}

/* Starts `count` of them; what is written to the result ends them. */
static int start_watchers(pid_t *pids, int count, long size, bool clears)
{
	int stop[2], i;

	must(pipe2(stop, O_NONBLOCK));
	satisfied = mmap(NULL, sizeof(*satisfied), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (satisfied == MAP_FAILED)
		die("mmap");
	for (i = 0; i < count; i++) {
		pids[i] = must(fork());
		if (pids[i] == 0) {
			int saw;

			close(stop[1]);
			saw = watch(stop[0], size, clears);
			/* The parent must not wait for one that has failed. */
			__atomic_add_fetch(satisfied, count, __ATOMIC_RELAXED);
			_exit(saw);
		}
	}
	close(stop[0]);
	return stop[1];
}

static int end_watchers(int stop, pid_t *pids, int count)
{
	int i, status, bad = 0;

	close(stop);
	for (i = 0; i < count; i++) {
		must(waitpid(pids[i], &status, 0));
		if (status)
			diag("reader %d: status 0x%x", i, status);
		bad += status != 0;
	}
	return bad;
}

/* A busy machine may not run the readers before some number of writes is over. */
static bool all_satisfied(void)
{
	return __atomic_load_n(satisfied, __ATOMIC_RELAXED) >= READERS || ++waited > 1000 * BLOCKS;
}

/*
 * Writes blocks of `size` bytes, each from `parts` buffers; if `clears` is set, every other one to
 * an empty device.
 */
static void write_beside_readers(long size, int parts, bool clears)
{
	unsigned char *block = malloc(size), *rest = malloc(size);
	struct iovec vectors[] = { { block, parts == 1 ? size : 3000 }, { rest, size - 3000 } };
	pid_t pids[READERS];
	int fd = must(open(DEVICE, O_WRONLY)), stop, i;
	long bad = 0, count = clears ? SMALL_BLOCKS : BLOCKS;

	memset(block, 1, size);
	store(block, size);
	stop = start_watchers(pids, READERS, size, clears);
	for (i = 0; i < count || !all_satisfied(); i++) {
		memset(block, i % 251 + 1, size);
		memset(rest, i % 251 + 1, size);
		if (clears && i % 2)
			must(ioctl(fd, HELLO_CLEAR));
		bad += pwritev(fd, vectors, parts, 0) != size;
	}
	gives(bad, 0, "writes of %ld bytes in %d parts%s beside readers are whole", size, parts,
	      clears ? " and HELLO_CLEAR" : "");
	gives(end_watchers(stop, pids, READERS), 0, "and each read sees one of them whole%s",
	      clears ? ", or nothing" : "");
	close(fd);
	free(block);
	free(rest);
}

void test_whole(void)
{
	write_beside_readers(BLOCK, 1, false);
	write_beside_readers(BLOCK, 2, false);
	/* Reads on one page take no lock. */
	write_beside_readers(PAGE, 1, false);
	write_beside_readers(SMALL_BLOCK, 1, true);
}

#define APPENDERS 4
#define LINES times(2000)
#define LINE 26

static int append_lines(int fd, int who)
{
	char line[2 * LINE];
	int i;

	for (i = 0; i < LINES; i++) {
		snprintf(line, sizeof(line), "line %c %05d of a process\n", 'a' + who, i);
		if (write(fd, line, LINE) != LINE)
			return 1;
	}
	return 0;
}

/* Each line is complete, and the lines of a process are in order. */
void test_appenders(void)
{
	pid_t pids[APPENDERS];
	long next[APPENDERS] = { 0 }, torn = 0, disorder = 0, lines = 0, total = 0;
	char *bytes = malloc(APPENDERS * LINES * LINE), line[LINE + 1] = "", end[8];
	struct hello_capacity capacity = { 2 << 20 }, before = { CAPACITY };
	int fd, i, status, bad = 0, number;
	char who;

	fd = empty(O_RDWR | O_APPEND);
	must(ioctl(fd, HELLO_SET_CAPACITY, &capacity));
	for (i = 0; i < APPENDERS; i++) {
		pids[i] = must(fork());
		if (pids[i] == 0)
			_exit(append_lines(must(open(DEVICE, O_WRONLY | O_APPEND)), i));
	}
	for (i = 0; i < APPENDERS; i++) {
		must(waitpid(pids[i], &status, 0));
		bad += status != 0;
	}
	gives(bad, 0, "%d processes append %d lines each", APPENDERS, LINES);
	total = pread(fd, bytes, APPENDERS * LINES * LINE, 0);
	gives(size_now(), APPENDERS * LINES * LINE, "no byte is lost, and none too many");
	for (i = 0; i + LINE <= total; i += LINE, lines++) {
		/* A copy, since sscanf() would first search for the end of all lines. */
		memcpy(line, bytes + i, LINE);
		if (sscanf(line, "line %c %5d of a proces%1[s]", &who, &number, end) != 3 ||
		    line[LINE - 1] != '\n' || who < 'a' || who >= 'a' + APPENDERS)
			torn++;
		else if (next[who - 'a']++ != number)
			disorder++;
	}
	gives(lines, APPENDERS * LINES, "no line is lost");
	gives(torn, 0, "none is torn");
	gives(disorder, 0, "and those of each process are in order");
	close(empty(O_RDONLY));
	gives(R(ioctl(fd, HELLO_SET_CAPACITY, &before)), 0, "the device can be as it was");
	close(fd);
	free(bytes);
}
