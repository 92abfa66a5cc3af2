#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# limit: 1200
# With what `make rust-analyzer` writes, rust-analyzer finds all crates, of this project and of others.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 9

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

make -C "$top" new NAME=my_stacked DIR="$scratch/stacked" KIND=stacked >/dev/null
ok 'it is written for a project elsewhere, stacked on hello.ko' make -C "$scratch/stacked" rust-analyzer
is 'all paths exist on the host' "$(missing "$scratch/stacked")" ''
is 'rust-analyzer finds no error' "$(errors "$scratch/stacked")" ''
like 'and has seen its crate' "$(crates)" '^my_stacked$'

echo 'use kernel::nonesuch;' >>"$scratch/stacked/src/my_stacked.rs"
like 'an error would be found' "$(errors "$scratch/stacked")" 'my_stacked.rs: Error .*E0432.*unresolved import'
