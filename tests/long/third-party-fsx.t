#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# limit: 600
# memory: 512
# crates: fsx
# fsx does random operations, and compares each byte that it reads with what it wrote. It never changes the size of
# what it exercises (block mode), and the same seed does the same operations.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 13

exercise() { # NAME SEED OPERATIONS DEVICE WEIGHT...
	name=$1 seed=$2 operations=$3 device=$4
	shift 4
	printf '%s\n' 'flen = 1048576' 'blockmode = true' 'nosizechecks = true' '[weights]' \
		'truncate = 0' 'close_open = 0' "$@" >/tmp/fsx.toml
	ok "$name" fsx -f /tmp/fsx.toml -P /tmp -S "$seed" -N "$operations" "$device"
}

# A mapping of hello's cannot be written, and fsx would map for reading and writing.
ok 'hello loads' insmod "$modules/hello.ko" capacity=1048576
for seed in 1 2 3; do
	exercise "hello: seed $seed" $seed 20000 /dev/hello0 \
		'mapread = 0' 'mapwrite = 0' 'sendfile = 10' 'fsync = 1' 'fdatasync = 1'
done
like 'fsx has read' "$(cat /sys/class/hello/hello0/reads)" '^[0-9]{5,}$'
like 'and written' "$(cat /sys/class/hello/hello0/writes)" '^[0-9]{5,}$'
ok 'hello goes' rmmod hello

ok 'a driver with writable mappings loads' insmod /lib/test-modules/window.ko
exercise 'window' 1 20000 /dev/window 'sendfile = 10' 'fsync = 1' 'fdatasync = 1' 'invalidate = 1'
ok 'it goes, too' rmmod window

ok 'hello_blk loads' insmod "$modules/hello_blk.ko"
# Each msync and fsync writes pages back, one request after the other.
exercise 'hello_blk' 1 2000 /dev/hello_blk0 'sendfile = 10' 'fsync = 1' 'fdatasync = 1' 'invalidate = 1' 'posix_fadvise = 1'
ok 'it goes' rmmod hello_blk
