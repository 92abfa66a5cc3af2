#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The disk as its users see it.

# shellcheck source=/dev/null
. "${0%/*}/../lib/tap.sh"
plan 6

ok 'it loads' modprobe @NAME@
is 'it has 2048 sectors' "$(cat /sys/block/@NAME@0/size)" 2048
yes hello | head -c 8192 >/tmp/data
ok 'it can be written' dd if=/tmp/data of=/dev/@NAME@0 bs=4096 seek=3 conv=fsync
echo 3 >/proc/sys/vm/drop_caches
ok 'what was written can be read' sh -c 'dd if=/dev/@NAME@0 bs=4096 skip=3 count=2 2>/dev/null | cmp - /tmp/data'
exec 3</dev/@NAME@0
fails 'it cannot be unloaded while it is open' 'in use' rmmod @NAME@
exec 3<&-
ok 'it unloads' rmmod @NAME@
