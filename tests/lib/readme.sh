# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# For tests of what README.md and the pages in docs/ say.

# Prints the N-th block of a language in a page.
block() { # PAGE LANGUAGE N
	awk -v start="\`\`\`$2" -v wanted="$3" '
		$0 == start { n++; inside = n == wanted; next }
		/^```/ { inside = 0 }
		inside' "${0%/*}/../../$1"
}
