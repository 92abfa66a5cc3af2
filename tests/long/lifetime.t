#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug kobject
# limit: 100
# What the kernel frees late is neither memory nor code of an unloaded module. The kobject kernel frees every kobject
# late, seconds after rmmod: make test-long KERNEL=kobject T=lifetime

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 12

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
