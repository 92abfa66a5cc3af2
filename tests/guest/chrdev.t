#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The chrdev crate, by way of drivers of its own: tally, the example, retract,
# which drops its registration while its devices are open, and everything.

set -eu
# shellcheck source=tests/lib/tap.sh
. /tests/lib/tap.sh
# shellcheck source=tests/lib/hello.sh
. /tests/lib/hello.sh

extra=/lib/test-modules

waits() { # PID: it sleeps in the driver's wait queue
	grep -q '^State:.*sleeping' "/proc/$1/status"
}

ended() { # PID
	! kill -0 "$1" 2>/dev/null
}

plan 27

modprobe hello
ok 'the example loads' insmod $extra/tally.ko
is 'its nodes' "$(stat -c '%n %a %t:%T' /dev/tally?)" \
	"$(printf '/dev/tally%d 600 %x:%d\n' 0 "$(major tally)" 0 1 "$(major tally)" 1)"
printf 12345 >/dev/tally1
printf 678 >/dev/tally1
is 'it counts' "$(cat /dev/tally1)" 8
is 'each device for itself' "$(cat /dev/tally0)" 0
is 'a short read' "$(dd if=/dev/tally1 bs=1 count=1 2>/dev/null)" 8
fails 'no ioctl' 'ioctl|tty' sh -c 'stty -a </dev/tally0'
ok 'it goes' rmmod tally
is 'and leaves nothing' "$(ls -d /dev/tally* /sys/class/tally 2>/dev/null)" ''

ok 'retract loads' insmod $extra/retract.ko
mknod /tmp/door c "$(major retract)" 0
exec 3<>/dev/retract0 4<>/dev/retract1
is 'nothing to poll' "$(poll-events <&3)" ''
cat <&3 >/tmp/sleeper &
sleeper=$!
await 10 waits "$sleeper"
ok 'open by another node' sh -c ': </tmp/door'

echo retract >&4
await 10 ended "$sleeper" || :
ok 'who slept was woken' ended "$sleeper"
is 'with the end of the file' "$(cat /tmp/sleeper)" ''
is 'poll says so' "$(poll-events <&3)" 'hup '
is 'the nodes are gone' "$(ls /dev/retract* 2>/dev/null)" ''
is 'so is the class' "$(ls -d /sys/class/retract 2>/dev/null)" ''
is 'and the major' "$(major retract)" ''
fails 'a node that was open before' 'No such device or address' \
	sh -c ': </proc/self/fd/3'
fails 'another that leads to the same' 'No such device or address' \
	sh -c ': </tmp/door'

ok 'the open file goes on: write' sh -c 'echo go >&3'
is 'and read' "$(head -n 1 <&3)" 0
is 'and poll' "$(poll-events <&3)" 'in hup '
fails 'it keeps the module' 'in use' rmmod retract
exec 3>&- 4>&-
ok 'until it is closed' rmmod retract

insmod $extra/everything.ko devices=3
ok 'what else there is, from programs of 64 and 32 bits' device-test everything everything@32
diag "$tap_out"
ok 'and its driver goes, too' rmmod everything
modprobe -r hello
is 'nothing is left' "$(traces)" ''
