#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The chrdev crate, through two drivers: retract, which drops its registrations while its devices are open, and
# everything.

set -eu
# shellcheck source=tests/lib/tap.sh
. /tests/lib/tap.sh
# shellcheck source=tests/lib/hello.sh
. /tests/lib/hello.sh

extra=/lib/test-modules

waits() { # PID: it sleeps in the driver's wait queue
	grep -q '^State:.*sleeping' "/proc/$1/status"
}

plan 19

modprobe hello
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
is 'the class is empty' "$(ls /sys/class/retract)" ''
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
