# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/vm sets
# A guest takes a third of its boot to unpack vmlinuz. So tests boot what is
# in it, unpacked once, where QEMU can: with CONFIG_PVH. What that leaves out
# is KASLR, which is the unpacker's.

# Prints the path of the image.
kernel_image() { # CACHE
	local key image tmp unpack=$kernel_dir/build/source/scripts/extract-vmlinux
	key=$(stat -Lc '%n %s %Y' "$kernel_dir/vmlinuz" | sha256sum | cut -c1-16)
	image=$1/vmlinux-$key
	if [[ ! -e $image ]]; then
		mkdir -p "$1"
		tmp=$(mktemp -d "$1/vmlinux.XXXXXX")
		# The note that CONFIG_PVH leaves: where to enter.
		bash "$unpack" "$kernel_dir/vmlinuz" >"$tmp/image" 2>/dev/null || true
		readelf -n "$tmp/image" 2>/dev/null | grep -q 0x00000012 ||
			ln -sf "$kernel_dir/vmlinuz" "$tmp/image"
		mv "$tmp/image" "$image"
		rmdir "$tmp"
		find "$1" -name 'vmlinux-*' -mmin +60 ! -name "vmlinux-$key" -delete
	fi
	echo "$image"
}
