# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/sdk sets
# What the SDK needs of the host.

missing_packages() {
	local pair
	for pair in $host_tools; do
		type -P "${pair%:*}" >/dev/null || echo "${pair#*:}"
	done
	[[ -e $keyring ]] || echo "$keyring_package"
}

check_tools() {
	local missing
	type -P apt-get >/dev/null || fail "this host has no apt-get: the SDK is made on Debian or Ubuntu only" \
		"to build for a kernel tree of your own, without the SDK: make KDIR=/path/to/tree"
	missing=$(missing_packages | sort -u | tr '\n' ' ')
	[[ $missing ]] || return 0
	((EUID == 0)) || fail "missing on this host: $missing" "install with: sudo apt-get install $missing"
	echo "sdk: installing what this host lacks: apt-get install $missing"
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive bash -c \
		'apt-get update && apt-get install -y --no-install-recommends "$@"' - $missing >"$cache/apt.log" 2>&1 ||
		fail "$(tail -n 3 "$cache/apt.log")" "apt-get could not install $missing: see $cache/apt.log"
}

check_host() {
	local have
	have=$(dpkg --print-architecture)
	[[ $have == "$arch" ]] || fail "this host is $have, the SDK is for $arch: see $(conf_line arch)"
	check_project
	check_bwrap
	check_moved
}

check_project() {
	[[ $project =~ ^[A-Za-z0-9/._+@-]+$ ]] ||
		fail "kbuild cannot work in '$project': move the project to a path of the characters A-Z a-z 0-9 . / _ + @ -"
	[[ $project != /usr/* && $project != /etc/* ]] ||
		fail "the SDK puts its own /usr and /etc in the host's place: move the project out of $project"
}

free_mb() {
	echo $(($(df -Pk "$cache" | awk 'NR == 2 { print $4 }') / 1024))
}

check_disk() {
	local free
	free=$(free_mb)
	((free >= $1)) ||
		fail "$cache has $free MB free, $2 takes $1: make room, or set SDK_CACHE to another disk"
}

check_bwrap() {
	local said
	said=$(bwrap --unshare-pid --ro-bind / / --dev /dev --proc /proc true 2>&1) || bwrap_forbidden "$said"
}

# kbuild's build folders contain absolute paths.
check_moved() {
	local made_in
	made_in=$(readlink "$stock/build/source" || true)
	[[ ! $made_in || $made_in == "$sdk/source" ]] ||
		fail "the SDK in $sdk was made in ${made_in%/source}, and works only there" \
			"move it back, or remove it and make another: rm -rf $sdk"
}

# Checks for a complete SDK: the host may have changed since it was made.
check_again() {
	[[ ! -e $inside ]] || return 0
	check_project
	type -P bwrap >/dev/null || check_tools >&2
	check_bwrap
	check_moved
}

bwrap_forbidden() {
	local mend="a container needs the right to make namespaces (docker run --privileged)"
	if [[ $(cat /proc/sys/kernel/apparmor_restrict_unprivileged_userns 2>/dev/null) == 1 ]]; then
		mend="Ubuntu's AppArmor forbids it; load the profile that allows it:
     sudo apt-get install apparmor-profiles
     sudo cp /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/
     sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict"
	elif [[ $(cat /proc/sys/kernel/unprivileged_userns_clone 2>/dev/null) == 0 ]]; then
		mend="user namespaces are off; allow them: sudo sysctl kernel.unprivileged_userns_clone=1"
	elif [[ $(cat /proc/sys/user/max_user_namespaces 2>/dev/null) == 0 ]]; then
		mend="user namespaces are off; allow them: sudo sysctl user.max_user_namespaces=10000"
	fi
	fail "bubblewrap cannot run here: $1" "$mend"
}
