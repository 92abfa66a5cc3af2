#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug
# limit: 90
# shellcheck disable=SC2016 # what is in single quotes is for the guest's shell
# gdb attaches to the guest of a shell, loads the symbols of modules, and stops at a line of Rust.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 7

top=$(cd "${0%/*}/../.." && pwd)
make -C "$top" KERNEL="$KERNEL" gdb-constants >/dev/null 2>&1
modules=$BUILD/$KERNEL
BUILD=$scratch/build PROJECT=$scratch
export BUILD PROJECT
mkdir -p "$BUILD/$KERNEL"
cp -r "$modules/gdb" "$BUILD/$KERNEL"

fails 'no guest: an error' 'there is no guest to attach to: make shell KERNEL=debug' "$vm" gdb
fails 'no debug information: an error' 'the stock kernel has no debug information: KERNEL=debug' \
	env KERNEL=stock KERNEL_DIR="$("$top/scripts/sdk" kernel stock)" "$vm" gdb

# Input that is typed before the prompt would be lost.
mkfifo "$scratch/keys"
TERM=xterm script -qefc "$vm shell" "$scratch/shell" <"$scratch/keys" >/dev/null 2>&1 &
shell=$!
exec 3>"$scratch/keys"
await 120 grep -qF '] ~ # ' "$scratch/shell"
printf 'modprobe hello && echo load$((1))d\r' >&3
await 60 grep -qF load1d "$scratch/shell"
timeout 120 "$vm" gdb -batch -ex 'rbreak vtable.rs:write_iter' -ex continue -ex backtrace -ex detach >"$scratch/gdb" 2>&1 &
gdb=$!
ok 'lx-symbols finds the module' await 60 grep -q "^loading @0x[0-9a-f]*: $MODULE_ROOT/.*/hello.ko" "$scratch/gdb"
ok 'a breakpoint can be set in it' await 60 grep -q '^Breakpoint 1 at 0xffffffff.*/src/chrdev/vtable.rs, line' "$scratch/gdb"
printf 'echo stopp$((1))d >/dev/hello0 && cat /dev/hello0\r' >&3
wait "$gdb"
like 'the guest stops there' "$(cat "$scratch/gdb")" '^#0 .*HelloDevice.*write_iter.*/src/chrdev/vtable\.rs:[0-9]+'
like 'called by the kernel' "$(cat "$scratch/gdb")" '^#[0-9]+ .*/fs/[a-z_]+\.c:[0-9]+'
ok 'the guest continues without gdb' await 60 grep -qF stopp1d "$scratch/shell"
printf 'exit\r' >&3
wait "$shell"
exec 3>&-
