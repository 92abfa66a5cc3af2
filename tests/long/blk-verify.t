#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# limit: 300
# memory: 512
# programs: fio
# fio writes the disk in random order and blocks of random size, and reads back what it wrote.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 8

disk=/dev/hello_blk0

# ENGINE OPTION...
verify() {
	engine=$1
	shift
	ok "$engine $*" fio --name=verify --filename=$disk --ioengine="$engine" --size=48M --rw=randwrite \
		--bsrange=512-128k --verify=crc32c --do_verify=1 --verify_fatal=1 --randseed=1 "$@"
}

ok 'it loads' insmod "$modules/hello_blk.ko"
verify psync --direct=1
verify psync --direct=0 --fsync=64
verify libaio --direct=1 --iodepth=32
verify io_uring --direct=1 --iodepth=32 --fsync=32
verify io_uring --direct=1 --iodepth=16 --numjobs=2 --offset_increment=24M --size=24M
ok 'writes and discards' fio --name=trim --filename=$disk --ioengine=libaio --direct=1 --iodepth=16 --size=48M \
	--rw=randtrimwrite --bs=4k --number_ios=4000
ok 'it goes' rmmod hello_blk
