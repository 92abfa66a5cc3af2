// SPDX-License-Identifier: GPL-2.0
/* poll, select, epoll and SIGIO; of /dev/hello_log, log.c has the rest. */
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

#define ALL (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM | POLLPRI | POLLRDHUP)
#define READY (POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM)

/* A device is always ready, as a regular file is: its calls wait for no event. */
void test_poll(void)
{
	struct epoll_event want = { .events = EPOLLIN };
	int fd = with_text("text"), epoll = must(epoll_create1(0));
	struct timeval now = { 0, 0 };
	char full[CAPACITY];
	fd_set in, out;

	gives(ready(fd, ALL, PATIENCE), READY, "unread data: readable and writable");
	must(read(fd, full, 16));
	gives(ready(fd, ALL, PATIENCE), READY, "all read: the same");
	memset(full, 'x', sizeof(full));
	must(pwrite(fd, full, sizeof(full), 0));
	must(lseek(fd, 0, SEEK_END));
	gives(ready(fd, ALL, PATIENCE), READY, "and at the end of a full device");
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fd, &in);
	FD_SET(fd, &out);
	gives(R(select(fd + 1, &in, &out, NULL, &now)), 2, "select says the same");
	gives(R(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &want)), -EPERM, "epoll refuses it, as it does a regular file");
	close(epoll);
	close(fd);
}

void test_sigio(void)
{
	struct timespec patience = { PATIENCE / 1000, 0 }, now = { 0, 0 };
	int fd = must(open("/dev/hello_log", O_RDONLY)), other = empty(O_WRONLY | O_APPEND);
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
