#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# An unloaded module leaves nothing behind, and a module that is in use is not unloaded.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 20

in_use() { # WHAT MODULE
	fails "rmmod $2 is refused $1" "Module $2 is in use" rmmod "$2"
	ok "$2 still works $1" sh -c 'cat /dev/hello1 && echo again >/dev/hello1'
}

modprobe hello_log
like 'traces in /sys/class are seen' "$(traces)" '^/sys/class/hello_log$'
like 'traces in /sys/dev/char are seen' "$(traces)" '/hello/hello0.$'
like 'traces in /proc/devices are seen' "$(traces)" '^/proc/devices:[0-9]+ hello$'
fails 'rmmod hello is refused below hello_log' 'Module hello is in use by: hello_log' \
	rmmod hello
ok 'hello_log unloads first' rmmod hello_log
unlike 'hello_log leaves no trace' "$(traces)" hello_log

exec 3</dev/hello0
in_use 'while a device is open for reading' hello
like 'lsmod counts the open file' "$(lsmod)" '^hello +[0-9]+ +[1-9][0-9]*$'
exec 3<&-
exec 3>/dev/hello3
in_use 'while a device is open for writing' hello
exec 3>&-
modprobe hello_log
cat /dev/hello_log >/tmp/log &
reader=$!
ok 'a reader waits' await 10 opened "$reader" /dev/hello_log
in_use 'while somebody reads it' hello_log
kill "$reader"
wait "$reader" 2>/dev/null
is 'the reader ends, by the signal' $? 143
ok 'modprobe -r unloads both' modprobe -r hello_log
is 'nothing is left of either' "$(traces)" ''
ok 'both can be loaded again' modprobe hello_log
is 'a device has its greeting again' "$(cat /dev/hello1)" 'Hello, world!'
modprobe -r hello_log
like 'the log has Goodbye' "$(dmesg | tail -n 4)" 'hello: Goodbye'
