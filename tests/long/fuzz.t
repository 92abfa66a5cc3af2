#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# limit: 300
# 200,000 random system calls on the devices, from two processes at a time. The
# seeds are fixed, so that what is found is found again; in a guest's shell,
# fuzz SEED COUNT makes other calls, and more.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 6

modprobe hello_log
for seed in 1 3; do
	fuzz "$seed" 50000 >/tmp/other 2>&1 &
	ok "seed $((seed + 1))" fuzz "$((seed + 1))" 50000
	wait $!
	is "seed $seed" "$? $(grep -c 'strange' /tmp/other)" '0 1'
	diag "$tap_out
$(cat /tmp/other)"
done
echo alive >/dev/hello2
is 'a device that was left alone works' "$(cat /dev/hello2)" alive
ok 'both can be unloaded' modprobe -r hello_log
