# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/sdk sets
# Folders of unpacked Debian packages: the root with the toolchain, those for arm64, for sid and for building packages,
# and the programs and modules for guests.

# If mmdebstrap is killed, its temporary folder stays, so that is made below the SDK's own. Its hooks run in dash,
# which has no descriptors above 9, so inherited ones are closed.
debstrap() (
	export TMPDIR=$sdk/tmp
	rm -rf "$TMPDIR"
	mkdir "$TMPDIR"
	for fd in "/proc/$BASHPID/fd/"*; do
		fd=${fd##*/}
		((fd <= 2)) || exec {fd}>&-
	done
	exec mmdebstrap "$@"
)

# Unpacks packages into a new folder, without running their maintainer scripts. Newer mmdebstrap refuses chrootless mode as
# root because of those scripts, unless the check is skipped.
unpack() { # FOLDER PACKAGES
	local suites=()
	mapfile -t suites < <(sources "$root_suites")
	rm -rf "$1"
	# shellcheck disable=SC2086
	debstrap --mode=chrootless --skip=check/chrootless --variant=extract --format=directory --architectures="$arch" \
		--aptopt='Acquire::Retries "2"' --aptopt='APT::Sandbox::User "root"' --aptopt='APT::Update::Error-Mode "any"' \
		--aptopt="Acquire::Check-Valid-Until \"$valid_until\"" \
		--include="$(echo $2 | tr ' ' ,)" "${root_suites%% *}" "$1" "${suites[@]}"
	rm -rf "$sdk/tmp"
}

unpack_root() { # FOLDER PACKAGES
	unpack "$@"
	# What is needed of the maintainer scripts' work.
	ln -sf mawk "$1/usr/bin/awk"
	printf '%s\n' root:x:0:0:root:/run/home:/bin/bash "user:x:$(id -u):$(id -g)::/run/home:/bin/bash" >"$1/etc/passwd"
	printf '%s\n' root:x:0: "user:x:$(id -g):" >"$1/etc/group"
	: >"$1$inside"
}

unpack_toolchain() { # FOLDER PACKAGES
	local f
	unpack_root "$@"
	rm -rf "$1"/usr/share/{doc,man,info,locale}
	ln -sf gcc "$1/usr/bin/cc"
	for f in "$1"/usr/lib/llvm-*/bin/*; do
		[[ -e $1/usr/bin/${f##*/} ]] || ln -s "../${f#"$1/usr/"}" "$1/usr/bin/"
	done
}

step_root() {
	unpack_toolchain "$root" "$root_packages"
}

# In a root of its own, since only arm64 needs it.
step_arm64() {
	unpack_toolchain "$sdk/$arm64" "$root_packages $arm64_packages"
}

# sid's kernel is built by sid's compilers.
step_sid() {
	local root_suites=$sid_suites
	unpack_toolchain "$sdk/$sid" "$sid_packages"
}

# In a root of its own, since only `make deb` needs it.
step_deb() {
	unpack_root "$sdk/$deb" "$deb_packages"
	ln -s debian "$sdk/$deb/etc/dpkg/origins/default"
}

# The version of Debian's package is in the kernel's banner.
stock_version() {
	enter strings "$stock/vmlinuz" | sed -n 's/.* Debian \([^ ]*\) ([0-9-]*)$/\1/p' | head -n 1
}

unpack_guest() { # FOLDER PACKAGES
	unpack "$@"
	rm -rf "${1:?}"/usr/{share,lib/python3*}
	ln -sfn usr/lib "$1/lib"
}

step_guest() {
	local version
	release=$(<"$stock/release")
	version=$(stock_version)
	[[ $version ]] || fail "$stock/vmlinuz does not tell the version of its Debian package"
	unpack_guest "$sdk/$guest" "$guest_packages $(package "$guest_modules_package" "$release")=$version"
	enter depmod -b "$sdk/$guest" "$release"
}
