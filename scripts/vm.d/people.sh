# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/vm sets
# Guests for people: the session of `make run`, the shell, and gdb attached to it.

need_modules() {
	[[ -d $module_root/lib/modules ]] ||
		die "no modules in $module_root: run make, or set MODULE_ROOT"
}

session() {
	local why limit=${VM_LIMIT:-$((120 * slowness * ${VM_SLOW:-1}))}
	need_kernel
	need_modules
	choose_accel
	prepare "$work" test /tests/session
	boot "$work" "$kernel_dir/vmlinuz" "$limit" panic_on_warn=1 show
	why=$(judge_guest "$work" "$word" "$status" "$seconds" "$limit")
	[[ -z $why ]] || keep_console "$work" session
	finish "session" "$why" "$seconds"
}

show() {
	sed -un 's/^t //p'
}

shell() {
	need_kernel
	need_modules
	choose_accel
	if [[ -t 0 ]]; then interactive_shell; else piped_shell; fi
}

# Files are copied to the guest's /shared when it boots. Those that the guest has changed come back when the
# shell is left, as an archive over the second serial port.
interactive_shell() {
	local terminal held_shell
	# One at a time: a second guest would also take over the socket that gdb attaches to.
	exec {held_shell}>"$build/vm/shell-$kernel"
	flock -n "$held_shell" || die "another make shell of KERNEL=$kernel is open here: leave that one first"
	terminal=$(stty -g)
	mkdir -p "$shared"
	prepare "$work" shell ''
	# nokaslr: vmlinux has the addresses for `make gdb`.
	machine "$work" "$kernel_dir/vmlinuz" 'loglevel=4 nokaslr'
	echo "vm: booting; Ctrl-D ends the guest; Ctrl-A x kills it, and changes in /shared are lost" >&2
	status=0
	# From this folder, because the path of a socket may have 107 characters at most.
	(cd "$build/vm" && exec "${qemu[@]}" -serial mon:stdio -serial "file:$work/changed" \
		-gdb "unix:gdb-$kernel,server=on,wait=off") || status=$?
	rm -f "$build/vm/gdb-$kernel"
	stty "$terminal"
	[[ -d $work ]] || die "$work was removed while the shell was open: what was changed in /shared is lost"
	bring_back
	# 0: Ctrl-A x, or poweroff; 33: the shell was left.
	[[ $status = 0 || $status = 33 ]] || die "QEMU ended with status $status"
}

# Copies back what has changed in the guest's /shared, and keeps the archive if that fails.
bring_back() {
	local archive=$build/shared.cpio
	[[ -s $work/changed ]] || return 0
	mv --backup=numbered "$work/changed" "$archive"
	replace_shared "$archive" ||
		die "what was changed in /shared was not copied to $shared whole; what the guest sent is kept: cpio -idmv <$archive"
	rm "$archive"
}

# Unpacks into a new folder, whose files replace the older ones only if all are there: the archive may be half of one,
# and the disk full.
# shellcheck disable=SC2016 # the inner shell expands it
replace_shared() ( # ARCHIVE
	mkdir "$work/shared" && cd "$work/shared" && cpio -idm --quiet --no-absolute-filenames <"$1" &&
		find . -type f -exec sh -c 'for file; do mkdir -p "$0/${file%/*}" && mv -fT "$file" "$0/$file" || exit; done' \
			"$shared" {} +
)

# The pipe is read to its end before the guest boots.
piped_shell() {
	local why limit=${VM_LIMIT:-0}
	cat >"$work/script"
	prepare "$work" test /tests/script
	boot "$work" "$kernel_dir/vmlinuz" "$limit" '' show
	# A guest that crashed has sent only a part of the archive, and judge_guest reports the crash.
	sed -n 's/^s //p' "$work/stream" | base64 -d >"$work/changed" || true
	bring_back
	why=$(judge_guest "$work" "$word" "$status" "$seconds" "$limit")
	[[ ! $why =~ ^exit\ status\ ([0-9]+)$ ]] || exit "${BASH_REMATCH[1]}"
	[[ -z $why ]] || keep_console "$work" shell
	[[ -z $why ]] || die "$why"
}

# gdb, attached to the guest of `make shell`, with the symbols of the kernel and its modules.
debugger() { # GDB-ARGUMENT...
	local vmlinux=$kernel_dir/build/vmlinux source=$kernel_dir/build/source
	need_kernel
	readelf -SW "$vmlinux" 2>/dev/null | grep -q ' \.debug_info ' ||
		die "the $kernel kernel has no debug information: KERNEL=debug or KERNEL=types, here and for make shell"
	[[ -e $build/$kernel/gdb/constants.py ]] || die "no constants for the kernel's scripts: make gdb KERNEL=$kernel"
	[[ -S $build/vm/gdb-$kernel ]] || die "there is no guest to attach to: make shell KERNEL=$kernel, in another terminal"
	cd "$build/vm" || exit
	exec gdb -q -iex "python import sys; sys.path.insert(0, '$source/scripts/gdb')" \
		-iex "python import linux; linux.__path__.append('$build/$kernel/gdb')" "$vmlinux" \
		-ex "target remote ./gdb-$kernel" -ex "source $source/scripts/gdb/vmlinux-gdb.py" \
		-ex "lx-symbols $module_root $build/$kernel/tests/modules" "$@"
}
