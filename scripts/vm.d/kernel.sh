# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/vm sets
# A guest takes a third of its boot to unpack vmlinuz. So tests boot what is
# in it, unpacked once, where QEMU can: with CONFIG_PVH. What that leaves out
# is KASLR, which is the unpacker's.

# Prints the path of the image.
kernel_image() { # CACHE
	local key image dir
	key=$(stat -Lc '%n %s %Y' "$kernel_dir/vmlinuz" | sha256sum | cut -c1-16)
	image=$1/vmlinux-$key
	if [[ ! -e $image ]]; then
		dir=$(mktemp -d)
		unpack "$dir/image" "$dir/said"
		# The note that CONFIG_PVH leaves: where to enter.
		readelf -n "$dir/image" 2>/dev/null | grep -q 'type: (0x00000012)' ||
			ln -sf "$kernel_dir/vmlinuz" "$dir/image"
		mv "$dir/image" "$image"
		rm -r "$dir"
		find "$1" -maxdepth 1 -name 'vmlinux-*' -mmin +60 ! -name "vmlinux-$key" -delete
	fi
	echo "$image"
}

# No image is no error, half of one is: its last bytes are the section headers, which readelf misses.
unpack() { # IMAGE SAID
	local script=$kernel_dir/build/source/scripts/extract-vmlinux
	[[ -e $script ]] || return 0
	bash "$script" "$kernel_dir/vmlinuz" >"$1" 2>"$2" || true
	[[ $(<"$2") != *": Cannot find vmlinux." ]] || return 0
	[[ -s $1 && ! $(readelf -S "$1" 2>&1 >/dev/null) ]] ||
		die "$script unpacked only $(stat -c %s "$1") bytes of $kernel_dir/vmlinuz: is there room on the disk? $(<"$2")"
}
