#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# 100,000 random operations, on the device and on a model of it. The seed differs each time and is printed, so that
# device-test can repeat the operations.

# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
modprobe hello || exit
exec device-test model "$(od -An -N 4 -t u4 /dev/urandom | tr -d ' ')" "$(scaled 100000)"
