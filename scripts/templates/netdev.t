#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The interfaces as their users see them.

# shellcheck source=/dev/null
. "${0%/*}/../lib/tap.sh"
plan 6

net=/sys/class/net

linked() {
	[ "$(cat $net/@NAME@0/carrier $net/@NAME@1/carrier)" = '1
1' ]
}

# The kernel itself sends the first packets of IPv6.
received() {
	[ "$(cat $net/@NAME@1/statistics/rx_packets)" -gt 0 ]
}

ok 'it loads' modprobe @NAME@
ok 'one end is brought up' ip link set @NAME@0 up
is 'it has no link' "$(cat $net/@NAME@0/carrier)" 0
ip link set @NAME@1 up
ok 'it has a link when both ends are up' await 10 linked
ok 'packets arrive' await 20 received
ok 'it unloads' rmmod @NAME@
