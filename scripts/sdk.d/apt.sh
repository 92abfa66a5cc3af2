# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/sdk sets
# The mirror and its packages, by the host's apt-get without the host's sources.

find_mirror() {
	local dir=$sdk/tmp.mirror
	mirror=${SDK_MIRROR:-}
	if [[ ! $mirror ]] && grep -qx ID=debian /etc/os-release; then
		mirror=$(host_mirror)
	fi
	if [[ ! $mirror ]]; then
		rm -rf "$dir"
		# The setup hook runs before anything is fetched; its failure ends the run.
		# shellcheck disable=SC2016
		debstrap --mode=chrootless --skip=check/chrootless --variant=extract --architectures="$arch" \
			--setup-hook='cat "$1/etc/apt/sources.list" >&2; false' "${root_suites%% *}" "$dir" \
			>"$sdk/log/mirror" 2>&1 || true
		mirror=$(awk '$1 == "deb" { for (i = 2; i < NF; i++) if ($i ~ /^https?:/) { print $i; exit } }' "$sdk/log/mirror")
		rm -rf "$dir"
	fi
	[[ $mirror ]] || fail "found no Debian mirror: set SDK_MIRROR to the URL of one"
	# The lists of an archived mirror have expired, and for those of its own the host's apt may be set to overlook it.
	[[ $mirror != *//snapshot.debian.org/* && $(host_setting Acquire::Check-Valid-Until) != false ]] || valid_until=false
}

host_setting() { # NAME
	apt-config shell value "$1/b" | sed "s/^value='\(.*\)'\$/\1/"
}

host_mirror() {
	local codename word
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# apt knows the label only if it has downloaded the lists.
	for word in --release-info --no-release-info; do
		# shellcheck disable=SC2016
		apt-get indextargets $word --format '$(REPO_URI) $(LABEL) $(RELEASE)' 'Created-By: Packages' 'Component: main'
	done |
		awk -v c="$codename" '/^https?:/ && ($2 == "Debian" || $3 == c && $1 ~ /\/debian\/?$/) && !seen++ { print $1 }'
}

sources() {
	local suite
	for suite in $1; do
		echo "deb [signed-by=$keyring] $mirror $suite main"
	done
}

apt() {
	local dir=${apt_dir:-$sdk/apt} tool=$1
	shift
	"$tool" -q -o Dir::State="$dir/state" -o Dir::State::status="$dir/status" -o Dir::Cache="$dir/cache" \
		-o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts="$dir/none" \
		-o Dir::Etc::Preferences="$dir/none" -o Dir::Etc::PreferencesParts="$dir/none" \
		-o APT::Architecture="$arch" -o APT::Architectures="${architectures:-$arch}" -o APT::Sandbox::User=root \
		-o Acquire::Check-Valid-Until="$valid_until" -o Acquire::Languages=none -o Acquire::Retries=2 -o Acquire::http::Timeout=30 "$@"
}

# If apt has failed, fails with its last error message.
apt_hint() { # LOG
	local said hint="the step is '$current', the mirror $mirror (SDK_MIRROR names another); the log: $1"
	said=$(grep '^E:' "$1") || return 0
	if grep -q NO_PUBKEY "$1"; then
		hint="the key is not in $keyring: install a newer $keyring_package; the log: $1"
	elif grep -q 'not valid yet' "$1"; then
		hint="the clock of this host may be wrong; it says $(date -R); the log: $1"
	fi
	fail "$(tail -n 3 <<<"$said")" "$hint"
}

package() {
	local name=${1//@series@/$series}
	echo "${name//@release@/${2:-}}"
}

versions() {
	apt apt-cache madison "$1" 2>/dev/null | awk '{ print $3 }' | sort -Vru
}

# Sets `release` and `version` to those of the newest kernel of `series` whose packages are complete.
choose_kernel() { # [LINES of sdk.conf that name the series and the suites]
	local pattern names name headers="" binaries="" sources
	pattern=$(package "$release_pattern")
	names=$(apt apt-cache pkgnames "${headers_package%@release@}" | sort -Vr)
	sources=$(versions "$(package "$source_package")")
	for name in $names; do
		release=${name#"${headers_package%@release@}"}
		[[ $release =~ ^$pattern$ ]] || continue
		binaries+=" $(versions "$(package "$binary_package" "$release")" | tr '\n' ' ')"
		for version in $(versions "$name"); do
			headers+=" $version"
			if [[ " $binaries " == *" $version "* && $'\n'$sources$'\n' == *$'\n'$version$'\n'* ]]; then
				return
			fi
		done
	done
	fail "$kernel_suites at $mirror have no kernel $series whose headers, binary and source are of one version" \
		"looked for: $(package "$headers_package" "$pattern"), its $(package "$binary_package" RELEASE), $(package "$source_package")" \
		"there are: headers${headers:- none}; binary${binaries:- none}; source ${sources:-none}" \
		"series there: $(apt apt-cache pkgnames "${source_package%@series@}" | sort -V | tr '\n' ' ')" \
		"change: $(conf_line "${1:-series}"), or $(conf_line "${2:-kernel_suites}")"
}

# Downloads the lists of the kernel's packages into a new folder for `apt`.
apt_update() { # FOLDER
	rm -rf "$1"
	mkdir -p "$1"/{state/lists/partial,cache/archives/partial,none}
	: >"$1/status"
	sources "$kernel_suites" >"$1/sources.list"
	apt apt-get update -o APT::Update::Error-Mode=any
}

# Unpacks downloaded packages into a folder, and removes them.
unpack_debs() { # FOLDER FILE...
	local file
	for file in "${@:2}"; do
		dpkg-deb -x "$file" "$1"
		rm "$file"
	done
}
