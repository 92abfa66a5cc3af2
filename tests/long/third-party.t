#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# limit: 400
# memory: 512
# programs: fio badblocks spew xfs_io ioping stress-ng
# Programs that nobody here wrote, and that fail on the first wrong byte, against a device. Each has its seed and its
# size, so that each run does the same.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 30

device=/dev/hello0

# ENGINE OPTION...: writes in random order, reads back and compares.
verify() {
	engine=$1
	shift
	ok "fio: $engine $*" fio --name=verify --filename=$device --ioengine="$engine" --size=1M --rw=randwrite \
		--bsrange=512-64k --bs_unaligned=1 --verify=crc32c --do_verify=1 --verify_fatal=1 --randseed=1 "$@"
}

# badblocks succeeds with bad blocks, too, and prints each. It would flush the buffers of a block device.
bad_blocks() { # OPTION...
	badblocks -B -b 1024 -c 16 "$@" $device 1023 2>/dev/null && echo end
}

# Whether xfs_io says so.
says() { # NAME PATTERN COMMAND...
	name=$1 pattern=$2
	shift 2
	for command in "$@"; do
		set -- "$@" -c "$command"
		shift
	done
	like "xfs_io: $name" "$(xfs_io "$@" $device 2>&1)" "$pattern"
}

opens() {
	cat /sys/class/hello/hello0/opens
}

# In a /dev where it finds this device only, since it tries all that there are. Some of its threads look at the time,
# but not at the number of operations.
stress() { # NAME OPTION...
	name=$1
	shift
	before=$(opens)
	ok "stress-ng: $name" unshare -m sh -c 'mount --bind /tmp/dev /dev && exec stress-ng "$@"' stress \
		--seed 1 --temp-path /tmp --timeout 5 "$@"
	ok 'which has opened the device' [ "$(opens)" -gt "$((before + 20))" ]
}

head -c 65536 /dev/urandom >/tmp/data
ok 'it loads' insmod "$modules/hello.ko" capacity=1048576
verify psync
verify pvsync2
verify pvsync2 --rw=randrw
verify libaio --iodepth=8
verify io_uring --iodepth=8
verify io_uring --iodepth=8 --numjobs=2 --offset_increment=512k --size=512k
verify psync --rw=write --bsrange=4k-4k --do_verify=0
verify mmap --rw=read --bsrange=4k-4k
for pattern in random alt numbers; do
	ok "spew: $pattern" spew --no-rcfiles --raw -p "$pattern" -b 512 -B 8k -i 5 1m $device
done
is 'badblocks: patterns' "$(bad_blocks -w)" end
is 'badblocks: random blocks' "$(bad_blocks -w -t random)" end
is 'badblocks: what is there is kept' "$(bad_blocks -n)" end
says 'a write' '^wrote 65536/65536 bytes at offset 0' 'pwrite -S 0xcd 0 64k'
says 'is read again' '^0000fff0:  cd cd cd cd cd cd cd cd cd cd cd cd cd cd cd cd' 'pread -v 65520 16'
says 'vectors' '^wrote 65536/65536 bytes at offset 0' 'pwrite -V 16 -S 0x12 -b 4k 0 64k'
says 'vectors are read' '^00001000:  12 12' 'pread -v -V 2 -b 2 4094 4'
says 'a mapping' '^00008000:  12 12' 'mmap -r 0 64k' 'mread -v 32768 2'
says 'a file is sent to it' '^sent 65536/65536 bytes at offset 0' 'sendfile -i /tmp/data 0 65536'
ok 'and is there' cmp -n 65536 $device /tmp/data
is 'xfs_io: the only hole is the end' "$(xfs_io -c 'seek -a -r 0' $device 2>&1 | xargs)" 'Whence Result DATA 0 HOLE 1048576'
ok 'ioping' ioping -c 50 -i 0 -q -S 64k -s 4k $device
mkdir /tmp/dev
cp -a $device /tmp/dev
stress 'opens, locks, seeks, polls, maps' --dev 2 --dev-file $device
stress 'ioctls that the device does not know' --pathological --bad-ioctl 1
ok 'what was there is still there' cmp -n 65536 $device /tmp/data
ok 'it goes' rmmod hello
