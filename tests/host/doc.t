#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# The documentation of the crates is rendered without a warning.

set -eu
top=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"
# shellcheck source=tests/lib/kbuild.sh
. "$top/tests/lib/kbuild.sh"

links() { # START
	grep -rhoE "href=\"$1[^\"]*\"" "$work/doc" | head -n 1
}

plan 6
ok 'it is rendered' "$top/scripts/doc" "$build" "$work/doc"
ok 'each crate has a page' ls "$work"/doc/export/index.html "$work"/doc/chrdev/index.html "$work"/doc/blkdev/index.html \
	"$work"/doc/netdev/index.html "$work"/doc/hello/index.html "$work"/doc/hello_log/index.html
like 'it links to the documentation of the kernel crate' "$(links https://rust.docs.kernel.org/kernel/)" html
like 'and to the files of the kernel' "$(links https://git.kernel.org/)" 'tree/[a-z]+/.*\.[ch]'
is 'no link to a file is left as it is written' "$(links '[^"]*srctree')" ''

# A crate with a broken link.
mkdir -p "$work/build/src/export"
# shellcheck disable=SC2016 # the quotes are those of Markdown
sed '1s|^//.*|//! A link to [`nothing_of_that_name`].|' "$top/src/export/export.rs" >"$work/export.rs"
sed "s|[^ ]*/src/export/export.rs|$work/export.rs|" "$build/src/export/.export.o.cmd" >"$work/build/src/export/.export.o.cmd"
fails 'a broken link is an error' 'unresolved link to .nothing_of_that_name' "$top/scripts/doc" "$work/build" "$work/broken"
