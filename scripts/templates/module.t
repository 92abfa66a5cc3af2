#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The module as its users see it.

# shellcheck source=/dev/null
. "${0%/*}/../lib/tap.sh"
plan 4

ok 'it loads' modprobe @NAME@
like 'it says hello' "$(dmesg)" '@NAME@: Hello$'
ok 'it unloads' rmmod @NAME@
like 'it says goodbye' "$(dmesg)" '@NAME@: Goodbye$'
