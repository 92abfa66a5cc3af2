#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# limit: 1200
# Projects written by `make new` build, pass their checks and tests, and their modules load beside others.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 41

top=$(cd "${0%/*}/../.." && pwd)
# The environment describes hello's build, not that of another project.
unset BUILD MODULE_ROOT KERNEL_DIR VM_LOGS

new() { # ARGUMENT...
	make -C "$top" new "$@"
}
for kind in module chrdev stacked blkdev netdev; do
	ok "a project is written: $kind" new NAME=one_$kind DIR="$scratch/$kind" KIND=$kind
	ok "$kind: it builds, and its tests pass" make -C "$scratch/$kind" test
	like "$kind: its test has run" "$tap_out" "^guest/one_$kind: passed"
	ok "$kind: make check passes" make -C "$scratch/$kind" check
	is "$kind: its module" "$(modinfo -F name "$scratch/$kind"/build/stock/*.ko)" one_$kind
done
ok 'it can be installed' make -C "$scratch/chrdev" modules_install \
	KDIR="$("$top/scripts/sdk" kernel stock)/build" CC=gcc-14 INSTALL_MOD_PATH="$scratch/system"

# Two character devices beside hello.ko; the second module is passed in by the shared folder.
new NAME=two DIR="$scratch/two" KIND=chrdev >/dev/null
make -C "$scratch/two" >/dev/null 2>&1
mkdir -p "$scratch/chrdev/build/shared"
cp "$scratch"/two/build/stock/two.ko "$scratch/chrdev/build/shared"
is 'two character devices beside hello' "$(echo 'modprobe -a hello one_chrdev && insmod /shared/two.ko &&
	echo 12 >/dev/two0 && cat /dev/hello0 /dev/one_chrdev0 /dev/two0' | make -s --no-print-directory -C "$scratch/chrdev" shell 2>/dev/null |
	grep -v '^ ')" 'Hello, world!
0
3'

# Names that the crates use for types of their own.
while read -r name kind; do
	ok "a $kind called $name builds" sh -c "make -C '$top' new NAME=$name DIR='$scratch/named_$name' KIND=$kind && make -C '$scratch/named_$name'"
done <<END
device chrdev
disk blkdev
registration netdev
subscription stacked
module module
END

fails 'no name is refused' "NAME='' is not a module's name: set NAME" new
fails 'a name that is taken' "NAME='hello' is, or looks like, a module of this project" new NAME=hello
fails 'a Rust keyword' "NAME='self' is a Rust keyword" new NAME=self
fails 'the name of a crate' "NAME='kernel' is a crate" new NAME=kernel
fails "also one of the kernel's own" "NAME='zerocopy' is a crate" new NAME=zerocopy
fails 'an unknown kind' "KIND='odd' is unknown: set KIND to one of" new NAME=x KIND=odd
fails 'a name too long for an interface' "NAME='fourteen_chars' is too long for KIND=netdev: set NAME to 13" \
	new NAME=fourteen_chars KIND=netdev
fails 'a name too long for a disk' "is too long for KIND=blkdev: set NAME to 30" \
	new NAME=a123456789012345678901234567890 KIND=blkdev
fails 'a folder with something in it' "DIR='$scratch/two' exists" new NAME=x DIR="$scratch/two"
