#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: kobject
# limit: 100
# The devices of leaked registrations are removed with their module, and what the kernel frees late of them calls no
# code of it.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 8

sysfs=/sys/class/dynamic

for round in 1 2; do
	ok "round $round: it loads" insmod /lib/test-modules/dynamic.ko
	for _ in 1 2 3 4 5 6 7 8; do
		echo add >/dev/dynamic0
		echo leak >/dev/dynamic0
	done
	exec 3<$sysfs/dynamic9/uevent
	ok 'it goes, with 8 leaked registrations' rmmod dynamic
	fails 'a file in sysfs of such a device cannot be read' 'No such device' cat <&3
	exec 3<&-
	is 'nothing is left' "$(ls -d /dev/dynamic* $sysfs /sys/devices/faux/dynamic 2>/dev/null)" ''
done
