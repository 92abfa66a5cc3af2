#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The test of a project that has none of its own: every module can be loaded and unloaded.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan $(($(wc -l </tests/modules) * 2))

loaded() { # MODULE
	grep -q "^$1 " /proc/modules
}

: >/run/unload
while read -r module; do
	ok "$module: loads" modprobe "$module"
	echo "$module" | cat - /run/unload >/run/unload.new
	mv /run/unload.new /run/unload
done </tests/modules
while read -r module; do
	modprobe -r "$module"
	fails "$module: unloads" '^$' loaded "$module"
done </run/unload
