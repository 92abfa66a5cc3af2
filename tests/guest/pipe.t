#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# limit: 240
# A driver whose devices behave as named pipes do: the program that says so passes on one of the kernel's.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan 9

insmod /lib/test-modules/pipe.ko
mkfifo /tmp/fifo
ok 'a named pipe passes the checks' pipe-test /tmp/fifo
ok 'the device passes the same checks' pipe-test /dev/pipe0
diag "$tap_out"

cat /dev/pipe1 >/tmp/got &
cat=$!
head -c 300000 /dev/urandom >/tmp/sent
ok 'a file is written to it' sh -c 'cat /tmp/sent >/dev/pipe1'
status=0
wait $cat || status=$?
is 'the reader reads up to the end' $status 0
ok 'the file arrives unchanged' cmp /tmp/sent /tmp/got
(exec 3</dev/pipe1) &
opener=$!
await 10 grep -q wait_woken /proc/$opener/stack || :
fails 'an open that waits keeps the module' 'in use' rmmod pipe
kill $opener
status=0
wait $opener || status=$?
is 'a signal ends an open that waits' $status 143
ok 'the module goes' rmmod pipe
is 'and leaves nothing' "$(ls -d /dev/pipe? /sys/class/pipe 2>/dev/null)" ''
