# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/sdk sets
# The debug kernels, which are built here.

# Prints how many files have been built.
progress() {
	local line n=0
	while IFS= read -r line; do
		echo "$line"
		((++n % 200)) || printf '%d ' "$n" >&3
	done
}

# Prints settings that are to be off but do not exist in the kernel's source, such as misspelt ones.
unknown_settings() {
	comm -13 <(grep -rhoE --include='Kconfig*' '^[[:space:]]*(menu)?config [A-Za-z0-9_]+' "$sdk/source" |
		awk '{ print "CONFIG_" $2 }' | sort -u) \
		<(settings "$1" | awk '$1 == "#" { print $2 }' | sort -u)
}

# Kconfig silently drops settings whose dependencies are not met.
check_settings() {
	local line name
	name=$(unknown_settings "$1")
	[[ ! $name ]] || fail "$(fragments "$1") unset ${name//$'\n'/, }, which is in no Kconfig file of the kernel: correct the name"
	while IFS= read -r line; do
		name=${line#\# }
		name=${name%%[= ]*}
		if [[ $line == \#* ]]; then
			! grep -q "^$name=" "$2" || fail "$name is set although $(fragments "$1") forbid it"
		else
			grep -qxF "$line" "$2" ||
				fail "'$line' of $(fragments "$1") did not survive: $(grep -w "$name" "$2" || echo "there is no $name, or what it needs is not set")"
		fi
	done < <(settings "$1")
}

build_kernel() {
	local dir build tiny=$sdk/source/kernel/configs/tiny
	dir=$sdk/kernels/$(kernel_id "$1")
	build=$dir/build
	check_disk "$debug_disk_mb" "a $1 kernel"
	rm -rf "$dir"
	mkdir -p "$build"
	# shellcheck disable=SC2046
	cat "$tiny"{-base,}.config "$sdk/source/arch/x86/configs/tiny.config" $(fragments "$1") >"$build/all.config"
	# shellcheck disable=SC2086
	enter make -C "$sdk/source" O="$build" $debug_make KCONFIG_ALLCONFIG="$build/all.config" allnoconfig
	check_settings "$1" "$build/.config"
	# shellcheck disable=SC2086
	enter make -C "$sdk/source" O="$build" $debug_make -j"$(nproc)" all | progress
	cp "$build"/modules.{builtin,builtin.modinfo,order} "$dir/"
	cp "$build/arch/x86/boot/bzImage" "$dir/vmlinuz"
	cp "$build/include/config/kernel.release" "$dir/release"
}

step_debug() {
	build_kernel debug
}

# DEBUG_KOBJECT_RELEASE changes struct kobject, so nothing of the debug kernel can be reused.
step_kobject() {
	build_kernel kobject
}

step_types() {
	build_kernel types
}
