#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A driver whose nodes lie in folders and belong to users, and whose uevents have variables.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan 22

module=/lib/test-modules/nodes.ko
sysfs=/sys/class/nodes

ok 'it loads' insmod $module
is 'its nodes are in folders' "$(stat -c '%n %a %u %g' /dev/nodes/*/ctl)" \
	"$(printf '%s\n' '/dev/nodes/0/ctl 640 1000 50' '/dev/nodes/1/ctl 644 1001 50')"
is 'the devices are in sysfs' "$(ls $sysfs)" "$(printf '%s\n' 'nodes!0!ctl' 'nodes!1!ctl')"
ok 'they can be opened' sh -c ': </dev/nodes/1/ctl'
is 'uevents have the variables' "$(grep -v '^M' "$sysfs/nodes!1!ctl/uevent")" "$(printf '%s\n' \
	'DEVNAME=nodes/1/ctl' 'DEVMODE=0644' 'DEVUID=1001' 'DEVGID=50' 'SERIAL=101' 'NODES_2=a b=ä')"
ok 'a uevent can be triggered' sh -c "echo change >'$sysfs/nodes!1!ctl/uevent'"
exec 3<"$sysfs/nodes!0!ctl/uevent"
ok 'nodes unloads while a uevent file is open' rmmod nodes
fails 'the open uevent file can no longer be read' 'No such device' cat <&3
exec 3<&-
is 'no node and no class is left' "$(ls -d /dev/nodes $sysfs 2>/dev/null)" ''

refused() { # NAME PARAMETER
	fails "$1" 'Invalid parameters|Invalid argument' insmod $module "$2"
}

refused 'an invalid owner' user=4294967295
refused 'a mode without permissions' mode=0
refused 'permissions with the set-user-ID bit' mode=2464
refused 'a variable that does not end' variables=1
refused 'a variable with a name in lower case' variables=2
refused 'a variable without a name' variables=3
refused 'a variable without a value' variables=4
refused 'a variable with a zero byte' variables=5
refused 'variables that are too long' variables=6
refused 'too many variables' variables=7
if [ -e /sys/kernel/debug/kmemleak ]; then
	skip 'a text that is not the one to write to' 'kmemleak would report it'
else
	refused 'a text that is not the one to write to' variables=8
fi
is 'the refused loads leave nothing' "$(ls -d /dev/nodes $sysfs 2>/dev/null)" ''
ok 'the module loads after all that' insmod $module
