// SPDX-License-Identifier: GPL-2.0
/*
 * Random system calls on the devices, with arguments near valid ones and far
 * from them, and signals in the middle. Bugs are for the kernel to report; this
 * program only checks for results that no system call may return.
 *
 * fuzz SEED COUNT: the same seed makes the same calls, since these do not depend on results.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../ring.h"
#include "../tap.h"
#include "hello.h"

#define FILES 12
#define MAPS 4
#define PAGE 4096
/* One page each: writable, read-only, none; and one more that can be written. */
#define ARENA ((char *)0x10000000)

static uint64_t state;
static int files[FILES], pipes[2], epoll_fd;
static struct ring ring;
static char *maps[MAPS];
static volatile sig_atomic_t signals;

/* ---- choices */

static uint32_t number(void)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return state >> 32;
}

static uint32_t below(uint32_t limit)
{
	return number() % limit;
}

#define one_of(...) ({						\
	const long long list_[] = { __VA_ARGS__ };		\
	list_[below(sizeof(list_) / sizeof(list_[0]))];		\
})

static int64_t offset(void)
{
	static const int64_t list[] = { 0, 1, 13, 14, 15, PAGE - 1, PAGE, PAGE + 1, 65535, 65536, 65537,
		1 << 20, 16 << 20, INT_MAX, UINT_MAX, INT64_MAX, INT64_MAX - PAGE, INT64_MIN, -1, -PAGE };

	return below(3) ? (int64_t)below(70000) : list[below(sizeof(list) / sizeof(list[0]))];
}

static size_t length(void)
{
	static const size_t list[] = { 0, 1, 2, 14, 100, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE, INT_MAX,
		SSIZE_MAX, SIZE_MAX, SIZE_MAX - 1, (size_t)1 << 32 };

	return below(3) ? below(2 * PAGE) : list[below(sizeof(list) / sizeof(list[0]))];
}

/* Much of this memory faults: it ends on the next page, or is not mapped at all. */
static char *pointer(void)
{
	static char *const list[] = { NULL, (char *)1, (char *)-1, (char *)-PAGE,
		(char *)0xffff888000000000, (char *)0xffffffff81000000, (char *)0x7ffffffff000,
		(char *)0x800000000000 };
	uint32_t place;

	if (!below(8))
		return list[below(sizeof(list) / sizeof(list[0]))];
	if (!below(8)) {
		place = below(2 * PAGE);
		return (maps[0] ?: ARENA) + place;
	}
	return ARENA + below(3) * PAGE + one_of(0, 0, 1, 8, PAGE - 8, PAGE - 1, (int)below(PAGE));
}

static int file(void)
{
	return below(50) ? files[below(FILES)] : one_of(-1, 1000, pipes[0], epoll_fd);
}

static int vector(struct iovec *parts)
{
	int i;

	for (i = 0; i < 8; i++)
		parts[i] = (struct iovec){ pointer(), below(4) ? below(PAGE) : length() };
	return one_of(0, 1, 2, 3, 8, 8, -1, IOV_MAX + 1);
}

/* ---- calls; each returns what the system call returns */

static const char *const names[] = {
	"/dev/hello0", "/dev/hello0", "/dev/hello1", "/dev/hello3", "/dev/hello_log",
};

static long long call_open(void)
{
	static const int flags[] = { O_TRUNC, O_APPEND, O_NONBLOCK, O_ASYNC, O_DIRECT, O_SYNC, O_CREAT,
		O_EXCL, O_PATH, O_NOATIME, O_DIRECTORY, O_TMPFILE };
	int i = below(FILES), mode = one_of(O_RDWR, O_RDWR, O_RDONLY, O_WRONLY, 3);

	while (!below(2))
		mode |= flags[below(sizeof(flags) / sizeof(flags[0]))];
	close(files[i]);
	files[i] = open(names[below(5)], mode | O_CLOEXEC, 0600);
	return files[i];
}

static long long call_read(void)
{
	return read(file(), pointer(), length());
}

static long long call_write(void)
{
	return write(file(), pointer(), length());
}

static long long call_pread(void)
{
	return pread(file(), pointer(), length(), offset());
}

static long long call_pwrite(void)
{
	return pwrite(file(), pointer(), length(), offset());
}

static int rw_flags(void)
{
	return below(2) ? 0 : one_of(RWF_NOWAIT, RWF_APPEND, RWF_HIPRI, RWF_DSYNC, 0x20, 0x40, 0x80, -1);
}

static long long call_readv(void)
{
	struct iovec parts[8];
	int count = vector(parts);

	return preadv2(file(), parts, count, below(2) ? -1 : offset(), rw_flags());
}

static long long call_writev(void)
{
	struct iovec parts[8];
	int count = vector(parts);

	return pwritev2(file(), parts, count, below(2) ? -1 : offset(), rw_flags());
}

static long long call_lseek(void)
{
	return lseek(file(), offset(), one_of(SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE, 5, -1));
}

static long long call_ioctl(void)
{
	unsigned long command = one_of(HELLO_CLEAR, HELLO_GET_INFO, HELLO_SET_CAPACITY);
	struct hello_capacity *capacity = (void *)ARENA;

	if (!below(3))
		command = _IOC(below(4), HELLO_IOC_TYPE + below(2), below(5), one_of(0, 4, 8, 16, 32, 16383));
	else if (!below(10))
		command = one_of(FIONBIO, FIOASYNC, FIONREAD, FIOCLEX, FIOQSIZE, TCGETS);
	else if (!below(10))
		command = number();
	if (below(2)) {
		capacity->capacity = one_of(0, 1, 14, 4096, 65536, 1 << 20, 16 << 20, (16 << 20) + 1,
					    -1, INT64_MIN);
		return ioctl(file(), command, capacity);
	}
	return ioctl(file(), command, pointer());
}

static long long call_fcntl(void)
{
	/* Not a random one, which might kill this process. */
	if (!below(8))
		return fcntl(file(), F_SETSIG, one_of(0, SIGIO, SIGUSR1, 65, -1));
	return fcntl(file(), one_of(F_GETFL, F_SETFL, F_SETFL, F_SETFL, F_SETOWN, F_GETOWN, F_GETSIG, F_GETLK),
		     below(2) ? (unsigned long)one_of(0, O_APPEND, O_NONBLOCK, O_ASYNC, O_DIRECT, O_APPEND | O_NONBLOCK) :
		     (unsigned long)(unsigned int)one_of(0, 1, -1, getpid()));
}

static long long call_map(void)
{
	int i = below(MAPS);
	size_t size = one_of(PAGE, 2 * PAGE, 16 * PAGE, 4096 * PAGE, 1, 0, 5000);
	void *map;

	if (maps[i])
		munmap(maps[i], 2 * PAGE);
	map = mmap(NULL, size < 2 * PAGE && size ? 2 * PAGE : size, one_of(PROT_READ, PROT_READ | PROT_WRITE, PROT_NONE, PROT_EXEC),
		   one_of(MAP_SHARED, MAP_SHARED, MAP_PRIVATE, MAP_SHARED_VALIDATE, MAP_SHARED | MAP_POPULATE, 0),
		   file(), below(2) ? 0 : offset() & ~(int64_t)(PAGE - 1));
	maps[i] = map == MAP_FAILED ? NULL : map;
	return map == MAP_FAILED ? -1 : 0;
}

static long long call_advise(void)
{
	char *map = maps[below(MAPS)];

	return madvise(map ?: ARENA, 2 * PAGE, one_of(MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_DONTNEED,
		       MADV_DONTFORK, MADV_REMOVE, MADV_PAGEOUT, MADV_COLD, MADV_WILLNEED, MADV_FREE));
}

static long long call_protect(void)
{
	char *map = maps[below(MAPS)];
	int access = one_of(PROT_READ, PROT_READ | PROT_WRITE, PROT_NONE);

	return map ? mprotect(map, 2 * PAGE, access) : 0;
}

static long long call_remap(void)
{
	int i = below(MAPS), pages = one_of(2, 3, 8);
	void *map;

	if (!maps[i])
		return 0;
	map = mremap(maps[i], 2 * PAGE, pages * PAGE, MREMAP_MAYMOVE);
	if (map == MAP_FAILED)
		return -1;
	maps[i] = map;
	return 0;
}

static long long call_truncate(void)
{
	return ftruncate(file(), offset());
}

static long long call_allocate(void)
{
	return fallocate(file(), below(8), offset(), offset());
}

static long long call_sync(void)
{
	return below(2) ? fsync(file()) : fdatasync(file());
}

static long long call_poll(void)
{
	struct pollfd polled[3];
	int i;

	for (i = 0; i < 3; i++)
		polled[i] = (struct pollfd){ .fd = file(), .events = number() };
	return poll(polled, 3, 0);
}

static long long call_epoll(void)
{
	struct epoll_event event = { .events = number() & ~EPOLLWAKEUP };

	if (!below(3))
		return epoll_wait(epoll_fd, &event, 1, 0);
	return epoll_ctl(epoll_fd, one_of(EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL), files[below(FILES)], &event);
}

static long long call_splice(void)
{
	size_t count = one_of(0, 1, 100, PAGE, 65536);
	loff_t at = offset();

	switch (below(4)) {
	case 0:
		return splice(file(), below(2) ? NULL : &at, pipes[1], NULL, count, SPLICE_F_NONBLOCK);
	case 1:
		return splice(pipes[0], NULL, file(), below(2) ? NULL : &at, count, SPLICE_F_NONBLOCK);
	case 2:
		return sendfile(file(), file(), below(2) ? NULL : (off_t *)&at, count);
	default:
		return copy_file_range(file(), NULL, file(), NULL, count, 0);
	}
}

static long long call_stat(void)
{
	char path[64], text[512];
	struct stat status;
	int f;

	if (below(2))
		return fstat(file(), &status);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", files[below(FILES)]);
	f = open(path, O_RDONLY | O_CLOEXEC);
	if (f < 0)
		return 0;
	while (read(f, text, sizeof(text)) > 0)
		;
	close(f);
	return 0;
}

static long long call_lock(void)
{
	return flock(file(), one_of(LOCK_SH, LOCK_EX, LOCK_UN) | LOCK_NB);
}

static long long call_dup(void)
{
	int i = below(FILES), copy = dup(file());

	if (copy < 0)
		return -1;
	close(files[i]);
	files[i] = copy;
	return 0;
}

static long long call_attribute(void)
{
	static const char *const paths[] = { "/sys/class/hello/hello0/capacity", "/sys/class/hello/hello0/size",
		"/sys/class/hello/hello0/uevent", "/sys/class/hello/hello1/stats", "/sys/class/hello/hello1/dev" };
	static const char *const texts[] = { "65536", "1", "0", "-1", "99999999999999999999", "x", "", "4096\n", "add" };
	const char *text = texts[below(9)];
	char answer[PAGE];
	bool reads = below(2);
	int f = open(paths[below(5)], one_of(O_RDONLY, O_WRONLY, O_RDWR) | O_CLOEXEC);
	long long result;

	if (f < 0)
		return -1;
	result = reads ? read(f, answer, sizeof(answer)) : write(f, text, strlen(text));
	close(f);
	return result;
}

/* Errors that these system calls do not have, and codes internal to the kernel. */
static bool strange_error(int error)
{
	return !error || error >= 512 || error == ENOSYS || error == EIO;
}

/* ---- io_uring, whose calls go on while others are made */

#define SLOTS 4

static void start_ring(void)
{
	unsigned int workers[2] = { SLOTS, SLOTS };
	struct iovec buffers[] = { { ARENA, PAGE }, { ARENA + 3 * PAGE, PAGE } };
	int slots[SLOTS] = { -1, -1, -1, -1 };

	make_ring(&ring);
	must(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_IOWQ_MAX_WORKERS, workers, 2));
	must(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, buffers, 2));
	must(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, slots, SLOTS));
}

/* The meaning of some fields depends on the call. A call can be cancelled by its user_data. */
static void random_entry(struct io_uring_sqe *entry, struct iovec *parts)
{
	static const unsigned char flags[] = { IOSQE_FIXED_FILE, IOSQE_IO_DRAIN, IOSQE_IO_LINK, IOSQE_IO_LINK,
		IOSQE_IO_HARDLINK, IOSQE_ASYNC, IOSQE_ASYNC, IOSQE_BUFFER_SELECT, IOSQE_CQE_SKIP_SUCCESS };

	*entry = (struct io_uring_sqe){
		.opcode = one_of(IORING_OP_READ, IORING_OP_READ, IORING_OP_WRITE, IORING_OP_WRITE, IORING_OP_READV,
				 IORING_OP_WRITEV, IORING_OP_READ_FIXED, IORING_OP_WRITE_FIXED, IORING_OP_POLL_ADD,
				 IORING_OP_POLL_ADD, IORING_OP_POLL_REMOVE, IORING_OP_ASYNC_CANCEL,
				 IORING_OP_ASYNC_CANCEL, IORING_OP_FSYNC, IORING_OP_SPLICE, IORING_OP_TEE,
				 IORING_OP_FALLOCATE, IORING_OP_FTRUNCATE, IORING_OP_FADVISE,
				 IORING_OP_SYNC_FILE_RANGE, IORING_OP_READ_MULTISHOT, IORING_OP_URING_CMD,
				 IORING_OP_OPENAT),
		.fd = file(),
		.off = below(4) ? offset() : -1,
		.addr = (unsigned long)pointer(),
		.len = length(),
		.rw_flags = rw_flags(),
		.buf_index = below(3),
		.user_data = below(16),
	};
	while (!below(3))
		entry->flags |= flags[below(sizeof(flags))];
	if (entry->flags & IOSQE_FIXED_FILE && below(8))
		entry->fd = below(SLOTS + 1);
	switch (entry->opcode) {
	case IORING_OP_READV:
	case IORING_OP_WRITEV:
		entry->addr = (unsigned long)parts;
		entry->len = vector(parts);
		break;
	case IORING_OP_POLL_ADD:
		entry->len = below(3) ? 0 : below(16);
		entry->poll32_events = number();
		break;
	case IORING_OP_POLL_REMOVE:
	case IORING_OP_ASYNC_CANCEL:
		entry->addr = below(16);
		entry->len = below(4) ? 0 : below(16);
		entry->cancel_flags = below(3) ? 0 : below(64);
		break;
	case IORING_OP_SPLICE:
	case IORING_OP_TEE:
		entry->fd = below(4) ? pipes[1] : entry->fd;
		entry->splice_fd_in = file();
		entry->splice_off_in = below(2) ? -1 : offset();
		entry->off = -1;
		entry->len = one_of(0, 1, 100, PAGE, 65536);
		entry->splice_flags = below(4) ? SPLICE_F_NONBLOCK : number();
		break;
	case IORING_OP_URING_CMD:
		entry->off = below(4) ? below(4) : number();
		break;
	case IORING_OP_OPENAT:
		/* Into a slot, since nothing would close a new descriptor. */
		entry->fd = AT_FDCWD;
		entry->addr = (unsigned long)names[below(5)];
		entry->len = 0;
		entry->open_flags = one_of(O_RDWR, O_RDWR, O_RDONLY, O_WRONLY) | (below(3) ? 0 : O_NONBLOCK);
		entry->file_index = 1 + below(SLOTS + 1);
		break;
	}
}

static long long call_uring(void)
{
	struct iovec parts[SLOTS][8];
	struct io_uring_sqe entry;
	struct io_uring_cqe result;
	int i, error = 0, count = 1 + below(SLOTS);

	for (i = 0; i < count; i++) {
		random_entry(&entry, parts[i]);
		queue(&ring, &entry);
	}
	/* It ends at an entry that it refuses. */
	for (i = 0; i < count && queued(&ring); i++)
		enter(&ring);
	if (queued(&ring))
		die("io_uring: %u of %d calls are not taken", queued(&ring), count);
	while (take_result(&ring, &result))
		if (result.res < 0 && !(error && strange_error(error)))
			error = -result.res;
	errno = error;
	return error ? -1 : 0;
}

/* A slot keeps its file open. */
static long long call_slot(void)
{
	int new = below(3) ? files[below(FILES)] : -1;
	struct io_uring_files_update update = { .offset = below(SLOTS), .fds = (unsigned long)&new };

	return syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES_UPDATE, &update, 1);
}

/* What is going on then is cancelled. */
static long long call_other_ring(void)
{
	if (below(20))
		return 0;
	end_ring(&ring);
	start_ring();
	return 0;
}

static long long (*const calls[])(void) = {
	call_open, call_open, call_open, call_read, call_read, call_read, call_write, call_write, call_write,
	call_pread, call_pwrite, call_readv, call_readv, call_writev, call_writev, call_lseek, call_ioctl, call_ioctl,
	call_ioctl, call_fcntl, call_map, call_map, call_advise, call_protect, call_remap, call_truncate, call_allocate,
	call_sync, call_poll, call_epoll, call_splice, call_stat, call_lock, call_dup, call_attribute,
	call_uring, call_uring, call_uring, call_uring, call_uring, call_uring, call_slot, call_other_ring,
};

/* Results that no system call may return, such as a count above MAX_RW_COUNT. */
static bool strange(long long (*call)(void), long long result)
{
	if (result >= 0)
		return result > INT_MAX && call != call_lseek;
	if (result != -1)
		return true;
	return strange_error(errno);
}

static void on_signal(int signal)
{
	(void)signal;
	signals++;
}

static void start(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct itimerval often = { { 0, 3000 }, { 0, 3000 } };
	int i;

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGIO, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	for (i = 0; i < FILES; i++)
		files[i] = -1;
	must(pipe2(pipes, O_NONBLOCK | O_CLOEXEC));
	epoll_fd = must(epoll_create1(EPOLL_CLOEXEC));
	must((intptr_t)mmap(ARENA, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	memset(ARENA, 'a', 4 * PAGE);
	must(mprotect(ARENA + PAGE, PAGE, PROT_READ));
	must(mprotect(ARENA + 2 * PAGE, PAGE, PROT_NONE));
	start_ring();
	setitimer(ITIMER_REAL, &often, NULL);
}

int main(int argc, char **argv)
{
	long i, count, failed = 0, wrong = 0;

	if (argc != 3)
		die("usage: fuzz SEED COUNT");
	state = strtoull(argv[1], NULL, 0);
	count = atol(argv[2]);
	/* Where it was says much of how it ended. */
	setlinebuf(stdout);
	start();
	for (i = 0; i < count; i++) {
		int which = below(sizeof(calls) / sizeof(calls[0]));
		long long result;

		if (i % 5000 == 0)
			printf("# seed %s: call %ld\n", argv[1], i);
		errno = 0;
		result = calls[which]();
		failed += result < 0;
		if (strange(calls[which], result) && wrong++ < 10)
			printf("#   seed %s, call %ld (%d): %lld, %s\n", argv[1], i, which, result, strerrorname_np(errno));
	}
	printf("# seed %s: %ld calls, %ld failed, %ld strange, %d signals\n", argv[1], count, failed, wrong, (int)signals);
	/* If all calls fail, or none, then something is wrong with this program. */
	return wrong || failed == count || !failed;
}
