#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock types
# cpus: 2
# limit: 300
# programs: dd
# The disk is opened, read and written while its module is loaded and unloaded.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 4

disk=/dev/hello_blk0
module=$modules/hello_blk.ko

# Until /tmp/stop exists.
use() { # NAME COMMAND...
	name=$1
	shift
	while [ ! -e /tmp/stop ]; do
		"$@" 2>/dev/null && echo >>"/tmp/$name"
	done
}

done_by() { # NAME
	wc -l <"/tmp/$1"
}

use reads dd if=$disk of=/dev/null bs=4096 count=4 &
use writes dd if=/dev/zero of=$disk bs=4096 count=4 oflag=direct conv=nocreat &
use maps sh -c "cat /sys/block/hello_blk0/pages /proc/diskstats >/dev/null" &
rounds=$(scaled 60) round=0 refused=0
: >/tmp/reads
: >/tmp/writes
: >/tmp/maps
while [ "$round" -lt "$rounds" ]; do
	insmod "$module" capacity=4 || break
	until rmmod hello_blk 2>/dev/null; do
		refused=$((refused + 1))
	done
	round=$((round + 1))
done
# However fast the rounds were, some opens must have succeeded.
insmod "$module" capacity=4
for name in reads writes maps; do
	ok "it was used: $name" await 30 sh -c "[ \"\$(wc -l </tmp/$name)\" -gt 0 ]"
done
: >/tmp/stop
wait
until rmmod hello_blk; do :; done
is 'each load and unload succeeded' "$round" "$rounds"
diag "refused unloads: $refused; reads $(done_by reads), writes $(done_by writes), attributes $(done_by maps)"
