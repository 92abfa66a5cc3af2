#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# limit: 240
# Devices that are registered at run time, and in a module's init, which may then fail.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 38

module=/lib/test-modules/dynamic.ko
sysfs=/sys/class/dynamic

exists() {
	[ -e "$1" ]
}

nodes() {
	(cd /dev && echo dynamic*)
}


# One of the numbers for local use, which no driver has.
mknod /tmp/door c 120 0
insmod $module major=120 wait=1 &
insmod=$!
await 10 exists $sysfs/dynamic1/proceed || :
like 'init is running' "$(cat /sys/module/dynamic/initstate)" coming
fails 'a device cannot be opened before init has succeeded' 'No such device or address' \
	sh -c ': </dev/dynamic0'
fails 'nor by another node' 'No such device or address' sh -c ': </tmp/door'
like 'its uevent file has its variables' "$(tr '\n' ' ' <$sysfs/dynamic0/uevent)" \
	'MAJOR=120 MINOR=0 DEVNAME=dynamic0'
ok 'a uevent can be triggered' sh -c "echo add >$sysfs/dynamic0/uevent"
is 'the node has its mode' "$(stat -c %a /dev/dynamic0)" 666
cat $sysfs/dynamic0/proceed >/dev/null
status=0
wait $insmod || status=$?
is 'init succeeds' $status 0
ok 'the device can be opened' sh -c ': </dev/dynamic0'
ok 'also by the node that failed before' sh -c ': </tmp/door'

like 'the first device has no parent' "$(readlink -f $sysfs/dynamic0)" '/devices/virtual/dynamic/dynamic0$'
like 'the other lies below the faux device' "$(readlink -f $sysfs/dynamic1)" \
	'/devices/faux/dynamic/dynamic/dynamic1$'
ok 'a device is added' sh -c 'echo add >/dev/dynamic0'
is 'with the next minor' "$(nodes)" 'dynamic0 dynamic1 dynamic2'
exec 3</dev/dynamic2
ok 'it is removed while it is open' sh -c 'echo remove >/dev/dynamic0'
is 'and its node' "$(nodes)" 'dynamic0 dynamic1'
is 'poll says so' "$(poll-events <&3)" 'hup '
ok 'its minor is used again' sh -c 'echo add >/dev/dynamic0'
ok 'the new device can be opened' sh -c ': </dev/dynamic2'
fails 'the removed one cannot' 'No such device or address' sh -c ': </proc/self/fd/3'
fails 'it keeps the module' 'in use' rmmod dynamic
exec 3<&-
fails 'a wrong command is refused' 'I/O error' sh -c 'echo wrong >/dev/dynamic0'
like 'and the message names the device' "$(dmesg | tail -n 1)" 'dynamic dynamic0: not a command'
for _ in 1 2 3 4 5 6 7 8; do
	echo add >/dev/dynamic0
done
if [ -e /sys/kernel/debug/kmemleak ]; then
	skip 'a registration is leaked' 'kmemleak would report it'
else
	ok 'a registration is leaked' sh -c 'echo leak >/dev/dynamic0'
fi
ok 'the module is unloaded nevertheless' rmmod dynamic
is 'and none of its devices is left' "$(ls -d /dev/dynamic* $sysfs /sys/devices/faux/dynamic 2>/dev/null)" ''

# The numbers of the leaked device stay taken (see `Region`), so from here on another major is used.
mknod /tmp/other c 121 0
ln -sf other /tmp/door
fails 'an init that fails' 'No such device' insmod $module major=121 fail=1
is 'leaves nothing' "$(ls -d /dev/dynamic* $sysfs 2>/dev/null)$(grep -c '^121 ' /proc/devices)" 0

hammer 2 /tmp/door &
hammer=$!
failed=0
for _ in $(seq 20); do
	insmod $module major=121 wait=1 fail=1 2>/dev/null &
	insmod=$!
	await 10 exists $sysfs/dynamic1/proceed || :
	# The device may be removed before it is read to the end.
	cat $sysfs/dynamic0/proceed >/dev/null 2>&1 || :
	wait $insmod || failed=$((failed + 1))
done
is 'an init fails 20 times while its device is being opened' $failed 20
loaded=0
for _ in $(seq 20); do
	insmod $module major=121 && loaded=$((loaded + 1))
	until rmmod dynamic 2>/dev/null; do
		:
	done
done
is 'and 20 times it succeeds' $loaded 20
kill $hammer
wait $hammer || :

# Minor 0 is the first one that init registers.
hammer 3 /tmp/door &
hammer=$!
ok 'an init that removes devices while they are being opened' insmod $module major=121 "rounds=$(scaled 300)"
kill $hammer
wait $hammer || :
is 'leaves no reference to the module' "$(awk '$1 == "dynamic" { print $3 }' /proc/modules)" 0
ok 'and the module is unloaded' rmmod dynamic

insmod /lib/test-modules/reuse.ko
cat /sys/class/reuse/reuse0/hold >/tmp/hold &
cat=$!
await 10 grep -q '^State:.*sleeping' /proc/$cat/status
ok 'a module is unloaded that has a registration in a static' rmmod reuse
wait $cat || :
is 'a minor is taken until the removal of its device has ended' "$(cat /tmp/hold)" -16
ok 'the module loads after all that' insmod $module major=121
ok 'and works' sh -c 'echo add >/dev/dynamic0'
ok 'and is unloaded' rmmod dynamic
is 'nothing is left' "$(ls -d /dev/dynamic* $sysfs 2>/dev/null)$(traces)" ''
