#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The example driver, tests/modules/tally/tally.rs.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 8

modprobe hello
ok 'tally loads' insmod /lib/test-modules/tally.ko
is 'the nodes have their mode and numbers' "$(stat -c '%n %a %t:%T' /dev/tally?)" \
	"$(printf '/dev/tally%d 600 %x:%d\n' 0 "$(major tally)" 0 1 "$(major tally)" 1)"
printf 12345 >/dev/tally1
printf 678 >/dev/tally1
is 'it counts' "$(cat /dev/tally1)" 8
is 'each device has its own count' "$(cat /dev/tally0)" 0
is 'a short read returns the first digit' "$(dd if=/dev/tally1 bs=1 count=1 2>/dev/null)" 8
fails 'ioctl fails' 'ioctl|tty' sh -c 'stty -a </dev/tally0'
ok 'tally unloads' rmmod tally
is 'nothing is left' "$(ls -d /dev/tally* /sys/class/tally 2>/dev/null)" ''
