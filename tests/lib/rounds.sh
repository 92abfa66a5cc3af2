# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Loads and unloads modules many times: the last round must behave as the first, and nothing may accumulate.
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

# Loads both modules for character devices, prints everything that must be the same in each round, and unloads them.
observe_devices() {
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

# The same for the disk.
observe_disk() {
	modprobe hello_blk || return
	head -n 1 /dev/hello_blk0
	printf 'a round' | dd of=/dev/hello_blk0 bs=512 seek=1 conv=notrunc,sync oflag=direct 2>/dev/null
	dd if=/dev/hello_blk0 bs=512 skip=1 count=1 iflag=direct 2>/dev/null | tr -d '\0'
	echo
	stat -c '%n %a %u %g' /dev/hello_blk*
	ls /sys/block/hello_blk0
	cat /sys/block/hello_blk0/size
	awk '/^hello/ { print $1, $2, $3, $4 }' /proc/modules
	modprobe -r hello_blk || return
	traces
	ls /sys/block
}

# The same for the interfaces, the second of which is moved to the namespace `there`.
observe_interfaces() {
	modprobe hello_net || return
	ip link set hello_net1 netns there
	ip addr add 10.9.0.1/24 dev hello_net0
	ip netns exec there ip addr add 10.9.0.2/24 dev hello_net1
	ip link set hello_net0 up
	ip netns exec there ip link set hello_net1 up
	await 10 ping -c 1 -W 1 10.9.0.2 || return
	ping -c 3 -i 0.2 10.9.0.2 | grep -o '[0-9]* packets transmitted, [0-9]* received' | sed 's/^/a round: /'
	ls /sys/class/net /sys/class/net/hello_net0
	cat /sys/class/net/hello_net0/mtu
	awk '/^hello/ { print $1, $2, $3, $4 }' /proc/modules
	modprobe -r hello_net || return
	traces
	ls /sys/class/net
	ip netns exec there ip -o link
}

rounds() { # N MODULE OBSERVE
	noise=512
	# KASAN keeps freed memory in its quarantine. There, kmemleak finds leaks.
	[ ! -e /sys/kernel/debug/kmemleak ] || noise=8192
	first=$($3)
	devices=$(cat /proc/devices)
	round=2
	while [ "$round" -lt "$1" ]; do
		modprobe "$2" || break
		modprobe -r "$2" || break
		round=$((round + 1))
		# The first rounds fill caches.
		[ "$round" -ne "$(($1 / 3))" ] || before=$(memory)
	done
	is "$2: $1 rounds of modprobe and modprobe -r" "$round" "$1"
	after=$(memory)
	last=$($3)
	like "$2: the first round works" "$first" 'a round'
	is "$2: the last one has the same" "$last" "$first"
	is "$2: no major is kept" "$(cat /proc/devices)" "$devices"
	ok "$2: the kernel's memory does not grow (from ${before% *} to ${after% *} KiB)" \
		[ "$((${after% *} - ${before% *}))" -lt $noise ]
	ok "$2: nor does all that is in use (from ${before#* } to ${after#* } KiB)" \
		[ "$((${after#* } - ${before#* }))" -lt $noise ]
}
