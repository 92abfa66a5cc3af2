# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# For tests of what README.md says.

# The text of the N-th block of a language.
block() { # LANGUAGE N
	awk -v start="\`\`\`$1" -v wanted="$2" '
		$0 == start { n++; inside = n == wanted; next }
		/^```/ { inside = 0 }
		inside' "${0%/*}/../../README.md"
}
