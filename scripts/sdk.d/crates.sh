# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154,SC2164 # what scripts/sdk reads and sets, set -e too
# Programs for guests that Debian does not package, from crates.io. The SDK's rustc builds them, by a cargo that is
# unpacked for the purpose. They are static, since guests have the libraries of their own programs only.

unpack_cargo() { # FOLDER
	mkdir -p "$1"
	apt_update "$sdk/apt"
	cd "$1"
	# shellcheck disable=SC2086
	apt apt-get download $crate_packages
	unpack_debs . ./*.deb
	cd /
	rm -rf "$sdk/apt"
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

# Only the code of the program itself is optimized: that of its dependencies reads its options.
step_crates() {
	local dir=$sdk/$crates certificates=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt} program
	[[ -r $certificates ]] ||
		fail "cargo needs certificates, and there is no $certificates: apt-get install ca-certificates"
	rm -rf "$dir"
	unpack_cargo "$dir/cargo"
	cp "$certificates" "$dir/cargo/certificates"
	for program in $crate_programs; do
		enter_online env PATH="$dir/cargo/usr/bin:/usr/bin" LD_LIBRARY_PATH="$dir/cargo/usr/lib/x86_64-linux-gnu" \
			CARGO_HOME="$dir/cargo/home" CARGO_HTTP_CAINFO="$dir/cargo/certificates" \
			RUSTFLAGS='-C target-feature=+crt-static -C strip=symbols' \
			cargo install --locked --target x86_64-unknown-linux-gnu --root "$dir" \
			--config 'profile.release.package."*".opt-level=0' "$program"
	done
	rm -rf "$dir/cargo"
}

make_crates() {
	! made "$crates" || return 0
	number=0 total=1
	begin
	made root || fail "there is no SDK yet: scripts/sdk make"
	check_disk "$crate_disk_mb" "building programs from crates.io"
	find_mirror
	step "$crates" "programs from crates.io for guests"
}
