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
fails 'insmod -f of hello_log of another hello is refused' 'Unknown symbol in module' insmod -f "$modules/hello_log.ko"
is 'that sets the taint' "$(forced)" 1
fails 'modprobe -f of it is refused' 'Unknown symbol in module' modprobe -f hello_log
fails 'a module in C of another hello' 'Invalid parameters' insmod -f $tests/hello_c.ko
like 'without versions, its namespace is still checked' "$(dmesg | grep hello_c)" \
	' hello_c: module uses symbol \(hello_[a-z]+\) from namespace HELLO_[0-9a-f]+, but does not import it'
fails 'one that imports no namespace' 'Invalid parameters' insmod -f $tests/no_namespace.ko
fails 'one that imports another' 'Invalid parameters' insmod -f $tests/stale_namespace.ko
fails 'one that needs a symbol that does not exist' 'Unknown symbol in module' insmod -f $tests/missing.ko
like 'none of them is loaded' "$(lsmod | sed 1d)" '^hello +[0-9]+ +0$'
is 'none has posted' "$(cat /dev/hello0)" 'Hello, world!'
rmmod hello
ok 'the right pair can be forced' modprobe -f hello_log
fails 'rmmod -f of the lower module is refused' 'could not remove module hello: Resource temporarily unavailable' rmmod -f hello
like 'the lower module is still held' "$(lsmod)" '^hello +[0-9]+ +1 hello_log$'
