#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug
# limit: 200
# memory: 512
# crates: trinity
# trinity makes random system calls, with the devices as its only files. Unlike the project's own fuzzer, it does not know
# their ioctl commands; but it passes what the authors of other drivers found, and makes the 32-bit form of each call, too.
# Its children that die are replaced, with another seed, so the same seed makes almost the same calls.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 5

# What a file can be passed to, and what works on its mappings. Most of the others sleep.
calls='read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 open openat creat lseek llseek ioctl fcntl
	mmap munmap mremap mprotect madvise msync mincore mlock remap_file_pages fsync fdatasync sync_file_range ftruncate
	truncate fallocate fadvise64 readahead splice sendfile copy_file_range epoll_ctl flock dup dup2 newfstat newstat
	statx fchmod fchown utimensat fgetxattr fsetxattr inotify_add_watch'

# Whether at least COUNT calls have reached the device.
reached() { # NAME COUNT
	[ "$(cat "/sys/class/hello/hello0/$1")" -ge "$2" ]
}

# It refuses to run as root.
trinity_as_user() { # SEED COUNT
	# shellcheck disable=SC2086
	su user -c "cd /tmp/user && exec trinity -q -l off -C 4 -s $1 -N $2 -V /tmp/victims --enable-fds=pseudo,pipes \
		$(printf -- '-c %s ' $calls)"
}

modprobe hello_log && [ -c /dev/hello0 ] && [ -c /dev/hello_log ] || exit
mkdir /tmp/victims /tmp/user
cp -a /dev/hello0 /dev/hello_log /tmp/victims
chown user /tmp/victims/* /tmp/user
ok 'trinity ends' trinity_as_user 1 10000
ok 'it has read from the device' reached reads 100
ok 'and written to it' reached writes 20
is 'a device that was left alone works' "$(echo alive >/dev/hello2; cat /dev/hello2)" alive
ok 'both can be unloaded' await 30 modprobe -r hello_log
