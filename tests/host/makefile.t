#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What the Makefile refuses before anything is built.

set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"
# What the make was told that runs the tests.
unset MAKEFLAGS
work=$(mktemp -d)
cleanup() {
	rm -rf "$work"
}

# A project whose path has a space, beside a folder that has the path's first word as its name.
mkdir "$work/my project" "$work/my"
touch "$work/my/file"
cp -r "$top/Makefile" "$top/scripts" "$work/my project"

plan 20
for goal in run clean installed; do
	fails "a project in a path with a space: $goal is refused" \
		"^[^ ]* \*\*\* CURDIR='$work/my project' contains space, .*: move the project to a path without it" \
		make -i -C "$work/my project" $goal
done
is 'and nothing beside it is removed' "$(ls "$work/my" "$work/my project")" "$work/my:
file

$work/my project:
Makefile
scripts"
for variable in KDIR DESTDIR INSTALL_MOD_PATH SDK_CACHE; do
	fails "$variable with a space is refused" \
		"^[^ ]* \*\*\* $variable='/tmp/my dir' contains space, .*: set $variable to a path without it" \
		make -i -n -C "$top" install-dev "$variable=/tmp/my dir"
done
fails 'a path with a quote is refused' "contains ', " make -n -C "$top" install-dev "DESTDIR=/tmp/it's"
fails 'a path with a # is refused' 'contains #, ' make -n -C "$top" install-dev 'DESTDIR=/tmp/a#b'
ok 'one without is taken' make -n -C "$top" install-dev DESTDIR=/tmp/mine
fails 'a kernel that there is not' 'KERNEL=odd: there are stock, debug and kobject' make -n -C "$top" KERNEL=odd
for goal in run shell test test-long coverage bench check guest; do
	fails "no SDK, no $goal" "\*\*\* $goal: only with a kernel of the SDK" \
		make -n -C "$top" $goal KDIR=/usr/src/linux
done
