#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# limit: 300
# A million random operations, as tests/guest/device-model.t has them.

modprobe hello || exit
exec device-test model "$(od -An -N 4 -t u4 /dev/urandom | tr -d ' ')" 1000000
