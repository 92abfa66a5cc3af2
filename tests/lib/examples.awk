# SPDX-License-Identifier: GPL-2.0
# Writes the examples of Rust documentation to folder/example_N.rs, without what is marked "ignore", and prints
# where each is from. Lines that the documentation hides, behind "# ", are part of an example.

!/^ *\/\/[\/!]/ { inside = 0; next }

{
	line = $0
	sub(/^ *\/\/[\/!] ?/, "", line)
}

line ~ /^```/ {
	if (inside) {
		close(file)
		inside = 0
	} else {
		inside = 1
		wanted = line == "```" || line == "```rust"
		if (wanted) {
			file = folder "/example_" ++n ".rs"
			print n, FILENAME ":" FNR
			printf "//! %s:%d\n#![allow(dead_code)]\n", FILENAME, FNR >file
		}
	}
	next
}

inside && wanted {
	sub(/^# /, "", line)
	sub(/^#$/, "", line)
	print line >file
}
