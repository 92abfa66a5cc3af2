#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# hello::post(), through everything.ko, which posts to /dev/hello0 what is written to /dev/everything1.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan 11

attribute() {
	cat "/sys/class/hello/hello0/$1"
}

bytes() {
	od -An -c /dev/hello0 | tr -s ' ' | sed 's/^ //; s/ $//'
}

modprobe hello devices=1 capacity=10
insmod /lib/test-modules/everything.ko devices=2
generation=$(attribute generation)
ok 'a post of as many bytes as the device can hold' sh -c 'printf 0123456789 >/dev/everything1'
is 'a post replaces the contents' "$(cat /dev/hello0)" 0123456789
is 'a post raises the generation by one' "$(attribute generation)" $((generation + 1))
fails 'a post of one byte more is refused' 'No space left on device' \
	sh -c 'echo 0123456789 | dd of=/dev/everything1 conv=notrunc'
is 'a refused post leaves the contents' "$(cat /dev/hello0)" 0123456789
is 'a refused post leaves the generation' "$(attribute generation)" $((generation + 1))
ok 'a shorter post' sh -c 'printf abc >/dev/everything1'
is 'a shorter post shortens the contents' "$(attribute size)" 3
is 'a shorter post raises the generation by one' "$(attribute generation)" $((generation + 2))
printf x | dd of=/dev/hello0 bs=1 seek=8 conv=notrunc 2>/dev/null
is 'a gap behind it reads as zeros' "$(bytes)" 'a b c \0 \0 \0 \0 \0 x'
ok 'the modules are unloaded' rmmod everything hello
