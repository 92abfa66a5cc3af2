# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/vm sets
# Guests to look at: the session of `make run`, and the shell.

need_modules() {
	[[ -d $module_root/lib/modules ]] ||
		die "no modules in $module_root: make, or set MODULE_ROOT"
}

session() {
	local why limit=${VM_LIMIT:-$((120 * slowness))}
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
	local terminal=''
	need_kernel
	need_modules
	choose_accel
	[[ ! -t 0 ]] || terminal=$(stty -g)
	prepare "$work" shell ''
	machine "$work" "$kernel_dir/vmlinuz" loglevel=4
	echo "vm: booting; modprobe hello_log loads the modules, Ctrl-D or Ctrl-A x ends the guest" >&2
	status=0
	"${qemu[@]}" -serial mon:stdio || status=$?
	[[ -z $terminal ]] || stty "$terminal"
	# Left by Ctrl-A x or by poweroff; 33 is a shell that was left.
	[[ $status = 0 || $status = 33 ]] || die "QEMU ended with status $status"
}
