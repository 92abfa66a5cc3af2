#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock types
# 250 rounds of loading and unloading the disk, and as many of the interfaces; 25 on a debug kernel.
# cpus: 1
# limit: 300
# programs: ip ping dd

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
# shellcheck source=tests/lib/rounds.sh
. "${0%/*}/../lib/rounds.sh"
plan 12
rounds "$(scaled 250)" hello_blk observe_disk
ip netns add there
rounds "$(scaled 250)" hello_net observe_interfaces
