# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Loads and unloads both modules many times: the last round must answer as the
# first, and nothing may pile up. There are about 150 dynamic majors, and a
# round takes two.

# What the kernel holds and cannot give back, in KiB.
kernel_memory() {
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(SUnreclaim|KernelStack|PageTables|VmallocUsed|Percpu):/ { n += $2 } END { print n }' /proc/meminfo
}

# What is in use for whatever, pages that nobody counts included, in KiB. (What can be given back is not.)
used_memory() {
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^MemTotal:/ { n += $2 } /^(MemFree|Buffers|Cached|SReclaimable):/ { n -= $2 } END { print n }' /proc/meminfo
}

# Everything a round shows that has to be the same in each.
answers() {
	modprobe hello_log || return
	cat /dev/hello_log >/tmp/log &
	reader=$!
	await 10 opened "$reader" /dev/hello_log || return
	cat /dev/hello0
	echo 'a round' >/dev/hello1
	cat /dev/hello1
	await 10 lines 1 /tmp/log || return
	cat /tmp/log
	stat -c '%n %a %u %g %t %T' /dev/hello*
	ls /sys/class/hello
	grep hello /proc/devices
	awk '/^hello/ { print $1, $2, $3, $4 }' /proc/modules
	kill "$reader"
	wait "$reader" 2>/dev/null
	modprobe -r hello_log || return
	traces
}

rounds() { # N
	noise=512 used_noise=2048
	# KASAN keeps what was freed in its quarantine. kmemleak is what finds leaks there.
	[ ! -e /sys/kernel/debug/kmemleak ] || noise=8192 used_noise=8192
	first=$(answers)
	devices=$(cat /proc/devices)
	round=2
	while [ "$round" -lt "$1" ]; do
		modprobe hello_log || break
		modprobe -r hello_log || break
		round=$((round + 1))
		# The first ones fill caches.
		[ "$round" -ne "$(($1 / 3))" ] || before=$(kernel_memory) used_before=$(used_memory)
	done
	is "$1 rounds of modprobe and modprobe -r" "$round" "$1"
	after=$(kernel_memory) used_after=$(used_memory)
	last=$(answers)
	like 'the first round has answers' "$first" '^hello1: a round$'
	is 'the last one has the same' "$last" "$first"
	is 'no major is kept' "$(cat /proc/devices)" "$devices"
	ok "the kernel's memory does not grow (from $before to $after KiB)" \
		[ "$((after - before))" -lt $noise ]
	ok "nor does all that is in use (from $used_before to $used_after KiB)" \
		[ "$((used_after - used_before))" -lt $used_noise ]
	is 'every Hello has its Goodbye' \
		"$(dmesg | grep -c ' hello: Goodbye$')" "$(dmesg | grep -c ' hello: Hello, world$')"
}
