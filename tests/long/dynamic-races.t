#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# limit: 300
# A device is added and removed thousands of times, while it is opened, read and polled, and while rmmod is tried.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 7

rounds=$(scaled 5000)

# Until it is killed. What fails, and what succeeds, depends on when it is called.
again() { # COMMAND...
	while :; do
		"$@" >/dev/null 2>&1 || :
	done
}

poll_device() {
	poll-events </tmp/door
}

unload() {
	rmmod dynamic
}

# Added and removed by one write each, without a new process.
come_and_go() {
	done=0
	while [ $done -lt "$rounds" ] && echo add >&3 && echo remove >&3; do
		done=$((done + 1))
	done
	echo $done
}

ok 'it loads' insmod /lib/test-modules/dynamic.ko
# Of the first device that is added, whether it exists or not.
mknod /tmp/door c "$(major dynamic)" 2
exec 3>/dev/dynamic0
hammer 2 /tmp/door &
busy=$!
for command in 'cat /tmp/door' poll_device unload; do
	# shellcheck disable=SC2086
	again $command &
	busy="$busy $!"
done
is 'a device comes and goes' "$(come_and_go)" "$rounds"
is 'its minor is used again' "$(echo add >&3 && echo /dev/dynamic*)" '/dev/dynamic0 /dev/dynamic1 /dev/dynamic2'
ok 'it can be opened' sh -c ': </tmp/door'
is 'the module has not been unloaded meanwhile' "$(cat /sys/module/dynamic/initstate)" live
# shellcheck disable=SC2086
kill $busy
exec 3>&-
ok 'then it can be unloaded' await 30 rmmod dynamic
is 'nothing is left' "$(ls -d /dev/dynamic* /sys/class/dynamic /sys/devices/faux/dynamic 2>/dev/null)$(grep dynamic /proc/devices)" ''
