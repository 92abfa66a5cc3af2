#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# A guest with a disk that is wrong in the ways that the kernel crate's own abstractions allow fails, and so
# would be a guest of blkdev's if blkdev allowed them. tests/guest/blk.t is what passes.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 6

oops="${report}(BUG: (unable to handle|KASAN|kernel NULL)|Oops|general protection|WARNING)"

# Loaded while the disk is open, rmmod is not refused, and the close calls what is not there any more.
red guest/no_owner "$oops" <<'T'
echo 1..1
insmod /lib/test-modules/wrong_disk.ko
exec 5</dev/wrong_disk0
rmmod wrong_disk
exec 5<&-
echo 'ok 1'
T

# The partition scan has opened the disk, and closes it when insmod returns to user space.
red guest/late_failure "$oops" <<'T'
echo 1..1
insmod /lib/test-modules/wrong_disk.ko mistake=1
echo 'ok 1'
T

red guest/ended_twice "$oops" <<'T'
echo 1..1
insmod /lib/test-modules/wrong_disk.ko mistake=2
for i in 1 2 3 4 5 6 7 8; do
	dd if=/dev/wrong_disk0 of=/dev/null bs=4096 count=8 &
done
wait
dd if=/dev/wrong_disk0 of=/dev/null bs=4096 count=8
rmmod wrong_disk
echo 'ok 1'
T
