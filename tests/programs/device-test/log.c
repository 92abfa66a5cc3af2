// SPDX-License-Identifier: GPL-2.0
/* /dev/hello_log. */
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>

#include "device.h"

#define LOG "/dev/hello_log"

/* A message to a device, in one write. */
static void say_bytes(int minor, const void *bytes, size_t count)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/hello%d", minor);
	fd = must(open(path, O_WRONLY));
	if (write(fd, bytes, count) != (ssize_t)count)
		die("write to %s", path);
	close(fd);
}

static void say(int minor, const char *text)
{
	say_bytes(minor, text, strlen(text));
}

/* All there is to read, a string; `fd` does not block. */
static long long drain(int fd, char *text, size_t size)
{
	size_t length = 0;
	long long got;

	while ((got = R(read(fd, text + length, size - 1 - length))) > 0)
		length += got;
	text[length] = 0;
	return got;
}

static bool says(int fd, const char *wanted)
{
	char text[4096];
	long long end = drain(fd, text, sizeof(text));

	if (end == -EAGAIN && !strcmp(text, wanted))
		return true;
	diag("end %lld, got '%s'", end, text);
	return false;
}

void test_log(void)
{
	char bytes[CAPACITY], text[64];
	int fd, late, pipes[2], device, again;

	say(0, "before");
	fd = must(open(LOG, O_RDONLY | O_NONBLOCK));
	gives(R(read(fd, text, sizeof(text))), -EAGAIN, "a file starts at now: there is nothing");
	gives(R(read(fd, text, 0)), 0, "of which one can read nothing");
	say(0, "one\n");
	gives(R(read(fd, text, sizeof(text))), 12, "a message is a line");
	same(text, "hello0: one\n", 12, "with the device's name");
	say(1, "two");
	say(0, "three\n");
	ok(says(fd, "hello1: two\nhello0: three\n"), "messages come in order, newline or not");
	late = must(open(LOG, O_RDONLY | O_NONBLOCK));
	say(2, "four");
	ok(says(late, "hello2: four\n"), "a file that was opened later has what came later");
	ok(says(fd, "hello2: four\n"), "and each has a place of its own");
	say(0, "in parts");
	gives(R(read(fd, text, 3)), 3, "a line can be read in parts");
	same(text, "hel", 3, "the first");
	say(0, "next");
	gives(R(read(fd, text, 5)), 5, "the second, with another message behind it");
	same(text, "lo0: ", 5, "which is the same line's");
	ok(says(fd, "in parts\nhello0: next\n"), "and the rest, and the next");
	ok(says(late, "hello0: in parts\nhello0: next\n"), "the other file has it all");
	close(late);

	device = empty(O_RDWR);
	ok(says(fd, ""), "emptying says nothing");
	must(write(device, "", 0));
	memset(bytes, 'x', sizeof(bytes));
	gives(R(pwrite(device, "x", 1, CAPACITY)), -ENOSPC, "no space");
	gives(R(pwrite(device, NULL, 1, 0)), -EFAULT, "no memory of the user's");
	ok(says(fd, ""), "a write of nothing, and one that fails, say nothing");
	must(pwrite(device, "whole text", 10, 0));
	must(pwrite(device, "part", 4, 2));
	ok(says(fd, "hello0: whole text\nhello0: part\n"), "an overwrite says what was written, not what stands");
	gives(R(pwrite(device, "0123456789", 10, CAPACITY - 4)), 4, "a write that is cut at the capacity");
	ok(says(fd, "hello0: 0123\n"), "says what was written");
	must(writev(device, (struct iovec[]) { { "a", 1 }, { "b", 1 } }, 2));
	ok(says(fd, "hello0: ab\n"), "writev is one message");

	must(pipe(pipes));
	say(0, "spliced");
	gives(R(splice(fd, NULL, pipes[1], NULL, 100, 0)), 16, "splice");
	must(read(pipes[0], text, 16));
	same(text, "hello0: spliced\n", 16, "gives the line");
	gives(R(splice(fd, NULL, pipes[1], NULL, 100, 0)), -EAGAIN, "and then nothing");
	again = must(open(LOG, O_WRONLY));
	gives(R(write(again, "x", 1)), -EINVAL, "nobody can write to it");
	gives(R(read(again, text, 1)), -EBADF, "nor read from a file opened for writing");
	close(again);
	gives(RMAP(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0)), -ENODEV, "nor map it");
	close(device);
	close(fd);
}

void test_log_seek(void)
{
	char bytes[16];
	struct iovec part = { bytes, 4 };
	int fd = must(open(LOG, O_RDWR | O_NONBLOCK));
	int whence[] = { SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE };
	unsigned int i;

	say(0, "text");
	for (i = 0; i < sizeof(whence) / sizeof(whence[0]); i++)
		gives(R(lseek(fd, 0, whence[i])), -ESPIPE, "lseek, from %d", whence[i]);
	gives(R(lseek(fd, -1, 17)), -EINVAL, "from nowhere");
	gives(R(pread(fd, bytes, 4, 0)), -ESPIPE, "pread");
	gives(R(preadv(fd, &part, 1, 0)), -ESPIPE, "preadv");
	gives(R(pwrite(fd, bytes, 4, 0)), -ESPIPE, "pwrite");
	gives(R(preadv2(fd, &part, 1, -1, 0)), 4, "preadv2 at the position");
	same(bytes, "hell", 4, "reads");
	close(fd);
}

struct reading {
	int fd;
	char text[256];
};

static long long read_log(void *argument)
{
	struct reading *r = argument;

	return R(read(r->fd, r->text, sizeof(r->text)));
}

static long long poll_log(void *argument)
{
	struct reading *r = argument;
	struct pollfd p = { .fd = r->fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, PATIENCE) == 1 ? p.revents : -errno;
}

static int ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLRDNORM | POLLOUT };

	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

void test_log_wait(void)
{
	struct reading r = { .fd = must(open(LOG, O_RDONLY)) }, other = r;
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	struct call call, second, *first;
	int epoll = must(epoll_create1(0));

	other.fd = must(open(LOG, O_RDONLY));
	gives(ready(r.fd), 0, "poll: nothing to read");
	start_call(&call, read_log, &r);
	start_call(&second, read_log, &other);
	await_sleep(call.tid);
	await_sleep(second.tid);
	say(1, "wake up\n");
	gives(end_call(&call), 16, "a message wakes a reader that waits in read");
	same(r.text, "hello1: wake up\n", 16, "the reader gets the message");
	gives(end_call(&second), 16, "a message wakes every reader");
	same(other.text, "hello1: wake up\n", 16, "every reader gets the message");

	start_call(&call, poll_log, &r);
	await_sleep(call.tid);
	say(0, "again\n");
	gives(end_call(&call), POLLIN, "a message wakes a reader that waits in poll");
	gives(ready(r.fd), POLLIN | POLLRDNORM, "poll: something to read");
	gives(R(read(r.fd, r.text, 4)), 4, "a part of it");
	gives(ready(r.fd), POLLIN | POLLRDNORM, "and there is still something");
	must(read(r.fd, r.text, 200));
	gives(ready(r.fd), 0, "until all is read");
	must(read(other.fd, other.text, 200));

	must(epoll_ctl(epoll, EPOLL_CTL_ADD, r.fd, &event));
	gives(R(epoll_wait(epoll, &event, 1, 0)), 0, "epoll, by edges: none yet");
	say(0, "an edge");
	gives(R(epoll_wait(epoll, &event, 1, 0)), 1, "a message is one");
	gives(R(epoll_wait(epoll, &event, 1, 0)), 0, "only once");
	say(0, "another");
	gives(R(epoll_wait(epoll, &event, 1, 0)), 1, "the next is the next one");
	must(read(r.fd, r.text, 200));

	other.fd = must(dup(r.fd));
	start_call(&call, read_log, &r);
	start_call(&second, read_log, &other);
	await_sleep(call.tid);
	await_sleep(second.tid);
	say(0, "A");
	first = await_either(&call, &second);
	say(0, "B");
	gives(end_call(first == &call ? &second : &call), 10,
	      "two who share a file: a message is for one of them, the next for the other");
	gives(first->result, 10, "each is read once");
	ok(r.text[8] != other.text[8] && r.text[8] + other.text[8] == 'A' + 'B', "and none twice");
	close(epoll);
	close(other.fd);
	close(r.fd);
}

static volatile sig_atomic_t signals;

static void count_signal(int signal)
{
	(void)signal;
	signals++;
}

void test_log_signals(void)
{
	struct reading r = { .fd = must(open(LOG, O_RDONLY)) };
	struct sigaction action = { .sa_handler = count_signal };
	struct call call;
	int status;
	pid_t child;

	must(sigaction(SIGUSR1, &action, NULL));
	start_call(&call, read_log, &r);
	await_sleep(call.tid);
	pthread_kill(call.thread, SIGUSR1);
	gives(end_call(&call), -EINTR, "a signal ends a read that waits");
	gives(signals, 1, "and was handled");
	say(0, "still there\n");
	gives(read_log(&r), 20, "and no message is lost by it");

	action.sa_flags = SA_RESTART;
	must(sigaction(SIGUSR1, &action, NULL));
	start_call(&call, read_log, &r);
	await_sleep(call.tid);
	pthread_kill(call.thread, SIGUSR1);
	while (signals < 2)
		sched_yield();
	await_sleep(call.tid);
	say(0, "restarted\n");
	gives(end_call(&call), 18, "with SA_RESTART the read goes on");
	same(r.text, "hello0: restarted\n", 18, "and gets the message");

	child = must(fork());
	if (child == 0)
		_exit(read_log(&r) != 0);
	await_sleep(child);
	must(kill(child, SIGSTOP));
	must(waitpid(child, &status, WUNTRACED));
	must(kill(child, SIGCONT));
	await_sleep(child);
	ok(waitpid(child, &status, WNOHANG) == 0, "one that was stopped and goes on still waits");
	must(kill(child, SIGTERM));
	must(waitpid(child, &status, 0));
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "a signal that kills does so while it waits");
	close(r.fd);
}

void test_log_lost(void)
{
	long long ring = RING, lost = 0, reports = 0, kept = 0, next, number;
	char *text = malloc(4 * ring), *line, *save = NULL, message[64];
	int fd = must(open(LOG, O_RDONLY | O_NONBLOCK)), fresh;
	int fast = must(open(LOG, O_RDONLY | O_NONBLOCK)), i;
	long total = ring / 10, seen = 0;
	bool first = true, orderly = true;
	char end;

	for (i = 0; i < total; i++) {
		snprintf(message, sizeof(message), "%06d %s\n", i, "a message");
		say(0, message);
		/* A reader that keeps up loses nothing. */
		seen += read(fast, message, sizeof(message)) > 0 &&
			!strncmp(message, "hello0: ", 8) && atoi(message + 8) == i;
	}
	gives(seen, total, "a reader that keeps up gets all messages");
	gives(ready(fd), POLLIN | POLLRDNORM, "a reader that lags behind has something to read");
	fresh = must(open(LOG, O_RDONLY | O_NONBLOCK));
	gives(R(read(fresh, message, 1)), -EAGAIN, "a new reader has lost nothing");
	gives(drain(fd, text, 4 * ring), -EAGAIN, "the slow reader reads to the end");
	next = 0;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "hello_log: %lld messages los%c", &number, &end) == 2 && end == 't') {
			orderly &= first;
			lost += number;
			next += number;
			reports++;
		} else {
			orderly &= !strncmp(line, "hello0: ", 8) && atoll(line + 8) == next &&
				   !strcmp(line + 14, " a message");
			next++;
			kept++;
		}
		first = false;
	}
	gives(reports, 1, "it is told once that messages were lost");
	ok(orderly, "at the start, then come the messages that are left, in order");
	gives(lost + kept, total, "lost and kept messages add up to all");
	ok(lost > 0 && kept > ring / 64, "some are lost, and the ring has held many");
	say(0, "and on\n");
	ok(says(fd, "hello0: and on\n"), "new messages follow as before");

	/* Lost in the middle of a line: its rest is still to be read. */
	say(0, "a line in parts");
	gives(R(read(fd, message, 10)), 10, "a part of a line is read");
	for (i = 0; i < total; i++)
		say(1, "others that push it out\n");
	gives(R(read(fd, message, 13)), 13, "its rest is there, whatever came since");
	same(message, "line in parts", 13, "rightly");
	drain(fd, text, 4 * ring);
	ok(!strncmp(text, "\nhello_log: ", 12), "then comes what was lost");
	free(text);
	close(fast);
	close(fresh);
	close(fd);
}

void test_log_cut(void)
{
	long long ring = RING;
	char *message = malloc(CAPACITY), *text = malloc(4 * ring), *newline;
	int fd = must(open(LOG, O_RDONLY | O_NONBLOCK));
	size_t length;

	memset(message, 'm', CAPACITY);
	store(message, 1);
	drain(fd, text, 4 * ring);
	say_bytes(1, message, 2 * ring);
	gives(drain(fd, text, 4 * ring), -EAGAIN, "a message longer than the ring");
	newline = strchr(text, '\n');
	length = strlen(text);
	ok(newline && newline == text + length - 1, "is one line");
	ok(!strncmp(text, "hello1: mmmm", 12), "with the device's name");
	ok(strstr(text, "cut") != NULL, "that says that it was cut");
	ok(length <= (size_t)ring && length > (size_t)ring / 2, "and is about as long as the ring");
	say(0, "short\n");
	ok(says(fd, "hello0: short\n"), "the next one is whole");

	/*
	 * Escapes are four times as long as the character, and are never truncated in the middle.
	 */
	memset(message, 1, CAPACITY);
	say_bytes(1, message, ring);
	drain(fd, text, 4 * ring);
	newline = strchr(text, '\n');
	ok(newline && !newline[1], "one that is too long when it is shown is one line too");
	ok(strstr(text, "cut") != NULL, "and says so");
	length = strspn(text + 8, "\\x01");
	ok(length > 100 && length % 4 == 0, "and no escape is cut within");
	/* A message that just fills the ring is not marked. */
	memset(message, 'f', CAPACITY);
	say_bytes(2, message, ring / 2);
	drain(fd, text, 4 * ring);
	ok(strlen(text) == (size_t)ring / 2 + 9 && !strstr(text, "cut"), "one that fits is whole");
	close(must(open("/dev/hello1", O_WRONLY | O_TRUNC)));
	close(must(open("/dev/hello2", O_WRONLY | O_TRUNC)));
	close(fd);
	free(message);
	free(text);
}

void test_log_control(void)
{
	int fd = must(open(LOG, O_RDONLY | O_NONBLOCK)), i, bad = 0, lines = 0;
	unsigned char every[256];
	char text[4096], *c;

	say(0, "a\nhello1: forged\n");
	drain(fd, text, sizeof(text));
	for (c = text; *c; c++)
		lines += *c == '\n';
	gives(lines, 1, "a newline within a message starts no line");
	ok(strstr(text, "hello1: forged") && !strncmp(text, "hello0: a", 9), "but can be seen");
	say(0, "\n");
	ok(says(fd, "hello0: \n"), "a message that is only a newline");
	say(0, "\n\n");
	drain(fd, text, sizeof(text));
	ok(strlen(text) > 9 && strchr(text, '\n') == text + strlen(text) - 1, "and of two is one line");
	say(0, "hello_log: 5 messages lost\n");
	ok(says(fd, "hello0: hello_log: 5 messages lost\n"), "a message cannot pass for a report");

	for (i = 0; i < 256; i++)
		every[i] = i;
	say_bytes(0, every, 256);
	drain(fd, text, sizeof(text));
	for (c = text; c[0] && c[1]; c++)
		bad += (unsigned char)*c < ' ' || *c == 0x7f;
	gives(bad, 0, "of all the bytes there are none is a control character then");
	gives(*c, '\n', "but the newline at the end");
	say(0, "\033[2J");
	drain(fd, text, sizeof(text));
	ok(!strchr(text, '\033') && strstr(text, "[2J"), "what would clear a terminal does not");
	say(0, "\302\233" "2J");
	drain(fd, text, sizeof(text));
	ok(!strstr(text, "\302\233"), "nor its eight-bit form");
	say(0, "\\n");
	drain(fd, text, sizeof(text));
	say(0, "\n\n");
	drain(fd, text + 1000, sizeof(text) - 1000);
	ok(strcmp(text, text + 1000), "an escape cannot be mistaken for the text that looks like it");
	say(0, "gr\303\274n\n");
	ok(says(fd, "hello0: gr\303\274n\n"), "other text stays as it is");
	close(fd);
}

static long long say_long(void *argument)
{
	(void)argument;
	say(1, "meanwhile\n");
	return 0;
}

void test_log_faults(void)
{
	char *edge = pages_before_a_hole(1) + PAGE - 6, text[64], page[PAGE] = "";
	int fd = must(open(LOG, O_RDONLY | O_NONBLOCK)), blocking = must(open(LOG, O_RDONLY));
	struct reading other = { .fd = fd };
	struct missing missing;
	struct transfer t;
	struct call call, second;

	say(0, "text\n");
	gives(R(read(fd, edge + 6, 20)), -EFAULT, "a read to nowhere");
	gives(R(read(fd, NULL, 20)), -EFAULT, "to null");
	gives(R(read(fd, edge, 20)), 6, "loses nothing: one that ends in nowhere has the start");
	same(edge, "hello0", 6, "of the line");
	ok(says(fd, ": text\n"), "and the next one its rest");
	must(read(blocking, text, sizeof(text)));

	/* Others do not wait for a reader whose page is missing. */
	make_missing(&missing, 1);
	t = (struct transfer) { blocking, missing.bytes, 100, -1 };
	say(0, "slowly\n");
	start_call(&call, do_read, &t);
	await_fault(&missing);
	start_call(&second, say_long, NULL);
	gives(end_call(&second), 0, "a writer does not wait for a reader's page");
	gives(R(read(fd, text, sizeof(text))), 33, "nor does another reader");
	same(text, "hello0: slowly\nhello1: meanwhile\n", 33, "the other reader gets both messages");
	must(fcntl(blocking, F_SETFL, O_NONBLOCK));
	other.fd = blocking;
	start_call(&second, read_log, &other);
	gives(end_call(&second), 18, "a reader that shares the file gets the next message meanwhile");
	must(fcntl(blocking, F_SETFL, 0));
	give_page(&missing, 0, page);
	ok(end_call(&call) >= 15, "then it reads");
	same(missing.bytes, "hello0: slowly\n", 15, "rightly");
	end_missing(&missing);
	close(blocking);
	close(fd);
}

static long long poll_now(void *argument)
{
	return ready(((struct reading *)argument)->fd);
}

/* poll does not block, not even while another thread reads from the same file. */
void test_log_poll(void)
{
	int fd = must(open(LOG, O_RDONLY));
	struct reading other = { .fd = fd };
	struct missing missing;
	struct transfer t;
	struct call reading, polling;
	char page[PAGE] = "";

	make_missing(&missing, 1);
	t = (struct transfer) { fd, missing.bytes, 100, -1 };
	say(0, "slowly\n");
	start_call(&reading, do_read, &t);
	await_fault(&missing);
	start_call(&polling, poll_now, &other);
	ok(end_call(&polling) >= 0, "poll comes back while a reader of its file waits for a page");
	give_page(&missing, 0, page);
	gives(end_call(&reading), 15, "then that reads");
	end_missing(&missing);
	close(fd);
}
