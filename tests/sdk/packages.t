#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# `make deb` of each project that `make new` writes: lintian accepts the package. Makes the root for packages if it is
# missing.
set -u
repo=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$repo/tests/lib/tap.sh"
# Of the make that runs this.
unset MAKEFLAGS M KDIR KERNEL VERSION DEBEMAIL DEBFULLNAME EMAIL
plan 11

T=$(mktemp -d /tmp/packages-test.XXXXXX)
cleanup() {
	rm -rf "$T"
}

new() { # KIND
	make -s -C "$repo" new NAME="one_$1" DIR="$T/$1" KIND="$1" >/dev/null
}

for kind in module chrdev blkdev netdev; do
	new $kind
	ok "$kind: it is packaged" make -s -C "$T/$kind" deb
	is "$kind: and nothing is left beside it" "$(ls "$T/$kind/build/deb")" "$(printf '%s\n' log one-$kind-dkms_0.1_all.deb)"
done
new stacked
fails 'a stacked one cannot be' 'stacks its module on hello.ko' make -s -C "$T/stacked" deb

package=$(echo "$T"/netdev/build/deb/*.deb)
series=$(. "$repo/scripts/sdk.conf" && echo $series $flavour_series)
like 'DKMS builds it for each series that hello is for' \
	"$(dpkg-deb --fsys-tarfile "$package" | tar -xO ./usr/src/one_netdev-0.1/dkms.conf)" \
	"^BUILD_EXCLUSIVE_KERNEL=\"\^\(${series// /\\|}\)\\\\\.\"\$"
is 'and when the source of one comes' "$(dpkg-deb -I "$package" triggers | sed 's/.*linux-source-\(.*\)\.tar\.xz/\1/' | xargs)" "$series"
