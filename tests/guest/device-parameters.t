#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The parameters of both modules: limits, error messages, and memory use.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 66

out_of_range() { # MODULE PARAMETER VALUE FIRST LAST
	module=$modules/$1.ko there=$(traces) lines=$(dmesg | wc -l)
	fails "$1 $2=$3 is refused" 'Invalid parameters$' insmod "$module" "$2=$3"
	is "$1 $2=$3: the log says why, in a line" \
		"$(dmesg | tail -n +$((lines + 1)) | sed -n 's/^\[[^]]*\] \(.*parameter\)/\1/p')" \
		"$1: parameter $2: $3 is out of range, $4 to $5"
	is "$1 $2=$3 leaves nothing" "$(traces)" "$there"
}

available() {
	awk '/^MemAvailable:/ { print $2 }' /proc/meminfo
}

refused_major() {
	fails "major=$1 is refused" 'Device or resource busy$' insmod "$modules/hello.ko" "major=$1"
	is "major=$1 leaves nothing" "$(traces)" ''
}

for value in 0 16777217 -5 4294967297; do
	out_of_range hello capacity "$value" 1 16777216
done
for value in -1 512 4294967296; do
	out_of_range hello major "$value" 0 511
done
fails 'capacity=much is refused' 'Invalid parameters$' insmod "$modules/hello.ko" capacity=much
is 'capacity=much leaves nothing' "$(traces)" ''
# The major numbers of mem, tty and misc.
refused_major 1
refused_major 5
refused_major 10

for value in 120 511; do
	ok "major=$value is taken" insmod "$modules/hello.ko" "major=$value"
	is 'the major number is in /proc/devices' "$(major hello)" "$value"
	is 'the devices have the major number' "$(stat -c %t:%T /dev/hello3)" "$(printf '%x:3' "$value")"
	is 'the devices work' "$(cat /dev/hello3)" 'Hello, world!'
	ok 'hello unloads' rmmod hello
done

ok 'capacity=1 is taken' insmod "$modules/hello.ko" capacity=1
is 'a device of one byte holds a byte of the greeting' "$(cat /dev/hello0)" H
is 'sysfs shows a capacity of 1' "$(cat /sys/class/hello/hello0/capacity)" 1
fails 'a longer write fails' 'No space left on device' dd if=/proc/version of=/dev/hello0 bs=2 count=2
is 'the device still holds one byte' "$(wc -c </dev/hello0)" 1
rmmod hello

modprobe hello
modprobe -r hello
before=$(available)
ok '256 devices of 16 MiB, 4 GiB in all, are taken' \
	insmod "$modules/hello.ko" devices=256 capacity=16777216
cost=$((before - $(available)))
ok "empty devices cost little: $cost KiB" [ "$cost" -lt 16384 ]
ok 'a whole device can be written' \
	dd if=/dev/zero of=/dev/hello255 bs=65536 count=256
is 'a full device has the size of what was written' "$(cat /sys/class/hello/hello255/size)" 16777216
cost=$((before - $(available)))
ok "a full device costs its size: $cost KiB" [ "$cost" -ge 16000 ]
insmod "$modules/hello_log.ko"
exec 3</dev/hello_log
echo message >/dev/hello254
is 'the log names a device with three digits' "$(head -n 1 <&3)" 'hello254: message'
exec 3<&-
rmmod hello_log
ok 'hello unloads with 256 devices' rmmod hello
# Freed pages stay in per-CPU lists for a while, so leaks show only after more rounds: leaking all of their pages would
# take 128 MiB.
after=$(available)
for _ in 1 2 3 4 5 6 7 8; do
	insmod "$modules/hello.ko" capacity=16777216
	dd if=/dev/zero of=/dev/hello0 bs=65536 count=256 2>/dev/null
	rmmod hello
done
cost=$((after - $(available)))
ok "the memory of full devices is freed, except $cost KiB" [ "$cost" -lt 65536 ]

modprobe hello
for value in 255 1048577 -1; do
	out_of_range hello_log ring "$value" 256 1048576
done
for value in 256 1048576; do
	ok "ring=$value is taken" insmod "$modules/hello_log.ko" "ring=$value"
	ok 'hello_log unloads' rmmod hello_log
done
is 'hello is not in use by what was refused' "$(awk '$1 == "hello" { print $3 }' /proc/modules)" 0
