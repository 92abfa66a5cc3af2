#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# memory: 512
# The memory that a process causes the drivers to allocate is charged to its control group.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 11

groups=/tmp/cgroup
opens=4096

# Makes a new group, to which nothing is charged yet.
new_group() { # NAME
	group=$groups/$1
	mkdir "$group"
}

# Prints a counter of the group, in bytes. Unlike memory.current, which each CPU charges in advance, it is exact to a few
# pages.
counter() { # NAME
	awk -v name="$1" '$1 == name { print $2 }' "$group/memory.stat"
}

# Runs a command in the group.
in_group() { # COMMAND...
	sh -c 'echo $$ >"$1" && shift && exec "$@"' sh "$group/cgroup.procs" "$@"
}

within() { # NAME LEAST BYTES MOST
	if [ "$3" -ge "$2" ] && [ "$3" -le "$4" ]; then
		pass "$1 ($3)"
	else
		fail "$1" "$3, not $2 to $4"
	fi
}

below() { # COUNTER BYTES
	[ "$(counter "$1")" -lt "$2" ]
}

# Sets `each` to the bytes of slab memory that a device needs for an open file, and checks that closing frees them.
per_open() { # FILE
	new_group "${1##*/}"
	each=$(in_group many-opens $opens "$1" cat "$group/memory.stat" | awk -v n=$opens '$1 == "slab" { print int($2 / n) }')
	ok "${1##*/}: closed files are no longer charged" await 10 below slab $((each * opens / 4))
}

mkdir $groups
mount -t cgroup2 none $groups
echo +memory >$groups/cgroup.subtree_control
modprobe hello devices=4 capacity=16777216
insmod /lib/test-modules/everything.ko

new_group pages
for minor in 0 1 2 3; do
	in_group dd if=/dev/zero of=/dev/hello$minor bs=1M count=16 conv=notrunc 2>/dev/null
done
# Less one for each device, which has had its first page since the module was loaded.
within 'hello: 64 MiB in pages are charged' 67000000 "$(($(counter kernel) - $(counter slab)))" 70000000
# A node of 64 entries has more than 512 bytes; 1,024 are needed.
within 'hello: and the nodes that point at them' $((256 * 512)) "$(counter slab)" 1000000
: >/dev/hello0
within 'hello: an empty device keeps its pages' 67000000 "$(counter kernel)" 70000000

new_group ring
in_group insmod "$modules/hello_log.ko" ring=1048576
within 'hello_log: its ring is charged' 1048576 "$(counter kernel)" 2000000

# hello has no memory for an open file, everything a box of chrdev's, and hello_log one of its own, too.
per_open /dev/hello0
hello=$each
per_open /dev/everything0
within "everything: chrdev's part of an open file is charged" 16 $((each - hello)) 200
everything=$each
per_open /dev/hello_log
within 'hello_log: the state of a reader is charged' 32 $((each - everything)) 1000

rmmod hello_log everything hello
group=$groups/pages
ok 'hello: unloaded, its pages are no longer charged' await 10 below kernel 1000000
group=$groups/ring
ok 'hello_log: nor its ring' await 10 below kernel 500000
