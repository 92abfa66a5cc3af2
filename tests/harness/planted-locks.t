#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug
# A debug guest whose module uses locks wrongly fails, and the verdict names the bug.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 10

planted double_lock "${report}WARNING: possible recursive locking detected"
planted deadlock 'guest hung .*WARNING: possible recursive locking detected' 'limit: 10'
planted lock_order "${report}WARNING: possible circular locking dependency detected"
planted sleep_in_atomic "${report}BUG: (sleeping function called from invalid context|scheduling while atomic)"
fails_as guest/unlocked 'lockdep turned itself off' <<'T'
# expects: WARNING: possible recursive locking detected
insmod /lib/test-modules/planted.ko bug=double_lock
echo 1..1
echo 'ok 1'
T
