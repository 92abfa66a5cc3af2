# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154,SC2164 # what scripts/sdk reads and sets, set -e too
# The stock kernel, its Rust metadata, and Debian's other kernels: its flavours, that of arm64, the newest of other
# series, and sid's.

step_packages() {
	local p
	rm -rf "$sdk/packages"
	mkdir -p "$sdk/packages"
	# `update` has chosen one already.
	if [[ ! $version ]]; then
		apt_update "$sdk/apt"
		choose_kernel
	fi
	cd "$sdk/packages"
	for p in "$headers_package" "$binary_package" "$base_package" "$source_package"; do
		apt apt-get download "$(package "$p" "$release")=$version"
	done
	unpack_debs tree linux-[!s]*.deb
	rm -rf "$sdk/apt"
	echo "$release" >release
	cd /
}

unpack_source() { # PACKAGES FOLDER
	rm -rf "$2" "$2.new"
	mkdir "$2.new"
	dpkg-deb --fsys-tarfile "$1"/linux-source-*.deb |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		tar -xJ -C "$2.new" --strip-components=1
	mv "$2.new" "$2"
}

step_source() {
	unpack_source "$sdk/packages" "$sdk/source"
	rm "$sdk"/packages/linux-source-*.deb
}

rebuild_metadata() { # SOURCE FOLDER
	local status=0 said
	enter "$here/rust-metadata" rebuild "$release" "$headers" "$1" "$2" || status=$?
	((status)) || return 0
	said=$(sed -n '/^linux-rust-metadata: [^[]/,$s/^linux-rust-metadata: //p' "$sdk/log/$current")
	[[ $status == 1 && $said ]] || exit "$status"
	if [[ $root == "$sdk/$sid" ]]; then
		fail "$said" "what the root for sid is made of: $(conf_line sid_suites), $(conf_line sid_packages)" \
			"if sid has moved on since that was unpacked: rm -rf $root"
	fi
	fail "$said" "what the SDK is made of: $(conf_line series), $(conf_line root_suites)"
}

# A single step, because files that a killed make leaves look newer than their sources.
step_metadata() {
	rm -rf "$stock"
	rebuild_metadata "$sdk/source" "$stock/build"
}

step_stock() {
	local modules=$sdk/packages/tree/usr/lib/modules/$release
	cp "$headers/Module.symvers" "$headers/vmlinux" "$stock/build/"
	cp "$modules"/{vmlinuz,modules.builtin,modules.builtin.modinfo,modules.order} "$sdk/packages/release" "$stock/"
}

flavour_release() { # RELEASE FLAVOUR
	if [[ $2 == arm64 ]]; then
		echo "${1%-"$arch"}-arm64"
	else
		echo "${1%-"$arch"}${2:+-$2}-$arch"
	fi
}

# Unpacks the packages of a kernel, all in one version.
get_flavour() { # FOLDER RELEASE VERSION WHAT-HAS-THAT-VERSION
	local p
	mkdir -p "$1"
	cd "$1"
	for p in "$headers_package" "$binary_package" "$base_package" "$flavour_modules_package"; do
		p=$(package "$p" "$2")
		[[ $'\n'$(versions "$p")$'\n' == *$'\n'$3$'\n'* ]] ||
			fail "$kernel_suites at $mirror have no $p of version $3, that of the $4" \
				"there are: $(versions "$p" | tr '\n' ' ')" "to move to the newest kernel: scripts/sdk update"
		apt apt-get download "$p=$3"
	done
	unpack_debs . ./*.deb
	cd /
}

# Downloads and unpacks another source than the stock kernel's.
get_source() { # FOLDER VERSION
	mkdir "$1.packages"
	cd "$1.packages"
	apt apt-get download "$(package "$source_package")=$2"
	unpack_source . "$1"
	cd /
	rm -rf "$1.packages"
}

# Sets what is particular to a kernel that has a root of its own. The caller declares these as local: the functions that
# it calls read them.
set_particulars() { # KERNEL
	case $1 in
	arm64) arch=arm64 root=$sdk/$arm64 ;;
	sid) kernel_suites=$sid_suites release_pattern=$sid_release_pattern root=$sdk/$sid ;;
	esac
}

# Sets `series`, and as choose_kernel does `release` and `version`, for a kernel with a source of its own.
choose_flavour() { # KERNEL
	local name=${headers_package%@release@} names
	if [[ $1 != sid ]]; then
		series=$1
		choose_kernel flavour_series
		return
	fi
	names=$(apt apt-cache pkgnames "$name")
	for series in $sid_series; do
		! grep -qxE "$name$(package "$release_pattern")" <<<"$names" || break
	done
	choose_kernel sid_series sid_suites
}

step_flavour() {
	local dir=$sdk/kernels/$current name=${current#*-} of='stock kernel' source=$sdk/source version
	local arch=$arch root=$root kernel_suites=$kernel_suites release_pattern=$release_pattern series=$series
	version=$(stock_version)
	release=$(flavour_release "$(<"$stock/release")" "$name")
	set_particulars "$name"
	rm -rf "$dir"
	mkdir -p "$dir"
	apt_update "$sdk/apt"
	# The lists for arm64 and sid do not have the stock kernel.
	[[ $(own_root "$name") ]] || (note_newest) 3>&1 || true
	if has_own_source "$name"; then
		choose_flavour "$name"
		source=$dir/source of="source of $series"
		get_source "$source" "$version"
	fi
	get_flavour "$dir/packages" "$release" "$version" "$of"
	rm -rf "$sdk/apt"
	headers=$dir/packages/usr/src/linux-headers-$release
	rebuild_metadata "$source" "$dir/build"
	cp "$headers/Module.symvers" "$headers/vmlinux" "$dir/build/"
	cp "$dir/packages/usr/lib/modules/$release"/{vmlinuz,modules.builtin,modules.builtin.modinfo,modules.order} "$dir/"
	echo "$release" >"$dir/release"
	# The modules stay, for tests that name some.
	if [[ $arch == arm64 ]]; then
		unpack_guest "$dir/debian" "$arm64_guest_packages $guest_packages"
	else
		mkdir -p "$dir/debian/usr/lib"
		ln -s usr/lib "$dir/debian/lib"
	fi
	mv "$dir/packages/usr/lib/modules" "$dir/debian/usr/lib/"
	enter depmod -b "$dir/debian" "$release"
	rm -rf "$dir/packages"
}
