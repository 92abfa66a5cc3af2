# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154,SC2164 # what scripts/sdk reads and sets, set -e too
# The kernels of the mirror: listing them, and moving to the newest.

config_text() { # NAME FILE
	sed -n "s/^CONFIG_$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" "$2"
}

# Notes the newest release of a kernel with a source of its own.
note_flavour() { # KERNEL
	local series=$series arch=$arch root=$root kernel_suites=$kernel_suites release_pattern=$release_pattern release version
	set_particulars "$1"
	choose_flavour "$1"
	echo "$release" >"$apt_dir/newest-$1"
}

# Prints what builds the modules for a kernel, if anything does: KERNEL=… or DKMS.
served() { # RELEASE
	local newest flavour
	newest=$(cat "$stock/release" 2>/dev/null)
	for flavour in '' $flavour_names; do
		if has_own_source "$flavour"; then
			[[ $1 == "$(cat "$sdk/kernels/flavour-$flavour/release" "newest-$flavour" 2>/dev/null | head -n 1)" ]] || continue
		else
			[[ $newest && $1 == "$(flavour_release "$newest" "$flavour")" ]] || continue
		fi
		echo "yes: KERNEL=${flavour:-stock}"
		return
	done
	if [[ $1 == *-"$arch" ]]; then
		echo "yes: DKMS"
	else
		echo "no: hello-dkms is for $arch"
	fi
}

# Prints whether modules can be built for a kernel, by the requirements of scripts/rust-metadata and the modules.
verdict() { # RELEASE VERSION CONFIG
	local its_series rustc by have=$sdk_rustc
	its_series=$(grep -oE '^[0-9]+\.[0-9]+' <<<"$1")
	rustc=$(config_text RUSTC_VERSION_TEXT "$3")
	if [[ $(config_text RUST "$3") != y ]]; then
		echo "no: built without Rust"
	elif [[ " $series $flavour_series " != *" $its_series "* ]]; then
		echo "no: the modules are for $series${flavour_series:+ and ${flavour_series// / and }}"
	elif ! awk -v p="linux-source-$its_series" -v v="$2" '$1 == p && $3 == v { found = 1 } END { exit !found }' listed; then
		echo "no: there is no linux-source-$its_series of that version"
	else
		by=$(served "$1")
		[[ $by != *=sid ]] || have=$sid_rustc
		[[ ! $have || $have == "$rustc" ]] || by="no: the SDK has $have"
		echo "$by"
	fi
}

# Downloads the newest version of each headers package, which has the kernel's configuration, which names the compiler.
get_headers() {
	local prefix=${headers_package%@release@} names architectures=$arch,arm64
	apt_update "$apt_dir"
	names=$(apt apt-cache pkgnames "$prefix" | grep -E "^${prefix}[0-9].*-($arch|arm64)\$" | sort -V)
	names+=" $(apt apt-cache pkgnames "${source_package%@series@}")"
	cd "$apt_dir"
	# shellcheck disable=SC2086
	apt apt-cache madison $names >listed
	awk '{ print $1 "=" $3 }' listed | grep -E "^$prefix" | sort -t= -k1,1V -k2,2Vr | sort -t= -k1,1V -u >newest
	# shellcheck disable=SC2046
	apt apt-get download $(<newest)
}

list_kernels() {
	local package name release version rustc sdk_rustc='' sid_rustc='' kernel_suites="$kernel_suites $sid_suites"
	local row='%-28s %-18s %-8s %-13s %-13s %s\n' flavour architecture
	make_cache
	check_tools
	mkdir -p "$sdk/log"
	# One at a time, in one folder: what a killed run has left goes with the next.
	exec 8>"$sdk/list.lock"
	flock -n 8 || { echo "sdk: waiting for another run to finish"; flock 8; }
	apt_dir=$sdk/list
	rm -rf "$apt_dir"
	mkdir "$apt_dir"
	# shellcheck disable=SC2154 # assigned there
	trap 'status=$?; rm -rf "$apt_dir"; report "$status"' EXIT
	trap 'exit 143' HUP INT TERM
	find_mirror
	current=packages-list
	get_headers >"$sdk/log/$current" 2>&1
	{
		(note_newest) || true
		for name in $flavour_series sid; do
			(note_flavour "$name") || true
		done
	} >>"$sdk/log/$current" 2>&1 3>&1
	current=
	! made root || sdk_rustc=$(enter rustc --version)
	! made "$sid" || sid_rustc=$(root=$sdk/$sid && enter rustc --version)
	# shellcheck disable=SC2059
	printf "$row" RELEASE VERSION FLAVOUR ARCHITECTURE RUSTC 'CAN BE BUILT FOR'
	while IFS='=' read -r package version; do
		# apt appends the architecture to the names of foreign packages.
		package=${package%:arm64}
		release=${package#"${headers_package%@release@}"}
		dpkg-deb --fsys-tarfile "${package}_"*.deb | tar -xO "./usr/src/$package/.config" >config
		rustc=$(config_text RUSTC_VERSION_TEXT config | cut -d ' ' -f 1-2)
		# As in 7.3.4+deb13-cloud-amd64.
		architecture=${release##*-} flavour=${release#*-}
		flavour=${flavour%"$architecture"}
		flavour=${flavour%-}
		# shellcheck disable=SC2059
		printf "$row" "$release" "$version" "${flavour:-plain}" "$architecture" "${rustc:--}" \
			"$(verdict "$release" "$version" config)"
	done <newest
}

is_newer() { # VERSION THAN
	[[ $1 != "$2" && $(printf '%s\n' "$1" "$2" | sort -V | tail -n 1) == "$1" ]]
}

# What downloads the lists of packages notes the newest release for this.
tell_newer() {
	local newest
	newest=$(cat "$sdk/newest" 2>/dev/null) || return 0
	! is_newer "$newest" "$(<"$stock/release")" ||
		echo "sdk: the mirror has a newer kernel, $newest: scripts/sdk update"
}

note_newest() {
	local release version
	choose_kernel
	echo "$release" >"$sdk/newest"
}

# Keeps the installed kernel until the new packages are downloaded and match the toolchain. The toolchain is kept.
update() {
	local had='' had_version='' release version
	made stock || { make_kernel stock; return; }
	number=0 total=1
	begin
	check_disk "$disk_mb" "moving to another kernel"
	find_mirror
	had=$(<"$stock/release") had_version=$(stock_version)
	rm -f "$sdk/newest"
	current=packages-list
	{
		apt_update "$sdk/apt"
		choose_kernel
	} >"$sdk/log/$current" 2>&1
	current=
	if ! is_newer "$version" "$had_version"; then
		rm -rf "$sdk/apt"
		echo "sdk: $had of version $had_version is the newest: the mirror has $release of version $version"
		return
	fi
	rm "$sdk/done/packages"
	step packages "the packages of $release"
	check_toolchain
	echo "sdk: from $had of version $had_version to $release of version $version"
	forget_kernels
	exec 9>&-
	make_kernel stock
}

# Refuses a kernel that was built by another compiler than the SDK's.
check_toolchain() {
	local sdk_rustc kernel_rustc
	sdk_rustc=$(enter rustc --version)
	kernel_rustc=$(config_text RUSTC_VERSION_TEXT "$sdk/packages/tree/usr/src/linux-headers-$release/.config")
	[[ $sdk_rustc != "$kernel_rustc" ]] || return 0
	rm -rf "$sdk/packages/tree" "$sdk"/packages/*.deb
	fail "kernel $release was built by '$kernel_rustc', the SDK has '$sdk_rustc', and stays on $had" \
		"what the SDK is made of: $(conf_line series), $(conf_line root_suites)"
}

# By one rename, so that an interruption leaves a consistent state: at worst the root is made again. sid's root always is,
# since sid's compilers change with its kernels.
forget_kernels() {
	local mark
	rm -rf "$sdk/done.old"
	mv "$sdk/done" "$sdk/done.old"
	mkdir "$sdk/done"
	for mark in "$sdk"/done.old/{packages,root,deb-*,arm64-*}; do
		[[ ! -e $mark ]] || mv "$mark" "$sdk/done/"
	done
	rm -rf "$sdk/done.old"
}
