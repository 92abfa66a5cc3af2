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

plan 20

modprobe hello
ok 'retract loads' insmod $extra/retract.ko
mknod /tmp/door c "$(major retract)" 0
exec 3<>/dev/retract0 4<>/dev/retract1
is 'poll reports nothing' "$(poll-events <&3)" ''
cat <&3 >/tmp/sleeper &
sleeper=$!
await 10 waits "$sleeper"
ok 'the device can be opened by another node' sh -c ': </tmp/door'

echo retract >&4
await 10 ended "$sleeper" || :
ok 'the sleeping reader was woken' ended "$sleeper"
is 'the woken reader has read the end of the file' "$(cat /tmp/sleeper)" ''
is 'poll reports a hangup' "$(poll-events <&3)" 'hup '
is 'the nodes were removed' "$(ls /dev/retract* 2>/dev/null)" ''
is 'the class is empty' "$(ls /sys/class/retract)" ''
is 'the major number was released' "$(major retract)" ''
fails 'the node of an open file cannot be opened again' 'No such device or address' \
	sh -c ': </proc/self/fd/3'
fails 'another node of the device cannot be opened' 'No such device or address' \
	sh -c ': </tmp/door'

ok 'the open file can still be written' sh -c 'echo go >&3'
is 'the open file can still be read' "$(head -n 1 <&3)" 0
is 'the open file can still be polled' "$(poll-events <&3)" 'in hup '
fails 'the open file keeps retract loaded' 'in use' rmmod retract
exec 3>&- 4>&-
ok 'retract unloads when the file is closed' rmmod retract

insmod $extra/retract.ko
is 'the removal signals a hangup to a file that asked for SIGIO' "$(sigio /dev/retract0 retract)" 'in out hup '
rmmod retract

insmod $extra/everything.ko devices=3
ok 'everything passes the checks of 64-bit and 32-bit programs' device-test everything everything@32
diag "$tap_out"
ok 'everything unloads' rmmod everything
modprobe -r hello
is 'nothing is left' "$(traces)" ''
