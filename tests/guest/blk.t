#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock types
# programs: dd mke2fs e2fsck mkfs.fat fsck.fat sfdisk mkswap swapon swapoff blkdiscard blockdev mount umount
# modules: ext4 vfat nls_ascii nls_cp437
# The disk: its attributes, file systems and swap on it, and what it refuses.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 117

disk=/dev/hello_blk0
sys=/sys/block/hello_blk0
module=$modules/hello_blk.ko

# Prints every trace of the module and its disk.
left() {
	ls -d /dev/hello_blk* /sys/block/hello_blk* /sys/module/hello_blk 2>/dev/null
	grep hello_blk /proc/partitions /proc/modules
}

refused() { # PARAMETER VALUE LINE
	lines=$(dmesg | wc -l)
	fails "$1=$2 is refused" 'Invalid parameters$' insmod "$module" "$1=$2"
	is "$1=$2: the log says why" "$(dmesg | tail -n +$((lines + 1)) | sed -n 's/^\[[^]]*\] \(.*parameter\)/\1/p')" \
		"hello_blk: parameter $1: $2 is $3"
	is "$1=$2 leaves nothing" "$(left)" ''
}

refuses_unload() { # WHEN
	fails "rmmod is refused while $1" 'Module hello_blk is in use' rmmod hello_blk
}

# Prints the disk's bytes from OFFSET on, bypassing the page cache.
direct() { # OFFSET LENGTH, in sectors
	dd if=$disk bs=512 skip="$1" count="$2" iflag=direct 2>/dev/null
}

# Compares them with those bytes of the file.
holds() { # OFFSET LENGTH FILE
	direct "$1" "$2" >/tmp/got
	dd if="$3" bs=512 skip="$1" count="$2" 2>/dev/null | cmp - /tmp/got
}

not_zeros() {
	tr -d '\0' | wc -c
}

# shellcheck disable=SC2086 # the commands have words
file_system() { # NAME TYPE MAKE CHECK
	ok "$1: it can be made" $3 $disk
	ok "$1: and mounted" mount -t "$2" $disk /tmp/mnt
	refuses_unload "$1 is mounted"
	ok "$1: a file can be copied to it" cp /tmp/data /tmp/mnt/data
	ok "$1: a folder can be made" mkdir /tmp/mnt/folder
	ok "$1: it can be unmounted" umount /tmp/mnt
	echo 3 >/proc/sys/vm/drop_caches
	ok "$1: its check finds nothing" $4 $disk
	ok "$1: it can be mounted again" mount -t "$2" $disk /tmp/mnt
	ok "$1: the file is the same" cmp /tmp/data /tmp/mnt/data
	umount /tmp/mnt
}

dd if=/dev/urandom of=/tmp/data bs=1M count=8 2>/dev/null
mkdir -p /tmp/mnt
for needed in ext4 vfat nls_ascii nls_cp437; do
	modprobe -q $needed
done

# ---- attributes

is 'nothing is there before' "$(left)" ''
ok 'hello_blk loads' insmod "$module"
like 'the log has the greeting and the size' "$(dmesg)" 'hello_blk: Hello, a disk of 64 MiB$'
like 'it is a block device' "$(ls -l $disk)" '^b'
is 'it has 64 MiB' "$(cat $sys/size)" 131072
is 'its first bytes are the greeting' "$(head -c 14 $disk)" 'Hello, world!'
is 'everything else is zeros' "$(tail -c +15 $disk | not_zeros)" 0
is 'the greeting takes one page of memory' "$(cat $sys/pages)" 1
is 'it caches writes' "$(cat $sys/queue/write_cache)" 'write back'
is 'it supports FUA' "$(cat $sys/queue/fua)" 1
is 'no scheduler delays its requests' "$(sed 's/.*\[\(.*\)\].*/\1/' $sys/queue/scheduler)" none
is 'it has a hardware queue for each CPU' "$(find $sys/mq -mindepth 1 -maxdepth 1 -type d | wc -l)" "$(nproc)"
is 'a block has 512 bytes' "$(cat $sys/queue/logical_block_size)" 512
fails 'a second load is refused' 'File exists$' insmod "$module"

# ---- bytes

ok 'it can be written directly' dd if=/tmp/data of=$disk bs=1M oflag=direct
ok 'the bytes can be read directly' holds 0 16384 /tmp/data
is 'they take 2048 pages of memory' "$(cat $sys/pages)" 2048
ok 'it can be written through the cache, at any offset' \
	sh -c "{ head -c 3000 /tmp/data; cat /tmp/data; } | dd of=$disk bs=7777 seek=2000 conv=fsync"
echo 3 >/proc/sys/vm/drop_caches
ok 'they can be read through the cache' sh -c "tail -c +15557001 $disk | head -c 8388608 | cmp - /tmp/data"
ok 'single sectors can be written directly' dd if=/tmp/data of=$disk bs=512 seek=77777 count=999 oflag=direct
ok 'single sectors are stored in the right place' sh -c "dd if=$disk bs=512 skip=77777 count=999 iflag=direct | cmp -n 511488 - /tmp/data"
is 'the sectors before them are unchanged' "$(direct 77770 7 | not_zeros)" 0
is 'the sectors after them are unchanged' "$(direct 78776 9 | not_zeros)" 0
before=$(cat $sys/flushes)
dd if=/tmp/data of=$disk bs=4096 count=1 conv=fsync 2>/dev/null
ok 'fsync sends a flush' [ "$(cat $sys/flushes)" -gt "$before" ]
before=$(cat $sys/fua_writes)
dd if=/tmp/data of=$disk bs=4096 count=1 oflag=direct,dsync 2>/dev/null
ok 'a synchronous direct write has FUA' [ "$(cat $sys/fua_writes)" -gt "$before" ]

# ---- discards and zeros

dd if=/tmp/data of=$disk bs=1M oflag=direct 2>/dev/null
before=$(cat $sys/pages)
ok 'a range can be discarded' blkdiscard -o 1M -l 1M $disk
is 'a discard frees the pages' "$((before - $(cat $sys/pages)))" 256
is 'the discarded range reads as zeros' "$(direct 2048 2048 | not_zeros)" 0
ok 'the bytes before the discarded range are unchanged' holds 0 2048 /tmp/data
ok 'the bytes after the discarded range are unchanged' holds 4096 4096 /tmp/data
ok 'zeros can be written' blkdiscard -z -o 512 -l 1024 $disk
is 'the zeros can be read' "$(direct 1 2 | not_zeros)" 0
ok 'the bytes before the zeros are unchanged' holds 0 1 /tmp/data
ok 'the bytes after the zeros are unchanged' holds 3 5 /tmp/data
ok 'the whole disk can be discarded' blkdiscard $disk
is 'a discarded disk takes no memory' "$(cat $sys/pages)" 0

# ---- the end of the disk

is 'beyond the end there is nothing to read' "$(direct 131072 1 | wc -c)" 0
fails 'a write beyond the end fails' 'No space left on device' dd if=/tmp/data of=$disk bs=512 seek=131072 count=1
ok 'the last sector can be written' dd if=/tmp/data of=$disk bs=512 seek=131071 count=1 oflag=direct
ok 'the last sector can be read' sh -c "dd if=$disk bs=512 skip=131071 iflag=direct | cmp -n 512 - /tmp/data"
fails 'half a sector cannot be read directly' 'Invalid argument' dd if=$disk bs=256 count=1 iflag=direct

# ---- file systems, partitions and swap

if grep -q ext4 /proc/filesystems; then
	file_system ext4 ext4 'mke2fs -q -t ext4' 'e2fsck -fn'
	file_system ext2 ext4 'mke2fs -q -t ext2' 'e2fsck -fn'
else
	file_system ext2 ext2 'mke2fs -q -t ext2' 'e2fsck -fn'
	file_system 'ext2 with blocks of 4 KiB' ext2 'mke2fs -q -t ext2 -b 4096' 'e2fsck -fn'
fi
file_system vfat vfat mkfs.fat 'fsck.fat -n'
ok 'a partition table can be written' sh -c "printf '2048,16384\n,\n' | sfdisk -q --wipe always $disk"
ok 'its partitions have nodes' ls ${disk}p1 ${disk}p2
is 'a partition has its size' "$(cat $sys/hello_blk0p1/size)" 16384
ok 'a partition can be written' dd if=/tmp/data of=${disk}p1 bs=1M oflag=direct
ok 'the partition is where the table says' sh -c "dd if=$disk bs=1M skip=1 count=8 iflag=direct | cmp - /tmp/data"
ok 'swap can be made' mkswap ${disk}p2
ok 'swap can be turned on' swapon ${disk}p2
refuses_unload 'it is swapped on'
ok 'swap can be turned off' swapoff ${disk}p2

# ---- unload

exec 5<$disk
refuses_unload 'it is open'
exec 5<&-
exec 5<${disk}p1
refuses_unload 'a partition is open'
exec 5<&-
ok 'hello_blk unloads' rmmod hello_blk
is 'nothing is left' "$(left)" ''
like 'the log has Goodbye' "$(dmesg | tail -n 3)" 'hello_blk: Goodbye$'

# ---- parameters

half=$(($(awk '/^MemTotal:/ { print $2 }' /proc/meminfo) / 2048))
for value in 0 1000000 -1 4294967297; do
	refused capacity $value "out of range, 1 to $half"
done
for value in 256 8192; do
	refused block_size $value 'out of range, 512 to 4096'
done
refused block_size 1000 'not 512, 1024, 2048 or 4096'
refused queues 0 'out of range, 1 to 64'
refused read_only 2 'out of range, 0 to 1'
ok 'all parameters are accepted' insmod "$module" capacity=1 block_size=4096 queues=1 read_only=1
is 'the capacity is 1 MiB' "$(cat $sys/size)" 2048
is 'a block has 4096 bytes' "$(cat $sys/queue/logical_block_size)" 4096
is 'there is one queue, without a scheduler' "$(ls $sys/mq) $(sed 's/.*\[\(.*\)\].*/\1/' $sys/queue/scheduler)" '0 none'
fails 'a sector of 512 bytes cannot be read directly' 'Invalid argument' dd if=$disk bs=512 count=1 iflag=direct
fails 'nothing can be written' 'Operation not permitted|Read-only file system' dd if=/tmp/data of=$disk bs=4096 count=1
is 'the greeting can be read' "$(dd if=$disk bs=4096 count=1 iflag=direct 2>/dev/null | head -c 14)" 'Hello, world!'
ok 'hello_blk unloads after that' rmmod hello_blk
