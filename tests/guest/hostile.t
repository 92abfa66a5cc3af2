#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A driver that misuses chrdev as far as safe Rust lets it.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 21

sysfs=/sys/class/hostile

sleeps() { # PID
	grep -q '^State:.*sleeping' "/proc/$1/status"
}

waits_in() { # PID FUNCTION
	grep -q "$2" "/proc/$1/stack"
}

insmod /lib/test-modules/hostile.ko
if [ -e /sys/kernel/debug/kmemleak ]; then
	skip 'an attribute that replaces its text' 'kmemleak would report the buffer'
else
	is 'an attribute that replaces its text cannot exceed a page' "$(wc -c <$sysfs/hostile0/replace)" 4095
fi

fails 'a read of an attribute cannot promise a completion' 'Invalid argument' cat $sysfs/hostile0/queued
fails 'nor can a write' 'Invalid argument' sh -c "echo 1 | dd of=$sysfs/hostile0/queued"

# The reader of an attribute is in time for one of the registrations.
was_read() {
	[ -s /tmp/twice ]
}
(until was_read; do cat $sysfs/twice1/hold; done) >/tmp/twice 2>/dev/null &
until was_read; do
	echo twice >/dev/hostile0
done 2>/dev/null
pass 'a registration fails while an attribute is read that waits for the removal'

is 'a poll that waits on one queue a thousand times' "$(poll-events <>/dev/hostile0)" 'pri '

is 'a splice that adds more than was asked for' "$(splice /dev/hostile0 4096)" 4096
fails 'and one that fails' 'Input/output error' splice /dev/hostile0 1

is 'a page that the driver makes' "$(map-test --byte /dev/hostile0 0)" Z
is 'one that it fails to make' "$(map-test --byte /dev/hostile0 1)" SIGBUS
map-test --read /dev/hostile0 2 &
reader=$!
await 10 sleeps $reader || :
kill -9 $reader
ok 'a read into a page that the driver waits for can be killed' await 10 ended $reader
map-test --byte /dev/hostile0 2 &
toucher=$!
await 10 sleeps $toucher || :
kill -9 $toucher
ok 'and so can a process that touches it' await 10 ended $toucher
fails 'devices below one another, until a path is too long' 'I/O error' sh -c 'echo nest >/dev/hostile0'
like 'and the last one has said so' "$(dmesg | tail -n 1)" 'nested: -36'

ok 'the last device of the largest region is registered' sh -c 'echo regions >/dev/hostile0'
is 'regions that cannot exist are refused' "$(dmesg | sed -n 's/.*hostile: region of //p')" "$(printf '%s: -22\n' \
	'0 from 0' '0 from 120' '1048577 from 0' '1048577 from 120' '4294967295 from 0' '4294967295 from 511' \
	'1 from 512' '1 from 4096' '1 from 4294967295')"
is 'and leave no numbers' "$(grep -c impossible /proc/devices)" 0
is 'the node has the last minor' "$(stat -c '%n %t:%T' /dev/last*)" \
	"$(printf '/dev/last1048575 %x:fffff' "$(major largest)")"
ok 'it can be opened' sh -c ': </dev/last1048575'
ok 'it can be replaced' sh -c 'echo regions >/dev/hostile0'

# This is last, since it never ends. lockdep would report it.
if [ -e /proc/lockdep_stats ]; then
	skip 'an attribute that removes its own device waits for itself' 'lockdep would report it'
	ok 'the module is unloaded' rmmod hostile
else
	cat $sysfs/hostile0/hold >/tmp/hold &
	holder=$!
	await 10 sleeps $holder || :
	cat $sysfs/hostile0/remove >/tmp/remove 2>&1 &
	remover=$!
	await 10 waits_in $remover kernfs_drain || :
	ok 'an attribute that removes its own device waits for itself' waits_in $remover kernfs_drain
	rmmod hostile >/tmp/rmmod 2>&1 &
	rmmod=$!
	await 10 waits_in $rmmod fsleep || :
	kill $holder
	wait $holder || :
	like 'the module is not unloaded while an attribute is read' "$(cat /sys/module/hostile/initstate)" going
fi
