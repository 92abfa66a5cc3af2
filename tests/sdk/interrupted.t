#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What `scripts/sdk run` has started ends with it: on Ctrl-C, which a whole process group gets, and on a signal to
# scripts/sdk alone.
set -u
repo=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$repo/tests/lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "$repo/tests/lib/vm.sh"
plan 15
cd "$repo" || exit 1

small_test guest/waits <<'T'
sleep 1000
T

# A test that runs in the background ignores Ctrl-C.
in_sdk=(env --default-signal=INT scripts/sdk run BUILD="$scratch/build" VM_ACCEL=tcg)

work_folders() {
	find "$scratch/build/vm" -name 'work.*'
}

# Be it prove, the test or a shell of either: all name the test's folder.
nobody() {
	! grep -qzs "^[^=]*$scratch" /proc/[0-9]*/cmdline
}

gone() { # PID
	! kill -0 "$1" 2>/dev/null
}

# With job control each command gets its own process group, as at a prompt.
set -m
interrupted() { # NAME SIGNAL TARGET-PREFIX COMMAND...
	"${in_sdk[@]}" "${@:4}" "$scratch/guest/waits.t" >"$scratch/out" 2>&1 &
	ok "$1: a guest runs" await 60 qemu_pid
	kill "-$2" -- "$3$!"
	ok "$1: it ends" await 10 gone $!
	wait $! 2>/dev/null
	ok "$1: no QEMU runs on" await 5 no_qemu
	ok "$1: nor anything else" await 5 nobody
	"${in_sdk[@]}" scripts/vm accel 2>/dev/null
	is "$1: after the next start no folder is left" "$(work_folders)" ''
}
interrupted 'Ctrl-C' INT - scripts/vm test
interrupted 'Ctrl-C at many' INT - prove --exec 'scripts/vm test'
interrupted 'a signal to the first process' TERM '' prove --exec 'scripts/vm test'
