#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# limit: 1200
# With what `make rust-analyzer` writes, rust-analyzer finds all crates, of this project and of others.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 13

top=$(cd "${0%/*}/../.." && pwd)
sdk=$("$top/scripts/sdk" path)
# The environment describes hello's build, not that of another project.
unset BUILD MODULE_ROOT KERNEL_DIR VM_LOGS

paths() { # FOLDER
	grep -oE '"/[^"\\]*"' "$1/rust-project.json" | tr -d '"' | sort -u
}

# Prints the paths that an editor on the host would not find: missing ones, and those in the SDK's own /usr.
missing() { # FOLDER
	paths "$1" | while read -r path; do
		case $path in
		"$sdk"/* | "$top"/* | "$scratch"/*) [ -e "$path" ] || echo "$path" ;;
		*) echo "$path" ;;
		esac
	done
}

# rust-analyzer 1.85 does not support derive(CoercePointee), with which the kernel's Arc and Box coerce: type errors
# about these are ignored.
arc_or_box='RustcHardError\("E0(308|559|599)"\).*: (expected|no method .* on type|no field .* on type) .?(Arc|Box)<'
errors() { # FOLDER
	"$top/scripts/rust-analyzer" diagnostics "$1" >"$scratch/said" 2>&1 || true
	grep -q '^diagnostic scan complete' "$scratch/said" || cat "$scratch/said"
	awk '/^processing/ { place = $0 } /^Error [A-Z]/ { print place ": " $0 }' "$scratch/said" | grep -vE "$arc_or_box"
}

crates() {
	sed -n 's/^processing crate: \([^,]*\),.*/\1/p' "$scratch/said" | sort -u
}

ok 'it is written' make -C "$top" rust-analyzer
is 'all paths exist on the host' "$(missing "$top")" ''
is 'rust-analyzer finds no error' "$(errors "$top")" ''
like 'and has seen every crate' "$(crates | tr '\n' ' ')" \
	'blkdev .*chrdev .*everything .*export hello hello_blk hello_log hello_net .*netdev .*tally '

for kind in chrdev stacked; do
	make -C "$top" new NAME=my_$kind DIR="$scratch/$kind" KIND=$kind >/dev/null
	ok "$kind: it is written for a project elsewhere" make -C "$scratch/$kind" rust-analyzer
	is "$kind: all paths exist on the host" "$(missing "$scratch/$kind")" ''
	is "$kind: rust-analyzer finds no error" "$(errors "$scratch/$kind")" ''
	like "$kind: and has seen its crate" "$(crates)" "^my_$kind\$"
done

echo 'use kernel::nonesuch;' >>"$scratch/stacked/my_stacked.rs"
like 'an error would be found' "$(errors "$scratch/stacked")" 'my_stacked.rs: Error .*E0432.*unresolved import'
