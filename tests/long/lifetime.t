#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug kobject
# limit: 200
# What the kernel frees late is neither memory nor code of an unloaded module. The kobject kernel frees every kobject
# late, seconds after rmmod: make test-long KERNEL=kobject T=lifetime

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 37

for devices in 1 7 2; do
	ok "devices=$devices" modprobe hello "devices=$devices"
	modprobe hello_log
	exec 3</sys/class/hello/hello0/dev
	# Not opened before: while its release is late, the kernel still takes a cdev from an inode it knows.
	mknod /tmp/node c "$(major hello)" 0
	ok 'both go, a file in sysfs still open' modprobe -r hello_log
	fails 'which answers no more' 'No such device' cat <&3
	exec 3<&-
	fails 'nor does a node with its numbers' 'No such device or address' cat /tmp/node
	rm /tmp/node
done

module=/lib/test-modules/dynamic.ko
sysfs=/sys/class/dynamic

for round in 1 2; do
	fails "dynamic, round $round: an init fails that has registered devices" 'No such device' insmod $module fail=1
	ok 'the next one succeeds' insmod $module
	echo add >/dev/dynamic0
	exec 3</dev/dynamic2 4<$sysfs/dynamic2/uevent
	ok 'a device is removed while it and a file in sysfs are open' sh -c 'echo remove >/dev/dynamic0'
	echo add >/dev/dynamic0
	is 'its name and its minor are used again' "$(cd /dev && echo dynamic*)" 'dynamic0 dynamic1 dynamic2'
	fails 'the removed device cannot be opened' 'No such device or address' sh -c ': </proc/self/fd/3'
	fails 'nor its file in sysfs be read' 'No such device' cat <&4
	# 4 stays open beyond the end of the module, which an open device would keep.
	exec 3<&-
	ok 'the module goes' rmmod dynamic
	fails 'the file in sysfs still cannot be read' 'No such device' cat <&4
	exec 4<&-
done

for round in 1 2 3; do
	insmod /lib/test-modules/attributes.ko
	exec 3</sys/class/attributes/attributes0/level 4>/sys/class/attributes/attributes1/name
	ok "attributes, round $round: it goes, two attributes still open" rmmod attributes
	fails 'which cannot be read' 'No such device' cat <&3
	fails 'nor written' 'No such device' sh -c 'echo 1 | dd >&4'
	exec 3<&- 4<&-
done
