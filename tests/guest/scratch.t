#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A driver whose file is a buffer of 16 bytes.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan 13

insmod /lib/test-modules/scratch.ko
is 'it is as large as its buffer' "$(wc -c </dev/scratch)" 16
is 'it contains what the driver put there' "$(cat /dev/scratch)" '                '
ok 'a write at the start' sh -c 'printf 01234 >/dev/scratch'
is 'a write at the start leaves the rest' "$(cat /dev/scratch)" '01234           '
fails 'a write that is too long fails at the end' 'No space left' \
	sh -c 'printf abcdefgh | dd of=/dev/scratch bs=8 oflag=seek_bytes seek=12'
is 'that write fills the buffer up to the end' "$(cat /dev/scratch)" '01234       abcd'
fails 'at the end there is no room' 'No space left' \
	sh -c 'printf z | dd of=/dev/scratch bs=1 oflag=seek_bytes seek=16'
is 'a part' "$(dd if=/dev/scratch bs=1 skip=3 count=2 2>/dev/null)" 34
is 'reads follow one another' "$(dd if=/dev/scratch bs=5 2>/dev/null)" '01234       abcd'
is 'a read that is too long' "$(dd if=/dev/scratch bs=32 count=1 2>/dev/null)" '01234       abcd'
is 'a read at the end' "$(dd if=/dev/scratch bs=16 skip=1 2>/dev/null)" ''
ok 'bad addresses' device-test scratch
ok 'scratch unloads' rmmod scratch
