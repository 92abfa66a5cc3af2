#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# taints: forced
# Forcing a module makes the loader ignore versions, but not names and namespaces.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 14

tests=/lib/test-modules

forced() {
	echo $(($(cat /proc/sys/kernel/tainted) >> 1 & 1))
}

insmod $tests/hello_changed.ko
is 'nothing is forced yet' "$(forced)" 0
fails 'hello_log of another hello' 'Unknown symbol in module' insmod -f "$modules/hello_log.ko"
is 'was forced' "$(forced)" 1
fails 'with modprobe too' 'Unknown symbol in module' modprobe -f hello_log
fails 'a module in C of another hello' 'Invalid parameters' insmod -f $tests/hello_c.ko
like 'has no versions then, but its namespace' "$(dmesg | grep hello_c)" \
	' hello_c: module uses symbol \(hello_[a-z]+\) from namespace HELLO_[0-9a-f]+, but does not import it'
fails 'one that imports no namespace' 'Invalid parameters' insmod -f $tests/no_namespace.ko
fails 'one that imports another' 'Invalid parameters' insmod -f $tests/stale_namespace.ko
fails 'one that wants what is not there' 'Unknown symbol in module' insmod -f $tests/missing.ko
like 'none of them is loaded' "$(lsmod | sed 1d)" '^hello +[0-9]+ +0$'
is 'none has posted' "$(cat /dev/hello0)" 'Hello, world!'
rmmod hello
ok 'the right pair can be forced' modprobe -f hello_log
fails 'and its lower one not out' 'could not remove module hello: Resource temporarily unavailable' rmmod -f hello
like 'it is held as before' "$(lsmod)" '^hello +[0-9]+ +1 hello_log$'
