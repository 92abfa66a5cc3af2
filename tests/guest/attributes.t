#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A driver whose attributes can be written.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan 32

insmod /lib/test-modules/attributes.ko
cd /sys/class/attributes/attributes0 || exit

# write FILE TEXT: in one call.
write() {
	printf %s "$2" | dd of="$1" bs=64k 2>&1
}

is 'attributes have their modes' "$(stat -c '%a %n' level name step)" "$(printf '%s\n' '644 level' '660 name' '200 step')"
ok 'an invisible attribute does not exist' test ! -e extra
is 'the other device has the attribute' "$(cat ../attributes1/extra)" yes
ok 'a number can be written' write level 7
is 'the number can be read' "$(cat level)" 7
is 'the other device keeps its own number' "$(cat ../attributes1/level)" 0
ok 'a number with a newline can be written' sh -c 'echo 8 >level'
is 'the newline is stripped' "$(cat level)" 8
fails 'a number with two newlines is refused' 'Invalid argument' sh -c "printf '8\n\n' | dd of=level"
fails 'text that is not a number is refused' 'Invalid argument' write level seven
ok 'a hexadecimal number can be written' write level 0x1f
is 'a hexadecimal number has its value' "$(cat level)" 31
fails 'a number beyond i64 is refused' 'Numerical result|out of range|representable' write level 9223372036854775808
fails 'a number with too many digits is refused' 'Invalid argument' write level "$(printf '%064d' 1)"
fails 'a number with a zero byte is refused' 'Invalid argument' sh -c "printf '1\\000' | dd of=level"
write level 8
fails 'a number out of range is refused' 'out of range|representable' write level 101
is 'a refused number changes nothing' "$(cat level)" 8
ok 'a write of no bytes succeeds' write level ''
is 'a write of no bytes changes nothing' "$(cat level)" 8
ok 'a write-only attribute can be written' write step -3
is 'the write takes effect' "$(cat level)" 5
fails 'a write-only attribute cannot be read' 'Permission denied' cat step
fails 'a read-only attribute cannot be written' 'Permission denied' write ../attributes1/extra 1
fails 'read returns the error of show' 'No such device or address' cat name
ok 'text can be written' write name 'größer'
is 'text is read back unchanged' "$(cat name)" 'größer'
fails 'text that is not UTF-8 is refused' 'Invalid argument' write name "$(printf 'a\377')"
ok 'a page of text can be written' write name "$(head -c 4096 /dev/zero | tr '\0' x)"
is 'a page of text is truncated when it is read' "$(wc -c <name)" 4095
exec 3>name
ok 'the module unloads while an attribute is open' rmmod attributes
fails 'the open attribute can no longer be written' 'No such device' sh -c 'echo 1 | dd >&3'
is 'no device and no class is left' "$(ls -d /dev/attributes* /sys/class/attributes 2>/dev/null)" ''
