# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/vm sets
# KVM or TCG. On a host that is itself a guest, /dev/kvm may open and create a machine in which no kernel ever
# boots, so the only reliable check is to boot one.

# Sets `accel`, and prints which it is, once per make.
choose_accel() {
	local why key
	accel=${VM_ACCEL:-}
	[[ -z $accel ]] || { say_accel "$accel, as VM_ACCEL says"; return 0; }
	if ! is_native; then
		accel=tcg
		say_accel "tcg, since this machine is not $native_on"
		export VM_ACCEL=$accel
		return
	fi
	key="$(cat /proc/sys/kernel/random/boot_id) $("$emulator" --version | head -n 1)"
	if [[ ! -r $kvm || ! -w $kvm ]]; then
		why="tcg: no access to $kvm"
	elif [[ -r $build/vm/accel && $(sed -n 1p "$build/vm/accel") == "$key" ]]; then
		why=$(sed -n 2p "$build/vm/accel")
	else
		probe
		mkdir -p "$build/vm"
		printf '%s\n' "$key" "$why" >"$work/accel"
		mv "$work/accel" "$build/vm/accel"
	fi
	accel=${why%%:*}
	say_accel "${why/:/,}"
	export VM_ACCEL=$accel
}

say_accel() {
	[[ ${VM_SAID:-} ]] || echo "vm: $1" >&"$progress"
	export VM_SAID=1
}

# Sets `why`.
probe() {
	# shellcheck disable=SC2034 # prepare and boot set these
	local status word seconds
	accel=kvm
	mkdir "$work/probe"
	prepare "$work/probe" test /dev/null
	boot "$work/probe" "$kernel_dir/vmlinuz" 5 '' cat
	why="tcg: $kvm is there, but a guest does not boot on it within 5 s (remembered in $build/vm/accel until this host boots again)"
	[[ $status != 33 ]] || why='kvm: a guest boots on it'
}
