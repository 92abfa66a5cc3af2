#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Ordinary programs on the devices: busybox's and GNU's, which use different system calls.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 66

device=/dev/hello0

# Prints the contents of the device and a dot, so that no newline is lost.
text() {
	cat "$device"
	echo .
}

holds() { # NAME TEXT
	is "$1" "$(text)" "$2."
}

# The same with busybox's programs and with GNU's, which have a prefix.
programs_of() { # WHOSE PREFIX
	printf 'one\ntwo\nthree\n' >"$device"
	is "$1: cat" "$("$2cat" "$device")" "one
two
three"
	is "$1: head -n" "$("$2head" -n 1 "$device")" one
	is "$1: head -c" "$("$2head" -c 5 "$device")" "one
t"
	is "$1: tail -n" "$("$2tail" -n 1 "$device")" three
	is "$1: tail -c" "$("$2tail" -c 4 "$device")" ree
	is "$1: tail -c +N" "$("$2tail" -c +9 "$device")" three
	is "$1: od" "$("$2od" -An -tx1 -j 4 -N 3 "$device" | tr -d ' ')" 74776f
	ok "$1: cmp of a device and a file" sh -c "cat $device >/tmp/copy && $2cmp $device /tmp/copy"
	fails "$1: cmp of two devices" 'differ: (char|byte) 1, line 1$' "$2cmp" "$device" /dev/hello1
	is "$1: stat" "$("$2stat" -c '%F %s' "$device")" 'character special file 0'

	"$2dd" if=/dev/zero bs=10 count=2 2>/dev/null | tr '\0' x >"$device"
	holds "$1: a pipe" xxxxxxxxxxxxxxxxxxxx
	printf abc | "$2dd" of="$device" bs=1 seek=5 conv=notrunc 2>/dev/null
	holds "$1: dd seek" xxxxxabcxxxxxxxxxxxx
	is "$1: dd skip" "$("$2dd" if="$device" bs=1 skip=4 count=5 2>/dev/null)" xabcx
	is "$1: dd skip, in blocks" "$("$2dd" if="$device" bs=3 skip=1 count=1 2>/dev/null)" xxa
	is "$1: dd skip beyond the end" "$("$2dd" if="$device" bs=100 skip=5 2>/dev/null)" ''
	printf new | "$2dd" of="$device" 2>/dev/null
	holds "$1: dd without conv=notrunc" new
	printf gap | "$2dd" of="$device" bs=1 seek=6 conv=notrunc 2>/dev/null
	is "$1: dd leaves a gap" "$(tr '\0' _ <"$device")" new___gap
	printf two | "$2tee" /dev/hello1 /dev/hello2 >"$device"
	is "$1: tee" "$(cat "$device" /dev/hello1 /dev/hello2)" twotwotwo
	echo three | "$2tee" -a "$device" >/dev/null
	holds "$1: tee -a" "twothree
"
	yes | "$2dd" of="$device" bs=1000 count=100 iflag=fullblock 2>/tmp/dd
	like "$1: dd of more than fits" "$(cat /tmp/dd)" 'No space left on device$'
	is "$1: and it is full" "$("$2cat" "$device" | wc -c)" 65536
	fails "$1: cat at the end of it" 'No space left on device' \
		sh -c "echo x | $2cat >>$device"
}

modprobe hello
programs_of busybox ''
programs_of GNU gnu-

printf 'a line\n' >"$device"
echo another >>"$device"
holds '>> appends' "a line
another
"
exec 3<>"$device"
read -r line <&3
is 'a shell reads a line of <>' "$line" 'a line'
echo X >&3
exec 3>&-
holds 'and writes behind it' "a line
X
other
"
{ read -r first; read -r second; } <"$device"
is 'a line is read byte by byte, no more' "$first, $second" 'a line, X'
{ gnu-head -n 1 >/dev/null; read -r second; } <"$device"
is 'head gives back what it read too much' "$second" X
is 'wc -l' "$(wc -l <"$device")" 3

fails 'echo to a full device' 'I/O error$' \
	sh -c "head -c 65536 /dev/zero >$device; echo x >>$device"
cp /tmp/copy "$device"
ok 'cp to a device' cmp /tmp/copy "$device"
cp "$device" /tmp/back
ok 'and back' cmp /tmp/copy /tmp/back
cp "$device" /dev/hello3
ok 'from one to another' cmp /tmp/copy /dev/hello3
gnu-cat "$device" >/tmp/back
ok 'cat, which copies within the kernel where it can' cmp /tmp/copy /tmp/back
is 'find -type c' "$(cd /dev && find . -maxdepth 1 -type c -name 'hello*' | sort | tr '\n' ' ')" \
	'./hello0 ./hello1 ./hello2 ./hello3 '
is 'ls -l shows major and minor' \
	"$(find /dev/hello2 -printf '%y %m %u')" 'c 600 root'
is 'sort' "$(sort -r "$device" | head -n 1)" two
is 'sed' "$(sed -n 2p "$device")" two
is 'grep -c' "$(grep -c t "$device")" 2
is 'awk' "$(awk '{ n += length($1) } END { print n }' "$device")" 11
is 'md5sum' "$(md5sum <"$device")" "$(md5sum </tmp/copy)"
sort "$device" >/tmp/sorted && cat /tmp/sorted >"$device"
holds 'the device sorted, by way of a file' "one
three
two
"
: >"$device"
holds ': > empties it' ''

# A pipe that returns its input, in place of a network.
mkfifo /tmp/pipe
printf 'there and back' >"$device"
nc -f /tmp/pipe <"$device" >/dev/hello1 &
ok 'nc reads, and writes what comes back' await 10 cmp -s "$device" /dev/hello1
is 'the text' "$(cat /dev/hello1)" 'there and back'
kill $!
