#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A driver that misuses chrdev as far as safe Rust lets it.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan 2

sysfs=/sys/class/hostile

insmod /lib/test-modules/hostile.ko
if [ -e /sys/kernel/debug/kmemleak ]; then
	skip 'an attribute that replaces its text' 'kmemleak would report the buffer'
else
	is 'an attribute that replaces its text cannot exceed a page' "$(wc -c <$sysfs/hostile0/replace)" 4095
fi
ok 'the module is unloaded' rmmod hostile
