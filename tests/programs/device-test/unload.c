// SPDX-License-Identifier: GPL-2.0
/* Files that are opened, used and closed while the modules come and go. */
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "device.h"

#define USERS 3
/* For this many seconds; a round takes a fifth of one, or two on a busy machine. */
#define SECONDS times(10)
#define FEWEST_ROUNDS 5

static const char *const paths[] = {
	"/dev/hello0", "/dev/hello1", "/dev/hello3", "/dev/hello_log",
};

/* How often unloading is refused before the users get no new file. */
#define REFUSALS 20

struct use {
	long opened;
	long missed;		/* there was no such file, or no device behind it */
	long wrong;		/* opens that gave another error */
	int error;		/* the last one of them */
	long strange;		/* answers that the device never gives */
	int strange_call;	/* the last one of them */
};

static struct shared {
	struct use uses[USERS];
	bool calm;		/* new files wait */
} *shared;

/* The greeting, or a message and the end of the greeting. */
static bool is_whole(const char *bytes)
{
	return !memcmp(bytes, "Hello, world!\n", 14) || !memcmp(bytes, "a message\nld!\n", 14);
}

/* The mapping alone has to hold the module. */
static bool map_and_close(int fd, bool log)
{
	char *area = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	bool right = log && errno == ENODEV;

	close(fd);
	if (area == MAP_FAILED)
		return right;
	right = !log && is_whole(area);
	munmap(area, PAGE);
	return right;
}

static bool ask(int fd, int what, bool log)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct hello_info info;
	long long result;
	char bytes[100];

	switch (what) {
	case 0:
		result = R(read(fd, bytes, sizeof(bytes)));
		return log ? result == -EAGAIN || result > 0 : result == 14 && is_whole(bytes);
	case 1:
		return R(write(fd, "a message\n", 10)) == (log ? -EINVAL : 10);
	case 2:
		return poll(&p, 1, 0) == 1 ? p.revents == POLLIN : log;
	case 3:
		result = R(ioctl(fd, HELLO_GET_INFO, &info));
		return log ? result == -ENOTTY : !result && info.size == 14 && info.open_files > 0;
	default:
		return !fcntl(fd, F_SETOWN, getpid()) && !fcntl(fd, F_SETFL, O_ASYNC);
	}
}

/* Whether the answer is one that this device may give. Closes the file. */
static bool use_file(int fd, int what, bool log)
{
	bool right;

	if (what == 4)
		return map_and_close(fd, log);
	right = ask(fd, what, log);
	close(fd);
	return right;
}

static void keep_using(struct use *use, int stop, int number)
{
	char byte;
	long i;
	int fd;

	signal(SIGIO, SIG_IGN);
	for (i = number; read(stop, &byte, 1) < 0; i++) {
		fd = open(paths[i % 4], O_RDWR | O_NONBLOCK);
		if (fd >= 0) {
			use->opened++;
			if (!use_file(fd, i / 4 % 6, i % 4 == 3)) {
				use->strange++;
				use->strange_call = i / 4 % 6;
			}
		} else if (errno == ENOENT || errno == ENXIO) {
			use->missed++;
			/* Leave the CPU to the process that loads the module. */
			usleep(200);
		} else {
			use->wrong++;
			use->error = errno;
		}
		while (__atomic_load_n(&shared->calm, __ATOMIC_RELAXED))
			usleep(200);
	}
}

static int module_file(const char *name)
{
	struct utsname system;
	char path[256];

	must(uname(&system));
	snprintf(path, sizeof(path), "/lib/modules/%s/updates/%s.ko", system.release, name);
	return must(open(path, O_RDONLY));
}

static void unload(const char *name, long *refused)
{
	int tries = 0;

	while (syscall(SYS_delete_module, name, O_NONBLOCK)) {
		if (errno != EAGAIN)
			die("delete_module %s", name);
		if (++tries == REFUSALS)
			__atomic_store_n(&shared->calm, true, __ATOMIC_RELAXED);
		sched_yield();
	}
	__atomic_store_n(&shared->calm, false, __ATOMIC_RELAXED);
	*refused += tries;
}

static long opened(void)
{
	long sum = 0;
	int i;

	for (i = 0; i < USERS; i++)
		sum += __atomic_load_n(&shared->uses[i].opened, __ATOMIC_RELAXED);
	return sum;
}

void test_unload(void)
{
	struct use all = { 0 }, *uses;
	int hello = module_file("hello"), log = module_file("hello_log");
	int stop[2], i, status, bad = 0;
	long refused = 0, rounds, before;
	time_t end;
	pid_t pids[USERS];

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	uses = shared->uses;
	must(pipe2(stop, O_NONBLOCK));
	for (i = 0; i < USERS; i++) {
		pids[i] = must(fork());
		if (pids[i] == 0) {
			close(stop[1]);
			keep_using(&uses[i], stop[0], i);
			_exit(0);
		}
	}
	end = time(NULL) + SECONDS;
	/*
	 * On one CPU a few rounds may go without a refusal; if all do, the family's limit ends
	 * this.
	 */
	for (rounds = 0; rounds < FEWEST_ROUNDS || refused <= rounds / 10 || time(NULL) < end; rounds++) {
		must(syscall(SYS_finit_module, hello, "", 0));
		must(syscall(SYS_finit_module, log, "", 0));
		/*
		 * Every other time at once: on one CPU that is before anybody got to open a file.
		 */
		before = opened();
		while (rounds & 1 && opened() == before)
			usleep(200);
		unload("hello_log", &refused);
		unload("hello", &refused);
	}
	close(stop[1]);
	for (i = 0; i < USERS; i++) {
		must(waitpid(pids[i], &status, 0));
		bad += status != 0;
		all.opened += uses[i].opened;
		all.missed += uses[i].missed;
		all.wrong += uses[i].wrong;
		all.strange += uses[i].strange;
		if (uses[i].wrong)
			diag("open: %s", strerror(uses[i].error));
		if (uses[i].strange)
			diag("%ld strange answers, the last to call %d", uses[i].strange, uses[i].strange_call);
	}
	diag("%ld rounds, %ld opened, %ld found nothing, %ld unloads refused", rounds,
	     all.opened, all.missed, refused);
	gives(bad, 0, "files are used while the modules come and go");
	gives(all.wrong, 0, "an open finds the device, or ENOENT, or ENXIO");
	gives(all.strange, 0, "a file that is open answers as ever");
	ok(all.opened > rounds && all.missed > rounds && refused > rounds / 10,
	   "and each of them often");
	gives(R(open("/dev/hello0", O_RDONLY)), -ENOENT, "in the end nothing is there");
}
