#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What the Makefile refuses before anything is built.

set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"
# What the make was told that runs the tests.
unset MAKEFLAGS

plan 10
fails 'a folder with a space' '^[^ ]* \*\*\* DESTDIR=/tmp/my dir: a path with a space' \
	make -n -C "$top" install-dev 'DESTDIR=/tmp/my dir'
ok 'one without is taken' make -n -C "$top" install-dev DESTDIR=/tmp/mine
fails 'a kernel that there is not' 'KERNEL=odd: there are stock, debug and kobject' make -n -C "$top" KERNEL=odd
for goal in run shell test test-long coverage check guest; do
	fails "no SDK, no $goal" "\*\*\* $goal: only with a kernel of the SDK" \
		make -n -C "$top" $goal KDIR=/usr/src/linux
done
