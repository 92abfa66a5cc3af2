#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# The kernel crate's own abstractions allow some mistakes that blkdev prevents. A disk that makes them makes its guest
# fail; so tests/guest/blk.t, which passes, would have found them in blkdev.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 6

oops="${report}(BUG: (unable to handle|KASAN|kernel NULL)|Oops|general protection|WARNING)"

# rmmod is not refused while the disk is open, and the close then calls freed code.
fails_as guest/no_owner "$oops" <<'T'
echo 1..1
insmod /lib/test-modules/wrong_disk.ko
exec 5</dev/wrong_disk0
rmmod wrong_disk
exec 5<&-
echo 'ok 1'
T

# The partition scan has opened the disk, and closes it when insmod returns to user space.
fails_as guest/late_failure "$oops" <<'T'
echo 1..1
insmod /lib/test-modules/wrong_disk.ko mistake=1
echo 'ok 1'
T

fails_as guest/ended_twice "$oops" <<'T'
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
