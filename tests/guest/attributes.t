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

is 'their modes' "$(stat -c '%a %n' level name step)" "$(printf '%s\n' '644 level' '660 name' '200 step')"
ok 'one is invisible' test ! -e extra
is 'which the other device has' "$(cat ../attributes1/extra)" yes
ok 'a number is written' write level 7
is 'and read' "$(cat level)" 7
is 'of this device alone' "$(cat ../attributes1/level)" 0
ok 'with a newline' sh -c 'echo 8 >level'
is 'which is no part of it' "$(cat level)" 8
fails 'with two' 'Invalid argument' sh -c "printf '8\n\n' | dd of=level"
fails 'what is no number' 'Invalid argument' write level seven
ok 'a number in another base' write level 0x1f
is 'which is the number' "$(cat level)" 31
fails 'a number that is too large for all' 'Numerical result|out of range|representable' write level 9223372036854775808
fails 'a number with too many digits' 'Invalid argument' write level "$(printf '%064d' 1)"
fails 'a number with a zero byte' 'Invalid argument' sh -c "printf '1\\000' | dd of=level"
write level 8
fails 'what is out of range' 'out of range|representable' write level 101
is 'changes nothing' "$(cat level)" 8
ok 'nothing is written' write level ''
is 'which changes nothing' "$(cat level)" 8
ok 'one that can only be written' write step -3
is 'does what it does' "$(cat level)" 5
fails 'it cannot be read' 'Permission denied' cat step
fails 'nor one written that can only be read' 'Permission denied' write ../attributes1/extra 1
fails 'an error of a read' 'No such device or address' cat name
ok 'text is written' write name 'größer'
is 'and read as it is' "$(cat name)" 'größer'
fails 'what is not UTF-8' 'Invalid argument' write name "$(printf 'a\377')"
ok 'as much as a page' write name "$(head -c 4096 /dev/zero | tr '\0' x)"
is 'is cut when it is read' "$(wc -c <name)" 4095
exec 3>name
ok 'the module goes while one is open' rmmod attributes
fails 'which cannot be written any more' 'No such device' sh -c 'echo 1 | dd >&3'
is 'and leaves nothing' "$(ls -d /dev/attributes* /sys/class/attributes 2>/dev/null)" ''
