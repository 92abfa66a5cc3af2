// SPDX-License-Identifier: GPL-2.0
/* poll, select, epoll and SIGIO. */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>

#include "device.h"

static int ready(int fd, int events, int wait)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, wait) < 0 ? -errno : p.revents;
}

struct waiting {
	int fd;
	int events;
};

static long long wait_ready(void *argument)
{
	struct waiting *w = argument;

	return ready(w->fd, w->events, PATIENCE);
}

#define ALL (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM | POLLPRI | POLLRDHUP)
#define READABLE (POLLIN | POLLRDNORM)
#define WRITABLE (POLLOUT | POLLWRNORM)

void test_poll(void)
{
	char bytes[16], full[CAPACITY];
	int fd = with_text("text"), other = must(open(DEVICE, O_RDWR));
	struct waiting waiting = { fd, POLLIN };
	struct timeval now = { 0, 0 };
	struct call call;
	fd_set in, out;

	gives(ready(fd, ALL, -1), READABLE | WRITABLE, "unread data: readable and writable");
	must(read(fd, bytes, 16));
	gives(ready(fd, ALL, 0), WRITABLE, "all read: writable");
	gives(ready(fd, POLLIN, 0), 0, "and not readable");
	gives(ready(other, POLLIN, 0), POLLIN, "a file at the start has something to read");
	start_call(&call, wait_ready, &waiting);
	await_sleep(call.tid);
	must(pwrite(other, "more", 4, 4));
	gives(end_call(&call), POLLIN, "a write wakes who waits in poll");
	gives(R(read(fd, bytes, 16)), 4, "who then reads");
	same(bytes, "more", 4, "what was written");
	must(lseek(fd, 0, SEEK_SET));
	gives(ready(fd, POLLIN, 0), POLLIN, "back at the start there is something to read again");
	close(must(open(DEVICE, O_WRONLY | O_TRUNC)));
	gives(ready(fd, ALL, 0), WRITABLE, "emptied, there is nothing to read");
	must(lseek(fd, 10, SEEK_SET));
	must(pwrite(other, "01234567", 8, 0));
	gives(ready(fd, POLLIN, 0), 0, "nor beyond the end");
	start_call(&call, wait_ready, &waiting);
	await_sleep(call.tid);
	must(pwrite(other, "89", 2, 8));
	must(pwrite(other, "A", 1, 10));
	gives(end_call(&call), POLLIN, "until something is written there");

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fd, &in);
	FD_SET(fd, &out);
	gives(R(select(fd + 1, &in, &out, NULL, &now)), 2, "select says the same");
	memset(full, 'x', sizeof(full));
	must(pwrite(other, full, sizeof(full), 0));
	must(lseek(fd, 0, SEEK_END));
	gives(ready(fd, ALL, 0), WRITABLE, "a full device is writable: ENOSPC does not wait");
	close(other);
	close(fd);
}

struct epolling {
	int epoll;
	struct epoll_event event;
};

static long long wait_epoll(void *argument)
{
	struct epolling *e = argument;

	return R(epoll_wait(e->epoll, &e->event, 1, PATIENCE));
}

void test_epoll(void)
{
	struct epolling e = { .epoll = must(epoll_create1(0)) };
	struct epoll_event want = { .events = EPOLLIN, .data.u32 = 17 };
	int fd = with_text("text"), other = must(open(DEVICE, O_WRONLY | O_APPEND));
	struct call call;
	char bytes[16];

	gives(R(epoll_ctl(e.epoll, EPOLL_CTL_ADD, fd, &want)), 0, "epoll takes the device");
	gives(R(epoll_wait(e.epoll, &e.event, 1, 0)), 1, "unread data: readable");
	must(read(fd, bytes, 16));
	gives(R(epoll_wait(e.epoll, &e.event, 1, 0)), 0, "all read: not");
	start_call(&call, wait_epoll, &e);
	await_sleep(call.tid);
	must(write(other, "more", 4));
	gives(end_call(&call), 1, "a write wakes who waits");
	gives(e.event.events, EPOLLIN, "since it can be read");
	gives(e.event.data.u32, 17, "from this file");
	must(read(fd, bytes, 16));

	want.events = EPOLLIN | EPOLLET;
	must(epoll_ctl(e.epoll, EPOLL_CTL_MOD, fd, &want));
	gives(R(epoll_wait(e.epoll, &e.event, 1, 0)), 0, "edge by edge: none yet");
	must(write(other, "1", 1));
	gives(R(epoll_wait(e.epoll, &e.event, 1, 0)), 1, "a write is one");
	gives(R(epoll_wait(e.epoll, &e.event, 1, 0)), 0, "only once");
	must(write(other, "2", 1));
	gives(R(epoll_wait(e.epoll, &e.event, 1, 0)), 1, "the next write is the next one");
	close(fd);
	gives(R(epoll_wait(e.epoll, &e.event, 1, 0)), 0, "a closed file is forgotten");
	close(other);
	close(e.epoll);
}

void test_sigio(void)
{
	struct timespec patience = { PATIENCE / 1000, 0 }, now = { 0, 0 };
	int fd = with_text("text"), other = must(open(DEVICE, O_WRONLY | O_APPEND));
	sigset_t signals;
	siginfo_t info;

	sigemptyset(&signals);
	sigaddset(&signals, SIGIO);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	must(fcntl(fd, F_SETOWN, getpid()));
	must(write(other, "0", 1));
	gives(R(sigtimedwait(&signals, &info, &now)), -EAGAIN, "without O_ASYNC a write sends nothing");
	gives(R(fcntl(fd, F_SETFL, O_ASYNC)), 0, "O_ASYNC is taken");
	ok(fcntl(fd, F_GETFL) & O_ASYNC, "and kept");
	must(write(other, "1", 1));
	gives(R(sigtimedwait(&signals, &info, &patience)), SIGIO, "a write sends SIGIO");
	must(fcntl(fd, F_SETSIG, SIGUSR1));
	must(write(other, "2", 1));
	gives(R(sigtimedwait(&signals, &info, &patience)), SIGUSR1, "or the signal that was asked for");
	gives(info.si_fd, fd, "which tells the file");
	gives(info.si_code, POLL_IN, "and that there is something to read");
	must(fcntl(fd, F_SETFL, 0));
	must(write(other, "3", 1));
	gives(R(sigtimedwait(&signals, &info, &now)), -EAGAIN, "without O_ASYNC no more");
	/* A file that goes with O_ASYNC set must leave nobody behind to signal. */
	must(fcntl(fd, F_SETFL, O_ASYNC));
	close(fd);
	must(write(other, "4", 1));
	gives(R(sigtimedwait(&signals, &info, &now)), -EAGAIN, "nor once it is closed");
	close(other);
}
