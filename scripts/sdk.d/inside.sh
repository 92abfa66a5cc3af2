# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/sdk sets
# Running commands inside the SDK.

# --unshare-pid: everything that was started inside ends with bwrap, however that ends. But every make then has the
# same process ID, by which it would name its jobserver's FIFO in the shared /tmp: hence the pipe. The home is empty,
# and not /tmp, where every user of the host can leave a file that Python or gdb runs.
bwrap_words() {
	bwrap=(bwrap --die-with-parent --unshare-pid --ro-bind "$root/usr" /usr --ro-bind "$root/etc" /etc
		--symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib --symlink usr/lib64 /lib64
		--proc /proc --dev /dev --dev-bind-try /dev/kvm /dev/kvm --ro-bind-try /sys /sys
		--tmpfs /run --dir /run/home --dir /var/tmp --bind /tmp /tmp --bind "$project" "$project" --bind "$cache" "$cache"
		--clearenv --setenv PATH /usr/sbin:/usr/bin --setenv LC_ALL C.UTF-8 --setenv HOME /run/home
		--setenv SDK_CACHE "$cache" --setenv GNUMAKEFLAGS --jobserver-style=pipe)
	[[ ! ${SDK_BIND:-} ]] || bwrap+=(--bind "$SDK_BIND" "$SDK_BIND")
	local name
	for name in TERM CI; do
		[[ ! -v $name ]] || bwrap+=(--setenv "$name" "${!name}")
	done
}

check_bind() {
	[[ ${SDK_BIND:-} ]] || return 0
	[[ -d $SDK_BIND ]] || fail "SDK_BIND='$SDK_BIND' is not a folder"
	SDK_BIND=$(realpath "$SDK_BIND")
	[[ $SDK_BIND != /usr/* && $SDK_BIND != /etc/* ]] ||
		fail "the SDK puts its own /usr and /etc in the host's place: move the module out of $SDK_BIND"
}

enter() {
	bwrap_words
	"${bwrap[@]}" --chdir "$sdk" "$@"
}

# Sets `root` to the folder of the root that SDK_ROOT names.
choose_root() {
	case ${SDK_ROOT:-root} in
	root) made root || fail "there is no SDK yet: scripts/sdk make" ;;
	deb)
		made "$deb" || fail "there is no root to build packages in yet: scripts/sdk make deb"
		root=$sdk/$deb
		;;
	arm64 | sid)
		root=$(own_root "$SDK_ROOT")
		made "$root" || fail "there is no root for $SDK_ROOT yet: scripts/sdk make $SDK_ROOT"
		root=$sdk/$root
		;;
	*) fail "there is no root '$SDK_ROOT': SDK_ROOT=deb, arm64 or sid, or nothing" ;;
	esac
}

run() {
	if [[ -e $inside ]]; then
		exec env "$@"
	fi
	choose_root
	check_again
	check_bind
	local cwd
	cwd=$(pwd -P)
	[[ $cwd/ == "$project"/* || $cwd/ == "$cache"/* || $cwd/ == /tmp/* || ${SDK_BIND:-} && $cwd/ == "$SDK_BIND"/* ]] ||
		fail "$cwd is not visible inside the SDK: work below $project, $cache or /tmp, or name the folder in SDK_BIND"
	bwrap_words
	while [[ ${1:-} =~ ^[A-Za-z_][A-Za-z0-9_]*= ]]; do
		bwrap+=(--setenv "${1%%=*}" "${1#*=}")
		shift
	done
	(($#)) || fail "run: no command given"
	exec 3>&-
	exec "${bwrap[@]}" --chdir "$cwd" -- "$@"
}
