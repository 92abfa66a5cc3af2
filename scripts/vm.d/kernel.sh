# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/vm sets
# A guest spends a third of its boot on unpacking vmlinuz. So tests boot the vmlinux in it, unpacked once, which
# QEMU can do if the kernel has CONFIG_PVH. Such a boot has no KASLR, which the unpacker does.

# Prints the path of the image.
kernel_image() { # CACHE
	local key image dir
	# QEMU boots it as it is, and it does not unpack itself.
	if grep -qs '^CONFIG_ARM64=y' "$kernel_dir/build/.config"; then
		echo "$kernel_dir/vmlinuz"
		return
	fi
	key=$(stat -Lc '%n %s %Y' "$kernel_dir/vmlinuz" | sha256sum | cut -c1-16)
	image=$1/vmlinux-$key
	if [[ ! -e $image ]]; then
		dir=$(mktemp -d)
		unpack "$dir/image" "$dir/said"
		# CONFIG_PVH adds this note, with the entry point.
		readelf -n "$dir/image" 2>/dev/null | grep -q 'type: (0x00000012)' ||
			ln -sf "$kernel_dir/vmlinuz" "$dir/image"
		mv "$dir/image" "$image"
		rm -r "$dir"
		find "$1" -maxdepth 1 -name 'vmlinux-*' -mmin +60 ! -name "vmlinux-$key" -delete
	fi
	echo "$image"
}

# A vmlinuz that cannot be unpacked is used as it is; a truncated vmlinux is an error. readelf notices, as the
# section headers come last.
unpack() { # IMAGE SAID
	local script=$kernel_dir/build/source/scripts/extract-vmlinux
	[[ -e $script ]] || return 0
	bash "$script" "$kernel_dir/vmlinuz" >"$1" 2>"$2" || true
	[[ $(<"$2") != *": Cannot find vmlinux." ]] || return 0
	[[ -s $1 && ! $(readelf -S "$1" 2>&1 >/dev/null) ]] ||
		die "$script unpacked only $(stat -c %s "$1") bytes of $kernel_dir/vmlinuz: is there room on the disk? $(<"$2")"
}
