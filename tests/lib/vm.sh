# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# For the harness's own tests: runs small tests, and holds their verdicts to
# what they should be.

vm=${0%/*}/../../scripts/vm
scratch=$(mktemp -d)
cleanup() {
	rm -rf "$scratch"
}
mkdir -p "$scratch/host" "$scratch/guest"
export VM_LOGS="$scratch/logs" TMPDIR="$scratch"
export VM_CPUS=1
unset VM_LIMIT VM_PROGRESS PROJECT

# Writes the test on standard input to a file in one of the two folders.
small_test() { # host/NAME or guest/NAME
	file=$scratch/$1.t
	{
		echo '#!/bin/sh'
		cat
	} >"$file"
}

# Two results: prove is red, and the verdict has this name. It must not have
# stopped at a "Bail out!" either.
red() { # NAME WHY, and a test on standard input
	small_test "$1"
	prove --exec "$vm test" "$file" >"$scratch/out" 2>"$scratch/err"
	is "$1: prove is red" \
		"$? $(tail -n 1 "$scratch/out")" '1 Result: FAIL'
	like "$1: $2" "$(cat "$scratch/err")" "^${1##*/}: FAILED: $2"
}

# What a verdict says before a line of the kernel's log.
# shellcheck disable=SC2034 # for the tests
report='(guest panicked|kernel log report): .*'

# The test itself sees nothing of the bug in it.
planted() { # BUG WHY [HEADER]
	red "guest/$1" "$2" <<T
${3:+# $3}
insmod /lib/test-modules/planted.ko bug=$1
echo 1..1
echo 'ok 1'
T
}

green() { # NAME, and a test on standard input
	small_test "$1"
	prove --exec "$vm test" "$file" >"$scratch/out" 2>"$scratch/err"
	is "$1: prove is green" \
		"$? $(tail -n 1 "$scratch/out")" '0 Result: PASS'
	like "$1: passed" "$(cat "$scratch/err")" "^${1##*/}: passed, [0-9]+ s"
}

# The QEMU that runs for this test: of its words and of what it was handed, some lie in its folder.
qemu_pid() {
	for p in /proc/[0-9]*; do
		cat "$p/cmdline" "$p/environ" 2>/dev/null | tr '\0' ' ' | grep -q "^qemu-system.*$scratch" &&
			echo "${p#/proc/}" && return
	done
	return 1
}

no_qemu() {
	! qemu_pid
}
