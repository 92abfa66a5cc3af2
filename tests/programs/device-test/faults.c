// SPDX-License-Identifier: GPL-2.0
/* User memory that is not there, or goes away. */
#include <sched.h>
#include <sys/time.h>

#include "device.h"

/* An address that no process may use. */
#define KERNEL_ADDRESS ((void *)(sizeof(long) == 8 ? -(1L << 20) : -PAGE))

void test_faults(void)
{
	char *edge = pages_before_a_hole(1) + PAGE - 40, *hole = edge + 40;
	char *readonly = pages(1), text[100], got[100], zeros[100] = "";
	struct iovec in[] = { { got, 4 }, { hole, 4 } };
	struct iovec out[] = { { "good", 4 }, { hole, 4 } };
	int fd, append;

	fill(text, sizeof(text), 9);
	must(mprotect(readonly, PAGE, PROT_READ));

	/* Writing. */
	fd = with_text("0123456789");
	gives(R(write(fd, hole, 10)), -EFAULT, "a write from nowhere");
	gives(R(write(fd, NULL, 10)), -EFAULT, "from null");
	gives(R(write(fd, KERNEL_ADDRESS, 10)), -EFAULT, "from the kernel's memory");
	gives(position_of(fd), 0, "moves nothing");
	ok(stored_text("0123456789"), "and writes nothing");
	memcpy(edge, text, 40);
	append = must(open(DEVICE, O_WRONLY | O_APPEND));
	gives(R(write(append, edge, 100)), 40, "an append that ends in nowhere is short");
	gives(size_now(), 50, "and makes the file longer by what was written");
	ok(stored(0, "0123456789", 10) && stored(10, text, 40), "which is what was there");
	gives(R(write(append, hole, 1)), -EFAULT, "an append from nowhere");
	gives(size_now(), 50, "adds nothing");
	must(pwrite(fd, zeros, 50, 0));
	gives(R(pwrite(fd, edge, 100, 5)), 40, "an overwrite that ends in nowhere is short");
	ok(stored(0, zeros, 5) && stored(5, text, 40) && stored(45, zeros, 5),
	   "and writes what was there, and no byte more");
	gives(R(pwrite(fd, edge, 100, 2000)), 40, "so is one beyond the end");
	gives(size_now(), 2040, "which ends where it ended");
	gives(R(pwrite(fd, "x", 1, 2100)), 1, "what is written later");
	ok(stored(2040, zeros, 60), "finds only zeros in between");
	gives(R(pwritev(fd, out, 2, 0)), 4, "a vector whose second part is nowhere");
	ok(stored(0, "good", 4), "is written as far as it goes");
	out[0].iov_base = hole;
	gives(R(pwritev(fd, out, 1, 0)), -EFAULT, "one whose first part is");
	ok(stored(0, "good", 4), "is not");
	close(append);
	close(fd);

	/* Reading. */
	store(text, sizeof(text));
	fd = must(open(DEVICE, O_RDONLY));
	gives(R(read(fd, hole, 10)), -EFAULT, "a read to nowhere");
	gives(R(read(fd, NULL, 10)), -EFAULT, "to null");
	gives(R(read(fd, KERNEL_ADDRESS, 10)), -EFAULT, "to the kernel's memory");
	gives(R(read(fd, readonly, 10)), -EFAULT, "to memory that may only be read");
	gives(position_of(fd), 0, "moves nothing");
	memset(edge, 0, 40);
	gives(R(read(fd, edge, 100)), 40, "a read that ends in nowhere is short");
	same(edge, text, 40, "and has read what it says");
	gives(position_of(fd), 40, "and moved by as much");
	gives(R(preadv(fd, in, 2, 0)), 4, "a vector whose second part is nowhere");
	same(got, text, 4, "is read as far as it goes");
	gives(R(pread(fd, hole, 10, 100)), 0, "at the end, nowhere is not asked for");
	close(fd);
}

/* Two reads and writes that must get through while another waits for its user. */
static void others_get_through(const char *what)
{
	struct call reading, writing;
	char byte;
	struct transfer in = { must(open(DEVICE, O_RDONLY)), &byte, 1, 0 };
	struct transfer out = { must(open(DEVICE, O_WRONLY)), "!", 1, 0 };

	start_call(&reading, do_read, &in);
	gives(end_call(&reading), 1, "%s: another one can read", what);
	start_call(&writing, do_write, &out);
	gives(end_call(&writing), 1, "%s: and another one write", what);
	ok(info_now().size > 0, "%s: and ask for the state", what);
	close(in.fd);
	close(out.fd);
}

/* A page that another process delivers when it likes: no lock is held meanwhile. */
void test_vanish(void)
{
	char page[PAGE], text[2 * PAGE], got[2 * PAGE];
	struct missing missing;
	struct call call;
	struct transfer t;
	int fd, append;

	fill(page, PAGE, 2);
	fill(text, sizeof(text), 3);
	store(text, sizeof(text));
	fd = must(open(DEVICE, O_RDWR));
	append = must(open(DEVICE, O_WRONLY | O_APPEND));

	make_missing(&missing, 2);
	t = (struct transfer) { fd, missing.bytes, 100, 4 };
	start_call(&call, do_read, &t);
	await_fault(&missing);
	others_get_through("while a read waits for its page");
	give_page(&missing, 0, page);
	gives(end_call(&call), 100, "then it reads all");
	same(missing.bytes, text + 4, 100, "rightly");
	same(missing.bytes + 100, page + 100, PAGE - 100, "and touches no byte more");

	/* The second page of the same read: the first is there by now. */
	t = (struct transfer) { fd, missing.bytes, 2 * PAGE, 0 };
	start_call(&call, do_read, &t);
	gives(await_fault(&missing), 1, "a read waits for its second page");
	others_get_through("while it does");
	must(pwrite(fd, "changed", 7, 0));
	give_page(&missing, 1, page);
	gives(end_call(&call), 2 * PAGE, "then it reads all");
	memcpy(text, "changed", 7);
	same(missing.bytes, text, 2 * PAGE, "as it is when its last page is there, not half before");
	end_missing(&missing);

	make_missing(&missing, 2);
	t = (struct transfer) { append, missing.bytes, 2 * PAGE, -1 };
	start_call(&call, do_write, &t);
	await_fault(&missing);
	others_get_through("while an append waits for its page");
	give_page(&missing, 0, page);
	gives(await_fault(&missing), 1, "it waits for the next one too");
	gives(size_now(), 2 * PAGE, "and none of it is there yet");
	give_page(&missing, 1, page);
	gives(end_call(&call), 2 * PAGE, "then it writes all");
	memcpy(got, page, PAGE);
	memcpy(got + PAGE, page, PAGE);
	ok(stored(2 * PAGE, got, 2 * PAGE), "rightly");
	end_missing(&missing);

	make_missing(&missing, 1);
	t = (struct transfer) { fd, missing.bytes, PAGE, PAGE };
	start_call(&call, do_write, &t);
	await_fault(&missing);
	others_get_through("while an overwrite waits for its page");
	ok(stored(PAGE, text + PAGE, PAGE), "and none of it is there yet");
	give_page(&missing, 0, page);
	gives(end_call(&call), PAGE, "then it writes all");
	ok(stored(PAGE, page, PAGE), "rightly");
	end_missing(&missing);
	close(append);
	close(fd);
}

/* Somebody who takes pages away as fast as another gives them back. */
struct thief {
	struct missing missing;
	const char *bytes;
	bool stop;
	long taken;
};

static long long take_away(void *argument)
{
	struct thief *thief = argument;

	while (!__atomic_load_n(&thief->stop, __ATOMIC_RELAXED)) {
		madvise(thief->missing.bytes + PAGE, PAGE, MADV_DONTNEED);
		__atomic_fetch_add(&thief->taken, 1, __ATOMIC_RELAXED);
		sched_yield();
	}
	return 0;
}

static long long give_back(void *argument)
{
	struct thief *thief = argument;
	struct uffd_msg message;
	size_t page;

	/* Ends when the userfaultfd has nobody left to wait for: a byte in its stead. */
	while (!__atomic_load_n(&thief->stop, __ATOMIC_RELAXED)) {
		if (read(thief->missing.uffd, &message, sizeof(message)) != sizeof(message)) {
			sched_yield();
			continue;
		}
		page = (message.arg.pagefault.address -
			(unsigned long)thief->missing.bytes) / PAGE;
		give_page(&thief->missing, page, thief->bytes + page * PAGE);
	}
	return 0;
}

#define VANISH_ROUNDS times(100)

void test_vanish_race(void)
{
	char *bytes = malloc(2 * PAGE), *old = malloc(2 * PAGE), *got = malloc(2 * PAGE);
	struct thief thief = { .bytes = bytes };
	struct call taking, giving;
	long appends = 0, wrong = 0, bad = 0, shorts = 0, reads = 0;
	long long count, size = 0;
	int fd = empty(O_RDWR | O_APPEND), other, i;

	fill(bytes, 2 * PAGE, 7);
	make_missing(&thief.missing, 2);
	must(fcntl(thief.missing.uffd, F_SETFL, O_NONBLOCK));
	start_call(&giving, give_back, &thief);
	start_call(&taking, take_away, &thief);

	for (i = 0; i < VANISH_ROUNDS; i++) {
		if (size + 2 * PAGE > CAPACITY) {
			close(must(open(DEVICE, O_WRONLY | O_TRUNC)));
			size = 0;
		}
		count = R(write(fd, thief.missing.bytes, 2 * PAGE));
		appends += count == 2 * PAGE;
		size += count > 0 ? count : 0;
		if (size_now() != size || pread(fd, got, 2 * PAGE, size - 2 * PAGE) != 2 * PAGE ||
		    memcmp(got, bytes, 2 * PAGE))
			bad++;
	}
	gives(appends, VANISH_ROUNDS, "appends from a page that comes and goes are whole");
	gives(bad, 0, "and leave nothing but themselves");

	other = must(open(DEVICE, O_RDWR));
	memset(old, 0xee, 2 * PAGE);
	for (i = 0, bad = 0; i < VANISH_ROUNDS; i++) {
		must(pwrite(other, old, 2 * PAGE, 0));
		count = R(pwrite(other, thief.missing.bytes, 2 * PAGE, 0));
		/* The page may vanish while another CPU copies it. */
		shorts += count >= PAGE && count < 2 * PAGE;
		wrong += count < PAGE || count > 2 * PAGE;
		must(pread(other, got, 2 * PAGE, 0));
		if (count > 0 && (memcmp(got, bytes, count) ||
				  memcmp(got + count, old + count, 2 * PAGE - count)))
			bad++;
	}
	gives(wrong, 0, "overwrites from it are whole, or end in that page");
	gives(bad, 0, "and every byte is of the one write or the other");

	must(pwrite(other, bytes, 2 * PAGE, 0));
	for (i = 0; i < VANISH_ROUNDS; i++) {
		count = R(pread(other, thief.missing.bytes, 2 * PAGE, 0));
		reads += count >= PAGE && count <= 2 * PAGE;
	}
	gives(reads, VANISH_ROUNDS, "reads to it are whole, or end in that page");
	ok(thief.taken > VANISH_ROUNDS / 4, "the page has vanished often enough");
	diag("taken away %ld times; %ld short overwrites", thief.taken, shorts);
	__atomic_store_n(&thief.stop, true, __ATOMIC_RELAXED);
	end_call(&taking);
	end_call(&giving);
	end_missing(&thief.missing);
	close(other);
	close(fd);
	free(bytes);
	free(old);
	free(got);
}

/* Enough pages that one is nearly always gone again by the time all were faulted in. */
#define MANY (12 * PAGE)

struct dropped {
	char *bytes;
	bool stop;
};

static long long drop_pages(void *argument)
{
	struct dropped *dropped = argument;

	while (!__atomic_load_n(&dropped->stop, __ATOMIC_RELAXED))
		madvise(dropped->bytes, MANY, MADV_DONTNEED);
	return 0;
}

static void on_alarm(int signal)
{
	(void)signal;
}

static long long append_anew(int fd, char *bytes)
{
	close(must(open(DEVICE, O_WRONLY | O_TRUNC)));
	return R(write(fd, bytes, MANY));
}

static long long read_anew(int fd, char *bytes)
{
	must(lseek(fd, 0, SEEK_SET));
	return R(read(fd, bytes, MANY));
}

/* The last result: a call can succeed before a signal comes, and another is made then. */
static long long until_interrupted(long long (*call)(int fd, char *bytes), int fd, char *bytes)
{
	static const struct itimerval often = { { 0, 2000 }, { 0, 2000 } }, never;
	time_t end = time(NULL) + PATIENCE / 1000;
	long long result;

	must(setitimer(ITIMER_REAL, &often, NULL));
	do
		result = call(fd, bytes);
	while (result != -EINTR && time(NULL) < end);
	must(setitimer(ITIMER_REAL, &never, NULL));
	return result;
}

#define LARGE (4 << 20)

struct large {
	char *bytes;
	bool stop;
};

static long long drop_first(void *argument)
{
	struct large *large = argument;

	while (!__atomic_load_n(&large->stop, __ATOMIC_RELAXED))
		madvise(large->bytes, PAGE, MADV_DONTNEED);
	return 0;
}

static long long drop_last(void *argument)
{
	struct large *large = argument;

	while (!__atomic_load_n(&large->stop, __ATOMIC_RELAXED))
		madvise(large->bytes + LARGE - PAGE, PAGE, MADV_DONTNEED);
	return 0;
}

/*
 * A large append whose last page keeps going away is cut short, and not copied again without bound.
 */
void test_vanish_large(void)
{
	struct large large = { .bytes = pages(LARGE / PAGE) };
	struct hello_capacity capacity = { .capacity = LARGE };
	int fd, i, bad = 0, cut = 0;
	struct call dropping;
	char *got = malloc(LARGE);
	long long count;

	DEVICE = "/dev/hello6";
	fd = empty(O_RDWR | O_APPEND);
	gives(R(ioctl(fd, HELLO_SET_CAPACITY, &capacity)), 0, "a device of 4 MiB");
	fill(large.bytes, LARGE - PAGE, 9);
	start_call(&dropping, drop_last, &large);
	for (i = 0; i < 20; i++) {
		must(ioctl(fd, HELLO_CLEAR));
		count = R(write(fd, large.bytes, LARGE));
		cut += count < LARGE;
		/* A copy may stop some bytes before the absent page, as it does on arm64. */
		if (count < LARGE - 2 * PAGE || size_now() != count ||
		    pread(fd, got, LARGE, 0) != count ||
		    memcmp(got, large.bytes, count < LARGE - PAGE ? count : LARGE - PAGE))
			bad++;
	}
	__atomic_store_n(&large.stop, true, __ATOMIC_RELAXED);
	end_call(&dropping);
	gives(bad, 0, "each append stores what it says, and at least the pages that stay");
	printf("# %d of 20 were cut short\n", cut);

	/* The address is good, so a write whose first page keeps going away does not fail. */
	large.stop = false;
	close(fd);
	fd = must(open(DEVICE, O_RDWR));
	start_call(&dropping, drop_first, &large);
	for (i = bad = cut = 0; i < 40; i++) {
		count = R(pwrite(fd, large.bytes, LARGE, 0));
		cut += count < LARGE;
		bad += count <= 0;
	}
	__atomic_store_n(&large.stop, true, __ATOMIC_RELAXED);
	end_call(&dropping);
	gives(bad, 0, "each write stores something");
	printf("# %d of 40 were cut short\n", cut);
	must(ioctl(fd, HELLO_CLEAR));
	capacity.capacity = CAPACITY;
	must(ioctl(fd, HELLO_SET_CAPACITY, &capacity));
	close(fd);
	free(got);
}

/* A call that starts again and again, since its memory goes away, does so until a signal comes. */
void test_vanish_signals(void)
{
	struct dropped dropped = { .bytes = pages(MANY / PAGE) };
	struct sigaction action = { .sa_handler = on_alarm };
	char *text = malloc(MANY);
	int fd = empty(O_RDWR | O_APPEND);
	struct call dropping;
	sigset_t alarms;

	/* They are for the thread that calls. */
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	must(sigaction(SIGALRM, &action, NULL));
	must(sigprocmask(SIG_BLOCK, &alarms, NULL));
	start_call(&dropping, drop_pages, &dropped);
	must(sigprocmask(SIG_UNBLOCK, &alarms, NULL));

	gives(until_interrupted(append_anew, fd, dropped.bytes), -EINTR, "a signal ends an append");
	gives(size_now(), 0, "of which nothing is stored");
	fill(text, MANY, 5);
	store(text, MANY);
	gives(until_interrupted(read_anew, fd, dropped.bytes), -EINTR, "and a read");
	gives(position_of(fd), 0, "which has not moved");
	ok(stored(0, text, MANY), "and all is as it was");

	__atomic_store_n(&dropped.stop, true, __ATOMIC_RELAXED);
	end_call(&dropping);
	close(fd);
	free(text);
}
