#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# limit: 240
# 100 rounds of loading and unloading both modules; 10 on a debug kernel.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
# shellcheck source=tests/lib/rounds.sh
. "${0%/*}/../lib/rounds.sh"
plan 7
rounds "$(scaled 100)" hello_log observe_devices
is 'every Hello has its Goodbye' \
	"$(dmesg | grep -c ' hello: Goodbye$')" "$(dmesg | grep -c ' hello: Hello, world$')"
