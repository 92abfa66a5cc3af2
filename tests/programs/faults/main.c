// SPDX-License-Identifier: GPL-2.0
/*
 * Injects a fault into the first allocation or copy of a system call, then
 * into the second, and so on until a call completes without a fault (fail-nth,
 * see Documentation/fault-injection). Each fault is a result, and so is the
 * check of each series for memory leaks; the plan comes last.
 *
 * faults FOLDER SERIES...: the modules are in that folder.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../tap.h"
#include "hello.h"

#define PAGES 3
#define SIZE (PAGES * 4096)
/* More than any call has: a series that does not end is stopped. */
#define MANY 5000

static const char *folder;
static char *mapped;
static char data[SIZE] __attribute__((aligned(4096))), got[SIZE] __attribute__((aligned(4096)));
static int fd, log_fd, epoll_fd;
static long long size;

/* The kinds of faults. */
static enum { SLAB, PAGES_OF_MEMORY, USER_COPY, KINDS } kind;
static const char *const kinds[] = { "failslab", "fail_page_alloc", "fail_usercopy" };

struct module {
	const char *name;
	/* NULL: the folder of the modules themselves. */
	const char *folder;
	const char *parameters;
	/* NULL, or prints what a loaded module fails to do. */
	const char *(*wrong)(void);
};

/* Either can be NULL. */
struct around {
	void (*before)(void);
	void (*after)(void);
};

struct series {
	const char *name;
	/* The call loads this module, and only its init is to fail. */
	const struct module *module;
	struct around all_calls, each_call;
	long long (*call)(void);
	/* What the call returns without a fault. */
	long long full;
	/* NULL, or what is wrong after the call returned that. */
	const char *(*wrong)(long long result);
	/* With fewer faults than this, they were not injected where they should be. */
	int least;
};

/* ---- the faults */

static void set(const char *file, const char *format, unsigned long long value)
{
	char path[128], text[32];
	int f, length = snprintf(text, sizeof(text), format, value);

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s", file);
	f = must(open(path, O_WRONLY));
	must(write(f, text, length));
	close(f);
}

static void set_kind(int which, const char *name, const char *format, unsigned long long value)
{
	char file[64];

	snprintf(file, sizeof(file), "%s/%s", kinds[which], name);
	set(file, format, value);
}

/* Finds the start and end of do_one_initcall. */
static void find_initcall(unsigned long long *start, unsigned long long *end)
{
	unsigned long long address;
	char name[512];
	FILE *f = fopen("/proc/kallsyms", "r");

	*start = 0;
	*end = ~0ull;
	if (!f)
		die("/proc/kallsyms");
	while (fscanf(f, "%llx %*c %511s%*[^\n]", &address, name) == 2)
		if (!strcmp(name, "do_one_initcall"))
			*start = address;
	rewind(f);
	while (fscanf(f, "%llx %*c %511s%*[^\n]", &address, name) == 2)
		if (address > *start && address < *end)
			*end = address;
	fclose(f);
	if (!*start)
		die("do_one_initcall");
}

/* Enables faults of this kind alone: the others are limited to callers that do not exist. */
static void set_up(const struct module *module)
{
	unsigned long long start = 0, end = ~0ull;
	int i;

	if (module)
		find_initcall(&start, &end);
	for (i = 0; i < KINDS; i++) {
		set_kind(i, "verbose", "%llu", 0);
		set_kind(i, "stacktrace-depth", "%llu", 64);
		set_kind(i, "require-start", "%#llx", i == (int)kind ? start : 1);
		set_kind(i, "require-end", "%#llx", i == (int)kind ? end : 1);
	}
	set("failslab/ignore-gfp-wait", "%c", 'N');
	set("fail_page_alloc/ignore-gfp-wait", "%c", 'N');
	set("fail_page_alloc/ignore-gfp-highmem", "%c", 'N');
	set("fail_page_alloc/min-order", "%llu", 0);
}

/* Faults are counted from the next system call on. */
static void arm(int f, int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", n);

	must(pwrite(f, text, length, 0));
}

/* Returns whether a fault was injected. The rest of the count may hit this call itself. */
static bool disarm(int f)
{
	char text[16] = "";
	bool met = pread(f, text, sizeof(text) - 1, 0) > 0 && text[0] == '0';

	if (pwrite(f, "0", 1, 0) != 1)
		must(pwrite(f, "0", 1, 0));
	return met;
}

/* ---- the modules */

static const char *without_greeting(void), *without_log(void), *without_post(void);
static const char *without_sectors(void), *without_packets(void), *without_variables(void), *without_name(void);

static const struct module hello_ko = { "hello", NULL, "devices=2 capacity=65536", without_greeting };
static const struct module hello_log_ko = { "hello_log", NULL, "", without_log };
static const struct module hello_c_ko = { "hello_c", "/lib/test-modules", "quiet=1", without_post };
static const struct module tee_ko = { "tee", "/lib/test-modules", "", without_post };
static const struct module hello_blk_ko = { "hello_blk", NULL, "capacity=1", without_sectors };
static const struct module hello_net_ko = { "hello_net", NULL, "", without_packets };
static const struct module nodes_ko = { "nodes", "/lib/test-modules", "devices=1", without_variables };
static const struct module attributes_ko = { "attributes", "/lib/test-modules", "devices=1", without_name };
static const struct module dynamic_ko = { "dynamic", "/lib/test-modules", "", NULL };
static const struct module window_ko = { "window", "/lib/test-modules", "", NULL };

static long long load(const struct module *module)
{
	char path[256];
	int f;
	long long result;

	snprintf(path, sizeof(path), "%s/%s.ko", module->folder ? module->folder : folder, module->name);
	f = must(open(path, O_RDONLY | O_CLOEXEC));
	result = R(syscall(SYS_finit_module, f, module->parameters, 0));
	close(f);
	return result;
}

static void unload(const struct module *module)
{
	must(syscall(SYS_delete_module, module->name, 0));
}

static bool in_folder(const char *path, const char *name)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool found = false;

	/* A kernel without block devices, or without network. */
	if (!dir && errno == ENOENT)
		return false;
	if (!dir)
		die("%s", path);
	while ((entry = readdir(dir)))
		found |= !strncmp(entry->d_name, name, strlen(name));
	closedir(dir);
	return found;
}

/* Returns whether the folder has a name with this prefix. */
static const char *left(const char *name)
{
	static const char *const folders[] = { "/dev", "/sys/class", "/sys/module", "/sys/class/block", "/sys/class/net" };
	char line[256];
	FILE *f = fopen("/proc/devices", "r");
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (in_folder(folders[i], name))
			return folders[i];
	if (!f)
		die("/proc/devices");
	while (fgets(line, sizeof(line), f))
		if (strstr(line, name)) {
			fclose(f);
			return "/proc/devices";
		}
	fclose(f);
	return NULL;
}

/* After a load: the module works, or is not loaded and can be loaded again. */
static const char *wrong_load(const struct module *module, long long result)
{
	/*
	 * Neither is checked for the name that it should have got, and device_add() refuses a
	 * device without one.
	 */
	bool may_be_nameless = module == &hello_blk_ko || module == &hello_net_ko;
	const char *why;

	/* Parts of the network stack say ENOBUFS for ENOMEM. */
	if (result && result != -ENOMEM && !(may_be_nameless && result == -EINVAL) &&
	    !(module == &hello_net_ko && result == -ENOBUFS))
		return "wrong error";
	if (result && left(module->name))
		return left(module->name);
	if (result && load(module))
		return "does not load again";
	why = module->wrong();
	unload(module);
	return why ? why : left(module->name);
}

/* Returns whether the device exists and has its initial contents. */
static bool greets(const char *device)
{
	char text[5] = "";
	int f = open(device, O_RDONLY | O_CLOEXEC);
	bool read_it = f >= 0 && read(f, text, 5) == 5 && !memcmp(text, "Hello", 5);

	close(f);
	return read_it;
}

static const char *without_greeting(void)
{
	return greets("/dev/hello0") && greets("/dev/hello1") ? NULL : "does not greet";
}

/* Returns whether a message to the first device can be read from the log. */
static const char *without_log(void)
{
	static const char line[] = "hello0: logged\n";
	int log = open("/dev/hello_log", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int device = open("/dev/hello0", O_WRONLY | O_CLOEXEC);
	bool logged = log >= 0 && device >= 0 && write(device, "logged", 6) == 6 &&
		read(log, got, SIZE) == sizeof(line) - 1 && !memcmp(got, line, sizeof(line) - 1);

	close(log);
	close(device);
	return logged ? NULL : "does not log";
}

/* A module that only subscribes: after it is unloaded, posting still works. */
static const char *without_post(void)
{
	int device = open("/dev/hello0", O_WRONLY | O_CLOEXEC);
	bool posted = device >= 0 && write(device, "posted", 6) == 6;

	close(device);
	return posted ? NULL : "cannot be posted to";
}

static const char *without_sectors(void)
{
	return greets("/dev/hello_blk0") ? NULL : "does not greet";
}

/*
 * Brings the interface up, and returns a socket for its packets of a protocol that nobody else
 * uses.
 */
static int packets_of(const char *interface)
{
	int s = must(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_LOOPBACK)));
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_LOOPBACK) };
	struct ifreq request = { 0 };

	strcpy(request.ifr_name, interface);
	must(ioctl(s, SIOCGIFFLAGS, &request));
	request.ifr_flags |= IFF_UP;
	must(ioctl(s, SIOCSIFFLAGS, &request));
	address.sll_ifindex = must(if_nametoindex(interface));
	must(bind(s, (struct sockaddr *)&address, sizeof(address)));
	return s;
}

/*
 * Returns whether a packet that is sent at one end arrives at the other. The kernel drops packets
 * until a work item has handled the new carrier, so the packet is sent again.
 */
static const char *without_packets(void)
{
	struct ether_header header = { .ether_type = htons(ETH_P_LOOPBACK) };
	int from = packets_of("hello_net0"), to = packets_of("hello_net1"), tries = 100;
	struct pollfd polled = { .fd = to, .events = POLLIN };
	bool arrived = false;

	memset(header.ether_dhost, 0xff, ETH_ALEN);
	memcpy(data, &header, sizeof(header));
	while (!arrived && tries-- && write(from, data, ETH_ZLEN) == ETH_ZLEN)
		arrived = poll(&polled, 1, 100) == 1;
	arrived = arrived && read(to, got, SIZE) == ETH_ZLEN && !memcmp(got, data, ETH_ZLEN);
	close(from);
	close(to);
	return arrived ? NULL : "does not carry packets";
}

#define NAME "/sys/class/attributes/attributes0/name"

/* What a file of sysfs holds, with a zero byte at its end; or NULL. */
static const char *read_file(const char *path)
{
	int f = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t count = f < 0 ? -1 : read(f, got, SIZE - 1);

	close(f);
	if (count < 0)
		return NULL;
	got[count] = 0;
	return got;
}

/*
 * The node itself may be missing: devtmpfs needs memory for a name with folders, and nobody learns
 * of that.
 */
static const char *without_variables(void)
{
	const char *text = read_file("/sys/class/nodes/nodes!0!ctl/uevent");

	return text && strstr(text, "\nSERIAL=100\n") ? NULL : "has no variables";
}

static const char *without_name(void)
{
	return read_file("/sys/class/attributes/attributes0/level") ? NULL : "has no attributes";
}

/* ---- before and after calls: what a call uses up is there for each anew */

static void load_hello(void)
{
	must(load(&hello_ko) ? -1 : 0);
}

static void unload_hello(void)
{
	unload(&hello_ko);
}

static void open_device(void)
{
	fd = must(open("/dev/hello0", O_RDWR | O_CLOEXEC));
	size = must(lseek(fd, 0, SEEK_END));
}

static void close_device(void)
{
	close(fd);
}

static void make_device(void)
{
	load_hello();
	open_device();
}

static void make_bytes(void)
{
	make_device();
	must(pwrite(fd, data, SIZE, size));
}

static void drop_device(void)
{
	close_device();
	unload_hello();
}

static void make_log(void)
{
	make_device();
	must(load(&hello_log_ko) ? -1 : 0);
}

static void drop_log(void)
{
	unload(&hello_log_ko);
	drop_device();
}

/* A new reader each time, since its first read allocates. */
static void make_message(void)
{
	log_fd = must(open("/dev/hello_log", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	must(write(fd, "hello\n", 6));
}

static void drop_message(void)
{
	close(log_fd);
}

static void make_name(void)
{
	must(load(&attributes_ko) ? -1 : 0);
	fd = must(open(NAME, O_WRONLY | O_CLOEXEC));
	must(write(fd, "old", 3));
}

static void drop_name(void)
{
	close(fd);
	unload(&attributes_ko);
}

static void make_dynamic(void)
{
	must(load(&dynamic_ko) ? -1 : 0);
	fd = must(open("/dev/dynamic0", O_WRONLY | O_CLOEXEC));
}

static void drop_dynamic(void)
{
	close(fd);
	unload(&dynamic_ko);
}

static void make_window(void)
{
	must(load(&window_ko) ? -1 : 0);
	fd = must(open("/dev/window", O_RDWR | O_CLOEXEC));
	mapped = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		die("mmap");
}

static void drop_window(void)
{
	must(munmap(mapped, SIZE));
	close(fd);
	unload(&window_ko);
}

/* What is written directly is aligned. */
static void make_disk(void)
{
	must(load(&hello_blk_ko) ? -1 : 0);
	fd = must(open("/dev/hello_blk0", O_RDWR | O_DIRECT | O_CLOEXEC));
	size = 0;
}

static void drop_disk(void)
{
	close(fd);
	unload(&hello_blk_ko);
}

static void make_epoll(void)
{
	make_message();
	epoll_fd = must(epoll_create1(EPOLL_CLOEXEC));
}

static void drop_epoll(void)
{
	close(epoll_fd);
	drop_message();
}

/* ---- the calls, and the checks after them */

/* A page that cannot be allocated is ENOMEM, or EFAULT if it is one of the caller's. */
static bool is_fault(long long result)
{
	return (result == -ENOMEM && kind != USER_COPY) || (result == -EFAULT && kind != SLAB);
}

static long long call_open(void)
{
	fd = open("/dev/hello0", O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : 0;
}

static const char *wrong_open(long long result)
{
	if (result)
		return is_fault(result) ? NULL : "wrong error";
	if (read(fd, got, 5) != 5 || memcmp(got, "Hello", 5))
		return "reads wrong";
	close(fd);
	return NULL;
}

static long long call_write(void)
{
	return R(pwrite(fd, data, SIZE, size));
}

/* Returns whether the device has exactly the bytes that a write of `data` reported as stored. */
static const char *wrong_stored(long long result)
{
	long long count = result < 0 ? 0 : result;

	if (result <= 0 && !is_fault(result))
		return "wrong error";
	if (lseek(fd, 0, SEEK_END) != size + count)
		return "wrong size";
	return pread(fd, got, SIZE, size) == count && !memcmp(got, data, count) ? NULL : "wrong bytes";
}

static const char *wrong_write(long long result)
{
	const char *wrong = wrong_stored(result);

	if (wrong)
		return wrong;
	if (pwrite(fd, data, SIZE, size) != SIZE || pread(fd, got, SIZE, size) != SIZE ||
	    memcmp(got, data, SIZE))
		return "cannot be written again";
	return NULL;
}

static long long call_store(void)
{
	return R(write(fd, data, 3000));
}

static const char *wrong_store(long long result)
{
	const char *text = read_file(NAME);

	if (result != 3000 && !is_fault(result))
		return "wrong error";
	if (!text || (result < 0 ? strcmp(text, "old\n") : strlen(text) != 3001 || memcmp(text, data, 3000)))
		return "wrong text";
	return write(fd, "old", 3) == 3 ? NULL : "cannot be written again";
}

static long long call_add(void)
{
	return R(write(fd, "add\n", 4));
}

/* The node itself may be missing, which nobody learns of. */
static const char *wrong_add(long long result)
{
	static const char added[] = "/sys/class/dynamic/dynamic2";

	/* A command that cannot be copied is not one. */
	if (result != 4 && !is_fault(result) && !(result == -EINVAL && kind == USER_COPY))
		return "wrong error";
	if (result < 0 && !access(added, F_OK))
		return "a device is left";
	if (result < 0 && call_add() != 4)
		return "cannot be added again";
	if (access(added, F_OK))
		return "no device, or another minor";
	return write(fd, "remove\n", 7) == 7 && access(added, F_OK) ? NULL : "cannot be removed";
}

/* The driver's fault() allocates the pages. */
static long long call_populate(void)
{
	return R(madvise(mapped, SIZE, MADV_POPULATE_WRITE));
}

static const char *wrong_populate(long long result)
{
	static const char zeros[SIZE];

	if (result && result != -ENOMEM && result != -EFAULT)
		return "wrong error";
	if (result && call_populate())
		return "cannot be populated again";
	if (memcmp(mapped, zeros, SIZE))
		return "not zeros";
	memcpy(mapped, data, SIZE);
	return pread(fd, got, SIZE, 0) == SIZE && !memcmp(got, data, SIZE) ? NULL : "wrong bytes";
}

/* Each to pages that the disk does not have yet. */
static long long call_write_disk(void)
{
	size += SIZE;
	return R(pwrite(fd, data, SIZE, size));
}

static const char *wrong_write_disk(long long result)
{
	if (result != SIZE && !is_fault(result))
		return "wrong error";
	if (result < 0 && pwrite(fd, data, SIZE, size) != SIZE)
		return "cannot be written again";
	return pread(fd, got, SIZE, size) == SIZE && !memcmp(got, data, SIZE) ? NULL : "wrong bytes";
}

static long long call_writev(void)
{
	struct iovec parts[10];
	int i;

	for (i = 0; i < 10; i++)
		parts[i] = (struct iovec){ .iov_base = data + i * 1000, .iov_len = 1000 };
	return R(pwritev(fd, parts, 10, size));
}

static long long call_read(void)
{
	return R(pread(fd, got, SIZE, 0));
}

static const char *wrong_read(long long result)
{
	if (result <= 0)
		return is_fault(result) ? NULL : "wrong error";
	return result <= size && !memcmp(got, "Hello, world!\n", result) ? NULL : "wrong bytes";
}

static struct hello_info info(void)
{
	struct hello_info info;

	must(ioctl(fd, HELLO_GET_INFO, &info));
	return info;
}

static struct hello_info asked;

static long long call_info(void)
{
	memset(&asked, 0, sizeof(asked));
	return R(ioctl(fd, HELLO_GET_INFO, &asked));
}

static const char *wrong_info(long long result)
{
	if (result)
		return is_fault(result) ? NULL : "wrong error";
	return asked.size == (unsigned long long)size && asked.capacity == 65536 && asked.open_files == 1 ?
		NULL : "wrong answer";
}

static long long call_capacity(void)
{
	struct hello_capacity capacity = { .capacity = 1 << 20 };

	return R(ioctl(fd, HELLO_SET_CAPACITY, &capacity));
}

static const char *wrong_capacity(long long result)
{
	if (result && !is_fault(result))
		return "wrong error";
	if (info().capacity != (result ? 65536 : 1 << 20))
		return "wrong capacity";
	if (call_write() != SIZE)
		return "cannot be written";
	return call_capacity() ? "cannot be set again" : NULL;
}

static long long call_async(void)
{
	return R(fcntl(log_fd, F_SETFL, O_ASYNC | O_NONBLOCK));
}

static const char *wrong_async(long long result)
{
	if (result && !is_fault(result))
		return "wrong error";
	if (!(fcntl(log_fd, F_GETFL) & O_ASYNC) != !!result)
		return "wrong flag";
	return call_async() ? "cannot be set again" : NULL;
}

static long long call_map(void)
{
	char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	long long result;

	if (map == MAP_FAILED)
		return -errno;
	result = R(madvise(map, SIZE, MADV_POPULATE_READ));
	munmap(map, SIZE);
	return result;
}

static const char *wrong_map(long long result)
{
	if (result && !is_fault(result) && result != -EAGAIN)
		return "wrong error";
	return call_map() ? "cannot be mapped again" : NULL;
}

static long long call_open_log(void)
{
	int f = open("/dev/hello_log", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (f < 0)
		return -errno;
	close(f);
	return 0;
}

static long long call_read_log(void)
{
	return R(read(log_fd, got, SIZE));
}

static const char *wrong_open_log(long long result)
{
	if (result && !is_fault(result))
		return "wrong error";
	return call_open_log() ? "cannot be opened again" : NULL;
}

static const char *wrong_read_log(long long result)
{
	static const char line[] = "hello0: hello\n";
	long long length = sizeof(line) - 1, count = result < 0 ? 0 : result, rest;

	if (result <= 0 && !is_fault(result))
		return "wrong error";
	rest = read(log_fd, got + count, SIZE - count);
	if (count + (rest < 0 ? 0 : rest) != length || memcmp(got, line, length))
		return "the message is lost";
	return NULL;
}

static long long call_message(void)
{
	return R(write(fd, "again\n", 6));
}

static const char *wrong_message(long long result)
{
	long long lines = result == 6 ? 14 : 0;

	if (result != 6 && !is_fault(result))
		return "wrong error";
	if (read(log_fd, got, 14) != 14)
		return "the first message is lost";
	if (R(read(log_fd, got, SIZE)) != (lines ? lines : -EAGAIN))
		return "the log is wrong";
	return NULL;
}

static long long call_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };

	return R(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, log_fd, &event));
}

static const char *wrong_epoll(long long result)
{
	struct epoll_event event;

	if (result && !is_fault(result))
		return "wrong error";
	if (result && call_epoll())
		return "cannot be added again";
	return epoll_wait(epoll_fd, &event, 1, 0) == 1 && event.events == EPOLLIN ? NULL : "wrong event";
}

static long long call_poll(void)
{
	struct pollfd polled = { .fd = log_fd, .events = POLLIN };
	long long result = R(poll(&polled, 1, 0));

	return result > 0 ? polled.revents : result;
}

static const char *wrong_poll(long long result)
{
	return result == POLLIN || is_fault(result) ? NULL : "wrong answer";
}

#define HELLO { load_hello, unload_hello }
#define DEVICE { make_device, drop_device }
#define DISK { make_disk, drop_disk }
#define ATTRIBUTES { make_name, drop_name }
#define LOG { make_log, drop_log }
#define MESSAGE { make_message, drop_message }
#define NOTHING { NULL, NULL }

static const struct series all[] = {
	{ "load-hello", &hello_ko, NOTHING, NOTHING, NULL, 0, NULL, 150 },
	{ "load-hello_log", &hello_log_ko, HELLO, NOTHING, NULL, 0, NULL, 50 },
	{ "load-hello_c", &hello_c_ko, HELLO, NOTHING, NULL, 0, NULL, 6 },
	{ "load-tee", &tee_ko, HELLO, NOTHING, NULL, 0, NULL, 5 },
	{ "load-hello_blk", &hello_blk_ko, NOTHING, NOTHING, NULL, 0, NULL, 50 },
	{ "load-hello_net", &hello_net_ko, NOTHING, NOTHING, NULL, 0, NULL, 50 },
	{ "load-nodes", &nodes_ko, NOTHING, NOTHING, NULL, 0, NULL, 40 },
	{ "load-attributes", &attributes_ko, NOTHING, NOTHING, NULL, 0, NULL, 40 },
	{ "store", NULL, ATTRIBUTES, NOTHING, call_store, 3000, wrong_store, 3 },
	{ "add", NULL, { make_dynamic, drop_dynamic }, NOTHING, call_add, 4, wrong_add, 20 },
	{ "populate", NULL, NOTHING, { make_window, drop_window }, call_populate, 0, wrong_populate, 3 },
	{ "write-disk", NULL, DISK, NOTHING, call_write_disk, SIZE, wrong_write_disk, 3 },
	{ "open", NULL, HELLO, NOTHING, call_open, 0, wrong_open, 5 },
	{ "read", NULL, DEVICE, NOTHING, call_read, 14, wrong_read, 1 },
	{ "write", NULL, NOTHING, DEVICE, call_write, SIZE, wrong_write, 6 },
	{ "writev", NULL, NOTHING, DEVICE, call_writev, 10000, wrong_stored, 12 },
	{ "info", NULL, DEVICE, NOTHING, call_info, 0, wrong_info, 1 },
	{ "capacity", NULL, NOTHING, DEVICE, call_capacity, 0, wrong_capacity, 1 },
	{ "map", NULL, { make_bytes, drop_device }, NOTHING, call_map, 0, wrong_map, 4 },
	{ "message", NULL, LOG, MESSAGE, call_message, 6, wrong_message, 1 },
	{ "open-log", NULL, LOG, NOTHING, call_open_log, 0, wrong_open_log, 8 },
	{ "read-log", NULL, LOG, MESSAGE, call_read_log, 14, wrong_read_log, 3 },
	{ "async", NULL, LOG, MESSAGE, call_async, 0, wrong_async, 1 },
	{ "poll", NULL, LOG, MESSAGE, call_poll, POLLIN, wrong_poll, 1 },
	{ "epoll", NULL, LOG, { make_epoll, drop_epoll }, call_epoll, 0, wrong_epoll, 4 },
	{ 0 }
};

static int results, failures;

static void result(const char *wrong, const char *series, int n, long long value)
{
	failures += !!wrong;
	printf("%sok %d - %s, %s %d: %s\n", wrong ? "not " : "", ++results, series, kinds[kind], n,
	       wrong ? wrong : value < 0 ? strerrorname_np(-value) : "saved");
	if (wrong)
		printf("#   returned %lld\n", value);
	fflush(stdout);
}

/*
 * The state is the same as before the series, so whatever is unreferenced has leaked. A leak is
 * reported again after later series: the first series that fails has caused it.
 */
static void result_of_leaks(const char *series)
{
	FILE *leaks = popen("/tests/leaks", "r");
	bool found = false;
	char line[256];
	int status;

	if (!leaks)
		die("/tests/leaks");
	while (fgets(line, sizeof(line), leaks)) {
		found = true;
		printf("#   %s", line);
	}
	status = pclose(leaks);
	failures += found || status;
	printf("%sok %d - %s: %s\n", found || status ? "not " : "", ++results, series,
	       found || status ? "memory is left" : "no memory is left");
	fflush(stdout);
}

static void run_hook(void (*hook)(void))
{
	if (hook)
		hook();
}

/* Returns the number of faults. */
static int run_kind(const struct series *series)
{
	int f = must(open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC)), n = 0;
	long long value;
	const char *wrong;
	bool met;

	set_up(series->module);
	do {
		if (++n > MANY)
			die("%s: no end of faults", series->name);
		run_hook(series->each_call.before);
		arm(f, n);
		value = series->module ? load(series->module) : series->call();
		met = disarm(f);
		wrong = series->module ? wrong_load(series->module, value) : series->wrong(value);
		if (met)
			result(wrong, series->name, n, value);
		else if (wrong || value != series->full)
			result(wrong ? wrong : "not all of it, without a fault", series->name, n, value);
		run_hook(series->each_call.after);
	} while (met);
	close(f);
	return n - 1;
}

static void run(const struct series *series)
{
	int faults[KINDS], all_faults = 0;

	run_hook(series->all_calls.before);
	for (kind = 0; kind < KINDS; kind++)
		all_faults += faults[kind] = run_kind(series);
	run_hook(series->all_calls.after);
	printf("# %s: %d failslab, %d fail_page_alloc, %d fail_usercopy\n", series->name, faults[SLAB],
	       faults[PAGES_OF_MEMORY], faults[USER_COPY]);
	failures += all_faults < series->least;
	printf("%sok %d - %s: %d faults, at least %d\n", all_faults < series->least ? "not " : "", ++results,
	       series->name, all_faults, series->least);
	result_of_leaks(series->name);
}

int main(int argc, char **argv)
{
	const struct series *series;
	int i;

	folder = argv[1];
	memset(data, 'x', sizeof(data));
	signal(SIGIO, SIG_IGN);
	for (i = 2; i < argc; i++) {
		for (series = all; series->name && strcmp(series->name, argv[i]); series++)
			;
		if (!series->name)
			die("no series %s", argv[i]);
		run(series);
	}
	printf("1..%d\n", results);
	return failures != 0;
}
