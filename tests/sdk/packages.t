#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The packages of this project and of each that `make new` writes: lintian accepts them. Makes the root for packages if
# it is missing.
set -u
repo=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$repo/tests/lib/tap.sh"
# Of the make that runs this.
unset MAKEFLAGS locked M KDIR KERNEL VERSION DEBEMAIL DEBFULLNAME EMAIL
plan 23

T=$(mktemp -d /tmp/packages-test.XXXXXX)
cleanup() {
	rm -rf "$T"
}

new() { # KIND
	make -s -C "$repo" new NAME="one_$1" DIR="$T/$1" KIND="$1" >/dev/null
}

# Not `make deb`, which would wait for a `make check` that runs this.
"$repo/scripts/sdk" make deb || { echo "Bail out! there is no root to build packages in"; exit 1; }
build() { # NAME=VALUE...
	SDK_ROOT=deb "$repo/scripts/sdk" run "$@" "$repo/scripts/package/build" "$T/deb"
}
field() { # PACKAGE NAME
	dpkg-deb -f "$T/deb/$1"_*.deb "$2"
}

cd "$repo" || exit 1
ok 'the packages of hello are built in a version' build VERSION=1.0~rc1 DEBEMAIL='Ann <ann@example.org>'
is 'all of them' "$(cd "$T/deb" && echo ./*.deb)" './hello-dkms_1.0~rc1_all.deb ./linux-rust-metadata_1.0~rc1_all.deb'
is 'which one needs of the other' "$(field hello-dkms Depends | grep -o 'metadata ([^,]*,')" 'metadata (= 1.0~rc1),'
is 'and which DKMS is told' \
	"$(dpkg-deb --fsys-tarfile "$T"/deb/hello-dkms_*.deb | tar -xO './usr/src/hello-1.0~rc1/dkms.conf' | grep ^PACKAGE_VERSION)" \
	'PACKAGE_VERSION="1.0~rc1"'
is "an address can have a name, as for Debian's own tools" "$(field linux-rust-metadata Maintainer)" 'Ann <ann@example.org>'
dpkg-deb -I "$T"/deb/hello-dkms_*.deb postinst >"$T/postinst"
mkdir "$T/bin"
for tool in dkms systemd-sysusers; do
	printf '#!/bin/sh\necho "%s $*" >>"%s"\n' $tool "$T/calls" >"$T/bin/$tool"
done
printf '#!/bin/sh\necho "udevadm $*" >>"%s"\nexit 1\n' "$T/calls" >"$T/bin/udevadm"
chmod +x "$T"/bin/*
sed -i "s|/usr/lib/dkms/common.postinst|$T/bin/dkms|" "$T/postinst"
ok 'a udev that does not run makes no difference to apt' env PATH="$T/bin:$PATH" sh "$T/postinst" configure
is 'udev is told of the group once that is there' "$(sed -n 's/^\([a-z-]*\) .*/\1/p' "$T/calls" | xargs)" \
	'systemd-sysusers dkms udevadm'

for kind in module chrdev blkdev netdev; do
	new $kind
	ok "$kind: it is packaged" make -s -C "$T/$kind" deb
	is "$kind: and nothing is left beside it" "$(ls "$T/$kind/build/deb")" "$(printf '%s\n' log one-$kind-dkms_0.1_all.deb)"
done
ok 'a version and a maintainer are taken' \
	env VERSION=2.0 EMAIL='Ann <ann@example.org>' DEBFULLNAME='Ann Other' make -s -C "$T/module" deb
is 'by its package, too' "$(dpkg-deb -f "$T"/module/build/deb/*.deb Version Maintainer | xargs)" \
	'Version: 2.0 Maintainer: Ann Other <ann@example.org>'
unlike 'which tells udev nothing' "$(dpkg-deb -I "$T"/module/build/deb/*.deb postinst)" udev
new stacked
fails 'a stacked one cannot be' 'stacks its module on hello.ko' make -s -C "$T/stacked" deb

package=$(echo "$T"/netdev/build/deb/*.deb)
series=$(. "$repo/scripts/sdk.conf" && echo $series $flavour_series)
like 'DKMS builds it for each series that hello is for' \
	"$(dpkg-deb --fsys-tarfile "$package" | tar -xO ./usr/src/one_netdev-0.1/dkms.conf)" \
	"^BUILD_EXCLUSIVE_KERNEL=\"\^\(${series// /\\|}\)\\\\\.\"\$"
is 'and when the source of one comes' \
	"$(dpkg-deb -I "$package" triggers | sed 's/.*linux-source-\(.*\)\.tar\.xz/\1/' | xargs)" "$series"

# ---- test-ship

if ((EUID == 0)) || grep -qs "^$(id -un):" /etc/subuid; then
	mkdir -p "$T/clone/tests/ship" "$T/clone/scripts" "$T/sdk/ship-copy" "$T/clone/build/ship-logs"
	cp "$repo/tests/ship/run" "$T/clone/tests/ship/"
	cp "$repo/scripts/sdk.conf" "$T/clone/scripts/"
	printf '%s\n' '#!/bin/sh' "echo $T/sdk" >"$T/clone/scripts/sdk"
	chmod +x "$T/clone/scripts/sdk"
	echo 7.3.4+deb13-amd64 >"$T/sdk/release"
	fails 'one test-ship at a time runs with an SDK' "^ship: another test-ship is running with the SDK in $T/sdk: " \
		flock "$T/sdk/ship.lock" "$T/clone/tests/ship/run"
	is 'and removes nothing of the other' "$(cd "$T" && echo sdk/ship-* clone/build/*)" 'sdk/ship-copy clone/build/ship-logs'
else
	skip 'one test-ship at a time runs with an SDK' 'no subordinate IDs'
	skip 'and removes nothing of the other' 'no subordinate IDs'
fi
