#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug
# A debug guest whose module uses counts, lists or other objects wrongly fails, and the verdict names the bug.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 12

planted refcount "${report}refcount_t: saturated; leaking memory"
planted freed_timer "${report}(ODEBUG: free active|WARNING: lib/debugobjects.c)"
planted list "${report}WARNING: lib/list_debug.c"
planted shift "${report}UBSAN: shift-out-of-bounds in .*planted.c"
planted reference 'cannot be unloaded: planted'
passes guest/well <<'T'
modprobe hello_log
echo 1..1
echo 'ok 1'
T
