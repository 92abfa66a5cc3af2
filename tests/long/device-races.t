#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# limit: 400
# Several processes on one device, for ten times as long as in device-calls.t.

# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
modprobe hello || exit
TIMES=10
export TIMES
exec device-test whole appenders vanish-race
