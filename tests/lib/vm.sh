# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# For the harness's own tests: runs small tests, and checks their verdicts.

vm=${0%/*}/../../scripts/vm
scratch=$(mktemp -d)
cleanup() {
	rm -rf "$scratch"
}
mkdir -p "$scratch/host" "$scratch/guest"
export VM_LOGS="$scratch/logs" TMPDIR="$scratch"
export VM_CPUS=1
unset VM_LIMIT VM_SLOW VM_JOBS VM_PROGRESS PROJECT

# Writes a test from standard input to a file in one of the two folders.
small_test() { # host/NAME or guest/NAME
	file=$scratch/$1.t
	{
		echo '#!/bin/sh'
		cat
	} >"$file"
}

# Makes two checks: prove fails the test, without stopping at a "Bail out!", and the verdict matches.
fails_as() { # NAME WHY, and a test on standard input
	small_test "$1"
	prove --exec "$vm test" "$file" >"$scratch/out" 2>"$scratch/err"
	is "$1: prove fails it" \
		"$? $(tail -n 1 "$scratch/out")" '1 Result: FAIL'
	like "$1: $2" "$(cat "$scratch/err")" "^${1##*/}: FAILED: $2"
}

# The part of a verdict that precedes a line of the kernel's log.
# shellcheck disable=SC2034 # for the tests
report='(guest panicked|kernel log report): .*'

# Runs a test that loads a module with a bug, and does not itself notice the bug.
planted() { # BUG WHY [HEADER]
	fails_as "guest/$1" "$2" <<T
${3:+# $3}
insmod /lib/test-modules/planted.ko bug=$1
echo 1..1
echo 'ok 1'
T
}

passes() { # NAME, and a test on standard input
	small_test "$1"
	prove --exec "$vm test" "$file" >"$scratch/out" 2>"$scratch/err"
	is "$1: prove passes it" \
		"$? $(tail -n 1 "$scratch/out")" '0 Result: PASS'
	like "$1: passed" "$(cat "$scratch/err")" "^${1##*/}: passed, [0-9]+ s"
}

# Prints the process ID of the QEMU of this test, whose arguments or environment name the test's folder.
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
