#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A driver whose devices can be open only once.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan 12

insmod /lib/test-modules/single.ko

# opens DEVICE: in the background, and says so in a file.
opens() {
	(exec 5<"$1" && echo "$1" && exec sleep 1000) >>/tmp/opened 3<&- &
	pid=$!
}

waits() {
	grep -q wait_woken "/proc/$pid/stack"
}

count() {
	[ "$(wc -l </tmp/opened)" -eq "$1" ]
}

: >/tmp/opened
ok 'the first device can be opened' sh -c ': </dev/single0'
exec 3</dev/single0
fails 'a second open fails' 'Device or resource busy' sh -c ': </dev/single0'
exec 4<&3 3<&-
fails 'a second open fails while a descriptor is left' 'Device or resource busy' sh -c ': </dev/single0'
exec 4<&-
ok 'the device can be opened again after the close' sh -c ': </dev/single0'

exec 3</dev/single1
opens /dev/single1
first=$pid
ok 'an open of the second device waits' await 10 waits
opens /dev/single1
second=$pid
await 10 waits || :
fails 'an open with O_NONBLOCK does not wait' 'Resource temporarily unavailable' gnu-dd if=/dev/single1 iflag=nonblock
fails 'the module is in use' 'in use' rmmod single
is 'no waiting open has succeeded' "$(cat /tmp/opened)" ''
exec 3<&-
ok 'the first waiting open succeeds after the close' await 10 count 1
kill "$first"
ok 'the second waiting open succeeds after that' await 10 count 2
kill "$second"
wait "$first" "$second" || :
ok 'the module goes' rmmod single
is 'and leaves nothing' "$(ls -d /dev/single? /sys/class/single 2>/dev/null)" ''
