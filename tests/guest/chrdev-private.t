#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Each module links its own copy of chrdev: one.ko and two.ko, copies of one project whose crates and types have the
# same names, are loaded beside hello.ko and the modules on top of it, in both orders.
# coverage: none, since the copies have no trace points

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 14

extra=/lib/test-modules

counts() {
	cat /dev/one0 /dev/one1 /dev/two0 /dev/two1 | tr '\n' ' '
}

users() {
	awk '{ print $1, $3 }' /proc/modules | sort | tr '\n' ' '
}

ok 'one loads' insmod $extra/one.ko
ok 'two loads beside it' insmod $extra/two.ko
ok 'hello and hello_log load' modprobe hello_log
ok 'a module stacked on hello loads' insmod $extra/mine.ko
is 'only hello is in use' "$(users)" 'hello 2 hello_log 0 mine 0 one 0 two 0 '
printf 12345 >/dev/one0
printf 123 >/dev/two1
is 'each module counts by itself' "$(counts)" '5 0 0 3 '
ok 'one is unloaded first' rmmod one
is 'two keeps its count' "$(cat /dev/two1)" 3
ok 'one loads again, after two' insmod $extra/one.ko
is 'and counts from 0' "$(counts)" '0 0 0 3 '
ok 'mine is unloaded' rmmod mine
ok 'hello_log and hello are unloaded' modprobe -r hello_log
ok 'one and two are unloaded, in the order of loading' rmmod two one
is 'nothing is left' "$(ls -d /dev/one* /dev/two* /sys/class/one /sys/class/two 2>/dev/null)$(traces)" ''
