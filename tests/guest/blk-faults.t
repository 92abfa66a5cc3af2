#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: types
# programs: dd
# Requests that the block layer makes fail before they reach the disk: callers get the error, and the disk still
# works.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 9

disk=/dev/hello_blk0
faults=/sys/kernel/debug/fail_make_request

ok 'it loads' insmod "$modules/hello_blk.ko"
yes 0123456 | head -c 65536 >/tmp/data
dd if=/tmp/data of=$disk bs=4096 oflag=direct 2>/dev/null
echo 0 >$faults/verbose
echo 1 >$faults/interval
echo -1 >$faults/times
echo 100 >$faults/probability
echo 1 >/sys/block/hello_blk0/make-it-fail
fails 'a direct read fails' 'Input/output error' dd if=$disk of=/dev/null bs=4096 count=1 iflag=direct
echo 3 >/proc/sys/vm/drop_caches
fails 'a cached read too' 'Input/output error' dd if=$disk of=/dev/null bs=4096 count=1
fails 'and a direct write' 'Input/output error' dd if=/dev/zero of=$disk bs=4096 count=1 oflag=direct
fails 'of a cached write, fsync tells' 'Input/output error' dd if=/dev/zero of=$disk bs=4096 count=1 conv=fsync,nocreat
echo 0 >/sys/block/hello_blk0/make-it-fail
echo 3 >/proc/sys/vm/drop_caches
ok 'without faults the disk can be read' dd if=$disk of=/tmp/got bs=4096 count=16 iflag=direct
ok 'and holds what it held' cmp /tmp/data /tmp/got
ok 'it can be written' dd if=/dev/zero of=$disk bs=4096 count=1 oflag=direct
ok 'it goes' rmmod hello_blk
