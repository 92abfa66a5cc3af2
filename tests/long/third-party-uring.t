#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# memory: 512
# crates: liburing-read-write liburing-ringbuf-read liburing-thread-exit
# liburing's own tests, of which a few take a file. They end with 77 if they cannot use it, but go on without O_DIRECT,
# which a device without a page cache refuses.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 8

# The number of calls that have reached the device.
calls() {
	echo $(($(cat /sys/class/hello/hello0/reads) + $(cat /sys/class/hello/hello0/writes)))
}

exercise() { # NAME CALLS
	before=$(calls)
	ok "$1" "liburing-$1" /dev/hello0
	ok 'which has used the device' [ "$(calls)" -ge "$((before + $2))" ]
}

cd /tmp || exit
ok 'it loads' insmod "$modules/hello.ko" capacity=1048576
head -c 256k /dev/urandom >/dev/hello0
# By two threads or one, with vectors or none, with buffers that are registered, not aligned, or selected by the kernel.
exercise read-write 500
# Compares what it reads with what it wrote.
exercise ringbuf-read 100
# A thread ends after it has begun its writes.
exercise thread-exit 8
ok 'it goes' await 30 rmmod hello
