#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# A guest whose kernel or initrd is incomplete is not booted.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 18

fails 'a kernel that is not there is named' 'there is no tiny kernel yet: scripts/sdk make tiny,' \
	env KERNEL=tiny KERNEL_DIR= "$vm" accel
for setting in VM_LIMIT=abc VM_SLOW=0.5 VM_JOBS=all VM_CPUS=0 VM_MEMORY=1G; do
	fails "$setting is refused" "^vm: ${setting%=*}='${setting#*=}' is not a number above 0" \
		env "$setting" "$vm" accel
done
fails 'and so is a folder that is not there' "^vm: VM_COVERAGE='/nowhere' is not a folder" \
	env VM_COVERAGE=/nowhere "$vm" accel
fails 'logs that the SDK would lose' "^vm: VM_LOGS='/nowhere' is not visible in the SDK" env VM_LOGS=/nowhere "$vm" accel
fails 'also in a relative folder' "^vm: VM_LOGS='/logs' is not visible" env -C / VM_LOGS=logs "$(realpath "$vm")" accel
mkdir -p "$scratch/spaced/tests/guest"
: >"$scratch/spaced/tests/guest/my test.t"
fails 'a test with a space in its name' "^vm: the test '.*/my test.t' has a space in its name" env PROJECT="$scratch/spaced" "$vm" check

# A fake QEMU, which only prints what it would boot, and a kernel whose unpacker fails on demand.
BUILD=$scratch/build KERNEL_DIR=$scratch/kernel VM_ACCEL=tcg
PATH=$scratch/bin:$PATH
export BUILD KERNEL_DIR VM_ACCEL PATH
mkdir -p "$scratch/bin" "$scratch/kernel/build/source/scripts"
pretend() { # PROGRAM, and what it does on standard input
	cat >"$scratch/bin/$1"
	chmod +x "$scratch/bin/$1"
}
pretend qemu-system-x86_64 <<T
#!/bin/sh
echo "\$*" >"$scratch/boots"
exit 33
T
echo packed >"$KERNEL_DIR/vmlinuz"
unpacker() {
	cat >"$KERNEL_DIR/build/source/scripts/extract-vmlinux"
	rm -f "$BUILD"/vm/vmlinux-* "$scratch/boots"
}
small_test guest/small </dev/null
start() {
	"$vm" test "$scratch/guest/small.t"
}
booted() {
	start >"$scratch/out" 2>&1
	kernel=$(sed 's/.* -kernel \([^ ]*\) .*/\1/' "$scratch/boots")
	readlink -f "$kernel"
}
kept() { # NAME
	find "$BUILD/vm" -name "$1*"
}

unpacker <<'T'
echo 'extract-vmlinux: Cannot find vmlinux.' >&2
T
is 'no image in it: the kernel is booted as it is' "$(booted)" "$KERNEL_DIR/vmlinuz"
unpacker <<'T'
cat /bin/true
T
is 'one that QEMU cannot enter: the same' "$(booted)" "$KERNEL_DIR/vmlinuz"
unpacker <<'T'
head -c 20000 /bin/true
T
fails 'half an image: an error' 'vm: .*/extract-vmlinux unpacked only 20000 bytes of .*/kernel/vmlinuz' start
is 'and nothing is kept' "$(kept vmlinux)" ''
unpacker <<'T'
echo 'cat: write error: No space left on device' >&2
exit 1
T
fails 'no image, and no word that there is none: what was said' 'only 0 bytes .* No space left' start

unpacker <<'T'
echo 'extract-vmlinux: Cannot find vmlinux.' >&2
T
rm "$BUILD"/vm/base-*
pretend cpio <<'T'
#!/bin/sh
head -c 6
echo 'cpio: write error' >&2
exit 2
T
fails 'half a base: an error' 'vm: the base of all guests, .*base-.*cpio, was not written' start
is 'and nothing is kept of it' "$(kept base)" ''
rm "$scratch/bin/cpio"
is 'the next start makes it' "$(booted)" "$KERNEL_DIR/vmlinuz"
