#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# cpus: 4
# limit: 300
# Files are opened, used and closed while both modules are loaded and unloaded, and CPUs go offline.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan 6

for cpus in 4 2 1; do
	for cpu in 1 2 3; do
		[ "$cpu" -lt "$cpus" ] || echo 0 >"/sys/devices/system/cpu/cpu$cpu/online"
	done
	is "$cpus CPUs" "$(nproc)" "$cpus"
	ok 'files are used while the modules come and go' device-test unload
	diag "$tap_out"
done
