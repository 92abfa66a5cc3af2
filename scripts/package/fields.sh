# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the environment says about a package: VERSION, and DEBEMAIL, DEBFULLNAME and EMAIL, of which the maintainer is
# made as by Debian's own tools (debchange(1)).

fail() {
	printf 'package: %s\n' "$@" >&2
	exit 1
}

# Prints the version.
version() { # DEFAULT
	local version=${VERSION:-$1}
	[[ $version =~ ^[0-9][A-Za-z0-9.+~]*$ ]] ||
		fail "VERSION='$version' is not a version of a Debian package: set it to digits, letters and . + ~, a digit first"
	echo "$version"
}

# Prints the maintainer; nothing if the environment names none.
maintainer() {
	local variable=DEBEMAIL address=${DEBEMAIL:-} name=${DEBFULLNAME:-} maintainer
	[[ $address ]] || variable=EMAIL address=${EMAIL:-}
	if [[ ! $address ]]; then
		[[ ! $name ]] || fail "DEBFULLNAME='$name' comes without an address: set DEBEMAIL, too"
		return 0
	fi
	if [[ $address =~ ^(.*[^[:space:]])[[:space:]]+\<(.*)\>$ ]]; then
		name=${name:-${BASH_REMATCH[1]}} address=${BASH_REMATCH[2]}
	fi
	maintainer="${name:-${address%@*}} <$address>"
	# lintian refuses a host without a domain.
	[[ $maintainer =~ ^[^\<\>]+\ \<[^@\<\>[:space:]]+@[^@\<\>[:space:]]+\.[^@\<\>[:space:].]+\>$ && $maintainer != *$'\n'* ]] ||
		fail "DEBFULLNAME and $variable make '$maintainer', but it must be 'NAME <USER@HOST.DOMAIN>'"
	echo "$maintainer"
}
