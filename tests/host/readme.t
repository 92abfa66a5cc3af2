#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# README.md and the pages in docs/ agree with the tree.
# shellcheck disable=SC2016 # the quotes are those of Markdown

set -eu
top=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"
# shellcheck source=tests/lib/kbuild.sh
. "$top/tests/lib/kbuild.sh"
# shellcheck source=tests/lib/readme.sh
. "$top/tests/lib/readme.sh"
cd "$top"

parameters() { # MODULE
	for parameter in $(modinfo -F parm "$MODULE_ROOT"/lib/modules/*/updates/"$1.ko" | cut -d: -f1); do
		echo "$1.$parameter"
	done
}

plan 15
is 'the example driver as it is' "$(block docs/own-module.md rust 1)" "$(sed -n '/^\/\/!/,$p' tests/modules/tally/tally.rs)"
is 'its test as it is' "$(block docs/testing.md sh 1)" "$(cat tests/guest/tally.t)"
is 'the driver for a bus as it is' "$(block docs/own-module.md rust 2)" \
	"$(sed -n '/^#\[pin_data]/,/^\/\/\/ The private/p' tests/modules/probed/probed.rs | sed '$d')"
is 'every command of make help' \
	"$(sed -n 's/^| `make\( [a-z_-]*\)\{0,1\}` |.*/\1/p' README.md | tr -d ' ' | sort)" \
	"$(sed -n 's/^\([a-z_-]*\):.*## .*/\1/p' Makefile | sed 's/^all$//' | sort)"
is 'every parameter' \
	"$(sed -n 's/^| `\(hello[a-z_]*\.[a-z]*\)` |.*/\1/p' docs/device.md | sort)" \
	"$({ parameters hello; parameters hello_log; } | sort)"
is 'in docs/types.md, every parameter of the modules of other types' \
	"$(sed -n 's/^| `\(hello[a-z_]*\.[a-z_]*\)` |.*/\1/p' docs/types.md | sort)" \
	"$({ parameters hello_blk; parameters hello_net; } | sort)"
is 'the session: what is typed' \
	"$(block docs/session.md console 1 | sed -n 's/^# //p')" \
	"$(sed -n "s/^type '\(.*\)'$/\1/p; s/^type \"\(.*\)\"$/\1/p" tests/session)"

is 'it is of one boot, none of whose times is after its end' \
	"$(block docs/session.md console 1 | awk '/^\[ *[0-9]/ { gsub(/[][]/, " "); if ($1 > latest) latest = $1 }
		/^session: passed, / { end = $3 + 0 } END { print (latest && latest <= end ? "yes" : latest " is after " end) }')" yes
is 'README.md has the beginning of it' "$(block README.md console 1)" "$(block docs/session.md console 1 | head -n 17)"
is 'every page is listed' "$(sed -n 's/^| \[\(docs[^]]*\)\].*/\1/p' README.md | sort)" \
	"$(find docs -name '*.md' ! -name session.md | sort)"
broken=$(for page in README.md CONTRIBUTING.md docs/*.md; do
	sed -n 's/^[^(]*\](\([^)#:]*\)).*/\1/p' "$page" | while read -r link; do
		[ -e "${page%"${page##*/}"}$link" ] || echo "$page: $link"
	done
done)
is 'no link is broken' "$broken" ''

# -- a module stacked on hello.ko, made from nothing but the page

mkdir "$work/mine"

# Replaces the folders and the kernel in the page by those of this test.
here() {
	sed "s|/tmp/mine|$work/mine|; s|/tmp/dev|$build/tests/dev|; s|kernel stock|kernel $KERNEL|; s|CC=gcc-14|$compiler|"
}

is 'the module as it is' "$(block docs/stacking.md rust 1)" "$(sed -n '/^\/\/!/,$p' tests/modules/mine.rs)"
like 'what it needs is installed' "$(block docs/stacking.md sh 1 | sed -n 1p)" '^make install-dev DESTDIR=/tmp/dev$'
block docs/stacking.md make 1 | here >"$work/mine/Kbuild"
block docs/stacking.md rust 1 >"$work/mine/mine.rs"
block docs/stacking.md sh 1 | sed 1d | here >"$work/build"
ok 'it builds as is said' sh -e "$work/build"
cat >"$work/mine/upper.rs" <<'END'
use kernel::prelude::*;
module! { type: Upper, name: "upper", description: "On mine", license: "GPL", }
struct Upper;
impl kernel::Module for Upper {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        mine::note(1);
        Ok(Self)
    }
}
END
block docs/stacking.md make 2 >>"$work/mine/Kbuild"
echo 'export::export! { note }' >>"$work/mine/mine.rs"
sh -e "$work/build" >"$work/log" 2>&1 || cat "$work/log"
is 'and so does one that is stacked on it' "$(modinfo -F depends "$work/mine/upper.ko")" mine
