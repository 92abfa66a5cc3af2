#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# taints: proprietary
# A module with a proprietary licence can use only symbols that are exported to all.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 9

tests=/lib/test-modules

proprietary() {
	echo $(($(cat /proc/sys/kernel/tainted) & 1))
}

insmod "$modules/hello.ko"
is 'hello does not taint as proprietary' "$(proprietary)" 0
fails 'a GPL-only symbol is refused to it' 'Unknown symbol in module' insmod $tests/proprietary.ko
like 'the log names the symbol' "$(dmesg | grep proprietary)" 'proprietary: Unknown symbol hello_post \(err -2\)$'
unlike 'the refused module has not run' "$(cat /dev/hello0)" text
ok 'a symbol that is exported to all is not refused' insmod $tests/proprietary_all.ko
like 'the module works' "$(dmesg | grep proprietary)" 'proprietary_all: 4 devices$'
like 'the log says that such a licence taints' "$(dmesg | grep proprietary)" "proprietary: module license 'Proprietary' taints kernel"
like 'the kernel and the module are tainted' "$(proprietary) $(cat /sys/module/proprietary_all/taint)" '^1 PO'
fails 'hello is in use by it' 'in use by: proprietary_all$' rmmod hello
