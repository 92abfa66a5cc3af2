#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The environment of a command inside the SDK. Makes the SDK if it is missing.
# shellcheck disable=SC2016
set -u
repo=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$repo/tests/lib/tap.sh"
plan 26
cd "$repo" || exit 1

T=$(mktemp -d "$repo/build.XXXXXX")
cleanup() {
	rm -rf "$T"
}
sdk=scripts/sdk

ok "the SDK is there" $sdk make
is "again: nothing to do" "$($sdk make 2>&1)" ""
stock=$($sdk kernel stock)
release=$(cat "$stock/release")

is "a command's exit status is passed on" "$($sdk run sh -c 'exit 42'; echo $?)" 42
is "its input and its output" "$(echo one two | $sdk run sed s/one/1/)" "1 two"
is "its words as they are" "$($sdk run printf '[%s]' 'a  b' '' '*')" "[a  b][][*]"
is "where it works" "$(cd "$T" && ../$sdk run pwd)" "$T"
is "its environment is clean" "$(SECRET=1 RUSTC=/x LD_PRELOAD='' $sdk run env | sed 's/=.*//' | sort | tr '\n' ' ')" \
	"$(printf '%s\n' GNUMAKEFLAGS HOME LC_ALL PATH PWD SDK_CACHE ${TERM:+TERM} ${CI:+CI} | sort | tr '\n' ' ')"
is "but for what is handed to it" "$(CI=yes $sdk run A=1 'B=2 3' sh -c 'echo $A $B $CI')" "1 2 3 yes"
is "the host's rustc is not found" "$(PATH=/nowhere:$PATH $sdk run sh -c 'command -v rustc')" /usr/bin/rustc
is "inside, run runs the command as it is" "$($sdk run $sdk run A=1 sh -c 'echo $A')" 1
is "and knows the same SDK" "$($sdk run $sdk path)" "$($sdk path)"
ok "the project can be written" $sdk run touch "$T/x"
fails "the root cannot" "Read-only" $sdk run touch /usr/x
is "a terminal stays one" "$(script -qec "$sdk run sh -c 'test -t 0 && echo yes </dev/tty'" /dev/null </dev/null | tr -d '\r')" yes
fails "elsewhere: refused" "not visible inside .* SDK_BIND" env -C / "$repo/$sdk" run true
bound=$(mktemp -d /var/tmp/sdk-bound.XXXXXX)
echo mine >"$bound/file"
is "but for the folder SDK_BIND" "$(cd "$bound" && SDK_BIND=$bound "$repo/$sdk" run cat file)" mine
rm -r "$bound"

printf '%s\n' 'all: a b' 'a b:' '	@echo $(filter --jobserver-auth=fifo%,$(MAKEFLAGS))' >"$T/jobs.mk"
is "no job of make has its jobserver in the shared /tmp" "$($sdk run TMPDIR="$T" make -s -j2 -f "$T/jobs.mk" | tr -d '\n')" ""

has() { $sdk run sh -c 'for c; do command -v $c >/dev/null || echo $c; done' - "$@"; }
is "the toolchain" "$(has make rustc rustfmt clippy-driver bindgen gcc gcc-14 cc ld clang clang-19 ld.lld ld.lld-19 llvm-nm-19 flex bison bc python3 pahole awk perl)" ""
is "the tools of the tests" "$(has prove dash busybox kmod insmod modprobe depmod cpio zstd xz qemu-system-x86_64 script ldd file shellcheck nm readelf)" ""
is "bash and perl do not warn about the locale" "$($sdk run bash -c 'perl -e 1' 2>&1)" ""
printf 'int main(void) { return sizeof(long); }\n' >"$T/t.c"
is "a static program of 32 bits" "$($sdk run sh -c "gcc -m32 -static -o $T/t $T/t.c && $T/t"; echo $?)" 4

is "the kernel's release is what modules will carry" "$(cat "$stock/build/include/config/kernel.release")" "$release"
like "vmlinuz is that kernel" "$($sdk run file "$stock/vmlinuz")" "version ${release//+/\\+} "
ok "preflight passes" $sdk run scripts/preflight "$stock/build"
is "its source is inside the SDK" "$(readlink -f "$stock/build/source")" "$($sdk path)/source"
mkdir "$T/m"
echo 'MODULE_LICENSE("GPL");' | sed '1i #include <linux/module.h>' >"$T/m/empty.c"
echo 'obj-m := empty.o' >"$T/m/Kbuild"
unlike "a module is built without a warning" "$($sdk run make -C "$stock/build" M="$T/m" modules 2>&1)" \
	"[Ww]arning|Skipping|[Ee]rror"
