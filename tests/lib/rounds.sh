# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Loads and unloads both modules many times: the last round must behave as the first, and nothing may accumulate.
# There are about 150 dynamic majors, and each round uses two.

# Prints two figures in KiB: what the kernel holds and cannot reclaim, and all memory in use, including pages that no
# counter covers, but without reclaimable ones and those on per-CPU lists. The median of five samples: what a process
# left behind may be freed a moment later, a leak stays.
memory() {
	for _ in 1 2 3 4 5; do
		echo 3 >/proc/sys/vm/drop_caches
		awk '/^(SUnreclaim|KernelStack|PageTables|VmallocUsed|Percpu):/ { held += $2 }
			/^MemTotal:/ { used += $2 }
			/^(MemFree|Buffers|Cached|SReclaimable):/ { used -= $2 }
			$1 == "count:" { used -= 4 * $2 }
			END { print held, used }' /proc/meminfo /proc/zoneinfo
	done | sort -n -k 2 | sed -n 3p
}

# Prints everything that must be the same in each round.
observe() {
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
	noise=512
	# KASAN keeps freed memory in its quarantine. There, kmemleak finds leaks.
	[ ! -e /sys/kernel/debug/kmemleak ] || noise=8192
	first=$(observe)
	devices=$(cat /proc/devices)
	round=2
	while [ "$round" -lt "$1" ]; do
		modprobe hello_log || break
		modprobe -r hello_log || break
		round=$((round + 1))
		# The first rounds fill caches.
		[ "$round" -ne "$(($1 / 3))" ] || before=$(memory)
	done
	is "$1 rounds of modprobe and modprobe -r" "$round" "$1"
	after=$(memory)
	last=$(observe)
	like 'the first round works' "$first" '^hello1: a round$'
	is 'the last one has the same' "$last" "$first"
	is 'no major is kept' "$(cat /proc/devices)" "$devices"
	ok "the kernel's memory does not grow (from ${before% *} to ${after% *} KiB)" \
		[ "$((${after% *} - ${before% *}))" -lt $noise ]
	ok "nor does all that is in use (from ${before#* } to ${after#* } KiB)" \
		[ "$((${after#* } - ${before#* }))" -lt $noise ]
	is 'every Hello has its Goodbye' \
		"$(dmesg | grep -c ' hello: Goodbye$')" "$(dmesg | grep -c ' hello: Hello, world$')"
}
