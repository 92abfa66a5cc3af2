#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A driver whose memory can be mapped and written: the program that says how passes on a file of tmpfs.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan 7

insmod /lib/test-modules/window.ko
mkdir /tmp/files
mount -t tmpfs none /tmp/files
truncate -s 1M /tmp/files/file
ok 'a file of tmpfs passes the checks' map-test /tmp/files/file
ok 'the device passes the same checks' map-test /dev/window
diag "$tap_out"
is 'it has its size' "$(wc -c </dev/window)" 1048576
fails 'a write at the end fails' 'No space left' sh -c 'printf x | dd of=/dev/window bs=1 oflag=seek_bytes seek=1048576'
is 'a page that was never stored reads as zeros' "$(dd if=/dev/window bs=4k skip=250 count=1 2>/dev/null | tr -d '\0' | wc -c)" 0
ok 'it goes' rmmod window
is 'and leaves nothing' "$(ls -d /dev/window /sys/class/window 2>/dev/null)" ''
