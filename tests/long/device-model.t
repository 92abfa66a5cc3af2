#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# limit: 300
# Half a million of the random operations of tests/guest/device-model.t.

# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
modprobe hello || exit
exec device-test model "$(od -An -N 4 -t u4 /dev/urandom | tr -d ' ')" "$(scaled 500000)"
