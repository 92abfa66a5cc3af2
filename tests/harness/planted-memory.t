#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug
# A debug guest whose module uses memory wrongly fails, and the verdict names the bug.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 12

planted use_after_free "${report}BUG: KASAN: slab-use-after-free in use_after_free"
planted out_of_bounds "${report}BUG: KASAN: slab-out-of-bounds in out_of_bounds"
planted double_free "${report}BUG: KASAN: double-free in double_free"
planted leak "${report}kmemleak: 1 new suspected memory leaks"
planted leaked_page 'pages were not freed'
fails_as guest/unwatched 'kmemleak is off' <<'T'
echo off >/sys/kernel/debug/kmemleak
echo 1..1
echo 'ok 1'
T
