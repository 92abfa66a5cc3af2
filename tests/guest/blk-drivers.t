#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock types
# programs: dd
# A driver that misuses blkdev: no request hangs or reveals old memory, and a disk that cannot be added does not affect
# the others.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
# kmemleak would report the planted leaks.
leaks=8
[ ! -e /sys/kernel/debug/kmemleak ] || leaks=0
plan $((28 + leaks))

# Errors of a direct read of 8 sectors, or what is read, without zeros.
reads() { # NAME
	dd if="/dev/disks_$1" bs=4096 count=1 iflag=direct 2>/tmp/error | tr -d '\0'
	sed -n 's/.*error reading[^:]*: //p' /tmp/error
}

ok 'it loads' insmod /lib/test-modules/disks.ko
for name in '' . .. a/b 'a b'; do
	is "the name '$name' is refused" "$(said disks "the name '$name'")" -22
done
is 'a plain name is accepted' "$(said disks "the name 'a'")" accepted
is 'a name of 31 bytes is accepted' "$(said disks 'a name of 31 bytes')" accepted
is 'a name of 32 bytes is refused' "$(said disks 'a name of 32 bytes')" -36
is 'invalid block sizes are refused' "$(said disks 'a block size')" '-22 -22 -22 -22'
is '0 queues are refused' "$(said disks '0 queues')" -22
is 'invalid numbers of requests and capacities are refused' "$(said disks '1 queues')" '-22 -22 -22'
is 'more queues than CPUs are accepted' "$(said disks '4294967295 queues')" accepted
is 'each disk that was handed over was added once' "$(cd /sys/block && echo disks_*)" \
	'disks_again disks_busy disks_confused disks_forgetful disks_late disks_readonly disks_remote disks_sparse disks_twice'
like 'the log says that a second disk of the same name cannot be added' "$(dmesg)" 'blkdev: a disk cannot be added: (EEXIST|Error\(17\))'
like 'the log says that a disk was not handed over' "$(dmesg)" 'blkdev: disks that were not handed to Publisher::add.* stay invisible: 1$'
is 'a read that the driver ignores fails' "$(reads forgetful)" 'Input/output error'
is 'bytes that the driver does not copy read as zeros' "$(reads sparse | head -c 1)$(reads sparse | tr -d x)" x
is 'a read of which the driver visits only a part fails' "$(reads twice)" 'Input/output error'
is 'a read that the driver treats as a write fails' "$(reads confused)" 'Invalid argument'
is 'a driver that is busy fails the read' "$(reads busy)" 'Input/output error'
is 'an error of the device mapper is an error' "$(reads remote)" 'Input/output error'
is 'a wait that nobody asked to avoid is an error' "$(reads again)" 'Input/output error'
is 'a read for which the driver lacks memory is retried' "$(reads late | head -c 4) $(cat /sys/block/disks_late/failed)" 'late 1'
fails 'a write returns the error of the driver' 'No space left on device' \
	dd if=/dev/zero of=/dev/disks_sparse bs=4096 count=1 oflag=direct
fails 'a write by other kernel code returns the error of the driver' 'No space left on device' \
	insmod /lib/test-modules/disk_write.ko disk=/dev/disks_sparse
fails 'a write to a read-only disk fails before it reaches the driver' 'Input/output error' \
	insmod /lib/test-modules/disk_write.ko disk=/dev/disks_readonly
ok 'disks unloads' rmmod disks

[ $leaks -gt 0 ] || exit 0
ok 'disks loads with a disk that is never dropped' insmod /lib/test-modules/disks.ko leak=1
is 'the disk is there' "$(reads leaked | head -c 1)" x
ok 'disks unloads with a disk that is never dropped' rmmod disks
ok 'that disk is gone' [ ! -e /sys/block/disks_leaked ]
ok 'the list of disks can still be read' cat /proc/diskstats
insmod "$modules/hello_blk.ko"
fails 'a disk that is never dropped and cannot be added fails the load' 'File exists|busy' \
	insmod /lib/test-modules/disks.ko leak=2
is 'no disk is left' "$(echo /sys/block/disks_*)" '/sys/block/disks_*'
rmmod hello_blk
ok 'disks loads after all that' insmod /lib/test-modules/disks.ko
rmmod disks
