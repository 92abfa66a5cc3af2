#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A platform driver whose probe registers devices.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 30

modules=/lib/test-modules
driver=/sys/bus/platform/drivers/probed
platform=/sys/devices/platform

# Prints what exists of the devices.
remains() {
	(cd /dev && ls -d probed* 2>/dev/null)
	ls -d /sys/class/probed $driver $platform/probed.* 2>/dev/null
	grep probed /proc/devices
}

nodes() {
	(cd /dev && echo probed*)
}

ok 'the driver loads without a device' insmod $modules/probed.ko
is 'and has no node' "$(nodes)" 'probed*'
ok 'two platform devices are added' insmod $modules/probed_device.ko
is 'they are bound' "$(cd $driver && echo probed.*)" 'probed.0 probed.1'
is 'each has a node' "$(nodes)" 'probed0 probed1'
is 'with its minor' "$(stat -c '%t:%T' /dev/probed1)" "$(printf '%x:1' "$(major probed)")"
is 'the device lies below the platform device' "$(readlink -f /sys/class/probed/probed0/device)" $platform/probed.0
is 'and so does its directory' "$(readlink -f /sys/class/probed/probed1)" $platform/probed.1/probed/probed1
is 'it can be read' "$(cat /dev/probed0)" 'Hello, platform'

exec 3</dev/probed0
ok 'a platform device is unbound while its node is open' sh -c "echo probed.0 >$driver/unbind"
is 'its node is removed, the other stays' "$(nodes)" probed1
ok 'and its directory' test ! -e $platform/probed.0/probed
fails 'the open file returns the error of the driver' 'No such device$' cat <&3
fails 'it cannot be opened again' 'No such device or address' sh -c ': </proc/self/fd/3'
is 'the other device works' "$(cat /dev/probed1)" 'Hello, platform'
ok 'the platform device is bound again' sh -c "echo probed.0 >$driver/bind"
is 'the new device has the free minor' "$(nodes)" 'probed0 probed1'
is 'and can be read' "$(cat /dev/probed0)" 'Hello, platform'
fails 'the open file still belongs to the old device' 'No such device$' cat <&3
ok 'the platform devices are removed while a file is open' rmmod probed_device
is 'no node is left' "$(nodes)" 'probed*'
fails 'the open file keeps the driver' 'in use' rmmod probed
exec 3<&-
ok 'the driver is unloaded after its devices' rmmod probed
is 'nothing is left' "$(remains)" ''

insmod $modules/probed_device.ko
ok 'the driver finds devices while it is loaded' insmod $modules/probed.ko
is 'they work' "$(cat /dev/probed0 /dev/probed1)" "$(printf '%s\n' 'Hello, platform' 'Hello, platform')"
ok 'the driver is unloaded before its devices' rmmod probed
is 'it leaves the platform devices only' "$(remains)" "$(printf '%s\n' $platform/probed.0 $platform/probed.1)"
ok 'the devices are removed' rmmod probed_device
is 'nothing is left after that' "$(remains)" ''
