// SPDX-License-Identifier: GPL-2.0
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>

#include "device.h"

const char *device_path = "/dev/hello0";

int times(int rounds)
{
	const char *more = getenv("TIMES");

	return more ? rounds * atoi(more) : rounds;
}

int empty(int flags)
{
	int fd = must(open(DEVICE, O_WRONLY | O_TRUNC));

	close(fd);
	return must(open(DEVICE, flags));
}

void store(const void *bytes, size_t count)
{
	int fd = empty(O_WRONLY);

	if (write(fd, bytes, count) != (ssize_t)count)
		die("write of %zu bytes", count);
	close(fd);
}

int with_text(const char *text)
{
	store(text, strlen(text));
	return must(open(DEVICE, O_RDWR));
}

bool stored(long long start, const void *bytes, size_t count)
{
	int fd = must(open(DEVICE, O_RDONLY));
	char *got = malloc(count + 1);
	bool equal = pread(fd, got, count, start) == (ssize_t)count &&
		     !memcmp(got, bytes, count);

	free(got);
	close(fd);
	return equal;
}

bool stored_text(const char *text)
{
	return size_now() == (long long)strlen(text) && stored(0, text, strlen(text));
}

long long size_now(void)
{
	int fd = must(open(DEVICE, O_RDONLY));
	long long size = must(lseek(fd, 0, SEEK_END));

	close(fd);
	return size;
}

struct hello_info info_now(void)
{
	int fd = must(open(DEVICE, O_RDONLY));
	struct hello_info info;

	must(ioctl(fd, HELLO_GET_INFO, &info));
	close(fd);
	info.open_files--;
	return info;
}

long long position_of(int fd)
{
	return R(lseek(fd, 0, SEEK_CUR));
}

void fill(void *bytes, size_t count, unsigned int seed)
{
	unsigned char *b = bytes;
	size_t i;

	for (i = 0; i < count; i++)
		b[i] = (i * 7 + i / PAGE * 13 + seed * 31) % 255 + 1;
}

void *pages(size_t count)
{
	void *bytes = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bytes == MAP_FAILED)
		die("mmap");
	return bytes;
}

char *pages_before_a_hole(size_t count)
{
	char *bytes = pages(count + 1);

	/* Not unmapped, since something else could be mapped there. */
	must(mprotect(bytes + count * PAGE, PAGE, PROT_NONE));
	return bytes;
}

void await_sleep(pid_t tid)
{
	char path[64], line[256], *state;
	time_t end = time(NULL) + PATIENCE / 1000;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	while (time(NULL) < end) {
		file = fopen(path, "r");
		/* A thread that has ended counts as asleep: its result says why. */
		if (!file)
			return;
		if (!fgets(line, sizeof(line), file))
			line[0] = 0;
		fclose(file);
		state = strrchr(line, ')');
		if (state && (state[2] == 'S' || state[2] == 'D'))
			return;
		sched_yield();
	}
	die("%d never sleeps", tid);
}

static void *call_thread(void *argument)
{
	struct call *call = argument;

	__atomic_store_n(&call->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	call->result = call->run(call->argument);
	return NULL;
}

void start_call(struct call *call, long long (*run)(void *), void *argument)
{
	call->tid = 0;
	call->run = run;
	call->argument = argument;
	if (pthread_create(&call->thread, NULL, call_thread, call))
		die("pthread_create");
	while (!__atomic_load_n(&call->tid, __ATOMIC_ACQUIRE))
		sched_yield();
}

long long end_call(struct call *call)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += PATIENCE / 1000;
	errno = pthread_timedjoin_np(call->thread, NULL, &end);
	if (errno)
		die("a call that does not come back");
	return call->result;
}

struct call *await_either(struct call *one, struct call *other)
{
	time_t end = time(NULL) + PATIENCE / 1000;

	while (time(NULL) < end) {
		if (!pthread_tryjoin_np(one->thread, NULL))
			return one;
		if (!pthread_tryjoin_np(other->thread, NULL))
			return other;
		sched_yield();
	}
	die("neither of two calls comes back");
}

long long do_read(void *argument)
{
	struct transfer *t = argument;

	if (t->offset < 0)
		return R(read(t->fd, t->bytes, t->count));
	return R(pread(t->fd, t->bytes, t->count, t->offset));
}

long long do_write(void *argument)
{
	struct transfer *t = argument;

	if (t->offset < 0)
		return R(write(t->fd, t->bytes, t->count));
	return R(pwrite(t->fd, t->bytes, t->count, t->offset));
}

void make_missing(struct missing *missing, size_t count)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range;

	missing->uffd = must(syscall(SYS_userfaultfd, O_CLOEXEC));
	must(ioctl(missing->uffd, UFFDIO_API, &api));
	missing->count = count;
	missing->bytes = pages(count);
	range = (struct uffdio_register) {
		.range = {
			.start = (unsigned long)missing->bytes,
			.len = count * PAGE,
		},
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	must(ioctl(missing->uffd, UFFDIO_REGISTER, &range));
}

size_t await_fault(struct missing *missing)
{
	struct pollfd ready = { .fd = missing->uffd, .events = POLLIN };
	struct uffd_msg message;

	if (poll(&ready, 1, PATIENCE) != 1)
		die("nobody waits for a page");
	if (read(missing->uffd, &message, sizeof(message)) != sizeof(message))
		die("read of a userfaultfd");
	return (message.arg.pagefault.address - (unsigned long)missing->bytes) / PAGE;
}

void give_page(struct missing *missing, size_t page, const void *bytes)
{
	struct uffdio_copy copy = {
		.dst = (unsigned long)missing->bytes + page * PAGE,
		.src = (unsigned long)bytes,
		.len = PAGE,
	};

	/* EEXIST: the page exists by now. EAGAIN: the address space is changing. */
	while (ioctl(missing->uffd, UFFDIO_COPY, &copy)) {
		if (errno == EEXIST)
			break;
		if (errno != EAGAIN)
			die("UFFDIO_COPY");
		copy.copy = 0;
	}
}

void end_missing(struct missing *missing)
{
	close(missing->uffd);
	munmap(missing->bytes, missing->count * PAGE);
}
