#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# README.md shows what is there.
# shellcheck disable=SC2016 # the quotes are those of Markdown

set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"
cd "$top"

# The text of the N-th block of a language.
block() { # LANGUAGE N
	awk -v start="\`\`\`$1" -v wanted="$2" '
		$0 == start { n++; inside = n == wanted; next }
		/^```/ { inside = 0 }
		inside' README.md
}

parameters() { # MODULE
	for parameter in $(modinfo -F parm "$MODULE_ROOT"/lib/modules/*/updates/"$1.ko" | cut -d: -f1); do
		echo "$1.$parameter"
	done
}

plan 4
is 'the example driver as it is' "$(block rust 1)" "$(sed -n '/^\/\/!/,$p' tests/modules/tally.rs)"
is 'every command of make help' \
	"$(sed -n 's/^| `make\( [a-z_-]*\)\{0,1\}` |.*/\1/p' README.md | tr -d ' ' | sort)" \
	"$(sed -n 's/^\([a-z_-]*\):.*## .*/\1/p' Makefile | sed 's/^all$//' | sort)"
is 'every parameter' \
	"$(sed -n 's/^| `\(hello[a-z_]*\.[a-z]*\)` |.*/\1/p' README.md | sort)" \
	"$({ parameters hello; parameters hello_log; } | sort)"
is 'the session: what is typed' \
	"$(block console 1 | sed -n 's/^# //p')" \
	"$(sed -n "s/^type '\(.*\)'$/\1/p; s/^type \"\(.*\)\"$/\1/p" scripts/vm.d/session)"
