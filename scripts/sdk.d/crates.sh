# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154,SC2164 # what scripts/sdk reads and sets, set -e too
# Programs for guests that few tests need: from crates.io, which the SDK's rustc builds, by a cargo that is unpacked for
# the purpose; of Debian's packages; and tests of liburing. Guests have the libraries of their own programs only, so those
# that are built here are static, and those of Debian's need the C library only.

# Unpacks packages, whose lists stay in the SDK's apt folder.
unpack_packages() { # FOLDER PACKAGE...
	mkdir -p "$1"
	apt_update "$sdk/apt"
	cd "$1"
	apt apt-get download "${@:2}"
	unpack_debs . ./*.deb
	cd /
}

# Enters the SDK with this host's name servers and proxies.
enter_online() {
	local name
	bwrap_words
	bwrap+=(--ro-bind /etc/resolv.conf /etc/resolv.conf)
	for name in http_proxy https_proxy no_proxy HTTPS_PROXY NO_PROXY; do
		[[ ! -v $name ]] || bwrap+=(--setenv "$name" "${!name}")
	done
	"${bwrap[@]}" --chdir "$sdk" "$@"
}

# Only the program itself is optimized: its dependencies merely parse its options.
build_crates() { # FOLDER CERTIFICATES
	local program cargo=$1/packages
	cp "$2" "$cargo/certificates"
	for program in $crate_programs; do
		enter_online env PATH="$cargo/usr/bin:/usr/bin" LD_LIBRARY_PATH="$cargo/usr/lib/x86_64-linux-gnu" \
			CARGO_HOME="$cargo/home" CARGO_HTTP_CAINFO="$cargo/certificates" \
			RUSTFLAGS='-C target-feature=+crt-static -C strip=symbols' \
			cargo install --locked --target x86_64-unknown-linux-gnu --root "$1" \
			--config 'profile.release.package."*".opt-level=0' "$program"
	done
}

# Debian packages the library, but not its tests.
build_liburing() { # FOLDER
	local name names source=$1/liburing
	read -ra names <<<"$crate_liburing_tests"
	mkdir "$source"
	cd "$source"
	sources "${root_suites%% *}" | sed 's/^deb /deb-src /' >"$sdk/apt/sources.list"
	apt apt-get update -o APT::Update::Error-Mode=any
	apt apt-get source --download-only liburing
	tar -xf liburing_*.orig.tar.?z --strip-components=1
	cd /
	enter env -C "$source" ./configure --use-libc --cc=gcc-14
	enter make -C "$source/src" CC=gcc-14 liburing.a
	# Its warnings are those of another compiler.
	enter make -C "$source/test" CC=gcc-14 CFLAGS='-O2 -w' LDFLAGS='-static -s' "${names[@]/%/.t}"
	for name in "${names[@]}"; do
		cp "$source/test/$name.t" "$1/bin/liburing-$name"
	done
}

step_crates() {
	local dir=$sdk/$crates certificates=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt} program
	[[ -r $certificates ]] ||
		fail "cargo needs certificates, and there is no $certificates: apt-get install ca-certificates"
	rm -rf "$dir"
	mkdir -p "$dir/bin"
	# shellcheck disable=SC2086
	unpack_packages "$dir/packages" $crate_packages $crate_debian_programs
	build_crates "$dir" "$certificates"
	for program in $crate_debian_programs; do
		cp "$dir/packages/usr/bin/$program" "$dir/bin/"
	done
	build_liburing "$dir"
	rm -rf "$dir/packages" "$dir/liburing" "$sdk/apt"
}

make_crates() {
	! made "$crates" || return 0
	number=0 total=1
	begin
	made root || fail "there is no SDK yet: scripts/sdk make"
	check_disk "$crate_disk_mb" "building programs for guests"
	find_mirror
	step "$crates" "programs for guests that few tests need"
}
