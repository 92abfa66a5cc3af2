#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug
# A debug guest with a bug in it is red, and the verdict names the bug.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 30

# The test itself sees nothing of it.
planted() { # BUG WHY
	red "guest/$1" "$2" <<T
insmod /lib/test-modules/planted.ko bug=$1
echo 1..1
echo 'ok 1'
T
}

report='(guest panicked|kernel log report): .*'
planted use_after_free "${report}BUG: KASAN: slab-use-after-free in use_after_free"
planted out_of_bounds "${report}BUG: KASAN: slab-out-of-bounds in out_of_bounds"
planted double_free "${report}BUG: KASAN: double-free in double_free"
planted double_lock "${report}WARNING: possible recursive locking detected"
planted lock_order "${report}WARNING: possible circular locking dependency detected"
planted sleep_in_atomic "${report}BUG: (sleeping function called from invalid context|scheduling while atomic)"
planted leak "${report}kmemleak: 1 new suspected memory leaks"
planted refcount "${report}refcount_t: saturated; leaking memory"
planted freed_timer "${report}(ODEBUG: free active|WARNING: lib/debugobjects.c)"
planted list "${report}WARNING: lib/list_debug.c"
planted shift "${report}UBSAN: shift-out-of-bounds in .*planted.c"
planted reference 'cannot be unloaded: planted'

red guest/unwatched 'kmemleak is off' <<'T'
echo off >/sys/kernel/debug/kmemleak
echo 1..1
echo 'ok 1'
T
red guest/unlocked 'lockdep turned itself off' <<'T'
# expects: WARNING: possible recursive locking detected
insmod /lib/test-modules/planted.ko bug=double_lock
echo 1..1
echo 'ok 1'
T
green guest/well <<'T'
modprobe hello_log
echo 1..1
echo 'ok 1'
T
