#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Which modules are loaded, and which are refused, with what message, and without leaving a trace.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 41

# Makes a copy of a module for another kernel. With MODVERSIONS, the release in vermagic is ignored, so what follows
# it is changed, too.
another_kernel() {
	cp "$modules/hello.ko" "$1"
	set -- "$1" "$(strings -t d "$1" | grep -m 1 vermagic=)"
	at=$(echo "$2" | awk '{ print $1 }')
	rest=${2%%mod_unload*}
	rest=${rest#*vermagic=}
	printf 9 | dd of="$1" bs=1 seek=$((at + 9)) conv=notrunc 2>/dev/null
	printf M | dd of="$1" bs=1 seek=$((at + 9 + ${#rest})) conv=notrunc 2>/dev/null
}

# Prints the lines that the kernel logs while a command runs.
logs() {
	before=$(dmesg | wc -l)
	"$@" >/dev/null 2>&1
	dmesg | tail -n +$((before + 1)) | sed 's/^\[[^]]*\] //'
}

out_of_range() {
	fails "devices=$1 is refused" 'Invalid parameters$' \
		insmod "$modules/hello.ko" "devices=$1"
	is "devices=$1 leaves nothing" "$(traces)" ''
	said=$(logs insmod "$modules/hello.ko" "devices=$1")
	is "devices=$1 is one line in the log" "$(echo "$said" | wc -l)" 1
	like "devices=$1: the log names parameter, value and range" "$said" \
		"^hello: .*devices.*[^0-9-]$1[^0-9].*[^0-9]1[^0-9]+256([^0-9]|\$)"
}

not_a_number() {
	fails "devices=$1 is refused" 'Invalid parameters$' \
		insmod "$modules/hello.ko" "devices=$1"
	is "devices=$1 leaves nothing" "$(traces)" ''
}

counts() {
	ok "devices=$1 is taken" insmod "$modules/hello.ko" "devices=$1"
	is "devices=$1 makes as many devices" "$(find /sys/class/hello/hello* | wc -l)" "$1"
	is "devices=$1: the last device has the last minor" \
		"$(stat -c '%t:%T' "/dev/hello$(($1 - 1))")" \
		"$(printf '%x:%x' "$(major hello)" $(($1 - 1)))"
	rmmod hello
}

like 'insmod is kmod, not busybox' "$(insmod --version)" '^kmod version'
is 'insmod is kmod, whatever runs it' "$({
	env insmod --version
	find / -maxdepth 0 -exec insmod --version ';'
	nice insmod --version
	nohup insmod --version 2>/dev/null
	setsid insmod --version
	taskset 1 insmod --version
	timeout 10 insmod --version
	echo --version | xargs insmod
} | grep -c '^kmod version')" 8
like 'sh is dash' "$(readlink -f /proc/$$/exe)" '/dash$'
is 'nothing is there before' "$(traces)" ''

echo nonsense >/tmp/nonsense.ko
fails 'nonsense is refused' 'Invalid module format$' insmod /tmp/nonsense.ko
head -c 20000 "$modules/hello.ko" >/tmp/half.ko
fails 'half a module is refused' 'Invalid module format$' insmod /tmp/half.ko
another_kernel /tmp/another.ko
fails 'a module for another kernel is refused' 'Invalid module format$' \
	insmod /tmp/another.ko
like 'the log has the versions of the module and of the kernel' "$(dmesg | tail -n 1)" \
	"hello: version magic '9.*Mod_unload.*' should be '[0-9].*mod_unload"
fails 'an unknown parameter is named in the log' 'hello: unknown parameter .nonsense. ignored' \
	sh -c "insmod $modules/hello.ko nonsense=1; rmmod hello; dmesg | tail -n 4; false"

out_of_range 0
out_of_range 257
out_of_range -1
out_of_range 4294967297
not_a_number many
not_a_number ''

counts 1
counts 4
counts 256
ok 'the default is taken' insmod "$modules/hello.ko"
is 'the default is 4 devices' "$(find /sys/class/hello/hello* | wc -l)" 4
fails 'a second load is refused' 'File exists$' insmod "$modules/hello.ko"
