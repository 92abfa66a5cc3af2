#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The devices, used with everyday commands.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 22

modprobe hello
for n in 0 3; do
	is "hello$n: mode, owner, numbers" "$(stat -c '%A %u %g %t:%T' /dev/hello$n)" \
		"crw------- 0 0 $(printf '%x:%x' "$(major hello)" $n)"
	is "hello$n: the same in its class" "$(cat /sys/class/hello/hello$n/dev)" "$(major hello):$n"
done
mknod /tmp/hello4 c "$(major hello)" 4
fails 'there is no fifth device' "can't open '/tmp/hello4': No such device or address" cat /tmp/hello4
is 'cat' "$(cat /dev/hello0)" 'Hello, world!'
is 'cat again' "$(cat /dev/hello0)" 'Hello, world!'
is 'a part of it' "$(dd if=/dev/hello0 bs=1 skip=7 count=5 2>/dev/null)" world
ok 'echo replaces it' sh -c 'echo short >/dev/hello0'
is 'echo replaces the whole contents' "$(cat /dev/hello0)" short
is 'another device keeps its own' "$(cat /dev/hello1)" 'Hello, world!'
ok '>> appends' sh -c 'echo more >>/dev/hello0'
is '>> appends at the end' "$(cat /dev/hello0)" "short
more"
: >/dev/hello0
is 'it can be emptied' "$(wc -c </dev/hello0)" 0

echo 'before the log' >/dev/hello1
ok 'the log comes later' modprobe hello_log
is 'its mode, owner, numbers' "$(stat -c '%A %u %g %t:%T' /dev/hello_log)" \
	"crw------- 0 0 $(printf '%x:0' "$(major hello_log)")"
cat /dev/hello_log >/tmp/log1 &
first=$!
ok 'a reader waits' await 10 opened "$first" /dev/hello_log
echo one >/dev/hello0
ok 'a message wakes the reader' await 10 lines 1 /tmp/log1
cat /dev/hello_log >/tmp/log2 &
second=$!
ok 'another comes later' await 10 opened "$second" /dev/hello_log
echo two >/dev/hello3
printf 'no newline' >/dev/hello1
await 10 lines 3 /tmp/log1
await 10 lines 2 /tmp/log2
is 'the first has all since it came, a line each' "$(cat /tmp/log1)" "hello0: one
hello3: two
hello1: no newline"
is 'the second too' "$(cat /tmp/log2)" "hello3: two
hello1: no newline"
kill "$first" "$second"
wait "$first" "$second" 2>/dev/null
ok 'both leave' modprobe -r hello_log
